"""The outbox at work: claims by lease, attempts side by side, records, backs off.

::

    due delivery ─▶ claim ─▶ Channel.send ─▶ decide ─▶ book ─▶ next of the same target
                     │           │ committing: committed right before the final dot
                     │           └ leases renewed meanwhile
                     └─ recover: what a process that ended left behind

At most eight targets are sent to at a time, and one delivery of a target at a time, the oldest first. Everything
that must not be lost is a row: this object may die at any point. ``alerts.store.outbox`` holds the rows,
``alerts.deliver`` the rules, ``news.edges`` names the points at which it is killed in tests.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from alerts.channels import Channel
from alerts.deliver import LONGEST_OFF, Booked, Rules, book, decide, leave
from alerts.identity import label
from alerts.store import outbox as rows
from alerts.types import Cause, ChannelKind, Claimed, Outcome, Receipt
from news.clock import Clock
from news.edges import Edge, reach
from news.errors import StaleLeaseError, StoreError

T = TypeVar("T")

_log = logging.getLogger(__name__)

#: targets that are sent to at a time
_SIDE_BY_SIDE = 8

#: a lease, renewed at every third of it
_LEASE = timedelta(minutes=2)

#: seconds between tries to write down what an attempt came to, when the store fails
_RECORDING_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

#: seconds that writing down may take at the very end
_SETTLING_S = 5.0

#: the reason of an attempt that a process that ended left behind
_LOST = "the service ended before the answer came; the message may have been accepted"
_STOPPED = "the service was stopped while it waited for the answer; the message may have been accepted"


class Rows(Protocol):
    """The store, as far as the outbox needs it: ``news.store.engine.Store``."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a query."""
        ...


@dataclass(frozen=True, slots=True)
class _TakenOver:
    """What was found to be left behind: ids of deliveries."""

    #: of processes that ended
    ids: tuple[int, ...]
    #: of targets that have been switched off or paused for too long
    failed: tuple[int, ...]

    def log(self) -> None:
        for id_ in self.ids:
            _log.info("delivery %d was left behind by a process that ended", id_)
        for id_ in self.failed:
            _log.warning("delivery %d failed: its target has been switched off or paused for too long", id_)


