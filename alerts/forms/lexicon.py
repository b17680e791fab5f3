"""Which lemma a word is a form of, by simplemma's dictionaries: folded, packed into numbers, and few at a time.

::

    simplemma's list of a language ──alerts.forms.packing──▶ sorted 64-bit numbers ──lemmas("протестов")──▶ [20143]
                                                               └─ kept on disk for the next run

simplemma keeps a dictionary as Python strings, 148 MB for Russian and 392 MB for Polish, and finds only what is written
with its accents and capitals. Here an entry is one number of eight bytes (``alerts.forms.entries``): Russian takes
11 MB, Polish 44. An unknown word passes for a known one about once in a million look-ups.

A form stands in it folded, and with its Latin accents where it has some: a word with accents is looked up with them
first, so that ``irá`` is no form of ``irã``; one without finds both. Capitals do not tell lemmas apart.
"""

import unicodedata
from bisect import bisect_left
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

from xxhash import xxh3_64_hexdigest

from alerts.forms import kept, spelling
from alerts.forms.corrections import CORRECTIONS
from alerts.forms.entries import ACCENT_BIT, HASHES, LEMMA_BIT, NUMBERS, hash_of
from news import text as text_module

#: what dictionaries are made by; not imported for that, since NumPy comes with it
_MADE_BY = ("corrections", "entries", "frontcoded", "hashes", "letters", "packing", "spelling")
#: dictionaries in memory at a time, the least used of which makes room: 7 MB on average, Polish the largest with 46.
#: More languages than a service reads, since reading one anew for every other text would take all its time
_MOST = 24


class Lexicon:
    """The folded dictionary of one language."""

    __slots__ = ("_entries",)

    def __init__(self, entries: memoryview) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def lemmas(self, folded: str, accented: str) -> list[int]:
        """The numbers of the lemmas that a word is a form of; none where the word is unknown.

        ``accented`` is the word in lower case with its accents, if it is Latin: none but these count then. For a word
        without, forms with accents count only where there is none without.
        """
        found = self._found(accented)
        if accented == folded:
            found = [entry for entry in found if not entry & ACCENT_BIT] or found
        return list(dict.fromkeys([entry & NUMBERS for entry in found]))

    def lemma(self, folded: str) -> int | None:
        """The number of the lemma that a folded word itself is; None where it is another form, or unknown."""
        return next((entry & NUMBERS for entry in self._found(folded) if entry & LEMMA_BIT), None)

    def _found(self, form: str) -> list[int]:
        """The entries of a form."""
        entries = self._entries
        wanted = hash_of(form) & HASHES
        place = bisect_left(entries, wanted)
        found: list[int] = []
        while place < len(entries) and (entry := entries[place]) & HASHES == wanted:
            found.append(entry)
            place += 1
        return found


@lru_cache(maxsize=_MOST)
def lexicon(language: str) -> Lexicon:
    """The dictionary of a language, read at its first use.

    Where it is kept, that takes some milliseconds; else 0.02 s for Indonesian, 0.1 for English, 1 for Russian.
    """
    edition = _edition()
    entries = kept.load(language, edition)
    if entries is None:
        with kept.alone(language):
            entries = kept.load(language, edition)
            if entries is None:
                entries = _made(language)
                kept.save(language, edition, entries)
    return Lexicon(entries)


@cache
def _edition() -> str:
    """What dictionaries of now are made of and how: simplemma's lists, Unicode's tables, and the code that folds."""
    sources = [Path(text_module.__file__), *(Path(spelling.__file__).with_name(f"{name}.py") for name in _MADE_BY)]
    made_by = b"".join(source.read_bytes() for source in sources)
    return xxh3_64_hexdigest(f"{version('simplemma')} {unicodedata.unidata_version}".encode() + made_by)


def _made(language: str) -> memoryview:
    """The sorted entries of simplemma's list."""
    # NumPy and simplemma are needed only where a dictionary is not kept yet.
    from simplemma.strategies.dictionaries.dictionary_factory import _read_decompressed  # noqa: PLC0415

    from alerts.forms.packing import packed  # noqa: PLC0415

    # straight from the compressed list: simplemma's own factories would make a dictionary of the whole first
    return packed(_read_decompressed(language), CORRECTIONS.get(language, {}))
