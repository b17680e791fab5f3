"""Which of the texts of the last days may be copies of a new one: an index of signatures, in memory. Pure.

::

    add(day, key, signature)     ┐            candidates(signature) ──▶ Neighbour(key, resemblance, size) …
    load(day, bytes), drop(day)  ┘            dump(day) ──▶ bytes      what was signed once is never signed again

Locality-sensitive hashing by bands (Broder and others, 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", section 3.4): whoever agrees with a signature in all three values of one of ``BANDS`` bands is looked at, and
the resemblance is estimated from all values. The bands share their values: band *i* has those at *i'*, *i'* + 1 and
*i'* + 3, so that two bands have at most one in common (the differences 1, 2 and 3 are unlike) and 80 bands need not 240
functions but 128. What that finds, and what disjoint bands find, stands in docs/adr/0008.

A band's bucket is a chain through the rows that fell into it, the newest first, so that adding a row is one write a
band and dropping a day is none: its rows are passed over, and swept out once they are an eighth of all. A row takes
some 800 bytes with its buckets. One thread at a time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from news.minhash import HASHES, VERSION, Signature

#: bands, each of three values
BANDS: Final = 80
#: neighbours that are handed back at most: the nearest
MOST: Final = 64
#: estimated resemblance below which nothing is handed back: no rule of news.membership asks for less
FLOOR: Final = 0.20

#: rows of one bucket that are looked at, the newest: a wording that thousands share is no sign of a copy
_DEEPEST: Final = 64
#: a sweep is due where so many rows of all are gone
_GONE: Final = 1 / 8
_ROWS_AT_FIRST: Final = 1024
_GROWTH: Final = 1.0625
#: rows to a bucket at most, in the mean
_LOAD: Final = 2
#: rows whose buckets are found in one go
_BLOCK: Final = 512
_MAGIC: Final = b"SWN"
#: as ``Signature.to_bytes`` has it
_SIGNED: Final = np.dtype([("size", "<u4"), ("values", "<u2", (HASHES,))])
#: of a day that was dropped
_GONE_DAY: Final = -1

_STARTS: Final = np.arange(BANDS) * HASHES // BANDS
#: where the three values of each band stand in a signature
_PLACES: Final = np.stack([(_STARTS + offset) % HASHES for offset in (0, 1, 3)])
_WIDTH: Final = np.uint32(BANDS)
_NUMBERS: Final = np.arange(BANDS, dtype=np.uint32)
#: what the values of a band are multiplied by, odd and unlike, so that each bit counts in the highest of the sum
_SPREAD: Final = np.array([[0x9E3779B97F4A7C15], [0xC2B2AE3D27D4EB4F], [0x165667B19E3779F9]], dtype=np.uint64)

_Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A text of the window that shares wording with the one that was asked about."""

    #: the caller's
    key: int
    #: the estimated Jaccard similarity of their shingles
    resemblance: float
    #: the shingles of this one
    size: int


