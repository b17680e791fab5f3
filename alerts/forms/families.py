"""Which languages the words of a text are read in, by its language and by the script of each word.

::

    language ──family_name──▶ name       name, script of a word ──family_of_word──▶ Family

A family is named by the code of its language. A word in a script that its family does not write, a Cyrillic name in an
English text, goes by the default of its script, without a dictionary: reading one for a name would take seconds.
"""

from collections.abc import Mapping
from dataclasses import replace

from alerts.forms import malay, persian, semitic, turkic
from alerts.forms.endings import TABLES
from alerts.forms.tongues import (
    Cuts,
    Family,
    Tongue,
    arabic_asked,
    arabic_given,
    by_chain,
    by_endings,
    by_finite,
    by_participle,
    by_snowball,
    none,
    uzbek,
)

#: letters that stay before an ending; before one of a language beside the text's own
_LEAST, _LEAST_DECLINED, _LEAST_BESIDE = 4, 3, 5

_LATIN, _CYRILLIC, _ARAB = frozenset({"latin"}), frozenset({"cyrillic"}), frozenset({"arabic"})


def _plain(dictionary: str, table: str = "", verbs: Cuts = none, finite: Cuts = none) -> Family:
    """A language of Latin letters whose names have hardly any endings."""
    cited = by_endings(TABLES[table], _LEAST) if table else none
    return Family((Tongue(dictionary, cited=cited, verbs=verbs, finite=finite),), _LATIN)


def _slavic(dictionary: str, table: str, scripts: frozenset[str]) -> Family:
    """A language with a table of its declension."""
    return Family((Tongue(dictionary, cited=by_endings(TABLES[table], _LEAST_DECLINED)),), scripts, names_decline=True)


def _stemmed(dictionary: str, algorithm: str, script: str = "latin", *, names_decline: bool = True) -> Family:
    """A language whose endings are left to Snowball."""
    tongue = Tongue(dictionary, cited=by_snowball(algorithm))
    return Family((tongue,), frozenset({script}), names_decline=names_decline)


def _turkic(code: str, *others: Tongue, dictionary: str = "", scripts: frozenset[str] = _LATIN) -> Family:
    """A Turkic language."""
    tongue = Tongue(dictionary, cited=by_chain(turkic.LANGUAGES[code]))
    return Family((tongue, *others), scripts, names_decline=True, apostrophe_ends=True)


_ENGLISH = Tongue("en", cited=by_endings(TABLES["en"], _LEAST))
_MALAY = tuple(
    Tongue(code, inside=malay.roots, asked_inside=malay.roots, cited=malay.enclitics) for code in ("id", "ms")
)
_ARABIC = Tongue("ar", inside=arabic_given, asked_inside=arabic_asked, cited=arabic_given)
_PERSIAN = Tongue("fa", inside=persian.persian, asked_inside=persian.persian, cited=persian.persian)
_HEBREW = Tongue("he", inside=semitic.hebrew, asked_inside=semitic.hebrew_singulars, cited=semitic.hebrew)
_KAZAKH = Tongue(cited=by_chain(turkic.LANGUAGES["kk"]))
_RUSSIAN = Tongue("ru", cited=by_endings(TABLES["ru"], _LEAST_DECLINED))
_RUSSIAN_NAMES = Tongue(cited=by_endings(TABLES["ru"], _LEAST_BESIDE))
_HINDI = Tongue("hi", cited=by_endings(TABLES["hi"], 2))
_GREEK = Tongue("el", cited=by_endings(TABLES["el"], _LEAST_DECLINED))

#: Serbian and Uzbek are written in both scripts, letter for letter (Vuk Karadžić's alphabet; Uzbek law 931-XII of 1993)
_SERBIAN = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "ђ": "đ", "е": "e", "ж": "ž", "з": "z", "и": "i", "ј": "j",
    "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "ћ": "ć", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "č", "џ": "dž", "ш": "š",
})  # fmt: skip
_UZBEK = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "j", "з": "z", "и": "i", "й": "y", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "x",
    "ц": "s", "ч": "ch", "ш": "sh", "ъ": "'", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ў": "o'", "қ": "q", "ғ": "g'",
    "ҳ": "h",
})  # fmt: skip

