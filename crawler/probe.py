"""Looks at an address once, as a poll would, and keeps nothing but robots.txt and the site's pause.

::

    address ──lease of its site──▶ Fetch (robots.txt, guard, redirects) ──▶ Parser ──▶ ParsedFeed

For ``storywatch feeds add``, which may run beside the service: the lease keeps the two from asking one site at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response

from crawler import outcomes, settings
from crawler.downloader import SiteDownloader
from crawler.fetch import Ask, Fetch
from crawler.leases import SiteLeases
from crawler.parsing import Job, Parser
from crawler.ports import Ports, attach
from crawler.robots import RobotsBook
from crawler.transport import verifying_tls
from news.errors import HardError
from news.types import ParsedFeed
from news.urls import site_of

_GONE = 410


class ProbeSpider(Spider):
    """Keeps an engine open until it is told to end."""

    name = "probe"

    def __init__(self, ready: asyncio.Event, end: asyncio.Event, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ready = ready
        self._end = end

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's way of building a spider."""
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Say that the engine is open, and wait."""
        self._ready.set()
        await self._end.wait()
        return
        yield  # what makes this an asynchronous generator, as Scrapy wants it


async def probe(url: str, ports: Ports) -> ParsedFeed:
    """Return what is served at ``url``.

    Raises FetchError where nothing comes, GuardedError among them, NotAFeedError where it is no feed, StoreError,
    ConfigError for a ``ca_file`` of no use.
    """
    async with _engine(ports) as crawler:
        return await _look(url, ports, crawler)


@asynccontextmanager
async def _engine(ports: Ports) -> AsyncIterator[Crawler]:
    """Keep a Scrapy engine open, with the service's own guard and limits."""
    # Scrapy builds the transport with the first request, and would go on without it.
    await asyncio.to_thread(verifying_tls, ports.limits.ca_file)
    ready, end = asyncio.Event(), asyncio.Event()
    runner = AsyncCrawlerRunner(settings.as_dict())
    crawler = runner.create_crawler(ProbeSpider)
    attach(crawler, ports.reach)
    running = runner.crawl(crawler, ready=ready, end=end)
    waiting = asyncio.ensure_future(ready.wait())
    await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if running.done():
            await running
            raise RuntimeError("the engine ended before it began")
        yield crawler
    finally:
        end.set()
        await crawler.stop_async()
        await asyncio.wait((running,))


async def _look(url: str, ports: Ports, crawler: Crawler) -> ParsedFeed:
    async def download(request: Request) -> Response:
        return await crawler.engine.download_async(request)

    def pause_left(site: str) -> float:
        downloader = crawler.engine.downloader if crawler.engine is not None else None
        return downloader.pause_left(site) if isinstance(downloader, SiteDownloader) else 0.0

    site = site_of(url)
    leases = SiteLeases(ports.store, ports.clock, holder=ports.holder, lasts=ports.limits.lease, pause_left=pause_left)
    fetch = Fetch(download, RobotsBook(ports.store, ports.clock), leases.borrow)
    ask = Ask(url=url, site=site, headers={}, credentials=ports.credentials(url), credentials_for=url)
    async with leases.borrow(site):
        answer = await fetch.get(ask)
    outcomes.judged(answer.response)
    if answer.response.status == _GONE:
        raise HardError("it answers 410: the feed is gone for good; look for its successor")
    kind = answer.response.headers.get(b"Content-Type")
    parser = Parser()
    try:
        return await parser.parse(
            Job(
                body=answer.response.body,
                url=answer.response.url,
                content_type=kind.decode("latin-1") if kind else None,
                known=frozenset(),
                now=ports.clock.now(),
            )
        )
    finally:
        parser.close()
