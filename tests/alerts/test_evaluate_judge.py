"""Which match is told: backlog, edited queries, feeds and languages. Each test is named after its rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.store.matches import Carrier, Pending
from alerts.store.watchlists import WatchlistRow
from alerts.types import Watchlist
from alerts.verdicts import Verdict, judge, selects
from news.types import Arrival

NOW = datetime(2022, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = Arrival.LATER

LIST = Watchlist(
    id="kz", name="Kazakhstan", queries=("almaty",), exclude=(), feeds=(), languages=(), backlog_s=24 * 3600.0
)
ROW = WatchlistRow(
    id="kz",
    name="Kazakhstan",
    created_at=NOW - 90 * 24 * HOUR,
    since=None,
    backfilled_at=NOW,
    paused=False,
    paused_until=None,
)
REVISION = Pending(
    revision_id=1,
    article_id=1,
    story_id=1,
    title="Almaty",
    text="",
    language="id",
    source="Warta Selat",
    host="warta.example.org",
    url="https://warta.example.org/1",
    carriers=(
        Carrier("https://other.example.org/rss", None, None, (), NOW, LATER),
        Carrier("https://warta.example.org/rss", "Warta Selat", "WARTA SELAT - terbaru", ("indonesia",), NOW, LATER),
    ),
    published_latest=NOW - HOUR,
    first_seen_at=NOW,
    story_first_seen_at=NOW,
    arrival=Arrival.LATER,
)


def test_a_fresh_story_is_told() -> None:
    assert judge(LIST, ROW, REVISION) is Verdict.TELL


def test_an_old_story_of_a_known_feed_is_told_since_the_feed_may_be_back_from_an_outage() -> None:
    old = replace(REVISION, published_latest=NOW - 72 * HOUR)
    assert judge(LIST, ROW, old) is Verdict.TELL


def test_an_old_story_of_a_new_feed_is_backlog() -> None:
    old = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=NOW - 25 * HOUR)
    assert judge(LIST, ROW, old) is Verdict.BACKLOG


def test_a_young_story_of_a_new_feed_is_told_however_long_it_waited_here() -> None:
    young = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=NOW - 23 * HOUR)
    assert judge(LIST, ROW, young) is Verdict.TELL


def test_on_the_first_poll_entries_without_a_time_count_as_old() -> None:
    undated = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=None)
    assert judge(LIST, ROW, undated) is Verdict.BACKLOG


def test_later_entries_without_a_time_are_as_old_as_their_first_sight() -> None:
    undated = replace(REVISION, published_latest=None)
    assert judge(LIST, ROW, undated) is Verdict.TELL


def test_a_new_watchlist_tells_stored_stories_younger_than_its_backlog() -> None:
    row = replace(ROW, created_at=NOW + HOUR)
    assert judge(LIST, row, REVISION) is Verdict.TELL
    old = replace(REVISION, published_latest=NOW - 24 * HOUR)
    assert judge(LIST, row, old) is Verdict.BACKLOG


def test_a_story_that_was_young_when_the_watchlist_was_new_is_told_whenever_it_comes_to_match() -> None:
    row = replace(ROW, created_at=NOW + HOUR)
    rewritten = replace(REVISION, revision_id=9)
    assert judge(LIST, row, rewritten) is Verdict.TELL


def test_a_young_copy_does_not_make_an_old_story_young_for_a_new_watchlist() -> None:
    row = replace(ROW, created_at=NOW + HOUR)
    copy = replace(REVISION, story_first_seen_at=NOW - 72 * HOUR)
    assert judge(LIST, row, copy) is Verdict.BACKLOG


def test_an_old_article_that_a_new_feed_carries_too_is_backlog_for_a_watchlist_of_that_feed() -> None:
    feed = Carrier("https://new.example.org/rss", "New", None, (), NOW + HOUR, Arrival.FIRST_POLL)
    carried = replace(REVISION, carriers=(*REVISION.carriers, feed), published_latest=NOW - 30 * HOUR)
    assert judge(replace(LIST, feeds=("New",)), ROW, carried) is Verdict.BACKLOG
    assert judge(replace(LIST, feeds=("New", "Warta Selat")), ROW, carried) is Verdict.TELL
    young = replace(carried, published_latest=NOW)
    assert judge(replace(LIST, feeds=("New",)), ROW, young) is Verdict.TELL


def test_editing_a_query_alerts_only_on_stories_first_seen_afterwards() -> None:
    row = replace(ROW, since=NOW + HOUR)
    assert judge(LIST, row, REVISION) is Verdict.BEFORE_EDIT
    later = replace(REVISION, story_first_seen_at=NOW + HOUR)
    assert judge(LIST, row, later) is Verdict.TELL


def test_a_pause_ends_by_itself() -> None:
    row = replace(ROW, paused=True, paused_until=NOW)
    assert row.is_paused(NOW - HOUR)
    assert not row.is_paused(NOW)
    assert replace(row, paused_until=None).is_paused(NOW)


def test_feeds_are_selected_by_tag_name_title_or_address_of_any_that_carries_the_article() -> None:
    for chosen in ("tag:indonesia", "Warta Selat", "WARTA SELAT - terbaru", "https://warta.example.org/rss"):
        assert selects(replace(LIST, feeds=("Other", chosen)), REVISION), chosen
    assert not selects(replace(LIST, feeds=("tag:kazakhstan", "Other")), REVISION)


def test_indonesian_and_malay_count_as_one_language_and_an_unknown_one_passes() -> None:
    assert selects(replace(LIST, languages=("ms",)), REVISION)
    assert not selects(replace(LIST, languages=("en",)), REVISION)
    assert selects(replace(LIST, languages=("en",)), replace(REVISION, language=None))
