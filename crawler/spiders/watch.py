"""The service's one spider: never-ending, fed by one bounded queue of claimed sites.

::

    Crawl.poll_due ──SiteWork──▶ queue ──start()──▶ a task a site: feed, delay, feed, delay … ──▶ Polls
                                                      └── engine.download_async: middleware, turns, transport

A site's feeds are polled in one coroutine, one after another, by ``engine.download_async``. Requests that are yielded
to the engine instead would pass through its scheduler and scraper on the way, which costs more than fetching and
parsing together, and would scatter one site's politeness over callbacks.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler

from crawler.polls import Polls
from news.errors import StaleLeaseError, StoreError
from news.store.feeds import FeedRow, SiteWork

logger = logging.getLogger(__name__)

#: sites that were claimed; None ends the spider
Works = asyncio.Queue[SiteWork | None]


class WatchSpider(Spider):
    """Works on claimed sites until its queue gives None."""

    name = "watch"

    def __init__(
        self,
        works: Works | None = None,
        polls: Polls | None = None,
        ready: asyncio.Event | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if works is None or polls is None or ready is None:
            raise ValueError("the service runs this spider: storywatch run; by hand: scrapy crawl feeds -a url=URL")
        self._works = works
        self._polls = polls
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = ready
        #: set when no further feed is to be begun
        self.draining = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's way of building a spider."""
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Begin each site as it comes; Crawl puts no more into the queue than it has seats."""
        self._ready.set()
        while (work := await self._works.get()) is not None:
            task = asyncio.create_task(self._site(work), name=f"site {work.site}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return
        yield  # what makes this an asynchronous generator, as Scrapy wants it

    async def cancel(self) -> None:
        """Drop what is in flight; its leases are the caller's to release."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _site(self, work: SiteWork) -> None:
        """Poll a site's feeds, then give it back."""
        self._polls.begin(work)
        released = False
        try:
            if self._polls.at_once == 1:
                released = await self._in_turn(work)
            else:
                feeds = iter(work.feeds)
                lanes = (self._lane(work, feeds) for _ in range(self._polls.at_once))
                await asyncio.gather(*lanes)
        except StaleLeaseError as error:
            logger.warning("%s", error)
        except StoreError as error:
            self._polls.store_failed(error)
        except Exception:
            # Whatever it was must not end the spider; the feed is due again when its lease has run out.
            logger.exception("working on %s failed", work.site)
        finally:
            await self._polls.end(work, released=released)

    async def _in_turn(self, work: SiteWork) -> bool:
        """Poll one feed after another; the last one's commit releases the site, which saves a transaction."""
        for left, feed in zip(range(len(work.feeds) - 1, -1, -1), work.feeds, strict=True):
            if self.draining:
                return False
            if await self._polls.poll(feed, work, last=left == 0):
                return True
        return False

    async def _lane(self, work: SiteWork, feeds: Iterator[FeedRow]) -> None:
        """Poll the next feed that no other lane has begun, where several requests at once are allowed."""
        for feed in feeds:
            if self.draining:
                return
            await self._polls.poll(feed, work, last=False)
