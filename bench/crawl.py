"""CPU a poll: a thousand feeds of thirty entries on a thousand addresses, against Scrapy's defaults with feedparser.

::

    main ──▶ feed server ──▶ python -m bench.crawl SUBJECT, a process each ──▶ CPU seconds, polls ──▶ a table of ratios

Half the polls are answered by 304, every other by one new entry. The first round, in which everything is new, is left
out for all. Only ratios within one run say something; the bound is on them.
"""

import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import feedparser
import scrapy
from scrapy.crawler import AsyncCrawlerProcess, AsyncCrawlerRunner
from scrapy.http import Response

from bench.feedserver import addresses, running
from crawler import feed as feeds
from crawler import settings
from crawler.crawl import Crawl
from crawler.fetch import Ask, Fetch
from crawler.parsing import Job, Parser
from crawler.ports import FetchLimits, Ports, Reach, attach
from crawler.robots import RobotsBook
from news.clock import SystemClock
from news.store.engine import Store
from news.store.feeds import FeedSettings, sync_feeds
from news.store.migrate import prepare
from news.types import FeedOrigin

FEEDS = 1_000
#: measured rounds: as many with a new entry as with 304
ROUNDS = 4
#: the crawl alone must be so many times cheaper than Scrapy's defaults
BOUND = 3.7

LOOPBACK = (ip_network("127.0.0.0/8"),)
LIMITS = FetchLimits(min_interval=timedelta(0), delay=timedelta(0))


@dataclass
class Meter:
    """CPU seconds of this process since the first round ended."""

    polls: int = 0
    #: polls that are warmed up with
    first: int = FEEDS
    began: float = 0.0

    def polls_are(self, polls: int) -> None:
        """Take the number of polls so far; what the first round cost is left out."""
        self.polls = polls
        if self.polls >= FEEDS and not self.began:
            self.began = time.process_time()
            self.first = self.polls

    def poll(self) -> None:
        """Count one more."""
        self.polls_are(self.polls + 1)

    def report(self) -> None:
        """Print what the parent reads."""
        print(json.dumps({"cpu": time.process_time() - self.began, "polls": self.polls - self.first}), flush=True)


def urls(port: int) -> list[str]:
    """Return the addresses of the feeds."""
    return [f"http://{address}:{port}/feed" for address in addresses(FEEDS)]


# ── Scrapy's defaults with feedparser ──────────


class DefaultSpider(scrapy.Spider):
    """Polls as the tutorials do: requests to the engine, feedparser in the callback."""

    name = "default"
    handle_httpstatus_list = [304]  # noqa: RUF012 - Scrapy's way
    custom_settings = {"LOG_LEVEL": "WARNING"}  # noqa: RUF012 - Scrapy's way
    port = 0
    meter = Meter()

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Begin the first round."""
        for url in urls(self.port):
            yield scrapy.Request(url, dont_filter=True, cb_kwargs={"turn": 0})

    def parse(self, response: Response, turn: int) -> Any:
        """Parse, and poll again."""
        etag = response.headers.get("ETag") or b""
        if response.status == 200:
            found = feedparser.parse(
                io.BytesIO(response.body), response_headers={"content-type": "application/rss+xml"}
            )
            assert len(found["entries"]) == 30
        self.meter.poll()
        if turn < ROUNDS:
            yield scrapy.Request(
                response.url, headers={"If-None-Match": etag}, dont_filter=True, cb_kwargs={"turn": turn + 1}
            )


def defaults(port: int) -> None:
    """Measure Scrapy's defaults."""
    DefaultSpider.port = port
    process = AsyncCrawlerProcess({"LOG_LEVEL": "WARNING"})
    process.crawl(DefaultSpider)
    process.start()
    DefaultSpider.meter.report()


# ── our crawl alone ──────────


