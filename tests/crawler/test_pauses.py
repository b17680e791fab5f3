"""Who orders us to stay away, or cannot be polled, is left alone: for as long as is said, over restarts."""

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from crawling import World, crawling, item, rss
from newsserver import NewsServer, Reply

from crawler.robots import NO_LASTS, lasts
from news.types import FeedState

HERE, THERE = "127.0.0.1", "127.0.0.2"


def left(world: World, site: str) -> timedelta:
    """Return how long a site is still to be left alone."""
    until = world.next_request_at(site)
    return until - world.clock.now() if until is not None else timedelta(0)


@pytest.mark.parametrize("status", [429, 503])
async def test_an_order_as_a_date_is_kept_to_over_a_restart(tmp_path: Path, status: int) -> None:
    async with NewsServer.open() as server:
        first, second = server.url("/first"), server.url("/second")
        async with crawling(tmp_path, first) as world:
            until = format_datetime(world.clock.now() + timedelta(hours=3), usegmt=True)
            server.script("/first", Reply(status=status, headers={"Retry-After": until}))
            await world.poll()
            assert timedelta(hours=2, minutes=59) < left(world, HERE) <= timedelta(hours=3)
            clock = world.clock
        server.script("/first", Reply(body=rss(item(1))))
        async with crawling(tmp_path, first, second, clock=clock) as world:
            clock.forward(timedelta(hours=2, minutes=55))
            assert await world.poll() == 0
            clock.forward(timedelta(minutes=6))
            assert await world.poll() == 1
            assert world.feed(first).state is FeedState.HEALTHY
        assert len(server.requests("/second")) == 1


async def test_a_short_order_holds_for_the_sites_next_feed_too(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        first, second = server.url("/first"), server.url("/second")
        server.script("/first", Reply(status=429, headers={"Retry-After": "5"}))
        server.script("/second", Reply(body=rss(item(1))))
        async with crawling(tmp_path, first, second) as world:
            await world.poll()
            assert not server.requests("/second")
            assert timedelta(seconds=3) < left(world, HERE) <= timedelta(seconds=5)
            world.clock.forward(timedelta(seconds=6))
            assert await world.poll() == 1
            assert len(server.requests("/second")) == 1


async def test_an_order_beyond_a_day_counts_as_a_day(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=503, headers={"Retry-After": "31536000"}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert timedelta(hours=23) < left(world, HERE) <= timedelta(hours=24)
            due = world.feed(url).next_poll_at
            assert due is not None
            assert timedelta(hours=23) < due - world.clock.now() <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "value"), [(200, "7200"), (404, "7200"), (429, "soon"), (503, "-5"), (429, ""), (503, "0")]
)
async def test_what_is_no_order_holds_up_no_other_feed(tmp_path: Path, status: int, value: str) -> None:
    async with NewsServer.open() as server:
        first, second = server.url("/first"), server.url("/second")
        server.script("/first", Reply(status=status, body=rss(item(1)), headers={"Retry-After": value}))
        server.script("/second", Reply(body=rss(item(2))))
        async with crawling(tmp_path, first, second) as world:
            await world.poll()
            assert left(world, HERE) <= timedelta(0)
        assert len(server.requests("/second")) == 1


async def test_an_order_from_where_a_redirect_leads_holds_for_that_site(tmp_path: Path) -> None:
    async with NewsServer.open(HERE, THERE) as server:
        moved, at_home, busy = server.url("/moved"), server.url("/feed"), server.url("/feed", THERE)
        server.script("/moved", Reply(status=302, headers={"Location": server.url("/busy", THERE)}))
        server.script("/busy", Reply(status=429, headers={"Retry-After": "3600"}))
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, moved, at_home) as world:
            await world.poll()
            # The site that only points there goes on.
            assert len(server.requests("/feed", HERE)) == 1
            assert left(world, HERE) <= timedelta(0)
            assert left(world, THERE) > timedelta(minutes=59)
            clock = world.clock
        async with crawling(tmp_path, moved, at_home, busy, clock=clock) as world:
            await world.poll()
            assert not server.requests("/feed", THERE)
            await world.later(timedelta(minutes=61))
            assert len(server.requests("/feed", THERE)) == 1


async def test_an_order_given_with_robots_txt_is_kept_to(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(status=503, headers={"Retry-After": "7200"}))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later(timedelta(minutes=115))
            assert len(server.requests("/robots.txt")) == 1
            server.script("/robots.txt", Reply(status=404))
            await world.later(timedelta(hours=8))
            assert len(server.requests("/robots.txt")) == 2
            assert world.feed(url).state is FeedState.HEALTHY


def test_an_order_with_robots_txt_never_shortens_the_wait() -> None:
    assert lasts(503, "", timedelta(seconds=3)) == NO_LASTS
    assert lasts(429, "", timedelta(hours=3)) == timedelta(hours=3)
    assert lasts(200, "max-age=7200", timedelta(hours=20)) == timedelta(hours=2)


async def test_a_poll_that_fails_in_an_unforeseen_way_waits_as_any_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def lookup(host: str, port: int) -> list[tuple[object, ...]]:
        raise RuntimeError(f"a mistake of ours with {host}, {port}")

    async with NewsServer.open() as server:
        broken, well = "http://feeds.example.com:8/feed", server.url("/feed")
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, broken, well, lookup=lookup) as world:
            await world.poll()
            row = world.feed(broken)
            assert row.error == "polling it failed: a mistake of ours with feeds.example.com, 8"
            assert row.next_poll_at is not None
            assert row.next_poll_at > world.clock.now()
            assert world.feed(well).state is FeedState.HEALTHY
            assert world.leased() == []
            assert await world.poll() == 0
    assert sum(record.exc_info is not None for record in caplog.records) == 1
