"""Two versions of one article → classified changes and the diff that makes one of the other. Pure.

::

    old, new ──lines──▶ equal lines aside ──sentences──▶ equal ones aside ──▶ moved, changed, gone, come
                                                         changed ──words (news.wordings)──▶ changes, pieces

Nothing is decided by a percentage of the text. Lines, then sentences, are aligned as wholes (``news.alignment``); what
is left is paired by shared words, in place first; a pair that crosses others is a sentence that moved. A sentence that
was parted or joined is compared with all its parts. Only sentences that changed are read word by word, so the cost is
that of what changed. Adverts, related links, counters and their like (``news.boilerplate``) weigh nothing, a correction
note weighs as one, wherever it came or went.

No input raises. Sentences are bounded in length, alignments in cost, and what is beyond them is gone and come.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from news.alignment import Run, common, pairs, rising
from news.boilerplate import is_boilerplate, is_correction
from news.changekinds import Change, ChangeField, ChangeKind, Diff, Mark, Passage, Piece, Weight
from news.changerules import Rules, rules_of
from news.languages import detect
from news.lexemes import LexemeKind, same_words
from news.names import Names
from news.sentences import Span, lines, sentences
from news.wordings import Compared, Wordings, joined

#: numbers pair with numbers and times with times, whichever
_LIKE: Final = {LexemeKind.NUMBER: "#", LexemeKind.DATE: "@"}
#: lines above a line that are looked at for a heading of links
_ABOVE: Final = 14
#: a neighbour of fewer words, such as a heading, is part of a sentence only as a whole
_PART_WORDS: Final = 3
#: share of a neighbour's words that a sentence has beyond its own partner's, from which it contains it
_PART: Final = 0.75


@dataclass(frozen=True, slots=True)
class Version:
    """What one revision of an article says."""

    title: str
    text: str


def compare(old: Version, new: Version, language: str | None = None) -> Diff:
    """The classified difference of two versions; no passages where they are equal.

    ``language`` is a BCP 47 tag; where it is None the new text tells it.
    """
    if old == new:
        return Diff((), _kept(old.title), _kept(old.text))
    rules = rules_of(language or detect(new.text or new.title) or detect(old.text))
    wordings = Wordings(rules, Names(rules, (old.text, new.text)))
    if _gone(old, new):
        whole = Change(ChangeKind.DELETED, old.title or _first_line(old.text), "", ChangeField.TEXT, old.title)
        head = _exchanged(old.title, new.title)
        return Diff((Passage(ChangeField.TEXT, (whole,), head),), head, _exchanged(old.text, new.text))
    body = _Bodies(old.text, new.text, rules, wordings)
    passages = tuple(body.passages())
    title = wordings.compare(old.title, new.title, ChangeField.TITLE)
    headline = _headline(old, new, title, [change for passage in passages for change in passage.changes])
    first = (Passage(ChangeField.TITLE, headline, title.pieces),) if headline else ()
    return Diff((*first, *passages), title.pieces, tuple(body.pieces()))


def _gone(old: Version, new: Version) -> bool:
    return bool(old.text.strip()) and not new.text.strip()


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()


def _kept(text: str) -> tuple[Piece, ...]:
    return (Piece(Mark.KEPT, text),) if text else ()


def _exchanged(old: str, new: str) -> tuple[Piece, ...]:
    if old == new:
        return _kept(old)
    return tuple(Piece(mark, text) for mark, text in ((Mark.REMOVED, old), (Mark.ADDED, new)) if text)


def _headline(old: Version, new: Version, title: Compared, others: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of a title: how it is set is none; else it is one change, with the numbers that no sentence told."""
    if all(change.kind in (ChangeKind.WHITESPACE, ChangeKind.BOILERPLATE) for change in title.changes):
        return title.changes
    told = {(change.old, change.new) for change in others if change.kind is ChangeKind.NUMBER}
    numbers = [
        change for change in title.changes if change.kind is ChangeKind.NUMBER and (change.old, change.new) not in told
    ]
    return (
        Change(ChangeKind.HEADLINE, old.title.strip(), new.title.strip(), ChangeField.TITLE, old.title or new.title),
        *numbers,
    )


