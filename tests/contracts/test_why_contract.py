"""What ``storywatch why`` finds in a store that the service's own stages filled: each way of an address, to its end."""

from datetime import timedelta
from typing import Any

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, by_mail, document, entry, feed, started, watchlist
from stores import StillClock

from alerts.store import deliveries, outbox, targets
from alerts.store import watchlists as rows
from alerts.store.dues import expire
from alerts.types import Alert, DeliveryState, Outcome, QuietHours, Rate, Receipt, Watchlist
from news.store.engine import Store
from news.store.feeds import update_feed
from news.store.retention import prune
from storywatch import why as way
from storywatch.why.steps import AlertState, Answer, Fate, ListFate, Sent, State, Step, Told

TOWN = "https://outlet.example/bridge-closed"
MORNING = "daily at 07:00"


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """One feed, polled before; a watchlist that is told at once by webhook."""
    return running(store, store_clock)


def running(store: Store, clock: StillClock, *lists: Watchlist, alerts: list[Alert] | None = None) -> Pipeline:
    lists = lists or (watchlist("bridge"),)
    return started(store, clock, feeds=[feed("town")], lists=lists, alerts=alerts)


def ask(of: Pipeline, url: str = TOWN) -> Answer:
    now = of.clock.now()
    facts = of.store.read_now(lambda conn: way.gather(conn, url, feeds=of.feeds, alerts=of.alerts, now=now))
    return way.answer(facts, of.lists, of.alerts)


def steps(of: Pipeline, url: str = TOWN) -> list[tuple[str, State]]:
    return [(one.name, one.state) for one in ask(of, url).steps]


def ended(of: Pipeline, url: str = TOWN) -> Step:
    """Return the first step that was not taken."""
    return next(one for one in ask(of, url).steps if one.state in {State.ENDED, State.WAITS})


def fate(of: Pipeline, url: str = TOWN) -> ListFate:
    (found,) = ask(of, url).watchlists
    return found


def told(of: Pipeline, url: str = TOWN) -> Told:
    (found,) = fate(of, url).alerts
    return found


def sent(of: Pipeline, url: str = TOWN) -> Sent:
    (found,) = told(of, url).sent
    return found


def attempt(of: Pipeline, receipt: Receipt, *, again: timedelta | None = None) -> None:
    """Let the outbox try what is due once, with this outcome."""
    now = of.clock.now()

    def work(conn: Any) -> None:
        for claim in outbox.claim(conn, "test", now, MINUTE, 10):
            then = None if again is None else now + again
            outbox.record(conn, claim.id, claim.token, receipt, now=now, next_attempt_at=then)

    of.store.write_now(work)


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
        (name, State.OK) for name in ("address", "feed", "article", "story", "matching")
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
