"""What the crawl is given: the store, the clock, the limits of fetching, and how to reach the world.

::

    service ── Ports ──▶ Crawl ──▶ WatchSpider      (store, clock, credentials)
                           └─ Reach ──▶ Scrapy components, by ``reach_of(crawler)`` in ``from_crawler``
    scrapy crawl feeds ────── Reach ──▶ the same components, without a store

Scrapy builds its components from a crawler; the one attribute that they read from it is ``reach``.
"""

import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from news.clock import Clock
from news.store.engine import Store

Network = IPv4Network | IPv6Network

#: as ``socket.getaddrinfo``: blocking, called in a thread
Lookup = Callable[[str, int], Sequence[tuple[Any, ...]]]

#: how robots.txt files address us (RFC 9309, section 2.2.1)
PRODUCT_TOKEN = "storywatch"  # noqa: S105 - the RFC's word for a name, no secret


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How often, how much and how long: ``[fetch]`` of the configuration."""

    #: no feed is polled oftener
    min_interval: timedelta = timedelta(minutes=5)
    #: nor more rarely while it is well
    max_interval: timedelta = timedelta(hours=1)
    #: the longest wait of a failing feed
    backoff_cap: timedelta = timedelta(hours=12)
    #: between the end of a request to a site and the start of the next
    delay: timedelta = timedelta(seconds=1)
    #: requests at once to one site
    per_site: int = 1
    #: of a whole response, from connecting to the last byte
    timeout: timedelta = timedelta(seconds=30)
    #: bytes of a body, after decompression
    max_size: int = 10_000_000
    #: address of an HTTP proxy, or None
    proxy: str | None = None
    #: further certificate authorities that are trusted, in PEM
    ca_file: Path | None = None
    #: sites that are worked on at once
    sites_at_once: int = 32
    #: how long a claimed site is ours without a renewal
    lease: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class FeedCredentials:
    """A feed's own secrets; they go to the feed's own origin only."""

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    #: further request headers
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a Scrapy component needs to make a request."""

    limits: FetchLimits
    #: private networks that may be reached all the same
    allowed: tuple[Network, ...]
    #: the User-Agent of every request
    user_agent: str
    lookup: Lookup = field(default=lambda host, port: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def user_agent(version: str, contact: str | None) -> str:
    """Return the User-Agent: product, version and whom to write to."""
    # A contact comes from the configuration; control characters would end the header.
    contact = "".join(character for character in contact or "" if character.isprintable())
    return f"{PRODUCT_TOKEN}/{version} (+{contact})" if contact else f"{PRODUCT_TOKEN}/{version}"


def _no_credentials(url: str) -> FeedCredentials | None:
    """No feed has credentials of its own."""
    del url
    return None


@dataclass(frozen=True, slots=True)
class Ports:
    """What the service hands to the crawl."""

    store: Store
    clock: Clock
    limits: FetchLimits
    allowed: tuple[Network, ...]
    #: whom the sites that are watched can write to
    contact: str
    #: of storywatch
    version: str
    #: names this process in leases
    holder: str
    #: a feed's configured address → its secrets
    credentials: Callable[[str], FeedCredentials | None] = _no_credentials
    #: in [0, 1), for jitter
    random: Callable[[], float] = random.random
    #: names → addresses; tests answer themselves
    lookup: Lookup | None = None

    @property
    def reach(self) -> Reach:
        """The part that Scrapy components see."""
        agent = user_agent(self.version, self.contact)
        if self.lookup is None:
            return Reach(self.limits, self.allowed, agent)
        return Reach(self.limits, self.allowed, agent, self.lookup)


def attach(crawler: Crawler, reach: Reach) -> None:
    """Hand ``reach`` to the components that Scrapy is going to build for this crawler."""
    crawler.reach = reach  # type: ignore[attr-defined]  # Scrapy passes a crawler, and nothing else, to components


def reach_of(crawler: Crawler) -> Reach:
    """Return what was attached; a crawler without it was started past ``Crawl`` and the spiders."""
    reach: Reach = crawler.reach  # type: ignore[attr-defined]  # see attach
    return reach
