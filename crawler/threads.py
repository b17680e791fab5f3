"""Stories → threads: a queue stage of its own, worked by one holder of a named lease.

::

    waiting stories ──embed──▶ vectors ──news.threads.place──▶ story.thread_id, story_evidence
                 (a process of its own)        ▲ (a thread)
                                               └── the active stories, as the store has them

Stories that a watchlist matched come first, then the newest. What is decided by lies in memory, and agrees with the
store before each round: with what another process placed, what became of two stories that were joined, what retention
took. So a restart changes nothing. A text that the model cannot take is found by trying each of its batch alone, and
passed over; a model that takes no text at all fails the round, and the stories wait.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from news.centring import centred
from news.clock import Clock
from news.embedding import MODEL, Vector, embeddable, pack, unpack
from news.errors import EmbeddingError, StoreError
from news.languages import detect
from news.store import leases
from news.store import threads as rows
from news.store.engine import Store
from news.store.threads import NO_TEXT, PASSED_OVER, TOO_OLD, Placed, StoredEvidence, WaitingStory
from news.threads import WINDOW, ActiveStories, Evidence, Known, Merge, evidence, merges, packed, place, unpacked
from news.threads_active import MOST

log = logging.getLogger("storywatch.service")

LEASE = "threads"
#: stories a round: some seconds of a processor
BATCH = 32
#: longer than a batch may take with all its texts tried alone, since each of these renews it
_LEASE_LASTS = timedelta(minutes=5)
#: threads are looked at for being one so often, and at the end of the first round
_MERGE_EVERY = timedelta(minutes=1)
#: stories this young have changed their thread since a merge that a process before may have missed
_MERGE_AT_START = timedelta(minutes=15)
#: rows of evidence that are read at a time
_READ = 2_000
#: times that a text must fail alone, while others do not, before it is passed over
_STRIKES = 2
#: what any working model takes
_PROBE = "Rain in the valley"
#: threads that begin in a round have numbers from here, above all that the store gives
_PROVISIONAL = 2**62


class Embeds(Protocol):
    """What makes vectors of texts: ``news.embedding.Embedder``."""

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors, in order. Raises EmbeddingError."""
        ...

    def close(self) -> None:
        """End."""
        ...


@dataclass(frozen=True, slots=True)
class _Decided:
    """Where a story goes."""

    story: WaitingStory
    evidence: Evidence
    #: from ``_PROVISIONAL`` on: one that begins in this round
    thread: int
    score: float | None
    why: str | None


@dataclass(frozen=True, slots=True)
class _Joined:
    """Two threads that a story showed to be one."""

    younger: int
    older: int


def _whole(_host: str, text: str) -> str:
    return text


