"""Which lemma a word is a form of, by simplemma's dictionaries: folded, packed into numbers, and few at a time.

::

    simplemma's list of a language ──fold, number the lemmas──▶ sorted 64-bit numbers ──lemmas("протестов")──▶ [20143]
                                                                  └─ kept on disk for the next run

simplemma keeps a dictionary as Python strings, 148 MB for Russian and 392 MB for Polish, and finds only what is written
with its accents and capitals. Here an entry is one number of eight bytes: 42 bits of the hash of the form, one that
says whether the form is the lemma itself, one that says whether it lost accents, and 20 for the number of the lemma.
Russian takes 11 MB, Polish 44. An unknown word passes for a known one about once in a million look-ups.

A form stands in it folded, and with its Latin accents where it has some: a word with accents is looked up with them
first, so that ``irá`` is no form of ``irã``; one without finds both. Capitals do not tell lemmas apart.
"""

import unicodedata
from bisect import bisect_left
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from alerts.forms import corrections as corrections_module
from alerts.forms import kept, spelling
from alerts.forms.corrections import CORRECTIONS
from alerts.forms.spelling import spelt
from news import text as text_module
from news.text import fold

#: low bits of an entry: the number of its lemma
_NUMBER_BITS = 20
_LEMMA_BIT = 1 << _NUMBER_BITS
_NUMBERS = _LEMMA_BIT - 1
_ACCENT_BIT = _LEMMA_BIT << 1
_HASHES = ~(_ACCENT_BIT | _LEMMA_BIT | _NUMBERS) & 0xFFFF_FFFF_FFFF_FFFF
#: words of other scripts sort behind it
_LAST_LATIN = "\u0250"
#: records that are folded at once
_CHUNK = 1 << 14
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
            found = [entry for entry in found if not entry & _ACCENT_BIT] or found
        return list(dict.fromkeys([entry & _NUMBERS for entry in found]))

    def lemma(self, folded: str) -> int | None:
        """The number of the lemma that a folded word itself is; None where it is another form, or unknown."""
        return next((entry & _NUMBERS for entry in self._found(folded) if entry & _LEMMA_BIT), None)

    def _found(self, form: str) -> list[int]:
        """The entries of a form."""
        entries = self._entries
        wanted = _hash(form) & _HASHES
        place = bisect_left(entries, wanted)
        found: list[int] = []
        while place < len(entries) and (entry := entries[place]) & _HASHES == wanted:
            found.append(entry)
            place += 1
        return found


@lru_cache(maxsize=_MOST)
def lexicon(language: str) -> Lexicon:
    """The dictionary of a language, read at its first use.

    Where it is kept, that takes some milliseconds; else 0.02 s for Indonesian, 0.3 for English, 2 to 3 for Russian.
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
    sources = (__file__, text_module.__file__, spelling.__file__, corrections_module.__file__)
    made_by = b"".join(Path(source).read_bytes() for source in sources)
    return xxh3_64_hexdigest(f"{version('simplemma')} {unicodedata.unidata_version}".encode() + made_by)


def _hash(form: str) -> int:
    """A hash that is the same in every process."""
    return xxh3_64_intdigest(form.encode("utf-8", "surrogatepass"))


def _made(language: str) -> memoryview:
    """The sorted entries of simplemma's list."""
    # NumPy and simplemma are needed only where a dictionary is not kept yet.
    import numpy as np  # noqa: PLC0415
    from simplemma.strategies.dictionaries import frontcode  # noqa: PLC0415
    from simplemma.strategies.dictionaries.dictionary_factory import _read_decompressed  # noqa: PLC0415

    # straight from the compressed list: simplemma's own factories would make a dictionary of the whole first
    raw = _read_decompressed(language)
    backwards, count, start = frontcode._read_header(raw)  # noqa: SLF001
    records = frontcode._iter_records(raw, start)  # noqa: SLF001
    entries = np.empty(2 * count, np.uint64)
    filled = 0
    #: lemma as stored → its number
    numbers: dict[bytes, int] = {}
    seen: dict[str, int] = {}
    corrections = [(form, one) for form, all_of in CORRECTIONS.get(language, {}).items() for one in all_of.split()]
    corrected = {one[::-1] if backwards else one for form, _ in corrections for one in _as_listed(form)}
    right = _packed([form for form, _ in corrections], [seen.setdefault(one, len(seen)) for _, one in corrections])
    while chunk := list(islice(records, _CHUNK)):
        # every lemma stands there by itself too, though a dictionary may have it as a form of another one alone
        fresh = list(dict.fromkeys(lemma for _, _, lemma in chunk if lemma not in numbers))
        lemmas = _accented(fresh, backwards=backwards)
        numbers.update((stored, seen.setdefault(lemma, len(seen))) for stored, lemma in zip(fresh, lemmas, strict=True))
        # two bytes that are alike settle most of it
        others = [
            (form, lemma)
            for _, form, lemma in chunk
            if form != lemma
            and form not in corrected
            and (form[:2] == lemma[:2] or backwards or not _is_mistaken(form, lemma))
        ]
        forms = _accented([form for form, _ in others], backwards=backwards)
        packed = [
            *_packed(lemmas, [numbers[stored] | _LEMMA_BIT for stored in fresh]),
            *_packed(forms, [numbers[lemma] for _, lemma in others]),
            *right,
        ]
        right = []
        if filled + len(packed) > len(entries):
            entries.resize(filled + len(packed) + count, refcheck=False)
        entries[filled : filled + len(packed)] = packed
        filled += len(packed)
    entries.resize(filled, refcheck=False)
    entries.sort()
    return entries.data


def _as_listed(form: str) -> tuple[bytes, bytes]:
    """A form as a dictionary may list it: as it is, and as a name."""
    return form.encode(), form.capitalize().encode()


def _is_mistaken(form: bytes, lemma: bytes) -> bool:
    """Whether a name is listed under a word that begins otherwise, as parts of names of several words are."""
    lead = form[:2].decode(errors="ignore")
    return lead[:1].isupper() and fold(lead)[:1] != fold(lemma[:2].decode(errors="ignore"))[:1]


def _packed(forms: list[str], rests: list[int]) -> list[int]:
    """Entries of forms in lower case: with the folded form, and with the accents where they are lost."""
    found: list[int] = []
    for form, folded, rest in zip(forms, _folded(forms), rests, strict=True):
        if form == folded or form > _LAST_LATIN:
            found.append(_hash(folded) & _HASHES | rest)
        else:
            found += (_hash(folded) & _HASHES | _ACCENT_BIT | rest, _hash(form) & _HASHES | rest)
    return found


def _accented(stored: list[bytes], *, backwards: bool) -> list[str]:
    """Stored words in lower case."""
    text = b"\n".join([one[::-1] for one in stored] if backwards else stored).decode()
    return spelt(text.lower()).split("\n")


def _folded(lower: list[str]) -> list[str]:
    """Words in lower case, folded: all at once and letter by letter, which comes to the same for composed letters."""
    text = "\n".join(lower)
    if text.isascii():
        return lower
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
