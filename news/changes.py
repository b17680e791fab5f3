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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from news.bodies import Bodies, Body, Pair
from news.boilerplate import is_correction
from news.changekinds import Change, ChangeField, ChangeKind, Diff, Mark, Passage, Piece, Weight
from news.changerules import Rules, rules_of
from news.languages import detect
from news.names import Names
from news.splicing import exchanged, joined, kept
from news.wordings import Compared, Wordings

#: code points that tell a language
_LEAD: Final = 400


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
        return Diff((), kept(old.title), kept(old.text))
    rules = rules_of(language or detect((new.text or new.title)[:_LEAD]) or detect(old.text[:_LEAD]))
    wordings = Wordings(rules, Names(rules, (old.text, new.text)))
    if _gone(old, new):
        whole = Change(ChangeKind.DELETED, old.title or _first_line(old.text), "", ChangeField.TEXT, old.title)
        head = exchanged(old.title, new.title)
        return Diff((Passage(ChangeField.TEXT, (whole,), head),), head, exchanged(old.text, new.text))
    body = _Telling(Bodies(old.text, new.text, rules, wordings), rules, wordings)
    passages = tuple(body.passages())
    title = wordings.compare(old.title, new.title, ChangeField.TITLE)
    headline = _headline(old, new, title, [change for passage in passages for change in passage.changes])
    first = (Passage(ChangeField.TITLE, headline, title.pieces),) if headline else ()
    return Diff((*first, *passages), title.pieces, tuple(body.pieces()))


def _gone(old: Version, new: Version) -> bool:
    return bool(old.text.strip()) and not new.text.strip()


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()


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


class _Telling:
    """What became of the units of two texts."""

    def __init__(self, bodies: Bodies, rules: Rules, wordings: Wordings) -> None:
        self._bodies = bodies
        self._a, self._b = bodies.a, bodies.b
        self._rules = rules
        self._wordings = wordings
        self._compared = {id(pair): self._compare(pair) for pair in bodies.pairs}

    def _compare(self, pair: Pair) -> Passage:
        old, new = self._a.said(pair.a0, pair.a1), self._b.said(pair.b0, pair.b1)
        compared = self._wordings.compare(old, new, ChangeField.TEXT)
        changes = compared.changes
        if all(change.weight is Weight.NONE for change in changes) and not pair.moved:
            return Passage(ChangeField.TEXT, changes, compared.pieces)
        if self._bodies.is_boilerplate(0, pair.a0) and self._bodies.is_boilerplate(1, pair.b0):
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
        elif self._bodies.is_boilerplate(side, at):
            kind = ChangeKind.BOILERPLATE
        elif is_correction(said, self._rules):
            kind = ChangeKind.CORRECTION
        else:
            kind = ChangeKind.SENTENCE_ADDED if side else ChangeKind.SENTENCE_REMOVED
        old, new = ("", said) if side else (said, "")
        change = Change(kind, old, new, ChangeField.TEXT, said)
        return Passage(ChangeField.TEXT, (change,), (Piece(Mark.ADDED if side else Mark.REMOVED, said),))

    def _steps(self) -> Iterator[Pair]:
        """Both texts as one row: pairs that stayed, and between them what went, then what came (one side empty)."""
        stay = [Pair(run.a, run.a + run.length, run.b, run.b + run.length) for run in self._bodies.equal]
        stay += [pair for pair in self._bodies.pairs if not pair.moved]
        stay.sort(key=lambda pair: pair.a0)
        a0 = b0 = 0
        for pair in [*stay, Pair(len(self._a.units), len(self._a.units), len(self._b.units), len(self._b.units))]:
            for at in range(a0, pair.a0):
                yield Pair(at, at + 1, pair.b0, pair.b0)
            for at in range(b0, pair.b0):
                yield Pair(pair.a0, pair.a0, at, at + 1)
            if pair.a1 > pair.a0:
                yield pair
            a0, b0 = pair.a1, pair.b1

    def passages(self) -> Iterator[Passage]:
        """What changed, in order; how paragraphs and blanks are set as one at the end."""
        moved = {pair.b0: pair for pair in self._bodies.pairs if pair.moved}
        away = {pair.a0 for pair in self._bodies.pairs if pair.moved}
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
        for run in self._bodies.equal:
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
                yield Passage(ChangeField.TEXT, (change,), tuple(exchanged(old, new)))
                return

    @staticmethod
    def _around(body: Body, at: int) -> str:
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
                found += exchanged(a.blank(step.a1 - 1), b.blank(step.b1 - 1))
            else:
                found += _unchanged(a, b, step)
        return joined(found)


def _led(a: Body, b: Body, pair: Pair) -> tuple[Piece, ...]:
    """The blanks before a unit: those at the beginning of a text."""
    return exchanged(_blanks(a, pair.a0), _blanks(b, pair.b0))


def _blanks(body: Body, at: int) -> str:
    written = body.text[body.units[at].start : body.units[at].stop]
    return written[: len(written) - len(written.lstrip())]


def _unchanged(a: Body, b: Body, run: Pair) -> Iterator[Piece]:
    """Units that are equal as written, with the blanks around them, which may not be."""
    whole = a.text[a.units[run.a0].start : a.units[run.a1 - 1].end]
    if whole == b.text[b.units[run.b0].start : b.units[run.b1 - 1].end]:
        yield Piece(Mark.KEPT, whole)
        return
    for one, other in zip(range(run.a0, run.a1), range(run.b0, run.b1), strict=True):
        yield from exchanged(_blanks(a, one), _blanks(b, other))
        if said := a.said(one):
            yield Piece(Mark.KEPT, said)
        yield from exchanged(a.blank(one), b.blank(other))


def applied(old: str, pieces: Sequence[Piece]) -> str:
    """The new text that a diff makes of the old one; ValueError where the diff is not of this text."""
    if "".join(piece.text for piece in pieces if piece.mark is not Mark.ADDED) != old:
        raise ValueError("the diff is of another text")
    return "".join(piece.text for piece in pieces if piece.mark is not Mark.REMOVED)
