"""Which event a story is about: the thread that it joins, or one of its own. Pure.

::

    story's Evidence ──ActiveStories.near──▶ Known …  ──place──▶ ThreadPlacement(thread | None, score, why, joins)
                                        ActiveStories ──merges──▶ Merge(thread, into, score) …

One article speaks for its story. A newcomer is compared with the stories that are nearest in meaning, and belongs to
the thread whose stories it is likest *together*: the mean over the best few of a thread counts, so that one story that
happens to lie between two events does not chain them (average linkage, as against single linkage: Jain, Murty and
Flynn, "Data Clustering", 1999, section 5.1). Where it is like two threads it takes the likelier one, and joins both
only where both are all but certain. Threads that come to look like one later are found by ``merges``, from time to
time. The oldest id stays, in either case.

Stories that lie further apart than ``WINDOW`` are not compared: a thread is active as long as stories come.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from news.threads_active import WINDOW, ActiveStories, Known
from news.threads_affinity import Comparison, Rarity, affinity
from news.threads_evidence import VERSION, Evidence, evidence, packed, unpacked

__all__ = [
    "ACCEPT",
    "COPY",
    "JOIN",
    "VERSION",
    "WINDOW",
    "ActiveStories",
    "Evidence",
    "Known",
    "Merge",
    "Rarity",
    "ThreadBook",
    "ThreadPlacement",
    "affinity",
    "evidence",
    "merges",
    "packed",
    "place",
    "unpacked",
]

#: mean affinity from which a story belongs to a thread: stories of one event differ, so that few are like all others
ACCEPT: Final = 0.45
#: and from which it shows two threads to be one
JOIN: Final = 0.9
#: mean affinity from which two threads are merged
MERGE: Final = 0.55
#: stories of a thread that a newcomer is compared with: the likest
BEST: Final = 3
#: cosine from which an article in one language with another says what that one says: it belongs where that one does
COPY: Final = 0.99
#: stories of each of two threads that are compared before these are merged
_SAMPLE: Final = 8


@dataclass(frozen=True, slots=True)
class ThreadPlacement:
    """Where a story belongs, and why."""

    #: the thread that it joins; None: it begins one
    thread: int | None
    #: how likely it reports that thread's event, 0 to 1; where it begins one, of the likeliest that was turned down
    score: float | None
    #: the story of that thread that it is likest
    story: int | None
    #: why, in a sentence
    why: str
    #: younger threads that this story shows to be the same
    joins: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two threads that turned out to be one."""

    #: the younger one
    thread: int
    #: the older one, which stays
    into: int
    #: mean affinity of their stories
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A thread beside a newcomer."""

    thread: int
    score: float
    likest: Known
    #: whether one of its stories says what the newcomer says
    copied: bool


def place(newcomer: Evidence, near: Sequence[Known], rarity: Rarity) -> ThreadPlacement:
    """Decide which thread a story belongs to, of those that have a story near; their order does not matter."""
    beside = Comparison(newcomer, rarity)
    by_thread: dict[int, list[tuple[float, Known]]] = defaultdict(list)
    for known in near:
        by_thread[known.thread].append((beside.affinity(known.evidence), known))
    candidates = [_candidate(newcomer, thread, listed) for thread, listed in by_thread.items()]
    if not candidates:
        return ThreadPlacement(None, None, None, "no story of the last days is near in meaning")
    best = max(candidates, key=lambda one: (one.copied, one.score, -one.thread))
    if best.score < ACCEPT:
        return ThreadPlacement(
            None, best.score, best.likest.story, f"not the event of the likeliest: {_shared(newcomer, best)}"
        )
    certain = sorted(one.thread for one in candidates if one is best or one.score >= JOIN)
    if best.score < JOIN or not _one_event(certain, by_thread, rarity):
        certain = [best.thread]
    return ThreadPlacement(
        certain[0], best.score, best.likest.story, f"one event: {_shared(newcomer, best)}", tuple(certain[1:])
    )


def _candidate(newcomer: Evidence, thread: int, listed: list[tuple[float, Known]]) -> _Candidate:
    listed.sort(key=lambda one: (-one[0], one[1].story))
    copied = [one for one in listed if _same(newcomer, one[1].evidence)]
    best = copied[:1] or listed[:BEST]
    return _Candidate(thread, sum(score for score, _ in best) / len(best), best[0][1], copied=bool(copied))


def _same(one: Evidence, other: Evidence) -> bool:
    """Whether two articles in one language say the same."""
    return one.language == other.language and float(one.vector @ other.vector) >= COPY


def _one_event(threads: Sequence[int], by_thread: dict[int, list[tuple[float, Known]]], rarity: Rarity) -> bool:
    """Whether threads that a newcomer is like are like each other, too."""
    first, *others = ([known for _, known in by_thread[thread]] for thread in threads)
    return all(_linked(first, other, rarity) >= ACCEPT for other in others)


def _shared(newcomer: Evidence, best: _Candidate) -> str:
    """What speaks for or against, with its figures."""
    other = best.likest.evidence
    told = [f"{best.score:.0%} likely", f"meaning {float(newcomer.vector @ other.vector):.2f} alike"]
    if names := len(newcomer.names & other.names):
        told.append(f"{names} name{'s' if names > 1 else ''} shared")
    if figures := sorted(newcomer.figures & other.figures, key=lambda one: (-len(one), one)):
        told.append(f"figures shared: {' '.join(figure[1:] for figure in figures[:5])}")
    if newcomer.at is not None and other.at is not None:
        told.append(f"{abs(newcomer.at - other.at) / timedelta(hours=1):.0f} h apart")
    return ", ".join(told)


def merges(active: ActiveStories, threads: Iterable[int] | None = None) -> tuple[Merge, ...]:
    """Threads that turned out to be one: likeliest first, no thread in two of them, so that a next look goes on.

    ``threads`` are those that have changed since the last look; None: all of them, at some milliseconds a story.
    """
    pairs: set[tuple[int, int]] = set()
    for thread in active.threads() if threads is None else threads:
        for known in active.of_thread(thread):
            for other in active.near(known.evidence):
                if other.thread != thread:
                    pairs.add((min(thread, other.thread), max(thread, other.thread)))
    found: list[Merge] = []
    for older, younger in sorted(pairs):
        score = _linked(active.of_thread(older), active.of_thread(younger), active.rarity)
        if score >= MERGE:
            found.append(Merge(younger, older, score))
    taken: set[int] = set()
    settled: list[Merge] = []
    for merge in sorted(found, key=lambda one: (-one.score, one.into, one.thread)):
        if not taken & {merge.thread, merge.into}:
            taken |= {merge.thread, merge.into}
            settled.append(merge)
    return tuple(settled)


def _linked(one: Sequence[Known], other: Sequence[Known], rarity: Rarity) -> float:
    """The mean affinity of two threads: of each story of the smaller one with the best few of the larger."""
    smaller, larger = sorted((_sample(one), _sample(other)), key=lambda listed: (len(listed), listed[0].story))
    means = []
    for known in smaller:
        beside = Comparison(known.evidence, rarity)
        scores = sorted((beside.affinity(far.evidence) for far in larger), reverse=True)[:BEST]
        means.append(sum(scores) / len(scores))
    return sum(means) / len(means)


def _sample(stories: Sequence[Known]) -> list[Known]:
    """The stories of a thread, the youngest where there are many."""
    return sorted(stories, key=lambda one: -one.story)[:_SAMPLE]


class ThreadBook:
    """Threads of stories that are handed in one by one, in memory: ``storywatch try stories`` and the benchmark.

    Lives as long as one command, and keeps the stories of the window and a number a thread.
    """

    def __init__(self) -> None:
        self.active = ActiveStories()
        self._threads = 0
        self._joined: dict[int, int] = {}
        self._of_story: dict[int, int] = {}

    def add(self, story: int, one: Evidence) -> ThreadPlacement:
        """Place a story by the article that speaks for it; ``thread`` of the answer is never None."""
        placement = place(one, self.active.near(one), self.active.rarity)
        thread = placement.thread
        if thread is None:
            self._threads += 1
            thread = self._threads
        for younger in placement.joins:
            self._join(younger, thread)
        self.active.put(Known(thread, story, one))
        self._of_story[story] = thread
        return ThreadPlacement(thread, placement.score, placement.story, placement.why, placement.joins)

    def merge(self, threads: Iterable[int] | None = None) -> tuple[Merge, ...]:
        """Merge what turned out to be one, until nothing is left to merge; ``threads`` as in ``merges``."""
        done: list[Merge] = []
        while found := merges(self.active, threads):
            for one in found:
                self._join(one.thread, one.into)
            done += found
            threads = [one.into for one in found]
        return tuple(done)

    def thread_of(self, story: int) -> int:
        """The thread of a story now."""
        thread = self._of_story[story]
        while thread in self._joined:
            thread = self._joined[thread]
        return thread

    def _join(self, younger: int, older: int) -> None:
        self._joined[younger] = older
        self.active.rename_thread(younger, older)
