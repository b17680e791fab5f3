"""One feed, polled once, by Scrapy's own convention: ``scrapy crawl feeds -a url=URL -O out.jsonl``.

::

    -a url=URL ──Fetch (robots.txt, guard, redirects)──▶ Parser ──▶ an item an entry ──▶ Scrapy's feed export

It needs no store. ``-a allow=127.0.0.0/8`` lets private networks be reached, ``-a contact=…`` goes into the User-Agent.
What goes wrong is one line in the log.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.metadata import version
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler import outcomes
from crawler.fetch import Ask, Fetch
from crawler.parsing import Job, Parser
from crawler.ports import FetchLimits, Reach, attach, user_agent
from crawler.robots import RobotsBook
from crawler.rows import entry_row
from news.clock import SystemClock
from news.errors import FetchError, NotAFeedError
from news.guard import parse_networks
from news.urls import listed, site_of


class FeedsSpider(Spider):
    """Polls ``url`` and gives its entries as items."""

    name = "feeds"

    def __init__(self, url: str = "", allow: str = "", contact: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._url = url
        networks = [one.strip() for one in allow.split(",") if one.strip()]
        self.reach = Reach(
            FetchLimits(), tuple(parse_networks(networks)), user_agent(version("storywatch"), contact or None)
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's way of building a spider; the downloader is built after it."""
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        attach(crawler, spider.reach)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Poll once."""
        if not self._url:
            self.logger.error("which feed? scrapy crawl feeds -a url=URL -O out.jsonl")
            raise CloseSpider("failed")
        engine = self.crawler.engine
        if engine is None:
            raise RuntimeError("the engine did not open")
        clock = SystemClock()
        fetch = Fetch(engine.download_async, RobotsBook(None, clock), _alone)
        parser = Parser()
        try:
            answer = await fetch.get(Ask(url=self._url, site=site_of(self._url), headers={}))
            outcomes.judged(answer.response)
            kind = answer.response.headers.get(b"Content-Type")
            job = Job(
                body=answer.response.body,
                url=answer.response.url,
                content_type=kind.decode("latin-1") if kind else None,
                known=frozenset(),
                now=clock.now(),
            )
            parsed = await parser.parse(job)
        except (FetchError, NotAFeedError) as error:
            self.logger.error("%s: %s", listed(self._url), error)  # noqa: TRY400 - the sentence says it all
            raise CloseSpider("failed") from error
        finally:
            parser.close()
        for problem in parsed.problems:
            self.logger.warning("%s: %s", listed(self._url), problem)
        for entry in parsed.entries:
            yield entry_row(entry)
        # By itself the engine looks only every five seconds whether there is more to do.
        raise CloseSpider("finished")


def _alone(_site: str) -> AbstractAsyncContextManager[None]:
    """Nobody else polls here: a redirect's site needs no lease."""
    return nullcontext()
