"""Strategies for queries and documents, shared by the properties of queries and of the index."""

from hypothesis import strategies as st

from alerts.query import Aliases
from alerts.query.tree import Alias, And, Exact, Near, Node, Not, Or, Phrase, Prefix, Restrict, Scope, Slip, Word
from alerts.types import Document

#: few and alike, so that random queries meet random texts
WORDS = (
    "almaty", "Almaty", "alma", "ata", "Alma-Ata", "unrest", "Unrest", "protest", "protests", "café", "cafe",
    "kazakhstan", "Kazakhstan's", "Kazakshtan", "казахстан", "ёлка", "елка", "哈萨克", "哈", "萨克", "1.000", "26",
    "don’t",
)  # fmt: skip

#: sets that trees name, with members of every kind
ALIASES = Aliases.of([
    ("almaty", ("Almaty", "Alma-Ata", "alma ata", "казахстан")),
    ("mixed", ("=Unrest", "protest*", "kazakhstan~", '"unrest in"~1', "哈萨克", "@almaty")),
])  # fmt: skip

_words = st.sampled_from(WORDS).map(Word)
_phrases = st.builds(Phrase, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), st.integers(0, 4))
_sets = st.sampled_from([Alias(name, members) for name, members in ALIASES.sets.items()])
LEAVES = (
    _words
    | st.sampled_from(["kazakhstan", "Kazakhstan's", "казахстан", "protest"]).map(Slip)
    | st.sampled_from(WORDS).map(Exact)
    | st.sampled_from([word for word in WORDS if len(word) > 2 or word == "哈"]).map(Prefix)
    | _phrases
)


def _pairs(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(nodes, min_size=2, max_size=3).map(tuple)


_terms = LEAVES | _sets
_sides = _terms | _pairs(_terms).map(Or)
_near = st.builds(Near, _sides, _sides, st.integers(0, 6), st.booleans())
_titles = st.recursive(_terms | _near, lambda nodes: _pairs(nodes).map(Or) | _pairs(nodes).map(And), max_leaves=3)
_restrictions = (
    st.builds(Restrict, st.just(Scope.TITLE), _titles)
    | st.builds(Restrict, st.just(Scope.LANG), st.sampled_from(["id", "en", "ms"]).map(Word))
    | st.builds(Restrict, st.just(Scope.LANG), st.just(Or((Word("id"), Word("en")))))
    | st.builds(Restrict, st.just(Scope.SOURCE), st.just(Word("example.org")) | st.just(Phrase("Contoh Berita")))
    | st.builds(Restrict, st.just(Scope.URL), _words | _phrases | st.just(Alias("almaty", ALIASES.sets["almaty"])))
)


def _bigger(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Trees over trees that all ask for something."""
    excluding = st.builds(
        lambda wanted, unwanted: And((*wanted, Not(unwanted))), st.lists(nodes, min_size=1, max_size=2), nodes
    )
    return _pairs(nodes).map(And) | _pairs(nodes).map(Or) | excluding


#: trees that a query can mean
TREES: st.SearchStrategy[Node] = st.recursive(_terms | _near | _restrictions, _bigger, max_leaves=8)

_texts = st.lists(st.sampled_from((*WORDS, "in", "of", ".")), max_size=14).map(" ".join)
DOCUMENTS = st.builds(
    Document,
    _texts,
    _texts,
    st.sampled_from([None, "id", "en-us", "ms"]),
    st.sampled_from([None, "Contoh Berita", "example.org"]),
    st.sampled_from([None, "www.example.org", "example.com"]),
    st.sampled_from([None, "https://example.org/almaty/unrest-cafe?id=26"]),
)
