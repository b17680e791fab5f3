"""What ``bench.matching`` is measured beside: every query by itself, a regex a query, and compiled packages.

Each way takes the queries, and then one document at a time, and says which queries hold. Evaluating every query finds
what the index finds, by definition; so do the packages, which only choose the queries that are evaluated. A regex finds
words as they are written in the query and no other form of them.
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ahocorasick_rs import AhoCorasick

from alerts.analysis import Analyser, Atom
from alerts.forms import family_of
from alerts.query import Query
from alerts.query.evaluation import evaluate_reading
from alerts.query.tree import And, Near, Node, Not, Or, Phrase, Prefix, Restrict, Word
from alerts.reading import Reading
from alerts.required import Group, required
from alerts.types import Document, Span

Matches = dict[str, tuple[Span, ...]]


class EvaluateAll:
    """Every query by itself, over words that are analysed once a document."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = queries
        self._analyser = Analyser()

    def know(self, documents: Sequence[Document]) -> None:
        """Remember the words of documents, as the others do after a first look at them."""
        for document in documents:
            reading = Reading(document, self._analyser)
            for surface in reading.types:
                self._analyser.word_type(surface, reading.family)

    def match(self, document: Document) -> Matches:
        """The queries that hold."""
        reading = Reading(document, self._analyser)
        found = ((str(number), evaluate_reading(query.tree, reading)) for number, query in enumerate(self._queries))
        return {key: spans for key, spans in found if spans is not None}


class Regexes:
    """One compiled regex a query, searched for in title and text."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._patterns = [re.compile(_regex(query.tree), re.IGNORECASE | re.DOTALL) for query in queries]

    def match(self, document: Document) -> Matches:
        """The queries that hold, without their spans."""
        text = f"{document.title}\n{document.text}"
        return {str(number): () for number, pattern in enumerate(self._patterns) if pattern.match(text)}


def _regex(node: Node) -> str:
    """A pattern that matches at the beginning of a text for which a node holds, more or less."""
    match node:
        case And():
            return "".join(map(_regex, node.nodes))
        case Or():
            return f"(?:{'|'.join(map(_regex, node.nodes))})"
        case Not():
            return f"(?!{_regex(node.node)})"
        case Near():
            one, other = _words(node.left), _words(node.right)
            between = rf"\W+(?:\w+\W+){{0,{node.distance}}}"
            return rf"(?=.*\b(?:{one}{between}{other}|{other}{between}{one}))"
        case Restrict():
            return rf"(?=[^\n]*\b{_words(node.node)})"
        case _:
            return rf"(?=.*\b{_words(node)})"


def _words(node: Node) -> str:
    """A pattern of a term, or of a side of NEAR."""
    match node:
        case Or():
            return f"(?:{'|'.join(map(_words, node.nodes))})"
        case Prefix():
            return rf"{re.escape(node.text)}\w*"
        case Phrase():
            return rf"\W+(?:\w+\W+){{0,{node.slop}}}".join(map(re.escape, node.text.split())) + r"\b"
        case Word():
            return re.escape(node.text) + r"\b"
        case _:
            raise NotImplementedError(type(node).__name__)


class AllTerms:
    """Aho-Corasick over the keys of each query's rarest term, here the longest; what is hit is evaluated."""

    def __init__(self, queries: Sequence[Query], families: Sequence[str]) -> None:
        self._queries = queries
        self._analyser = Analyser()
        self._found: dict[str, tuple[AhoCorasick, list[list[int]]]] = {}
        for family in families:
            by_key: dict[str, list[int]] = {}
            for number, query in enumerate(queries):
                group = min(required(query.tree, _length), key=_length)
                for key in {key for atom in group for key in _keys(atom, self._analyser, family)}:
                    by_key.setdefault(key, []).append(number)
            self._found[family] = AhoCorasick(list(by_key)), list(by_key.values())

    def match(self, document: Document) -> Matches:
        """The queries that hold."""
        reading = Reading(document, self._analyser)
        automaton, numbers = self._found[reading.family]
        haystack = "".join(_given(reading, self._analyser))
        hits = {match[0] for match in automaton.find_matches_as_indexes(haystack, overlapping=True)}
        found = {}
        for number in sorted({number for hit in hits for number in numbers[hit]}):
            spans = evaluate_reading(self._queries[number].tree, reading)
            if spans is not None:
                found[str(number)] = spans
        return found


def _length(group: Group) -> float:
    """How common a group looks, by the shortest of its words."""
    return -min(len(atom) for atom in group)


def _keys(atom: Atom, analyser: Analyser, family: str) -> Iterator[str]:
    """What stands in ``_given`` of a document that answers an atom."""
    if atom[0] == "w":
        for key in analyser.asked(atom, family):
            yield f"\0{key}\0"
    elif atom[0] == "*":
        yield f"\0*{atom[1:]}"
    else:
        yield f"\0{atom}\0"


def _given(reading: Reading, analyser: Analyser) -> Iterator[str]:
    """Everything that a document's words answer, one after the other."""
    for surface in reading.types:
        known = analyser.word_type(surface, reading.family)
        yield "\0"
        yield "\0\0".join(known.given)
        yield f"\0\0{known.as_written[0]}\0\0*{known.folded[0]}\0"


class Percolator:
    """The compiled percolator ``mokaccino`` chooses the queries by their words' keys; what it chooses is evaluated."""

    @staticmethod
    def is_there() -> bool:
        """Whether the package is installed; it is compared with, not depended on."""
        return find_spec("mokaccino") is not None

    def __init__(self, queries: Sequence[Query], families: Sequence[str]) -> None:
        self._mokaccino: Any = import_module("mokaccino")
        self._queries = queries
        self._analyser = Analyser()
        self._percolators = {}
        for family in families:
            percolator = self._percolators[family] = self._mokaccino.Percolator()
            for number, query in enumerate(queries):
                percolator.add_query_id(self._translated(query.tree, family), number)
        self._memo: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def _translated(self, node: Node, family: str) -> object:
        """What a node needs: the words of phrases and of NEAR, and nothing of NOT, which evaluation looks at."""
        asked = self._mokaccino.Query
        groups = required(node, _length)
        parts = [asked.from_or([self._asked(atom, family) for atom in group]) for group in groups]
        return asked.from_and(parts)

    def _asked(self, atom: Atom, family: str) -> object:
        """One atom."""
        asked = self._mokaccino.Query
        if atom[0] == "w":
            return asked.from_or([asked.from_kv("k", key) for key in self._analyser.asked(atom, family)])
        return asked.from_kprefix("p", atom[1:]) if atom[0] == "*" else asked.from_kv("p", atom[1:])

    def match(self, document: Document) -> Matches:
        """The queries that hold."""
        reading = Reading(document, self._analyser)
        written = self._mokaccino.Document()
        for surface in reading.types:
            known = self._analyser.word_type(surface, reading.family)
            written.add_value("p", known.folded[0])
            for key in known.given:
                written.add_value("k", key)
        found = {}
        for number in sorted(self._percolators[reading.family].percolate_list(written)):
            spans = evaluate_reading(self._queries[number].tree, reading)
            if spans is not None:
                found[str(number)] = spans
        return found


def families_of(documents: Sequence[Document]) -> list[str]:
    """The families that documents are read in."""
    return sorted({family_of(document.language) for document in documents})
