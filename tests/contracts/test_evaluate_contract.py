"""The stage that matches revisions with watchlists: what a batch stores, once, whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, at_once, document, entry, feed, started, watchlist
from sqlalchemy import select
from stores import START, StillClock

from alerts import evaluate
from alerts.evaluate import Evaluated
from alerts.store.spans import MOST_SPANS, capped
from alerts.types import Field, How, Span
from news.edges import Edge, install
from news.errors import QueryError
from news.store.engine import Store
from news.store.schema import due, match, revision

TEXT = "The old bridge over the river is closed to lorries until the inspectors have been there."
URGENT = alert("bridge", schedule="hourly", urgent="collapse*")


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Two feeds that are known, one watchlist with two alerts of which one knows what is urgent."""
    lists = [watchlist("bridge"), watchlist("river")]
    alerts = [URGENT, alert("bridge", name="all", schedule="hourly")]
    return started(store, store_clock, feeds=[feed("herald"), feed("post")], lists=lists, alerts=alerts)


def arrive(town: Pipeline, name: str, *entries: str) -> None:
    """Let entries arrive and have their stories."""
    town.clock.advance(MINUTE)
    town.poll(name, document(*entries))
    town.assign()


def step(town: Pipeline, *, most: int = 200) -> Evaluated:
    now = town.clock.now()
    return town.store.write_now(lambda conn: evaluate.evaluate_pending(conn, town.topics, now=now, most=most))


def rows(town: Pipeline, *columns: Any) -> list[tuple[Any, ...]]:
    table = columns[0].table
    statement = select(*columns).order_by(table.c.id)
    return [tuple(row) for row in town.store.read_now(lambda conn: conn.execute(statement).all())]


def lead(town: Pipeline) -> list[str]:
    """Return the titles of the revisions that the matches lead with."""
    statement = select(revision.c.title).join(match, match.c.revision_id == revision.c.id).order_by(match.c.id)
    return list(town.store.read_now(lambda conn: conn.execute(statement).scalars().all()))


