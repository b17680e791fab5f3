"""How late polls are, and whether memory grows: the real service on a thousand feeds, on SQLite.

::

    lateness   interval = "30s", five minutes: when a request came in, less when its feed was due in the store
    memory     interval = "1s", as fast as it goes: resident memory after 20,000 polls, beside that after 2,000

The feeds are those of ``bench.crawl``, each on an address of its own. Lateness is measured from outside: the feed
server notes when a request came in, and this process reads from the store when each feed is due next, more often than
that changes. The first round, in which everything is due at once and new, is told apart.
"""

import asyncio
import bisect
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection

from bench import crawl, feedserver
from bench.service import busy, smtp_sink
from bench.watched import Watched, watched
from news.clock import SystemClock
from news.store.engine import Store
from news.store.feeds import list_feeds

MINUTES = 5
#: seconds, of the 95th percentile
LATE_S = 3.0
#: polls after which memory is looked at first and last, and how much it may have grown
FEW, MANY, GROWTH = 2_000, 20_000, 0.15
#: seconds between two looks at the store: a due time stands there for at least nine tenths of the interval
_LOOK_S = 5.0
#: seconds after which a part is given up
_PATIENCE_S = 900.0


def main() -> int:
    """Print both; 1 where a bound is missed."""
    late = asyncio.run(_lateness())
    grown = asyncio.run(_memory())
    return 1 if late or grown else 0


# ── lateness ──────────


class Times:
    """When feeds were due and when they were asked for, in seconds since 1970, by address."""

    def __init__(self) -> None:
        self._due: defaultdict[str, set[float]] = defaultdict(set)
        self._asked: defaultdict[str, list[float]] = defaultdict(list)

    def asked(self, address: str) -> None:
        """Note a request."""
        self._asked[address].append(time.time())

    def look(self, conn: Connection) -> None:
        """Note when each feed is due next."""
        for feed in list_feeds(conn):
            if feed.next_poll_at is not None:
                self._due[feed.site].add(feed.next_poll_at.timestamp())

    @property
    def begun(self) -> int:
        """How many feeds were asked for."""
        return len(self._asked)

    def lateness(self, *, first: bool) -> list[float]:
        """Seconds between each first, or each later, request and the last due time before it; ascending."""
        found = []
        for address, requests in self._asked.items():
            due = sorted(self._due[address])
            for at in requests[:1] if first else requests[1:]:
                found += [at - due[place - 1]] if (place := bisect.bisect(due, at)) else []
        return sorted(found)


async def _lateness() -> bool:
    """Print how late polls are; return whether that is too late."""
    times = Times()
    async with _service("30s", times.asked) as (_, database):
        with Store.open(database, SystemClock()) as store, _progress() as bar:
            first = bar.add_task("the first round", total=crawl.FEEDS)
            async with asyncio.timeout(_PATIENCE_S):
                while times.begun < crawl.FEEDS:
                    await store.read(times.look)
                    bar.update(first, completed=times.begun)
                    await asyncio.sleep(1)
            looks = int(MINUTES * 60 / _LOOK_S)
            rest = bar.add_task(f"{MINUTES} minutes", total=looks)
            for _ in range(looks):
                await store.read(times.look)
                await asyncio.sleep(_LOOK_S)
                bar.advance(rest)
    print(f"{'seconds late':34} {'polls':>7} {'median':>8} {'95 %':>8} {'most':>8}")
    for name, of in (
        ("the first round, all due at once", times.lateness(first=True)),
        ("then, each 30 s", times.lateness(first=False)),
    ):
        print(f"{name:34} {len(of):7} {_percentile(of, 50):8.2f} {_percentile(of, 95):8.2f} {of[-1]:8.2f}")
    late = _percentile(times.lateness(first=False), 95)
    print(f"95 % of polls are at most {late:.2f} s late (bound {LATE_S:g} s)")
    return late >= LATE_S


def _percentile(ascending: list[float], percent: int) -> float:
    """Return the least value that so many per cent do not exceed (nearest rank)."""
    return ascending[max(0, -(-len(ascending) * percent // 100) - 1)]


# ── memory ──────────


async def _memory() -> bool:
    """Print how memory grows; return whether it grows too much."""
    polls = 0

    def asked(_address: str) -> None:
        nonlocal polls
        polls += 1

    print(f"{'polls':>10} {'resident MB':>12}")
    seen: dict[int, float] = {}
    async with _service("1s", asked) as (service, _):
        with _progress() as bar:
            task = bar.add_task("as fast as it goes", total=MANY)
            async with asyncio.timeout(_PATIENCE_S):
                for wanted in (FEW, MANY // 4, MANY // 2, MANY):
                    while polls < wanted:
                        await asyncio.sleep(0.05)
                        bar.update(task, completed=polls)
                    seen[wanted] = service.memory()
                    print(f"{polls:10} {seen[wanted]:12.1f}")
    growth = seen[MANY] / seen[FEW] - 1
    print(f"memory grows by {growth:.1%} from {FEW} to {MANY} polls (bound {GROWTH:.0%})")
    return growth > GROWTH


# ── both ──────────


@asynccontextmanager
async def _service(interval: str, asked: Callable[[str], None]) -> AsyncIterator[tuple[Watched, str]]:
    """Run a busy service on feeds of this process until the end of the block; it, and its database."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/bench.db"
        async with feedserver.listening(asked) as port, smtp_sink() as mails:
            config = busy(database, crawl.urls(port), interval, smtp=mails.port)
            async with watched(config, Path(folder)) as service:
                yield service, database


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True)


if __name__ == "__main__":
    sys.exit(main())
