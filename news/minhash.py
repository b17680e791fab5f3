"""How much of their wording two texts share, from a few hundred bytes each: MinHash over runs of words. Pure.

::

    title, text ──fingerprint.folded──▶ words ──sign──▶ Signature(size, values) | None      stored, never made again
                                                             a, b ──resemblance──▶ Jaccard, as estimated
                                                             a, b ──containment──▶ share of the shorter in the longer

A text is the set of its *shingles*: every run of three words, or of five characters where most of the words are
characters of a script without spaces. The least value of a random function over a set is the same for two sets with a
probability that is their Jaccard similarity (Broder, "On the resemblance and containment of documents", 1997), so the
share of ``HASHES`` functions that agree estimates it, with a standard error of at most .045. Of each least value 16
bits are kept (b-bit minwise hashing: Li and König, 2010); chance agreement of one in 65,536 needs no correction.

Two texts that fold alike have the same signature; the words in their order decide, nothing else. Signatures of
different versions are never compared.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from news.text import is_unspaced, surfaces

#: grows when folding, shingles or functions change
VERSION: Final = 1
#: functions, and so values in a signature; docs/adr/0008 has what fewer and more of them find
HASHES: Final = 128
#: words in a shingle: two make copies of all that share a topic, four lose copies to fewer edits
WORDS: Final = 3
#: characters in a shingle of a script without spaces, where a word is one to three of them
CHARACTERS: Final = 5
#: a text of fewer shingles says too little: one name and one phrase in common would be a third of it
LEAST: Final = 12

_BYTES: Final = 4 + 2 * HASHES
#: the shingles that are worked on at a time, so that a very long text takes no more memory than a long one
_BLOCK: Final = 512
_KEPT_BITS: Final = np.uint32(0xFFFF)
#: of Weyl's sequence for the golden ratio: all functions of this version come from it
_GOLDEN: Final = 0x9E3779B97F4A7C15
#: by what each place in a shingle counts: odd, so that no word's bits are lost, and unlike, so that order counts
_PLACES: Final = tuple(np.uint64((_GOLDEN * (2 * place + 1)) % 2**64 | 1) for place in range(max(WORDS, CHARACTERS)))
#: letters of scripts without spaces lie here, among others, and have three bytes or four in UTF-8
_THREE_BYTES: Final = 0xE0
_PERHAPS_UNSPACED = re.compile("[\u0e00-\u1fff\u3000-\U0003ffff]")

Values = NDArray[np.uint16]


def _functions() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The odd factors and the summands of the functions x → factor · x + summand modulo 2³², as columns."""
    drawn = [xxh3_64_intdigest(f"{VERSION}:{number}".encode()) for number in range(HASHES)]
    factors = np.array([(number >> 32) | 1 for number in drawn], dtype=np.uint32)
    return factors[:, None], np.array([number & 0xFFFFFFFF for number in drawn], dtype=np.uint32)[:, None]


_FACTORS, _SUMMANDS = _functions()


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What is kept of a text's wording."""

    #: different shingles of the text
    size: int
    #: ``HASHES`` numbers of 16 bits, not to be written to
    values: Values

    def to_bytes(self) -> bytes:
        """``SIGNATURE_BYTES`` bytes, little-endian: the size in four, then the values."""
        return self.size.to_bytes(4, "little") + self.values.astype("<u2").tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """The signature that gave these bytes; ``ValueError`` where they cannot be one."""
        if len(stored) != _BYTES:
            raise ValueError(f"a signature of version {VERSION} has {_BYTES} bytes, not {len(stored)}")
        return cls(int.from_bytes(stored[:4], "little"), np.frombuffer(stored, dtype="<u2", offset=4))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signature) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())


SIGNATURE_BYTES: Final = _BYTES


def sign(folded: str) -> Signature | None:
    """The signature of a text as ``fingerprint.folded`` gives it; None for one of fewer than ``LEAST`` shingles."""
    shingles = shingled(folded)
    if len(shingles) < LEAST:
        return None
    least = _least(shingles[:_BLOCK])
    for start in range(_BLOCK, len(shingles), _BLOCK):
        np.minimum(least, _least(shingles[start : start + _BLOCK]), out=least)
    values = (least & _KEPT_BITS).astype(np.uint16)
    values.setflags(write=False)
    return Signature(len(shingles), values)


def shingled(folded: str) -> NDArray[np.uint32]:
    """The different shingles of a folded text, each as a number; empty where it has fewer words than one shingle."""
    # A lone surrogate from a broken feed must not stop the work.
    encoded = folded.encode("utf-8", "surrogatepass")
    words, length = encoded.split(), WORDS
    if not words:
        return np.empty(0, dtype=np.uint32)
    # Most texts have none, which their greatest byte tells soonest.
    if np.frombuffer(encoded, dtype=np.uint8).max() >= _THREE_BYTES and _PERHAPS_UNSPACED.search(folded):
        parted = surfaces(folded)
        words = [word.encode("utf-8", "surrogatepass") for word in parted]
        if 2 * sum(map(is_unspaced, parted)) > len(words):
            length = CHARACTERS
    count = len(words) - length + 1
    if count < 1:
        return np.empty(0, dtype=np.uint32)
    hashes = np.fromiter(map(xxh3_64_intdigest, words), dtype=np.uint64, count=len(words))
    summed = hashes[:count] * _PLACES[0]
    for place in range(1, length):
        summed += hashes[place : place + count] * _PLACES[place]
    # The high half: there every bit of every word has had its say.
    shingles = (summed >> np.uint64(32)).astype(np.uint32)
    shingles.sort()
    different = np.ones(count, dtype=np.bool_)
    np.not_equal(shingles[1:], shingles[:-1], out=different[1:])
    return shingles[different]


def _least(shingles: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The least value of each function over some shingles."""
    valued = shingles * _FACTORS
    valued += _SUMMANDS
    least: NDArray[np.uint32] = valued.min(axis=1)
    return least


def resemblance(one: Signature, other: Signature) -> float:
    """The Jaccard similarity of two texts' shingles, estimated, from 0 to 1."""
    return int(np.count_nonzero(one.values == other.values)) / HASHES


def containment(one: Signature, other: Signature) -> float:
    """How much of the shorter text's shingles the longer has, estimated from sizes and resemblance, from 0 to 1."""
    return contained(resemblance(one, other), one.size, other.size)


def contained(jaccard: float, one: int, other: int) -> float:
    """The same for two sizes and a Jaccard similarity J: |A ∩ B| = J (|A| + |B|) / (1 + J)."""
    return min(1.0, jaccard * (one + other) / ((1 + jaccard) * min(one, other)))
