"""Targets and troubles on both databases: pauses, a 410, what waits for whom, what is told once."""

from datetime import datetime, timedelta

import pytest
from outboxes import START, add, claim, mail, post, record
from sqlalchemy import select

from alerts.store import deliveries, outbox, targets
from alerts.store.deliveries import DeliveryRow
from alerts.types import Cause, ChannelKind, DeliveryState, Outcome, Receipt, Target
from news.store.engine import Store
from news.store.schema import target
from news.store.troubles import begin_trouble, end_trouble, lasting_troubles, mark_told, untold_troubles

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
SENT = Receipt(Outcome.SENT, "250 2.0.0 OK")
LATER = Receipt(Outcome.RETRY_LATER, "451 4.3.0 later")


def by_message(store: Store) -> dict[str, DeliveryRow]:
    """Return every delivery by its message's id."""
    return {row.message_id: row for row in store.read_now(deliveries.list_deliveries)}


def test_a_paused_target_is_passed_over_until_its_pause_ends(store: Store) -> None:
    add(store, mail(1))
    add(store, mail(2), "duty")
    assert store.write_now(lambda conn: targets.pause_target(conn, "desk", START + MINUTE, now=START))
    assert [one.target for one in claim(store)] == ["duty"]
    assert [one.target for one in claim(store, now=START + MINUTE)] == ["desk"]


def test_a_target_paused_for_good_waits_for_its_resumption(store: Store) -> None:
    add(store, mail(1))
    store.write_now(lambda conn: targets.pause_target(conn, "desk", None, now=START))
    assert claim(store, now=START + WEEK) == []
    assert store.write_now(lambda conn: targets.resume_target(conn, "desk"))
    assert len(claim(store)) == 1


def test_a_target_that_is_not_known_cannot_be_paused_or_resumed(store: Store) -> None:
    assert not store.write_now(lambda conn: targets.pause_target(conn, "nobody", None, now=START))
    assert not store.write_now(lambda conn: targets.resume_target(conn, "nobody"))


def test_a_410_switches_the_target_off_and_resuming_sends_what_waited(store: Store) -> None:
    add(store, post(1), "hook")
    add(store, post(2), "hook")
    record(store, claim(store)[0], Receipt(Outcome.SWITCHED_OFF, "410 Gone"), again=START)
    row = store.read_now(lambda conn: targets.get_target(conn, "hook"))
    assert row is not None
    assert (row.off_reason, row.off_at, row.last_error) == ("410 Gone", START, "410 Gone")
    assert claim(store, now=START + MINUTE) == []
    store.write_now(lambda conn: targets.resume_target(conn, "hook"))
    assert [one.message.due_key for one in claim(store, now=START + MINUTE)] == ["story-1"]


def test_what_waits_for_a_switched_off_target_fails_after_seven_days_each(store: Store) -> None:
    add(store, post(1), "hook")
    store.write_now(lambda conn: targets.switch_off_target(conn, "hook", "410 Gone", START + MINUTE))
    add(store, post(2), "hook", START + MINUTE * 2)

    def give_up(now: datetime) -> list[int]:
        return store.write_now(lambda conn: outbox.fail_waiting_too_long(conn, now, WEEK))

    assert give_up(START + WEEK) == []
    assert len(give_up(START + MINUTE + WEEK)) == 1
    rows = by_message(store)
    assert rows["message-1@storywatch"].state is DeliveryState.FAILED
    assert "410 Gone" in rows["message-1@storywatch"].reason
    assert rows["message-2@storywatch"].state is DeliveryState.WAITING
    assert len(give_up(START + MINUTE * 2 + WEEK)) == 1


@pytest.mark.parametrize("until", [None, START + 30 * WEEK])
def test_what_waits_for_a_paused_target_fails_after_seven_days_each(store: Store, until: datetime | None) -> None:
    add(store, mail(1))
    store.write_now(lambda conn: targets.pause_target(conn, "desk", until, now=START + MINUTE))
    add(store, mail(2), now=START + MINUTE * 2)
    add(store, post(3), "hook")

    def give_up(now: datetime) -> list[int]:
        return store.write_now(lambda conn: outbox.fail_waiting_too_long(conn, now, WEEK))

    assert give_up(START + WEEK) == []
    assert len(give_up(START + MINUTE + WEEK)) == 1
    rows = by_message(store)
    assert rows["message-1@storywatch"].state is DeliveryState.FAILED
    assert rows["message-1@storywatch"].reason == "waited 7 days for the target, which is paused"
    assert rows["message-2@storywatch"].state is DeliveryState.WAITING
    store.write_now(lambda conn: targets.resume_target(conn, "desk"))
    assert give_up(START + 9 * WEEK) == []


