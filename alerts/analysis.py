"""What a query asks of single words, and where the words of one document answer.

::

    query word ──atom──▶ Atom ◀──atoms_of── word of a text (worked out once per word type, ever)

    Document ──Analyser.read──▶ Reading ──places(atom, field)──▶ numbers of the words that answer, in order

An ``Atom`` is one question that one word answers by itself; everything about folding, clitics, letter case and
prefixes is settled between ``atom`` functions and ``Analyser.forms``, and nothing above them looks at characters.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NewType
from urllib.parse import unquote

from alerts.types import Document, Field
from news.text import bare_forms, fold, offsets, surfaces, written_form
from news.urls import canonical

#: one question to one word: a kind's letter and the key; a plain string, since these are hashed all the time
Atom = NewType("Atom", str)

#: word types that are remembered; about 40 MB at most
_MEMO_SIZE = 1 << 17
#: longer "words" are junk (encoded images, joined lines) and would fill the memory by themselves
_LONGEST_REMEMBERED = 64


def word_atom(surface: str) -> Atom:
    """Asks for the word by its folded form, with or without clitics around it."""
    return Atom("w" + fold(surface))


def plain_atom(surface: str) -> Atom:
    """Asks for the word as written, case and accents folded: no clitics."""
    return Atom("p" + fold(surface))


def prefix_atom(surface: str) -> Atom:
    """Asks for a word that begins so, folded."""
    return Atom("*" + fold(surface))


def slip_atom(surface: str) -> Atom:
    """Asks for the word in any of its forms, or with one typing slip in it."""
    return Atom("~" + fold(surface))


def form_atom(surface: str) -> Atom:
    """Asks for exactly this form: accents count, and letter case does if ``surface`` has an upper-case letter."""
    form = written_form(surface)
    return Atom("^" + form) if has_upper(form) else Atom("=" + form.casefold())


def has_upper(text: str) -> bool:
    """Whether a text has an upper-case letter."""
    return any(character.isupper() or character.istitle() for character in text)


class Forms:
    """What is known about one word type."""

    __slots__ = ("atoms", "keys")

    def __init__(self, surface: str) -> None:
        folded = fold(surface)
        form = written_form(surface)
        #: the folded forms that prefixes are compared with
        self.keys: tuple[str, ...] = (folded, *bare_forms(folded))
        #: every question but prefixes that this word answers
        self.atoms: tuple[Atom, ...] = (
            *(Atom("w" + key) for key in self.keys),
            Atom("p" + folded),
            Atom("=" + form.casefold()),
            Atom("^" + form),
        )


class Analyser:
    """Remembers word types, so that each is folded once; bounded."""

    def __init__(self) -> None:
        self._known: dict[str, Forms] = {}

    def forms(self, surface: str) -> Forms:
        """What is known about a word type."""
        found = self._known.get(surface)
        if found is None:
            found = Forms(surface)
            if len(surface) <= _LONGEST_REMEMBERED:
                if len(self._known) >= _MEMO_SIZE:
                    self._known.clear()
                self._known[surface] = found
        return found

    def read(self, document: Document) -> "Reading":
        """Take a document's words; cheap until places are asked for."""
        return Reading(document, self)


class Reading:
    """The words of one document, and which of them answer an atom."""

    def __init__(self, document: Document, analyser: Analyser) -> None:
        self.document = document
        self._analyser = analyser
        self._surfaces = {Field.TITLE: surfaces(document.title), Field.TEXT: surfaces(document.text)}
        #: the distinct words of title and text
        self.types: set[str] = {*self._surfaces[Field.TITLE], *self._surfaces[Field.TEXT]}
        #: the word types that can be an answer; None for all
        self._asked: frozenset[str] | None = None
        self._answers: Mapping[Atom, Iterable[str]] | None = None
        self._adopted = False
        self._sorted: list[tuple[str, str]] | None = None
        self._offsets: dict[Field, list[tuple[int, int]]] = {}
        self._numbers: dict[Field, dict[str, list[int]]] = {}
        self._places: dict[tuple[Atom, Field], list[int]] = {}
        self._url: Reading | None = None

    def adopt(self, answers: Mapping[Atom, Iterable[str]]) -> None:
        """Take over what is known already: for every atom that will be asked for, the word types that answer it."""
        self._answers = answers
        self._asked = frozenset(surface for answering in answers.values() for surface in answering)
        self._adopted = True

    def source_text(self, field: Field) -> str:
        """The field as given, which offsets point into."""
        return self.document.title if field is Field.TITLE else self.document.text

    def offsets(self, field: Field) -> list[tuple[int, int]]:
        """The start and end of each word of a field in order, in code points of the field as given."""
        found = self._offsets.get(field)
        if found is None:
            found = self._offsets[field] = offsets(self.source_text(field))
        return found

    def places(self, atom: Atom, field: Field) -> list[int]:
        """The numbers, from 0 and ascending, of the words of a field that answer an atom."""
        found = self._places.get((atom, field))
        if found is None:
            numbers = self._positions(field)
            found = [place for surface in self._types_for(atom) for place in numbers.get(surface, ())]
            found.sort()
            self._places[atom, field] = found
        return found

    def of_url(self) -> "Reading":
        """The words of the document's canonical address, read as if they were its text."""
        if self._url is None:
            address = unquote(canonical(self.document.url)) if self.document.url else ""
            self._url = Reading(Document("", address, None, None, None, None), self._analyser)
        return self._url

    def _positions(self, field: Field) -> dict[str, list[int]]:
        """For each word type of a field that can be an answer, its numbers in order."""
        found = self._numbers.get(field)
        if found is None:
            found = self._numbers[field] = {}
            asked = self.types if self._asked is None else self._asked
            for number, surface in enumerate(self._surfaces[field]):
                if surface in asked:
                    found.setdefault(surface, []).append(number)
        return found

    def _types_for(self, atom: Atom) -> Iterable[str]:
        """The word types of the document that answer an atom."""
        if self._answers is None:
            gathered: dict[Atom, list[str]] = {}
            for surface in self.types:
                for one in self._analyser.forms(surface).atoms:
                    gathered.setdefault(one, []).append(surface)
            self._answers = gathered
        if atom[0] == "*" and not self._adopted:
            return self._beginning(atom[1:])
        return self._answers.get(atom, ())

    def _beginning(self, prefix: str) -> set[str]:
        """The word types of the document that begin so."""
        if self._sorted is None:
            self._sorted = sorted(
                (key, surface) for surface in self.types for key in self._analyser.forms(surface).keys
            )
        found: set[str] = set()
        for key, surface in self._sorted[bisect_left(self._sorted, (prefix, "")) :]:
            if not key.startswith(prefix):
                break
            found.add(surface)
        return found
