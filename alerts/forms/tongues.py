"""What each language has for finding the forms of a word, and which languages a text's words are read in.

::

    family ──family_named──▶ Family(tongues: dictionary, clitics, endings …)     script of a word ──▶ its default family

A family is named by the code of its language. A word in a script that its family does not write, a Cyrillic name in an
English text, goes by the default of its script, without a dictionary: two seconds for one name would be too much.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from Stemmer import Stemmer

from alerts.forms import endings, malay, persian, semitic, turkic

#: from a folded word to others that it may be a form of
Cuts = Callable[[str], Iterator[str]]

#: letters that Snowball leaves at least, and may cut at most: more is derivation
_LEAST_STEM, _MOST_CUT = 4, 4


def _none(_word: str) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language, or what of it counts in a family."""

    #: simplemma's code of its dictionary; "" for none
    dictionary: str = ""
    #: the words inside a text's word with clitics or affixes; they count where the dictionary has them
    inside: Cuts = _none
    #: the same of a query's word
    asked_inside: Cuts = _none
    #: the words that an unknown word may be a form of
    cited: Cuts = _none
    #: whether names take endings, so that a capital is reason to look for them on a known word too
    names_decline: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """The languages that the words of a text are read in."""

    #: a word that one of them knows is read by those that know it alone
    tongues: tuple[Tongue, ...]
    #: the scripts that are read so; others go by their default
    scripts: frozenset[str]


def _ending(code: str, least: int = 3) -> Cuts:
    return partial(_cited_by_table, code, least)


def _cited_by_table(code: str, least: int, word: str) -> Iterator[str]:
    return endings.citations(word, endings.TABLES[code], least)


def _chain(code: str) -> Cuts:
    return partial(_cited_by_chain, code)


def _cited_by_chain(code: str, word: str) -> Iterator[str]:
    return turkic.bases(word, turkic.LANGUAGES[code])


def _snowball(algorithm: str) -> Cuts:
    return partial(_cited_by_snowball, algorithm)


def _cited_by_snowball(algorithm: str, word: str) -> Iterator[str]:
    stem = _stemmer(algorithm).stemWord(word)
    if stem != word and word.startswith(stem) and len(stem) >= max(_LEAST_STEM, len(word) - _MOST_CUT):
        yield stem


@cache
def _stemmer(algorithm: str) -> Stemmer:
    # its own memory of words would only repeat that of the index
    return Stemmer(algorithm, 0)


def _arabic_cited(word: str) -> Iterator[str]:
    for one in (word, *semitic.arabic(word)):
        if one != word:
            yield one
        yield from semitic.arabic_singulars(one)


def _arabic_asked(word: str) -> Iterator[str]:
    if word.startswith("ال"):
        yield word[2:]
        yield from semitic.arabic_singulars(word[2:])
    yield from semitic.arabic_singulars(word)


def _uzbek_plain(word: str) -> Iterator[str]:
    """Without the apostrophes of oʻ and gʻ, as often typed; and what that may be a form of."""
    plain = word.replace("'", "")
    if plain != word:
        yield plain
    for one in turkic.bases(word, turkic.LANGUAGES["uz"]):
        yield one
        if "'" in one:
            yield one.replace("'", "")


def _both(*cuts: Cuts) -> Cuts:
    return partial(_all, cuts)


def _all(cuts: tuple[Cuts, ...], word: str) -> Iterator[str]:
    for one in cuts:
        yield from one(word)


_MALAY = tuple(
    Tongue(code, inside=malay.roots, asked_inside=malay.roots, cited=malay.enclitics) for code in ("id", "ms")
)
_ENGLISH = Tongue("en", cited=_ending("en", 4))
_ARABIC = Tongue("ar", inside=_arabic_cited, asked_inside=_arabic_asked, cited=_arabic_cited)
_PERSIAN = Tongue("fa", inside=persian.persian, asked_inside=persian.persian, cited=persian.persian)
_HEBREW = Tongue("he", inside=semitic.hebrew, cited=semitic.hebrew)
_KAZAKH = Tongue(cited=_chain("kk"), names_decline=True)
_RUSSIAN_NAMES = Tongue(cited=_ending("ru"), names_decline=True)