def test_a_pause_that_has_ended_gives_nothing_up(store: Store) -> None:
    add(store, mail(1))
    store.write_now(lambda conn: targets.pause_target(conn, "desk", START + MINUTE, now=START))
    assert store.write_now(lambda conn: outbox.fail_waiting_too_long(conn, START + 2 * WEEK, WEEK)) == []


def test_what_was_never_tried_waits_with_its_target_and_goes_when_it_answers(store: Store) -> None:
    for number in (1, 2, 3):
        add(store, mail(number))
    record(store, claim(store)[0], LATER, again=START + 5 * MINUTE)
    [second] = claim(store)
    record(store, second, LATER, again=START)
    store.write_now(lambda conn: outbox.postpone(conn, "desk", "no answer", START, START + 9 * MINUTE))
    rows = by_message(store)
    assert rows["message-1@storywatch"].next_attempt_at == START + 5 * MINUTE
    assert rows["message-2@storywatch"].next_attempt_at == START
    waits = rows["message-3@storywatch"]
    assert (waits.state, waits.attempts, waits.reason) == (DeliveryState.WAITING, 0, "no answer")
    assert waits.next_attempt_at == START + 9 * MINUTE
    store.write_now(lambda conn: outbox.hasten(conn, "desk", START + MINUTE))
    assert by_message(store)["message-3@storywatch"].next_attempt_at == START + MINUTE
    assert by_message(store)["message-1@storywatch"].next_attempt_at == START + 5 * MINUTE


def test_syncing_targets_keeps_pauses_and_history(store: Store) -> None:
    desk = Target("desk", ChannelKind.EMAIL, ("desk@example.org",))
    hook = Target("hook", ChannelKind.WEBHOOK, ("https://hooks.example.org/",))
    store.write_now(lambda conn: targets.sync_targets(conn, [desk, hook, desk]))
    store.write_now(lambda conn: targets.pause_target(conn, "desk", None, now=START))
    store.write_now(lambda conn: targets.note_sent(conn, "hook", START))
    store.write_now(lambda conn: targets.sync_targets(conn, [desk]))
    assert [row.name for row in store.read_now(targets.list_targets)] == ["desk"]
    store.write_now(lambda conn: targets.sync_targets(conn, [hook, desk]))
    rows = {row.name: row for row in store.read_now(targets.list_targets)}
    assert rows["desk"].is_paused(START)
    assert (rows["hook"].last_sent_at, rows["hook"].active) == (START, True)
    store.write_now(lambda conn: targets.sync_targets(conn, []))
    assert store.read_now(targets.list_targets) == []
    assert store.read_now(lambda conn: conn.execute(select(target.c.name)).scalars().all())


def test_a_trouble_begins_once_and_again_after_its_end(store: Store) -> None:
    def begin(text: str, now: datetime) -> bool:
        return store.write_now(lambda conn: begin_trouble(conn, "target:desk", text, now))

    assert begin("refused", START)
    assert not begin("refused again", START + MINUTE)
    [untold] = store.read_now(untold_troubles)
    assert (untold.text, untold.began_at) == ("refused again", START)
    store.write_now(lambda conn: mark_told(conn, ["target:desk"], START))
    assert store.read_now(untold_troubles) == []
    assert len(store.read_now(lasting_troubles)) == 1
    assert store.write_now(lambda conn: end_trouble(conn, "target:desk", START + MINUTE))
    assert not store.write_now(lambda conn: end_trouble(conn, "target:desk", START + MINUTE))
    assert store.read_now(lasting_troubles) == []
    assert begin("refused once more", START + 2 * MINUTE)
    assert [one.began_at for one in store.read_now(untold_troubles)] == [START + 2 * MINUTE]


def test_a_target_shows_what_went_wrong_until_something_goes_through(store: Store) -> None:
    add(store, mail(1))
    [one] = claim(store)
    record(store, one, Receipt(Outcome.RETRY_LATER, "away", cause=Cause.TARGET), again=START)
    row = store.read_now(lambda conn: targets.get_target(conn, "desk"))
    assert row is not None
    assert row.last_error == "away"
    record(store, claim(store)[0], SENT, now=START + MINUTE)
    row = store.read_now(lambda conn: targets.get_target(conn, "desk"))
    assert row is not None
    assert (row.last_error, row.last_sent_at) == (None, START + MINUTE)
