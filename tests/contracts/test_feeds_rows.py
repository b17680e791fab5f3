"""The feeds' rows: configured once an address, recorded as they are polled."""

from dataclasses import replace
from datetime import timedelta

import pytest
from storerows import FIRST_INTERVAL, add_feeds, settings
from stores import START

from news.errors import StoreError
from news.store.engine import Store
from news.store.feeds import (
    FeedRow,
    FeedSettings,
    add_feed,
    get_feed,
    list_feeds,
    next_due,
    remove_feed,
    sync_feeds,
    update_feed,
    update_feeds,
)
from news.store.robots import RobotsRow, drop_robots, get_robots, put_robots
from news.store.sites import claim_sites
from news.types import FeedKind, FeedOrigin, FeedState, RobotsRule

LATER = START + timedelta(hours=1)


def sync(store: Store, *wanted: FeedSettings, later: bool = False) -> dict[str, FeedRow]:
    """Configure these feeds and return every row by its address."""
    now = LATER if later else START
    store.write_now(lambda conn: sync_feeds(conn, wanted, now=now, first_interval=FIRST_INTERVAL))
    return {row.url: row for row in store.read_now(list_feeds)}


def test_a_new_feed_is_due_at_once_with_everything_that_is_configured(store: Store) -> None:
    wanted = FeedSettings(
        url="https://herald.example/rss",
        site="herald.example",
        origin=FeedOrigin.OPML,
        name="Herald",
        language="id",
        tags=("indonesia", "дом"),
        interval=timedelta(minutes=10),
        robots=RobotsRule.PERMITTED,
    )
    (row,) = sync(store, wanted).values()
    assert (row.url, row.site, row.origin, row.name) == (wanted.url, wanted.site, FeedOrigin.OPML, "Herald")
    assert (row.configured_language, row.tags, row.robots) == ("id", ("indonesia", "дом"), RobotsRule.PERMITTED)
    assert (row.configured_interval_s, row.interval_s) == (600.0, 600.0)
    assert (row.next_poll_at, row.created_at, row.state) == (START, START, FeedState.HEALTHY)
    assert (row.active, row.carried, row.failures, row.kind) == (True, b"", 0, None)
    assert row.shown_name == "Herald"


def test_a_learnt_interval_begins_as_it_is_told(store: Store) -> None:
    (row,) = sync(store, settings("a")).values()
    assert (row.configured_interval_s, row.interval_s) == (None, FIRST_INTERVAL.total_seconds())


def test_of_one_address_the_configuration_wins_over_opml_over_the_store(store: Store) -> None:
    urls = [replace(settings("a", origin=origin), name=origin.value) for origin in FeedOrigin]
    (row,) = sync(store, *reversed(urls)).values()
    assert (row.origin, row.name) == (FeedOrigin.CONFIG, "config")
    (row,) = sync(store, urls[2], urls[1]).values()
    assert (row.origin, row.name) == (FeedOrigin.OPML, "opml")


def test_a_feed_gone_from_the_configuration_rests_with_its_history_and_returns_due(store: Store) -> None:
    first = sync(store, settings("a"), settings("b"))["https://a.example/rss"]
    store.write_now(lambda conn: update_feed(conn, first.id, {"etag": '"1"', "first_success_at": START}))
    gone = sync(store, settings("b"), later=True)["https://a.example/rss"]
    assert (gone.active, gone.state, gone.next_poll_at) == (False, FeedState.RESTING, None)
    assert gone.reason == "no longer in the configuration"
    back = sync(store, settings("a"), settings("b"), later=True)["https://a.example/rss"]
    assert (back.active, back.state, back.next_poll_at) == (True, FeedState.HEALTHY, LATER)
    assert (back.id, back.etag, back.first_success_at, back.created_at) == (first.id, '"1"', START, START)


def test_a_feed_that_failed_before_it_went_is_failing_when_it_returns(store: Store) -> None:
    row = sync(store, settings("a"))["https://a.example/rss"]
    store.write_now(lambda conn: update_feed(conn, row.id, {"failures": 3, "error": "404"}))
    sync(store)
    back = sync(store, settings("a"))["https://a.example/rss"]
    assert (back.state, back.reason, back.failures) == (FeedState.FAILING, "404", 3)


def test_an_unchanged_configuration_changes_no_row(store: Store) -> None:
    before = sync(store, settings("a"), replace(settings("b"), tags=("x",), interval=timedelta(minutes=5)))
    assert before == sync(store, settings("a"), replace(settings("b"), tags=("x",), interval=timedelta(minutes=5)))


def test_a_shorter_interval_counts_from_the_last_poll(store: Store) -> None:
    row = sync(store, settings("a"))["https://a.example/rss"]
    polled = {"last_polled_at": START + timedelta(minutes=55), "next_poll_at": START + timedelta(hours=9)}
    store.write_now(lambda conn: update_feed(conn, row.id, polled))
    row = sync(store, replace(settings("a"), interval=timedelta(minutes=10)), later=True)[row.url]
    assert row.next_poll_at == START + timedelta(minutes=65)


