"""Words of a text with their offsets, and the folding that makes two spellings of a word one.

::

    text ──words──▶ Word(start, end, surface) …      text[start:end] == surface, always
                                     surface ──fold──▶ "kazakhstan"

Queries and texts go through the same two functions, so that whatever they do to one they do to the other.

What one word is:

- a run of letters, digits and their marks; soft hyphens and joiners inside it belong to it ("Kazakh\u00adstan" is one);
- with an apostrophe of any kind between letters: "don't", "l'Algérie", "Kazakhstan's" are one word, and ``bare_forms``
  knows the word inside the clitic;
- hyphens, dashes, underscores, slashes and full stops part words: "covid-19", "Alma-Ata" and "detik.com" are two
  adjacent words each, and a query term written so asks for the same adjacent words;
- a number with its separators ("1.000.000", "3,5") is one; a date ("08.01.2022") is three, so that its year is found;
- in scripts without spaces (Han, Kana, Thai, Lao, Khmer, Burmese) each character with its marks is a word of its own,
  so that adjacent words are a substring and NEAR counts characters.

Pure functions; time is linear in the text.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from news.marks import few_marks

#: scripts without spaces between words, as ranges of a character class; marks of Thai and the like are in ``_MARKS``
_SOLO_BMP = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd\u0ec0-\u0ec6\u0edc-\u0edf"  # Lao
    "\u1000-\u102a\u103f\u1050-\u1055\uaa60-\uaa76"  # Burmese
    "\u1780-\u17b3\u17d7\u17dc"  # Khmer
    "\u3005-\u3007\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Kana
    "\uff66-\uff9d"  # half-width Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
)
_SOLO = f"{_SOLO_BMP}\U00020000-\U0003ffff"  # and the rare Han
#: soft hyphen, joiners, direction marks, word joiner and other characters without a shape, inside words
_IGNORED = "\u00ad\u034f\u061c\u180e\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
#: apostrophes as typed, typographic, as the letters of Uzbek, Hebrew and others, and what is typed for them
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201b\u2032\u02b9\u02bb-\u02bf\u055a\u05f3\ua78b\ua78c\uff07"


def _marks(first: int, last: int) -> str:
    """The combining marks of a part of Unicode, as ranges of a character class."""
    ranges: list[list[int]] = []
    for code in range(first, last):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in ranges)


#: of the basic plane, which is what nearly every text stays in: a class without more is several times faster
_MARKS_BMP = _marks(0x300, 0x10000)
#: up to the emoji, and the variation selectors of the last plane
_MARKS = _MARKS_BMP + _marks(0x10000, 0x1F000) + "\U000e0100-\U000e01ef"
#: the rest of a number with separators, behind its first digit
_NUMBER = r"(?<=\d)(?<!\w[.,]\d)(?:\d{0,2}(?:[.,]\d{3})++(?:[.,]\d++)?|\d*+[.,]\d++)(?![.,]?\w)"


def _pattern(letter: str, marks: str) -> str:
    """A word of ``letter``; possessive throughout, so that no text makes it go back.

    The first alternative inside the word is the common case; the second takes marks one by one, and what is ignored
    only where the word goes on behind it.
    """
    inside = rf"[{_IGNORED}{marks}{_APOSTROPHES}]{letter}++"
    mark = rf"[{_IGNORED}{marks}](?:(?<=[{marks}])|(?=[{_IGNORED}]{{0,9}}+(?:[{marks}]|{letter})))"
    return rf"{letter}(?:{_NUMBER}|{letter}*+(?:{inside}|{mark})*+)"


#: one character with its marks: Khmer and Burmese stacks are one, and the Thai and Lao vowel AM, in whichever form
_SYLLABLE = (
    rf"[{_SOLO}](?:[\u1039\u17d2][{_SOLO}]|[{_MARKS}\uff9e\uff9f])*+"
    r"(?:[\u0e33\u0eb3]|(?<=[\u0e4d\u0ecd])[\u0e32\u0eb2]|(?<=[\u0e4d\u0ecd][\u0e48-\u0e4b\u0ec8-\u0ecb])[\u0e32\u0eb2])?"
)
_ASCII = re.compile(rf"[^\W_](?:{_NUMBER}|[^\W_]*+(?:['`][^\W_]++)*+)", re.ASCII)
_SPACED = re.compile(_pattern(r"[^\W_]", _MARKS_BMP))
_MIXED = re.compile(_SYLLABLE + "|" + _pattern(rf"[^\W_{_SOLO}]", _MARKS))
_SOLO_CHARACTER = re.compile(f"[{_SOLO}]")
_ANY_SOLO_BMP = re.compile(f"[{_SOLO_BMP}]")
_ANY_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_DROPPED = re.compile(f"[{_IGNORED}\u0640\u200b\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")


class Word(NamedTuple):
    """One word as it stands in a text."""

    #: code point offsets in the text as given; ``end`` is exclusive
    start: int
    end: int
    #: the text between them
    surface: str


def words(text: str) -> list[Word]:
    """The words of a text in order, with offsets in the text as given (whatever its normal form)."""
    return [Word(match.start(), match.end(), match[0]) for match in _splitter(text).finditer(text)]


def surfaces(text: str) -> list[str]:
    """The words of a text in order, without offsets: the same as those of ``words``, at half the cost."""
    return _splitter(text).findall(text)


def offsets(text: str) -> list[tuple[int, int]]:
    """The start and end of each word of a text in order: the offsets of ``words`` alone."""
    return [match.span() for match in _splitter(text).finditer(text)]


def _splitter(text: str) -> re.Pattern[str]:
    """The cheapest pattern that parts this text rightly."""
    if text.isascii():
        return _ASCII
    return _MIXED if _ANY_SOLO_BMP.search(text) or _ANY_ASTRAL.search(text) else _SPACED


def is_unspaced(surface: str) -> bool:
    """Whether a word is of a script without spaces, where terms are found as substrings."""
    return _SOLO_CHARACTER.match(surface) is not None


def normalise(text: str) -> str:
    """The text in Unicode normal form C."""
    return unicodedata.normalize("NFC", few_marks(text))


def written_form(text: str) -> str:
    """A word as it is written, letter case and accents kept, without what no reader sees: NFC, plain apostrophes."""
    if text.isascii():
        return text.replace("`", "'")
    return normalise(_APOSTROPHE.sub("'", _DROPPED.sub("", text)))


#: letters that differ by a stroke, a ligature or a keyboard, after casefolding; what decomposes is not listed
_LETTERS = str.maketrans({
    "ı": "i", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t", "ə": "e",
    # Cyrillic: ё is typed е, stress marks are not spelling; й, ї, ў and the Kazakh letters stay what they are
    "ё": "е", "ѐ": "е", "ѝ": "и",
    # Arabic: the forms of alef, alef maksura, teh marbuta; the Persian and Urdu letters of the same shapes
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ہ": "ه", "ۀ": "ه", "ھ": "ه",
})  # fmt: skip
#: from here on letters act on letters (the vowel AM of Thai, Korean, half-width Katakana)
_COMPOSING = "\u0e00"
#: scripts whose marks are not part of the spelling that people search by: all of them fall
_BARE_SCRIPTS = ("LATIN", "GREEK", "ARABIC", "HEBREW")
#: marks of stress, which fall from Cyrillic letters when they have not composed into a letter
_STRESS = "\u0300\u0301\u0302\u0311\u0483"


def fold(text: str) -> str:
    """The form by which two spellings are one: idempotent, so that folded text can be folded again.

    Compatibility forms (NFKC), letter case (also ß, final sigma and the Turkish dotless i) and apostrophes are made
    one; accents of Latin and Greek, Cyrillic ё and stress marks, Arabic marks, tatweel and alef forms, Hebrew points,
    joiners and soft hyphens fall; digits of every script become 0–9.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    if text.isalpha() and max(text) < _COMPOSING:
        return "".join([_folded_letter(letter) for letter in text])
    return _fold_marked(text)