class _Body:
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

    def furniture(self, at: int) -> bool:
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
class _Pair:
    """Units of the old text and the units of the new that they are."""

    a0: int
    a1: int
    b0: int
    b1: int
    moved: bool = False


class _Bodies:
    """Two texts aligned."""

    def __init__(self, old: str, new: str, rules: Rules, wordings: Wordings) -> None:
        self._a, self._b = _Body(old, rules), _Body(new, rules)
        self._rules = rules
        self._wordings = wordings
        self._bags: tuple[dict[int, Counter[Hashable]], ...] = ({}, {})
        self._furniture: tuple[dict[int, bool], ...] = ({}, {})
        #: stretches of text that were only set anew
        self._reset: list[_Pair] = []
        runs = self._by_line()
        self._equal = runs
        self._pairs = [*self._changed(runs), *self._reset]
        self._compared = {id(pair): self._compare(pair) for pair in self._pairs}

    def _by_line(self) -> list[Run]:
        """Cut both texts into units; return those that are equal as written, in order."""
        a, b = self._a, self._b
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
        first = len(self._a.units), len(self._b.units)
        if a0 < a1 and b0 < b1 and same_words(self._a.stretch(a0, a1), self._b.stretch(b0, b1)):
            self._a.add_stretch(a0, a1)
            self._b.add_stretch(b0, b1)
            self._reset.append(_Pair(first[0], first[0] + 1, first[1], first[1] + 1))
            return
        self._a.add_sentences(a0, a1)
        self._b.add_sentences(b0, b1)
        if a0 == a1 or b0 == b1:
            return
        numbered: dict[str, int] = {}
        rows = [
            [numbered.setdefault(one.said(at), len(numbered)) for at in range(start, len(one.units))]
            for one, start in zip((self._a, self._b), first, strict=True)
        ]
        for run in common(*rows):
            yield Run(first[0] + run.a, first[1] + run.b, run.length)

    def _gaps(self, runs: Sequence[Run]) -> list[tuple[int, int, int, int]]:
        a0 = b0 = 0
        found = []
        known = [*runs, *(Run(pair.a0, pair.b0, 1) for pair in self._reset)]
        for start, other, length in [*sorted(known), Run(len(self._a.units), len(self._b.units), 0)]:
            if start > a0 or other > b0:
                found.append((a0, start, b0, other))
            a0, b0 = start + length, other + length
        return found

    def _changed(self, runs: Sequence[Run]) -> list[_Pair]:
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
        return tuple(one.key for one in self._wordings.read((self._a, self._b)[side].said(at)))

    def _bag(self, side: int, at: int) -> Counter[Hashable]:
        """The words by which a sentence finds its partner: notes and boilerplate only find their like."""
        known = self._bags[side].get(at)
        if known is None:
            said = (self._a, self._b)[side].said(at)
            kind = "boilerplate" if self._is_furniture(side, at) else "note" if is_correction(said, self._rules) else ""
            words: list[Hashable] = [_LIKE.get(one.kind, one.key) for one in self._wordings.read(said)]
            known = self._bags[side][at] = Counter([(kind, word) for word in words] if kind else words)
        return known

    def _is_furniture(self, side: int, at: int) -> bool:
        known = self._furniture[side].get(at)
        if known is None:
            known = self._furniture[side][at] = (self._a, self._b)[side].furniture(at)
        return known

    def _placed(self, partner: dict[int, int], runs: Sequence[Run]) -> list[_Pair]:
        """Pairs in order, and which of them moved: those outside a longest rising order with the equal ones."""
        starts = [(run.a, run.b) for run in runs] + [(pair.a0, pair.b0) for pair in self._reset]
        rows = sorted([*partner.items(), *starts])
        fixed = set(starts)
        backbone = self._backbone(rows, fixed)
        return [_Pair(a, a + 1, b, b + 1, moved=(a, b) not in backbone) for a, b in rows if (a, b) not in fixed]

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

    def _with_parts(self, placed: list[_Pair], gone: set[int], come: set[int]) -> list[_Pair]:
        """Let a pair take in neighbours without a partner that its other side contains."""
        for pair in placed:
            if pair.moved:
                continue
            for step in (1, -1):
                while self._takes(pair, step, 1, come) or self._takes(pair, step, 0, gone):
                    pass
        return placed

    def _takes(self, pair: _Pair, step: int, side: int, free: set[int]) -> bool:
        """Whether a pair took in the unit behind it or before it, of the side given."""
        at = (pair.b1 if step > 0 else pair.b0 - 1) if side else (pair.a1 if step > 0 else pair.a0 - 1)
        if at not in free or self._is_furniture(side, at):
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

    def _words(self, pair: _Pair, side: int) -> Counter[Hashable]:
        found: Counter[Hashable] = Counter()
        for at in range(pair.b0, pair.b1) if side else range(pair.a0, pair.a1):
            found += self._bag(side, at)
        return found

    def _compare(self, pair: _Pair) -> Passage:
        old, new = self._a.said(pair.a0, pair.a1), self._b.said(pair.b0, pair.b1)
        compared = self._wordings.compare(old, new, ChangeField.TEXT)
        changes = compared.changes
        if all(change.weight is Weight.NONE for change in changes) and not pair.moved:
            return Passage(ChangeField.TEXT, changes, compared.pieces)
        if self._is_furniture(0, pair.a0) and self._is_furniture(1, pair.b0):
            changes = (Change(ChangeKind.BOILERPLATE, old, new, ChangeField.TEXT, old),)
        elif pair.moved:
            changes = (Change(ChangeKind.MOVED, old, new, ChangeField.TEXT, old), *changes)
        elif is_correction(new, self._rules) != is_correction(old, self._rules):
            changes = (Change(ChangeKind.CORRECTION, old, new, ChangeField.TEXT, old), *changes)
        return Passage(ChangeField.TEXT, changes, compared.pieces)

    def _alone(self, side: int, at: int) -> Passage:
        """A sentence that is gone, or has come."""
        said = (self._a, self._b)[side].said(at)
        if not self._wordings.read(said):
            kind = ChangeKind.WHITESPACE
        elif self._is_furniture(side, at):
            kind = ChangeKind.BOILERPLATE
        elif is_correction(said, self._rules):
            kind = ChangeKind.CORRECTION
        else:
            kind = ChangeKind.SENTENCE_ADDED if side else ChangeKind.SENTENCE_REMOVED
        old, new = ("", said) if side else (said, "")
        change = Change(kind, old, new, ChangeField.TEXT, said)
        return Passage(ChangeField.TEXT, (change,), (Piece(Mark.ADDED if side else Mark.REMOVED, said),))

    def _steps(self) -> Iterator[_Pair]:
        """Both texts as one row: pairs that stayed, and between them what went, then what came (one side empty)."""
        stay = [_Pair(run.a, run.a + run.length, run.b, run.b + run.length) for run in self._equal]
        stay += [pair for pair in self._pairs if not pair.moved]
        stay.sort(key=lambda pair: pair.a0)
        a0 = b0 = 0
        for pair in [*stay, _Pair(len(self._a.units), len(self._a.units), len(self._b.units), len(self._b.units))]:
            for at in range(a0, pair.a0):
                yield _Pair(at, at + 1, pair.b0, pair.b0)
            for at in range(b0, pair.b0):
                yield _Pair(pair.a0, pair.a0, at, at + 1)
            if pair.a1 > pair.a0:
                yield pair
            a0, b0 = pair.a1, pair.b1

    def passages(self) -> Iterator[Passage]:
        """What changed, in order; how paragraphs and blanks are set as one at the end."""
        moved = {pair.b0: pair for pair in self._pairs if pair.moved}
        away = {pair.a0 for pair in self._pairs if pair.moved}
        for step in self._steps():
            if id(step) in self._compared:
                found = self._compared[id(step)]
                if found.changes:
                    yield found
            elif step.a0 == step.a1 and step.b0 in moved:
                yield self._compared[id(moved[step.b0])]
            elif step.a0 == step.a1 and self._b.said(step.b0):
                yield self._alone(1, step.b0)
            elif step.b0 == step.b1 and step.a0 not in away and self._a.said(step.a0):
                yield self._alone(0, step.a0)
        yield from self._set_anew()

    def _set_anew(self) -> Iterator[Passage]:
        """The first place where only what stands between sentences differs."""
        for run in self._equal:
            for at in range(run.length):
                a, b = run.a + at, run.b + at
                if self._a.blank(a) == self._b.blank(b) or (a + 1 == len(self._a.units)) != (
                    b + 1 == len(self._b.units)
                ):
                    continue
                old, new = self._around(self._a, a), self._around(self._b, b)
                if old == new:
                    continue
                change = Change(ChangeKind.WHITESPACE, old, new, ChangeField.TEXT, self._a.said(a))
                yield Passage(ChangeField.TEXT, (change,), joined_exchange(old, new))
                return

    @staticmethod
    def _around(body: _Body, at: int) -> str:
        """The blanks behind a unit, with the words on either side."""
        before = body.said(at).rsplit(None, 1)[-1:]
        after = body.said(at + 1).split(None, 1)[:1] if at + 1 < len(body.units) else []
        return "".join([*before, body.blank(at), *after])

    def pieces(self) -> list[Piece]:
        """The whole diff, exact to the code point."""
        found: list[Piece] = []
        for step in self._steps():
            a, b = self._a, self._b
            if step.a0 == step.a1:
                found.append(Piece(Mark.ADDED, b.text[b.units[step.b0].start : b.units[step.b0].end]))
            elif step.b0 == step.b1:
                found.append(Piece(Mark.REMOVED, a.text[a.units[step.a0].start : a.units[step.a0].end]))
            elif id(step) in self._compared:
                found += _led(a, b, step)
                found += self._compared[id(step)].pieces
                found += _exchanged(a.blank(step.a1 - 1), b.blank(step.b1 - 1))
            else:
                found += _unchanged(a, b, step)
        return joined(found)


