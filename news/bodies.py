"""Two texts cut into units, and which unit of one is which of the other. Pure.

::

    old, new ──lines──▶ equal runs ──sentences between──▶ equal runs ──the same elsewhere──▶ ──shared words──▶ Pair …

A unit is a line that both texts have, a sentence of a line that only one has, or a stretch of lines that was only set
anew. A pair that crosses what kept its order has moved. A sentence that was parted or joined takes in the neighbours
that its other side contains.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from news.alignment import Run, common, pairs, rising
from news.boilerplate import is_boilerplate, is_correction
from news.changerules import Rules
from news.lexemes import LexemeKind, same_words
from news.sentences import Span, lines, sentences
from news.wordings import Wordings

#: numbers pair with numbers and times with times, whichever
_LIKE: Final = {LexemeKind.NUMBER: "#", LexemeKind.DATE: "@"}
#: lines above a line that are looked at for a heading of links
_ABOVE: Final = 14
#: a neighbour of fewer words, such as a heading, is part of a sentence only as a whole
_PART_WORDS: Final = 3
#: share of a neighbour's words that a sentence has beyond its own partner's, from which it contains it
_PART: Final = 0.75


class Body:
    """One text in sentences; lines that both texts have count as one."""

    def __init__(self, text: str, rules: Rules) -> None:
        self.text = text
        self.rules = rules
        self.lines = lines(text)
        self.units: list[Span] = []
        #: for each unit the number of its line
        self.line_of: list[int] = []

    def add_line(self, number: int) -> None:
        """Take a line as one unit."""
        self.units.append(self.lines[number])
        self.line_of.append(number)

    def add_sentences(self, start: int, stop: int) -> None:
        """Take the sentences of some lines."""
        for number in range(start, stop):
            for span in sentences(self.text, self.lines[number], self.rules):
                self.units.append(span)
                self.line_of.append(number)

    def stretch(self, start: int, stop: int) -> str:
        """The text of some lines."""
        return self.text[self.lines[start].start : self.lines[stop - 1].end]

    def add_stretch(self, start: int, stop: int) -> None:
        """Take some lines as one unit."""
        self.units.append(Span(self.lines[start].start, self.lines[stop - 1].stop, self.lines[stop - 1].end))
        self.line_of.append(start)

    def said(self, start: int, stop: int | None = None) -> str:
        """The text of a unit, or of several, without the blanks behind it."""
        return self.text[self.units[start].start : self.units[(stop or start + 1) - 1].stop].lstrip()

    def blank(self, at: int) -> str:
        """What stands behind a unit."""
        return self.text[self.units[at].stop : self.units[at].end]

    def boilerplate(self, at: int) -> bool:
        """Whether a unit, or the line that it stands in, is none of the article's own."""
        line = self.line_of[at]
        written, said = self._line(line), self.said(at)
        above = (self._line(number) for number in range(line - 1, max(-1, line - _ABOVE), -1))
        if is_boilerplate(written, self.rules, above):
            return True
        return said != written and is_boilerplate(said, self.rules)

    def _line(self, number: int) -> str:
        return self.text[self.lines[number].start : self.lines[number].stop].strip()


@dataclass(slots=True)
class Pair:
    """Units of the old text and the units of the new that they are."""

    a0: int
    a1: int
    b0: int
    b1: int
    moved: bool = False


