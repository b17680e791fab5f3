"""The spikes of watchlists, and of events within them, on both databases: told once a surge, never for a backlog."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, document, entry, feed, started, watchlist
from sqlalchemy import Connection, Table, insert, select, update
from stores import StillClock

from alerts import spikes, surges
from alerts.spikes import Remembered
from alerts.store import watchlists as rows
from alerts.store.spikes import of_stories
from alerts.surges import Seen
from alerts.types import Event, Watchlist
from news.store import schema as s
from news.store.engine import Store
from news.surges import Turn
from news.types import Arrival

_ALL = frozenset({Event.NEW, Event.SPIKE})
_PAST = 30 * DAY


def bridge(**changes: Any) -> Watchlist:
    return watchlist("bridge", events=_ALL, **changes)


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """A watchlist that has had two stories each morning for a month, of a feed as old."""
    made = started(store, store_clock, feeds=[feed("herald")], lists=[bridge()])
    store_clock.advance(_PAST)
    now = store_clock.now()
    for day in range(1, 30):
        come(made, 2, at=now - day * DAY - 20 * MINUTE)
    return made


def come(
    town: Pipeline,
    number: int,
    *,
    at: datetime | None = None,
    published: timedelta | None = timedelta(0),
    arrival: Arrival = Arrival.LATER,
    thread: int | None = None,
    verdict: str = "tell",
) -> list[int]:
    """Let stories of the watchlist come at an instant, now unless it is given, as its matches say; return their ids.

    ``published`` is how long before; None: without a time.
    """
    at = town.clock.now() if at is None else at
    feed_id = town.feed("herald").id

    times = {} if published is None else {"published_latest": at - published, "published_at": at - published}
    revision = {"number": 1, "text": "", "summary": "", "authors": [], "categories": [], "content_hash": "1:"}
    revision |= {"created_at": at, "evaluated_at": at, "feed_id": feed_id}
    article = {"source": "Herald", "host": "outlet.example", "feed_id": feed_id, "first_seen_at": at, **times}
    article |= {"arrival": arrival.value}
    match = {"watchlist_id": "bridge", "event": "new", "spans": [], "verdict": verdict, "matched_at": at}

    def work(conn: Connection) -> list[int]:
        def add(table: Table, of: list[dict[str, Any]]) -> list[int]:
            return list(conn.execute(insert(table).returning(table.c.id, sort_by_parameter_order=True), of).scalars())

        stories = add(s.story, [{"first_seen_at": at, "thread_id": thread}] * number)
        addresses = {one: f"https://outlet.example/{one}" for one in stories}
        articles = add(
            s.article, [article | {"identity": url, "url": url, "story_id": of} for of, url in addresses.items()]
        )
        revisions = add(s.revision, [revision | {"article_id": one, "title": f"Bridge {one}"} for one in articles])
        found = zip(stories, articles, revisions, strict=True)
        add(s.match, [match | {"story_id": one, "article_id": of, "revision_id": by} for one, of, by in found])
        return stories

    return town.store.write_now(work)


def look(town: Pipeline, remembered: Remembered | None = None) -> list[Seen]:
    now, memory = town.clock.now(), remembered or Remembered()
    return town.store.read_now(lambda conn: spikes.look(conn, town.topics, now=now, kept=None, remembered=memory))


def tell(town: Pipeline, seen: Sequence[Seen]) -> int:
    now = town.clock.now()
    return town.store.write_now(lambda conn: surges.tell(conn, town.topics, seen, now=now))


def minute(town: Pipeline, remembered: Remembered | None = None) -> list[Turn]:
    """Do what the stage does; return what became of the spikes."""
    seen = look(town, remembered)
    tell(town, seen)
    return [one.turn for one in seen]


def told(town: Pipeline) -> list[dict[str, Any]]:
    """What went out of spikes since, as webhooks carry it."""
    return [one for message in town.run() for one in message.items if one["event"] == "spike"]


def stored(town: Pipeline) -> list[Any]:
    return list(town.store.read_now(lambda conn: conn.execute(select(s.spike).order_by(s.spike.c.id)).all()))


def test_a_surge_is_told_once_with_its_numbers(town: Pipeline) -> None:
    memory = Remembered()
    come(town, 2)
    assert minute(town, memory) == []
    come(town, 12)
    assert minute(town, memory) == [Turn.BEGINS]
    (item,) = told(town)
    assert {name: item["figures"][name] for name in ("count", "hours", "usual", "most")} == {
        "count": 14, "hours": 1, "usual": 2.0, "most": 2,
    }  # fmt: skip
    assert len(item["figures"]["stories"]) == 5
    assert item["title"] == item["figures"]["stories"][0]["title"]
    for _ in range(3):
        town.clock.advance(5 * MINUTE)
        assert minute(town, memory) in ([], [Turn.LASTS])
    assert told(town) == []
    town.clock.advance(25 * HOUR)
    assert minute(town, memory) == [Turn.ENDS]
    assert [row.ended_at for row in stored(town)] == [town.clock.now()]


def test_a_restart_in_a_surge_tells_it_once(town: Pipeline) -> None:
    come(town, 14)
    minute(town)
    again = Pipeline(town.store, town.clock, holder="another")
    again.configure(feeds=town.feeds, lists=town.lists)
    assert minute(again) == []
    assert len(told(again)) == 1


def test_two_processes_that_see_a_surge_at_once_tell_it_once(town: Pipeline) -> None:
    come(town, 14)
    one, other = look(town), look(town)
    assert [tell(town, one), tell(town, other)] == [1, 0]
    assert len(stored(town)) == 1


def test_a_surge_that_grows_on_is_told_again_and_began_when_it_began(town: Pipeline) -> None:
    come(town, 14)
    minute(town)
    town.clock.advance(10 * MINUTE)
    come(town, 20)
    assert minute(town) == [Turn.LASTS]
    come(town, 10)
    town.clock.advance(MINUTE)
    assert minute(town) == [Turn.GROWS]
    first, second = told(town)
    assert (first["figures"]["told"], second["figures"]["told"], second["figures"]["count"]) == (None, 14, 44)
    assert first["figures"]["began_at"] == second["figures"]["began_at"]
    assert [row.ended_at is None for row in stored(town)] == [False, True]


def test_what_a_spike_was_about_makes_no_other_one(town: Pipeline) -> None:
    come(town, 14)
    minute(town)
    town.configure(lists=[watchlist("bridge")])
    assert minute(town) == [Turn.ENDS]
    town.configure(lists=[bridge()])
    town.clock.advance(MINUTE)
    assert minute(town) == []
    come(town, 14)
    assert minute(town) == [Turn.BEGINS]


def test_a_reload_changes_nothing_of_a_spike(town: Pipeline) -> None:
    come(town, 14)
    minute(town)
    town.configure(lists=[bridge(), watchlist("river", events=_ALL)], alerts=[alert("bridge"), alert("river")])
    assert minute(town) == []
    assert len(told(town)) == 1


def test_a_paused_watchlist_is_told_of_what_lasts_when_it_goes_on(town: Pipeline) -> None:
    town.store.write_now(lambda conn: rows.set_paused(conn, "bridge", paused=True, now=town.clock.now()))
    come(town, 14)
    assert minute(town) == []
    town.store.write_now(lambda conn: rows.set_paused(conn, "bridge", paused=False, now=town.clock.now()))
    assert minute(town) == [Turn.BEGINS]


@pytest.mark.parametrize(
    "came",
    [
        {"arrival": Arrival.FIRST_POLL},
        {"arrival": Arrival.CATCH_UP, "published": None},
        {"published": 31 * HOUR},
        {"verdict": "backlog"},
    ],
    ids=["first-poll", "catch-up-without-times", "published-long-before", "taken-in-silently"],
)
def test_what_was_there_before_is_no_spike(town: Pipeline, came: dict[str, Any]) -> None:
    come(town, 60, **came)
    assert minute(town) == []


def test_what_comes_first_after_an_outage_says_so(town: Pipeline) -> None:
    for title, after in (("One", 30 * MINUTE), ("Two", 8 * HOUR), ("Three", 5 * MINUTE)):
        town.clock.advance(after)
        town.poll("herald", document(entry(title)))
    statement = select(s.article.c.arrival).order_by(s.article.c.id.desc()).limit(3)
    arrivals = town.store.read_now(lambda conn: conn.execute(statement).scalars().all())
    assert list(arrivals) == ["later", "catch_up", "catch_up"]


def test_days_that_an_outage_kept_back_are_no_spike(town: Pipeline) -> None:
    for days in range(10):
        come(town, 2, arrival=Arrival.CATCH_UP, published=days * DAY)
    assert minute(town) == []


def test_a_feed_of_a_few_days_is_no_spike(town: Pipeline) -> None:
    young = {"first_success_at": town.clock.now() - 2 * DAY}
    town.store.write_now(lambda conn: conn.execute(update(s.feed).values(young)))
    come(town, 60)
    assert minute(town) == []


@pytest.mark.parametrize("changes", [{"created_at": 6 * DAY}, {"since": DAY}], ids=["new", "edited"])
def test_a_watchlist_without_a_past_has_no_spike(town: Pipeline, changes: dict[str, timedelta]) -> None:
    values = {name: town.clock.now() - age for name, age in changes.items()}
    town.store.write_now(lambda conn: conn.execute(update(s.watchlist).values(values | {"backfilled_at": None})))
    town.store.write_now(lambda conn: rows.mark_backfilled(conn, "bridge", now=town.clock.now() - 6 * DAY))
    come(town, 60)
    assert minute(town) == []


def test_a_watchlist_that_does_not_ask_is_told_of_none(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge")])
    come(town, 60)
    assert minute(town) == []


def test_the_past_is_not_read_each_minute(town: Pipeline) -> None:
    memory = Remembered()
    come(town, 6)
    minute(town, memory)
    known = memory.pasts["bridge"]
    minute(town, memory)
    assert memory.pasts["bridge"] is known
    town.clock.advance(HOUR)
    minute(town, memory)
    assert memory.pasts["bridge"] is not known


def test_what_is_not_read_in_one_look_has_its_turn_in_the_next(town: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spikes, "_MOST_READ", 0)
    come(town, 14)
    assert minute(town) == []
    monkeypatch.undo()
    assert minute(town) == [Turn.BEGINS]


def test_what_a_story_led_is_found_by_the_story(town: Pipeline) -> None:
    come(town, 14)
    minute(town)
    (item,) = told(town)
    story = int(item["story"])
    found = town.store.read_now(lambda conn: of_stories(conn, [story, story + 1000]))
    assert [row.told.count for row in found.pop(story)] == [14]
    assert not found


# ── events ──────────


def threads(town: Pipeline, number: int) -> list[int]:
    def work(conn: Connection) -> list[int]:
        of = {"first_seen_at": town.clock.now()}
        return [int(conn.execute(insert(s.thread).returning(s.thread.c.id), of).scalar_one()) for _ in range(number)]

    return town.store.write_now(work)


@pytest.fixture
def many(town: Pipeline) -> Pipeline:
    """The watchlist has twelve stories more each morning, each an event of its own, two days back and before."""
    now = town.clock.now()
    for day, thread in enumerate(threads(town, 24), start=2):
        come(town, 12, at=now - day * DAY - 20 * MINUTE, thread=None)
        come(town, 1, at=now - day * DAY - 20 * MINUTE, thread=thread)
    return town


def test_an_event_that_gathers_far_more_than_others_is_told_though_the_watchlist_is_as_usual(many: Pipeline) -> None:
    (thread,) = threads(many, 1)
    come(many, 9, thread=thread)
    assert minute(many) == [Turn.BEGINS]
    (item,) = told(many)
    assert (item["figures"]["thread"], item["figures"]["count"], item["figures"]["events"]) == (str(thread), 9, 24)
    assert minute(many) == []


def test_an_event_within_the_spike_of_its_watchlist_is_told_once(many: Pipeline) -> None:
    (thread,) = threads(many, 1)
    come(many, 60, thread=thread)
    assert minute(many) == [Turn.BEGINS]
    assert [row.thread_id for row in stored(many)] == [None]
    assert minute(many) == []


def test_a_watchlist_is_no_spike_by_what_an_event_of_it_was_told_for(many: Pipeline) -> None:
    (thread,) = threads(many, 1)
    come(many, 20, thread=thread)
    minute(many)
    many.clock.advance(MINUTE)
    come(many, 30, thread=thread)
    assert [row.thread_id for row in stored(many)] == [thread]
    assert minute(many) == []
    come(many, 80)
    assert minute(many) == [Turn.BEGINS]
