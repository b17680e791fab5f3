"""Redirects as a feed's history: followed politely, believed late, and never with what is not theirs."""

from datetime import timedelta
from pathlib import Path

import pytest
from crawling import QUICK, Hands, crawling, item, rss, settings
from newsserver import NewsServer, Reply, Seen

from crawler.fetch import REDIRECTS
from news.store.feeds import FeedSettings
from news.types import FeedOrigin, FeedState

HERE, THERE = "127.0.0.1", "127.0.0.2"


@pytest.mark.parametrize(("status", "watched"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
async def test_every_kind_is_followed_and_only_a_permanent_one_is_watched(
    tmp_path: Path, status: int, *, watched: bool
) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=status, headers={"Location": "new/feed.xml#top"}))
        server.script("/new/feed.xml", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            row = world.feed(url)
        assert row.state is FeedState.HEALTHY
        assert row.moved_to == (server.url("/new/feed.xml") if watched else None)
        assert row.moved_count == int(watched)


async def test_confirmations_within_a_day_are_not_enough(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=301, headers={"Location": "/new"}))
        server.script("/new", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url, limits=QUICK) as world:
            for _ in range(6):
                await world.later(timedelta(hours=4))
            row = world.feed(url)
            assert (row.moved_count, row.request_url) == (6, None)
            await world.later(timedelta(days=1, hours=5))
            assert world.feed(url).request_url == server.url("/new")


@pytest.mark.parametrize("between", ["none", "other"])
async def test_a_redirect_that_stops_or_changes_is_counted_anew(tmp_path: Path, between: str) -> None:
    async with NewsServer.open() as server:
        moved = Reply(status=301, headers={"Location": "/new"})
        other = Reply(body=rss(item(1))) if between == "none" else Reply(status=301, headers={"Location": "/other"})
        server.script("/feed", [moved, moved, other, moved])
        for path in ("/new", "/other"):
            server.script(path, Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            for _ in range(3):
                await world.later(timedelta(days=1))
            row = world.feed(url)
            assert (row.moved_count, row.request_url) == (int(between == "other"), None)
            await world.later(timedelta(days=1))
            row = world.feed(url)
            assert (row.moved_to, row.moved_count, row.request_url) == (server.url("/new"), 1, None)


async def test_a_redirect_to_what_is_no_feed_is_never_adopted(tmp_path: Path) -> None:
    page = b"<!DOCTYPE html><html><head><title>This domain is for sale</title></head><body>Buy it</body></html>"
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=301, headers={"Location": "/parked"}))
        server.script("/parked", Reply(body=page, headers={"Content-Type": "text/html"}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            for _ in range(5):
                await world.later(timedelta(days=1))
            row = world.feed(url)
        assert (row.moved_to, row.request_url, row.failures) == (None, None, 5)


async def test_an_adopted_address_stays_over_a_restart_and_its_site_is_the_one_leased(tmp_path: Path) -> None:
    async with NewsServer.open(HERE, THERE) as server:
        server.slowness = 0.01
        old, new = server.url("/old"), server.url("/new", THERE)
        server.script("/old", Reply(status=301, headers={"Location": new}))
        server.script("/new", Reply(body=rss(item(1))))
        server.script("/other", Reply(body=rss(item(2))))
        clock = Hands()
        async with crawling(tmp_path, old, clock=clock) as world:
            for _ in range(3):
                await world.later(timedelta(days=1, hours=1))
            assert world.feed(old).request_url == new
        asked = len(server.requests("/old"))
        others = [server.url(f"/other?{number}", THERE) for number in range(4)]
        async with crawling(tmp_path, old, *others, clock=clock) as world:
            assert await world.later() == 1
            row = world.feed(old)
            assert (row.request_url, row.site, row.state) == (new, THERE, FeedState.HEALTHY)
        assert len(server.requests("/old")) == asked
        assert server.most_at_once(THERE) == 1


async def test_a_chain_has_an_end(tmp_path: Path) -> None:
    def next_one(seen: Seen) -> Reply:
        return Reply(status=302, headers={"Location": f"/feed?{int(seen.path.partition('?')[2] or 0) + 1}"})

    async with NewsServer.open() as server:
        for number in range(REDIRECTS + 3):
            server.script(f"/feed?{number}" if number else "/feed", next_one)
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            error = world.feed(url).error
        assert error is not None
        assert error.startswith("it redirects more than 10 times, at last to ")
        assert len(server.requests()) == REDIRECTS + 1


@pytest.mark.parametrize("location", ["http://[broken/", "http://", "//", "http:///feed", "http://127.0.0.1:99999/x"])
async def test_a_location_that_is_no_address_fails_the_feed_with_a_sentence(tmp_path: Path, location: str) -> None:
    async with NewsServer.open(HERE, THERE) as server:
        server.script("/feed", Reply(status=302, headers={"Location": location}))
        server.script("/feed", Reply(body=rss(item(1))), host=THERE)
        url, other = server.url("/feed"), server.url("/feed", THERE)
        async with crawling(tmp_path, url, other) as world:
            await world.poll()
            row = world.feed(url)
            assert row.state is FeedState.FAILING
            assert row.error
            assert "polling it failed" not in row.error
            assert row.next_poll_at is not None
            assert row.next_poll_at > world.clock.now()
            assert world.feed(other).state is FeedState.HEALTHY
            assert world.leased() == []


async def test_userinfo_of_an_address_goes_to_its_own_host_only_and_into_no_log_or_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with NewsServer.open(HERE, THERE) as server:
        url = f"http://reader:secret-word@127.0.0.1:{server.port()}/feed"
        server.script("/feed", Reply(status=302, headers={"Location": server.url("/away", THERE)}))
        server.script("/away", Reply(status=500))
        feed = FeedSettings(url=url, site=HERE, origin=FeedOrigin.CONFIG)
        async with crawling(tmp_path, feed) as world:
            await world.poll()
            row = world.feed(url)
            assert row.error is not None
            assert "secret-word" not in row.error + row.reason + caplog.text
        home, away = server.requests()
        assert home.headers["authorization"].startswith("Basic ")
        assert "authorization" not in away.headers


async def test_where_it_leads_is_asked_once_whoever_else_is_sent_there(tmp_path: Path) -> None:
    """Sites whose feeds all lead to one site take their turns there, and wait for no lease of their own process."""
    addresses = [f"127.0.0.{number}" for number in range(2, 8)]
    async with NewsServer.open(HERE, *addresses) as server:
        server.slowness = 0.01
        server.script("/there", Reply(body=rss(item(1))))
        server.script("/feed", Reply(status=307, headers={"Location": server.url("/there")}))
        feeds = [settings(server.url("/feed", address)) for address in addresses]
        async with crawling(tmp_path, *feeds, settings(server.url("/there"))) as world:
            await world.poll()
            assert all(world.feed(feed.url).state is FeedState.HEALTHY for feed in feeds)
            assert world.leased() == []
        assert len(server.requests("/there")) == len(addresses) + 1
        assert len(server.requests("/robots.txt", HERE)) >= 1
        assert server.most_at_once(HERE) == 1
