"""Ways of finding copies, side by side, for ``bench.near_duplicates``: ours, datasketch's, SimHash."""

import importlib
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from news.membership import judged
from news.minhash import Signature, sign
from news.neighbours import Neighbours

#: bits in which two SimHashes of copies differ at most (Manku, Jain and Das Sarma, "Detecting near-duplicates for web
#: crawling", 2007)
_MOST_BITS = 3
#: what its documentation uses; its own default of .9 finds next to none of these copies
_DATASKETCH_THRESHOLD = 0.5


class Way(Protocol):
    """One way of finding copies; texts come folded."""

    name: str

    def sign(self, folded: str) -> Any:
        """What is kept of a text; None where it says too little."""
        ...

    def add(self, key: int, signature: Any) -> None:
        """Keep it."""
        ...

    def found(self, signature: Any) -> set[int]:
        """The keys of those that it is a copy of."""
        ...


class Ours:
    """``news.minhash``, ``news.neighbours``, ``news.membership``."""

    name = "storywatch"

    def __init__(self) -> None:
        self.near = Neighbours()

    def sign(self, folded: str) -> Signature | None:
        """The signature."""
        return sign(folded)

    def add(self, key: int, signature: Signature) -> None:
        """All on one day."""
        self.near.add(0, key, signature)

    def found(self, signature: Signature) -> set[int]:
        """Candidates that are judged copies."""
        near = self.near.candidates(signature)
        return {one.key for one in near if judged(one.resemblance, one.size, signature.size)}


class Datasketch:
    """datasketch's MinHash and MinHashLSH with 128 functions over the same shingles; ``ImportError`` without it."""

    def __init__(self, *, batched: bool) -> None:
        self.name = "datasketch, batched" if batched else "datasketch"
        self._batched = batched
        self._library: Any = importlib.import_module("datasketch")
        self._index = self._library.MinHashLSH(threshold=_DATASKETCH_THRESHOLD, num_perm=128)

    def sign(self, folded: str) -> Any:
        """A MinHash, by ``update`` shingle by shingle as its documentation has it, or by ``update_batch``."""
        words = folded.split()
        shingles = [" ".join(words[start : start + 3]).encode() for start in range(len(words) - 2)]
        made = self._library.MinHash(num_perm=128)
        if self._batched:
            made.update_batch(shingles)
        else:
            for shingle in shingles:
                made.update(shingle)
        return made

    def add(self, key: int, signature: Any) -> None:
        """Insert."""
        self._index.insert(key, signature)

    def found(self, signature: Any) -> set[int]:
        """Query."""
        return set(self._index.query(signature))


class SimHash:
    """64-bit SimHash over words and pairs of words (Charikar, 2002), every one looked at."""

    name = "SimHash, 64 bits"

    def __init__(self) -> None:
        self._kept: list[int] = []
        self._keys: list[int] = []

    def sign(self, folded: str) -> int:
        """The sign of each bit's sum."""
        words = folded.split()
        features = [*words, *(" ".join(pair) for pair in pairwise(words))]
        hashes = np.array([xxh3_64_intdigest(feature.encode()) for feature in features], dtype=np.uint64)
        bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1)
        most: NDArray[np.bool_] = 2 * bits.sum(axis=0, dtype=np.int64) > len(hashes)
        return int.from_bytes(np.packbits(most).tobytes(), "big")

    def add(self, key: int, signature: int) -> None:
        """Keep it in a list."""
        self._kept.append(signature)
        self._keys.append(key)

    def found(self, signature: int) -> set[int]:
        """Those that differ in three bits at most."""
        pairs = zip(self._keys, self._kept, strict=True)
        return {key for key, kept in pairs if (kept ^ signature).bit_count() <= _MOST_BITS}


def ways() -> tuple[list[Way], bool]:
    """All ways, ours first, and whether datasketch is among them."""
    listed: list[Way] = [Ours()]
    try:
        listed += [Datasketch(batched=False), Datasketch(batched=True)]
    except ImportError:
        return [*listed, SimHash()], False
    return [*listed, SimHash()], True
