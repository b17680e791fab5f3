"""Replays over the store: which revisions are read, in which order, and that they tell what the service told."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from digests import NIGHT, rate
from pipeline import DAY, MINUTE, Pipeline, alert, document, entry, feed, started, watchlist
from sqlalchemy import update
from stores import START, StillClock

from alerts.replay import Replay
from alerts.replayed import Report
from alerts.store import replays
from alerts.store.replays import Stored
from alerts.types import Alert
from news.store.engine import Store
from news.store.schema import match, revision

TEXT = "The old bridge over the river is closed to lorries until the inspectors have been there."


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Two feeds that are known, and one watchlist."""
    return started(store, store_clock, feeds=[feed("herald"), feed("post")], lists=[watchlist("bridge")])


def arrive(town: Pipeline, name: str, *entries: str, after: timedelta = MINUTE) -> None:
    """Let entries arrive and have their stories."""
    town.clock.advance(after)
    town.poll(name, document(*entries))
    town.assign()


def read(town: Pipeline, *, since: timedelta = timedelta(days=30), most: int = 500) -> list[Stored]:
    """Read what came in the time up to now, in pages of ``most``."""
    now = town.clock.now()
    of = town.store.read_now(lambda conn: replays.extent(conn, since=now - since, until=now + MINUTE))
    return list(replays.stored(town.store.read_now, of, since=now - since, most=most))


def titles(found: Sequence[Stored]) -> list[str]:
    return [one.revision.title for one in found]


def test_every_revision_is_read_once_in_the_order_of_its_coming(town: Pipeline) -> None:
    arrive(town, "herald", *(entry(f"Bridge {number}", path=str(number)) for number in range(5)))
    arrive(town, "post", entry("Port"))
    arrive(town, "herald", entry("Bridge 3 again", path="3"))
    expected = [*(f"Bridge {number}" for number in reversed(range(5))), "Port", "Bridge 3 again"]
    assert sorted(titles(read(town))) == sorted(expected)
    assert titles(read(town))[-2:] == expected[-2:]
    for most in (1, 2, 3, 7):
        assert read(town, most=most) == read(town)


def test_whether_a_revision_was_matched_makes_no_difference(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge"))
    before = read(town)
    town.evaluate()
    assert read(town) == before
    (found,) = before
    assert (found.created_at, found.revision.story_first_seen_at) == (town.clock.now(), town.clock.now())
    assert [one.name for one in found.revision.carriers] == ["herald"]


def test_stories_first_seen_before_are_left_out_with_their_later_revisions(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge", path="1", text=TEXT))
    arrive(town, "herald", entry("Bridge again", path="1", text=TEXT + " Still."), after=2 * DAY)
    arrive(town, "post", entry("A copy of it", path="2", text=TEXT), entry("Port"))
    assert titles(read(town, since=DAY)) == ["Port"]
    assert len(read(town, since=3 * DAY)) == 4


def test_what_retention_emptied_is_left_out(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge"), entry("Port"))
    emptied = update(revision).where(revision.c.title == "Port").values(title="", text="")
    town.store.write_now(lambda conn: conn.execute(emptied))
    assert titles(read(town)) == ["Bridge"]


def test_what_has_no_story_yet_and_what_comes_later_are_left_out(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge"))
    now = town.clock.now()
    town.poll("post", document(entry("Port")))
    assert titles(read(town)) == ["Bridge"]
    town.assign()
    of = town.store.read_now(lambda conn: replays.extent(conn, since=START, until=now))
    assert (of.count, list(replays.stored(town.store.read_now, of, since=START))) == (0, [])


def test_a_store_without_revisions_has_nothing_to_replay(town: Pipeline) -> None:
    assert read(town) == []


# ── what the service told ──────────

ALERTS = (
    alert("bridge", name="now"),
    alert("bridge", name="gathered", gather_s=900.0),
    alert("bridge", name="braked", at_most=rate(2)),
    alert("bridge", name="night", quiet_hours=NIGHT),
    alert("bridge", name="hourly", schedule="hourly", urgent="collapse*"),
    alert("bridge", name="morning", schedule="daily at 07:00", send_empty=True),
)


def replayed(town: Pipeline, *alerts: Alert) -> Report:
    """Replay the watchlist over everything that came since the alerts stand."""
    replay = Replay(town.lists[0], alerts, most=100)
    for one in read(town):
        replay.take(one)
    return replay.report(since=START, until=town.clock.now())


def pass_time(town: Pipeline, steps: int) -> None:
    """Let the service look at each quarter of an hour, when everything here is due."""
    for _ in range(steps):
        town.wait(15 * MINUTE)


def test_a_replay_tells_what_the_service_told(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge", exclude=("football",))], alerts=ALERTS)
    town.run()
    begin = len(town.told())
    days = [
        (2, "herald", [entry("Bridge one"), entry("Rain")]),
        (1, "post", [entry("Bridge two", text=TEXT), entry("Football on the bridge")]),
        (2, "herald", [entry("A copy", text=TEXT), entry("Bridge three"), entry("Bridge four")]),
        (1, "herald", [entry("Bridge five"), entry("Bridge six"), entry("Bridge seven"), entry("Port")]),
        (22, "post", [entry("Bridge eight"), entry("A bridge collapses")]),
        (1, "post", [entry("Bridge eight collapses", path="bridge-eight")]),
        (30, "herald", [entry("Bridge nine")]),
        (9, "post", [entry("Bridge ten")]),
        (30, "post", [entry("Bridge eleven")]),
    ]
    for steps, name, entries in days:
        pass_time(town, steps)
        town.poll(name, document(*entries))
        town.run()
    pass_time(town, 4)
    report = replayed(town, *ALERTS)
    stories = town.store.read_now(lambda conn: {row.story_id for row in conn.execute(match.select())})
    assert {one.stored.revision.story_id for one in report.hits.shown} == stories
    sent = town.told()[begin:]
    for one in report.forecasts:
        assert one.messages == sum(1 for told in sent if told.alert == one.alert.id), one.alert.name
