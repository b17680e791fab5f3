"""The keys by which a query's word and a text's word meet.

::

    protest, Proteste     known to a dictionary      ──lemma──▶ "de=81204"          meet where they share a lemma
    Tokajews, Tokajew     unknown, so likely names   ──endings──▶ "tokajew"         meet where one may be a form of the
                                                                "~tokajews" …       other, or both of a third

A lemma outranks a guess: where a dictionary knows both words they meet by lemma alone, so that ``protest`` is no
``protestant`` and ``new`` no ``news``, however alike their stems. Endings are taken off unknown words only; where a
language declines names, off capitalised words too, since many names look like a form of some word.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alerts.forms.tongues import Family, Tongue, family_name, family_named, script_of
from news.languages import bucket
from news.text import bare_forms, fold

if TYPE_CHECKING:
    from alerts.forms.lexicon import Lexicon

#: letters of a guess that a known word of the query may be, and of a word inside a query's clitics
_SURE = 5
_SURE_INSIDE = 4
#: a query's word of so many capitals at most is an acronym: no other word is a form of it
_LONGEST_ACRONYM = 5


def family_of(language: str | None) -> str:
    """The languages that a text's words are read in, as one name; "" where the language is unknown."""
    return family_name(bucket(language) or "") if language else ""


def asked(word: str, family: str) -> tuple[str, ...]:
    """The keys under which a query's word is looked for in texts of a family."""
    folded = fold(word)
    if 1 < len(word) <= _LONGEST_ACRONYM and word.isupper():
        return (folded,)
    keys = {folded: None}
    for one in (folded, *(inner for inner in bare_forms(folded) if len(inner) >= _SURE_INSIDE)):
        keys[one] = None
        read_in = family_named(family, script_of(one))
        lemmas = _lemmas(one, read_in)
        keys.update(dict.fromkeys(lemmas))
        if not lemmas and read_in.tongues:
            keys["~" + one] = None
            for tongue in read_in.tongues:
                keys.update(dict.fromkeys(_inside(one, tongue, tongue.asked_inside(one))))
                for citation in tongue.cited(one):
                    keys["~" + citation] = None
    return tuple(keys)


def given(word: str, family: str) -> tuple[str, ...]:
    """The keys that a text's word answers, in a text of a family."""
    folded = fold(word)
    keys = {folded: None}
    for one in (folded, *bare_forms(folded)):
        keys[one] = None
        read_in = family_named(family, script_of(one))
        lemmas = _lemmas(one, read_in)
        keys.update(dict.fromkeys(lemmas))
        capital = word[:1].isupper()
        for tongue in read_in.tongues:
            if lemmas and not (capital and tongue.names_decline):
                continue
            if not lemmas:
                keys.update(dict.fromkeys(_inside(one, tongue, tongue.inside(one))))
            keys["~" + one] = None
            for citation in tongue.cited(one):
                keys["~" + citation] = None
                if len(citation) >= _SURE:
                    keys[citation] = None
    return tuple(keys)


def _lemmas(folded: str, family: Family) -> list[str]:
    """The keys of a word's lemmas; none where no dictionary of the family knows it."""
    return [
        f"{tongue.dictionary}={number:x}"
        for tongue in family.tongues
        if tongue.dictionary
        for number in _lexicon(tongue.dictionary).lemmas(folded)
    ]


def _inside(folded: str, tongue: Tongue, words: Iterable[str]) -> list[str]:
    """The keys of the first word inside an unknown one that the dictionary knows, and of the lemmas it may decline."""
    if not tongue.dictionary:
        return []
    lexicon = _lexicon(tongue.dictionary)
    numbers = next(filter(None, map(lexicon.lemmas, words)), [])
    found = [*numbers, *(lexicon.lemma(one) for one in tongue.cited(folded) if len(one) >= _SURE)]
    return [f"{tongue.dictionary}={number:x}" for number in found if number is not None]


def _lexicon(code: str) -> "Lexicon":
    """The dictionary of this code."""
    # NumPy and simplemma come with it: a third of a second, which commands that match nothing need not wait for
    from alerts.forms.lexicon import lexicon  # noqa: PLC0415

    return lexicon(code)
