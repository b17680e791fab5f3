"""What was changed within one sentence: which words against which, and of what kind. Pure.

::

    old, new sentence ──lexemes──▶ keys ──common──▶ Hunk … ──numbers against numbers──▶ Hunk … ──▶ changes, pieces

Words are compared as keys, so that letter case, quotes and a number's writing do not count. Hunks that a few
unimportant words part become one (after Fraser, "Diff Strategies", 2006, semantic clean-up), but never across a number
or a time. A hunk is a change of number, name, negation, time or attribution if the whole sentence has one more or less
of these, or another; a sentence that is only turned round is reworded.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from news.alignment import common
from news.changekinds import Change, ChangeField, ChangeKind, Mark, Piece
from news.changerules import Rules
from news.lexemes import Lexeme, LexemeKind, lexemes, plain, same_words, weighty
from news.names import Names
from news.text import words
from news.times import AGO

#: lexemes between two hunks that are given up for one hunk
_GIVEN_UP: Final = 2
#: of the longest unit: percentage points
_UNIT_WORDS: Final = 3
#: numbers of the other side that a number may stand against
_NEAR: Final = 12
#: names of the other side that a name is compared with
_MOST_NAMES: Final = 60
#: of an addition that is nothing but one more clause
_CLAUSE: Final = 3
_SHORT: Final = 4


class Hunk(NamedTuple):
    """Lexemes of the old sentence against lexemes of the new; either may be none."""

    a0: int
    a1: int
    b0: int
    b1: int


class Side(NamedTuple):
    """One sentence as it is compared."""

    text: str
    lexemes: Sequence[Lexeme]

    def gap(self, at: int) -> str:
        """What stands before a lexeme; behind the last one for an index past it."""
        start = self.lexemes[at - 1].end if at else 0
        return self.text[start : self.lexemes[at].start] if at < len(self.lexemes) else self.text[start:]

    def written(self, start: int, stop: int) -> str:
        """The text of some lexemes, with what stands between them."""
        return self.text[self.lexemes[start].start : self.lexemes[stop - 1].end] if stop > start else ""


class Compared(NamedTuple):
    """What became of a sentence."""

    changes: tuple[Change, ...]
    pieces: tuple[Piece, ...]


class Wordings:
    """Compares sentences of two versions of one text."""

    def __init__(self, rules: Rules, names: Names) -> None:
        self._rules = rules
        self._names = names
        self._read: dict[str, tuple[Lexeme, ...]] = {}

    def read(self, sentence: str) -> tuple[Lexeme, ...]:
        """The lexemes of a sentence; it is read once."""
        found = self._read.get(sentence)
        if found is None:
            found = self._read[sentence] = lexemes(sentence, self._rules)
        return found

    def compare(self, old: str, new: str, field: ChangeField) -> Compared:
        """The changes within one sentence, and the pieces that make one of the other."""
        if old == new:
            return Compared((), (Piece(Mark.KEPT, old),) if old else ())
        if same_words(old, new):
            a, b = Side(old, plain(old)), Side(new, plain(new))
            return Compared(tuple(_set_anew(a, b, field)), tuple(_spliced(a, b, (), self._rules)))
        a, b = Side(old, self.read(old)), Side(new, self.read(new))
        hunks = _hunks(a, b)
        kinds = _Kinds(self._rules, self._names, a, b)
        found = [
            (kind, a.written(one.a0, one.a1), b.written(one.b0, one.b1)) for one in hunks for kind in kinds.of(one)
        ]
        trimmed = [_trimmed(self._rules, *one) for one in found]
        changes = [Change(kind, was, now, field, old) for kind, was, now in trimmed]
        if not changes:
            changes = list(_set_anew(a, b, field))
        return Compared(tuple(changes), tuple(_spliced(a, b, hunks, self._rules)))


def _hunks(a: Side, b: Side) -> list[Hunk]:
    """Where two sentences differ."""
    numbered: dict[str, int] = {}
    left = [numbered.setdefault(one.key, len(numbered)) for one in a.lexemes]
    right = [numbered.setdefault(one.key, len(numbered)) for one in b.lexemes]
    found: list[Hunk] = []
    a0 = b0 = 0
    for start, other, length in [*common(left, right), (len(left), len(right), 0)]:
        if start > a0 or other > b0:
            found.append(Hunk(a0, start, b0, other))
        a0, b0 = start + length, other + length
    return [part for one in _cleaned(a, b, found) for part in _against_each_other(a, b, one)]


def _cleaned(a: Side, b: Side, hunks: list[Hunk]) -> list[Hunk]:
    """Hunks with those made one that only a few unimportant words part."""
    kept: list[Hunk] = []
    for hunk in hunks:
        if kept and _one(a, b, kept[-1], hunk):
            kept[-1] = Hunk(kept[-1].a0, hunk.a1, kept[-1].b0, hunk.b1)
        else:
            kept.append(hunk)
    return kept


def _one(a: Side, b: Side, before: Hunk, after: Hunk) -> bool:
    between = a.lexemes[before.a1 : after.a0]
    if len(between) > _GIVEN_UP or any(
        one.kind is not LexemeKind.WORD or one.end - one.start >= _SHORT for one in between
    ):
        return False
    sizes = [max(one.a1 - one.a0, one.b1 - one.b0) for one in (before, after)]
    both = all(one.a1 > one.a0 and one.b1 > one.b0 for one in (before, after))
    special = any(_special(one) for h in (before, after) for one in [*a.lexemes[h.a0 : h.a1], *b.lexemes[h.b0 : h.b1]])
    return both and not special and min(sizes) > len(between)


def _special(one: Lexeme) -> bool:
    return one.kind is not LexemeKind.WORD and not one.weak


def _against_each_other(a: Side, b: Side, hunk: Hunk) -> Iterator[Hunk]:
    """Part a hunk so that each number stands against a number and each time against a time, in order."""
    left = [at for at in range(hunk.a0, hunk.a1) if a.lexemes[at].kind is not LexemeKind.WORD]
    right = [at for at in range(hunk.b0, hunk.b1) if b.lexemes[at].kind is not LexemeKind.WORD]
    a0, b0 = hunk.a0, hunk.b0
    for mine in left:
        at_least = bisect_left(right, b0)
        near = right[at_least : at_least + _NEAR]
        theirs = next((at for at in near if _opposed(a.lexemes[mine], b.lexemes[at])), None)
        if theirs is None:
            continue
        if mine > a0 or theirs > b0:
            yield Hunk(a0, mine, b0, theirs)
        yield Hunk(mine, mine + 1, theirs, theirs + 1)
        a0, b0 = mine + 1, theirs + 1
    if a0 < hunk.a1 or b0 < hunk.b1:
        yield Hunk(a0, hunk.a1, b0, hunk.b1)


def _opposed(one: Lexeme, other: Lexeme) -> bool:
    return one.kind is other.kind and not (one.weak and other.weak and one.key[:2] != other.key[:2])


class _Kinds:
    """Of what kind the hunks of one sentence are."""

    def __init__(self, rules: Rules, names: Names, a: Side, b: Side) -> None:
        self._rules = rules
        self._a, self._b = a, b
        self._keys = [one.key for one in a.lexemes], [one.key for one in b.lexemes]
        self._numbers = _unequal(*(Counter(_numbers(side)) for side in (a, b)))
        self._dates = _unequal(*(Counter(_dates(side)) for side in (a, b)))
        self._negations = tuple(_negations(keys, rules) for keys in self._keys)
        self._negated = len(self._negations[0]) != len(self._negations[1])
        self._sources = tuple(map(rules.attributions.all, self._keys))
        self._behind = {at for at, (_, kind) in self._sources[1].items() if kind == "source_behind"}
        counts = [Counter(kind.removesuffix("_behind") for _, kind in found.values()) for found in self._sources]
        self._attributed = set(counts[0] - counts[1]) | set(counts[1] - counts[0])
        self._known_names = names

    @cached_property
    def _names(self) -> tuple[frozenset[int], frozenset[int]]:
        """Where names stand, of either side, that the other has in no form."""
        names = self._known_names
        flags = names.flags(self._a.text, self._a.lexemes), names.flags(self._b.text, self._b.lexemes)
        present = frozenset(self._keys[0]), frozenset(self._keys[1])
        changed = []
        for mine, theirs in ((0, 1), (1, 0)):
            others = {self._keys[theirs][at] for at, flag in enumerate(flags[theirs]) if flag}
            if len(others) > _MOST_NAMES:
                others = set()
            found = {
                at
                for at, flag in enumerate(flags[mine])
                if flag
                and self._keys[mine][at] not in present[theirs]
                and not any(names.same(self._keys[mine][at], other) for other in others)
            }
            changed.append(frozenset(found))
        return changed[0], changed[1]

    def of(self, hunk: Hunk) -> tuple[ChangeKind, ...]:
        """The kinds of a hunk: all that are major, else the heaviest."""
        a, b = self._a.lexemes[hunk.a0 : hunk.a1], self._b.lexemes[hunk.b0 : hunk.b1]
        if len(a) == len(b) == 1 and a[0].kind is b[0].kind is LexemeKind.NUMBER:
            return (ChangeKind.NUMBER,)
        if len(a) == len(b) == 1 and a[0].kind is b[0].kind is LexemeKind.DATE:
            return (ChangeKind.BOILERPLATE,) if AGO in (a[0].key, b[0].key) else (ChangeKind.DATE,)
        attributed = self._is_attribution(hunk)
        clause = attributed and (not a or not b) and len(a) + len(b) >= _CLAUSE
        major = []
        if any(one.key in self._numbers for one in (*a, *b) if one.kind is LexemeKind.NUMBER):
            major.append(ChangeKind.NUMBER)
        if not clause and self._is_name(hunk):
            major.append(ChangeKind.NAME)
        if self._negated and any(self._has(hunk, self._negations[side], side) for side in (0, 1)):
            major.append(ChangeKind.NEGATION)
        if major:
            return tuple(major)
        if any(one.key in self._dates for one in (*a, *b) if one.kind is LexemeKind.DATE):
            return (ChangeKind.DATE,)
        if attributed:
            return (ChangeKind.ATTRIBUTION,)
        if (a or b) and all(one.key == AGO for one in (*a, *b)):
            return (ChangeKind.BOILERPLATE,)
        return (ChangeKind.REWORDED,)

    def _has(self, hunk: Hunk, places: frozenset[int], side: int) -> bool:
        start, stop = (hunk.a0, hunk.a1) if side == 0 else (hunk.b0, hunk.b1)
        return any(start <= at < stop for at in places)

    def _is_name(self, hunk: Hunk) -> bool:
        written = self._a.written(hunk.a0, hunk.a1) + self._b.written(hunk.b0, hunk.b1)
        if written.isascii() and written.islower():
            return False
        if self._has(hunk, self._names[0], 0) or self._has(hunk, self._names[1], 1):
            return True
        if not (self._a.lexemes and self._b.lexemes) or hunk.a0 == hunk.a1 or hunk.b0 == hunk.b1:
            return False
        return self._rules.language in ("ar", "zh") and self._beside_title(hunk)

    def _beside_title(self, hunk: Hunk) -> bool:
        """Whether a hunk of a script without capitals stands where a name stands: beside a kept title."""
        keys = self._keys[1]
        if self._rules.language == "ar":
            return hunk.b0 > 0 and keys[hunk.b0 - 1] in self._rules.titles
        around = ("".join(keys[max(0, hunk.b0 - 3) : hunk.b0]), "".join(keys[hunk.b1 : hunk.b1 + 3]))
        return any(around[0].endswith(title) or around[1].startswith(title) for title in self._rules.titles)

    def _is_attribution(self, hunk: Hunk) -> bool:
        sides = ((hunk.a0, hunk.a1), (hunk.b0, hunk.b1))
        for (start, stop), found in zip(sides, self._sources, strict=True):
            if any(
                start <= at < stop and kind.removesuffix("_behind") in self._attributed
                for at, (_, kind) in found.items()
            ):
                return True
        inside = [
            sum(length for at, (length, _) in found.items() if start <= at < stop)
            for (start, stop), found in zip(sides, self._sources, strict=True)
        ]
        if all(0 < length < stop - start for length, (start, stop) in zip(inside, sides, strict=True)):
            return True
        return hunk.a1 > hunk.a0 and hunk.b1 > hunk.b0 and self._is_source(hunk)

    def _is_source(self, hunk: Hunk) -> bool:
        """Whether a hunk stands where whoever says it is named."""
        for at, (length, kind) in self._sources[1].items():
            if at in self._behind and hunk.b1 == at:
                return True
            if kind == "hedge":
                continue
            inverted = kind == "source" or any(sign in self._b.gap(at) for sign in ",\"'”»“–—")
            if inverted and at + length <= hunk.b0 <= at + length + 1:
                return True
            if not inverted and hunk.b1 == at:
                return True
        return False


def _unequal(one: Counter[str], other: Counter[str]) -> frozenset[str]:
    return frozenset((one - other) + (other - one))


def _numbers(side: Side) -> Iterator[str]:
    return (one.key for one in side.lexemes if one.kind is LexemeKind.NUMBER and not one.weak)


def _dates(side: Side) -> Iterator[str]:
    return (one.key for one in side.lexemes if one.kind is LexemeKind.DATE and one.key != AGO)


def _negations(keys: Sequence[str], rules: Rules) -> frozenset[int]:
    found: set[int] = set()
    end = 0
    for at, (length, meaning) in rules.negations.all(keys).items():
        if at >= end:
            end = at + length
            if meaning:
                found.add(at)
    if (ending := rules.negation_ending) is not None:
        found |= {at for at, one in enumerate(keys) if ending.fullmatch(one)}
    return frozenset(found)


def _trimmed(rules: Rules, kind: ChangeKind, old: str, new: str) -> tuple[ChangeKind, str, str]:
    """A change of number without the unit that both have behind theirs."""
    cut = _same_unit(rules, old, new) if kind is ChangeKind.NUMBER else 0
    return kind, old[: len(old) - cut].rstrip(), new[: len(new) - cut].rstrip()


def _same_unit(rules: Rules, old: str, new: str) -> int:
    """Code points of the unit words that two numbers end with."""
    left, right = old.split(" "), new.split(" ")
    for count in range(min(_UNIT_WORDS, len(left) - 1, len(right) - 1), 0, -1):
        if left[-count:] == right[-count:] and _is_unit(rules, " ".join(left[-count:])):
            return len(" ".join(left[-count:])) + 1
    return 0


def _is_unit(rules: Rules, written: str) -> bool:
    keys = [found.surface.casefold() for found in words(written)]
    found = rules.numbers.units.at(keys, 0)
    return found is not None and found[0] == len(keys)


def _set_anew(a: Side, b: Side, field: ChangeField) -> Iterator[Change]:
    """The one change of a sentence whose words all stayed: what counts between them, or how it is set."""
    ago = [(one, other) for one, other in zip(a.lexemes, b.lexemes, strict=True) if one.key == AGO]
    for one, other in ago:
        was, now = a.text[one.start : one.end], b.text[other.start : other.end]
        if was != now:
            yield Change(ChangeKind.BOILERPLATE, was, now, field, a.text)
    places = [
        at
        for at in range(len(a.lexemes) + 1)
        if a.gap(at) != b.gap(at)
        or (at < len(a.lexemes) and a.lexemes[at].key != AGO and a.written(at, at + 1) != b.written(at, at + 1))
    ]
    if not places:
        return
    weighs = any(weighty(a.gap(at)) != weighty(b.gap(at)) for at in places)
    start, stop = max(0, places[0] - 1), min(len(a.lexemes), places[-1] + 1)
    if stop == len(a.lexemes):
        was, now = (side.text[side.lexemes[start].start if start and side.lexemes else 0 :].strip() for side in (a, b))
    elif start == 0:
        was, now = (side.text[: side.lexemes[stop - 1].end].strip() for side in (a, b))
    else:
        was, now = a.written(start, stop), b.written(start, stop)
    if was != now:
        yield Change(ChangeKind.REWORDED if weighs else ChangeKind.WHITESPACE, was, now, field, a.text)


def _spliced(a: Side, b: Side, hunks: Sequence[Hunk], rules: Rules) -> list[Piece]:
    """The pieces of a sentence, exact to the code point."""
    found: list[Piece] = []
    a0 = b0 = 0
    where = [0, 0]
    for hunk in [*hunks, Hunk(len(a.lexemes), len(a.lexemes), len(b.lexemes), len(b.lexemes))]:
        for left, right in zip(range(a0, hunk.a0), range(b0, hunk.b0), strict=True):
            one, other = a.lexemes[left], b.lexemes[right]
            found += _replaced(a.text[where[0] : one.start], b.text[where[1] : other.start])
            found += _whole(a.text[one.start : one.end], b.text[other.start : other.end])
            where = [one.end, other.end]
        if hunk.a1 > hunk.a0 or hunk.b1 > hunk.b0:
            was, now = a.written(hunk.a0, hunk.a1), b.written(hunk.b0, hunk.b1)
            cut = _same_unit(rules, was, now) if hunk.a1 - hunk.a0 == 1 == hunk.b1 - hunk.b0 else 0
            if was and now:
                found += _replaced(a.gap(hunk.a0), b.gap(hunk.b0))
                where = [a.lexemes[hunk.a0].start, b.lexemes[hunk.b0].start]
            ends = [
                a.lexemes[hunk.a1 - 1].end - cut if was else where[0],
                b.lexemes[hunk.b1 - 1].end - cut if now else where[1],
            ]
            found += _whole(a.text[where[0] : ends[0]], b.text[where[1] : ends[1]])
            where = ends
        a0, b0 = hunk.a1, hunk.b1
    found += _replaced(a.text[where[0] :], b.text[where[1] :])
    return joined(found)


def _whole(old: str, new: str) -> Iterator[Piece]:
    if old == new:
        yield Piece(Mark.KEPT, old)
    else:
        yield from (Piece(mark, text) for mark, text in ((Mark.REMOVED, old), (Mark.ADDED, new)) if text)


def _replaced(old: str, new: str) -> Iterator[Piece]:
    """One text instead of another, but for what both begin and end with outside of words."""
    if old == new:
        yield from (Piece(Mark.KEPT, old),) if old else ()
        return
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head] and not old[head].isalnum():
        head += 1
    tail = 0
    most = min(len(old), len(new)) - head
    while tail < most and old[-1 - tail] == new[-1 - tail] and not old[-1 - tail].isalnum():
        tail += 1
    if head:
        yield Piece(Mark.KEPT, old[:head])
    yield from _whole(old[head : len(old) - tail], new[head : len(new) - tail])
    if tail:
        yield Piece(Mark.KEPT, old[len(old) - tail :])


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces with neighbours of one mark made one, removed before added, and blanks behind what was only added."""
    runs: list[list[str]] = []
    for mark, text in pieces:
        if mark is Mark.KEPT:
            if not runs or runs[-1][1] or runs[-1][2]:
                runs.append(["", "", ""])
            runs[-1][0] += text
        else:
            if not runs:
                runs.append(["", "", ""])
            runs[-1][1 if mark is Mark.REMOVED else 2] += text
    for run, after in pairwise(runs):
        for mine, other in ((1, 2), (2, 1)):
            if run[mine][:1] == " " and not run[other] and after[0][:1] == " ":
                run[0], run[mine], after[0] = run[0] + " ", run[mine][1:] + " ", after[0][1:]
    found = []
    for run in runs:
        found += [
            Piece(mark, text) for mark, text in zip((Mark.KEPT, Mark.REMOVED, Mark.ADDED), run, strict=True) if text
        ]
    return _merged(found)


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].mark is piece.mark:
            found[-1] = Piece(piece.mark, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found
