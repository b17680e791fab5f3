"""The outbox's rows on both databases: leases, fencing, order, what a person does with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from outboxes import LEASE, START, add, claim, expire, mail, record, take_over
from sqlalchemy import update
from stores import StillClock

from alerts.store import deliveries, outbox, targets
from alerts.store.deliveries import DeliveryRow
from alerts.types import ChannelKind, Claimed, DeliveryState, Message, Outcome, Receipt
from news.errors import StaleLeaseError
from news.store.engine import Store
from news.store.schema import message

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
SENT = Receipt(Outcome.SENT, "250 2.0.0 OK")
LATER = Receipt(Outcome.RETRY_LATER, "451 4.3.0 later")


def add_again(store: Store, message_: Message) -> int | None:
    """Store a message that stands there already."""
    return store.write_now(lambda conn: outbox.add_message(conn, message_, "desk", "Kazakhstan", START))


def by_message(store: Store) -> dict[str, DeliveryRow]:
    """Return every delivery by its message's id."""
    return {row.message_id: row for row in store.read_now(deliveries.list_deliveries)}


def test_a_message_is_stored_once_and_claimed_with_its_bytes(store: Store) -> None:
    id_ = add(store, mail(1))
    assert add_again(store, mail(1)) is None
    [one] = claim(store)
    assert (one.id, one.message, one.target, one.attempts) == (id_, mail(1), "desk", 0)


def test_a_message_with_the_identity_of_another_is_not_stored(store: Store) -> None:
    add(store, mail(1))
    other = Message("another@storywatch", "kz/desk", "story-1", 1, "desk@example.org", b"x", ChannelKind.EMAIL)
    assert add_again(store, other) is None


def test_what_is_claimed_is_not_claimed_again_until_it_is_taken_over(store: Store) -> None:
    add(store, mail(1))
    [first] = claim(store)
    take_over(store)
    assert claim(store, holder="two") == []
    expire(store)
    assert claim(store, holder="two") == []
    take_over(store)
    [second] = claim(store, holder="two")
    assert second.token > first.token


def test_one_delivery_of_a_target_at_a_time_and_the_oldest_first(store: Store) -> None:
    for number in (1, 2, 3):
        add(store, mail(number))
    add(store, mail(4, recipient="duty@example.org"), "duty")
    claimed = claim(store)
    assert [(one.message.due_key, one.target) for one in claimed] == [("story-1", "desk"), ("story-4", "duty")]
    assert claim(store, holder="two") == []
    record(store, claimed[0], SENT)
    assert [one.message.due_key for one in claim(store, holder="two")] == ["story-2"]


def test_the_limit_holds(store: Store) -> None:
    for number in range(5):
        add(store, mail(number), f"target-{number}")
    assert [one.target for one in claim(store, limit=2)] == ["target-0", "target-1"]


def test_what_is_not_due_is_left(store: Store) -> None:
    add(store, mail(1), now=START + MINUTE)
    assert claim(store) == []
    assert len(claim(store, now=START + MINUTE)) == 1


def test_a_stale_token_writes_nothing(store: Store) -> None:
    add(store, mail(1))
    [first] = claim(store)
    expire(store)
    take_over(store)
    [second] = claim(store, holder="two")
    for work in (
        lambda conn: outbox.committing(conn, first.id, first.token),
        lambda conn: outbox.is_committing(conn, first.id, first.token),
        lambda conn: outbox.release(conn, first.id, first.token),
    ):
        with pytest.raises(StaleLeaseError):
            store.write_now(work)
    with pytest.raises(StaleLeaseError):
        record(store, first, Receipt(Outcome.REFUSED, "550 no"))
    assert record(store, second, SENT) is DeliveryState.SENT
    assert [a.reason for a in store.read_now(lambda conn: deliveries.attempts_of(conn, first.id))] == [SENT.reason]


def test_a_recorded_attempt_cannot_be_recorded_twice(store: Store) -> None:
    add(store, mail(1))
    [one] = claim(store)
    record(store, one, SENT)
    with pytest.raises(StaleLeaseError):
        record(store, one, LATER, again=START + MINUTE)
    assert by_message(store)["message-1@storywatch"].state is DeliveryState.SENT