def _parts_twice(found: Sequence[Run], old: int, new: int) -> bool:
    """Whether what is common leaves more than one place where two sequences differ."""
    a0 = b0 = places = 0
    for start, other, length in [*found, Run(old, new, 0)]:
        places += start > a0 or other > b0
        a0, b0 = start + length, other + length
    return places > 1


def joined_exchange(old: str, new: str) -> tuple[Piece, ...]:
    """One stretch of text instead of another, as pieces."""
    return tuple(joined(_exchanged(old, new)))


def _led(a: _Body, b: _Body, pair: _Pair) -> tuple[Piece, ...]:
    """The blanks before a unit: those at the beginning of a text."""
    return _exchanged(_blanks(a, pair.a0), _blanks(b, pair.b0))


def _blanks(body: _Body, at: int) -> str:
    written = body.text[body.units[at].start : body.units[at].stop]
    return written[: len(written) - len(written.lstrip())]


def _unchanged(a: _Body, b: _Body, run: _Pair) -> Iterator[Piece]:
    """Units that are equal as written, with the blanks around them, which may not be."""
    whole = a.text[a.units[run.a0].start : a.units[run.a1 - 1].end]
    if whole == b.text[b.units[run.b0].start : b.units[run.b1 - 1].end]:
        yield Piece(Mark.KEPT, whole)
        return
    for one, other in zip(range(run.a0, run.a1), range(run.b0, run.b1), strict=True):
        yield from _exchanged(_blanks(a, one), _blanks(b, other))
        if said := a.said(one):
            yield Piece(Mark.KEPT, said)
        yield from _exchanged(a.blank(one), b.blank(other))


def applied(old: str, pieces: Sequence[Piece]) -> str:
    """The new text that a diff makes of the old one; ValueError where the diff is not of this text."""
    if "".join(piece.text for piece in pieces if piece.mark is not Mark.ADDED) != old:
        raise ValueError("the diff is of another text")
    return "".join(piece.text for piece in pieces if piece.mark is not Mark.REMOVED)
