"""One request at a time to a site, and ``delay`` between two, for whatever this process requests.

::

    any request ──its site──▶ Pace: wait for a turn ──▶ Transport ──▶ end: the next turn is ``delay`` later

Scrapy's own slots mark a request as transferring only when its task starts, so with ``DOWNLOAD_DELAY = 0`` a limit of
one lets dozens through; and they measure the delay from start to start. Here a turn is held from before the
connection to the last byte. Polls, robots.txt and every hop of a redirect come through here, and so do the one-shot
spiders.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.ports import reach_of
from news.urls import site_of


class Pace:
    """The turns at one site; knows no clock but the loop's."""

    def __init__(self, at_once: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._users = 0
        #: loop time before which no request may start
        self.free_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether nobody waits or requests, and the delay is over."""
        return self._users == 0 and self.free_at <= asyncio.get_running_loop().time()

    @asynccontextmanager
    async def turn(self, delay: float) -> AsyncIterator[None]:
        """Wait for a turn, hold it, and keep the site free for ``delay`` seconds after it."""
        loop = asyncio.get_running_loop()
        self._users += 1
        try:
            async with self._turns:
                # Whoever had a turn meanwhile has moved free_at on; with several at once, so has whoever started.
                while (pause := self.free_at - loop.time()) > 0:  # noqa: ASYNC110 - for an instant, no event
                    await asyncio.sleep(pause)
                self.free_at = max(self.free_at, loop.time() + delay)
                try:
                    yield
                finally:
                    self.free_at = max(self.free_at, loop.time() + delay)
        finally:
            self._users -= 1


class SiteDownloader(Downloader):
    """Scrapy's downloader with turns by site in place of slots; named in ``DOWNLOADER``.

    A request may name its site in ``meta["download_slot"]``; else it is worked out from its address.
    ``meta["delay"]`` (seconds) asks for a longer pause after it, as a Crawl-delay does.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        limits = reach_of(crawler).limits
        self._at_once = limits.per_site
        self._pause = limits.delay.total_seconds()
        self._paces: dict[str, Pace] = {}

    def pause_left(self, site: str) -> float:
        """Return the seconds until ``site`` may be asked again; 0 for a site that nothing is known of."""
        pace = self._paces.get(site)
        return max(0.0, pace.free_at - asyncio.get_running_loop().time()) if pace else 0.0

    async def _enqueue_request(self, request: Request) -> Response:
        site: str = request.meta.get(self.DOWNLOAD_SLOT) or site_of(request.url)
        delay: float = max(self._pause, request.meta.get("delay", 0.0))
        pace = self._paces.get(site)
        if pace is None:
            pace = self._paces[site] = Pace(self._at_once)
        try:
            async with pace.turn(delay):
                return await self.handlers.download_request_async(request)
        finally:
            self._forget(site, pace)

    def _forget(self, site: str, pace: Pace) -> None:
        """Drop a pace that says nothing any more, so that there are only as many as sites in use."""
        if self._paces.get(site) is not pace:
            return
        if pace.idle:
            del self._paces[site]
        elif left := self.pause_left(site):
            asyncio.get_running_loop().call_later(left, self._forget, site, pace)
