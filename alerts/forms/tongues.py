"""What there is for finding the forms of a word in one language, and in the languages that a text is read in.

::

    Tongue: a dictionary, what is written together with a word, endings, chains of suffixes, participles
    Family: the tongues that the words of one text are read in, and the scripts that they are written in

Each ``Cuts`` takes a folded word and gives others; whether those count is decided in ``alerts.forms.keys``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

from Stemmer import Stemmer

from alerts.forms import endings, semitic, turkic
from news.text import fold

#: from a folded word to others that it may be a form of
Cuts = Callable[[str], Iterator[str]]

#: letters that Snowball leaves at least, and may cut at most: more is derivation
_LEAST_STEM, _MOST_CUT = 4, 4


def none(_word: str) -> Iterator[str]:
    """Cut nothing."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language, or what of it counts in a family."""

    #: simplemma's code of its dictionary; "" for none
    dictionary: str = ""
    #: the words inside a text's word with clitics or affixes; they count where the dictionary has them
    inside: Cuts = none
    #: the same of a query's word
    asked_inside: Cuts = none
    #: the words that an unknown word may be a form of
    cited: Cuts = none
    #: from a participle, as written in lower case, to its verb, folded; it counts where the dictionary has it
    verbs: Cuts = none
    #: from a noun that is a form of a verb too, as written in lower case, to that verb; of a query's word as well
    finite: Cuts = none


@dataclass(frozen=True, slots=True)
class Family:
    """The languages that the words of a text are read in."""

    #: a word that one of them knows is not guessed at by the others
    tongues: tuple[Tongue, ...]
    #: the scripts that are read so; others go by their default
    scripts: frozenset[str]
    #: whether names take endings, so that a capital is reason to look for them on a known word too
    names_decline: bool = False
    #: whether all behind an apostrophe is endings
    apostrophe_ends: bool = False
    #: whether an apostrophe is a letter
    apostrophe_letter: bool = False
    #: its Latin letters for its Cyrillic ones, where it writes both: words are then read in Latin
    latin: Mapping[int, str] | None = None


def by_endings(table: endings.Table, least: int) -> Cuts:
    """Take endings off by a table; at least so many letters stay."""
    return partial(_by_endings, table, least)


def _by_endings(table: endings.Table, least: int, word: str) -> Iterator[str]:
    return endings.citations(word, table, least)


def by_chain(suffixes: turkic.Suffixes) -> Cuts:
    """Take a chain of suffixes off."""
    return partial(_by_chain, suffixes)


def _by_chain(suffixes: turkic.Suffixes, word: str) -> Iterator[str]:
    return turkic.bases(word, suffixes)


def by_snowball(algorithm: str) -> Cuts:
    """Take off what Snowball does, if it is little: for languages whose endings no table of ours has."""
    return partial(_by_snowball, algorithm)


def _by_snowball(algorithm: str, word: str) -> Iterator[str]:
    stem = _stemmer(algorithm).stemWord(word)
    if stem != word and word.startswith(stem) and len(stem) >= max(_LEAST_STEM, len(word) - _MOST_CUT):
        yield stem


@cache
def _stemmer(algorithm: str) -> Stemmer:
    # its own memory of words would only repeat that of the index
    return Stemmer(algorithm, 0)


def arabic_given(word: str) -> Iterator[str]:
    """What an Arabic text's word may be: without clitics, and the singular of each."""
    for one in (word, *semitic.arabic(word)):
        if one != word:
            yield one
        yield from semitic.arabic_singulars(one)


def arabic_asked(word: str) -> Iterator[str]:
    """What an Arabic query's word may be: without the article alone, and the singular of each."""
    if word.startswith("ال"):
        yield word[2:]
        yield from semitic.arabic_singulars(word[2:])
    yield from semitic.arabic_singulars(word)


def uzbek(word: str) -> Iterator[str]:
    """What an Uzbek word may be a form of, also without the apostrophes of oʻ and gʻ, as often typed."""
    plain = word.replace("'", "")
    if plain != word:
        yield plain
    for one in turkic.bases(word, turkic.LANGUAGES["uz"]):
        yield one
        if "'" in one:
            yield one.replace("'", "")


#: verbs of participles; Nueva gramática, §4; C. Cunha, L. Cintra; L. Serianni; M. Grevisse
_PARTICIPLES: dict[str, endings.Table] = {
    "es": {"ado": ("ar",), "ada": ("ar",), "ados": ("ar",), "adas": ("ar",), "ido": ("er", "ir"), "ida": ("er", "ir"),
           "idos": ("er", "ir"), "idas": ("er", "ir")},
    "it": {"ato": ("are",), "ata": ("are",), "ati": ("are",), "ate": ("are",), "uto": ("ere",), "uta": ("ere",),
           "uti": ("ere",), "ute": ("ere",), "ito": ("ire",), "ita": ("ire",), "iti": ("ire",), "ite": ("ire",)},
    "fr": {"é": ("er",), "ée": ("er",), "és": ("er",), "ées": ("er",)},
}  # fmt: skip


def by_participle(code: str) -> Cuts:
    """From a regular participle to its infinitive: ``es`` for Spanish and Portuguese, ``it``, ``fr``, ``nl``."""
    return _dutch_verbs if code == "nl" else partial(_by_participle, code)


def _by_participle(code: str, lower: str) -> Iterator[str]:
    table = _PARTICIPLES[code]
    for size in range(1, 5):
        for infinitive in table.get(lower[-size:], ()):
            if len(lower) - size > 1:
                yield fold(lower[:-size] + infinitive)


#: letters of a noun from which on it and the verb that it is a form of mean the same thing: "protesta", but not "casa"
_LEAST_FINITE = 7
#: long ones that do not: what is public is not what was published
_UNLIKE_VERB = frozenset({"pubblico", "pubblica", "publico", "publica"})
_INFINITIVES: dict[str, endings.Table] = {"es": {"a": ("ar",), "o": ("ar",)}, "it": {"a": ("are",), "o": ("are",)}}


def by_finite(code: str) -> Cuts:
    """From a noun to the verb that it is made of without an ending of its own: ``es``, also for Portuguese, ``it``."""
    return partial(_by_finite, code)


def _by_finite(code: str, lower: str) -> Iterator[str]:
    # an accent on a noun's last letters tells that it is no form of a verb
    if (
        len(lower) >= _LEAST_FINITE
        and lower not in _UNLIKE_VERB
        and lower.replace("ñ", "n").replace("ç", "c").isascii()
    ):
        yield from (fold(lower[:-1] + infinitive) for infinitive in _INFINITIVES[code].get(lower[-1], ()))


def _dutch_verbs(lower: str) -> Iterator[str]:
    """``gestemd`` is of ``stemmen``, ``gewerkt`` of ``werken``."""
    stem = lower.removesuffix("e")[2:-1]
    if lower.startswith("ge") and lower.removesuffix("e")[-1:] in {"d", "t"} and len(stem) >= _LEAST_STEM - 1:
        yield fold(stem + "en")
        yield fold(stem + stem[-1] + "en")
