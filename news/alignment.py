"""What two sequences have in common, in order. Pure.

::

    a, b (numbers) ──common──▶ Run(start in a, start in b, length) …     strictly rising in both
    sentences as bags of words ──pairs──▶ which of one text are the same, changed, of the other

The longest common subsequence by a bit-parallel method (Hyyrö 2004, in rapidfuzz), whose cost is the product of the
lengths by 64. Where that is too much, the sequences are parted first at elements that each has once, in their longest
rising order (patience diff, Bram Cohen); what cannot be parted and is still too long has nothing in common. Sentences
are paired by the words that they share, weighing rare candidates first, as in sentence alignment by lexical overlap
(Barzilay and Elhadad 2003), best pair first.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import LCSseq

#: bits of the matrix of one comparison, eight megabytes
_MOST: Final = 64_000_000
#: sentences of two texts that are compared each with each
_MOST_EACH: Final = 400
#: a word that stands in more sentences says nothing about which belong together
_COMMON_WORD: Final = 6
#: candidates that a sentence is compared with
_MOST_CANDIDATES: Final = 4
#: share of the words that two sentences have in common from which they are one, changed: in one place, with nothing
#: else there, and elsewhere in the text
IN_PLACE: Final = 0.4
ALONE: Final = 0.3
ELSEWHERE: Final = 0.65
#: share of a sentence's words that stand in a longer one, from which that one contains it, and fewest such words
_CONTAINED: Final = 0.8
_FEWEST_CONTAINED: Final = 4


class Run(NamedTuple):
    """Elements that two sequences have in common."""

    a: int
    b: int
    length: int


def common(a: Sequence[int], b: Sequence[int]) -> list[Run]:
    """What two sequences have in common, as runs in order."""
    return list(_joined(_common(a, b, _Window(0, len(a), 0, len(b)))))


class _Window(NamedTuple):
    """Parts of two sequences that are compared."""

    a0: int
    a1: int
    b0: int
    b1: int


def _common(a: Sequence[int], b: Sequence[int], window: _Window) -> Iterator[Run]:
    a0, a1, b0, b1 = window
    head = a0
    while head < a1 and head - a0 < b1 - b0 and a[head] == b[head - a0 + b0]:
        head += 1
    if head > a0:
        yield Run(a0, b0, head - a0)
    b0, a0 = b0 + head - a0, head
    tail = 0
    while tail < a1 - a0 and tail < b1 - b0 and a[a1 - 1 - tail] == b[b1 - 1 - tail]:
        tail += 1
    a1, b1 = a1 - tail, b1 - tail
    if a1 > a0 and b1 > b0:
        if (a1 - a0) * (b1 - b0) <= _MOST:
            for block in LCSseq.opcodes(a[a0:a1], b[b0:b1]):
                if block.tag == "equal":
                    yield Run(a0 + block.src_start, b0 + block.dest_start, block.src_end - block.src_start)
        else:
            yield from _parted(a, b, _Window(a0, a1, b0, b1))
    if tail:
        yield Run(a1, b1, tail)


def _parted(a: Sequence[int], b: Sequence[int], window: _Window) -> Iterator[Run]:
    """Part at elements that both have once; empty where there are none."""
    a0, a1, b0, b1 = window
    once = Counter(a[a0:a1])
    places = {element: at for at, element in enumerate(b[b0:b1], b0) if once.get(element) == 1}
    twice = Counter(b[b0:b1])
    anchors = [
        (at, places[element])
        for at, element in enumerate(a[a0:a1], a0)
        if once[element] == 1 and twice.get(element) == 1
    ]
    kept = [anchors[at] for at in rising([place for _, place in anchors])]
    if not kept:
        return
    for (start, other), (stop, until) in zip([(a0 - 1, b0 - 1), *kept], [*kept, (a1, b1)], strict=True):
        if start >= a0:
            yield Run(start, other, 1)
        if (stop - start - 1) * (until - other - 1) <= _MOST:
            yield from _common(a, b, _Window(start + 1, stop, other + 1, until))


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    last: Run | None = None
    for run in runs:
        if last and last.a + last.length == run.a and last.b + last.length == run.b:
            last = Run(last.a, last.b, last.length + run.length)
        else:
            if last:
                yield last
            last = run
    if last:
        yield last


def rising(values: Sequence[int]) -> list[int]:
    """Indices of a longest strictly rising subsequence (Fredman 1975), in time n log n."""
    ends: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        place = bisect_left(ends, value)
        before.append(at[place - 1] if place else -1)
        ends[place : place + 1] = [value]
        at[place : place + 1] = [index]
    found: list[int] = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


def alike(one: Counter[Hashable], other: Counter[Hashable]) -> float:
    """The share of words that two bags have in common (Dice 1945), or the contained share of the smaller, if larger."""
    sizes = one.total(), other.total()
    shared = _shared(one, other)
    whole = 2 * shared / max(1, sum(sizes))
    if min(sizes) >= _FEWEST_CONTAINED and shared >= _CONTAINED * min(sizes):
        return max(whole, IN_PLACE + 0.01)
    return whole


def _shared(one: Counter[Hashable], other: Counter[Hashable]) -> int:
    if len(one) > len(other):
        one, other = other, one
    return sum(min(count, other[word]) for word, count in one.items() if word in other)


def pairs(
    old: Sequence[Counter[Hashable]], new: Sequence[Counter[Hashable]], gaps: Sequence[tuple[int, int, int, int]]
) -> dict[int, int]:
    """Which bags of ``old`` are which of ``new``, changed.

    ``gaps`` are the places where bags without a partner face each other, as (start, stop) of old and of new. Pairs of
    one gap do not cross; one that would, or that leads elsewhere, needs more in common.
    """
    gap_of_old = {a: gap for gap in gaps for a in range(gap[0], gap[1])}
    gap_of_new = {b: gap for gap in gaps for b in range(gap[2], gap[3])}
    found = _Pairing(old, new)
    found.take(
        (
            (-alike(old[a], new[b]), abs((a - gap[0]) - (b - gap[2])), a, b)
            for gap in gaps
            if (gap[1] - gap[0]) * (gap[3] - gap[2]) <= _MOST_EACH
            for a in range(gap[0], gap[1])
            for b in range(gap[2], gap[3])
        ),
        gap_of_old,
        gap_of_new,
    )
    left = [a for a in range(len(old)) if a not in found.partner]
    right = [b for b in range(len(new)) if b not in found.taken]
    found.take(
        ((-alike(old[a], new[b]), abs(a - b), a, b) for a, b in _candidates(old, new, left, right)),
        gap_of_old,
        gap_of_new,
    )
    return found.partner


_Gap = tuple[int, int, int, int]


class _Pairing:
    """Pairs so far."""

    def __init__(self, old: Sequence[Counter[Hashable]], new: Sequence[Counter[Hashable]]) -> None:
        self._old, self._new = old, new
        self.partner: dict[int, int] = {}
        self.taken: set[int] = set()
        self._placed: dict[_Gap, list[tuple[int, int]]] = defaultdict(list)

    def take(
        self, scored: Iterable[tuple[float, int, int, int]], gap_of_old: dict[int, _Gap], gap_of_new: dict[int, _Gap]
    ) -> None:
        """Take pairs, those most alike first, where both sides are free and alike enough for the place."""
        for less, _, a, b in sorted(scored):
            if a in self.partner or b in self.taken or not self._old[a] or not self._new[b]:
                continue
            gap = gap_of_old.get(a)
            together = gap is not None and gap == gap_of_new.get(b) and not _crosses(self._placed[gap], a, b)
            alone = gap is not None and together and gap[1] - gap[0] == 1 == gap[3] - gap[2]
            if -less < (ALONE if alone else IN_PLACE if together else ELSEWHERE):
                continue
            self.partner[a] = b
            self.taken.add(b)
            if gap is not None and together:
                insort(self._placed[gap], (a, b))


def _crosses(placed: list[tuple[int, int]], a: int, b: int) -> bool:
    at = bisect_right(placed, (a, b))
    return bool((at and placed[at - 1][1] > b) or (at < len(placed) and placed[at][1] < b))


def _candidates(
    old: Sequence[Counter[Hashable]], new: Sequence[Counter[Hashable]], left: Sequence[int], right: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Pairs that share words which few others have."""
    if not left or not right:
        return
    where: dict[Hashable, list[int]] = defaultdict(list)
    for b in right:
        for word in new[b]:
            where[word].append(b)
    for a in left:
        votes: Counter[int] = Counter()
        for word in old[a]:
            found = where.get(word, ())
            if len(found) <= _COMMON_WORD:
                votes.update(found)
        if votes:
            yield from ((a, b) for b, _ in votes.most_common(_MOST_CANDIDATES))
