"""Many keys and the numbers that each leads to, in twelve bytes a pair.

::

    put(key, number) ──▶ recent ──once there are many──▶ two sorted arrays: hashes, numbers ──find(key)──▶ numbers

A dictionary of strings takes some twenty times as much, and there are a few keys for every word of every query in every
language. A key is known by its 64-bit hash alone: among a million keys, one look-up in twenty million million finds
a number that is not its own. What a number stands for may be gone; whoever asks looks for himself.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

#: pairs that are kept apart before they are sorted in with the others, at least
_LEAST_RECENT = 4096


class KeyMap:
    """Key → numbers from 0 to 2³² - 1."""

    __slots__ = ("_count", "_hashes", "_least", "_numbers", "_recent")

    def __init__(self, least: int = _LEAST_RECENT) -> None:
        self._least = least
        self._hashes = array("q")
        self._numbers = array("I")
        self._recent: dict[int, tuple[int, ...]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._hashes) + self._count

    def put(self, key: str, number: int) -> None:
        """List a number under a key."""
        hashed = hash(key)
        self._recent[hashed] = (*self._recent.get(hashed, ()), number)
        self._count += 1
        if self._count > max(self._least, len(self._hashes) // 4):
            self.settle()

    def find(self, key: str) -> Iterator[int]:
        """The numbers under a key, in the order in which they were put there, or nearly so."""
        hashed = hash(key)
        place = bisect_left(self._hashes, hashed)
        while place < len(self._hashes) and self._hashes[place] == hashed:
            yield self._numbers[place]
            place += 1
        yield from self._recent.get(hashed, ())

    def settle(self) -> None:
        """Sort in what is recent, if it is much: worth its while before many look-ups."""
        if self._count < self._least:
            return
        # NumPy takes a moment to load, and whoever has few queries need not wait for it.
        import numpy as np  # noqa: PLC0415

        for hashed, numbers in self._recent.items():
            for number in numbers:
                self._hashes.append(hashed)
                self._numbers.append(number)
        self._recent = {}
        self._count = 0
        order = np.argsort(np.frombuffer(self._hashes, np.int64), kind="stable")
        self._hashes = array("q", np.frombuffer(self._hashes, np.int64)[order].tobytes())
        self._numbers = array("I", np.frombuffer(self._numbers, np.uint32)[order].tobytes())
