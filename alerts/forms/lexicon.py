"""Which lemma a word is a form of, by simplemma's dictionaries: folded, packed into numbers, and few at a time.

::

    simplemma's list of a language ──fold, number the lemmas──▶ sorted 64-bit numbers ──lemmas("протестов")──▶ [20143]

simplemma keeps a dictionary as Python strings, 148 MB for Russian and 392 MB for Polish, and finds only what is written
with its accents and capitals. Here an entry is one number of eight bytes: 43 bits of the hash of the folded form, one
that says whether the form is the lemma itself, and 20 for the number of the lemma. Russian takes 11 MB, Polish 29. An
unknown word passes for a known one about once in two million look-ups.

Lemmas are told apart by their folded form, so that lemmas that differ by case or accent alone are one.
"""

import unicodedata
from bisect import bisect_left
from functools import cache, lru_cache
from itertools import islice

import numpy as np
from simplemma.strategies.dictionaries import frontcode
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES, _read_decompressed

from news.text import fold

#: low bits of an entry: the number of its lemma
_NUMBER_BITS = 20
_LEMMA_BIT = 1 << _NUMBER_BITS
_NUMBERS = _LEMMA_BIT - 1
_HASHES = ~(_LEMMA_BIT | _NUMBERS) & 0xFFFF_FFFF_FFFF_FFFF
#: records that are folded at once
_CHUNK = 1 << 14
#: dictionaries in memory at a time, the least used of which makes room; 29 MB the largest, 6 on average
_MOST = 16


class Lexicon:
    """The folded dictionary of one language."""

    __slots__ = ("_entries",)

    def __init__(self, entries: memoryview) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def lemmas(self, folded: str) -> list[int]:
        """The numbers of the lemmas that a folded word is a form of; none where the word is unknown."""
        entries = self._entries
        wanted = hash(folded) & _HASHES
        place = bisect_left(entries, wanted)
        found: list[int] = []
        while place < len(entries) and (entry := entries[place]) & _HASHES == wanted:
            found.append(entry & _NUMBERS)
            place += 1
        return found

    def lemma(self, folded: str) -> int | None:
        """The number of the lemma that a folded word itself is; None where it is another form, or unknown."""
        entries = self._entries
        wanted = hash(folded) & _HASHES | _LEMMA_BIT
        place = bisect_left(entries, wanted)
        if place < len(entries) and (entry := entries[place]) & ~_NUMBERS == wanted:
            return entry & _NUMBERS
        return None


def has_lexicon(language: str) -> bool:
    """Whether there is a dictionary of a language, by simplemma's code for it."""
    return language in SUPPORTED_LANGUAGES


@lru_cache(maxsize=_MOST)
def lexicon(language: str) -> Lexicon:
    """The dictionary of a language, read at its first use: 0.02 s for Indonesian, 0.3 for English, 2 for Russian."""
    # straight from the compressed list: simplemma's own factories would make a dictionary of the whole first
    raw = _read_decompressed(language)
    backwards, count, start = frontcode._read_header(raw)  # noqa: SLF001
    records = frontcode._iter_records(raw, start)  # noqa: SLF001
    entries = np.empty(count, np.uint64)
    #: lemma as stored → its number, and the hash of its folded form
    lemmas: dict[bytes, tuple[int, int]] = {}
    numbers: dict[str, int] = {}
    filled = 0
    while chunk := list(islice(records, _CHUNK)):
        fresh = list({lemma for _, _, lemma in chunk if lemma not in lemmas})
        for stored, folded in zip(fresh, _folded(fresh, backwards=backwards), strict=True):
            lemmas[stored] = numbers.setdefault(folded, len(numbers)), hash(folded)
        packed = []
        forms = _folded([form for _, form, _ in chunk], backwards=backwards)
        for (_, _, stored), form in zip(chunk, forms, strict=True):
            number, lemma = lemmas[stored]
            hashed = hash(form)
            packed.append(hashed & _HASHES | number | (_LEMMA_BIT if hashed == lemma else 0))
        entries[filled : filled + len(chunk)] = packed
        filled += len(chunk)
    entries.sort()
    return Lexicon(entries.data)


def _folded(stored: list[bytes], *, backwards: bool) -> list[str]:
    """Stored words, folded: all at once and letter by letter, which comes to the same for composed letters."""
    text = b"\n".join([one[::-1] for one in stored] if backwards else stored).decode().lower()
    if not text.isascii():
        for character in set(text):
            if not character.isascii() and (plain := _plain(character)) != character:
                text = text.replace(character, plain)
    return text.split("\n")


#: the script of a mark, and a letter on which it folds as it does in words; on others no mark falls
_LEADS = {"COMBINING": "a", "ARABIC": "ب", "HEBREW": "א"}


@cache
def _plain(character: str) -> str:
    """What a character folds to inside a word of its script."""
    lead = _LEADS.get(unicodedata.name(character, "").partition(" ")[0], "क")
    return fold(lead + character)[1:]
