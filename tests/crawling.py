"""A crawl over a real store and a real server, for tests of polling.

::

    async with crawling(tmp_path, server.url("/feed")) as world:
        await world.poll()
        assert world.feed(server.url("/feed")).state is FeedState.HEALTHY
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from crawler.crawl import Crawl
from crawler.ports import FeedCredentials, FetchLimits, Lookup, Ports
from news.store.engine import Store
from news.store.feeds import FeedRow, FeedSettings, get_feed, sync_feeds
from news.store.migrate import prepare
from news.store.schema import article, revision, site
from news.types import FeedOrigin
from news.urls import site_of

LOOPBACK = (ip_network("127.0.0.0/8"),)

#: no waiting, unless a test is about waiting
QUICK = FetchLimits(
    min_interval=timedelta(0), delay=timedelta(0), timeout=timedelta(seconds=20), sites_at_once=8, max_size=1_000_000
)


def item(number: int, text: str = "The council votes on the plan for the harbour on Tuesday.") -> str:
    """Return an RSS item."""
    return (
        f"<item><title>Harbour report {number}</title><link>http://harbour.example/news/{number}</link>"
        f"<guid>report-{number}</guid><description>{text}</description></item>"
    )


def rss(*items: str, title: str = "Harbour News", language: str = "en") -> bytes:
    """Return a feed of these items."""
    head = f"<title>{title}</title><link>http://harbour.example/</link><description>all</description>"
    head += f"<language>{language}</language>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


class Hands:
    """A clock whose hands a test moves on; waiting moves them too."""

    def __init__(self) -> None:
        self.moved = timedelta(0)
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the instant that the hands show; they run on by themselves."""
        return datetime.now(UTC) + self.moved

    async def sleep(self, seconds: float) -> None:
        """Move the hands on instead of waiting."""
        self.moved += timedelta(seconds=seconds)

    def forward(self, span: timedelta) -> None:
        """Move the hands on."""
        self.moved += span


@dataclass
class World:
    """What a test looks at."""

    store: Store
    clock: Hands
    crawl: Crawl
    commits: list[datetime]

    async def poll(self) -> int:
        """Poll what is due and wait for the end; return how many sites were begun."""
        begun = await self.crawl.poll_due()
        await self.crawl.idle()
        return begun

    async def later(self, span: timedelta = timedelta(days=8)) -> int:
        """Move the hands on until every feed is due, and poll."""
        self.clock.forward(span)
        return await self.poll()

    def feed(self, url: str) -> FeedRow:
        """Return a feed's row."""
        row = self.store.read_now(lambda conn: get_feed(conn, url))
        assert row is not None
        return row

    def titles(self) -> list[str]:
        """Return the titles of all revisions, in their order."""
        return self.store.read_now(
            lambda conn: list(conn.execute(select(revision.c.title).order_by(revision.c.id)).scalars())
        )

    def articles(self) -> list[str]:
        """Return the identities of all articles."""
        return self.store.read_now(
            lambda conn: list(conn.execute(select(article.c.identity).order_by(article.c.id)).scalars())
        )

    def next_request_at(self, name: str) -> datetime | None:
        """Return when a site may be asked again."""
        return self.store.read_now(
            lambda conn: conn.execute(select(site.c.next_request_at).where(site.c.name == name)).scalar()
        )

    def lease_until(self, name: str) -> datetime | None:
        """Return when the lease of a site runs out."""
        return self.store.read_now(
            lambda conn: conn.execute(select(site.c.lease_until).where(site.c.name == name)).scalar()
        )

    def leased(self) -> list[str]:
        """Return the sites that somebody holds."""
        return self.store.read_now(
            lambda conn: list(conn.execute(select(site.c.name).where(site.c.lease_holder.is_not(None))).scalars())
        )


@cache
def _migrated() -> bytes:
    """Return an empty, migrated SQLite file, made once a process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "storywatch.db"
        with Store.open(f"sqlite:///{file}", Hands()) as store:
            prepare(store)
        return file.read_bytes()


def settings(url: str) -> FeedSettings:
    """Return a feed's settings with nothing but its address."""
    return FeedSettings(url=url, site=site_of(url), origin=FeedOrigin.CONFIG)


@asynccontextmanager
async def crawling(
    folder: Path,
    *feeds: str | FeedSettings,
    limits: FetchLimits = QUICK,
    allowed: Sequence[object] = LOOPBACK,
    lookup: Lookup | None = None,
    credentials: dict[str, FeedCredentials] | None = None,
    holder: str = "test",
    clock: Hands | None = None,
) -> AsyncIterator[World]:
    """Run a crawl over these feeds until the end of the block; the folder's store is kept between two crawls."""
    clock = clock or Hands()
    file = folder / "storywatch.db"
    if not file.exists():
        file.write_bytes(_migrated())
    store = Store.open(f"sqlite:///{file}", clock)
    wanted = [settings(one) if isinstance(one, str) else one for one in feeds]
    store.write_now(lambda conn: sync_feeds(conn, wanted, now=clock.now(), first_interval=timedelta(minutes=15)))
    ports = Ports(
        store=store,
        clock=clock,
        limits=limits,
        allowed=tuple(allowed),  # type: ignore[arg-type]  # networks, or none
        contact="desk@example.org",
        version="0.0",
        holder=holder,
        credentials=(credentials or {}).get,
        random=lambda: 0.5,
        lookup=lookup,
    )
    commits: list[datetime] = []
    crawl = Crawl(ports, on_commit=lambda: commits.append(clock.now()))
    try:
        await crawl.start()
        yield World(store, clock, crawl, commits)
    finally:
        await crawl.stop()
        await store.close()


def slower(**changes: object) -> FetchLimits:
    """Return the quick limits with some changed."""
    return replace(QUICK, **changes)  # type: ignore[arg-type]  # names and types are those of FetchLimits
