"""What a query means, as a tree of frozen nodes; two queries that mean the same by their structure are equal.

::

    Node = Leaf | Alias(leaves) | Restrict(field, Node) | Not(Node) | And(nodes) | Or(nodes)
         | Near(Node, Node, distance, ordered)
    Leaf = Word | Slip | Exact | Prefix | Phrase

Parentheses leave no trace but the shape. A leaf knows the atoms it asks of adjacent words (``alerts.analysis``) and how
it was written, which spans repeat; the latter takes no part in equality.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from alerts.analysis import Atom, form_atom, plain_atom, prefix_atom, slip_atom, word_atom
from news.text import is_unspaced, words


class Scope(StrEnum):
    """What a restriction looks at."""

    TITLE = "title"
    SOURCE = "source"
    LANG = "lang"
    URL = "url"


@dataclass(frozen=True)
class Word:
    """A word in its folded form; several adjacent ones where it is written with a hyphen or the like."""

    #: the word without operators
    text: str
    #: as it stands in the query, with operators; shown with every span
    written: str = field(default="", compare=False, repr=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What adjacent words must answer."""
        return tuple(word_atom(word.surface) for word in words(self.text))

    @cached_property
    def core(self) -> str:
        """The term from its first to its last word, which an exact span equals."""
        return core(self.text)

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether it is of a script without spaces, and so found as a substring."""
        return any(is_unspaced(word.surface) for word in words(self.text))


@dataclass(frozen=True)
class Slip:
    """``word~``: the word in any of its forms, or with one typing slip in it; one word of a script with spaces."""

    #: without the tilde
    text: str
    written: str = field(default="", compare=False, repr=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What the word must answer."""
        return tuple(slip_atom(word.surface) for word in words(self.text))


@dataclass(frozen=True)
class Exact:
    """``=Word``: exactly this form."""

    text: str
    written: str = field(default="", compare=False, repr=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What adjacent words must answer."""
        return tuple(form_atom(word.surface) for word in words(self.text))

    @cached_property
    def core(self) -> str:
        """The term from its first to its last word."""
        return core(self.text)


@dataclass(frozen=True)
class Prefix:
    """``word*``; where it is written with a hyphen, the last part is the prefix."""

    #: without the star
    text: str
    written: str = field(default="", compare=False, repr=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What adjacent words must answer."""
        *whole, last = (word.surface for word in words(self.text))
        return (*(word_atom(surface) for surface in whole), prefix_atom(last))


@dataclass(frozen=True)
class Phrase:
    """``"a b"~slop``: words as written, in order, with at most ``slop`` further words between them in all."""

    #: what stands between the quotes, white space made one blank
    text: str
    slop: int = 0
    written: str = field(default="", compare=False, repr=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What the words must answer."""
        return tuple(plain_atom(word.surface) for word in words(self.text))


@dataclass(frozen=True)
class Alias:
    """``@name``: any of a set of names; a ``Word`` of several words in it asks for them side by side in any form."""

    #: without the @, in lower case
    text: str
    members: tuple["Leaf", ...]
    written: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Restrict:
    """``title:x`` and the like: ``node`` holds within the scope."""

    scope: Scope
    node: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """``node`` does not hold."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All hold; at least two."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any holds; at least two."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Both stand in one field with at most ``distance`` words between; ``ordered``: ``left`` first."""

    left: "Node"
    right: "Node"
    distance: int = 4
    ordered: bool = False


Leaf = Word | Slip | Exact | Prefix | Phrase
Node = Leaf | Alias | Restrict | Not | And | Or | Near


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    #: as it was written
    text: str
    tree: Node
    #: sentences about what may not be meant so; the query works all the same
    warnings: tuple[str, ...] = ()


def core(text: str) -> str:
    """A term without what stands around its words."""
    found = words(text)
    return text[found[0].start : found[-1].end] if found else ""


def is_positive(node: Node) -> bool:
    """Whether a node asks for something, rather than only for the absence of something."""
    match node:
        case Not():
            return False
        case And():
            return any(is_positive(one) for one in node.nodes)
        case Or():
            return all(is_positive(one) for one in node.nodes)
        case Restrict():
            return is_positive(node.node)
        case _:
            return True


def needs_a_term(node: Node) -> bool:
    """Whether a node cannot hold without a word of title or text: false for restrictions alone."""
    match node:
        case Not():
            return False
        case And():
            return any(needs_a_term(one) for one in node.nodes)
        case Or():
            return all(needs_a_term(one) for one in node.nodes)
        case Restrict():
            return node.scope is Scope.TITLE and needs_a_term(node.node)
        case _:
            return True