def test_a_feed_that_moved_for_good_stays_on_the_site_of_its_new_address(store: Store) -> None:
    row = sync(store, settings("a"))["https://a.example/rss"]
    sync(store, settings("a"), settings("b"))
    moved = {"request_url": "https://b.example/a", "site": "b.example"}
    store.write_now(lambda conn: update_feed(conn, row.id, moved))
    assert sync(store, settings("a"), settings("b"))[row.url].site == "b.example"


def test_a_stored_feed_stays_until_it_is_removed(store: Store) -> None:
    kept = settings("kept", origin=FeedOrigin.STORE)
    added = store.write_now(lambda conn: add_feed(conn, kept, now=START, first_interval=FIRST_INTERVAL))
    row = sync(store, settings("a"))[kept.url]
    assert (row.id, row.active, row.origin, row.next_poll_at) == (added, True, FeedOrigin.STORE, START)
    assert store.write_now(lambda conn: remove_feed(conn, kept.url, now=LATER))
    row = sync(store, settings("a"))[kept.url]
    assert (row.active, row.state, row.reason) == (False, FeedState.RESTING, "removed")
    assert not store.write_now(lambda conn: remove_feed(conn, kept.url, now=LATER))
    again = store.write_now(lambda conn: add_feed(conn, kept, now=LATER, first_interval=FIRST_INTERVAL))
    assert again == added


def test_what_is_watched_already_is_not_added_and_what_is_configured_not_removed(store: Store) -> None:
    sync(store, settings("a"))
    mine = settings("a", origin=FeedOrigin.STORE)
    with pytest.raises(StoreError, match="watched already, from the configuration"):
        store.write_now(lambda conn: add_feed(conn, mine, now=START, first_interval=FIRST_INTERVAL))
    with pytest.raises(StoreError, match="comes from the configuration; remove it there"):
        store.write_now(lambda conn: remove_feed(conn, mine.url, now=START))
    assert not store.write_now(lambda conn: remove_feed(conn, "https://unknown.example/", now=START))


def test_a_recorded_poll_comes_back_as_it_was_given(store: Store) -> None:
    row = sync(store, settings("a"))["https://a.example/rss"]
    values = {
        "state": FeedState.FAILING,
        "kind": FeedKind.ATOM,
        "error": "answers 500",
        "carried": b"\x00\x01" * 40,
        "body_hash": b"12345678",
        "next_poll_at": LATER,
        "change_gap_s": 12.5,
        "title": "a\x00b \ud800 ü",
    }
    store.write_now(lambda conn: update_feed(conn, row.id, values))
    store.write_now(lambda conn: update_feed(conn, row.id, {}))
    now = store.read_now(lambda conn: get_feed(conn, row.id))
    assert now == replace(
        row,
        state=FeedState.FAILING,
        kind=FeedKind.ATOM,
        error="answers 500",
        carried=b"\x00\x01" * 40,
        body_hash=b"12345678",
        next_poll_at=LATER,
        change_gap_s=12.5,
        title="ab ? ü",
    )


def test_feeds_are_written_together_each_its_own_columns(store: Store) -> None:
    a, b, c = store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
    changes: list[tuple[int, dict[str, object]]]
    changes = [
        (a, {"failures": 2, "error": "x"}),
        (b, {"error": "y", "failures": 3}),
        (c, {"title": "C"}),
        (a, {}),
    ]
    store.write_now(lambda conn: update_feeds(conn, changes))
    rows = store.read_now(list_feeds)
    assert [(row.failures, row.error, row.title) for row in rows] == [(2, "x", None), (3, "y", None), (0, None, "C")]


def test_the_next_feed_is_due_when_it_its_site_and_its_lease_allow(store: Store) -> None:
    assert store.read_now(next_due) is None
    a, b = store.write_now(lambda conn: add_feeds(conn, "a", "b"))
    store.write_now(lambda conn: update_feed(conn, a, {"next_poll_at": LATER}))
    store.write_now(lambda conn: update_feed(conn, b, {"next_poll_at": LATER + timedelta(hours=1)}))
    assert store.read_now(next_due) == LATER
    lasts = timedelta(days=400)
    store.write_now(lambda conn: claim_sites(conn, holder="h", now=LATER, lasts=lasts, sites=1))
    assert store.read_now(next_due) == LATER + timedelta(hours=1)


def test_robots_are_kept_an_origin_until_they_are_dropped(store: Store) -> None:
    row = RobotsRow("https://a.example", 200, b"User-agent: *\xff", START, LATER)
    assert store.read_now(lambda conn: get_robots(conn, row.origin)) is None
    store.write_now(lambda conn: put_robots(conn, replace(row, status=0, body=b"")))
    store.write_now(lambda conn: put_robots(conn, row))
    assert store.read_now(lambda conn: get_robots(conn, row.origin)) == row
    assert store.write_now(lambda conn: drop_robots(conn, LATER)) == 0
    assert store.write_now(lambda conn: drop_robots(conn, LATER + timedelta(seconds=1))) == 1
