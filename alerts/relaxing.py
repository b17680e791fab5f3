"""The queries one change away from a query: what it would have to loosen or leave out to find one document more.

::

    tree ──relaxed──▶ Relaxed(reason, tree) …      a document that a relaxed tree finds, and the tree does not, is a
                                                   near miss, for that reason

A change is made in one place: a word takes one typing slip, NEAR reaches further, quotes or ``=`` fall, a field is not
kept to, an exclusion falls, or one of the parts that must all hold is left out. Whatever stands beside that place in an
AND or NEAR must still hold, so that a word of the query remains; the other branches of an OR fall away.

Pure. The changed trees are queries like any other: ``alerts.index`` looks for all of them in one pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.query import format as written
from alerts.query import terms
from alerts.query.messages import RefusalError
from alerts.query.tree import (
    Alias,
    And,
    Exact,
    Leaf,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Restrict,
    Scope,
    Slip,
    Word,
    needs_a_term,
)
from news.text import words

#: further words that a NEAR may reach: as many as it asks for again, and at least these
_LEAST_FURTHER = 10
#: changed trees of one query, and terms in all of them; what a longer query leaves out is the least telling
_MOST = 400
_MOST_TERMS = 20_000


class Kind(StrEnum):
    """How a query would have to change; the most telling first."""

    SLIP = "slip"
    DISTANCE = "distance"
    ORDER = "order"
    FORM = "form"
    TITLE = "title"
    EXCLUDED = "excluded"
    #: not of the query, but of its watchlist
    LANGUAGES = "languages"
    FEEDS = "feeds"
    APART = "apart"
    MISSING = "missing"
    RESTRICTION = "restriction"

    @property
    def rank(self) -> int:
        """Its place among the kinds: 0 tells most."""
        return _RANKS[self]


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a query, or a watchlist, is only nearly met."""

    kind: Kind
    #: the part of the query, as it is written; a slip's as it would have to be written
    part: str

    @property
    def sentence(self) -> str:
        """The reason as people read it."""
        if self.kind is Kind.SLIP and self.part.startswith("@"):
            return f"would match with ~ behind a name of {self.part}"
        return _SENTENCES[self.kind].format(part=f"`{self.part}`" if " " in self.part else self.part)


_SENTENCES = {
    Kind.SLIP: "would match with {part}",
    Kind.DISTANCE: "found, but too far apart for {part}",
    Kind.ORDER: "found, but in the other order than {part} asks for",
    Kind.FORM: "found, but not in the form that {part} asks for",
    Kind.TITLE: "found, but not in the title as {part} asks",
    Kind.EXCLUDED: "excluded by {part}",
    Kind.LANGUAGES: "outside of the watchlist's languages, {part}",
    Kind.FEEDS: "outside of the watchlist's feeds, {part}",
    Kind.APART: "both sides found, but nowhere near each other as {part} asks",
    Kind.MISSING: "only {part} is missing",
    Kind.RESTRICTION: "only {part} does not hold",
}