_FAMILIES: Mapping[str, Family] = {
    "en": Family((_ENGLISH,), _LATIN),
    "id": Family(_MALAY, _LATIN),
    "tl": _plain("tl"),
    "sw": _plain("sw"),
    "de": _plain("de", "de"),
    "lb": _plain("lb", "de"),
    "nl": _plain("nl", "nl", by_participle("nl")),
    "af": _plain("", "nl"),
    "sv": _plain("sv", "sv"),
    "da": _plain("da", "da"),
    "no": Family(tuple(Tongue(code, cited=by_endings(TABLES["no"], _LEAST)) for code in ("nb", "nn")), _LATIN),
    "is": _plain("is"),
    "fr": _plain("fr", "fr", by_participle("fr")),
    "es": _plain("es", "es", by_participle("es"), by_finite("es")),
    "gl": _plain("gl", "gl", by_participle("es"), by_finite("es")),
    "ca": _plain("ca", "ca"),
    "pt": _plain("pt", "pt", by_participle("es"), by_finite("es")),
    "it": _plain("it", "it", by_participle("it"), by_finite("it")),
    "ro": _plain("ro", "ro"),
    "sq": _plain("sq"),
    "cy": _plain("cy"),
    "lv": _plain("lv"),
    "ru": Family((_RUSSIAN, _KAZAKH), _CYRILLIC, names_decline=True),
    "uk": _slavic("uk", "uk", _CYRILLIC),
    "be": _slavic("", "be", _CYRILLIC),
    "bg": _slavic("bg", "bg", _CYRILLIC),
    "mk": _slavic("mk", "mk", _CYRILLIC),
    "pl": _slavic("pl", "pl", _LATIN),
    "cs": _slavic("cs", "cs", _LATIN),
    "sk": _slavic("sk", "sk", _LATIN),
    "sl": _slavic("sl", "sl", _LATIN),
    "hr": replace(_slavic("hbs", "hr", _LATIN | _CYRILLIC), latin=_SERBIAN),
    "lt": _stemmed("lt", "lithuanian"),
    "et": _stemmed("et", "estonian"),
    "fi": _stemmed("fi", "finnish"),
    "hu": _stemmed("hu", "hungarian"),
    "eu": _stemmed("", "basque"),
    "ga": _stemmed("ga", "irish", names_decline=False),
    "eo": _stemmed("eo", "esperanto", names_decline=False),
    "hy": _stemmed("hy", "armenian", "armenian"),
    "ne": _stemmed("", "nepali", "devanagari"),
    "ta": _stemmed("", "tamil", "tamil"),
    "tr": _turkic("tr", dictionary="tr"),
    "az": _turkic("az"),
    "kk": _turkic("kk", _RUSSIAN_NAMES, scripts=_CYRILLIC),
    "ky": _turkic("ky", _RUSSIAN_NAMES, scripts=_CYRILLIC),
    "tt": _turkic("tt", _RUSSIAN_NAMES, scripts=_CYRILLIC),
    "uz": Family((Tongue(cited=uzbek),), _LATIN | _CYRILLIC, names_decline=True, apostrophe_letter=True, latin=_UZBEK),
    "ar": Family((_ARABIC,), _ARAB),
    "fa": Family((_PERSIAN,), _ARAB),
    "ur": Family((Tongue(cited=persian.urdu),), _ARAB),
    "he": Family((_HEBREW,), frozenset({"hebrew"})),
    "el": Family((_GREEK,), frozenset({"greek"}), names_decline=True),
    "ka": Family((Tongue("ka"),), frozenset({"georgian"})),
    "hi": Family((_HINDI,), frozenset({"devanagari"})),
    "ml": Family((Tongue("ml"),), frozenset({"malayalam"})),
}
#: languages that are read as another
_READ_AS = {"sr": "hr", "bs": "hr", "ba": "tt", "tk": "az", "ps": "fa", "ast": "es", "mr": "ne"}
#: the family of every other language: each word by the default of its script
_OTHER = "other"
#: of texts whose language is unknown, by script; a script that one family alone writes tells the language
_UNKNOWN: Mapping[str, Family] = {
    "latin": Family((_ENGLISH, *_MALAY), _LATIN),
    "cyrillic": _FAMILIES["ru"],
    "arabic": Family((_ARABIC, _PERSIAN), _ARAB),
    "hebrew": _FAMILIES["he"],
    "greek": _FAMILIES["el"],
    "armenian": _FAMILIES["hy"],
    "georgian": _FAMILIES["ka"],
    "devanagari": _FAMILIES["hi"],
    "tamil": _FAMILIES["ta"],
    "malayalam": _FAMILIES["ml"],
}
#: of words in a script that their text's language does not write
_FOREIGN: Mapping[str, Family] = {
    "latin": Family((Tongue(cited=by_endings(TABLES["en"], _LEAST)),), _LATIN),
    "cyrillic": Family((_RUSSIAN_NAMES, _KAZAKH), _CYRILLIC, names_decline=True),
    "arabic": Family((Tongue(cited=arabic_given),), _ARAB),
    "hebrew": Family((Tongue(cited=semitic.hebrew),), frozenset({"hebrew"})),
    "greek": Family((Tongue(cited=_GREEK.cited),), frozenset({"greek"}), names_decline=True),
    "devanagari": Family((Tongue(cited=_HINDI.cited),), frozenset({"devanagari"})),
}
_NOTHING = Family((), frozenset())

#: the first code point behind each block, in order, and its script; "" where no family writes it
_BLOCKS = (
    (0x250, "latin"), (0x370, ""), (0x400, "greek"), (0x530, "cyrillic"), (0x590, "armenian"), (0x600, "hebrew"),
    (0x780, "arabic"), (0x900, ""), (0x980, "devanagari"), (0xB80, ""), (0xC00, "tamil"), (0xD00, ""),
    (0xD80, "malayalam"), (0x10A0, ""), (0x1100, "georgian"), (0x1C80, ""), (0x1C90, "cyrillic"), (0x1CC0, "georgian"),
    (0x1E00, ""), (0x1F00, "latin"), (0x2000, "greek"), (0x2D00, ""), (0x2D30, "georgian"),
)  # fmt: skip


def script_of(folded: str) -> str:
    """The script of a folded word's first letter; "" for one that no family writes, and for a word without letters."""
    first = next((letter for letter in folded if letter.isalpha()), "")
    if not first:
        return ""
    code = ord(first)
    return next((script for end, script in _BLOCKS if code < end), "")


def family_name(language: str) -> str:
    """The name of the family in which a language's texts are read."""
    name = _READ_AS.get(language, language)
    return name if name in _FAMILIES else _OTHER


def family_of_word(name: str, script: str) -> Family:
    """The family in which a word of a script is read, in a text of the family of this name."""
    if not name:
        return _UNKNOWN.get(script, _NOTHING)
    family = _FAMILIES.get(name)
    return family if family is not None and script in family.scripts else _FOREIGN.get(script, _NOTHING)
