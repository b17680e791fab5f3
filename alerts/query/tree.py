"""What a query means, as a tree of frozen nodes; two queries that mean the same by their structure are equal.

::

    Node = Leaf | Alias(leaves) | Restrict(field, Node) | Not(Node) | And(nodes) | Or(nodes)
         | Near(Node, Node, distance, ordered)
    Leaf = Word | Slip | Exact | Prefix | Phrase

Parentheses leave no trace but the shape. A leaf knows the atoms it asks of adjacent words (``alerts.analysis``) and how
it was written, which spans repeat; the latter takes no part in equality.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from alerts.analysis import Atom, atoms_in, form_atom, is_run, plain_atom, prefix_atom, slip_atom, word_atom
from news.text import words


class Scope(StrEnum):
    """What a restriction looks at."""

    TITLE = "title"
    SOURCE = "source"
    LANG = "lang"
    URL = "url"


class _Term:
    """What all leaves share: they know the atoms that adjacent words must answer."""

    __slots__ = ()

    #: one atom as it is, since most leaves have one and there may be hundreds of thousands
    _asked: Atom | tuple[Atom, ...]

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """What adjacent words must answer."""
        return (self._asked,) if isinstance(self._asked, str) else self._asked


def _alone(atoms: tuple[Atom, ...]) -> Atom | tuple[Atom, ...]:
    """The atoms of a leaf as it keeps them."""
    return atoms[0] if len(atoms) == 1 else atoms


@dataclass(frozen=True, slots=True)
class Word(_Term):
    """A word in any of its forms; several adjacent ones where it is written with a hyphen, or is a name in an Alias."""

    #: the word without operators
    text: str
    #: as it stands in the query, with operators; shown with every span
    written: str = field(default="", compare=False, repr=False)
    _asked: Atom | tuple[Atom, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", _alone(atoms_in(self.text, word_atom)))

    @property
    def core(self) -> str:
        """The term from its first to its last word, which an exact span equals."""
        return core(self.text)

    @property
    def is_unspaced(self) -> bool:
        """Whether it is of a script without spaces, and so found as a substring."""
        return any(map(is_run, self.atoms))


@dataclass(frozen=True, slots=True)
class Slip(_Term):
    """``word~``: the word in any of its forms, or with one typing slip in it; one word of a script with spaces."""

    #: without the tilde
    text: str
    written: str = field(default="", compare=False, repr=False)
    _asked: Atom | tuple[Atom, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", _alone(atoms_in(self.text, slip_atom)))


@dataclass(frozen=True, slots=True)
class Exact(_Term):
    """``=Word``: exactly this form."""

    text: str
    written: str = field(default="", compare=False, repr=False)
    _asked: Atom | tuple[Atom, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", _alone(atoms_in(self.text, form_atom)))

    @property
    def core(self) -> str:
        """The term from its first to its last word."""
        return core(self.text)


@dataclass(frozen=True, slots=True)
class Prefix(_Term):
    """``word*``; where it is written with a hyphen, the last part is the prefix."""

    #: without the star
    text: str
    written: str = field(default="", compare=False, repr=False)
    _asked: Atom | tuple[Atom, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", _alone(atoms_in(self.text, word_atom, prefix_atom)))


@dataclass(frozen=True, slots=True)
class Phrase(_Term):
    """``"a b"~slop``: words as written, in order, with at most ``slop`` further words between them in all."""

    #: what stands between the quotes, white space made one blank
    text: str
    slop: int = 0
    written: str = field(default="", compare=False, repr=False)
    _asked: Atom | tuple[Atom, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", _alone(atoms_in(self.text, plain_atom)))


@dataclass(frozen=True, slots=True)
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


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text; the members of a set are not looked at."""
    yield node
    match node:
        case And() | Or():
            for one in node.nodes:
                yield from walk(one)
        case Not() | Restrict():
            yield from walk(node.node)
        case Near():
            yield from walk(node.left)
            yield from walk(node.right)
        case _:
            return


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
