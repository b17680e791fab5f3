r"""XXH3 of many words at once, in NumPy: the same numbers as ``xxhash.xxh3_64_intdigest`` gives one by one.

::

    b"peru\nkyiv\n…", where each begins, how long it is ──by length: 1–3, 4–8, 9–16, 17–64 bytes──▶ 64-bit numbers

The steps are those of the xxHash specification (Y. Collet, XXH3 for 64 bits, seed 0); longer words go one by one.
All numbers wrap at 64 bits, as NumPy's do.
"""

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

Numbers = NDArray[np.uint64]
Places = NDArray[np.intp]

_LONGEST = 64
_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
)
_PRIME32_1, _PRIME32_2, _PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
_PRIME64_1, _PRIME64_2, _PRIME64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_PRIME_MX1, _PRIME_MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
_LOW, _HALF = np.uint64(0xFFFF_FFFF), np.uint64(32)


def hashes(text: NDArray[np.uint8], starts: Places, sizes: Places) -> Numbers:
    """The hash of each word of ``text``, where words begin at ``starts`` and are of ``sizes`` bytes."""
    found = np.empty(len(starts), np.uint64)
    words = _Words(text)
    for least, most, method in (
        (1, 3, words.of_few),
        (4, 8, words.of_eight),
        (9, 16, words.of_sixteen),
        (17, _LONGEST, words.of_many),
    ):
        chosen = np.flatnonzero((sizes >= least) & (sizes <= most))
        if len(chosen):
            found[chosen] = method(starts[chosen], sizes[chosen])
    for one in np.flatnonzero((sizes < 1) | (sizes > _LONGEST)):
        found[one] = xxh3_64_intdigest(text[starts[one] : starts[one] + sizes[one]].tobytes())
    return found


class _Words:
    """The methods of XXH3, by length."""

    def __init__(self, text: NDArray[np.uint8]) -> None:
        # where a word has fewer bytes than are read at once, what follows it does not count
        self._bytes = np.zeros(len(text) + 8, np.uint8)
        self._bytes[: len(text)] = text
        # views that begin at every byte
        self._eights = np.ndarray(len(text) + 1, "<u8", self._bytes, strides=(1,))
        self._fours = np.ndarray(len(text) + 1, "<u4", self._bytes, strides=(1,))

    def of_few(self, starts: Places, sizes: Places) -> Numbers:
        """Of one to three bytes."""
        first, middle, last = (
            self._bytes[starts + place].astype(np.uint64) for place in (0 * sizes, sizes >> 1, sizes - 1)
        )
        mixed: Numbers = (
            first << np.uint64(16) | middle << np.uint64(24) | last | sizes.astype(np.uint64) << np.uint64(8)
        )
        mixed ^= np.uint64(_secret(0, 4) ^ _secret(4, 4))
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(_PRIME64_2)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(_PRIME64_3)
        mixed ^= mixed >> _HALF
        return mixed

    def of_eight(self, starts: Places, sizes: Places) -> Numbers:
        """Of four to eight bytes."""
        mixed = self._fours[starts].astype(np.uint64) << _HALF
        mixed += self._fours[starts + sizes - 4]
        mixed ^= np.uint64(_secret(8) ^ _secret(16))
        mixed ^= _turned(mixed, 49) ^ _turned(mixed, 24)
        mixed *= np.uint64(_PRIME_MX2)
        mixed ^= (mixed >> np.uint64(35)) + sizes.astype(np.uint64)
        mixed *= np.uint64(_PRIME_MX2)
        mixed ^= mixed >> np.uint64(28)
        return mixed

    def of_sixteen(self, starts: Places, sizes: Places) -> Numbers:
        """Of nine to sixteen bytes."""
        low = self._eights[starts] ^ np.uint64(_secret(24) ^ _secret(32))
        high = self._eights[starts + sizes - 8] ^ np.uint64(_secret(40) ^ _secret(48))
        return _avalanche(sizes.astype(np.uint64) + low.byteswap() + high + _folded_product(low, high))

    def of_many(self, starts: Places, sizes: Places) -> Numbers:
        """Of 17 to 64 bytes: from both ends to the middle, 16 bytes at a time."""
        mixed = sizes.astype(np.uint64) * np.uint64(_PRIME64_1)
        ends = starts + sizes
        for step in range(_LONGEST // 32):
            chosen = np.flatnonzero(sizes > 32 * step) if step else slice(None)
            for places, key in ((starts + 16 * step, 32 * step), (ends - 16 * (step + 1), 32 * step + 16)):
                low, high = self._eights[places[chosen]], self._eights[places[chosen] + 8]
                low ^= np.uint64(_secret(key))
                high ^= np.uint64(_secret(key + 8))
                mixed[chosen] += _folded_product(low, high)
        return _avalanche(mixed)


def _secret(place: int, size: int = 8) -> int:
    return int.from_bytes(_SECRET[place : place + size], "little")


def _turned(numbers: Numbers, bits: int) -> Numbers:
    """Numbers whose highest bits have become their lowest."""
    turned: Numbers = numbers << np.uint64(bits) | numbers >> np.uint64(64 - bits)
    return turned


def _avalanche(mixed: Numbers) -> Numbers:
    mixed ^= mixed >> np.uint64(37)
    mixed *= np.uint64(_PRIME_MX1)
    mixed ^= mixed >> _HALF
    return mixed


def _folded_product(left: Numbers, right: Numbers) -> Numbers:
    """The low half of a product of 128 bits XOR its high half."""
    left_low, left_high = left & _LOW, left >> _HALF
    right_low, right_high = right & _LOW, right >> _HALF
    across = left_high * right_low
    carried = (left_low * right_low >> _HALF) + (across & _LOW) + left_low * right_high
    folded: Numbers = left * right ^ (across >> _HALF) + (carried >> _HALF) + left_high * right_high
    return folded
