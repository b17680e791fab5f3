"""What ``storywatch why`` tells of a watchlist: the part of its query that failed, or why a match is not told."""

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, entry, feed, watchlist
from stores import StillClock
from ways import ask, fate, running, told

from news.store.engine import Store
from storywatch.why.steps import Fate


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """One feed, polled before; a watchlist that is told at once by webhook."""
    return running(store, store_clock)


# ── the part of a query that failed ──────────


NOT_MATCHED = {
    "harbour": ("harbour", "nothing of it stands in title or text"),
    "bridge AND (harbour OR pier)": ("harbour OR pier", "nothing of it stands in title or text"),
    "bridge NEAR/1 council": (
        "bridge NEAR/1 council",
        "both stand there, nearest 2 words apart, where NEAR/1 allows 1",
    ),
    "title:council": ("title:council", "it stands in the text only"),
    '"bridge council"': ('"bridge council"', "its words stand there, but not side by side in this order"),
    "bridge -council": ("NOT council", "excludes it, found in the text: “"),
    "bridge lang:id": ("lang:id", "its language is"),
    "bridge source:herald.example": ("source:herald.example", "it comes from outlet.example"),
    "bridge url:sport": ("url:sport", "its address is https://outlet.example/bridge-closed"),
}


@pytest.mark.parametrize("query", NOT_MATCHED)
def test_the_part_that_failed_is_named(store: Store, store_clock: StillClock, query: str) -> None:
    made = running(store, store_clock, watchlist("one", query))
    made.publish("town", entry("Bridge closed", language="en"))
    found = fate(made)
    assert (found.fate, len(found.failed)) == (Fate.NOT_MATCHED, 1)
    part, reason = NOT_MATCHED[query]
    assert found.failed[0].part == part
    assert reason in found.failed[0].reason


def test_the_parts_of_several_queries_and_what_they_exclude_are_named_apart(
    store: Store, store_clock: StillClock
) -> None:
    lists = (watchlist("any", "harbour OR pier", "bridge AND tram"), watchlist("not", "bridge", exclude=("council",)))
    made = running(store, store_clock, *lists)
    made.publish("town", entry("Bridge closed"))
    first, second = ask(made).watchlists
    assert [one.part for one in first.failed] == ["tram"]
    assert [one.part for one in second.failed] == ["NOT council"]


def test_a_watchlist_of_other_feeds_or_languages_says_what_the_article_has(
    store: Store, store_clock: StillClock
) -> None:
    lists = (
        watchlist("bridge", feeds=("tag:ports", "Herald")),
        watchlist("spans", "bridge", languages=("id", "ms")),
    )
    made = running(store, store_clock, *lists)
    made.publish("town", entry("Bridge closed", language="en"))
    feeds, languages = ask(made).watchlists
    assert (feeds.fate, languages.fate) == (Fate.OUTSIDE, Fate.OUTSIDE)
    assert feeds.reason == "it takes the feeds tag:ports, Herald, and the article came with town"
    assert languages.reason == "it takes the languages id, ms, and the article's is en"


def test_an_article_in_another_language_than_its_feed_says_is_told_of(store: Store, store_clock: StillClock) -> None:
    lists = (watchlist("shop"), watchlist("fleet", "shops", languages=("en",)), watchlist("never", "harbour"))
    made = running(store, store_clock, *lists)
    text = "Several shops in the old town have closed since the council raised the rent, their owners said on Monday."
    made.publish("town", entry("Bridge closed", text=text, language="id"))
    told = "it would match if it were read as en, which its text seems to be; its feed says id"
    assert [(one.fate, one.remark) for one in ask(made).watchlists] == [
        (Fate.NOT_MATCHED, told),
        (Fate.OUTSIDE, told),
        (Fate.NOT_MATCHED, ""),
    ]


def test_a_query_that_was_edited_since_says_so(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    lists = [watchlist("harbour")]
    town.configure(lists=lists)
    town.run()
    town.wait(HOUR)
    town.configure(lists=[watchlist("harbour", "bridge")])
    town.run()
    found = fate(town)
    assert found.fate is Fate.NOT_EVALUATED
    assert "was edited after the article was evaluated" in found.reason


def test_a_watchlist_that_came_later_than_its_backlog_says_so(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    town.wait(3 * DAY)
    town.configure(lists=[watchlist("spans", "bridge")])
    town.run()
    found = fate(town)
    assert found.fate is Fate.NOT_EVALUATED
    assert "older than the backlog" in found.reason


def test_a_new_watchlist_waits_to_be_evaluated_over_what_is_stored(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    town.configure(lists=[watchlist("spans", "bridge")])
    assert (fate(town).fate, "stored stories" in fate(town).reason) == (Fate.WAITING, True)
    town.lists = (watchlist("unheard", "bridge"),)
    assert (fate(town).fate, fate(town).remark) == (Fate.WAITING, "no run has taken this watchlist over yet")


# ── a match that is not told ──────────


def test_what_was_old_when_its_feed_was_new_says_so(store: Store, store_clock: StillClock) -> None:
    made = Pipeline(store, store_clock)
    made.configure(feeds=[feed("town")], lists=[watchlist("bridge")])
    made.publish("town", entry("Bridge closed"))
    found = fate(made)
    assert found.fate is Fate.SILENT
    assert found.reason.startswith("taken in silently: older than the backlog")
    assert {(one.term, one.words, one.snippet) for one in found.matched if one.field == "title"} == {
        ("bridge", "Bridge", "Bridge closed")
    }
    assert ask(made).steps[1].detail.endswith("brought it with its first poll")


def test_what_was_seen_before_an_edit_says_so(town: Pipeline) -> None:
    text = "The bridge over the river is closed until the inspectors have looked at each of its eleven old arches."
    town.publish("town", entry("Arches", text="The council met on Monday, and nothing else was heard of it all day."))
    town.wait(HOUR)
    town.configure(lists=[watchlist("bridge", "arches")])
    town.publish("town", entry("Arches", text=text))
    found = fate(town, "https://outlet.example/arches")
    assert found.fate is Fate.SILENT
    assert "before the query was edited" in found.reason


def test_a_watchlist_without_alerts_is_told_by_none(store: Store, store_clock: StillClock) -> None:
    made = running(store, store_clock, alerts=[])
    made.publish("town", entry("Bridge closed"))
    assert (fate(made).fate, fate(made).reason) == (Fate.UNTOLD, "the watchlist has no alert")
    store_clock.advance(MINUTE)
    made.configure(alerts=[alert("bridge")])
    assert (fate(made).fate, told(made).detail) == (Fate.UNTOLD, "the alert is newer than the match")