def _slavic(code: str, dictionary: str = "") -> Tongue:
    return Tongue(dictionary or code, cited=_ending(code), names_decline=True)


def _by_snowball(code: str, algorithm: str, *, names_decline: bool = True) -> Tongue:
    return Tongue(code, cited=_snowball(algorithm), names_decline=names_decline)


_LATIN, _CYRILLIC, _ARAB = frozenset({"latin"}), frozenset({"cyrillic"}), frozenset({"arabic"})
_FAMILIES = {
    "en": Family((_ENGLISH,), _LATIN),
    "id": Family(_MALAY, _LATIN),
    "tl": Family((Tongue("tl"),), _LATIN),
    "sw": Family((Tongue("sw"),), _LATIN),
    "de": Family((Tongue("de", cited=_ending("de", 4)),), _LATIN),
    "nl": Family((Tongue("nl", cited=_ending("nl", 4)),), _LATIN),
    "af": Family((Tongue(cited=_ending("nl", 4)),), _LATIN),
    "lb": Family((Tongue("lb", cited=_ending("de", 4)),), _LATIN),
    "sv": Family((Tongue("sv", cited=_ending("sv", 4)),), _LATIN),
    "da": Family((Tongue("da", cited=_ending("da", 4)),), _LATIN),
    "no": Family((Tongue("nb", cited=_ending("no", 4)), Tongue("nn", cited=_ending("no", 4))), _LATIN),
    "is": Family((Tongue("is"),), _LATIN),
    "fr": Family((Tongue("fr", cited=_ending("fr", 4)),), _LATIN),
    "es": Family((Tongue("es", cited=_ending("es", 4)),), _LATIN),
    "gl": Family((Tongue("gl", cited=_ending("gl", 4)),), _LATIN),
    "ca": Family((Tongue("ca", cited=_ending("ca", 4)),), _LATIN),
    "pt": Family((Tongue("pt", cited=_ending("pt", 4)),), _LATIN),
    "it": Family((Tongue("it", cited=_ending("it", 4)),), _LATIN),
    "ro": Family((Tongue("ro", cited=_ending("ro", 4)),), _LATIN),
    "sq": Family((Tongue("sq"),), _LATIN),
    "ru": Family((_slavic("ru"), _KAZAKH), _CYRILLIC),
    "uk": Family((_slavic("uk"),), _CYRILLIC),
    "be": Family((Tongue(cited=_ending("be"), names_decline=True),), _CYRILLIC),
    "bg": Family((_slavic("bg"),), _CYRILLIC),
    "mk": Family((_slavic("mk"),), _CYRILLIC),
    "pl": Family((_slavic("pl"),), _LATIN),
    "cs": Family((_slavic("cs"),), _LATIN),
    "sk": Family((_slavic("sk"),), _LATIN),
    "hr": Family((_slavic("hr", "hbs"),), _LATIN),
    "sl": Family((_slavic("sl"),), _LATIN),
    "lt": Family((_by_snowball("lt", "lithuanian"),), _LATIN),
    "lv": Family((Tongue("lv"),), _LATIN),
    "et": Family((_by_snowball("et", "estonian"),), _LATIN),
    "fi": Family((_by_snowball("fi", "finnish"),), _LATIN),
    "hu": Family((_by_snowball("hu", "hungarian"),), _LATIN),
    "eu": Family((Tongue(cited=_snowball("basque")),), _LATIN),
    "ga": Family((_by_snowball("ga", "irish", names_decline=False),), _LATIN),
    "cy": Family((Tongue("cy"),), _LATIN),
    "eo": Family((_by_snowball("eo", "esperanto", names_decline=False),), _LATIN),
    "tr": Family((Tongue("tr", cited=_chain("tr"), names_decline=True),), _LATIN),
    "az": Family((Tongue(cited=_chain("az"), names_decline=True),), _LATIN),
    "uz": Family((Tongue(cited=_both(_uzbek_plain, _chain("uz-cyrl")), names_decline=True),), _LATIN | _CYRILLIC),
    "kk": Family((_KAZAKH, _RUSSIAN_NAMES), _CYRILLIC),
    "ky": Family((Tongue(cited=_chain("ky"), names_decline=True), _RUSSIAN_NAMES), _CYRILLIC),
    "tt": Family((Tongue(cited=_chain("tt"), names_decline=True), _RUSSIAN_NAMES), _CYRILLIC),
    "ar": Family((_ARABIC,), _ARAB),
    "fa": Family((_PERSIAN,), _ARAB),
    "ur": Family((Tongue(cited=persian.urdu),), _ARAB),
    "he": Family((_HEBREW,), frozenset({"hebrew"})),
    "el": Family((Tongue("el", cited=_ending("el"), names_decline=True),), frozenset({"greek"})),
    "hy": Family((_by_snowball("hy", "armenian"),), frozenset({"armenian"})),
    "ka": Family((Tongue("ka"),), frozenset({"georgian"})),
    "hi": Family((Tongue("hi", cited=_ending("hi", 2)),), frozenset({"devanagari"})),
    "ne": Family((Tongue(cited=_snowball("nepali")),), frozenset({"devanagari"})),
    "ta": Family((Tongue(cited=_snowball("tamil")),), frozenset({"tamil"})),
    "ml": Family((Tongue("ml"),), frozenset({"malayalam"})),
}
#: languages that are read as another
_READ_AS = {"sr": "hr", "bs": "hr", "tg": "", "mn": "", "ba": "tt", "tk": "az", "ps": "fa", "ast": "es", "mr": "ne"}
#: of texts whose language is unknown, by script
_UNKNOWN = {
    "latin": Family((_ENGLISH, *_MALAY), _LATIN),
    "cyrillic": Family((_slavic("ru"), _KAZAKH), _CYRILLIC),
    "arabic": Family((_ARABIC, _PERSIAN), _ARAB),
}
#: of words in a script that their text's language does not write: without dictionaries
_FOREIGN = {
    "latin": Family((Tongue(cited=_ending("en", 4)),), _LATIN),
    "cyrillic": Family((_RUSSIAN_NAMES, _KAZAKH), _CYRILLIC),
    "arabic": Family((Tongue(cited=_arabic_cited),), _ARAB),
    "hebrew": Family((Tongue(cited=semitic.hebrew),), frozenset({"hebrew"})),
    "greek": Family((Tongue(cited=_ending("el"), names_decline=True),), frozenset({"greek"})),
    "devanagari": Family((Tongue(cited=_ending("hi", 2)),), frozenset({"devanagari"})),
}
_NOTHING = Family((), frozenset())

