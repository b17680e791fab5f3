"""The last look at a request before it goes out, whoever made it.

::

    Request ──Outgoing──▶ headers that every request of ours carries
                     └──▶ HardError, GuardedError: another scheme than http and https, a guarded literal address

The guard proper is where sockets are made (``crawler.resolver``). A literal address is refused here already, for two
reasons: through a proxy no socket of ours ever sees it, and the error can name the address as it was written.
"""

from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from crawler.ports import Reach, reach_of
from news.errors import GuardedError, HardError
from news.guard import refuse_url

#: what a feed's address may serve
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


class Outgoing:
    """Scrapy's one downloader middleware of this project."""

    def __init__(self, reach: Reach) -> None:
        self._allowed = reach.allowed
        self._user_agent = reach.user_agent

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of building a component."""
        return cls(reach_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Check the address and complete the headers."""
        if not request.url.startswith(("http://", "https://")):
            raise HardError(f"{request.url[:200]} is neither http nor https")
        if reason := refuse_url(request.url, self._allowed):
            raise GuardedError(reason)
        headers = request.headers
        headers[b"User-Agent"] = self._user_agent
        headers.setdefault(b"Accept", ACCEPT)
        # What Transport unpacks, and nothing else.
        headers[b"Accept-Encoding"] = b"gzip, deflate"


class QuietLog(LogFormatter):
    """Scrapy's log without a line for each response, entry and failure: those are in the store, or in the export.

    Scrapy documents None as "say nothing", though its annotations leave that out.
    """

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:
        """Say nothing of a response."""
        del request, response, spider
        return None  # type: ignore[return-value]  # see above

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        """Say nothing of an entry."""
        del item, response, spider
        return None  # type: ignore[return-value]  # see above
