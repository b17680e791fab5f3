"""One feed's document over HTTP: robots.txt asked, redirects followed by us, secrets kept at home.

::

    address ──robots.txt?──▶ request ──3xx──▶ next address ──(lease of its site, robots.txt of its origin)──▶ …
                                └──anything else──▶ Answer(response, moved_to)

Every request goes through ``engine.download_async``, thus through the middleware that guards and the turns of its
site. Scrapy's own redirects would lose what matters here: which hops were permanent, whose site is asked next, and
whose secrets go along.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.ports import FeedCredentials
from crawler.robots import SIZE_LIMIT, RobotsBook
from news.errors import HardError, TemporaryError
from news.types import RobotsRule
from news.urls import listed, site_of

#: hops of one poll
REDIRECTS = 10
#: hops of a robots.txt (RFC 9309, section 2.3.1.2)
ROBOTS_REDIRECTS = 5
REDIRECTING = frozenset((301, 302, 303, 307, 308))
PERMANENT = frozenset((301, 308))
#: longer ones are refused: they are no addresses
URL_LENGTH = 4_096

Download = Callable[[Request], Awaitable[Response]]
Borrow = Callable[[str], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is requested."""

    #: where it begins
    url: str
    #: the site that is held for it
    site: str
    #: If-None-Match and the like
    headers: Mapping[str, str]
    robots: RobotsRule = RobotsRule.OBEY
    #: the feed's secrets, and the address whose origin they are for
    credentials: FeedCredentials | None = None
    credentials_for: str = ""
    #: whether nothing more is asked of the site soon, so that its connection need not be kept
    last: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The response at the end of the redirects."""

    response: Response
    #: where the leading permanent redirects lead, or None
    moved_to: str | None
    #: seconds that robots.txt asks to be between requests
    delay: float


class Fetch:
    """Requests documents politely."""

    def __init__(self, download: Download, robots: RobotsBook, borrow: Borrow) -> None:
        self._download = download
        self._robots = robots
        self._borrow = borrow

    async def get(self, ask: Ask) -> Answer:
        """Return the document's response, 304 and errors too.

        Raises GuardedError, HardError or TemporaryError where there is none, also for what robots.txt disallows.
        """
        url = ask.url
        moved_to = None
        permanent = True
        for _ in range(REDIRECTS + 1):
            site = ask.site if url == ask.url else site_of(url)
            if site == ask.site:
                response, delay = await self._hop(ask, url, site)
            else:
                async with self._borrow(site):
                    response, delay = await self._hop(ask, url, site)
            target = redirect_target(response)
            if target is None:
                return Answer(response, moved_to, delay)
            permanent = permanent and response.status in PERMANENT
            if permanent:
                moved_to = target
            url = target
        raise TemporaryError(f"it redirects more than {REDIRECTS} times, at last to {listed(url)}")

    async def _hop(self, ask: Ask, url: str, site: str) -> tuple[Response, float]:
        delay = 0.0
        if ask.robots is RobotsRule.OBEY:
            verdict = await self._robots.verdict(url, lambda address: self._robots_txt(address, site))
            delay = verdict.delay
            if not verdict.allowed:
                error = TemporaryError if verdict.temporary else HardError
                raise error(verdict.reason)
        headers = dict(ask.headers)
        if ask.credentials is not None and may_carry_secrets(url, ask.credentials_for):
            headers.update(secret_headers(ask.credentials))
        if ask.last:
            headers["Connection"] = "close"
        return await self._download(_request(url, headers, site, {"delay": delay})), delay

    async def _robots_txt(self, url: str, site: str) -> Response:
        """Request a robots.txt, following its redirects; the last response, whatever its status."""
        at = site
        for _ in range(ROBOTS_REDIRECTS + 1):
            request = _request(url, {"Accept": "text/plain, */*;q=0.5"}, at, {"max_size": SIZE_LIMIT})
            if at == site:
                response = await self._download(request)
            else:
                async with self._borrow(at):
                    response = await self._download(request)
            target = redirect_target(response)
            if target is None:
                return response
            url, at = target, site_of(target)
        # More hops than the RFC asks for: unavailable, as if there were none.
        return Response(url, status=404)


def _request(url: str, headers: Mapping[str, str], site: str, meta: dict[str, object]) -> Request:
    try:
        return Request(url, headers=dict(headers), dont_filter=True, meta={"download_slot": site, **meta})
    except ValueError as error:
        raise HardError(f"{url[:200]!r} is no address that can be requested ({error})") from error


def redirect_target(response: Response) -> str | None:
    """Return where a response redirects to, absolute and without fragment; None if it does not.

    Raises HardError for a target that is not http or https, or is no address.
    """
    if response.status not in REDIRECTING:
        return None
    location = response.headers.get(b"Location")
    if location is None:
        return None
    # RFC 9110 wants ASCII; what browsers do with the rest is UTF-8.
    text = location.decode("utf-8", "replace").strip()
    try:
        target: str = urldefrag(urljoin(response.url, text)).url
        scheme = urlsplit(target).scheme
    except ValueError as error:
        raise HardError(f"it redirects to {text[:200]!r}, which is no address") from error
    if scheme not in ("http", "https") or len(target) > URL_LENGTH:
        raise HardError(f"it redirects to {text[:200]!r}, which is neither http nor https")
    return target


def may_carry_secrets(url: str, home: str) -> bool:
    """Whether a feed's own credentials may go to this address: to its own origin, or the same host by https."""
    here, there = urlsplit(url), urlsplit(home)
    if (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port):
        return True
    upgraded = here.scheme == "https" and there.scheme == "http"
    return upgraded and here.hostname == there.hostname and here.port is None and there.port is None


def secret_headers(credentials: FeedCredentials) -> dict[str, str]:
    """Return a feed's own headers, and its user name and password as Basic (RFC 7617, in UTF-8)."""
    headers = dict(credentials.headers)
    if credentials.username is not None:
        pair = f"{credentials.username}:{credentials.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    return headers
