"""A watchlist over stored revisions: hits, near misses with their reasons, and what another query would change."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from digests import alert, at

from alerts.relaxing import Kind
from alerts.replay import Replay
from alerts.replayed import Report
from alerts.store.matches import Carrier, Pending
from alerts.store.replays import Stored
from alerts.types import Alert, Event, Watchlist
from alerts.verdicts import Verdict
from news.types import Arrival

START = at("2022-01-03 00:00")
HOUR = timedelta(hours=1)
HERALD = Carrier("https://herald.example/rss", "Herald", None, ("local",), START, Arrival.LATER)
POST = replace(HERALD, url="https://post.example/rss", name="Post", tags=("abroad",))


def watchlist(*queries: str, **changes: Any) -> Watchlist:
    values: dict[str, Any] = {"exclude": (), "feeds": (), "languages": (), "backlog_s": 86400.0}
    return Watchlist(id="kz", name="Kazakhstan", queries=queries, **(values | changes))


def story(number: int, title: str, text: str = "", *, article: int = 0, **changes: Any) -> Stored:
    """Return a revision of a story of its own that came in the hour of its number."""
    seen = START + number * HOUR
    values: dict[str, Any] = {
        "revision_id": 1000 * number + article,
        "article_id": 1000 * number + article,
        "story_id": number,
        "title": title,
        "text": text,
        "language": "en",
        "source": "Herald",
        "host": "herald.example",
        "url": f"https://herald.example/{number}",
        "carriers": (HERALD,),
        "published_latest": seen,
        "first_seen_at": seen,
        "story_first_seen_at": seen,
        "arrival": Arrival.LATER,
    }
    return Stored(Pending(**(values | changes)), seen, None)


def old(number: int, title: str, **changes: Any) -> Stored:
    """Return what a new feed brought with its first poll, without a time."""
    return story(number, title, arrival=Arrival.FIRST_POLL, published_latest=None, **changes)


def replayed(
    asked: Watchlist,
    *stored: Stored,
    alerts: tuple[Alert, ...] = (),
    present: Watchlist | None = None,
    most: int = 20,
    until: datetime = START + 96 * HOUR,
) -> Report:
    replay = Replay(asked, alerts, present=present, most=most)
    for one in stored:
        replay.take(one)
    return replay.report(since=START, until=until)


def hits(report: Report) -> list[str]:
    return [one.stored.revision.title for one in report.hits.shown]


def misses(report: Report) -> dict[str, list[str]]:
    return {one.reason.sentence: [each.stored.revision.title for each in one.shown] for one in report.near_misses}


# ── hits ──────────


def test_hits_are_newest_first_with_their_words() -> None:
    report = replayed(watchlist("bridge OR port"), story(1, "A bridge"), story(2, "Rain"), story(3, "The port"))
    assert hits(report) == ["The port", "A bridge"]
    assert (report.stories, report.revisions, report.hits.count, report.hits.silent) == (3, 3, 2, 0)
    (span,) = report.hits.shown[0].spans
    assert (span.term, span.start, span.end) == ("port", 4, 8)


def test_a_story_counts_once_and_leads_with_what_matched_first() -> None:
    copies = [story(1, title, article=number) for number, title in enumerate(["Rain", "A bridge", "The bridge again"])]
    report = replayed(watchlist("bridge"), *copies)
    assert (hits(report), report.hits.count, report.stories, report.revisions) == (["A bridge"], 1, 1, 3)


def test_what_a_new_feed_brought_of_old_stories_is_found_and_silent() -> None:
    report = replayed(watchlist("bridge"), old(1, "An old bridge"), story(2, "A bridge"), alerts=(alert(),))
    assert [one.verdict for one in report.hits.shown] == [Verdict.TELL, Verdict.BACKLOG]
    assert (report.hits.count, report.hits.silent) == (2, 1)
    assert report.forecasts[0].stories == 1


def test_a_dated_copy_tells_what_an_undated_first_poll_hid() -> None:
    copy = story(1, "A dated bridge", article=1)
    report = replayed(watchlist("bridge"), old(1, "A bridge"), copy, alerts=(alert(),))
    assert (hits(report), report.hits.silent, report.forecasts[0].stories) == (["A dated bridge"], 0, 1)


def test_later_copies_are_counted_where_they_are_told() -> None:
    rain = [story(1, "Rain", article=number, first_seen_at=START + 3 * HOUR) for number in (2, 3)]
    later = [replace(one, created_at=START + (3 + place) * HOUR) for place, one in enumerate([*rain, rain[0]])]
    stored = (story(1, "Snow", article=0), story(1, "A bridge", article=1), *later)
    asked = watchlist("bridge", events=frozenset({Event.NEW, Event.COPIES}))
    (plain,) = replayed(watchlist("bridge"), *stored, alerts=(alert(),)).forecasts
    (with_copies,) = replayed(asked, *stored, alerts=(alert(),)).forecasts
    assert (plain.stories, plain.messages) == (1, 1)
    assert (with_copies.stories, with_copies.messages) == (1, 3)
    (daily,) = replayed(asked, *stored, alerts=(alert("daily at 07:00"),)).forecasts
    assert (daily.stories, daily.messages) == (1, 1)
    abroad = replace(asked, feeds=("Post",))
    (outside,) = replayed(abroad, *stored, alerts=(alert(),)).forecasts
    assert (outside.stories, outside.messages) == (0, 0)


def test_what_becomes_urgent_leads() -> None:
    one = alert(urgent="collapse*")
    report = replayed(
        watchlist("bridge"), story(1, "A bridge"), story(1, "The bridge collapsed", article=1), alerts=(one,)
    )
    assert hits(report) == ["The bridge collapsed"]


def test_the_watchlist_counts_as_if_it_had_stood_all_along() -> None:
    report = replayed(watchlist("bridge", backlog_s=0.0), story(1, "A bridge", published_latest=START - 99 * HOUR))
    assert [one.verdict for one in report.hits.shown] == [Verdict.TELL]


def test_only_the_newest_are_kept_and_all_are_counted() -> None:
    report = replayed(watchlist("bridge"), *(story(number, f"Bridge {number}") for number in range(1, 8)), most=3)
    assert (hits(report), report.hits.count) == (["Bridge 7", "Bridge 6", "Bridge 5"], 7)


def test_the_time_begins_with_the_oldest_revision_that_there_is() -> None:
    report = replayed(watchlist("bridge"), story(24, "A bridge"), alerts=(alert("hourly"),))
    assert report.since == START + 24 * HOUR
    assert report.forecasts[0].days == 3
    assert replayed(watchlist("bridge")).since == START


# ── near misses ──────────


@pytest.mark.parametrize(
    ("query", "title", "sentence", "detail"),
    [
        ("kazakhstan unrest", "Unrest in Kazakshtan", "would match with kazakhstan~", ""),
        (
            "@country:KZ unrest",
            "Unrest in Kazakhstann",
            "would match with ~ behind a name of @country:KZ",
            "Kazakhstan~ would find “Kazakhstann”",
        ),
        ("bridge AND (closed OR shut)", "A bridge", "only `closed OR shut` is missing", ""),
        (
            "bridge NEAR/1 closed",
            "The bridge in the old town is closed",
            "found, but too far apart for `bridge NEAR/1 closed`",
            "both stand there, nearest 5 words apart, where NEAR/1 allows 1",
        ),
        (
            "bridge NEAR/1 closed",
            "The bridge is, as we have said many times since the first week of the year, now closed",
            "both sides found, but nowhere near each other as `bridge NEAR/1 closed` asks",
            "",
        ),
        ("bridge NEAR/1 closed", "The bridge", "only closed is missing", ""),
        ("bridge -football", "Football on the bridge", "excluded by -football", "found in the title"),
        (
            '"old bridge"',
            "A bridge of old times",
            'found, but not in the form that `"old bridge"` asks for',
            "its words stand there, but not side by side in this order",
        ),
        ("=Bridge", "A bridge", "found, but not in the form that =Bridge asks for", "another form stands in the title"),
        ("bridge lang:id", "A bridge", "only lang:id does not hold", "its language is en"),
    ],
)
def test_a_near_miss_tells_the_one_thing_that_kept_it_out(query: str, title: str, sentence: str, detail: str) -> None:
    report = replayed(watchlist(query), story(1, title))
    assert (report.hits.count, misses(report)) == (0, {sentence: [title]})
    (shown,) = report.near_misses[0].shown
    assert shown.detail.startswith(detail)
    assert bool(shown.detail) == bool(detail)
    assert shown.spans


def test_what_stands_in_the_text_alone_nearly_meets_the_title() -> None:
    report = replayed(watchlist("title:bridge"), story(1, "Traffic", "The bridge is closed."))
    assert misses(report) == {"found, but not in the title as title:bridge asks": ["Traffic"]}


def test_two_things_that_are_missing_are_no_near_miss() -> None:
    report = replayed(watchlist("bridge AND closed AND lorry"), story(1, "A bridge"), story(2, "Rain"))
    assert report.near_misses == ()


def test_a_hit_outside_of_the_watchlist_is_a_near_miss() -> None:
    asked = watchlist("bridge", feeds=("tag:local",), languages=("en", "id"))
    report = replayed(
        asked,
        story(1, "A bridge abroad", carriers=(POST,)),
        story(2, "Une bridge", language="fr"),
        story(3, "Une bridge abroad", language="fr", carriers=(POST,)),
        story(4, "A bridge of no language", language=None),
    )
    assert hits(report) == ["A bridge of no language"]
    assert misses(report) == {
        "outside of the watchlist's languages, `en, id`": ["Une bridge"],
        "outside of the watchlist's feeds, tag:local": ["A bridge abroad"],
    }
    assert [one.shown[0].detail for one in report.near_misses] == ["its language is fr", "it comes from Post"]


def test_what_is_nearly_found_outside_of_the_watchlist_is_two_things_away() -> None:
    asked = watchlist("bridge AND closed", languages=("id",))
    assert replayed(asked, story(1, "A bridge")).near_misses == ()


def test_a_story_that_is_found_after_all_is_no_near_miss() -> None:
    query = watchlist("bridge AND closed")
    first, second = story(1, "A bridge"), story(1, "A bridge is closed", article=1)
    assert replayed(query, first, second).near_misses == ()
    assert replayed(query, second, first).near_misses == ()


def test_a_story_stands_under_its_most_telling_reason() -> None:
    query = watchlist("bridge NEAR/1 closed")
    missing, far = story(1, "A bridge"), story(1, "A bridge that many think is closed", article=1)
    for order in ((missing, far), (far, missing)):
        (one,) = replayed(query, *order).near_misses
        assert (one.reason.kind, one.count, len(one.shown)) == (Kind.DISTANCE, 1, 1)


def test_of_one_kind_the_rarest_reason_comes_first() -> None:
    stories = [story(1, "A bridge"), story(2, "The bridge"), story(3, "All is closed")]
    report = replayed(watchlist("bridge AND closed"), *stories)
    assert [(one.reason.sentence, one.count) for one in report.near_misses] == [
        ("only bridge is missing", 1),
        ("only closed is missing", 2),
    ]


def test_of_many_reasons_each_shows_a_few() -> None:
    stories = [story(number, ("A bridge", "All closed", "A lorry")[number % 3]) for number in range(1, 31)]
    report = replayed(watchlist("bridge lorry OR closed night"), *stories, most=5)
    assert [one.count for one in report.near_misses] == [10, 10, 10]
    assert [len(one.shown) for one in report.near_misses] == [3, 2, 0]


# ── another query ──────────


def test_another_query_is_compared_with_the_present_one() -> None:
    stories = [story(1, "A bridge"), story(2, "A bridge is closed"), story(3, "A port is closed"), story(4, "Rain")]
    one = alert("hourly")
    report = replayed(watchlist("closed"), *stories, present=watchlist("bridge"), alerts=(one,))
    assert report.added is not None
    assert report.lost is not None
    assert [shown.stored.revision.title for shown in report.added.shown] == ["A port is closed"]
    assert [shown.stored.revision.title for shown in report.lost.shown] == ["A bridge"]
    assert (report.hits.count, report.added.count, report.lost.count) == (2, 1, 1)
    assert [each.stories for each in (*report.forecasts, *report.present)] == [2, 2]
    assert report.forecasts[0].alert == one


def test_what_a_later_copy_brings_to_both_is_neither_added_nor_lost() -> None:
    stories = [story(1, "A bridge"), story(1, "All closed", article=1), story(2, "All closed"), story(2, "A bridge")]
    report = replayed(watchlist("closed"), *stories, present=watchlist("bridge"))
    assert report.added == report.lost
    assert (report.hits.count, report.added and report.added.shown) == (2, ())


def test_without_another_query_nothing_is_compared() -> None:
    report = replayed(watchlist("bridge"), story(1, "A bridge"))
    assert (report.added, report.lost, report.present) == (None, None, ())
