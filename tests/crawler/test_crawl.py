"""The crawl as the service drives it: seats, drain, stop, polling once, a store that fails."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from crawling import QUICK, crawling, item, rss, settings, slower
from newsserver import NewsServer, Reply
from sqlalchemy import Connection

from crawler import intake, recording
from crawler.crawl import may_be_polled
from crawler.intake import Brought, Taken
from news.errors import StoreError
from news.store.feeds import list_feeds
from news.types import FeedState

T = TypeVar("T")


async def test_a_feed_that_is_due_is_polled_and_one_that_is_not_is_left(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:
            assert await world.poll() == 1
            assert await world.poll() == 0
            assert len(server.requests("/feed")) == 1
            assert await world.later() == 1
            assert len(server.requests("/feed")) == 2


async def test_every_site_is_given_back_after_its_last_feed(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        urls = [server.url(f"/feed{number}") for number in range(3)]
        async with crawling(tmp_path, *urls) as world:
            await world.poll()
            assert world.leased() == []
            assert world.crawl.in_flight == 0


async def test_no_more_sites_are_worked_on_than_there_are_seats(tmp_path: Path) -> None:
    addresses = [f"127.0.0.{number}" for number in range(1, 8)]
    gate = asyncio.Event()
    async with NewsServer.open(*addresses) as server:
        server.script("/feed", Reply(body=rss(item(1)), gate=gate))
        urls = [server.url("/feed", address) for address in addresses]
        async with crawling(tmp_path, *urls, limits=slower(sites_at_once=3)) as world:
            assert await world.crawl.poll_due() == 3
            assert await world.crawl.poll_due() == 0
            gate.set()
            # What was due beyond the seats is begun as they get free, without a further tick.
            await server.until(len(urls), "/feed")
            await world.crawl.idle()


async def test_drain_sees_through_what_is_in_flight_and_begins_nothing_more(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with NewsServer.open() as server:
        server.script("/feed0", Reply(body=rss(item(1)), gate=gate))
        server.script("/feed1", Reply(body=rss(item(2))))
        urls = [server.url("/feed0"), server.url("/feed1")]
        async with crawling(tmp_path, *urls) as world:
            await world.crawl.poll_due()
            await server.until(1, "/feed0")
            draining = asyncio.create_task(world.crawl.drain(20))
            await asyncio.sleep(0)
            gate.set()
            await draining
            assert world.titles() == ["Harbour report 1"]
            assert not server.requests("/feed1")
            assert world.leased() == []
            assert await world.crawl.poll_due() == 0


async def test_drain_drops_what_takes_too_long_and_it_is_still_due(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(gate=asyncio.Event()))
        async with crawling(tmp_path, server.url("/feed")) as world:
            await world.crawl.poll_due()
            await server.until(1, "/feed")
            await world.crawl.drain(0.05)
            row = world.feed(server.url("/feed"))
            assert row.last_polled_at is None
            assert row.next_poll_at is not None
            assert row.next_poll_at <= world.clock.now()
            assert world.leased() == []


async def test_poll_all_once_polls_what_is_not_due_either(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/feed", Reply(body=rss(item(1)), etag='"1"'))
        urls = [server.url("/feed", address) for address in ("127.0.0.1", "127.0.0.2")]
        async with crawling(tmp_path, *urls) as world:
            assert await world.crawl.poll_all_once() == 2
            assert await world.crawl.poll_all_once() == 2
            assert len(server.requests("/feed")) == 4


async def test_poll_all_once_leaves_a_feed_that_backs_off(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=500))
        async with crawling(tmp_path, server.url("/feed")) as world:
            assert await world.crawl.poll_all_once() == 1
            assert await world.crawl.poll_all_once() == 0
            world.clock.forward(timedelta(days=1))
            assert await world.crawl.poll_all_once() == 1


async def test_poll_all_once_polls_more_feeds_of_a_site_than_a_claim_holds(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        urls = [server.url(f"/feed{number}") for number in range(13)]
        async with crawling(tmp_path, *urls) as world:
            assert await world.crawl.poll_all_once() == 13
            assert len(server.requests()) == 13


async def test_poll_all_once_keeps_its_leases_alive_while_a_site_is_slow(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1)), gate=gate))
        limits = slower(lease=timedelta(seconds=0.3))
        async with crawling(tmp_path, server.url("/feed"), limits=limits) as world:
            polling = asyncio.create_task(world.crawl.poll_all_once())
            await server.until(1, "/feed")
            first = world.lease_until("127.0.0.1")
            while (later := world.lease_until("127.0.0.1")) == first:  # noqa: ASYNC110 - the store tells no event
                await asyncio.sleep(0.01)
            assert first is not None
            assert later is not None
            assert later > first
            gate.set()
            assert await polling == 1


async def test_a_feed_gone_from_the_configuration_may_not_be_polled(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
        async with crawling(tmp_path) as world:
            row = world.store.read_now(list_feeds)[0]
            assert not may_be_polled(row, world.clock.now() + timedelta(days=9), timedelta(0))
            assert await world.later() == 0


async def test_a_store_that_fails_is_said_once_and_polling_goes_on_when_it_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:
            broken = [True]
            write = world.store.write

            async def failing(work: Callable[[Connection], T]) -> T:
                if broken[0]:
                    raise StoreError("the disk is full; make room")
                return await write(work)

            world.store.write = failing  # type: ignore[method-assign]  # a full disk, as the crawl sees it
            with caplog.at_level(logging.WARNING):
                for _ in range(3):
                    assert await world.crawl.poll_due() == 0
                    world.clock.forward(timedelta(minutes=1))
                assert [record.message for record in caplog.records] == [
                    "polling waits, since the store fails, and goes on by itself: the disk is full; make room"
                ]
                broken[0] = False
                assert await world.poll() == 1
            assert caplog.records[-1].message == "the store works again; polling goes on"
            assert world.titles() == ["Harbour report 1"]


async def test_a_poll_whose_commit_fails_gives_the_site_back_later(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:
            write = world.store.write
            writes = 0

            async def failing(work: Callable[[Connection], T]) -> T:
                nonlocal writes
                writes += 1
                # The claim and robots.txt pass; the poll, its failure and the release do not.
                if 3 <= writes <= 5:
                    raise StoreError("the disk is full; make room")
                return await write(work)

            world.store.write = failing  # type: ignore[method-assign]  # a full disk, as the crawl sees it
            await world.poll()
            assert writes == 5
            assert world.leased() == ["127.0.0.1"]
            world.clock.forward(timedelta(minutes=1))
            assert await world.poll() == 1
            assert world.leased() == []
            assert world.titles() == ["Harbour report 1"]


async def test_what_cannot_be_stored_fails_its_feed_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/feed", Reply(body=rss(item(1))))
        urls = [server.url("/feed", address) for address in ("127.0.0.1", "127.0.0.2")]
        take_in = intake.take_in

        def mistaken(conn: Connection, documents: Sequence[Brought], now: datetime) -> list[Taken]:
            if any(one.feed.url == urls[0] for one in documents):
                raise RuntimeError("a mistake of ours")
            return take_in(conn, documents, now)

        monkeypatch.setattr(recording, "take_in", mistaken)
        async with crawling(tmp_path, *urls) as world:
            await world.poll()
            row = world.feed(urls[0])
            assert row.state is FeedState.FAILING
            assert row.error == "what it brought cannot be stored: a mistake of ours"
            assert world.feed(urls[1]).state is FeedState.HEALTHY
            assert sum(record.levelno == logging.ERROR for record in caplog.records) == 1


async def test_stopping_twice_or_without_a_drain_is_no_error(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(gate=asyncio.Event()))
        async with crawling(tmp_path, server.url("/feed"), limits=QUICK) as world:
            await world.crawl.poll_due()
            await world.crawl.stop()
            await world.crawl.stop()
            assert await world.crawl.poll_due() == 0


async def test_a_restart_takes_back_what_a_killed_process_held(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(gate=asyncio.Event()))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.crawl.poll_due()
            await server.until(1, "/feed")
            # The second process comes up while the first one's lease still lives, as after a kill.
            server.script("/feed", Reply(body=rss(item(1))))
            async with crawling(tmp_path, settings(url), holder="after the kill") as again:
                assert await again.poll() == 1
                assert again.titles() == ["Harbour report 1"]
