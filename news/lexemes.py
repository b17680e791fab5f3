"""A sentence as it is compared: its words, with numbers and times as one word each. Pure.

::

    "At least 26 people" ──lexemes──▶ at │ least │ #26 │ people

A lexeme's key is what counts: two sentences with the same keys say the same. Everything between lexemes is set, not
said, but for what ``weighty`` names.
"""

import re
from enum import Enum
from typing import Final, NamedTuple

from news.changerules import Rules, key
from news.numerals import Row, numeral
from news.text import surfaces, words
from news.times import moment

_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]")
_DIGIT: Final = re.compile(r"\d")
_MINUS: Final = re.compile(r"(?<![\w\s.,;:!?)])[-−–](?=\d)|(?<=[^\d\s] )[-−–](?=\d)")
#: between words, signs that change what is said
_WEIGHTY: Final = str.maketrans({"？": "?", "؟": "?", ";": ";"})
_KEPT: Final = frozenset("?%$€£¥+=§<>°×÷±")


class LexemeKind(Enum):
    """What a lexeme is."""

    WORD = "word"
    NUMBER = "number"
    DATE = "date"


class Lexeme(NamedTuple):
    """A word, number or time of a sentence."""

    #: code points of the sentence
    start: int
    end: int
    key: str
    kind: LexemeKind
    #: a number only where another number stands against it
    weak: bool = False


def lexemes(text: str, rules: Rules) -> tuple[Lexeme, ...]:
    """The lexemes of a sentence in order. Time is linear in it; nothing raises."""
    found = words(text)
    row = Row(text, found, [key(word.surface) for word in found])
    made: list[Lexeme] = []
    at = 0
    special = rules.special
    while at < len(found):
        word = found[at]
        first = row.keys[at]
        if first not in special and not _DIGIT.search(first):
            end = _run_of_katakana(row, at) if _KATAKANA.match(first) else at + 1
            whole = first if end == at + 1 else "".join(row.keys[at:end])
            made.append(Lexeme(word.start, found[end - 1].end, whole, LexemeKind.WORD))
            at = end
        elif when := moment(row, at, rules):
            made.append(Lexeme(word.start, found[when.end - 1].end, when.key, LexemeKind.DATE))
            at = when.end
        elif number := numeral(row, at, rules):
            start, end = word.start - number.before, found[number.end - 1].end + number.after
            made.append(Lexeme(start, end, number.key, LexemeKind.NUMBER, number.weak))
            at = number.end
        else:
            made.append(Lexeme(word.start, word.end, row.keys[at], LexemeKind.WORD))
            at += 1
    return tuple(made)


def _run_of_katakana(row: Row, at: int) -> int:
    """Where a word of Katakana ends, which is one however many characters it has."""
    end = at + 1
    while end < len(row.keys) and _KATAKANA.match(row.keys[end]) and not row.gap(end):
        end += 1
    return end


def plain(text: str) -> tuple[Lexeme, ...]:
    """The words of a text as they stand, numbers and times too."""
    return tuple(Lexeme(word.start, word.end, key(word.surface), LexemeKind.WORD) for word in words(text))


def same_words(old: str, new: str) -> bool:
    """Whether two texts differ at most in how they are set: the same words, and the same signs that count."""
    if _has_another(old, new) or _has_another(new, old):
        return False
    if weighty(old) != weighty(new) or len(_MINUS.findall(old)) != len(_MINUS.findall(new)):
        return False
    return [key(word) for word in surfaces(old)] == [key(word) for word in surfaces(new)]


def _has_another(one: str, other: str) -> bool:
    """Whether a text surely has a word that the other has not: quick, and silent where it is not sure."""
    known, folded = set(other.split()), other.casefold()
    return any(word.isalnum() and word.isascii() and word.lower() not in folded for word in set(one.split()) - known)


def weighty(gap: str) -> str:
    """What counts of that which stands between two lexemes: a question mark, signs of value."""
    return "".join(character for character in gap.translate(_WEIGHTY) if character in _KEPT)