class Threads:
    """Gives the stories that wait their threads, a round at a time; rounds of one object do not overlap."""

    def __init__(self, store: Store, clock: Clock, *, holder: str, embedder: Embeds) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._embedder = embedder
        self._active = ActiveStories()
        #: threads that have changed since the last look for those that are one; None: at start
        self._changed: set[int] | None = None
        self._merged_at: datetime | None = None
        #: how often the text of a story failed alone
        self._strikes: Counter[int] = Counter()

    async def round(self, bare: Callable[[str, str], str] = _whole) -> int:
        """Place a batch of stories; return how many were looked at. Raises EmbeddingError and StoreError.

        ``bare`` takes from a host's text what stands under all that it tells, as ``Window.bare`` does.
        """
        now = self._clock.now()
        if not await self._store.read(partial(rows.any_waiting, since=now - WINDOW)) and not self._is_merge_due(now):
            return 0
        token = await self._store.write(
            lambda conn: leases.take(conn, LEASE, holder=self._holder, now=now, lasts=_LEASE_LASTS)
        )
        if token is None:
            return 0
        try:
            await self._agree(now)
            count = await self._place(token, now, bare)
            if self._is_merge_due(now):
                await self._agree(now)
                await self._merge(token, now)
        finally:
            # Whoever runs beside this process goes on, whatever became of the round.
            with contextlib.suppress(StoreError):
                await self._store.write(lambda conn: leases.release(conn, LEASE, token))
        return count

    def close(self) -> None:
        """End the process that embeds."""
        self._embedder.close()

    # ── what is compared with ──────────

    async def _agree(self, now: datetime) -> None:
        """Let memory agree with the store."""
        stored = await self._store.read(partial(rows.active, model=MODEL, since=now - WINDOW, most=MOST))
        for known in tuple(self._active.stories()):
            thread = stored.get(known.story)
            if thread is None:
                self._active.remove(known.story)
            elif thread != known.thread:
                self._active.put(Known(thread, known.story, known.evidence))
        missing = [story for story in stored if story not in self._active]
        for start in range(0, len(missing), _READ):
            part = await self._store.read(partial(rows.evidence_of, story_ids=missing[start : start + _READ]))
            await asyncio.to_thread(self._take_in, part)
        if self._changed is None:
            begin = now - _MERGE_AT_START
            self._changed = {
                one.thread for one in self._active.stories() if one.evidence.at and one.evidence.at > begin
            }

    def _take_in(self, stored: Sequence[StoredEvidence]) -> None:
        for one in stored:
            # What an earlier version wrote otherwise is compared with nothing; its story keeps its thread.
            with contextlib.suppress(ValueError):
                known = Known(one.thread_id, one.story_id, unpacked(one.features, unpack(one.vector)))
                self._active.put(known)

    # ── placing ──────────

    async def _place(self, token: int, now: datetime, bare: Callable[[str, str], str]) -> int:
        """Place a batch; return how many stories were looked at."""
        found = await self._store.read(partial(rows.waiting, since=now - WINDOW, most=BATCH))
        waiting = await asyncio.to_thread(lambda: [replace(one, text=bare(one.host, one.text)) for one in found])
        young = [one for one in waiting if _at(one) >= now - WINDOW]
        texts = {one.id: line for one in young if (line := embeddable(one.title, one.text))}
        vectors = await self._vectors(texts, token)
        empty = [one.id for one in young if one.id not in texts]
        passed = [one.id for one in young if self._strikes[one.id] >= _STRIKES]
        known = [one for one in young if one.id in vectors]
        decided, joined = await asyncio.to_thread(self._decide, known, vectors)
        old = [one.id for one in waiting if _at(one) < now - WINDOW]

        def work(conn: Connection) -> set[int]:
            leases.check(conn, LEASE, token)
            rows.pass_over(conn, old, TOO_OLD)
            rows.pass_over(conn, empty, NO_TEXT)
            rows.pass_over(conn, passed, PASSED_OVER)
            return _write(conn, decided, joined)

        changed = await self._store.write(work)
        self._changed = (self._changed or set()) | changed
        for one in (*passed, *vectors):
            self._strikes.pop(one, None)
        for one in passed:
            log.warning("threads: story %d is passed over: its text cannot be embedded", one)
        return len(waiting)

    async def _vectors(self, texts: dict[int, str], token: int) -> dict[int, Vector]:
        """Return the vectors of texts by story; without those that cannot be embedded.

        Raises EmbeddingError where none can.
        """
        if not texts:
            return {}
        try:
            return dict(zip(texts, await self._embedder.embed(list(texts.values())), strict=True))
        except EmbeddingError as error:
            failed = error
        found: dict[int, Vector] = {}
        for story, text in texts.items():
            try:
                (found[story],) = await self._embedder.embed([text])
            except EmbeddingError:
                # Raises, and ends the round, where it is not for this text.
                await self._embedder.embed([_PROBE])
                self._strikes[story] += 1
            again = partial(leases.renew, name=LEASE, token=token, now=self._clock.now(), lasts=_LEASE_LASTS)
            await self._store.write(again)
        # Said only now: a model that takes none has ended the round, and that is told once however long it lasts.
        log.warning("threads: %s; its texts were tried one by one", failed)
        return found

    def _decide(
        self, waiting: Sequence[WaitingStory], vectors: dict[int, Vector]
    ) -> tuple[list[_Decided], list[_Joined]]:
        """Decide one story after another; each is known to those behind it as one of an earlier round is."""
        decided: list[_Decided] = []
        joined: list[_Joined] = []
        for number, story in enumerate(sorted(waiting, key=lambda one: (_at(one), one.id))):
            language = story.language or detect(f"{story.title}\n{story.text}")
            vector = unpack(pack(centred(vectors[story.id], language)))
            fresh = evidence(story.title, story.text, language, _at(story), vector)
            # As it is read back, so that who decides later decides by the same.
            kept = unpacked(packed(fresh), fresh.vector)
            placed = place(kept, self._active.near(kept), self._active.rarity)
            thread = _PROVISIONAL + number if placed.thread is None else placed.thread
            score, why = (None, None) if placed.thread is None else (placed.score, placed.why)
            for younger in placed.joins:
                joined.append(_Joined(younger, thread))
                self._active.rename_thread(younger, thread)
            self._active.put(Known(thread, story.id, kept))
            decided.append(_Decided(story, kept, thread, score, why))
        return decided, joined

    # ── merging ──────────

    def _is_merge_due(self, now: datetime) -> bool:
        return self._merged_at is None or (bool(self._changed) and now - self._merged_at >= _MERGE_EVERY)

    async def _merge(self, token: int, now: datetime) -> None:
        """Join the threads that turned out to be one, until there are none."""
        changed = self._changed or set()
        while changed:
            found: Sequence[Merge] = await asyncio.to_thread(merges, self._active, changed)

            def work(conn: Connection, found: Sequence[Merge] = found) -> None:
                leases.check(conn, LEASE, token)
                for one in found:
                    _join(conn, one.thread, one.into)

            if found:
                await self._store.write(work)
            for one in found:
                self._active.rename_thread(one.thread, one.into)
            changed = {one.into for one in found}
        self._changed = set()
        self._merged_at = now


