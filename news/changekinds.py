"""What a change is: its kind, its weight, where it stands, and the pieces that turn one text into the other.

Frozen, without I/O. ``news.changes`` makes them, ``news.marking`` shows them, ``news.retelling`` remembers them.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Weight(IntEnum):
    """How much a change says; ordered."""

    NONE = 0
    MINOR = 1
    MODERATE = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """As configuration and payloads write it."""
        return self.name.lower()


class ChangeKind(StrEnum):
    """What was changed, heaviest first."""

    HEADLINE = "headline"
    NUMBER = "number"
    NAME = "name"
    NEGATION = "negation"
    CORRECTION = "correction"
    DELETED = "deleted"
    DATE = "date"
    ATTRIBUTION = "attribution"
    SENTENCE_ADDED = "sentence_added"
    SENTENCE_REMOVED = "sentence_removed"
    REWORDED = "reworded"
    MOVED = "moved"
    #: how it is set: blanks, quotes, dashes, punctuation, letter case, figures for the same number in words
    WHITESPACE = "whitespace"
    #: what a page puts around and into an article
    BOILERPLATE = "boilerplate"

    @property
    def weight(self) -> Weight:
        """The kind's weight; a diff weighs as much as its heaviest change."""
        return _WEIGHTS[self]


_WEIGHTS = {
    ChangeKind.HEADLINE: Weight.MAJOR,
    ChangeKind.NUMBER: Weight.MAJOR,
    ChangeKind.NAME: Weight.MAJOR,
    ChangeKind.NEGATION: Weight.MAJOR,
    ChangeKind.CORRECTION: Weight.MAJOR,
    ChangeKind.DELETED: Weight.MAJOR,
    ChangeKind.DATE: Weight.MODERATE,
    ChangeKind.ATTRIBUTION: Weight.MODERATE,
    ChangeKind.SENTENCE_ADDED: Weight.MODERATE,
    ChangeKind.SENTENCE_REMOVED: Weight.MODERATE,
    ChangeKind.REWORDED: Weight.MINOR,
    ChangeKind.MOVED: Weight.MINOR,
    ChangeKind.WHITESPACE: Weight.NONE,
    ChangeKind.BOILERPLATE: Weight.NONE,
}


class ChangeField(StrEnum):
    """Where a change stands."""

    TITLE = "title"
    TEXT = "text"


class Mark(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


class Piece(NamedTuple):
    """A stretch of text and what became of it.

    The kept and removed pieces of a diff are the old text, its kept and added ones the new text.
    """

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One classified change."""

    kind: ChangeKind
    #: whole words and whole numbers as they stood and stand; empty where something was only added or removed
    old: str
    new: str
    field: ChangeField
    #: the sentence that it stood in before, or where there was none the one that it stands in
    sentence: str

    @property
    def weight(self) -> Weight:
        """The weight of its kind."""
        return self.kind.weight


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence, or the title, in which something changed."""

    field: ChangeField
    changes: tuple[Change, ...]
    #: the sentence before and after, without the blanks behind it
    pieces: tuple[Piece, ...]

    @property
    def weight(self) -> Weight:
        """That of its heaviest change."""
        return max((change.weight for change in self.changes), default=Weight.NONE)


@dataclass(frozen=True, slots=True)
class Diff:
    """The classified difference of two versions of one article."""

    #: in the order of the new version, what is gone where it was; the title first
    passages: tuple[Passage, ...]
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order of the passages."""
        return tuple(change for passage in self.passages for change in passage.changes)

    @property
    def weight(self) -> Weight:
        """That of the heaviest change."""
        return max((passage.weight for passage in self.passages), default=Weight.NONE)
