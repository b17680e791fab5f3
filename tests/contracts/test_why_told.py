"""What ``storywatch why`` tells of alerts: what they wait for, and the messages that they made."""

from typing import Any

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, by_mail, entry, watchlist
from stores import StillClock
from ways import MORNING, ask, attempt, fate, running, sent, steps, told

from alerts.store import deliveries, targets
from alerts.store import watchlists as rows
from alerts.store.dues import expire
from alerts.types import DeliveryState, Outcome, QuietHours, Rate, Receipt
from news.store.engine import Store
from news.store.retention import prune
from storywatch.why.steps import AlertState, Fate, State


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """One feed, polled before; a watchlist that is told at once by webhook."""
    return running(store, store_clock)


# ── what an alert waits for ──────────


def waiting(store: Store, clock: StillClock, **changes: Any) -> Pipeline:
    """Return a service with one alert, whose watchlist matched."""
    made = running(store, clock, alerts=[alert("bridge", **changes)])
    assert made.publish("town", entry("Bridge closed")) == []
    return made


def test_a_schedule_is_waited_for(store: Store, store_clock: StillClock) -> None:
    made = waiting(store, store_clock, schedule=MORNING)
    found = told(made)
    assert (fate(made).fate, found.state) == (Fate.DUE, AlertState.WAITING)
    assert found.detail == "it waits for its schedule"
    assert found.at == store_clock.now().replace(hour=7, minute=0) + DAY
    made.wait(DAY)
    assert told(made).state is AlertState.SENDING


def test_quiet_hours_are_waited_for(store: Store, store_clock: StillClock) -> None:
    made = waiting(store, store_clock, quiet_hours=QuietHours(7 * 60, 10 * 60))
    found = told(made)
    assert (found.detail, found.at) == (
        "it waits for the end of the quiet hours",
        store_clock.now().replace(hour=10, minute=0),
    )


def test_company_is_waited_for(store: Store, store_clock: StillClock) -> None:
    made = waiting(store, store_clock, gather_s=600.0)
    assert told(made).at == store_clock.now() + 10 * MINUTE
    assert told(made).detail == "it waits for company, as gather says"


def test_the_brake_is_waited_for(store: Store, store_clock: StillClock) -> None:
    made = running(store, store_clock, alerts=[alert("bridge", at_most=Rate(1, 3600))])
    made.publish("town", entry("Bridge open"))
    made.publish("town", entry("Bridge open"), entry("Bridge closed"))
    assert told(made).detail == "it waits for the next quarter of an hour, since at_most is reached"
    assert told(made).at is not None


def test_a_paused_watchlist_is_told_of(town: Pipeline) -> None:
    now = town.clock.now()
    end = now + DAY
    town.store.write_now(lambda conn: rows.set_paused(conn, "bridge", paused=True, until=end, now=now))
    town.publish("town", entry("Bridge closed"))
    assert fate(town).remark == "it is paused: what it finds waits"
    assert (told(town).state, told(town).at) == (AlertState.WAITING, end)
    assert told(town).detail == "it waits: the watchlist is paused"


def test_a_paused_target_and_one_that_is_off_are_told_of(town: Pipeline) -> None:
    now = town.clock.now()
    town.store.write_now(lambda conn: targets.pause_target(conn, "hook", None, now=now))
    town.publish("town", entry("Bridge closed"))
    assert told(town).detail == "it waits: its target is paused"
    town.store.write_now(lambda conn: targets.switch_off_target(conn, "hook", "410 Gone", now))
    assert "switched itself off (410 Gone)" in told(town).detail


def test_what_a_pause_held_back_for_too_long_was_given_up(town: Pipeline) -> None:
    now = town.clock.now()
    town.store.write_now(lambda conn: rows.set_paused(conn, "bridge", paused=True, now=now))
    town.publish("town", entry("Bridge closed"))
    later = town.clock.advance(8 * DAY)
    town.store.write_now(lambda conn: expire(conn, now=later, longest=7 * DAY))
    assert (fate(town).fate, told(town).state) == (Fate.FAILED, AlertState.EXPIRED)
    assert "more than 7 days" in told(town).detail


# ── messages and their deliveries ──────────