def test_renewing_keeps_a_lease_and_names_those_that_were_lost(store: Store) -> None:
    add(store, mail(1))
    add(store, mail(2), "duty")
    lost, kept = claim(store)
    store.write_now(lambda conn: outbox.release(conn, lost.id, lost.token))
    assert [one.id for one in claim(store, holder="two")] == [lost.id]
    expire(store)
    claims = [(kept.id, kept.token), (lost.id, lost.token)]
    assert store.write_now(lambda conn: outbox.renew(conn, claims, START, LEASE)) == [lost.id]
    assert [left.id for left in store.read_now(lambda conn: outbox.abandoned(conn, START))] == [lost.id]


@pytest.mark.parametrize(
    ("receipt", "again", "state"),
    [
        (SENT, None, DeliveryState.SENT),
        (LATER, START + MINUTE, DeliveryState.RETRYING),
        (LATER, None, DeliveryState.FAILED),
        (Receipt(Outcome.REFUSED, "550 5.1.1 no such mailbox"), None, DeliveryState.FAILED),
        (Receipt(Outcome.IN_DOUBT, "no answer"), START + MINUTE, DeliveryState.IN_DOUBT),
        (Receipt(Outcome.IN_DOUBT, "no answer"), None, DeliveryState.FAILED),
        (Receipt(Outcome.SWITCHED_OFF, "410 Gone"), START, DeliveryState.WAITING),
    ],
)
def test_where_a_delivery_stands_after_each_outcome(
    store: Store, receipt: Receipt, again: datetime | None, state: DeliveryState
) -> None:
    add(store, mail(1))
    [one] = claim(store)
    store.write_now(lambda conn: outbox.committing(conn, one.id, one.token))
    assert record(store, one, receipt, again=again) is state
    row = by_message(store)["message-1@storywatch"]
    over = state in {DeliveryState.SENT, DeliveryState.FAILED}
    assert (row.state, row.reason, row.next_attempt_at) == (state, receipt.reason, None if over else again)
    assert row.attempts == (0 if receipt.outcome is Outcome.SWITCHED_OFF else 1)
    assert row.sent_at == (START if state is DeliveryState.SENT else None)
    [made] = store.read_now(lambda conn: deliveries.attempts_of(conn, one.id))
    assert (made.at, made.outcome, made.reason) == (START, receipt.outcome, receipt.reason)


def test_a_doubt_stays_until_an_answer(store: Store) -> None:
    add(store, mail(1))
    record(store, claim(store)[0], Receipt(Outcome.IN_DOUBT, "no answer"), again=START)
    assert record(store, claim(store)[0], LATER, again=START) is DeliveryState.IN_DOUBT
    assert record(store, claim(store)[0], SENT) is DeliveryState.SENT


def test_the_other_sides_words_are_stored_whatever_they_are(store: Store) -> None:
    add(store, mail(1))
    [one] = claim(store)
    record(store, one, Receipt(Outcome.REFUSED, "550 \x00 \udcff " + "x" * 5000))
    assert by_message(store)["message-1@storywatch"].reason.startswith("550 ")


def test_what_may_have_been_accepted_is_not_claimed_before_it_is_recovered(store: Store) -> None:
    add(store, mail(1))
    [one] = claim(store)
    store.write_now(lambda conn: outbox.committing(conn, one.id, one.token))
    assert store.read_now(lambda conn: outbox.is_committing(conn, one.id, one.token))
    expire(store)
    assert claim(store, holder="two") == []
    [left] = store.read_now(lambda conn: outbox.abandoned(conn, START))
    assert (left.id, left.token, left.committing, left.attempts) == (one.id, one.token, True, 0)


def test_living_leases_are_not_abandoned_except_where_nobody_else_can_live(store: Store) -> None:
    add(store, mail(1))
    claim(store)
    assert store.read_now(lambda conn: outbox.abandoned(conn, START)) == []
    assert len(store.read_now(lambda conn: outbox.abandoned(conn, START, everyone=True))) == 1


def test_a_released_claim_is_as_if_it_had_not_been_made(store: Store) -> None:
    add(store, mail(1))
    before = by_message(store)
    [one] = claim(store)
    store.write_now(lambda conn: outbox.release(conn, one.id, one.token))
    assert by_message(store) == before
    assert [again.id for again in claim(store)] == [one.id]