def _at(story: WaitingStory) -> datetime:
    """When a story is from: its source's time where that is not later than its first sight."""
    return min(story.published_at or story.first_seen_at, story.first_seen_at)


def _write(conn: Connection, decided: Sequence[_Decided], joined: Sequence[_Joined]) -> set[int]:
    """Store what was decided, as far as it is still so; return the threads that changed.

    A story may have joined another meanwhile, or be forgotten; a thread may be gone with its stories.
    """
    waits = rows.still_waiting(conn, [one.story.id for one in decided])
    threads = {one.thread for one in decided} | {thread for both in joined for thread in (both.younger, both.older)}
    real = rows.present(conn, [one for one in threads if one < _PROVISIONAL])
    placed: list[Placed] = []
    for one in decided:
        if one.story.id not in waits:
            continue
        begins = one.thread not in real
        if begins:
            (real[one.thread],) = rows.create_threads(conn, [one.story.first_seen_at])
        placed.append(
            Placed(
                story_id=one.story.id,
                thread_id=real[one.thread],
                score=None if begins else one.score,
                reason=None if begins else one.why,
                model=MODEL,
                vector=pack(one.evidence.vector),
                features=packed(one.evidence),
                at=one.evidence.at or one.story.first_seen_at,
            )
        )
    rows.put(conn, placed)
    changed = {one.thread_id for one in placed}
    for both in joined:
        if both.younger in real and both.older in real:
            stays = rows.join_threads(conn, real[both.younger], real[both.older])
            changed.add(stays)
            real = {
                thread: stays if id_ in {real[both.younger], real[both.older]} else id_ for thread, id_ in real.items()
            }
    return changed


def _join(conn: Connection, younger: int, older: int) -> None:
    real = rows.present(conn, [younger, older])
    if len(real) == len({younger, older}):
        rows.join_threads(conn, real[younger], real[older])
