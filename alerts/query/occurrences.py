"""A term and the words of one field → where it stands there, and the span that shows it.

::

    leaf ──places of its atoms──▶ runs of adjacent words ──▶ Occurrence(first word, last word) ──span_of──▶ Span

Whether a term stands somewhere costs no offsets; those are asked for by ``span_of`` alone, and by ``=Word``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alerts.analysis import Atom, has_upper
from alerts.query.tree import Alias, Exact, Leaf, Phrase, Prefix, Slip, Word
from alerts.reading import Reading
from alerts.types import Field, How, Span
from news.text import fold, surfaces, written_form


class Occurrence(NamedTuple):
    """A term found in a field."""

    #: the numbers of its first and last word in the field
    first: int
    last: int
    leaf: Leaf
    #: the set that it is a member of
    alias: Alias | None = None


def occurrences(leaf: Leaf | Alias, reading: Reading, field: Field) -> list[Occurrence]:
    """Where a term, or any of a set, stands in a field."""
    if isinstance(leaf, Alias):
        found = (one for member in leaf.members for one in occurrences(member, reading, field))
        return [one._replace(alias=leaf) for one in found]
    listed = [Occurrence(first, last, leaf) for first, last in runs(leaf, reading, field)]
    if not isinstance(leaf, Exact):
        return listed
    return [one for one in listed if _is_form(leaf.core, _surface(one, reading, field))]


def span_of(found: Occurrence, reading: Reading, field: Field) -> Span:
    """The words of an occurrence as a span."""
    start, end = reading.place(field, found.first)
    if found.last != found.first:
        end = reading.place(field, found.last)[1]
    if found.alias is not None:
        return Span(field, start, end, found.alias.written or f"@{found.alias.text}", How.ALIAS)
    leaf = found.leaf
    return Span(field, start, end, leaf.written or leaf.text, _how(leaf, reading.source_text(field)[start:end]))


def _how(leaf: Leaf, surface: str) -> How:
    """How a term was found in these words."""
    match leaf:
        case Prefix():
            return How.PREFIX
        case Slip():
            return How.FUZZY
        case Phrase():
            return How.PHRASE
        case Exact():
            return How.EXACT if surface == leaf.core else How.FOLDED
        case Word():
            if leaf.is_unspaced:
                return How.SUBSTRING
            wanted = leaf.text if surface == leaf.text else leaf.core
            if surface == wanted:
                return How.EXACT
            if len(leaf.atoms) == 1:
                return How.FOLDED if fold(surface) == fold(wanted) else How.STEM
            return How.FOLDED if _folded(surface) == _folded(leaf.text) else How.STEM


def _folded(text: str) -> list[str]:
    """The words of a text as they are compared, however they are joined."""
    return [fold(word) for word in surfaces(text)]


def _is_form(wanted: str, surface: str) -> bool:
    """Whether words are written as ``=Word`` asks."""
    if surface == wanted:
        return True
    form, found = written_form(wanted), written_form(surface)
    return form == found if has_upper(form) else form.casefold() == found.casefold()


def _surface(found: Occurrence, reading: Reading, field: Field) -> str:
    """The words of an occurrence with all that stands between them."""
    return reading.source_text(field)[reading.place(field, found.first)[0] : reading.place(field, found.last)[1]]


def runs(leaf: Leaf, reading: Reading, field: Field) -> Iterable[tuple[int, int]]:
    """The first and last words of every place where a term's atoms are answered in order."""
    atoms = leaf.atoms
    if len(atoms) == 1:
        places = reading.places(atoms[0], field)
        return [(place, reading.last(atoms[0], field, place)) for place in places] if places else ()
    if not atoms or not all(reading.places(atom, field) for atom in atoms):
        return ()
    if isinstance(leaf, Phrase) and leaf.slop:
        return _loose_runs(atoms, leaf.slop, reading, field)
    return _tight_runs(atoms, reading, field)


def _tight_runs(atoms: tuple[Atom, ...], reading: Reading, field: Field) -> Iterator[tuple[int, int]]:
    """Runs without any further word between."""
    following = [(atom, set(reading.places(atom, field))) for atom in atoms[1:]]
    for first in reading.places(atoms[0], field):
        last = reading.last(atoms[0], field, first)
        for atom, places in following:
            if last + 1 not in places:
                break
            last = reading.last(atom, field, last + 1)
        else:
            yield first, last


def _loose_runs(atoms: tuple[Atom, ...], slop: int, reading: Reading, field: Field) -> Iterator[tuple[int, int]]:
    """Runs in order with at most ``slop`` further words between; of those that end alike, the shortest."""
    pending: tuple[int, int] | None = None
    for first in reading.places(atoms[0], field):
        last, between = reading.last(atoms[0], field, first), 0
        for atom in atoms[1:]:
            places = reading.places(atom, field)
            number = bisect_right(places, last)
            if number == len(places):
                break
            between += reading.between(field, last, places[number])
            last = reading.last(atom, field, places[number])
        else:
            if pending is not None and pending[1] != last:
                yield pending
            pending = (first, last) if between <= slop else None
            continue
        break
    if pending is not None:
        yield pending
