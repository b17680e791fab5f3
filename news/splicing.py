"""The pieces that make one text of another, exact to the code point. Pure.

::

    two Sides, their hunks ──spliced──▶ Piece(kept), Piece(removed), Piece(added) …
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from news.changekinds import Mark, Piece
from news.changerules import Rules
from news.hunks import Hunk, Side
from news.text import words

#: of the longest unit: percentage points
_UNIT_WORDS: Final = 3


def kept(text: str) -> tuple[Piece, ...]:
    """A text that stays."""
    return (Piece(Mark.KEPT, text),) if text else ()


def exchanged(old: str, new: str) -> tuple[Piece, ...]:
    """One text instead of another; kept where they are equal."""
    if old == new:
        return kept(old)
    return tuple(Piece(mark, text) for mark, text in ((Mark.REMOVED, old), (Mark.ADDED, new)) if text)


def same_unit(rules: Rules, old: str, new: str) -> int:
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


def spliced(a: Side, b: Side, hunks: Sequence[Hunk], rules: Rules) -> list[Piece]:
    """The pieces of a sentence, exact to the code point."""
    found: list[Piece] = []
    a0 = b0 = 0
    where = [0, 0]
    for hunk in [*hunks, Hunk(len(a.lexemes), len(a.lexemes), len(b.lexemes), len(b.lexemes))]:
        if hunk.a0 > a0:
            found += _alike(a, b, where, Hunk(a0, hunk.a0, b0, hunk.b0))
            where = [a.lexemes[hunk.a0 - 1].end, b.lexemes[hunk.b0 - 1].end]
        if hunk.a1 > hunk.a0 or hunk.b1 > hunk.b0:
            was, now = a.written(hunk.a0, hunk.a1), b.written(hunk.b0, hunk.b1)
            cut = same_unit(rules, was, now) if hunk.a1 - hunk.a0 == 1 == hunk.b1 - hunk.b0 else 0
            if was and now:
                found += _replaced(a.gap(hunk.a0), b.gap(hunk.b0))
                where = [a.lexemes[hunk.a0].start, b.lexemes[hunk.b0].start]
            ends = [
                a.lexemes[hunk.a1 - 1].end - cut if was else where[0],
                b.lexemes[hunk.b1 - 1].end - cut if now else where[1],
            ]
            found += exchanged(a.text[where[0] : ends[0]], b.text[where[1] : ends[1]])
            where = ends
        a0, b0 = hunk.a1, hunk.b1
    found += _replaced(a.text[where[0] :], b.text[where[1] :])
    return joined(found)


def _alike(a: Side, b: Side, where: Sequence[int], run: Hunk) -> Iterator[Piece]:
    """Lexemes that say the same, which may be written otherwise; from where the pieces before them end."""
    old, new = a.text[where[0] : a.lexemes[run.a1 - 1].end], b.text[where[1] : b.lexemes[run.b1 - 1].end]
    if old == new:
        yield Piece(Mark.KEPT, old)
        return
    for left, right in zip(range(run.a0, run.a1), range(run.b0, run.b1), strict=True):
        one, other = a.lexemes[left], b.lexemes[right]
        yield from _replaced(a.text[where[0] : one.start], b.text[where[1] : other.start])
        yield from exchanged(a.text[one.start : one.end], b.text[other.start : other.end])
        where = (one.end, other.end)


def _replaced(old: str, new: str) -> Iterator[Piece]:
    """One text instead of another, but for what both begin and end with outside of words."""
    if old == new:
        yield from kept(old)
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
    yield from exchanged(old[head : len(old) - tail], new[head : len(new) - tail])
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
