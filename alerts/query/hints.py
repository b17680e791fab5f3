"""What somebody who wrote these queries might like better: few hints, each a sentence, none of which has to be heeded.

::

    trees of a watchlist ──▶ phrase for "Joe Smith" · =US · word~ · @country:KZ ──▶ at most one sentence a kind

A kind is not hinted at where its operator stands in the queries already: who wrote one ``word~`` knows of it. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from alerts.query import countries
from alerts.query.formatting import format_tree
from alerts.query.tree import Alias, And, Exact, Leaf, Near, Node, Not, Or, Restrict, Scope, Slip, Word, walk
from alerts.required import required
from news.text import fold, surfaces

#: examples in a sentence
_MOST = 3
#: letters from which a name is long enough to be misspelt often, and far from other words when it is
_LONG_NAME = 8
#: letters up to which an acronym is probably a word somewhere
_SHORT_ACRONYM = 3
#: longer acronyms that are everyday words, in lower case
_WORDS = frozenset({
    "aids", "arms", "bats", "bite", "boss", "care", "cave", "cops", "dare", "edge", "feed", "fine", "fire", "fold",
    "gain", "hero", "hope", "icon", "idea", "iris", "lamp", "leap", "lion", "mars", "mind", "mint", "noon", "pace",
    "page", "pair", "peak", "rice", "safe", "sage", "salt", "sars", "seal", "spot", "star", "step", "swat", "tank",
    "time", "wave", "wind", "zero",
})  # fmt: skip


def hints(trees: Sequence[Node]) -> tuple[str, ...]:
    """What to say of the queries of a watchlist, its exclusions left out; at most one sentence a kind."""
    leaves = [leaf for tree in trees for leaf in _asked(tree)]
    found = [_neighbours(trees)]
    found += [_acronyms(leaves)] if not any(isinstance(leaf, Exact) for leaf in leaves) else []
    named = _countries(leaves) if not any(isinstance(leaf, Alias) for leaf in leaves) else {}
    found += [_country(named)]
    found += [_long(leaves, named)] if not any(isinstance(leaf, Slip) for leaf in leaves) else []
    return tuple(one for one in found if one)


def always_evaluated(tree: Node) -> tuple[str, ...]:
    """The smallest parts of a query because of which it is evaluated for every text: those that require no word."""
    if required(tree, len):
        return ()
    if isinstance(tree, Or):
        return tuple(one for branch in tree.nodes for one in always_evaluated(branch))
    return (format_tree(tree),)


def _asked(node: Node) -> Iterator[Leaf | Alias]:
    """The terms and sets that a tree asks title or text for: neither what it excludes nor what fields hold."""
    match node:
        case And() | Or():
            for one in node.nodes:
                yield from _asked(one)
        case Near():
            yield from _asked(node.left)
            yield from _asked(node.right)
        case Restrict():
            if node.scope is Scope.TITLE:
                yield from _asked(node.node)
        case Not():
            return
        case _:
            yield node


def _neighbours(trees: Sequence[Node]) -> str:
    """A phrase for capitalised words that stand side by side."""
    pairs = [
        (one.text, other.text)
        for tree in trees
        for node in walk(tree)
        if isinstance(node, And)
        for one, other in pairwise(node.nodes)
        if isinstance(one, Word) and isinstance(other, Word) and _is_name(one.text) and _is_name(other.text)
    ]
    if not pairs:
        return ""
    asked = _listed(f"{one} {other}" for one, other in pairs)
    # A phrase has its words as written; where names bend, nearness is what finds their forms.
    bent = [f", or {one} ONEAR/0 {other} for every form of its words" for one, other in pairs if not one.isascii()]
    quoted = f'"{pairs[0][0]} {pairs[0][1]}"'
    return f"{asked}: both words, wherever they stand; if it is one name, write {quoted}{''.join(bent[:1])}"


def _acronyms(leaves: Iterable[Leaf | Alias]) -> str:
    """``=US`` for acronyms that are words as well."""
    found = [leaf.text for leaf in leaves if isinstance(leaf, Word) and _is_acronym(leaf.text)]
    if not found:
        return ""
    return f"{_listed(found)}: found in lower case too ({found[0].lower()}); ={found[0]} asks for the capitals"


def _long(leaves: Iterable[Leaf | Alias], named: Iterable[str]) -> str:
    """``word~`` for long names."""
    skipped = set(named)
    found = [
        leaf.text
        for leaf in leaves
        if isinstance(leaf, Word)
        and leaf.text not in skipped
        and _is_name(leaf.text)
        and not leaf.is_unspaced
        and len(fold(leaf.text)) >= _LONG_NAME
    ]
    return f"{_listed(found)}: a name this long is often misspelt; {found[0]}~ finds it with one slip" if found else ""


def _countries(leaves: Iterable[Leaf | Alias]) -> dict[str, str]:
    """The words that name a country, each with its code."""
    words = [leaf.text for leaf in leaves if isinstance(leaf, Word) and leaf.text != leaf.text.upper()]
    return {word: code for word in words if (code := countries.named(word)) is not None}


def _country(named: dict[str, str]) -> str:
    """``@country:KZ`` for countries that go by one name."""
    if not named:
        return ""
    code = next(iter(named.values()))
    return f"{_listed(named)}: @country:{code} finds a country by its names in every language"


def _is_name(text: str) -> bool:
    """Whether a term is one word, with a capital and small letters behind it."""
    return len(surfaces(text)) == 1 and text[:1].isupper() and text[1:].islower()


def _is_acronym(text: str) -> bool:
    """Whether a term is capitals alone that are a word when they are small, probably."""
    if not (text.isalpha() and text.isupper() and text != text.lower()) or len(text) < len("US"):
        return False
    return len(text) <= _SHORT_ACRONYM or text.lower() in _WORDS


def _listed(found: Iterable[str]) -> str:
    """A few of them, each once."""
    each = list(dict.fromkeys(found))
    return ", ".join(each[:_MOST]) + (" …" if len(each) > _MOST else "")
