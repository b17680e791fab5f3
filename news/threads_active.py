"""The stories of the last days and which of them are near in meaning to a new one: one matrix, in memory. Pure.

::

    put, remove, rename_story, rename_thread, expire ──▶ ActiveStories ──near(evidence)──▶ Known …

Every vector is a row; what is near is one product of matrix and vector, a few milliseconds for ten thousand stories,
and exact. Articles in other languages lie further apart, so that the nearest are taken in the newcomer's language and
in the others separately: a topic that a hundred stories of one language tell does not hide the one in another.

A story takes some 8 kB with its words. One thread at a time.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from news.embedding import SIZE
from news.threads_affinity import Rarity
from news.threads_evidence import Evidence

#: stories further apart are not compared
WINDOW: Final = timedelta(days=10)
#: stories that are kept at most; the oldest give way
MOST: Final = 50_000
#: stories that are handed back at most, in the newcomer's language and in the others
NEAREST: Final = 16
#: cosine of centred vectors below which two stories are not compared: unlike subjects, whatever the language
FLOOR: Final = 0.47

_ROWS_AT_FIRST: Final = 64
#: of a story without a time: within the window of every other
_TIMELESS: Final = -(2**40)
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Known:
    """A story that is in a thread."""

    thread: int
    story: int
    evidence: Evidence


class ActiveStories:
    """Stories by meaning, with the rarity of what they say."""

    def __init__(self) -> None:
        self.rarity = Rarity()
        self._known: dict[int, Known] = {}
        self._row_of: dict[int, int] = {}
        self._free: list[int] = []
        self._languages: dict[str | None, int] = {}
        self._stories_of: defaultdict[int, set[int]] = defaultdict(set)
        self._vectors = np.zeros((_ROWS_AT_FIRST, SIZE), dtype=np.float32)
        self._times = np.zeros(_ROWS_AT_FIRST, dtype=np.int64)
        self._spoken = np.full(_ROWS_AT_FIRST, _NOBODY, dtype=np.int32)
        self._stories = np.zeros(_ROWS_AT_FIRST, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, story: int) -> bool:
        return story in self._known

    def stories(self) -> Iterator[Known]:
        """Every active story."""
        return iter(tuple(self._known.values()))

    def put(self, known: Known) -> None:
        """Take a story in, in place of what was known of it; the oldest gives way where there are too many."""
        self.remove(known.story)
        if len(self._known) >= MOST:
            self.remove(min(self._known.values(), key=_age).story)
        row = self._free.pop() if self._free else len(self._known)
        if row >= len(self._times):
            self._grow()
        one = known.evidence
        self._vectors[row] = one.vector
        self._times[row] = _seconds(one.at)
        self._spoken[row] = self._languages.setdefault(one.language, len(self._languages))
        self._stories[row] = known.story
        self._row_of[known.story] = row
        self._known[known.story] = known
        self._stories_of[known.thread].add(known.story)
        self.rarity.add(one)

    def remove(self, story: int) -> None:
        """Forget a story; nothing where it is not there."""
        known = self._known.pop(story, None)
        if known is None:
            return
        row = self._row_of.pop(story)
        self._spoken[row] = _NOBODY
        self._free.append(row)
        self._leave(known)
        self.rarity.remove(known.evidence)

    def rename_story(self, story: int, new: int) -> None:
        """Let a story be known by another id, of the story that it was joined to; where that is known, it stays."""
        known = self._known.get(story)
        if known is None:
            return
        self.remove(story)
        if new not in self._known:
            self.put(replace(known, story=new))

    def rename_thread(self, thread: int, new: int) -> None:
        """Put the stories of a thread into another."""
        if thread == new:
            return
        for story in sorted(self._stories_of.pop(thread, ())):
            self._known[story] = replace(self._known[story], thread=new)
            self._stories_of[new].add(story)

    def expire(self, now: datetime) -> tuple[int, ...]:
        """Forget the stories that no newcomer of ``now`` or later is compared with; return them."""
        earliest = now - WINDOW
        aged = ((story, known.evidence.at) for story, known in self._known.items())
        old = sorted(story for story, at in aged if at is not None and at < earliest)
        for story in old:
            self.remove(story)
        return tuple(old)

    def near(self, one: Evidence) -> list[Known]:
        """The stories within the window that are nearest in meaning: the nearest first, then by id."""
        cosines = self._vectors @ one.vector
        fit = (self._spoken != _NOBODY) & (cosines >= FLOOR)
        if one.at is not None:
            apart = np.abs(self._times - _seconds(one.at)) <= WINDOW.total_seconds()
            fit &= apart | (self._times == _TIMELESS)
        own = self._spoken == self._languages.get(one.language, _NOBODY - 1)
        rows = np.concatenate([self._best(cosines, fit & own), self._best(cosines, fit & ~own)])
        found = sorted((-float(cosines[row]), int(self._stories[row])) for row in rows)
        return [self._known[story] for _, story in found]

    def of_thread(self, thread: int) -> list[Known]:
        """The active stories of a thread, by id."""
        return [self._known[story] for story in sorted(self._stories_of.get(thread, ()))]

    def threads(self) -> list[int]:
        """The threads that have active stories, the oldest first."""
        return sorted(self._stories_of)

    def _best(self, cosines: NDArray[np.float32], fit: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The rows with the highest cosines of those that fit; of equal ones, the least story ids."""
        rows = np.flatnonzero(fit)
        if len(rows) <= NEAREST:
            return rows
        least = np.partition(cosines[rows], -NEAREST)[-NEAREST]
        rows = rows[cosines[rows] >= least]
        order = np.lexsort((self._stories[rows], -cosines[rows]))
        return np.asarray(rows[order[:NEAREST]], dtype=np.int64)

    def _leave(self, known: Known) -> None:
        left = self._stories_of[known.thread]
        left.discard(known.story)
        if not left:
            del self._stories_of[known.thread]

    def _grow(self) -> None:
        more = len(self._times)
        self._vectors = np.concatenate([self._vectors, np.zeros((more, SIZE), dtype=np.float32)])
        self._times = np.concatenate([self._times, np.zeros(more, dtype=np.int64)])
        self._spoken = np.concatenate([self._spoken, np.full(more, _NOBODY, dtype=np.int32)])
        self._stories = np.concatenate([self._stories, np.zeros(more, dtype=np.int64)])


def _seconds(at: datetime | None) -> int:
    return _TIMELESS if at is None else int(at.timestamp())


def _age(known: Known) -> tuple[datetime, int]:
    return known.evidence.at or datetime.min.replace(tzinfo=UTC), known.story
