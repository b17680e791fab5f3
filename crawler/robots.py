"""robots.txt by RFC 9309, for the addresses of feeds as for any other, kept in the store so that a restart knows it.

::

    url ──origin──▶ memory ──▶ store ──▶ GET /robots.txt ──judge──▶ Verdict(allowed, reason, delay)
                    bounded    expires   at most 5 redirects, 500 KiB

2xx binds; a 4xx says that there are no rules (section 2.3.1.3); a 5xx, 429 or no answer says no to everything, for a
few minutes (section 2.3.1.4). No copy is used for more than a day (section 2.4).
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego
from scrapy.http import Response

from crawler.ports import PRODUCT_TOKEN
from crawler.schedule import parse_retry_after
from news.clock import Clock
from news.errors import FetchError, GuardedError
from news.store.engine import Store
from news.store.robots import RobotsRow, get_robots, put_robots

#: RFC 9309, section 2.5: at least this much must be read; what stands behind it is not
SIZE_LIMIT = 500 * 1024
#: a copy is used for so long, unless Cache-Control says otherwise within the bounds
LASTS = timedelta(hours=12)
LASTS_LEAST = timedelta(hours=1)
LASTS_MOST = timedelta(hours=24)
#: how long an unreachable robots.txt is a no before it is asked for again
NO_LASTS = timedelta(minutes=5)
#: a Crawl-delay is no part of RFC 9309; up to this it is kept to, beyond it a feed would never be read
DELAY_MOST = timedelta(seconds=60)
#: what parsed rules may weigh in memory together, counted in bytes of their text
MEMORY = 8 * 1024 * 1024
#: weight of an origin without rules
LEAST_WEIGHT = 512
#: above it parsing takes long enough to be felt by the loop
LONG = 32 * 1024

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address may be requested, and how often its site."""

    allowed: bool
    #: why not, as a sentence; empty where allowed
    reason: str
    #: True where the rules could not be had: asking again soon makes sense
    temporary: bool = False
    #: seconds between two requests, as Crawl-delay asks within reason
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin's robots.txt says to us, until it expires."""

    origin: str
    status: int
    #: None where there are no rules
    parsed: Protego | None
    expires_at: datetime
    weight: int
    #: what kept the answer from coming, where the status is 0; known to the process that asked
    why: str = ""

    def judge(self, url: str) -> Verdict:
        """Decide on one address of this origin."""
        if self.status == 0:
            reason = f"{self.origin}/robots.txt does not answer, which means no{self.why and ': '}{self.why}"
            return Verdict(allowed=False, reason=reason, temporary=True)
        if means_no(self.status):
            reason = f"{self.origin}/robots.txt answers {self.status}, which means no for now"
            return Verdict(allowed=False, reason=reason, temporary=True)
        if self.parsed is None:
            return Verdict(allowed=True, reason="")
        delay = min(self.parsed.crawl_delay(PRODUCT_TOKEN) or 0.0, DELAY_MOST.total_seconds())
        if self.parsed.can_fetch(url, PRODUCT_TOKEN):
            return Verdict(allowed=True, reason="", delay=delay)
        reason = (
            f"{self.origin}/robots.txt disallows this address to {PRODUCT_TOKEN}; "
            'with the publisher\'s leave set robots = "permitted" for this feed'
        )
        return Verdict(allowed=False, reason=reason, delay=delay)


class RobotsBook:
    """The rules of every origin that was asked for, in memory as far as they fit."""

    def __init__(self, store: Store | None, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, Rules] = OrderedDict()
        self._weight = 0

    async def verdict(self, url: str, get: Callable[[str], Awaitable[Response]]) -> Verdict:
        """Decide on an address; ``get`` requests robots.txt, following redirects, and raises FetchError.

        Raises GuardedError where robots.txt would be requested from a guarded address: so would the feed.
        """
        origin = origin_of(url)
        now = self._clock.now()
        rules = self._known.get(origin)
        if rules is not None and rules.expires_at > now:
            self._known.move_to_end(origin)
            return rules.judge(url)
        row = await self._store.read(lambda conn: get_robots(conn, origin)) if self._store else None
        why = ""
        if row is None or row.expires_at <= now:
            row, why = await self._ask(origin, get)
            await self._keep(row)
        rules = await self._parsed(row, why)
        self._remember(rules)
        return rules.judge(url)

    async def _ask(self, origin: str, get: Callable[[str], Awaitable[Response]]) -> tuple[RobotsRow, str]:
        """Request robots.txt; return what is kept of it, and what kept an answer from coming."""
        try:
            response = await get(f"{origin}/robots.txt")
        except GuardedError:
            raise
        except FetchError as error:
            now = self._clock.now()
            return RobotsRow(origin, 0, b"", now, now + NO_LASTS), str(error)
        now = self._clock.now()
        status = response.status
        body = response.body if 200 <= status < 300 else b""  # noqa: PLR2004 - the class of success
        cache = (response.headers.get(b"Cache-Control") or b"").decode("latin-1")
        order = (response.headers.get(b"Retry-After") or b"").decode("latin-1")
        wait = parse_retry_after(order, now=now) if order else None
        return RobotsRow(origin, status, body, now, now + lasts(status, cache, wait)), ""

    async def _keep(self, row: RobotsRow) -> None:
        if self._store is not None:
            await self._store.write(lambda conn: put_robots(conn, row))

    async def _parsed(self, row: RobotsRow, why: str) -> Rules:
        parsed = None
        if row.body.strip():
            # Section 2.3: UTF-8; whatever else comes must not keep the rest from being read.
            text = row.body.decode("utf-8-sig", "replace")
            parsed = await asyncio.to_thread(Protego.parse, text) if len(text) > LONG else Protego.parse(text)
        return Rules(row.origin, row.status, parsed, row.expires_at, LEAST_WEIGHT + len(row.body), why)

    def _remember(self, rules: Rules) -> None:
        before = self._known.pop(rules.origin, None)
        self._weight += rules.weight - (before.weight if before else 0)
        self._known[rules.origin] = rules
        while self._weight > MEMORY and len(self._known) > 1:
            _, oldest = self._known.popitem(last=False)
            self._weight -= oldest.weight


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as robots.txt applies to them (RFC 9309, section 2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def means_no(status: int) -> bool:
    """Whether this answer to robots.txt forbids everything for now.

    5xx by the RFC; 429 although it is a 4xx, since who is asked too often has not said that there are no rules.
    """
    return status >= 500 or status == 429  # noqa: PLR2004 - statuses of RFC 9110 and RFC 6585


def lasts(status: int, cache_control: str, retry_after: timedelta | None = None) -> timedelta:
    """Return how long an answer to robots.txt is used; a refusal for as long as it orders us to stay away."""
    if means_no(status):
        return max(NO_LASTS, retry_after or NO_LASTS)
    found = _MAX_AGE.search(cache_control)
    if found is None:
        return LASTS
    return min(max(timedelta(seconds=int(found[1])), LASTS_LEAST), LASTS_MOST)
