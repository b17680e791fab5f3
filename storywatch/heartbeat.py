"""The dead man's switch: a request each minute while every queue advances, and none when one does not.

::

    polls, stages ──advanced_at──▶ Heartbeat ──GET heartbeat_url──▶ a monitor elsewhere, which misses what does not come
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import aiohttp

from alerts.channels.smtp import trust
from crawler.crawl import Crawl
from news.clock import Clock
from storywatch.wiring import Parts

log = logging.getLogger("storywatch.service")

EVERY = timedelta(minutes=1)
#: what has not had a good round for this long does not advance
_STANDSTILL = timedelta(minutes=2)
_TIMEOUT_S = 20.0
#: RFC 9110, section 15.3; a redirect is not followed, and so no monitor has heard of it
_WELL = range(200, 300)


class Advancing(Protocol):
    """A queue, as far as the heartbeat knows it."""

    name: str
    #: when a round last went well
    advanced_at: datetime


class Polling:
    """Whether polls come to an end: looked at with every tick."""

    def __init__(self, clock: Clock) -> None:
        self.name = "polling"
        self.advanced_at = clock.now()
        self._clock = clock
        self._ended = 0

    def look(self, crawl: Crawl) -> None:
        """Advance, unless the store fails, or what is in flight brings nothing to an end."""
        ended = crawl.polls.counts.polls
        if not crawl.polls.store_rests() and (ended != self._ended or not crawl.in_flight):
            self.advanced_at = self._clock.now()
        self._ended = ended


class Heartbeat:
    """Requests ``heartbeat_url`` while all queues advance. The address is a secret: it is never logged."""

    def __init__(self, parts: Parts, queues: Sequence[Advancing], clock: Clock, *, agent: str) -> None:
        self._parts = parts
        self._queues = queues
        self._clock = clock
        self._agent = agent
        #: what was logged last, so that a trouble is one line
        self._told = ""

    def replace(self, parts: Parts) -> None:
        """Go by another configuration from the next beat on."""
        self._parts = parts

    async def beat(self) -> None:
        """Request once, if an address is configured and all is well."""
        url = self._parts.config.service.heartbeat_url
        if url is None:
            return
        now = self._clock.now()
        still = [queue.name for queue in self._queues if now - queue.advanced_at > _STANDSTILL]
        if still:
            self._tell(f"heartbeat: held back, since these stand still: {', '.join(still)}")
            return
        problem = await self._request(url)
        self._tell(
            "" if problem is None else f"heartbeat: the address of heartbeat_url does not answer well: {problem}"
        )

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._told:
            log.error("%s", trouble)
        elif self._told and not trouble:
            log.warning("heartbeat: well again")
        self._told = trouble

    async def _request(self, url: str) -> str | None:
        """Return what went wrong, in words that do not hold the address."""
        fetch = self._parts.config.fetch
        try:
            tls: ssl.SSLContext = await asyncio.to_thread(trust, fetch.ca_file)
            async with (
                asyncio.timeout(_TIMEOUT_S),
                aiohttp.ClientSession(headers={"User-Agent": self._agent}) as session,
                session.get(url, allow_redirects=False, proxy=fetch.proxy, ssl=tls) as answer,
            ):
                return None if answer.status in _WELL else f"HTTP {answer.status}"
        except TimeoutError:
            return f"no answer within {_TIMEOUT_S:.0f} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__