def test_a_message_is_followed_to_its_acceptance(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    assert (sent(town).state, sent(town).detail, fate(town).fate) == (
        DeliveryState.WAITING,
        "waits to be sent",
        Fate.SENDING,
    )
    town.clock.advance(MINUTE)
    attempt(town, Receipt(Outcome.SENT, "200 OK"))
    assert (sent(town).state, sent(town).detail, sent(town).at) == (DeliveryState.SENT, "200 OK", town.clock.now())
    assert (fate(town).fate, told(town).state) == (Fate.TOLD, AlertState.SENT)
    assert sent(town).recipient == "hook"


def test_a_delivery_that_fails_carries_the_other_sides_words(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    attempt(town, Receipt(Outcome.RETRY_LATER, "503 not now"), again=HOUR)
    assert sent(town).detail == "tried again after 1 attempt: 503 not now"
    assert sent(town).at == town.clock.now() + HOUR
    assert fate(town).fate is Fate.SENDING
    town.clock.advance(HOUR)
    attempt(town, Receipt(Outcome.IN_DOUBT, "no answer"), again=HOUR)
    assert sent(town).detail == "perhaps accepted, tried again after 2 attempts: no answer"
    town.clock.advance(HOUR)
    attempt(town, Receipt(Outcome.REFUSED, "404 no such hook"))
    assert sent(town).detail == (
        f"failed after 3 attempts: 404 no such hook; `storywatch outbox retry {sent(town).id}`"
    )
    assert (fate(town).fate, told(town).state) == (Fate.FAILED, AlertState.FAILED)


def test_a_delivery_that_was_discarded_is_told_of(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    number = sent(town).id
    assert number is not None
    town.store.write_now(lambda conn: deliveries.discard(conn, number))
    assert (sent(town).state, told(town).state) == (None, AlertState.FAILED)
    assert "discarded" in sent(town).detail


def test_a_delivery_waits_with_its_target(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    now = town.clock.now()
    town.store.write_now(lambda conn: targets.pause_target(conn, "hook", now + HOUR, now=now))
    assert (sent(town).detail, sent(town).at) == ("waits to be sent; its target is paused", now + HOUR)


def test_a_digest_says_how_many_stories_it_told_and_how_many_its_mail_shows(
    store: Store, store_clock: StillClock
) -> None:
    made = running(store, store_clock, alerts=[by_mail(alert("bridge", schedule=MORNING), max_items=2)])
    made.publish("town", *(entry(title) for title in ("Bridge closed", "Bridge open", "Bridge painted")))
    assert len(made.wait(DAY)) == 1
    assert told(made).detail == "with 2 more stories, of which the mail shows 2, as max_items says"
    assert sent(made).recipient == "desk@example.org"


def test_what_was_urgent_went_at_once_and_is_listed_again(store: Store, store_clock: StillClock) -> None:
    made = running(store, store_clock, alerts=[alert("bridge", schedule=MORNING, urgent="closed")])
    assert len(made.publish("town", entry("Bridge closed"), entry("Bridge open"))) == 1
    at = store_clock.now()
    assert (told(made).at, len(told(made).sent)) == (at, 1)
    assert told(made).detail == (
        "told at once, since it matches the urgent query; the next digest lists it once more, as already sent"
    )
    assert told(made, "https://outlet.example/bridge-open").state is AlertState.WAITING
    made.wait(DAY)
    assert (told(made).at, len(told(made).sent)) == (at, 2)


def test_a_digest_over_several_watchlists_is_followed_for_each(store: Store, store_clock: StillClock) -> None:
    lists = (watchlist("bridge"), watchlist("closed"))
    made = running(store, store_clock, *lists, alerts=[alert("bridge", "closed", schedule=MORNING)])
    made.publish("town", entry("Bridge closed"))
    made.wait(DAY)
    attempt(made, Receipt(Outcome.SENT, "200 OK"))
    assert [one.fate for one in ask(made).watchlists] == [Fate.TOLD, Fate.TOLD]


def test_a_text_that_retention_took_keeps_its_story_and_its_match(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"), entry("Harbour open"))
    attempt(town, Receipt(Outcome.SENT, "200 OK"))
    later = town.clock.advance(60 * DAY)
    month = 30 * DAY
    town.store.write_now(
        lambda conn: prune(conn, now=later, retention=month, retention_matched=month, max_size_bytes=None)
    )
    assert ("article", State.NOTE) in steps(town)
    (words,) = {(one.term, one.words, one.snippet) for one in fate(town).matched if one.field == "title"}
    assert words == ("bridge", "", "")
    assert fate(town).fate is Fate.TOLD
    unmatched = fate(town, "https://outlet.example/harbour-open")
    assert (unmatched.fate, unmatched.failed) == (Fate.NOT_MATCHED, ())
    assert "retention took it" in unmatched.reason
