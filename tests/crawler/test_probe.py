"""One look at an address, as ``feeds add`` takes it: polite and guarded as a poll, and nothing of it is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from crawling import LOOPBACK, QUICK, Hands, crawling, item, rss
from newsserver import NewsServer, Reply

from crawler.ports import Ports
from crawler.probe import probe
from news.errors import ChallengePageError, ConfigError, FetchError, GuardedError, HardError, NotAFeedError
from news.store.engine import Store
from news.store.feeds import list_feeds
from news.store.migrate import prepare
from news.store.sites import claim_one_site


@asynccontextmanager
async def ports(folder: Path) -> AsyncIterator[Ports]:
    """Return what a command beside the service has."""
    clock = Hands()
    store = Store.open(f"sqlite:///{folder / 'storywatch.db'}", clock)
    prepare(store)
    yield Ports(store, clock, QUICK, LOOPBACK, "desk@example.org", "0.0", "command", random=lambda: 0.5)
    await store.close()


async def test_what_is_served_is_returned_and_no_feed_is_added(tmp_path: Path) -> None:
    async with NewsServer.open() as server, ports(tmp_path) as given:
        server.script("/old", Reply(status=301, headers={"Location": "/feed"}))
        server.script("/feed", Reply(body=rss(item(2), item(1))))
        found = await probe(server.url("/old"), given)
        assert found.title == "Harbour News"
        assert [entry.title for entry in found.entries] == ["Harbour report 2", "Harbour report 1"]
        assert [seen.path for seen in server.seen] == ["/robots.txt", "/old", "/feed"]
        assert {seen.headers["user-agent"] for seen in server.seen} == {"storywatch/0.0 (+desk@example.org)"}
        assert given.store.read_now(list_feeds) == []


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(status=404), HardError, "it answers 404"),
        (Reply(status=410), HardError, "it answers 410: the feed is gone for good"),
        (Reply(status=500), FetchError, "it answers 500"),
        (Reply(body=b"<html><title>Harbour</title><body>Hello</body></html>"), NotAFeedError, "HTML page"),
        (
            Reply(body=b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"),
            ChallengePageError,
            "answers with",
        ),
        (Reply(status=302, headers={"Location": "http://10.0.0.1/"}), GuardedError, "10.0.0.1 lies in"),
    ],
)
async def test_what_is_no_feed_says_why(tmp_path: Path, reply: Reply, error: type[Exception], words: str) -> None:
    async with NewsServer.open() as server, ports(tmp_path) as given:
        server.script("/feed", reply)
        with pytest.raises(error, match=words):
            await probe(server.url("/feed"), given)


async def test_robots_txt_and_the_guard_hold_for_a_look_too(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server, ports(tmp_path) as given:
        server.script("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /feed\n"))
        with pytest.raises(HardError, match=r"robots\.txt disallows"):
            await probe(server.url("/feed"), given)
        assert not server.requests()
        asked = server.connections
        with pytest.raises(GuardedError, match="is not reached"):
            await probe(server.url("/feed", "127.0.0.2"), replace(given, allowed=(ip_network("127.0.0.9/32"),)))
        assert server.connections == asked


async def test_a_site_that_the_service_holds_is_not_asked(tmp_path: Path) -> None:
    async with NewsServer.open() as server, ports(tmp_path) as given:
        held = await given.store.write(
            lambda conn: claim_one_site(
                conn, "127.0.0.1", holder="service", now=given.clock.now(), lasts=timedelta(hours=1)
            )
        )
        assert held is not None
        with pytest.raises(FetchError, match="not to be asked just now"):
            await probe(server.url("/feed"), given)
        assert not server.seen


async def test_the_pause_after_a_look_is_kept_for_the_service(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(body=b"User-agent: *\nCrawl-delay: 40\n"))
        server.script("/feed", Reply(body=rss(item(1))))
        async with ports(tmp_path) as given:
            await probe(server.url("/feed"), given)
        async with crawling(tmp_path, server.url("/feed")) as world:
            assert await world.poll() == 0
            assert await world.later(timedelta(seconds=41)) == 1


async def test_a_ca_file_of_no_use_is_named(tmp_path: Path) -> None:
    async with ports(tmp_path) as given:
        limits = replace(QUICK, ca_file=tmp_path / "gone.pem")
        with pytest.raises(ConfigError, match=r"gone\.pem cannot be used"):
            await probe("http://127.0.0.1:9/feed", replace(given, limits=limits))