class Few:
    """A handful of signatures, each looked at; who is a neighbour is the same as in ``Neighbours``."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._signatures: list[Signature] = []
        self._values = np.zeros((64, HASHES), dtype=np.uint16)

    def put(self, key: int, signature: Signature | None) -> None:
        """Let a key have this signature from now on, or none."""
        if key in self._keys:
            place, last = self._keys.index(key), len(self._keys) - 1
            self._keys[place], self._signatures[place] = self._keys[last], self._signatures[last]
            self._values[place] = self._values[last]
            del self._keys[last], self._signatures[last]
        if signature is not None:
            count = len(self._keys)
            if count == len(self._values):
                self._values = np.concatenate([self._values, np.zeros_like(self._values)])
            self._keys.append(key)
            self._signatures.append(signature)
            self._values[count] = signature.values

    def candidates(self, signature: Signature) -> list[Neighbour]:
        """Who resembles a text, as estimated, at ``FLOOR`` at least."""
        same = self._values[: len(self._keys)] == signature.values
        agreeing = np.count_nonzero(same, axis=1)
        return [
            Neighbour(self._keys[place], int(agreeing[place]) / HASHES, self._signatures[place].size)
            for place in np.flatnonzero(agreeing >= FLOOR * HASHES).tolist()
            if same[place][_PLACES].all(axis=0).any()
        ]


class Neighbours:
    """Signatures by day, and who is near to one. A day is the caller's number, not negative."""

    def __init__(self) -> None:
        # Row 0 is nobody's: it ends every chain. A chain's entry is row · BANDS + band, in 32 bits: 53 million rows.
        self._rows = 1
        self._gone = 0
        self._values = np.zeros((_ROWS_AT_FIRST, HASHES), dtype=np.uint16)
        self._links = np.zeros((_ROWS_AT_FIRST, BANDS), dtype=np.uint32)
        self._keys = np.zeros(_ROWS_AT_FIRST, dtype=np.int64)
        self._sizes = np.zeros(_ROWS_AT_FIRST, dtype=np.uint32)
        self._days = np.full(_ROWS_AT_FIRST, _GONE_DAY, dtype=np.int32)
        self._empty_buckets(_ROWS_AT_FIRST // _LOAD)

    def __len__(self) -> int:
        return self._rows - 1 - self._gone

    @property
    def bytes_held(self) -> int:
        """The memory of all rows and buckets."""
        arrays = (self._values, self._links, self._keys, self._sizes, self._days, self._heads)
        return sum(array.nbytes for array in arrays)

    def days(self) -> list[int]:
        """The days that hold anything, in order."""
        return [int(day) for day in np.unique(self._days[1 : self._rows]) if day != _GONE_DAY]

    def add(self, day: int, key: int, signature: Signature) -> None:
        """Put a text under its day."""
        self._extend(
            np.array([day], dtype=np.int32),
            np.array([key], dtype=np.int64),
            np.array([signature.size], dtype=np.uint32),
            signature.values[None, :],
        )

    def take_in(self, days: Sequence[int], keys: Sequence[int], stored: Sequence[bytes]) -> None:
        """Put texts under their days, each by what ``Signature.to_bytes`` gave."""
        signed = np.frombuffer(b"".join(stored), dtype=_SIGNED)
        self._extend(np.array(days, dtype=np.int32), np.array(keys, dtype=np.int64), signed["size"], signed["values"])

    def discard(self, keys: Collection[int]) -> None:
        """Take texts out, whatever their day; nothing where one is not there."""
        if keys:
            held = slice(0, self._rows)
            named = np.isin(self._keys[held], np.fromiter(keys, dtype=np.int64, count=len(keys)))
            self._forget(np.flatnonzero(named & (self._days[held] != _GONE_DAY)))

    def remove(self, day: int, key: int) -> None:
        """Take a text from under its day; nothing where it is not there."""
        self._forget(self._held(day, key))

    def rename(self, day: int, key: int, new: int) -> None:
        """Let a text of a day be known by another key; nothing where it is not there."""
        self._keys[self._held(day, key)] = new

    def drop(self, day: int) -> None:
        """Forget a day."""
        self._forget(np.flatnonzero(self._days[: self._rows] == day))

    def candidates(self, signature: Signature) -> list[Neighbour]:
        """Who resembles a text, as estimated: at most ``MOST``, at ``FLOOR`` at least, nearest first, then by key."""
        rows = self._colliding(signature)
        if not rows.size:
            return []
        agreeing = np.count_nonzero(self._values[rows] == signature.values, axis=1)
        found = [
            Neighbour(int(self._keys[row]), count / HASHES, int(self._sizes[row]))
            for row, count in zip(rows.tolist(), agreeing.tolist(), strict=True)
            if count >= FLOOR * HASHES and self._days[row] != _GONE_DAY
        ]
        return sorted(found, key=lambda one: (-one.resemblance, one.key))[:MOST]

    def dump(self, day: int) -> bytes:
        """A day as bytes, for ``load``: a head with version and count, keys, sizes, values; little-endian."""
        rows = np.flatnonzero(self._days[: self._rows] == day)
        head = _MAGIC + bytes([VERSION]) + len(rows).to_bytes(4, "little")
        parts = (self._keys[rows].astype("<i8"), self._sizes[rows].astype("<u4"), self._values[rows].astype("<u2"))
        return head + b"".join(part.tobytes() for part in parts)

    def load(self, day: int, stored: bytes) -> None:
        """Add what ``dump`` gave, under a day; ``ValueError`` where it is of another version, or cut short."""
        head, count = stored[:4], int.from_bytes(stored[4:8], "little")
        if head != _MAGIC + bytes([VERSION]):
            raise ValueError(f"not a day of signatures of version {VERSION}")
        if len(stored) != 8 + count * (8 + 4 + 2 * HASHES):
            raise ValueError("a day of signatures is not whole")
        keys = np.frombuffer(stored, "<i8", count, 8)
        sizes = np.frombuffer(stored, "<u4", count, 8 + 8 * count)
        values = np.frombuffer(stored, "<u2", count * HASHES, 8 + 12 * count).reshape(count, HASHES)
        self._extend(np.full(count, day, dtype=np.int32), keys, sizes, values)

    def _extend(
        self, days: NDArray[np.int32], keys: NDArray[np.int64], sizes: NDArray[np.uint32], values: NDArray[np.uint16]
    ) -> None:
        if (days < 0).any():
            raise ValueError(f"a day is not negative: {days.min()}")
        first, self._rows = self._rows, self._rows + len(keys)
        self._make_room(first)
        rows = slice(first, self._rows)
        self._keys[rows], self._sizes[rows], self._values[rows], self._days[rows] = keys, sizes, values, days
        self._link(first)

    def _make_room(self, filled: int) -> None:
        """Room for ``_rows`` rows of which the first are filled, and buckets enough."""
        if self._rows > len(self._keys):
            room = max(self._rows, int(len(self._keys) * _GROWTH))
            # In place: what is large moves without being copied, so that growing takes no second share of memory.
            self._values.resize((room, HASHES), refcheck=False)
            self._links.resize((room, BANDS), refcheck=False)
            for column in (self._keys, self._sizes, self._days):
                column.resize(room, refcheck=False)
        if self._rows > _LOAD * self._buckets:
            buckets = self._buckets
            while self._rows > _LOAD * buckets:
                buckets *= 2
            self._empty_buckets(buckets)
            rows, self._rows = self._rows, filled
            self._link(1)
            self._rows = rows

    def _empty_buckets(self, buckets: int) -> None:
        """Begin with so many buckets a band, a power of two."""
        self._buckets = buckets
        self._shift = np.uint64(64 - (buckets.bit_length() - 1))
        # One array less before there is one more.
        self._heads = np.zeros(0, dtype=np.uint32)
        self._heads = np.zeros(BANDS * buckets, dtype=np.uint32)
        self._bases = np.arange(BANDS, dtype=np.int64) * buckets

    def _slots(self, values: NDArray[np.uint16]) -> _Rows:
        """The bucket of each band, of one signature or of several."""
        mixed = (values.take(_PLACES, axis=-1).astype(np.uint64) * _SPREAD).sum(axis=-2)
        slots: _Rows = (mixed >> self._shift).astype(np.int64)
        slots += self._bases
        return slots

    def _link(self, first: int) -> None:
        """Put the rows from the first one on into their buckets."""
        for start in range(first, self._rows, _BLOCK):
            slots = self._slots(self._values[start : min(start + _BLOCK, self._rows)])
            for row, own in enumerate(slots, start):
                self._links[row] = self._heads[own]
                self._heads[own] = _NUMBERS + np.uint32(row * BANDS)

    def _colliding(self, signature: Signature) -> _Rows:
        """The rows that agree with a signature in one band or more."""
        links, values, asked = self._links.reshape(-1), self._values.reshape(-1), signature.values
        entries = self._heads.take(self._slots(asked))
        met: list[NDArray[np.uint32]] = []
        while entries.any() and len(met) < _DEEPEST:
            met.append(entries)
            # Nobody's entry leads to itself, so that ended chains need not be sorted out at every step.
            entries = links.take(entries)
        if not met:
            return np.empty(0, dtype=np.int64)
        entries = np.concatenate(met)
        entries = entries[entries > 0]
        rows = (entries // _WIDTH).astype(np.int64)
        bands = entries - rows * BANDS
        # A bucket holds whatever falls into it: the first value tells nearly all of them apart.
        for place in _PLACES:
            places = place.take(bands)
            same = np.flatnonzero(values.take(rows * HASHES + places) == asked.take(places))
            rows, bands = rows.take(same), bands.take(same)
        return np.array(sorted(set(rows.tolist())), dtype=np.int64)

    def _held(self, day: int, key: int) -> _Rows:
        """The rows of a key on a day."""
        held = slice(0, self._rows)
        return np.flatnonzero((self._keys[held] == key) & (self._days[held] == day))

    def _forget(self, rows: _Rows) -> None:
        self._days[rows] = _GONE_DAY
        self._gone += len(rows)
        if self._gone > _GONE * (self._rows - 1):
            self._sweep()

    def _sweep(self) -> None:
        """Close the gaps that forgotten rows left, block by block, and link what remains."""
        kept = np.flatnonzero(self._days[: self._rows] != _GONE_DAY)
        for start in range(0, len(kept), _BLOCK):
            old = kept[start : start + _BLOCK]
            new = slice(1 + start, 1 + start + len(old))
            # A row moves down or stays, so that no block overwrites one that is still to be read.
            for column in (self._values, self._keys, self._sizes, self._days):
                column[new] = column[old]
        self._rows, self._gone = 1 + len(kept), 0
        self._days[self._rows :] = _GONE_DAY
        self._empty_buckets(self._buckets)
        self._link(1)
