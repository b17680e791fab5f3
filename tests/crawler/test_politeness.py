"""One request at a time to a site and the delay between two, counted at the server."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from crawling import crawling, item, rss, slower
from newsserver import NewsServer, Reply

from crawler.crawl import Crawl
from crawler.downloader import Pace
from news.store.feeds import FeedSettings
from news.types import FeedOrigin, FeedState, RobotsRule

SITE = "127.0.0.1"


def gaps(server: NewsServer, site: str) -> list[float]:
    """Return the seconds between the end of each answer and the next request, all requests counted."""
    begun = [seen.at for seen in server.seen if seen.host == site]
    return [start - end for start, end in zip(begun[1:], server.answered[site], strict=False)]


async def test_one_request_at_a_time_to_a_site_without_a_delay_redirects_and_robots_counted(tmp_path: Path) -> None:
    async with NewsServer.open(SITE, "127.0.0.2") as server:
        server.slowness = 0.02
        urls = []
        for number in range(8):
            server.script(f"/feed{number}", Reply(status=302, headers={"Location": f"/there{number}"}))
            server.script(f"/there{number}", Reply(body=rss(item(number))))
            urls.append(server.url(f"/feed{number}"))
            # Another site's feeds lead to this one, while its own are polled.
            server.script(f"/away{number}", Reply(status=301, headers={"Location": server.url(f"/there{number}")}))
            urls.append(server.url(f"/away{number}", "127.0.0.2"))
        async with crawling(tmp_path, *urls) as world:
            await world.poll()
            assert len(server.requests(host=SITE)) == 24
            assert server.most_at_once(SITE) == 1
            assert server.most_at_once("127.0.0.2") == 1
            assert all(world.feed(url).state is FeedState.HEALTHY for url in urls)
            assert world.leased() == []


async def test_hosts_of_one_site_are_one_site(tmp_path: Path) -> None:
    names = dict.fromkeys(("www.harbour-news.org", "feeds.harbour-news.org", "harbour-news.org"), SITE)
    async with NewsServer.open(SITE) as server:
        server.slowness = 0.02
        server.script("/feed", Reply(body=rss(item(1))))
        urls = [server.url("/feed", name, at=SITE) for name in names]

        def lookup(host: str, port: int) -> list[tuple[object, ...]]:
            return [(2, 1, 6, "", (names[host], port))]

        async with crawling(tmp_path, *urls, lookup=lookup) as world:
            assert await world.poll() == 1
            assert len(server.requests("/feed")) == 3
            assert server.most_at_once("harbour-news.org") == 1


async def test_two_sites_are_asked_at_once(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with NewsServer.open(SITE, "127.0.0.2") as server:
        server.script("/feed", Reply(body=rss(item(1)), gate=gate))
        async with crawling(tmp_path, server.url("/feed"), server.url("/feed", "127.0.0.2")) as world:
            await world.crawl.poll_due()
            await server.until(2, "/feed")
            # Neither has been answered yet.
            assert sorted(one.host.partition(":")[0] for one in server.requests("/feed")) == [SITE, "127.0.0.2"]
            gate.set()
            await world.crawl.idle()


async def test_as_many_at_once_as_configured(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with NewsServer.open(SITE) as server:
        urls = [server.url(f"/feed{number}") for number in range(6)]
        for number in range(6):
            server.script(f"/feed{number}", Reply(body=rss(item(number)), gate=gate))
        async with crawling(tmp_path, *urls, limits=slower(per_site=2)) as world:
            await world.crawl.poll_due()
            await server.until(2)
            gate.set()
            await world.crawl.idle()
            assert server.most_at_once(SITE) == 2
            assert len(server.requests()) == 6
            assert world.leased() == []


async def test_the_delay_lies_between_the_end_of_one_request_and_the_start_of_the_next(tmp_path: Path) -> None:
    async with NewsServer.open(SITE) as server:
        server.slowness = 0.05
        server.script("/feed0", Reply(status=302, headers={"Location": "/there"}))
        server.script("/there", Reply(body=rss(item(1))))
        server.script("/feed1", Reply(body=rss(item(2))))
        urls = [server.url("/feed0"), server.url("/feed1")]
        async with crawling(tmp_path, *urls, limits=slower(delay=timedelta(seconds=0.2))) as world:
            await world.poll()
            found = gaps(server, SITE)
            # robots.txt, the feed, where it redirects to, the other feed
            assert len(found) == 3
            assert min(found) > 0.19


async def test_the_delay_is_kept_across_polls_and_restarts(tmp_path: Path) -> None:
    limits = slower(delay=timedelta(hours=1))
    async with NewsServer.open(SITE) as server:
        server.script("/feed0", Reply(body=rss(item(1))))
        server.script("/feed1", Reply(body=rss(item(2))))
        first, second = permitted(server.url("/feed0")), permitted(server.url("/feed1"))
        async with crawling(tmp_path, first, limits=limits) as world:
            await world.poll()
            free_at = world.next_request_at(SITE)
            assert free_at is not None
            assert timedelta(minutes=59) < free_at - world.clock.now() <= timedelta(hours=1)
        async with crawling(tmp_path, first, second, limits=limits) as world:
            world.clock.forward(timedelta(minutes=50))
            assert await world.poll() == 0
            assert not server.requests("/feed1")
            world.clock.forward(timedelta(minutes=11))
            assert await world.crawl.poll_due() == 1
            await server.until(1, "/feed1")


def permitted(url: str) -> FeedSettings:
    """Return a feed whose robots.txt is not asked, so that a poll is one request."""
    return FeedSettings(url, SITE, FeedOrigin.CONFIG, robots=RobotsRule.PERMITTED)


async def test_a_crawl_delay_is_kept_and_frees_the_seat_meanwhile(tmp_path: Path) -> None:
    async with NewsServer.open(SITE) as server:
        server.script("/robots.txt", Reply(body=b"User-agent: *\nCrawl-delay: 20\n"))
        server.script("/feed0", Reply(body=rss(item(1))))
        server.script("/feed1", Reply(body=rss(item(2))))
        urls = [server.url("/feed0"), server.url("/feed1")]
        async with crawling(tmp_path, *urls) as world:
            await world.poll()
            assert len(server.requests()) == 1
            free_at = world.next_request_at(SITE)
            assert free_at is not None
            assert timedelta(seconds=15) < free_at - world.clock.now() <= timedelta(seconds=20)
            assert world.leased() == []


async def test_two_processes_on_one_store_never_meet_at_a_site(tmp_path: Path) -> None:
    addresses = [f"127.0.0.{number}" for number in range(1, 5)]
    async with NewsServer.open(*addresses) as server:
        server.slowness = 0.02
        urls = []
        for number in range(4):
            server.script(f"/feed{number}", Reply(body=rss(item(number))))
            urls += [server.url(f"/feed{number}", address) for address in addresses]
        server.script("/moved", Reply(status=302, headers={"Location": server.url("/feed0")}))
        urls += [server.url("/moved", address) for address in addresses[1:]]
        async with crawling(tmp_path, *urls, limits=slower(sites_at_once=3)) as world:
            other = Crawl(replace(world.crawl._ports, holder="other"))
            await other.start()
            try:
                while world.crawl.polls.counts.polls + other.polls.counts.polls < len(urls):
                    await asyncio.gather(world.crawl.poll_due(), other.poll_due())
                    await asyncio.sleep(0.01)
                await asyncio.gather(world.crawl.idle(), other.idle())
                assert world.crawl.polls.counts.polls > 0
                assert other.polls.counts.polls > 0
            finally:
                await other.stop()
            assert max(server.most_at_once(address) for address in addresses) == 1
            assert len(server.requests("/moved")) == 3
            assert world.leased() == []


async def test_a_pace_lets_one_in_and_the_next_only_after_the_delay() -> None:
    loop = asyncio.get_running_loop()
    pace = Pace(1)
    times: list[tuple[float, float]] = []

    async def one() -> None:
        async with pace.turn(0.05):
            begun = loop.time()
            await asyncio.sleep(0)
            times.append((begun, loop.time()))

    await asyncio.gather(*(one() for _ in range(4)))
    assert all(then[0] - before[1] >= 0.049 for before, then in pairwise(times))
    assert not pace.idle


async def test_a_pace_passes_on_when_one_who_waits_is_cancelled() -> None:
    pace = Pace(1)
    inside = asyncio.Event()
    leave = asyncio.Event()

    async def hold() -> None:
        async with pace.turn(0):
            inside.set()
            await leave.wait()

    async def pass_by() -> None:
        async with pace.turn(0):
            pass

    first = asyncio.create_task(hold())
    await inside.wait()
    second = asyncio.create_task(pass_by())
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    leave.set()
    await first
    await pass_by()
    assert pace.idle