@cache
def _folded_letter(letter: str) -> str:
    """What a letter folds to; bounded by the number of letters there are."""
    return _fold_marked(letter)


def _fold_marked(text: str) -> str:
    """Fold a text whose characters may act on each other."""
    known = _compose(few_marks(_APOSTROPHE.sub("'", _DROPPED.sub("", text))))
    while (again := _compose(known)) != known:
        known = again
    return known


def _compose(text: str) -> str:
    """One round of folding; a few characters need a second."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_LETTERS)
    kept: list[str] = []
    script = ""
    for character in plain:
        if character.isascii():
            script = "LATIN"
            kept.append(character)
            continue
        for part in unicodedata.normalize("NFD", character) if _script(character) in _BARE_SCRIPTS else character:
            if not unicodedata.category(part).startswith("M"):
                script = _script(part)
                kept.append(str(unicodedata.decimal(part)) if part.isdecimal() else part)
            elif script not in _BARE_SCRIPTS and not (script == "CYRILLIC" and part in _STRESS):
                kept.append(part)
    return normalise(_APOSTROPHE.sub("'", _DROPPED.sub("", "".join(kept)))).translate(_LETTERS)


@cache
def _script(character: str) -> str:
    """The first word of the character's Unicode name; bounded by the number of characters there are."""
    return unicodedata.name(character, "").partition(" ")[0]


#: what stands behind an apostrophe without being part of the word: English, and the case endings of Turkish names
_ENDINGS = frozenset({
    "s", "d", "ll", "ve", "re", "m", "a", "e", "i", "u", "da", "de", "ta", "te", "dan", "den", "tan", "ten", "in", "un",
    "la", "le", "ya", "ye", "yi", "yu", "yla", "yle", "na", "ne", "nda", "nde", "nin", "nun",
})  # fmt: skip
#: what stands before an apostrophe without being part of the word: French, Italian, Catalan
_ELISIONS = frozenset({
    "l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quelqu",
    "un", "dell", "all", "nell", "sull", "dall", "coll", "quell", "quest",
})  # fmt: skip


def bare_forms(folded: str) -> tuple[str, ...]:
    """The words inside a folded word with clitics, without the word itself: "l'algerie" gives "algerie"."""
    if "'" not in folded:
        return ()
    # An apostrophe that Unicode counts as a letter (U+02BC) may stand at either end of a word.
    found = [inner] if (inner := folded.strip("'")) != folded else []
    head, _, tail = folded.rpartition("'")
    if tail in _ENDINGS:
        found.append(head)
    for word in (folded, *found):
        first, apostrophe, rest = word.partition("'")
        if apostrophe and first in _ELISIONS and rest not in _ENDINGS:
            found.append(rest)
    return tuple(dict.fromkeys(found))
