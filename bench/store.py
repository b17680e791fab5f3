"""What a poll costs in the store: CPU of this process a claimed and recorded poll, in groups, on both databases.

Polls are claimed with their sites, recorded and released together. One that brings an entry looks it up, adds it and
keeps what the feed carries; its story is the later stage: unassigned, by its text, evaluated. Each feed has a site of
its own.
"""

import asyncio
import hashlib
import importlib
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Connection

from crawler.intake import Brought
from crawler.outcomes import Outcome, carried_hashes
from crawler.recording import Finished, record
from crawler.schedule import Next
from news.clock import SystemClock
from news.store import leases, migrate
from news.store.articles import (
    Assigned,
    TextStory,
    assign_stories,
    create_stories,
    known_texts,
    mark_evaluated,
    pending_revisions,
    put_texts,
    unassigned,
)
from news.store.engine import Store
from news.store.feeds import FeedRow, FeedSettings, claim_sites, sync_feeds
from news.types import Entry, FeedOrigin, FeedState, StoryReason

_FEEDS = 1000
_ROUNDS = 4
_CLAIMED = 50
_CARRIED = 30
_TEXT = "The bridge over the river stays closed until the inspectors have been there. " * 20
_LASTS = timedelta(minutes=2)


def main() -> int:
    """Print a table of milliseconds a poll, and return 0."""
    print(f"store: ms a poll, best of {_ROUNDS} rounds of {_FEEDS} feeds on as many sites, {_CLAIMED} claimed at once")
    print(f"{'':<12}{'CPU, 304':>12}{'CPU, new entry':>16}{'CPU, its story':>16}{'wall, 304':>12}{'wall, new':>12}")
    for name, opened in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        with opened() as address, Store.open(address, SystemClock()) as store:
            migrate.upgrade(store)
            unchanged, new, told = asyncio.run(_measure(store))
        print(
            f"{name:<12}{unchanged.cpu:>12.3f}{new.cpu:>16.3f}{told.cpu:>16.3f}{unchanged.wall:>12.3f}{new.wall:>12.3f}"
        )
    return 0


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    # The server is the tests' own, and they are no package.
    tests = str(Path(__file__).parent.parent / "tests")
    if tests not in sys.path:
        sys.path.insert(0, tests)
    with importlib.import_module("postgres").PostgresServer() as server, server.database() as address:
        yield address


@dataclass(frozen=True)
class _Cost:
    """Milliseconds a poll."""

    cpu: float
    wall: float


async def _measure(store: Store) -> tuple[_Cost, _Cost, _Cost]:
    """Return what a 304, a poll with a new entry, and that entry's story cost."""
    start = store.clock.now()
    feeds = [
        FeedSettings(f"https://s{number}.example/rss", f"s{number}.example", FeedOrigin.CONFIG)
        for number in range(_FEEDS)
    ]
    await store.write(lambda conn: sync_feeds(conn, feeds, now=start, first_interval=timedelta(minutes=15)))
    costs: dict[str, list[_Cost]] = {"unchanged": [], "new": [], "told": []}
    for number in range(_ROUNDS):
        now = start + timedelta(hours=2 * number)
        costs["unchanged"].append(await _cost(partial(_polls, store, now, _unchanged)))
        costs["new"].append(await _cost(partial(_polls, store, now + timedelta(hours=1), _new_entry)))
        costs["told"].append(await _cost(partial(_stories, store, now)))
    # The first round compiles the statements.
    best = [_Cost(min(cost.cpu for cost in some), min(cost.wall for cost in some)) for some in costs.values()]
    return best[0], best[1], best[2]


async def _cost(work: Callable[[], Awaitable[None]]) -> _Cost:
    cpu, wall = process_time(), perf_counter()
    await work()
    return _Cost((process_time() - cpu) / _FEEDS * 1000, (perf_counter() - wall) / _FEEDS * 1000)


_Polled = Callable[[FeedRow, datetime], Finished]


async def _polls(store: Store, now: datetime, polled: _Polled) -> None:
    """Poll every feed once: claim, and record what was claimed together."""
    claim = partial(claim_sites, holder="bench", now=now, lasts=_LASTS, sites=_CLAIMED)
    while works := await store.write(claim):
        free_at = now + timedelta(seconds=1)
        polls = [
            replace(polled(work.feeds[0], now), site=work.site, token=work.token, free_at=free_at) for work in works
        ]
        await store.write(partial(record, polls=polls, now=now))


def _unchanged(row: FeedRow, now: datetime) -> Finished:
    """Return a poll that was answered by 304."""
    return _finished(row, now, None, {})


def _finished(row: FeedRow, now: datetime, document: Brought | None, values: dict[str, object]) -> Finished:
    due = now + timedelta(minutes=15)
    then = Next(due, timedelta(minutes=15), None, 0, FeedState.HEALTHY, "")
    columns: dict[str, object] = {
        "next_poll_at": due,
        "last_polled_at": now,
        "last_success_at": now,
        "interval_s": 900.0,
        "failures": 0,
        "error": None,
        "state": then.state,
        "reason": then.reason,
        "state_since": row.state_since,
    }
    outcome = Outcome(then, columns | values)
    return Finished(row, row.site, 0, document, lambda _taken, _now: outcome)


def _new_entry(row: FeedRow, now: datetime) -> Finished:
    """Return a poll with one new entry among those that the feed carried, one of which has left."""
    name = f"{row.id}-{now.timestamp():.0f}"
    url = f"https://s{row.id}.example/{name}"
    entry = Entry(f"guid-{name}", url, name, _TEXT, "", (), None, None, (), None)
    item_hash = hashlib.blake2b(name.encode(), digest_size=8).digest()
    before = carried_hashes(row)
    document = Brought(row, ((entry, item_hash),), ("en",), before[_CARRIED - 1 :], "Outlet")
    carried = b"".join([item_hash, *before[: _CARRIED - 1]])
    return _finished(row, now, document, {"carried": carried, "body_hash": item_hash, "etag": name, "last_new_at": now})


async def _stories(store: Store, now: datetime) -> None:
    """Assign what waits to stories by its text, then take it as evaluated."""

    def assign(conn: Connection) -> int:
        token = leases.take(conn, "assign", holder="bench", now=now, lasts=_LASTS)
        waiting = unassigned(conn, 200)
        keys = [f"1:{one.title}" for one in waiting]
        known_texts(conn, keys)
        ids = create_stories(conn, [one.first_seen_at for one in waiting])
        assign_stories(
            conn, [Assigned(one.id, story_id, StoryReason.NEW) for one, story_id in zip(waiting, ids, strict=True)]
        )
        put_texts(conn, {key: TextStory(of) for key, of in zip(keys, ids, strict=True)}, now)
        if token is not None:
            leases.release(conn, "assign", token)
        return len(waiting)

    def evaluate(conn: Connection) -> int:
        pending = pending_revisions(conn, 200)
        mark_evaluated(conn, [one.revision.id for one in pending], now)
        return len(pending)

    while await store.write(assign):
        pass
    while await store.write(evaluate):
        pass


if __name__ == "__main__":
    sys.exit(main())