def test_due_at_is_the_earliest_instant_with_something_to_do(store: Store) -> None:
    def due() -> datetime | None:
        return store.read_now(outbox.due_at)

    assert due() is None
    add(store, mail(1), now=START + 3 * MINUTE)
    add(store, mail(2), "duty", START + 2 * MINUTE)
    assert due() == START + 2 * MINUTE
    store.write_now(lambda conn: targets.pause_target(conn, "duty", START + 7 * MINUTE, now=START))
    assert due() == START + 3 * MINUTE
    store.write_now(lambda conn: targets.pause_target(conn, "desk", None, now=START))
    assert due() == START + 7 * MINUTE
    store.write_now(lambda conn: targets.switch_off_target(conn, "duty", "410 Gone", START))
    assert due() is None


def test_due_at_does_not_look_behind_a_delivery_in_flight(store: Store) -> None:
    add(store, mail(1))
    add(store, mail(2))
    claim(store)
    ends = store.read_now(outbox.due_at)
    assert ends is not None
    assert ends > START + MINUTE


def test_retrying_by_hand_gives_all_attempts_anew(store: Store) -> None:
    id_ = add(store, mail(1))
    record(store, claim(store)[0], Receipt(Outcome.REFUSED, "550 no"))
    assert claim(store, now=START + WEEK) == []
    assert store.write_now(lambda conn: deliveries.retry(conn, id_, START + MINUTE)) is None
    [one] = claim(store, now=START + MINUTE)
    assert (one.id, one.attempts, one.message) == (id_, 0, mail(1))


def test_what_cannot_be_retried_or_discarded_says_why(store: Store) -> None:
    add(store, mail(1))
    [one] = claim(store)

    def retry(id_: int) -> str | None:
        return store.write_now(lambda conn: deliveries.retry(conn, id_, START))

    assert "at this moment" in (retry(one.id) or "")
    record(store, one, SENT)
    assert "was sent" in (retry(one.id) or "")
    assert "was sent" in (store.write_now(lambda conn: deliveries.discard(conn, one.id)) or "")
    assert "no delivery 999" in (retry(999) or "")
    assert "no delivery 999" in (store.write_now(lambda conn: deliveries.discard(conn, 999)) or "")


def test_a_message_without_bytes_is_neither_claimed_nor_retried(store: Store) -> None:
    id_ = add(store, mail(1))
    store.write_now(lambda conn: conn.execute(update(message).values(body=None)).rowcount)
    assert claim(store) == []
    assert "retention" in (store.write_now(lambda conn: deliveries.retry(conn, id_, START)) or "")


def test_what_is_discarded_is_gone_and_never_made_anew(store: Store) -> None:
    id_ = add(store, mail(1))
    [one] = claim(store)
    assert store.write_now(lambda conn: deliveries.discard(conn, id_)) is None
    assert by_message(store) == {}
    assert add_again(store, mail(1)) is None
    with pytest.raises(StaleLeaseError):
        record(store, one, SENT)


def test_listing_by_state_and_the_newest_of_many(store: Store) -> None:
    for number in range(4):
        add(store, mail(number), f"target-{number}")
    record(store, claim(store, limit=1)[0], SENT)
    waiting = store.read_now(lambda conn: deliveries.list_deliveries(conn, [DeliveryState.WAITING]))
    assert [row.target for row in waiting] == ["target-1", "target-2", "target-3"]
    newest = store.read_now(lambda conn: deliveries.list_deliveries(conn, limit=2))
    assert [row.target for row in newest] == ["target-2", "target-3"]
    counts = store.read_now(deliveries.count_deliveries)
    assert counts == {DeliveryState.SENT: 1, DeliveryState.WAITING: 3}
    [first, *_] = waiting
    assert (first.alert, first.watchlist, first.channel) == ("kz/desk", "Kazakhstan", ChannelKind.EMAIL)


def test_two_processes_that_claim_at_once_never_get_the_same_target(database: str) -> None:
    with Store.open(database, StillClock()) as one, Store.open(database, StillClock()) as two:
        for number in range(60):
            add(one, mail(number), f"target-{number % 20}")

        def work(store: Store) -> list[Claimed]:
            got: list[Claimed] = []
            for _ in range(30):
                got += claim(store, holder=str(id(store)), limit=3)
            return got

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(work, [one, two])
    claimed = [got.target for got in (*first, *second)]
    assert sorted(claimed) == sorted(f"target-{number}" for number in range(20))
    assert {got.message.due_key for got in (*first, *second)} == {f"story-{number}" for number in range(20)}