class AloneSpider(scrapy.Spider):
    """Our settings, transport, turns, robots.txt and parser; no store."""

    name = "alone"
    port = 0
    meter = Meter()

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Poll in rounds, as many at once as the service does."""
        fetch = Fetch(self.crawler.engine.download_async, RobotsBook(None, SystemClock()), _borrow)
        parser = Parser()
        polls = [_Poll(url, fetch, parser) for url in urls(self.port)]
        for _ in range(ROUNDS + 1):
            left = iter(polls)
            await asyncio.gather(*(self._seat(left) for _ in range(LIMITS.sites_at_once)))
        return
        yield  # what makes this an asynchronous generator, as Scrapy wants it

    async def _seat(self, left: Any) -> None:
        for poll in left:
            await poll()
            self.meter.poll()


class _Poll:
    """A feed between two polls."""

    def __init__(self, url: str, fetch: Fetch, parser: Parser) -> None:
        self._url = url
        self._site = url.split("/")[2].partition(":")[0]
        self._fetch = fetch
        self._parser = parser
        self._etag = ""
        self._hash = b""
        self._carried: tuple[bytes, ...] = ()

    async def __call__(self) -> None:
        headers = {"If-None-Match": self._etag} if self._etag else {}
        response = (await self._fetch.get(Ask(self._url, self._site, headers))).response
        self._etag = (response.headers.get(b"ETag") or b"").decode()
        if response.status == 304 or (found := feeds.body_hash(response.body)) == self._hash:
            return
        assert response.status == 200, response
        self._hash = found
        job = Job(response.body, self._url, "application/rss+xml", frozenset(self._carried), datetime.now(UTC))
        parsed = await self._parser.parse(job)
        assert len(parsed.entries) == (1 if self._carried else 30)
        self._carried = parsed.carried


def _borrow(site: str) -> Any:
    raise AssertionError(site)


async def _alone(port: int) -> None:
    AloneSpider.port = port
    crawler = AsyncCrawlerRunner(settings.as_dict()).create_crawler(AloneSpider)
    attach(crawler, Reach(LIMITS, LOOPBACK, "bench"))
    await crawler.crawl_async()
    AloneSpider.meter.report()


# ── our crawl with its store ──────────


async def _stored(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        store = Store.open(f"sqlite:///{Path(folder) / 'bench.db'}", clock)
        prepare(store)
        wanted = [
            FeedSettings(
                url=url,
                site=url.split("/")[2].partition(":")[0],
                origin=FeedOrigin.CONFIG,
                interval=timedelta(milliseconds=1),
            )
            for url in urls(port)
        ]
        store.write_now(lambda conn: sync_feeds(conn, wanted, now=clock.now(), first_interval=timedelta(minutes=15)))
        ports = Ports(store, clock, LIMITS, LOOPBACK, "desk@example.org", "0", "bench")
        crawl = Crawl(ports)
        await crawl.start()
        meter = Meter()
        while crawl.polls.counts.polls < FEEDS * (ROUNDS + 1):
            await crawl.poll_due()
            await asyncio.sleep(0.02)
            meter.polls_are(crawl.polls.counts.polls)
        meter.report()
        assert crawl.polls.counts.failed == 0
        await crawl.drain(5)
        await crawl.stop()
        await store.close()


# ── the table ──────────

SUBJECTS: dict[str, Callable[[int], Awaitable[None]] | None] = {"defaults": None, "alone": _alone, "stored": _stored}
TITLES = {
    "defaults": "Scrapy's defaults with feedparser",
    "alone": "the crawl alone",
    "stored": "the crawl with its store (SQLite)",
}


def measure(subject: str) -> float:
    """Return CPU milliseconds a poll of one subject, measured in a process of its own."""
    with running() as port:
        command = [sys.executable, "-m", "bench.crawl", subject, str(port)]
        done = subprocess.run(  # noqa: S603 - ourselves
            command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
        )
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["polls"] >= FEEDS * ROUNDS * 0.8, told
    return float(told["cpu"]) / float(told["polls"]) * 1000


def main() -> int:
    """Print the table; 1 where the bound is missed."""
    costs = {subject: measure(subject) for subject in SUBJECTS}
    print(f"{'CPU a poll, half of them 304':42} {'ms':>7} {'ratio':>7}")
    for subject, cost in costs.items():
        print(f"{TITLES[subject]:42} {cost:7.2f} {costs['defaults'] / cost:6.1f}×")
    ratio = costs["defaults"] / costs["alone"]
    if ratio < BOUND:
        print(f"the crawl alone must be ×{BOUND} cheaper, and is ×{ratio:.1f}")
        return 1
    return 0


def _one(subject: str, port: int) -> None:
    run = SUBJECTS[subject]
    if run is None:
        defaults(port)
    else:
        asyncio.run(_arranged(run, port))


async def _arranged(run: Callable[[int], Awaitable[None]], port: int) -> None:
    await run(port)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _one(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main())
