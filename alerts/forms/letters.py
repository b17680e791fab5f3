r"""Many words at once in lower case, with their accents and folded: letters are looked up in a table, not word by word.

::

    b"Łódź\nRadom\n" ──▶ b"łódź\nradom\n" and b"lodz\nradom\n", which differ in line 0

Where a letter takes more bytes than before, or needs its neighbours to be told, the block goes through strings.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.forms.spelling import spelt
from news.text import fold

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

_LINE = 0x0A
_LOWER = bytes(range(256)).lower()
#: the least first byte of a character of two bytes, of three, and of four
_TWO, _THREE, _FOUR = 0xC2, 0xE0, 0xF0
#: the first code point of three bytes
_LONG = 0x800
#: what is known of a character: in lower case it is another, folded it is another still, it needs strings; 0 is unknown
_KNOWN, _RISES, _FOLDS, _ODD = 1, 2, 4, 8


class Lines(NamedTuple):
    """Words in UTF-8 with a line break behind each."""

    text: Bytes
    starts: Places
    #: in bytes, without the break
    sizes: Places


class Spellings(NamedTuple):
    """The same words in two spellings, line by line."""

    accented: Lines
    folded: Lines
    #: the lines that may differ
    differ: Places


class Letters:
    """What the characters of the basic plane become, each found out at its first use."""

    def __init__(self) -> None:
        self._kinds = np.zeros(1 << 16, np.uint8)
        #: in up to three bytes, as a number whose lowest is the first
        self._accented = np.zeros(1 << 16, np.uint32)
        self._folded = np.zeros(1 << 16, np.uint32)

    def spellings(self, text: bytes) -> Spellings:
        """The spellings of words with a line break behind each; zeros between them do not count."""
        plain = np.frombuffer(text.translate(_LOWER, b"\0"), np.uint8)
        leads = np.flatnonzero(plain >= _TWO)
        if not len(leads):
            lines = _lines(plain)
            return Spellings(lines, lines, leads)
        codes = _codes(plain, leads)
        kinds = self._kinds_of(codes)
        if (plain[leads] >= _FOUR).any() or (kinds & _ODD).any():
            accented = spelt(plain.tobytes().decode().lower())
            lines = _lines(np.frombuffer(accented.encode(), np.uint8))
            return Spellings(
                lines, _lines(np.frombuffer(_folded(accented).encode(), np.uint8)), np.arange(len(lines.starts))
            )
        risen, folds = np.flatnonzero(kinds & _RISES), np.flatnonzero(kinds & _FOLDS)
        lines = _lines(_replaced(plain, leads[risen], codes[risen], self._accented))
        if not len(folds):
            return Spellings(lines, lines, folds)
        changed = np.flatnonzero(kinds & (_RISES | _FOLDS))
        differ = np.zeros(len(plain), np.uint8)
        differ[leads[folds]] = 1
        starts = _lines(plain).starts if len(risen) else lines.starts
        return Spellings(
            lines,
            _lines(_replaced(plain, leads[changed], codes[changed], self._folded)),
            np.flatnonzero(np.maximum.reduceat(differ, starts)),
        )

    def _kinds_of(self, codes: NDArray[np.int32]) -> Bytes:
        """What is known of characters, which is found out for those of which nothing is."""
        kinds = self._kinds[codes]
        if not kinds.all():
            for code in np.unique(codes[kinds == 0]).tolist():
                self._learn(chr(code))
            kinds = self._kinds[codes]
        return kinds

    def _learn(self, character: str) -> None:
        """Find out what a character becomes."""
        code, size = ord(character), len(character.encode())
        accented = spelt(character.lower())
        folded = _folded(accented)
        # a final sigma is told by what stands around it
        if character == "Σ" or max(len(accented.encode()), len(folded.encode())) > size:
            self._kinds[code] = _KNOWN | _ODD
            return
        self._kinds[code] = _KNOWN | _RISES * (accented != character) | _FOLDS * (folded != accented)
        self._accented[code] = int.from_bytes(accented.encode(), "little")
        self._folded[code] = int.from_bytes(folded.encode(), "little")


def _lines(text: Bytes) -> Lines:
    """The lines of a text."""
    ends = np.flatnonzero(text == _LINE)
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    return Lines(text, starts, ends - starts)


def _codes(text: Bytes, leads: Places) -> NDArray[np.int32]:
    """The code points of the characters of two and three bytes that begin at ``leads``; any number for others."""
    first = text[leads]
    codes = (first & 0x1F).astype(np.int32) << 6
    codes |= text[leads + 1] & 0x3F
    if (first >= _THREE).any():
        longer = np.flatnonzero(first >= _THREE)
        codes[longer] = (codes[longer] << 6 | text[leads[longer] + 2] & 0x3F) & 0xFFFF
    return codes


def _replaced(text: Bytes, leads: Places, codes: NDArray[np.int32], become: NDArray[np.uint32]) -> Bytes:
    """The text with other characters at ``leads``, of as many bytes or fewer."""
    if not len(leads):
        return text
    replaced, instead = text.copy(), become[codes]
    replaced[leads] = instead & 0xFF
    replaced[leads + 1] = instead >> 8 & 0xFF
    longer = np.flatnonzero(codes >= _LONG)
    replaced[leads[longer] + 2] = instead[longer] >> 16
    kept: Bytes = replaced[replaced != 0]
    return kept


def _folded(lower: str) -> str:
    """Words in lower case, folded: letter by letter, which comes to the same for composed letters."""
    for character in set(lower):
        if not character.isascii() and (plain := _plain(character)) != character:
            lower = lower.replace(character, plain)
    return lower


#: the script of a mark, and a letter on which it folds as it does in words; on others no mark falls
_LEADS = {"COMBINING": "a", "ARABIC": "ب", "HEBREW": "א"}


@cache
def _plain(character: str) -> str:
    """What a character folds to inside a word of its script."""
    lead = _LEADS.get(unicodedata.name(character, "").partition(" ")[0], "क")
    return fold(lead + character)[1:]