#: puts another node, or none, in the place of one, and returns the whole tree
_Around = Callable[[Node], Node]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A query with one change."""

    reason: Reason
    #: the whole of the changed query
    tree: Node
    #: the part of the query that was changed or left out
    part: Node


def relaxed(tree: Node) -> tuple[Relaxed, ...]:
    """The trees one change away, the most telling first; two may have the same reason.

    Each finds all that ``tree`` finds, but for documents that only a branch of an OR beside the change would find.
    """
    found = sorted(_changes(tree, lambda node: node, inside_near=False), key=lambda one: one.reason.kind.rank)
    kept, left = list[Relaxed](), _MOST_TERMS
    for one in dict.fromkeys(found[:_MOST]):
        left -= _size(one.tree)
        if left < 0:
            break
        kept.append(one)
    return tuple(kept)


def _changes(node: Node, around: _Around, *, inside_near: bool) -> Iterator[Relaxed]:
    """Every change within ``node``."""
    match node:
        case Restrict(Scope.TITLE):
            yield _one(Kind.TITLE, node, around(node.node))
            yield from _changes(node.node, lambda inner: around(Restrict(Scope.TITLE, inner)), inside_near=inside_near)
        case Near():
            yield from _near(node, around)
        case And():
            yield from _both(node, around)
        case Or():
            for one in node.nodes:
                yield from _changes(one, around, inside_near=inside_near)
        case Not() | Restrict():
            return
        case Phrase() if inside_near:
            return  # its words on their own cannot be a side
        case _:
            loose = _loosened(node)
            if loose is not None:
                kind, named, instead = loose
                yield Relaxed(_reason(kind, named), around(instead), node)


def _loosened(leaf: Leaf | Alias) -> tuple[Kind, Node, Node] | None:
    """How a term is loosened: the kind, the part that is named, and what stands in its place; None where nothing is."""
    match leaf:
        case Word():
            slip = _slip(leaf)
            return None if slip is None else (Kind.SLIP, slip, slip)
        case Alias():
            loose = Alias(leaf.text, tuple(_slip(one) or one for one in leaf.members), leaf.written)
            return (Kind.SLIP, leaf, loose) if loose != leaf else None
        case Exact():
            return Kind.FORM, leaf, Word(leaf.text)
        case Phrase():
            return Kind.FORM, leaf, _unquoted(leaf)
        case _:
            return None


def _both(node: And, around: _Around) -> Iterator[Relaxed]:
    """The changes of an AND: within each part, and each part left out."""
    for place, one in enumerate(node.nodes):
        others = (*node.nodes[:place], *node.nodes[place + 1 :])

        def beside(inner: Node, others: tuple[Node, ...] = others) -> Node:
            return around(And((inner, *others)))

        yield from _changes(one, beside, inside_near=False)
        if not any(needs_a_term(other) for other in others):
            # Without this part nothing would be asked for: everything would be nearly found.
            continue
        kind = Kind.MISSING if needs_a_term(one) else Kind.EXCLUDED if isinstance(one, Not) else Kind.RESTRICTION
        yield _one(kind, one, around(others[0] if len(others) == 1 else And(others)))


def _near(node: Near, around: _Around) -> Iterator[Relaxed]:
    """The changes of a NEAR: within each side, its reach, its order, and each side left out."""
    yield from _changes(node.left, lambda inner: around(replace(node, left=inner)), inside_near=True)
    yield from _changes(node.right, lambda inner: around(replace(node, right=inner)), inside_near=True)
    further = replace(node, distance=node.distance + max(node.distance, _LEAST_FURTHER))
    yield _one(Kind.DISTANCE, node, around(further))
    if node.ordered:
        yield _one(Kind.ORDER, node, around(replace(node, ordered=False)))
    yield _one(Kind.MISSING, node.left, around(node.right))
    yield _one(Kind.MISSING, node.right, around(node.left))
    yield _one(Kind.APART, node, around(And((node.left, node.right))))


def _one(kind: Kind, part: Node, tree: Node) -> Relaxed:
    return Relaxed(_reason(kind, part), tree, part)


def _reason(kind: Kind, part: Node) -> Reason:
    return Reason(kind, _negated(part) or written(part))


def _negated(part: Node) -> str | None:
    """An exclusion of one term as most people write it."""
    if isinstance(part, Not) and not isinstance(part.node, And | Or | Near):
        return f"-{written(part.node)}"
    return None


def _slip(leaf: Leaf) -> Slip | None:
    """The word with a slip in it, or None where that could not be written."""
    if not isinstance(leaf, Word):
        return None
    try:
        found = terms.leaf(f"{leaf.text}~", 1)
    except RefusalError:
        return None
    return found if isinstance(found, Slip) else None


def _unquoted(phrase: Phrase) -> Node:
    """The words of a phrase, anywhere and in any form."""
    found = tuple(Word(word.surface) for word in words(phrase.text))
    return found[0] if len(found) == 1 else And(found)


def _size(node: Node) -> int:
    """How many terms a tree has."""
    match node:
        case And() | Or():
            return sum(_size(one) for one in node.nodes)
        case Near():
            return _size(node.left) + _size(node.right)
        case Not() | Restrict():
            return _size(node.node)
        case Alias():
            return len(node.members)
        case _:
            return 1