class Outbox:
    """Sends what is due."""

    def __init__(
        self,
        store: Rows,
        clock: Clock,
        channels: Mapping[ChannelKind, Channel],
        *,
        retry: Sequence[timedelta],
        in_doubt: timedelta,
        holder: str,
        random: Callable[[], float],
        lease: timedelta = _LEASE,
        on_record: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._channels = channels
        self._rules = Rules(retry=tuple(retry), in_doubt=in_doubt)
        self._holder = holder
        self._random = random
        self._lease = lease
        self._on_record = on_record or (lambda: None)
        #: what is being attempted by (id, token), and the task that talks to the other side once there is one
        self._in_flight: dict[tuple[int, int], asyncio.Task[Receipt] | None] = {}
        self._attempts: set[asyncio.Task[None]] = set()
        self._renewal: asyncio.Task[None] | None = None
        self._claiming = asyncio.Lock()
        #: nothing new is claimed
        self._draining = False
        #: what is in flight is broken off
        self._broken_off = False

    @property
    def in_flight(self) -> int:
        """How many attempts are being made."""
        return len(self._in_flight)

    async def run_due(self, limit: int = 100) -> int:
        """Attempt what is due, up to ``limit`` deliveries; return how many were attempted, once all are recorded.

        May be called again while it runs, to take up what has become due at other targets. Raises StoreError if the
        store cannot be asked; what is in flight goes on.
        """
        attempted = 0
        own: set[asyncio.Task[None]] = set()
        while True:
            started = await self.start_due(limit - attempted)
            attempted += len(started)
            own |= started
            if not own:
                break
            _, own = await asyncio.wait(own, return_when=asyncio.FIRST_COMPLETED)
        await self.rest()
        return attempted

    async def start_due(self, limit: int = 100) -> set["asyncio.Task[None]"]:
        """Start attempts of what is due, as far as places are free; return them without waiting for their ends."""
        async with self._claiming:
            free = min(limit, _SIDE_BY_SIDE - len(self._in_flight))
            if self._draining or free <= 0:
                return set()
            reach(Edge.BEFORE_CLAIM)
            now = self._clock.now()
            held = frozenset(self._in_flight)

            def work(conn: Connection) -> tuple[_TakenOver, list[Claimed]]:
                taken = self._take_over(conn, now, held, everyone=False)
                return taken, rows.claim(conn, self._holder, now, self._lease, free)

            taken, claimed = await self._store.write(work)
            reach(Edge.AFTER_CLAIM)
            taken.log()
            return {self._start(one) for one in claimed}

    async def rest(self) -> None:
        """Let go of connections, unless one is in use."""
        if not self._in_flight:
            await self._rest()

    async def next_wake(self) -> datetime | None:
        """Return when something may be due next, or None; what is in flight calls ``on_record`` when it ends."""
        return await self._store.read(rows.due_at)

    async def recover(self, *, everyone: bool = False) -> int:
        """Take over what processes that ended left behind; return how many deliveries that were.

        A mail that may have been accepted is in doubt and waits for ``in_doubt``; everything else is due at once.
        ``everyone``: no other process can be alive, as at the start on SQLite, so no lease is waited for.
        """
        now = self._clock.now()
        held = frozenset(self._in_flight)
        taken = await self._store.write(lambda conn: self._take_over(conn, now, held, everyone=everyone))
        taken.log()
        return len(taken.ids)

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109 # what then happens differs by phase
        """Claim nothing more, see what is in flight through for at most ``timeout``, and leave the rest in the store.

        A dialogue past the final dot is then recorded as in doubt; one before it is closed and waits.
        """
        self._draining = True
        async with self._claiming:
            pass
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=timeout.total_seconds())
        self._broken_off = True
        for sending in self._in_flight.values():
            if sending is not None:
                sending.cancel()
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=_SETTLING_S)
        await self._rest()

    def _start(self, claimed: Claimed) -> "asyncio.Task[None]":
        self._in_flight[claimed.id, claimed.token] = None
        task = asyncio.create_task(self._attempt(claimed))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
        return task

    async def _attempt(self, claimed: Claimed) -> None:
        try:
            receipt = await self._send(claimed)
            if receipt is None:
                await self._settle(claimed)
            else:
                await self._record(claimed, receipt)
        except StaleLeaseError as error:
            _log.warning("%s", error)
        except StoreError as error:
            _log.warning("delivery %d to %s: %s; its lease runs out by itself", claimed.id, claimed.target, error)
        finally:
            del self._in_flight[claimed.id, claimed.token]
            if not self._in_flight and self._renewal is not None:
                self._renewal.cancel()
                self._renewal = None
            self._on_record()

    async def _send(self, claimed: Claimed) -> Receipt | None:
        """Return what the other side answered, or None if ``drain`` broke it off."""
        channel = self._channels.get(claimed.message.channel)
        if channel is None:
            words = f"nothing is configured to send by {claimed.message.channel.value}"
            return Receipt(Outcome.RETRY_LATER, words, cause=Cause.OPERATOR)
        if self._broken_off:
            return None
        committed = False

        async def committing() -> None:
            nonlocal committed
            await self._store.write(lambda conn: rows.committing(conn, claimed.id, claimed.token))
            committed = True
            reach(Edge.BEFORE_DOT)

        sending = asyncio.ensure_future(channel.send(claimed, committing))
        self._in_flight[claimed.id, claimed.token] = sending
        try:
            await asyncio.wait({sending})
        finally:
            # Only where this task itself is cancelled is there something left to cancel.
            sending.cancel()
        if sending.cancelled():
            return None
        error = sending.exception()
        if error is None:
            reach(Edge.AFTER_DOT)
            return sending.result()
        if isinstance(error, StoreError) or not isinstance(error, Exception):
            raise error
        _log.error("delivery %d to %s: a defect in its channel", claimed.id, claimed.target, exc_info=error)
        doubtful = committed and claimed.message.channel is ChannelKind.EMAIL
        words = f"a defect in storywatch, please report it: {type(error).__name__}: {error}"
        return Receipt(Outcome.IN_DOUBT if doubtful else Outcome.RETRY_LATER, words)

    async def _record(self, claimed: Claimed, receipt: Receipt) -> None:
        now = self._clock.now()
        verdict = decide(receipt, claimed, self._rules, now=now, chance=self._random())
        booked = await self._write_patiently(lambda conn: book(conn, claimed, receipt, verdict, now))
        reach(Edge.AFTER_RECORD)
        # The target follows, so it need not stand in the alert's name.
        alert = label(claimed.message.alert_id, claimed.target).removesuffix(f" {claimed.target}")
        whose = ("delivery %d of %s to %s: %s: %s", claimed.id, alert, claimed.target)
        _log.log(booked.novelty.level, *whose, booked.novelty.words, receipt.reason)

    async def _write_patiently(self, work: Callable[[Connection], Booked]) -> Booked:
        """Write what must not be forgotten: a mail that was accepted and is not recorded so is sent again."""
        for wait in _RECORDING_WAITS_S:
            try:
                return await self._store.write(work)
            except StaleLeaseError:
                raise
            except StoreError as error:
                if self._draining:
                    raise
                _log.warning("%s; the result of an attempt is written again in %g s", error, wait)
                await asyncio.sleep(wait)
        return await self._store.write(work)

    async def _settle(self, claimed: Claimed) -> None:
        """Leave a broken-off attempt in the store as what it is."""
        now = self._clock.now()
        is_mail = claimed.message.channel is ChannelKind.EMAIL

        def work(conn: Connection) -> bool:
            doubtful = is_mail and rows.is_committing(conn, claimed.id, claimed.token)
            leave(conn, claimed, self._rules, doubtful=doubtful, reason=_STOPPED, now=now)
            return doubtful

        doubtful = await self._store.write(work)
        end = "in doubt" if doubtful else "waits"
        _log.info("delivery %d to %s: broken off, %s", claimed.id, claimed.target, end)

    def _take_over(
        self, conn: Connection, now: datetime, held: frozenset[tuple[int, int]], *, everyone: bool
    ) -> _TakenOver:
        taken = [one for one in rows.abandoned(conn, now, everyone=everyone) if (one.id, one.token) not in held]
        for one in taken:
            # The other side of a webhook drops a repeat by its id, so there is nothing to be careful about.
            doubtful = one.committing and one.channel is ChannelKind.EMAIL
            leave(conn, one, self._rules, doubtful=doubtful, reason=_LOST, now=now)
        failed = rows.fail_waiting_too_long(conn, now, LONGEST_OFF)
        return _TakenOver(tuple(one.id for one in taken), tuple(failed))

    async def _renew(self) -> None:
        """Keep the leases of what is in flight."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            now = self._clock.now()
            claims = tuple(self._in_flight)
            work = partial(rows.renew, claims=claims, now=now, lasts=self._lease)
            try:
                lost = await self._store.write(work)
            except StoreError as error:
                _log.warning("%s; leases are renewed later", error)
            else:
                for id_ in lost:
                    _log.warning("delivery %d was taken over while it was attempted", id_)

    async def _rest(self) -> None:
        for channel in self._channels.values():
            await channel.rest()
