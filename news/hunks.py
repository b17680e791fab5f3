"""Where two sentences differ, word by word. Pure.

::

    two Sides ──common keys──▶ Hunk … ──small ones made one──▶ ──number against number, time against time──▶ Hunk …
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from news.alignment import common
from news.lexemes import Lexeme, LexemeKind

#: lexemes between two hunks that are given up for one hunk
_GIVEN_UP: Final = 2
#: numbers of the other side that a number may stand against
_NEAR: Final = 12
#: letters of a word that may be given up, and fewer
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


def differing(a: Side, b: Side) -> list[Hunk]:
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
