"""Which match is told: backlog, edited queries, feeds and languages. Each test is named after its rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.evaluate import Verdict, judge, selects
from alerts.store.matches import Carrier, Pending
from alerts.store.watchlists import WatchlistRow
from alerts.types import Watchlist
from news.types import Arrival

NOW = datetime(2022, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

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
        Carrier("https://other.example.org/rss", None, None, ()),
        Carrier("https://warta.example.org/rss", "Warta Selat", "WARTA SELAT - terbaru", ("indonesia",)),
    ),
    published_latest=NOW - HOUR,
    first_seen_at=NOW,
    story_first_seen_at=NOW,
    arrival=Arrival.LATER,
)


def test_a_fresh_story_is_told() -> None:
    assert judge(LIST, ROW, REVISION, now=NOW) is Verdict.TELL


def test_an_old_story_of_a_known_feed_is_told_since_the_feed_may_be_back_from_an_outage() -> None:
    old = replace(REVISION, published_latest=NOW - 72 * HOUR)
    assert judge(LIST, ROW, old, now=NOW) is Verdict.TELL


def test_an_old_story_of_a_new_feed_is_backlog() -> None:
    old = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=NOW - 25 * HOUR)
    assert judge(LIST, ROW, old, now=NOW) is Verdict.BACKLOG


def test_a_young_story_of_a_new_feed_is_told_however_long_it_waited_here() -> None:
    young = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=NOW - 23 * HOUR)
    assert judge(LIST, ROW, young, now=NOW + 48 * HOUR) is Verdict.TELL


def test_on_the_first_poll_entries_without_a_time_count_as_old() -> None:
    undated = replace(REVISION, arrival=Arrival.FIRST_POLL, published_latest=None)
    assert judge(LIST, ROW, undated, now=NOW) is Verdict.BACKLOG


def test_later_entries_without_a_time_are_as_old_as_their_first_sight() -> None:
    undated = replace(REVISION, published_latest=None)
    assert judge(LIST, ROW, undated, now=NOW) is Verdict.TELL


def test_a_new_watchlist_tells_stored_stories_younger_than_its_backlog() -> None:
    row = replace(ROW, created_at=NOW + HOUR)
    assert judge(LIST, row, REVISION, now=NOW + HOUR) is Verdict.TELL
    old = replace(REVISION, published_latest=NOW - 24 * HOUR)
    assert judge(LIST, row, old, now=NOW + HOUR) is Verdict.BACKLOG


def test_editing_a_query_alerts_only_on_stories_first_seen_afterwards() -> None:
    row = replace(ROW, since=NOW + HOUR)
    assert judge(LIST, row, REVISION, now=NOW + 2 * HOUR) is Verdict.BEFORE_EDIT
    later = replace(REVISION, story_first_seen_at=NOW + HOUR)
    assert judge(LIST, row, later, now=NOW + 2 * HOUR) is Verdict.TELL


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
