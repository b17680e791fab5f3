"""The stages of the service behind the crawl: what each does in one round.

::

    polls commit ──▶ assign ──▶ evaluate ──▶ compose ──▶ deliver
                     story  │   matches  │    ▲  messages    attempts
                            └──▶ threads ◀────┘

Beside them ``spikes`` counts the matches once a minute. Each finds its work in the store; each tells the next when it
committed. Between a reading that finds nothing and the next look no transaction is begun, so an idle service writes
nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from alerts import compose, evaluate, spikes, surges
from alerts.compose import Looked
from alerts.evaluate import Evaluated
from alerts.identity import label
from alerts.outbox import Outbox
from alerts.plans import Send
from alerts.store import matches, watchlists
from crawler import assign, threads
from crawler.window import Window
from news.edges import Edge, reach
from news.store import leases
from news.threads import WINDOW
from storywatch.stages import Stage
from storywatch.wiring import Parts

log = logging.getLogger("storywatch.service")

_LEASE_LASTS = timedelta(seconds=30)
#: articles that are given their stories in one round: other writers wait for it, a tenth of a second at most or so
_ARTICLES = 80
#: revisions a round; one transaction
_BATCH = 200
#: seconds between rounds of stories, and of matching, while polls commit all the time: a round costs the same for one
_APART_S = 0.25
#: between two looks for spikes
_SPIKES_APART = timedelta(minutes=1)


class Queues:
    """The stages in their order; ``parts`` is replaced when the configuration is read anew."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        clock = parts.clock
        self.deliver = Stage("delivery", self._deliver, clock)
        self.compose = Stage("digests", self._compose, clock)
        self.evaluate = Stage("matching", self._evaluate, clock, apart_s=_APART_S)
        self.spikes = Stage("spikes", self._spikes, clock)
        self.assign = Stage("stories", self._assign, clock, apart_s=_APART_S)
        #: None without the extra
        self.threads = Stage("threads", self._thread, clock, apart_s=_APART_S) if parts.threads is not None else None
        #: what is recognised by its wording
        self._window = Window()
        self._looked = Looked()
        #: when spikes were last looked for, and what is remembered of the past
        self._spikes_at: datetime | None = None
        self._remembered = spikes.Remembered()
        #: which new watchlists are evaluated over the store, and up to which revision that has come
        self._filled: tuple[frozenset[str], int] = (frozenset(), 0)
        #: held by a round of matching, and while the configuration changes: nothing is matched by a half of each
        self._matching = asyncio.Lock()
        #: outboxes of configurations before, which see their attempts through
        self._former: list[Outbox] = []

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages, in the order of a story's way."""
        events = () if self.threads is None else (self.threads,)
        return (self.assign, self.evaluate, *events, self.spikes, self.compose, self.deliver)

    @property
    def outboxes(self) -> tuple[Outbox, ...]:
        """Return every outbox that may have attempts in flight, today's first."""
        return (self.parts.outbox, *self._former)

    async def replace(self, parts: Parts, sync: Callable[[Connection], None]) -> None:
        """Work by another configuration from the next round on; ``sync`` makes the store agree with it.

        Raises StoreError, and goes on by the one before, where the store cannot be written.
        """
        async with self._matching:
            await parts.store.write(sync)
            self._former.append(self.parts.outbox)
            self.parts = parts
            self._looked = Looked()
            self._spikes_at, self._remembered = None, spikes.Remembered()
            self._filled = (frozenset(), 0)
        for stage in self.stages:
            stage.wake()

    async def _assign(self) -> bool:
        store, now = self.parts.store, self.parts.clock.now()
        if not await store.read(assign.any_unassigned):
            return False
        holder, window = self.parts.holder, self._window
        await store.read(lambda conn: window.load(conn, now))
        round_ = partial(assign.assign_pending, holder=holder, now=now, most=_ARTICLES, window=window)
        count = await store.write(round_)
        reach(Edge.AFTER_ASSIGN)
        if count:
            self.evaluate.wake()
            self._wake_threads()
        return count == _ARTICLES

    async def _evaluate(self) -> bool:
        async with self._matching:
            return await self._match()

    async def _match(self) -> bool:
        parts, now = self.parts, self.parts.clock.now()
        more = await self._backfill()
        if not await parts.store.read(lambda conn: bool(matches.pending(conn, most=1))):
            return more

        def work(conn: Connection) -> Evaluated:
            token = leases.take(conn, evaluate.LEASE, holder=parts.holder, now=now, lasts=_LEASE_LASTS)
            if token is None:
                return Evaluated(0, 0, 0)
            done = evaluate.evaluate_pending(conn, parts.topics, now=now, most=_BATCH)
            # Given back at once, so that nobody waits for it to run out: the transaction is what keeps others away.
            leases.release(conn, evaluate.LEASE, token)
            return done

        done = await parts.store.write(work)
        reach(Edge.AFTER_MATCH_COMMIT)
        if done.due:
            self.compose.wake()
            self._wake_threads()
        return more or done.revisions == _BATCH

    async def _backfill(self) -> bool:
        """Evaluate new watchlists over the stored stories, a batch a round; return whether there is more."""
        parts, now = self.parts, self.parts.clock.now()
        rows = await parts.store.read(watchlists.watchlists)
        new = frozenset(
            row.id for row in rows.values() if row.backfilled_at is None and row.id in parts.topics.watchlists
        )
        if not new:
            return False
        after = self._filled[1] if self._filled[0] == new else 0
        round_ = partial(evaluate.backfill, topics=parts.topics, watchlist_ids=new, now=now, after=after, most=_BATCH)
        after = await parts.store.write(round_)
        self._filled = (new, after)
        self.compose.wake()
        return bool(after)

    async def _thread(self) -> bool:
        if self.parts.threads is None:
            return False
        count = await self.parts.threads.round(self._window.bare)
        if count:
            # A digest by events may wait for it.
            self.compose.wake()
        return count == threads.BATCH

    def _wake_threads(self) -> None:
        if self.threads is not None:
            self.threads.wake()

    async def _spikes(self) -> bool:
        now = self.parts.clock.now()
        if self._spikes_at is not None and timedelta(0) <= now - self._spikes_at < _SPIKES_APART:
            return False
        async with self._matching:
            parts, remembered = self.parts, self._remembered
            kept = parts.config.store.retention_matched
            seen = await parts.store.read(
                lambda conn: spikes.look(conn, parts.topics, now=now, kept=kept, remembered=remembered)
            )

            def work(conn: Connection) -> int:
                token = leases.take(conn, spikes.LEASE, holder=parts.holder, now=now, lasts=_LEASE_LASTS)
                if token is None:
                    return 0
                due = surges.tell(conn, parts.topics, seen, now=now)
                leases.release(conn, spikes.LEASE, token)
                return due

            due = await parts.store.write(work) if seen else 0
            self._spikes_at = now
        for one in seen:
            log.info("%s: %s", one.watchlist_id, one.sentence)
        if due:
            self.compose.wake()
        return False

    def close(self) -> None:
        """End what the stages have begun outside of this process."""
        if self.parts.threads is not None:
            self.parts.threads.close()

    async def _compose(self) -> bool:
        parts, now = self.parts, self.parts.clock.now()
        alerts = parts.config.alerts
        looked = self._looked
        # While threads fail, nothing waits for them.
        unplaced = None if self.threads is None or self.threads.failing else now - WINDOW
        waiting = await parts.store.read(
            lambda conn: compose.gather(conn, alerts, now=now, looked=looked, threads_since=unplaced)
        )
        if not waiting:
            return False
        token = await parts.store.write(
            lambda conn: leases.take(conn, compose.LEASE, holder=parts.holder, now=now, lasts=_LEASE_LASTS)
        )
        if token is None:
            return False
        # Gathered anew under the lease: another process may have told these just before.
        wanted = [one.alert for one in waiting]
        gathered = await parts.store.read(lambda conn: compose.gather(conn, wanted, now=now, threads_since=unplaced))
        made = [(one, await asyncio.to_thread(compose.rendered, one, parts.voice)) for one in gathered]
        names = {one.id: one.name for one in parts.config.watchlists}
        added = await parts.store.write(lambda conn: compose.commit(conn, made, names, token=token, now=now))
        reach(Edge.AFTER_COMPOSE)
        for one in gathered:
            for send in one.plan.sends:
                log.info(
                    "%s tells %s: %s", label(one.alert.id, one.alert.target.name), _stories(send), send.reason.sentence
                )
        if added:
            self.deliver.wake()
        return bool(gathered)

    async def _deliver(self) -> bool:
        outbox, now = self.parts.outbox, self.parts.clock.now()
        await self._part_with_former()
        due = await outbox.next_wake()
        if due is None or due > now:
            await outbox.rest()
            return False
        # Started and not awaited: a mail server that takes its ten minutes must not keep the others waiting. The end of
        # an attempt wakes this stage for what is next.
        for attempt in await outbox.start_due():
            attempt.add_done_callback(_attempted)
        return False

    async def _part_with_former(self) -> None:
        for one in [one for one in self._former if not one.in_flight]:
            await one.rest()
            self._former.remove(one)


def _attempted(attempt: "asyncio.Task[None]") -> None:
    """Tell of a defect; everything that can be expected has been recorded or logged by the outbox."""
    if not attempt.cancelled() and (error := attempt.exception()) is not None:
        log.error("delivery: its lease runs out by itself, and it is tried again", exc_info=error)


def _stories(send: Send) -> str:
    return "1 story" if len(send.due_ids) == 1 else f"{len(send.due_ids)} stories"
