"""CPU a poll of the whole service, beside Scrapy's defaults and beside the crawl alone, in one run.

::

    feed server ◀──polls── storywatch run (SQLite, 100 watchlists) ──a digest each ten seconds──▶ mail server
                                ▲ due again, a round at a time; CPU from /proc between rounds
                              this process

The same thousand feeds of thirty entries as ``bench.crawl``: half the polls are answered by 304, every other brings one
new entry, which gets its story, is matched by every watchlist and told by a digest where it matched. The first round,
in which everything is new, is left out for all. Only ratios within one run say something; the bounds are on them.
"""

import asyncio
import contextlib
import importlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from sqlalchemy import Connection, func, select

from alerts.store import matches
from bench import crawl, feedserver
from bench.watched import configuration, watched
from crawler.assign import any_unassigned
from news.clock import SystemClock
from news.store.engine import Store
from news.store.feeds import list_feeds, update_feed
from news.store.schema import feed

#: against Scrapy's defaults with feedparser
BOUNDS = {"alone": crawl.BOUND, "service": 2.5}
WATCHLISTS = 100
#: of the watchlists, so many match the feeds of five addresses each: one new entry in twenty matches
_MATCHING = 10
_TITLES = crawl.TITLES | {"service": "the whole service, 100 watchlists (SQLite)"}
_ROUND_S = 180.0
#: times that each is measured
_TURNS = 2
_POLLED = select(func.count()).select_from(feed).where(feed.c.last_polled_at.is_not(None))

_MAIL = """
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "bench@example.org"

[[digests]]
name = "all"
watchlists = ["*"]
to = ["desk@example.org"]
schedule = "every 10s"
"""
_WATCHLIST = """
[[watchlists]]
name = "list {number}"
query = '''{query}'''
"""


def main() -> int:
    """Print the table; 1 where a bound is missed."""
    costs = dict.fromkeys(_TITLES, float("inf"))
    # The least of several: what else the machine does only ever adds, and meets them in turn.
    for subject in track([*costs] * _TURNS, "CPU a poll", console=Console(stderr=True), transient=True):
        cost = measure() if subject == "service" else crawl.measure(subject)
        costs[subject] = min(costs[subject], cost)
    print(f"{'CPU a poll, half of them 304':44} {'ms':>7} {'cheaper':>8}")
    for subject, cost in costs.items():
        print(f"{_TITLES[subject]:44} {cost:7.2f} {costs['defaults'] / cost:7.1f}×")
    missed = {subject: bound for subject, bound in BOUNDS.items() if costs["defaults"] / costs[subject] < bound}
    for subject, bound in missed.items():
        print(f"{_TITLES[subject]} must be at least ×{bound} cheaper")
    return 1 if missed else 0


def measure() -> float:
    """Return CPU milliseconds a poll of the whole service."""
    with feedserver.running() as port, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(port, Path(folder)))


async def _measure(port: int, folder: Path) -> float:
    database = f"sqlite:///{folder / 'bench.db'}"
    urls = crawl.urls(port)
    async with smtp_sink() as mails:
        async with watched(busy(database, urls, "1h", smtp=mails.port), folder) as service:
            with Store.open(database, SystemClock()) as store:
                await _settled(store, store.clock.now(), first=True)
                before = service.cpu()
                for _ in range(crawl.ROUNDS):
                    await _round(store)
                used = service.cpu() - before
        assert mails.received, "no digest came"
    return used / (crawl.ROUNDS * crawl.FEEDS) * 1000


def busy(database: str, urls: list[str], interval: str, *, smtp: int) -> str:
    """Return the configuration of a service with feeds, a hundred watchlists, and a digest each ten seconds."""
    return configuration(database, urls, interval) + _MAIL.format(port=smtp) + "".join(_watchlists(urls))


def _watchlists(urls: list[str]) -> Iterator[str]:
    """Return watchlists as configured: some that match, most that ask for what is rare."""
    for number in range(WATCHLISTS):
        if number < _MATCHING:
            hosts = (url.split("/")[2].partition(":")[0] for url in urls[number * 5 : number * 5 + 5])
            query = "harbour (" + " OR ".join(f'"{host}"' for host in hosts) + ")"
        else:
            query = f"(harbour OR quay{number}) NEAR/15 (flood{number} OR storm{number}* OR explosion)"
        yield _WATCHLIST.format(number=number, query=query)


async def _round(store: Store) -> None:
    """Make every feed due, and wait until all that they brought is matched."""
    now = store.clock.now()
    await store.write(partial(_make_due, now=now))
    await _settled(store, now)


def _make_due(conn: Connection, now: datetime) -> None:
    for one in list_feeds(conn):
        update_feed(conn, one.id, {"next_poll_at": now})


async def _settled(store: Store, since: datetime, *, first: bool = False) -> None:
    """Wait until every feed was polled since an instant, and nothing waits for its story or its matches."""
    async with asyncio.timeout(_ROUND_S):
        # Another process has no event to wait for.
        while not await store.read(partial(_is_settled, since=None if first else since)):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def _is_settled(conn: Connection, since: datetime | None) -> bool:
    # Counted, not read: what this process takes of the machine, the service lacks.
    polled = _POLLED if since is None else _POLLED.where(feed.c.last_polled_at > since)
    if conn.execute(polled).scalar() != crawl.FEEDS or any_unassigned(conn) or matches.pending(conn, most=1):
        return False
    failing = [one for one in list_feeds(conn) if one.failures]
    assert not failing, failing[0].error
    return True


def smtp_sink() -> contextlib.AbstractAsyncContextManager[Any]:
    """Return the tests' mail server, ``fakes_smtp.SmtpSink``; the tests are no package."""
    tests = str(Path(__file__).parent.parent / "tests")
    if tests not in sys.path:
        sys.path.insert(0, tests)
    sink: contextlib.AbstractAsyncContextManager[Any] = importlib.import_module("fakes_smtp").SmtpSink()
    return sink


if __name__ == "__main__":
    sys.exit(main())
