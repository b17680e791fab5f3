"""The words of one document, and which of them answer an atom.

::

    Document ──Reading──▶ word types ──▶ has(atom, fields)?
                                     └─▶ places(atom, field): numbers of the words that answer, in order

Only what is asked for is worked out: a document that no query is looked at for costs the parting into words and no
more; offsets are known once a span needs them.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise
from typing import Protocol
from urllib.parse import unquote

from alerts.analysis import Analyser, Atom, is_run
from alerts.breaks import breaks
from alerts.forms import family_of
from alerts.slips import is_slip
from alerts.types import Document, Field
from news.text import fold, is_unspaced, surfaces
from news.urls import canonical

#: what may stand between two characters of a run: line breaks, blanks, and what has no shape
_GAP = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*")

#: word types that are looked for in a field one by one; from then on, the places of all are known
_MOST_SCANS = 8


class Answers(Protocol):
    """What somebody knows already of a document's words."""

    def has(self, atom: Atom) -> bool:
        """Whether any word type answers an atom."""
        ...

    def types_for(self, atom: Atom) -> Collection[str]:
        """The word types that answer it."""
        ...


class Reading:
    """The words of one document, parted and compared as far as somebody asked."""

    def __init__(self, document: Document, analyser: Analyser) -> None:
        self.document = document
        #: the languages whose forms its words are read in
        self.family = family_of(document.language)
        self._analyser = analyser
        self._surfaces = {Field.TITLE: surfaces(document.title), Field.TEXT: surfaces(document.text)}
        #: the distinct words of title and text
        self.types: set[str] = {*self._surfaces[Field.TITLE], *self._surfaces[Field.TEXT]}
        self._answers: Answers | None = None
        self._by_key: dict[str, list[str]] | None = None
        self._as_written: dict[Atom, list[str]] | None = None
        self._sorted: list[tuple[str, str]] | None = None
        self._types_for: dict[Atom, Collection[str]] = {}
        self._starts: dict[Field, list[int]] = {}
        self._characters: dict[Field, tuple[str, dict[int, int]]] = {}
        self._places: dict[tuple[Atom, Field], list[int]] = {}
        self._lasts: dict[tuple[Atom, Field], dict[int, int]] = {}
        #: how often a field was scanned for one word type, and from enough of that on, the numbers of each type's words
        self._scans = dict.fromkeys(Field, 0)
        self._by_type: dict[Field, dict[str, list[int]]] = {}
        self._counted: dict[Field, list[int]] = {}
        self._url: Reading | None = None

    def adopt(self, answers: Answers) -> None:
        """Take over what is known already, for any atom that will be asked for."""
        self._answers = answers

    def source_text(self, field: Field) -> str:
        """The field as given, which offsets point into."""
        return self.document.title if field is Field.TITLE else self.document.text

    def offsets(self, field: Field) -> list[tuple[int, int]]:
        """The start and end of each word of a field in order, in code points of the field as given."""
        return [self.place(field, number) for number in range(len(self._surfaces[field]))]

    def place(self, field: Field, number: int) -> tuple[int, int]:
        """The start and end of one word of a field, given by its number from 0."""
        starts = self._starts.setdefault(field, [])
        words = self._surfaces[field]
        if len(starts) <= number:
            # Between two words stands no letter, so the next that looks like the following word is it.
            text, known = self.source_text(field), len(starts)
            end = starts[-1] + len(words[known - 1]) if starts else 0
            for surface in words[known : number + 1]:
                start = text.index(surface, end)
                starts.append(start)
                end = start + len(surface)
        return starts[number], starts[number] + len(words[number])

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether anything is of a script without spaces."""
        return bool(self._analyser.characters(self.types).strip("\0"))

    def has(self, atom: Atom, fields: Sequence[Field]) -> bool:
        """Whether any word of these fields answers an atom."""
        if is_run(atom):
            return any(self.places(atom, field) for field in fields)
        if self._answers is not None and not self._answers.has(atom):
            return False
        if len(fields) < len(Field):
            return any(self.places(atom, field) for field in fields)
        return self._answers is not None or bool(self.types_for(atom))

    def places(self, atom: Atom, field: Field) -> list[int]:
        """The numbers, from 0 and ascending, of the words of a field that answer an atom, or that begin such a run.

        Where a run ends is known to ``last``.
        """
        if is_run(atom):
            return self._run_places(atom, field)
        answering = self.types_for(atom)
        if not answering:
            return []
        found = self._places.get((atom, field))
        if found is None:
            listed = [self._numbers(surface, field) for surface in answering]
            found = self._places[atom, field] = listed[0] if len(listed) == 1 else sorted(chain.from_iterable(listed))
        return found

    def _numbers(self, surface: str, field: Field) -> list[int]:
        """The numbers, ascending, of the words of a field that are of this type."""
        words = self._surfaces[field]
        scans = self._scans[field]
        if scans < _MOST_SCANS:
            self._scans[field] = scans + 1
            places, place = [], -1
            for _ in range(words.count(surface)):
                place = words.index(surface, place + 1)
                places.append(place)
            return places
        # One pass over all words costs no more than a few scans; without it, the cost would be types times words.
        by_type = self._by_type.get(field)
        if by_type is None:
            by_type = self._by_type[field] = {}
            for number, word in enumerate(words):
                by_type.setdefault(word, []).append(number)
        return by_type.get(surface, [])

    def _run_places(self, atom: Atom, field: Field) -> list[int]:
        """The numbers of the words of a field that begin what answers an atom for a run."""
        found = self._places.get((atom, field))
        if found is None:
            runs = self._lasts[atom, field] = dict(self._runs(atom, field)) if self.is_unspaced else {}
            found = self._places[atom, field] = list(runs)
        return found

    def last(self, atom: Atom, field: Field, place: int) -> int:
        """The number of the last word of what answers an atom from ``place`` on."""
        return self._lasts[atom, field][place] if is_run(atom) else place

    def between(self, field: Field, one: int, other: int) -> int:
        """How many words stand between two words of a field, given by their numbers in order.

        In scripts without spaces, where each character has a number, those are the words of a dictionary; what is left
        of a word that an occurrence ends or begins in is none.
        """
        if not self.is_unspaced:
            return other - one - 1
        counted = self._counted.get(field)
        if counted is None:
            counted = self._counted[field] = self._count(field)
        return max(0, counted[other] - counted[one] - 1)

    def _count(self, field: Field) -> list[int]:
        """For each word of a field, how many words there are up to it and with it."""
        ends = breaks(self.source_text(field))
        counted: list[int] = []
        count, inside = 0, False
        for number, surface in enumerate(self._surfaces[field]):
            unspaced = is_unspaced(surface)
            if not (unspaced and inside) or self.place(field, number)[0] in ends:
                count += 1
            counted.append(count)
            inside = unspaced
        return counted

    def of_url(self) -> "Reading":
        """The words of the document's canonical address, read as if they were its text, in no known language."""
        if self._url is None:
            address = unquote(canonical(self.document.url)) if self.document.url else ""
            self._url = Reading(Document("", address, None, None, None, None), self._analyser)
        return self._url

    def types_for(self, atom: Atom) -> Collection[str]:
        """The word types of the document that answer an atom."""
        found = self._types_for.get(atom)
        if found is None:
            answers = self._answers
            found = self._types_for[atom] = self._search(atom) if answers is None else answers.types_for(atom)
        return found

    def _search(self, atom: Atom) -> Collection[str]:
        """The word types that answer an atom, found among all of them."""
        match atom[0]:
            case "w":
                return self._forms(atom)
            case "~":
                return self._slips(atom)
            case "*":
                return self._beginning(atom[1:])
        if self._as_written is None:
            self._as_written = {}
            for surface in self.types:
                for one in self._analyser.word_type(surface, self.family).as_written:
                    self._as_written.setdefault(one, []).append(surface)
        return self._as_written.get(atom, ())

    def _forms(self, atom: Atom) -> Collection[str]:
        """The word types that are forms of an atom's word."""
        if self._by_key is None:
            self._by_key = {}
            for surface in self.types:
                for key in self._analyser.word_type(surface, self.family).given:
                    self._by_key.setdefault(key, []).append(surface)
        listed = [found for key in self._analyser.asked(atom, self.family) if (found := self._by_key.get(key))]
        return listed[0] if len(listed) == 1 else {surface for found in listed for surface in found}

    def _slips(self, atom: Atom) -> Collection[str]:
        """The word types that are forms of an atom's word, or one slip away from it."""
        word = fold(atom[1:])
        near = (one for one in self.types if self._is_slip(word, one))
        return {*self._forms(atom), *near}

    def _is_slip(self, word: str, surface: str) -> bool:
        """Whether a word type, or a word inside its clitics, is one slip away from a folded word."""
        return any(is_slip(word, key) for key in self._analyser.word_type(surface, self.family).folded)

    def _beginning(self, prefix: str) -> Collection[str]:
        """The word types that begin so."""
        if self._sorted is None:
            known = ((surface, self._analyser.word_type(surface, self.family).folded) for surface in self.types)
            self._sorted = sorted((key, surface) for surface, keys in known for key in keys)
        found: set[str] = set()
        for key, surface in self._sorted[bisect_left(self._sorted, (prefix, "")) :]:
            if not key.startswith(prefix):
                break
            found.add(surface)
        return found

    def characters(self, field: Field) -> str:
        """The folded characters of a field's words in scripts without spaces, side by side; NULs for other words."""
        return self._numbered(field)[0]

    def _numbered(self, field: Field) -> tuple[str, dict[int, int]]:
        """The characters of a field, and the number of the word that begins at each place in them."""
        found = self._characters.get(field)
        if found is None:
            words = self._surfaces[field]
            starts = accumulate(map(self._analyser.length, words), initial=0)
            numbers = {start: number for number, start in enumerate(starts)}
            found = self._characters[field] = self._analyser.characters(words), numbers
        return found

    def _runs(self, atom: Atom, field: Field) -> Iterable[tuple[int, int]]:
        """The first and last word of every place where an atom's characters stand side by side, whole words only."""
        wanted = atom[1:]
        characters, numbers = self._numbered(field)
        at = characters.find(wanted)
        while at >= 0:
            first, after = numbers.get(at), at + len(wanted)
            while atom[0] == "d" and after not in numbers:
                after += 1
            if first is not None and after in numbers and self._is_unbroken(first, numbers[after] - 1, field):
                yield first, numbers[after] - 1
            at = characters.find(wanted, at + 1)

    def _is_unbroken(self, first: int, last: int, field: Field) -> bool:
        """Whether nothing but blanks stands between the words of a run."""
        text, places = self.source_text(field), [self.place(field, number) for number in range(first, last + 1)]
        return all(_GAP.fullmatch(text, end, start) for (_, end), (start, _) in pairwise(places))
