"""Polls that are through, and one transaction for all that come within a moment.

::

    Polls ──Finished──▶ Recorder: until nobody else is on the way, at most 50 ms ──▶ record ──▶ Recorded ──▶ Polls
                                                                  (held_sites, articles, feeds, release_sites)

A poll alone costs a commit and a dozen statements; together they cost about as many for all. Where what one of them
brought cannot be stored, each is written by itself, so that only that one fails.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from crawler.intake import Brought, Taken, take_in
from crawler.outcomes import Outcome
from news.clock import Clock
from news.errors import StaleLeaseError
from news.store.engine import Store
from news.store.feeds import FeedRow, held_sites, release_sites, update_feeds
from news.store.sites import add_sites, pause_site
from news.store.troubles import begin_trouble, end_trouble
from news.types import FeedState
from news.urls import listed

#: seconds that a poll waits for company while others are on the way
GATHERED_S = 0.05
#: polls in one transaction
MOST = 50


@dataclass(frozen=True, slots=True)
class Pause:
    """A site's order to stay away, which may be another site's than the feed's own after a redirect."""

    site: str
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Finished:
    """A poll that is to be written."""

    feed: FeedRow
    #: what was claimed for it, and under which token
    site: str
    token: int
    #: new entries, if it brought a document
    document: Brought | None
    #: what was new, and the present instant → what the poll comes to; may be asked more than once
    outcome: Callable[[Taken, datetime], Outcome]
    pause: Pause | None = None
    #: when the site may be asked again, where it is given back with this poll
    free_at: datetime | None = None


#: asked once, just before a poll is written: under which token, and when to be asked again, its site is given back
GiveBack = Callable[[], tuple[int, datetime] | None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written of a poll."""

    outcome: Outcome
    taken: Taken


class Recorder:
    """Gathers polls, and writes them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        #: polls that are on the way
        self._coming = 0
        self._waiting: list[tuple[Finished, GiveBack, asyncio.Future[Recorded]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Count a poll as on the way, so that others wait for it."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    async def write(self, poll: Finished, give_back: GiveBack) -> Recorded:
        """Write a poll, perhaps with others, and return what came of it once that is committed.

        Its site is ours until then: what is sent there meanwhile need not claim it.
        Raises StaleLeaseError where its site went to another process, StoreError where the database failed, and what
        writing it raised. Cancelled while it waits, it is not written; cancelled later, it may have been.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[Recorded] = loop.create_future()
        self._waiting.append((poll, give_back, written))
        if self._coming == 0 or len(self._waiting) >= MOST:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(GATHERED_S, self._flush)
        return await written

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        some = [
            (_leaving(poll, give_back()), written) for poll, give_back, written in self._waiting if not written.done()
        ]
        self._waiting = []
        if some:
            task = asyncio.create_task(self._write(some), name="record polls")
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write(self, some: Sequence[tuple[Finished, asyncio.Future[Recorded]]]) -> None:
        """Write polls together, and tell each what came of it."""
        work = partial(record, polls=[poll for poll, _ in some], now=self._clock.now())
        try:
            results: Sequence[Recorded | Exception] = await self._store.write(work)
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            if len(some) > 1:
                await asyncio.gather(*(self._write([one]) for one in some))
                return
            results = [error]
        for (_, written), result in zip(some, results, strict=True):
            if written.done():
                continue
            if isinstance(result, Exception):
                written.set_exception(result)
            else:
                written.set_result(result)


def _leaving(poll: Finished, given_back: tuple[int, datetime] | None) -> Finished:
    if given_back is None:
        return poll
    token, free_at = given_back
    return replace(poll, token=token, free_at=free_at)


def record(conn: Connection, polls: Sequence[Finished], now: datetime) -> list[Recorded | Exception]:
    """Write polls in their transaction: what is new, their feeds, and the sites that are given back.

    A poll whose site went to another process is left out, and has StaleLeaseError for its result.
    """
    held = held_sites(conn, {(poll.site, poll.token) for poll in polls})
    ours = [poll for poll in polls if (poll.site, poll.token) in held]
    new = iter(take_in(conn, [poll.document for poll in ours if poll.document is not None], now))
    taken = [Taken() if poll.document is None else next(new) for poll in ours]
    recorded = [Recorded(poll.outcome(what, now), what) for poll, what in zip(ours, taken, strict=True)]
    write_outcomes(conn, [(poll.feed, one.outcome) for poll, one in zip(ours, recorded, strict=True)], now)
    for poll in ours:
        if poll.pause is not None:
            pause_site(conn, poll.pause.site, until=now + poll.pause.wait)
    release_sites(conn, [(poll.site, poll.token, poll.free_at) for poll in ours if poll.free_at is not None])
    results = iter(recorded)
    return [next(results) if (poll.site, poll.token) in held else _lost(poll.site) for poll in polls]


def write_outcomes(conn: Connection, polled: Sequence[tuple[FeedRow, Outcome]], now: datetime) -> None:
    """Write feeds' columns, and the troubles that begin or end with them."""
    add_sites(conn, sorted({str(outcome.values["site"]) for _, outcome in polled if "site" in outcome.values}))
    update_feeds(conn, [(feed.id, outcome.values) for feed, outcome in polled])
    for feed, outcome in polled:
        subject = f"feed:{feed.url}"
        if outcome.trouble is not None:
            begin_trouble(conn, subject, f"{named(feed)}: {outcome.trouble}", now)
        elif outcome.next.state is FeedState.HEALTHY and feed.state is not FeedState.HEALTHY:
            end_trouble(conn, subject, now)


def named(feed: FeedRow) -> str:
    """Return a feed's name with its address, or the address alone."""
    address = listed(feed.url)
    return address if feed.shown_name == address else f"{feed.shown_name} ({address})"


def _lost(site: str) -> StaleLeaseError:
    return StaleLeaseError(f"the lease of {site} went to another process; what was fetched under it is dropped")