def test_a_round_says_what_it_did_and_comes_to_an_end(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge"), entry("Bridge over the river"), entry("Rain"))
    assert step(town, most=2) == Evaluated(2, 3, 4)
    assert step(town, most=2) == Evaluated(1, 0, 0)
    assert step(town) == Evaluated(0, 0, 0)
    assert all(at is not None for (at,) in rows(town, revision.c.evaluated_at))


def test_revisions_wait_until_their_article_has_a_story(town: Pipeline) -> None:
    town.poll("herald", document(entry("Bridge")))
    assert step(town) == Evaluated(0, 0, 0)
    town.assign()
    assert step(town).matches == 1


def test_copies_and_revisions_of_one_batch_make_one_match(town: Pipeline) -> None:
    town.poll("herald", document(entry("Bridge", path="1", text=TEXT)))
    town.poll("post", document(entry("Bridge again", path="2", text=TEXT)))
    town.poll("herald", document(entry("Bridge and river", path="1", text=TEXT + " And more.")))
    town.assign()
    assert step(town) == Evaluated(3, 2, 2)
    assert rows(town, match.c.watchlist_id, match.c.verdict) == [("bridge", "tell"), ("river", "tell")]


def test_what_is_urgent_in_the_same_batch_leads(town: Pipeline) -> None:
    town.poll("herald", document(entry("Bridge trembles", path="1", text=TEXT)))
    town.poll("post", document(entry("Bridge collapses", path="2", text=TEXT)))
    town.assign()
    step(town)
    assert lead(town)[0] == "Bridge collapses"
    assert rows(town, due.c.alert_id, due.c.urgent) == [("bridge/hook/hook", True), ("bridge/all/hook", False)]


def test_what_becomes_urgent_leads_and_counts_as_something_to_tell(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge trembles", path="1"))
    assert step(town) == Evaluated(1, 1, 2)
    arrive(town, "herald", entry("Bridge collapses", path="1"))
    assert step(town) == Evaluated(1, 0, 1)
    assert lead(town) == ["Bridge collapses"]
    arrive(town, "herald", entry("Bridge collapses in the night", path="1"))
    assert step(town) == Evaluated(1, 0, 0)
    assert lead(town) == ["Bridge collapses"]


def test_what_was_told_does_not_become_urgent(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge trembles", path="1"))
    step(town)
    assert len(town.wait(HOUR)) == 2
    arrive(town, "herald", entry("Bridge collapses", path="1"))
    assert step(town) == Evaluated(1, 0, 0)
    assert lead(town) == ["Bridge trembles"]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_what_waits_leads_with_the_newest_words_that_match(town: Pipeline, *, together: bool) -> None:
    for title in ("Bridge trembles", "Bridge trembles again", "Ferry sails"):
        arrive(town, "herald", entry(title, path="1"))
        if not together:
            step(town)
    step(town)
    # The third headline has the topic no more, so the second is what there is to tell.
    assert lead(town) == ["Bridge trembles again"]
    assert [start for ((one, *_),) in rows(town, match.c.spans) for start in (one["start"], one["end"])] == [0, 6]
    assert len(town.wait(HOUR)) == 2
    arrive(town, "herald", entry("Bridge stands", path="1"))
    assert step(town) == Evaluated(1, 0, 0)
    assert lead(town) == ["Bridge trembles again"]


def test_a_copy_does_not_take_the_lead_with_newer_words(town: Pipeline) -> None:
    town.poll("herald", document(entry("Bridge trembles", path="1", text=TEXT)))
    town.assign()
    step(town)
    town.poll("post", document(entry("Bridge trembles again", path="2", text=TEXT)))
    town.assign()
    step(town)
    assert lead(town)[0] == "Bridge trembles"


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_a_dated_copy_tells_what_an_undated_first_poll_hid(
    store: Store, store_clock: StillClock, *, together: bool
) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald"), feed("post")], lists=[watchlist("bridge")])
    town.poll("herald", document(entry("Bridge", path="1", text=TEXT)))
    town.assign()
    if not together:
        assert step(town) == Evaluated(1, 1, 0)
    town.poll("post", document(entry("Bridge dated", path="2", text=TEXT, at=START - HOUR)))
    town.assign()
    assert step(town).due == 1
    assert (lead(town), town.verdicts()) == (["Bridge dated"], {"bridge": ["tell"]})


def test_an_old_dated_copy_tells_nothing(store: Store, store_clock: StillClock) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald"), feed("post")], lists=[watchlist("bridge")])
    town.poll("herald", document(entry("Bridge", path="1", text=TEXT)))
    town.poll("post", document(entry("Bridge dated", path="2", text=TEXT, at=START - 2 * DAY)))
    town.assign()
    assert step(town) == Evaluated(2, 1, 0)
    assert town.verdicts() == {"bridge": ["backlog"]}


def test_two_processes_that_match_at_once_make_one_match_and_one_due_an_alert(
    town: Pipeline, other_store: Store
) -> None:
    arrive(town, "herald", *(entry(f"Bridge {n}") for n in range(20)))
    other = Pipeline(other_store, town.clock, holder="two")
    other.topics = evaluate.compile_topics(town.lists, town.alerts)
    at_once(lambda: step(town), lambda: step(other))
    assert len(rows(town, match.c.id)) == 20
    assert len(rows(town, due.c.id)) == 40


@contextmanager
def crash_at(edge: Edge) -> Iterator[None]:
    """Let the process that reaches an edge fail there."""

    def fail(reached: Edge) -> None:
        if reached is edge:
            raise OSError(f"the power is gone at {edge}")

    install(fail)
    try:
        yield
    finally:
        install(None)


def test_a_crash_before_the_commit_leaves_nothing_and_is_made_good(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge"))
    with crash_at(Edge.BEFORE_MATCH_COMMIT), pytest.raises(Exception, match="the power is gone"):
        step(town)
    assert rows(town, match.c.id) == []
    assert step(town) == Evaluated(1, 1, 2)


def test_a_watchlist_that_is_gone_matches_nothing(town: Pipeline) -> None:
    before = town.topics
    town.configure(lists=[watchlist("river")])
    arrive(town, "herald", entry("Bridge"))
    # A process that has not read the configuration anew yet.
    now = town.clock.now()
    done = town.store.write_now(lambda conn: evaluate.evaluate_pending(conn, before, now=now))
    assert done == Evaluated(1, 0, 0)


def test_a_watchlist_without_alerts_matches_and_tells_nobody(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge"), watchlist("bare", "bridge")], alerts=[alert("bridge")])
    assert len(town.publish("herald", entry("Bridge"))) == 1
    assert town.verdicts() == {"bridge": ["tell"], "bare": ["tell"]}


def test_no_more_spans_are_stored_than_anybody_reads(town: Pipeline) -> None:
    arrive(town, "herald", entry("Bridge " * 30, text="bridge " * 3_000))
    step(town)
    ((stored,),) = rows(town, match.c.spans)
    assert len(stored) == MOST_SPANS
    assert sum(one["field"] == "title" for one in stored) == 30


def test_spans_beyond_the_cap_are_the_last_of_the_text_and_the_order_stays() -> None:
    text = [Span(Field.TEXT, place, place + 1, "x", How.EXACT) for place in range(300)]
    title = [Span(Field.TITLE, place, place + 1, "x", How.EXACT) for place in range(300)]
    assert capped(sorted([*text[:3], *title[:3]])) == sorted([*text[:3], *title[:3]])
    assert capped([*text, *title[:50]]) == [*text[: MOST_SPANS - 50], *title[:50]]
    assert capped([*text, *title]) == title[:MOST_SPANS]


def test_a_query_that_does_not_parse_is_named_before_anything_runs() -> None:
    with pytest.raises(QueryError):
        evaluate.compile_topics([watchlist("bridge", "bridge AND (")], [])