class Bodies:
    """Two texts aligned."""

    def __init__(self, old: str, new: str, rules: Rules, wordings: Wordings) -> None:
        self.a, self.b = Body(old, rules), Body(new, rules)
        self._rules = rules
        self._wordings = wordings
        self._bags: tuple[dict[int, Counter[Hashable]], ...] = ({}, {})
        self._boilerplate: tuple[dict[int, bool], ...] = ({}, {})
        #: stretches of text that were only set anew
        self._reset: list[Pair] = []
        runs = self._by_line()
        self.equal = runs
        self.pairs = [*self._changed(runs), *self._reset]

    def _by_line(self) -> list[Run]:
        """Cut both texts into units; return those that are equal as written, in order."""
        a, b = self.a, self.b
        numbered: dict[str, int] = {}
        rows = [
            [numbered.setdefault(one.text[line.start : line.stop].strip(), len(numbered)) for line in one.lines]
            for one in (a, b)
        ]
        equal: list[Run] = []
        a0 = b0 = 0
        found = common(*rows)
        if _parts_twice(found, *map(len, rows)) and same_words(a.text, b.text):
            # Lines between are equal by chance: nothing but the paragraphs changed.
            found = []
        for start, other, length in [*found, Run(len(rows[0]), len(rows[1]), 0)]:
            equal += self._by_sentence(a0, start, b0, other)
            if length:
                equal.append(Run(len(a.units), len(b.units), length))
                for at in range(length):
                    a.add_line(start + at)
                    b.add_line(other + at)
            a0, b0 = start + length, other + length
        return equal

    def _by_sentence(self, a0: int, a1: int, b0: int, b1: int) -> Iterator[Run]:
        """Cut lines that differ into sentences, and find the equal ones."""
        first = len(self.a.units), len(self.b.units)
        if a0 < a1 and b0 < b1 and same_words(self.a.stretch(a0, a1), self.b.stretch(b0, b1)):
            self.a.add_stretch(a0, a1)
            self.b.add_stretch(b0, b1)
            self._reset.append(Pair(first[0], first[0] + 1, first[1], first[1] + 1))
            return
        self.a.add_sentences(a0, a1)
        self.b.add_sentences(b0, b1)
        if a0 == a1 or b0 == b1:
            return
        numbered: dict[str, int] = {}
        rows = [
            [numbered.setdefault(one.said(at), len(numbered)) for at in range(start, len(one.units))]
            for one, start in zip((self.a, self.b), first, strict=True)
        ]
        for run in common(*rows):
            yield Run(first[0] + run.a, first[1] + run.b, run.length)

    def _gaps(self, runs: Sequence[Run]) -> list[tuple[int, int, int, int]]:
        a0 = b0 = 0
        found = []
        known = [*runs, *(Run(pair.a0, pair.b0, 1) for pair in self._reset)]
        for start, other, length in [*sorted(known), Run(len(self.a.units), len(self.b.units), 0)]:
            if start > a0 or other > b0:
                found.append((a0, start, b0, other))
            a0, b0 = start + length, other + length
        return found

    def _changed(self, runs: Sequence[Run]) -> list[Pair]:
        """Pair what has no equal: the same elsewhere, then what shares words."""
        gaps = self._gaps(runs)
        loose = (
            [at for a0, a1, _, _ in gaps for at in range(a0, a1)],
            [at for _, _, b0, b1 in gaps for at in range(b0, b1)],
        )
        partner = self._same_elsewhere(*loose)
        left = [at for at in loose[0] if at not in partner]
        taken = set(partner.values())
        right = [at for at in loose[1] if at not in taken]
        places = {at: index for index, at in enumerate(left)}, {at: index for index, at in enumerate(right)}
        inner = []
        for a0, a1, b0, b1 in gaps:
            mine = [places[0][at] for at in range(a0, a1) if at in places[0]]
            theirs = [places[1][at] for at in range(b0, b1) if at in places[1]]
            if mine and theirs:
                inner.append((mine[0], mine[-1] + 1, theirs[0], theirs[-1] + 1))
        found = pairs([self._bag(0, at) for at in left], [self._bag(1, at) for at in right], inner)
        partner |= {left[mine]: right[theirs] for mine, theirs in found.items()}
        return self._with_parts(
            self._placed(partner, runs), set(left) - partner.keys(), set(right) - set(partner.values())
        )

    def _same_elsewhere(self, left: Sequence[int], right: Sequence[int]) -> dict[int, int]:
        """Sentences with the same words that stand elsewhere, or are set otherwise; in order where several are."""
        where: dict[Hashable, list[int]] = {}
        for at in reversed(right):
            where.setdefault(self._said_as(1, at), []).append(at)
        found = {}
        for at in left:
            if (said := self._said_as(0, at)) and (same := where.get(said)):
                found[at] = same.pop()
        return found

    def _said_as(self, side: int, at: int) -> Hashable:
        return tuple(one.key for one in self._wordings.read((self.a, self.b)[side].said(at)))

    def _bag(self, side: int, at: int) -> Counter[Hashable]:
        """The words by which a sentence finds its partner: notes and boilerplate only find their like."""
        known = self._bags[side].get(at)
        if known is None:
            said = (self.a, self.b)[side].said(at)
            kind = (
                "boilerplate" if self.is_boilerplate(side, at) else "note" if is_correction(said, self._rules) else ""
            )
            words: list[Hashable] = [_LIKE.get(one.kind, one.key) for one in self._wordings.read(said)]
            known = self._bags[side][at] = Counter([(kind, word) for word in words] if kind else words)
        return known

    def is_boilerplate(self, side: int, at: int) -> bool:
        """Whether a unit of the old text (0) or the new one (1) is none of the article's own."""
        known = self._boilerplate[side].get(at)
        if known is None:
            known = self._boilerplate[side][at] = (self.a, self.b)[side].boilerplate(at)
        return known

    def _placed(self, partner: dict[int, int], runs: Sequence[Run]) -> list[Pair]:
        """Pairs in order, and which of them moved: those outside a longest rising order with the equal ones."""
        starts = [(run.a, run.b) for run in runs] + [(pair.a0, pair.b0) for pair in self._reset]
        rows = sorted([*partner.items(), *starts])
        fixed = set(starts)
        backbone = self._backbone(rows, fixed)
        return [Pair(a, a + 1, b, b + 1, moved=(a, b) not in backbone) for a, b in rows if (a, b) not in fixed]

    @staticmethod
    def _backbone(rows: Sequence[tuple[int, int]], fixed: set[tuple[int, int]]) -> set[tuple[int, int]]:
        """The pairs that keep their order among themselves and with all that is equal."""
        kept: set[tuple[int, int]] = set()
        start, low = 0, -1
        bounds = [at for at, row in enumerate(rows) if row in fixed]
        for stop in [*bounds, len(rows)]:
            high = rows[stop][1] if stop < len(rows) else None
            inside = [row for row in rows[start:stop] if row[1] > low and (high is None or row[1] < high)]
            kept.update(inside[at] for at in rising([b for _, b in inside]))
            if stop < len(rows):
                low = rows[stop][1]
            start = stop + 1
        return kept

    def _with_parts(self, placed: list[Pair], gone: set[int], come: set[int]) -> list[Pair]:
        """Let a pair take in neighbours without a partner that its other side contains."""
        for pair in placed:
            if pair.moved:
                continue
            for step in (1, -1):
                while self._takes(pair, step, 1, come) or self._takes(pair, step, 0, gone):
                    pass
        return placed

    def _takes(self, pair: Pair, step: int, side: int, free: set[int]) -> bool:
        """Whether a pair took in the unit behind it or before it, of the side given."""
        at = (pair.b1 if step > 0 else pair.b0 - 1) if side else (pair.a1 if step > 0 else pair.a0 - 1)
        if at not in free or self.is_boilerplate(side, at):
            return False
        bag = self._bag(side, at)
        mine, theirs = self._words(pair, side), self._words(pair, 1 - side)
        spare = theirs - mine
        least = _PART * bag.total() if bag.total() >= _PART_WORDS else bag.total()
        if not bag or (bag & spare).total() < least:
            return False
        free.discard(at)
        if side:
            pair.b0, pair.b1 = min(pair.b0, at), max(pair.b1, at + 1)
        else:
            pair.a0, pair.a1 = min(pair.a0, at), max(pair.a1, at + 1)
        return True

    def _words(self, pair: Pair, side: int) -> Counter[Hashable]:
        found: Counter[Hashable] = Counter()
        for at in range(pair.b0, pair.b1) if side else range(pair.a0, pair.a1):
            found += self._bag(side, at)
        return found


def _parts_twice(found: Sequence[Run], old: int, new: int) -> bool:
    """Whether what is common leaves more than one place where two sequences differ."""
    a0 = b0 = places = 0
    for start, other, length in [*found, Run(old, new, 0)]:
        places += start > a0 or other > b0
        a0, b0 = start + length, other + length
    return places > 1
