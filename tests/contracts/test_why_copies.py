"""What ``storywatch why`` tells of the articles of a story beside the one that matched: who leads, what is a copy."""

from dataclasses import replace

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, entry, feed, started, watchlist
from stores import START, StillClock
from ways import ask

from alerts.types import Event
from news.store.engine import Store
from storywatch.why.steps import AlertState, ListFate

TEXT = "The old ferry over the river is closed to lorries until the inspectors have been there."
FEEDS = (feed("herald"), feed("post"), feed("mail"))
BOTH = frozenset({Event.NEW, Event.COPIES})


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Three feeds, and a watchlist that is told of later copies."""
    lists = [watchlist("bridge", events=BOTH)]
    return started(store, store_clock, feeds=FEEDS, lists=lists, alerts=[alert("bridge", schedule="hourly")])


def fate(town: Pipeline, number: int) -> ListFate:
    (found,) = ask(town, f"https://outlet.example/{number}").watchlists
    return found


def copy(number: int, title: str = "No way over", **changes: object) -> str:
    return entry(title, path=str(number), text=TEXT, **changes)  # type: ignore[arg-type]


def test_a_later_copy_is_shown_with_what_the_alerts_did_with_it(town: Pipeline) -> None:
    town.publish("mail", copy(1))
    town.publish("herald", copy(2, "Bridge closed"))
    town.wait(HOUR)
    town.publish("post", copy(3))
    found = fate(town, 3)
    assert found.copy.startswith("it is a later copy of a story that was told")
    assert ([one.state for one in found.copied], found.copy_at) == ([AlertState.WAITING], town.clock.now())
    town.wait(HOUR)
    assert [one.state for one in fate(town, 3).copied] == [AlertState.SENDING]
    assert [one.detail for one in fate(town, 3).copied] == ["a message of its own"]
    assert fate(town, 2).copy == ""
    assert fate(town, 1).copy == "it was there before the story was told, and is listed with it"


def test_why_a_copy_is_not_told_is_said(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge")], alerts=[alert("bridge", schedule="hourly")])
    town.publish("herald", copy(1, "Bridge closed"))
    town.publish("post", copy(2))
    assert fate(town, 2).copy == "it is a later copy, and the watchlist does not ask for these (event copies)"
    town.configure(lists=[watchlist("bridge", events=BOTH, languages=("en",))], alerts=town.alerts)
    town.publish("mail", copy(3, language="id"))
    assert "it takes the languages en, and the article's is id" in fate(town, 3).copy
    town.configure(lists=[watchlist("bridge", "bridge", "tower", events=BOTH)], alerts=town.alerts)
    town.publish("mail", copy(4))
    assert "before the query was edited" in fate(town, 4).copy
    assert fate(town, 4).copied == ()


def test_which_article_leads_is_said_with_its_reason(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed", at=START + 20 * MINUTE), after=30 * MINUTE)
    assert "leads" not in fate(town, 1).alerts[0].detail
    town.publish("post", copy(2, "Bridge shut", at=START))
    lead = "it leads with post, https://outlet.example/2, since it was published first, as far as is known"
    assert lead in fate(town, 1).alerts[0].detail
    town.wait(HOUR)
    assert lead in fate(town, 1).alerts[0].detail
    assert "it leads with this article, since" in fate(town, 2).alerts[0].detail


def test_what_was_urgent_is_not_explained_by_who_tells_it_best(town: Pipeline) -> None:
    town.configure(alerts=[replace(alert("bridge", schedule="hourly"), urgent="collapse*")])
    town.publish("herald", copy(1, "Bridge closed", at=START))
    town.publish("post", copy(2, "Bridge collapses"))
    assert "leads" not in fate(town, 1).alerts[0].detail
    town.wait(DAY)
    assert "leads" not in fate(town, 2).alerts[0].detail
