"""What was changed within one sentence: which words against which, and of what kind. Pure.

::

    old, new sentence ──lexemes──▶ keys ──common──▶ Hunk … ──numbers against numbers──▶ Hunk … ──▶ changes, pieces

Words are compared as keys, so that letter case, quotes and a number's writing do not count. Hunks that a few
unimportant words part become one (after Fraser, "Diff Strategies", 2006, semantic clean-up), but never across a number
or a time. A hunk is a change of number, name, negation, time or attribution if the whole sentence has one more or less
of these, or another; a sentence that is only turned round is reworded.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from news.changekinds import Change, ChangeField, ChangeKind, Piece
from news.changerules import Rules
from news.hunks import Hunk, Side, differing
from news.lexemes import Lexeme, LexemeKind, lexemes, plain, same_words, weighty
from news.names import Names
from news.splicing import kept, same_unit, spliced
from news.times import AGO

#: names of the other side that a name is compared with
_MOST_NAMES: Final = 60
#: of an addition that is nothing but one more clause
_CLAUSE: Final = 3


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
            return Compared((), kept(old))
        if same_words(old, new):
            a, b = Side(old, plain(old)), Side(new, plain(new))
            return Compared(tuple(_set_anew(a, b, field)), tuple(spliced(a, b, (), self._rules)))
        a, b = Side(old, self.read(old)), Side(new, self.read(new))
        hunks = differing(a, b)
        kinds = _Kinds(self._rules, self._names, a, b)
        found = [
            (kind, a.written(one.a0, one.a1), b.written(one.b0, one.b1)) for one in hunks for kind in kinds.of(one)
        ]
        trimmed = [_trimmed(self._rules, *one) for one in found]
        changes = [Change(kind, was, now, field, old) for kind, was, now in trimmed]
        if not changes:
            changes = list(_set_anew(a, b, field))
        return Compared(tuple(changes), tuple(spliced(a, b, hunks, self._rules)))


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
        if self._is_negation(hunk):
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

    def _is_negation(self, hunk: Hunk) -> bool:
        """Whether a hunk makes a sentence say no, or yes: "not" alone always does, also before "only"."""
        alone = self._keys[0][hunk.a0 : hunk.a1] or self._keys[1][hunk.b0 : hunk.b1]
        if (hunk.a0 == hunk.a1 or hunk.b0 == hunk.b1) and all(map(self._denies, alone)):
            # One that only stands elsewhere in the sentence denies nothing more.
            counts = [sum(map(self._denies, keys)) for keys in self._keys]
            return bool(alone) and counts[0] != counts[1]
        return self._negated and any(self._has(hunk, self._negations[side], side) for side in (0, 1))

    def _denies(self, word: str) -> bool:
        found = self._rules.negations.at([word], 0)
        return found is not None and bool(found[1])

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
    cut = same_unit(rules, old, new) if kind is ChangeKind.NUMBER else 0
    return kind, old[: len(old) - cut].rstrip(), new[: len(new) - cut].rstrip()


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
