"""Packs simplemma's list of a language into the sorted numbers of a dictionary (``alerts.forms.entries``).

::

    list ──frontcoded──▶ rows of bytes ──letters──▶ accented and folded ──hashes──▶ entries ──sort──▶ dictionary
                             │ forms that are mistaken or corrected fall out

Blocks of some ten thousand records go through NumPy whole: word by word it would take five times as long.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from alerts.forms import entries
from alerts.forms.entries import hash_of
from alerts.forms.frontcoded import Block, Listing
from alerts.forms.hashes import hashes
from alerts.forms.letters import Letters, Lines, Spellings
from alerts.forms.spelling import spelt
from news.text import fold

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]
Numbers = NDArray[np.uint64]

#: words of other scripts sort behind the word U+0250, which is of two bytes, here as a number
_LAST_LATIN, _LAST_LATIN_SIZE = 0xC990, 2
_LINE = 0x0A
_HASHES = np.uint64(entries.HASHES)
_LEMMA_BIT, _ACCENT_BIT = np.uint64(entries.LEMMA_BIT), np.uint64(entries.ACCENT_BIT)


def packed(raw: bytes, corrections: Mapping[str, str]) -> memoryview:
    """The entries of a decompressed list; ``corrections`` gives the lemmas of forms, parted by blanks."""
    listing = Listing(raw)
    packing = _Packing(corrections, len(listing), backwards=listing.backwards)
    for block in listing.blocks():
        packing.add(block)
    packing.correct(corrections)
    return packing.entries().data


class _Packing:
    """The entries of the blocks that were added so far."""

    def __init__(self, corrected: Iterable[str], count: int, *, backwards: bool) -> None:
        self._backwards = backwards
        self._letters = Letters()
        #: a guess of how many there will be: most words stand there once, with accents twice
        self._entries = np.empty(2 * count, np.uint64)
        self._filled = 0
        #: hash of a lemma in lower case → its number
        self._numbers: dict[int, int] = {}
        #: the number of the last lemma of the last block
        self._last = 0
        # forms that do not count, as the list may have them: as they are, and as names
        listed = [word for form in corrected for word in (form.encode(), form.capitalize().encode())]
        self._corrected = frozenset(word[::-1] if backwards else word for word in listed)
        self._corrected_hashes = np.array([hash_of(spelt(form)) for form in corrected], np.uint64)

    def correct(self, corrections: Mapping[str, str]) -> None:
        """Put forms under lemmas as corrections have it."""
        pairs = [(form, lemma) for form, lemmas in corrections.items() for lemma in lemmas.split()]
        words = self._letters.spellings("".join(f"{form}\n" for form, _ in pairs).encode())
        numbers = [self._numbers.setdefault(hash_of(lemma), len(self._numbers)) for _, lemma in pairs]
        self._add(words, hashes(*words.accented), np.array(numbers, np.uint64), np.ones(len(pairs), bool))

    def entries(self) -> Numbers:
        """The entries, sorted; some of them twice."""
        entries = self._entries
        entries.resize(self._filled, refcheck=False)
        entries.sort()
        return entries

    def add(self, block: Block) -> None:
        """Add the entries of a block: of the lemmas that are new, and of all forms that are not their own lemma."""
        numbers = self._numbers_of(block.lemmas[1:])
        rows = np.flatnonzero(~self._dropped(block))
        forms = block.forms[rows]
        spellings = self._letters.spellings(self._text(forms))
        hashed = hashes(*spellings.accented)
        wanted = np.ones(len(rows), bool)
        for place in np.flatnonzero(np.isin(hashed, self._corrected_hashes)):
            wanted[place] = forms[place].tobytes().rstrip(b"\0") not in self._corrected
        self._add(spellings, hashed, numbers[block.lemma_of[rows]], wanted)

    def _numbers_of(self, lemmas: Bytes) -> Numbers:
        """The numbers of lemmas, before them that of the last lemma of the last block; those that are new are added."""
        known = len(self._numbers)
        spellings = self._letters.spellings(self._text(lemmas))
        hashed = hashes(*spellings.accented)
        of = self._numbers
        numbers = np.array([self._last, *[of.setdefault(one, len(of)) for one in hashed.tolist()]], np.uint64)
        self._last = int(numbers[-1])
        _, first = np.unique(numbers[1:], return_index=True)
        wanted = np.zeros(len(hashed), bool)
        wanted[first] = True
        wanted &= numbers[1:] >= known
        self._add(spellings, hashed, numbers[1:] | _LEMMA_BIT, wanted)
        return numbers

    def _dropped(self, block: Block) -> NDArray[np.bool_]:
        """Which forms are their own lemma, or no form of it."""
        dropped = np.zeros(len(block.forms), bool)
        alike = np.flatnonzero(block.sizes == block.lemma_sizes[block.lemma_of])
        width = block.forms.shape[1]
        lemmas = block.lemmas[block.lemma_of[alike], :width]
        dropped[alike] = (block.forms[alike] == lemmas).all(axis=1)
        if not self._backwards:
            # two bytes that are alike settle most of it
            heads, lemma_heads = _heads(block.forms), _heads(block.lemmas)[block.lemma_of]
            unlike = np.flatnonzero(heads != lemma_heads)
            pairs, which = np.unique(heads[unlike] << np.uint32(16) | lemma_heads[unlike], return_inverse=True)
            dropped[unlike] |= np.array([_is_mistaken(pair) for pair in pairs.tolist()], bool)[which]
        return dropped

    def _text(self, words: Bytes) -> bytes:
        """Words in rows as a text, with a line break behind each."""
        lines = np.full((words.shape[0], words.shape[1] + 1), _LINE, np.uint8)
        lines[:, :-1] = words[:, ::-1] if self._backwards else words
        return lines.tobytes()

    def _add(self, words: Spellings, hashed: Numbers, rests: Numbers, wanted: NDArray[np.bool_]) -> None:
        """Add entries of the wanted words: with the folded form, and with the accents where they are lost."""
        differ = words.differ[wanted[words.differ]]
        folded = hashes(words.folded.text, words.folded.starts[differ], words.folded.sizes[differ])
        changed = folded != hashed[differ]
        differ, folded = differ[changed], folded[changed]
        latin = _are_latin(words.accented, differ)
        # a word of another script is looked for without its accents alone
        wanted[differ[~latin]] = False
        self._append(hashed[wanted] & _HASHES | rests[wanted])
        self._append(folded & _HASHES | rests[differ] | latin * _ACCENT_BIT)

    def _append(self, entries: Numbers) -> None:
        filled = self._filled + len(entries)
        if filled > len(self._entries):
            self._entries.resize(filled + len(self._entries) // 4, refcheck=False)
        self._entries[self._filled : filled] = entries
        self._filled = filled


def _heads(words: Bytes) -> NDArray[np.uint32]:
    """The first two bytes of each word as a number, the first of them the higher."""
    heads: NDArray[np.uint32] = words[:, 0].astype(np.uint32) << np.uint32(8) | words[:, 1]
    return heads


def _are_latin(words: Lines, chosen: Places) -> NDArray[np.bool_]:
    """Which of the chosen words stand before those of other scripts."""
    starts = words.starts[chosen]
    heads = _heads(np.stack([words.text[starts], words.text[starts + 1]], axis=1))
    latin: NDArray[np.bool_] = (heads < _LAST_LATIN) | (heads == _LAST_LATIN) & (
        words.sizes[chosen] == _LAST_LATIN_SIZE
    )
    return latin


@cache
def _is_mistaken(pair: int) -> bool:
    """Whether a name is listed under a word that begins otherwise, as parts of names of several words are.

    ``pair`` is the first two bytes of the name and of the word.
    """
    name, word = (head.rstrip(b"\0").decode(errors="ignore") for head in (pair.to_bytes(4)[:2], pair.to_bytes(4)[2:]))
    return name[:1].isupper() and fold(name)[:1] != fold(word)[:1]
