"""The crawl as the service sees it: start, poll what is due, drain, stop.

::

    APScheduler, each second ──▶ poll_due ──claim as many sites as there are seats──▶ queue ──▶ WatchSpider
                                    ▲                                                   │
                                    └── a seat is free again, and more was due ◀────────┤
    on_commit ◀── new revisions were committed ◀── Polls ◀──────────────────────────────┘

One never-ending Scrapy crawl in the caller's asyncio loop, without Twisted's reactor. What is due lives in the store;
here are only the sites that are being worked on, never more than ``limits.sites_at_once``.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response

from crawler import settings
from crawler.downloader import SiteDownloader
from crawler.fetch import Fetch
from crawler.leases import SiteLeases
from crawler.parsing import Parser
from crawler.polls import Polls
from crawler.ports import Ports, attach
from crawler.robots import RobotsBook
from crawler.spiders.watch import WatchSpider, Works
from crawler.transport import verifying_tls
from news.errors import StoreError
from news.store.feeds import FeedRow, SiteWork, claim_one_site, claim_sites, list_feeds, release_holder, renew_sites
from news.types import FeedState

logger = logging.getLogger(__name__)

#: how long ``poll_all_once`` waits for a site that may not be asked yet, or that another process holds
ONCE_WAITS = timedelta(seconds=15)


class Crawl:
    """One crawl on one store."""

    def __init__(self, ports: Ports, *, on_commit: Callable[[], None] | None = None) -> None:
        self._ports = ports
        self._seats = ports.limits.sites_at_once
        self._works: Works = asyncio.Queue(self._seats + 1)
        self._taken = 0
        self._freed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        #: the last claim found as much as it asked for, so there may be more
        self._more = False
        self._claiming = asyncio.Lock()
        self._claims: set[asyncio.Task[int]] = set()
        self._renewed_at = ports.clock.now()
        self._draining = False
        self._crawler: Crawler | None = None
        self._running: asyncio.Task[None] | None = None
        self._parser = Parser()
        leases = SiteLeases(
            ports.store, ports.clock, holder=ports.holder, lasts=ports.limits.lease, pause_left=self._pause_left
        )
        self.polls = Polls(
            ports,
            fetch=Fetch(self._download, RobotsBook(ports.store, ports.clock), leases.borrow),
            parser=self._parser,
            leases=leases,
            on_commit=on_commit,
            on_end=self._ended,
        )

    @property
    def in_flight(self) -> int:
        """Sites that are being worked on."""
        return self._taken

    async def start(self) -> None:
        """Bring the spider up; returns when polls can be made. Raises ConfigError for a ``ca_file`` of no use."""
        # Scrapy builds the transport with the first request, and would go on without it.
        await asyncio.to_thread(verifying_tls, self._ports.limits.ca_file)
        store = self._ports.store
        if store.dialect == "sqlite":
            # One process at a time runs on the file: whoever held a lease is gone.
            await store.write(lambda conn: release_holder(conn, None))
        runner = AsyncCrawlerRunner(settings.as_dict())
        crawler = runner.create_crawler(WatchSpider)
        attach(crawler, self._ports.reach)
        ready = asyncio.Event()
        self._crawler = crawler
        self._running = runner.crawl(crawler, works=self._works, polls=self.polls, ready=ready)
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait((waiting, self._running), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            await self._running
            raise RuntimeError("the crawl ended before it began")

    async def poll_due(self) -> int:
        """Begin to poll what is due, as far as seats are free; return how many sites were begun.

        A store that fails is logged once, and asked again a little later.
        """
        if self._draining or self._claiming.locked() or self.polls.store_rests():
            return 0
        async with self._claiming:
            try:
                await self._renew()
                return await self._claim()
            except StoreError as error:
                self.polls.store_failed(error)
                return 0

    async def poll_all_once(self) -> int:
        """Poll every feed that may be polled now, due or not, and wait for the end; return how many feeds that were.

        Left out are feeds that rest, failing ones whose next try is not due, and those polled within ``min_interval``.
        """
        now = self._ports.clock.now()
        by_site: defaultdict[str, list[FeedRow]] = defaultdict(list)
        for feed in await self._ports.store.read(list_feeds):
            if may_be_polled(feed, now, self._ports.limits.min_interval):
                by_site[feed.site].append(feed)
        waiting = deque(by_site.items())
        begun = 0
        while waiting and not self._draining:
            while self._taken >= self._seats:
                self._freed.clear()
                await self._freed.wait()
            await self._renew()
            site, feeds = waiting.popleft()
            token = await self._claim_one(site)
            if token is not None:
                begun += len(feeds)
                self._begin(SiteWork(site, token, tuple(feeds)))
            elif self._ports.clock.now() < now + ONCE_WAITS:
                waiting.append((site, feeds))
                await self._ports.clock.sleep(0.1)
            else:
                logger.warning("%s is not to be asked just now: its %d feeds are left for later", site, len(feeds))
        while self._taken:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((self._ports.limits.lease / 3).total_seconds()):
                    await self.idle()
            await self._renew()
        return begun

    async def idle(self) -> None:
        """Wait until no site is being worked on."""
        await self._idle.wait()

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, see what is in flight through for at most ``seconds``, and release every lease.

        What is not through by then is dropped; it is still due in the store.
        """
        self._draining = True
        spider = self._spider()
        if spider is not None:
            spider.draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("%d sites did not answer in time; their feeds are polled at the next start", self._taken)
            if spider is not None:
                await spider.cancel()
        await self._ports.store.write(lambda conn: release_holder(conn, self._ports.holder))

    async def stop(self) -> None:
        """End the spider; what is in flight is dropped. Call ``drain`` before for a gentle end."""
        self._draining = True
        spider = self._spider()
        if spider is not None:
            await spider.cancel()
        if self._crawler is not None and self._running is not None:
            await self._crawler.stop_async()
            await asyncio.wait((self._running,))
        self._parser.close()

    # ── seats ──────────

    async def _claim(self) -> int:
        ports = self._ports
        free = self._seats - self._taken
        if free <= 0:
            return 0
        now = ports.clock.now()
        works = await ports.store.write(
            lambda conn: claim_sites(conn, holder=ports.holder, now=now, lasts=ports.limits.lease, sites=free)
        )
        self._more = len(works) == free
        for work in works:
            self._begin(work)
        return len(works)

    async def _claim_one(self, site: str) -> int | None:
        ports = self._ports
        now = ports.clock.now()
        return await ports.store.write(
            lambda conn: claim_one_site(conn, site, holder=ports.holder, now=now, lasts=ports.limits.lease)
        )

    def _begin(self, work: SiteWork) -> None:
        self._taken += 1
        self._idle.clear()
        self._works.put_nowait(work)

    def _ended(self) -> None:
        """Free a seat; where more was due than there were seats, claim again once half of them are free."""
        self._taken -= 1
        self._freed.set()
        if self._taken == 0:
            self._idle.set()
        if self._more and not self._draining and not self._claims and self._taken <= self._seats // 2:
            task = asyncio.create_task(self.poll_due(), name="claim more")
            self._claims.add(task)
            task.add_done_callback(self._claims.discard)

    async def _renew(self) -> None:
        """Make our leases last anew, well before they run out."""
        ports = self._ports
        now = ports.clock.now()
        if self._taken and now >= self._renewed_at + ports.limits.lease / 3:
            self._renewed_at = now
            await ports.store.write(
                lambda conn: renew_sites(conn, holder=ports.holder, now=now, lasts=ports.limits.lease)
            )
        await self.polls.release_later()

    # ── Scrapy ──────────

    async def _download(self, request: Request) -> Response:
        if self._crawler is None:
            raise RuntimeError("the crawl has not been started")
        return await self._crawler.engine.download_async(request)

    def _pause_left(self, site: str) -> float:
        downloader = self._crawler.engine.downloader if self._crawler is not None else None
        return downloader.pause_left(site) if isinstance(downloader, SiteDownloader) else 0.0

    def _spider(self) -> WatchSpider | None:
        spider = self._crawler.spider if self._crawler is not None else None
        return spider if isinstance(spider, WatchSpider) else None


def may_be_polled(feed: FeedRow, now: datetime, min_interval: timedelta) -> bool:
    """Whether a feed may be polled at once: neither resting nor backing off, nor polled just now."""
    if not feed.active:
        return False
    if feed.failures or feed.state is FeedState.RESTING:
        return feed.next_poll_at is not None and feed.next_poll_at <= now
    return feed.last_polled_at is None or feed.last_polled_at + min_interval <= now