#: the first code point behind each script's block, in order; only those that a family is about
_SCRIPTS = (
    (0x250, "latin"), (0x370, ""), (0x400, "greek"), (0x530, "cyrillic"), (0x590, "armenian"), (0x600, "hebrew"),
    (0x780, "arabic"), (0x900, ""), (0x980, "devanagari"), (0xB80, ""), (0xC00, "tamil"), (0xD00, ""),
    (0xD80, "malayalam"), (0x10A0, ""), (0x1100, "georgian"), (0x1C80, ""), (0x1C90, "cyrillic"), (0x1CC0, "georgian"),
    (0x1E00, ""), (0x1F00, "latin"), (0x2000, "greek"), (0x2D00, ""), (0x2D30, "georgian"),
)  # fmt: skip


def script_of(folded: str) -> str:
    """The script of a folded word's first letter; "" for one that no family is about, and for digits."""
    first = next((letter for letter in folded if letter.isalpha()), "")
    if not first:
        return ""
    return next((script for end, script in _SCRIPTS if ord(first) < end), "")


def family_name(language: str) -> str:
    """The family of a language's code, or the code itself."""
    return _READ_AS.get(language, language)


def family_named(name: str, script: str) -> Family:
    """The family in which a word of a script is read, in a text of the family of this name."""
    family = _FAMILIES.get(name)
    if family is not None and script in family.scripts:
        return family
    if name == "":
        # a script that one language of ours alone writes tells the language
        return _UNKNOWN.get(script) or _ALONE.get(script, _NOTHING)
    return _FOREIGN.get(script, _NOTHING)


_ALONE = {
    "hebrew": _FAMILIES["he"], "greek": _FAMILIES["el"], "armenian": _FAMILIES["hy"], "georgian": _FAMILIES["ka"],
    "devanagari": _FAMILIES["hi"], "tamil": _FAMILIES["ta"], "malayalam": _FAMILIES["ml"],
}  # fmt: skip
