"""What ``storywatch why`` tells of an address before any watchlist: its feeds, its article, its story."""

import pytest
from pipeline import MINUTE, Pipeline, document, entry, feed, watchlist
from stores import StillClock
from ways import TOWN, ask, ended, fate, running, steps

from news.store.engine import Store
from news.store.feeds import update_feed
from storywatch.why.steps import Fate, State


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """One feed, polled before; a watchlist that is told at once by webhook."""
    return running(store, store_clock)


# ── an address that no feed has brought ──────────


def test_nothing_is_known_of_a_site_that_nobody_watches(town: Pipeline) -> None:
    answer = ask(town, "https://nowhere.example/story")
    assert (answer.known, answer.watchlists) == (False, ())
    assert [(one.name, one.state) for one in answer.steps] == [("address", State.NOTE), ("feed", State.ENDED)]
    assert "no feed of nowhere.example is configured" in answer.steps[1].detail


def test_a_feed_of_elsewhere_that_brought_something_of_the_site_is_named(town: Pipeline) -> None:
    town.publish("town", entry("Harbour open"))
    assert ended(town, "https://outlet.example/other").detail == (
        "no feed of outlet.example is configured; articles of it came with town (https://town.example/rss), "
        "not this one"
    )


def test_a_feed_that_was_not_polled_yet_is_waited_for(store: Store, store_clock: StillClock) -> None:
    made = Pipeline(store, store_clock)
    made.configure(feeds=[feed("town")], lists=[watchlist("bridge")])
    step = ended(made, "https://town.example/story")
    assert (step.state, step.at) == (State.WAITS, store_clock.now())
    assert "town (https://town.example/rss) has not been polled yet; it is due now" in step.detail


def test_a_feed_that_no_run_has_taken_over_is_waited_for(store: Store, store_clock: StillClock) -> None:
    made = Pipeline(store, store_clock)
    made.feeds = (feed("town"),)
    assert ended(made, "https://town.example/story").detail == "town is configured, and no run has taken it over yet"


def test_a_feed_that_answers_without_the_address_says_when(town: Pipeline) -> None:
    step = ended(town, "https://town.example/story")
    assert (step.state, step.at) == (State.ENDED, town.clock.now())
    assert "answers, and has not carried it" in step.detail


def test_a_failing_feed_says_what_it_answered(town: Pipeline) -> None:
    town.fail("town")
    step = ended(town, "https://town.example/story")
    assert (step.state, step.at) == (State.ENDED, town.clock.now())
    assert step.detail == "town (https://town.example/rss) fails: it answers nothing"
    again = ask(town, "https://town.example/story").steps[-1]
    assert (again.detail, again.at) == ("it is polled again", town.feed("town").next_poll_at)


def test_a_feed_that_is_gone_from_the_configuration_is_named_so(town: Pipeline) -> None:
    town.configure(feeds=[])
    assert "is not polled any more: no longer in the configuration" in ended(town, "https://town.example/a").detail


def test_a_gap_of_the_feed_is_told(town: Pipeline) -> None:
    now = town.clock.now()
    row = town.feed("town")
    town.store.write_now(lambda conn: update_feed(conn, row.id, {"gap_at": now}))
    assert ("gap", State.NOTE) in steps(town, "https://town.example/a")


def test_the_address_of_a_feed_tells_how_it_fares(town: Pipeline) -> None:
    answer = ask(town, "https://town.example/rss")
    assert (answer.known, [one.state for one in answer.steps]) == (True, [State.OK, State.OK, State.NOTE])
    town.fail("town")
    assert ended(town, "https://town.example/rss").detail == "it fails: it answers nothing"


def test_an_address_that_is_nearly_known_is_led_on(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"), entry("Harbour open", url="https://outlet.example/story?id=7"))
    for asked, known in ((f"{TOWN}/", TOWN), ("https://outlet.example/story", "https://outlet.example/story?id=7")):
        step = ask(town, asked).steps[1]
        assert (step.name, step.state, step.detail) == ("alike", State.NOTE, f"known is {known}")
    assert ("alike", State.NOTE) not in steps(town, "https://outlet.example/bridge")


# ── the way of an article ──────────


def test_an_article_is_followed_to_its_story(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed", at=town.clock.now()))
    assert steps(town, TOWN + "?utm_source=mail") == [
        *((name, State.OK) for name in ("address", "feed", "article", "story")),
        ("thread", State.NOTE),
        ("matching", State.OK),
    ]
    brought = ask(town).steps[1]
    assert brought.at == town.clock.now()
    assert brought.detail == "town (https://town.example/rss) brought it with a later poll"


def test_an_article_waits_for_its_story_and_then_for_the_watchlists(town: Pipeline) -> None:
    town.clock.advance(MINUTE)
    town.poll("town", document(entry("Bridge closed")))
    assert ended(town).name == "story"
    assert fate(town).fate is Fate.WAITING
    town.assign()
    assert ended(town).name == "matching"
    assert fate(town).fate is Fate.WAITING
    town.evaluate()
    assert fate(town).fate is Fate.DUE


def test_a_copy_names_its_story_and_the_article_that_matched(town: Pipeline) -> None:
    text = "The bridge over the river is closed until the inspectors have looked at each of its eleven old arches."
    town.publish("town", entry("Bridge closed", text=text))
    town.publish("town", entry("Bridge closed", text=text), entry("Bridge closed", text=text, path="copy"))
    copy = "https://outlet.example/copy"
    story = next(one for one in ask(town, copy).steps if one.name == "story")
    assert "a copy: the same text" in story.detail
    assert ("copy", State.NOTE) in steps(town, copy)
    assert "another article of the story matched first" in fate(town, copy).reason
    assert fate(town, copy).fate is Fate.SENDING


def test_an_article_that_its_feed_dropped_is_still_known(town: Pipeline) -> None:
    town.publish("town", entry("Bridge closed"))
    town.publish("town", entry("Harbour open"))
    assert "it carries it no longer" in ask(town).steps[1].detail


def test_the_agency_that_a_text_is_credited_to_is_told(town: Pipeline) -> None:
    town.publish("town", entry("Harbour open", path="a", text="LONDON, Jan 5 (Reuters) - The harbour is open again."))
    (article,) = (one for one in ask(town, "https://outlet.example/a").steps if one.name == "article")
    assert "credited to Reuters" in article.detail
