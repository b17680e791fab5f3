"""The keys by which a query's word and a text's word meet.

::

    protest, Proteste     known to a dictionary      ──lemma──▶ "de=81204"          meet where they share a lemma
    Tokajews, Tokajew     unknown, so likely names   ──endings──▶ "tokajew"         meet where one may be a form of the
                                                                "~tokajews" …       other, or both of a third

A lemma outranks a guess: where a dictionary knows both words they meet by lemma alone, so that ``protest`` is no
``protestant`` and ``new`` no ``news``, however alike their stems. Endings are taken off unknown words only; where a
language declines names, off capitalised words too, since many names look like a form of some word.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alerts.forms.families import family_name, family_of_word, script_of
from alerts.forms.spelling import spelt, with_accents
from alerts.forms.tongues import Family
from news.languages import bucket
from news.text import bare_forms, fold, written_form

if TYPE_CHECKING:
    from alerts.forms.lexicon import Lexicon

#: letters of a guess that a known word of the query may be, and of a word inside a query's clitics
_SURE = 5
_SURE_INSIDE = 4
#: a query's word of so many capitals at most is an acronym: no other word is a form of it
_LONGEST_ACRONYM = 5


def family_of(language: str | None) -> str:
    """The languages that a text's words are read in, as one name; "" where the language is unknown."""
    known = bucket(language) if language else None
    return family_name(known) if known else ""


def asked(word: str, family: str) -> tuple[str, ...]:
    """The keys under which a query's word is looked for in texts of a family."""
    folded = fold(word)
    keys = {folded: None}
    if not (1 < len(word) <= _LONGEST_ACRONYM and word.isupper()):
        for one in _readings(word, folded, family, least=_SURE_INSIDE):
            keys[one.folded] = None
            keys.update(dict.fromkeys(one.lemmas()))
            keys.update(dict.fromkeys(one.lemmas_inside(asked=True)))
            if not one.known:
                keys["~" + one.folded] = None
                for citation in one.citations():
                    keys["~" + citation] = None
    return tuple(keys)


def given(word: str, family: str) -> tuple[str, ...]:
    """The keys that a text's word answers, in a text of a family."""
    folded = fold(word)
    keys = {folded: None}
    capital = word[:1].isupper()
    for one in _readings(word, folded, family, least=1):
        keys[one.folded] = None
        keys.update(dict.fromkeys(one.lemmas()))
        keys.update(dict.fromkeys(one.lemmas_inside(asked=False)))
        if not one.known or (capital and one.family.names_decline):
            keys["~" + one.folded] = None
            for citation in one.citations():
                keys["~" + citation] = None
                # a known word may be a name, but is no form of another known one
                if not one.known and len(citation) >= _SURE:
                    keys[citation] = None
    return tuple(keys)


class _Reading:
    """One way to read a word: as it is, or without what an apostrophe parts from it."""

    __slots__ = ("_own", "accented", "family", "folded")

    def __init__(self, folded: str, accented: str, family: Family) -> None:
        self.folded = folded
        self.accented = accented
        self.family = family
        #: the lemmas by each tongue with a dictionary, once they were looked up
        self._own: dict[str, list[int]] = {}

    @property
    def known(self) -> bool:
        """Whether a dictionary has the word, once its lemmas were looked up."""
        return any(self._own.values())

    def lemmas(self) -> Iterator[str]:
        """The keys of the word's lemmas."""
        for tongue in self.family.tongues:
            if tongue.dictionary:
                found = lexicon(tongue.dictionary).lemmas(self.folded, self.accented)
                self._own[tongue.dictionary] = found
                yield from (f"{tongue.dictionary}={number:x}" for number in found)

    def lemmas_inside(self, *, asked: bool) -> Iterator[str]:
        """The keys of what a dictionary makes of a word that it does not have.

        Of the first word inside clitics or affixes that it knows, and of the lemmas that the word may be declined from.
        Of a known participle, its verb.
        """
        for tongue in self.family.tongues:
            if not tongue.dictionary:
                continue
            known = lexicon(tongue.dictionary)
            numbers = list(map(known.lemma, tongue.finite(self.accented)))
            if not asked:
                numbers += map(known.lemma, tongue.verbs(self.accented))
            if not self._own.get(tongue.dictionary):
                inside = (tongue.asked_inside if asked else tongue.inside)(self.folded)
                numbers += next(filter(None, (known.lemmas(one, one) for one in inside)), [])
                if not self.known:
                    numbers += (known.lemma(one) for one in tongue.cited(self.folded) if len(one) >= _SURE)
            yield from (f"{tongue.dictionary}={number:x}" for number in numbers if number is not None)

    def citations(self) -> Iterator[str]:
        """The words that an unknown word may be a form of."""
        for tongue in self.family.tongues:
            yield from tongue.cited(self.folded)


def _readings(word: str, folded: str, family: str, *, least: int) -> list[_Reading]:
    """The ways to read a word, of at least so many letters; only the word inside, where an apostrophe parts one off."""
    accented = with_accents(word, folded)
    script = script_of(folded)
    read_in = family_of_word(family, script)
    if read_in.latin and script == "cyrillic":
        accented = spelt(written_form(word).lower().translate(read_in.latin))
        folded = fold(accented)
    if not read_in.tongues:
        return [_Reading(one, one, read_in) for one in bare_forms(folded) if len(one) >= least]
    inner = list(bare_forms(folded))
    if read_in.apostrophe_ends and (head := folded.rpartition("'")[0]) and len(head) > 1:
        inner.append(head)
    inner = [one for one in dict.fromkeys(inner) if len(one) >= least]
    if inner and not read_in.apostrophe_letter:
        return [_Reading(one, _part_of(accented, one), read_in) for one in inner]
    return [_Reading(folded, accented, read_in), *(_Reading(one, _part_of(accented, one), read_in) for one in inner)]


def _part_of(accented: str, inner: str) -> str:
    """The part of a word with apostrophes that folds to ``inner``, with its accents if it can be told."""
    parts = accented.rpartition("'")[0], accented.partition("'")[2]
    return next((part for part in parts if fold(part) == inner), inner)


def lexicon(code: str) -> "Lexicon":
    """The dictionary of this code."""
    # what makes dictionaries comes with it, which commands that match nothing need not wait for
    from alerts.forms.lexicon import lexicon as read  # noqa: PLC0415

    return read(code)
