"""simplemma's lists of words, read many records at a time.

::

    count, then records: bytes shared with the form before, further bytes │ what of the lemma differs from the form
                          ──Block──▶ forms and lemmas, a row each, and which lemma is whose

A list is sorted and tells of each form only how it differs from the one before (``simplemma``'s ``frontcode`` describes
the format). One record depends on another, so that reading them one by one takes most of a second for a million; here
NumPy follows the chain of records in strides of sixteen, and fills what is shared column by column.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from simplemma.strategies.dictionaries.frontcode import _read_header, _read_varint

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

#: in place of how much of the form is cut for the lemma: the lemma of the record before, and one that stands in full
_AS_BEFORE, _IN_FULL = 254, 255
#: a size from here on takes two bytes
_WIDE = 0x80
#: bytes of a list that are read at once; the work on them stays in a processor's cache
_STRETCH = 1 << 17
#: the most that a record without wide sizes takes, and then some
_RECORD = 1 << 10
#: records that the chain is followed by at a time, as a power of two
_STRIDE = 4
#: bytes of a row at least
_LEAST = 2


class Block(NamedTuple):
    """Some records; words are in rows of bytes that end in zeros, last letter first in a list sorted backwards."""

    forms: Bytes
    sizes: Places
    #: the lemmas, before them the last one of the block before
    lemmas: Bytes
    lemma_sizes: Places
    #: the row of each form's lemma
    lemma_of: Places


class Listing:
    """A decompressed list of a language."""

    def __init__(self, raw: bytes) -> None:
        #: whether words are sorted by their ends
        self.backwards, self._count, self._start = _read_header(raw)
        self._size = len(raw)
        self._bytes = np.zeros(len(raw) + 2 * _RECORD, np.uint8)
        self._bytes[: len(raw)] = np.frombuffer(raw, np.uint8)

    def __len__(self) -> int:
        return self._count

    def blocks(self) -> Iterator[Block]:
        """The records in order; ValueError where the list is damaged."""
        form = lemma = np.zeros(0, np.uint8)
        count = 0
        for record in self._records():
            block = _block(self._bytes, record, form, lemma)
            form, lemma = block.forms[-1, : block.sizes[-1]], block.lemmas[-1, : block.lemma_sizes[-1]]
            count += len(block.forms)
            yield block
        if count != self._count:
            raise ValueError("a list of words is cut short")

    def _records(self) -> Iterator["_Records"]:
        """Where the parts of records are."""
        place = self._start
        while place < self._size:
            end = min(place + _STRETCH, self._size)
            starts, behind = _chain(self._bytes[place : end + _RECORD], end - place)
            records = _narrow(self._bytes, starts + place)
            wide = (records.shared | records.added | records.lemma_added) >= _WIDE
            if not wide.any():
                place += behind
                yield records
                continue
            first = int(wide.argmax())
            if first:
                yield _Records(*(part[:first] for part in records))
            record, place = _wide(self._bytes, int(starts[first]) + place)
            yield record
        if place != self._size:
            raise ValueError("a list of words is cut short")


class _Records(NamedTuple):
    """Where the parts of some records are in the bytes of a list."""

    #: bytes that a form shares with the one before
    shared: Places
    #: where its other bytes are, and how many
    added_at: Places
    added: Places
    #: bytes that the lemma has not of the form's end, or a mark
    cut: Places
    #: where its other bytes are, and how many
    lemma_added_at: Places
    lemma_added: Places


def _chain(stretch: Bytes, size: int) -> tuple[Places, int]:
    """Where records begin in the first ``size`` bytes, the first at 0, and where the next one does behind them."""
    # as if a record began at each byte: first where its lemma would be told, then where the next one would begin
    following = np.arange(len(stretch))
    here = following[:size]
    here += stretch[1 : size + 1]
    here += 2
    told = stretch.take(here, mode="clip") != _AS_BEFORE
    # a size too large for a byte is found out afterwards
    here += (stretch[1:] + np.uint8(1)).take(here, mode="clip") * told
    here += 1
    leap, other = following.copy(), np.empty_like(following)
    for _ in range(_STRIDE):
        leap, other = np.take(leap, leap, out=other, mode="clip"), leap
    places, leaps, place = [], leap.data, 0
    while place < size:
        places.append(place)
        place = leaps[place]
    found = np.empty((1 << _STRIDE, len(places)), np.intp)
    found[0] = places
    for step in range(1, 1 << _STRIDE):
        found[step] = following[found[step - 1]]
    starts = found.T.ravel()
    return starts[starts < size], place


def _narrow(listed: Bytes, starts: Places) -> _Records:
    """Records of which each size is a byte."""
    added = listed[starts + 1].astype(np.intp)
    lemma_at = starts + added + 2
    cut = listed[lemma_at].astype(np.intp)
    lemma_added = np.where(cut == _AS_BEFORE, 0, listed[lemma_at + 1]).astype(np.intp)
    return _Records(listed[starts].astype(np.intp), starts + 2, added, cut, lemma_at + 2, lemma_added)


def _wide(listed: Bytes, place: int) -> tuple[_Records, int]:
    """One record, whatever its sizes take, and where the next one begins."""
    raw = listed[place : place + (1 << 16)].tobytes()
    shared, at = _read_varint(raw, 0)
    added, at = _read_varint(raw, at)
    added_at, at = at, at + added
    cut, at = raw[at], at + 1
    lemma_added, lemma_at = (0, at) if cut == _AS_BEFORE else _read_varint(raw, at)
    parts = shared, place + added_at, added, cut, place + lemma_at, lemma_added
    return _Records(*(np.array([part], np.intp) for part in parts)), place + lemma_at + lemma_added


def _block(listed: Bytes, records: _Records, form: Bytes, lemma: Bytes) -> Block:
    """The words of records that follow a form and a lemma."""
    count = len(records.shared)
    sizes = records.shared + records.added
    # a column a row, so that what is shared is filled along the memory
    columns = np.zeros((max(int(sizes.max()), len(form), _LEAST), count + 1), np.uint8)
    columns[: len(form), 0] = form
    rows, within = _spread(records.added)
    columns[records.shared[rows] + within, rows + 1] = listed[records.added_at[rows] + within]
    # the form before shares nothing with what is before it, nor does what is behind the last one
    shared = np.zeros(count + 2, np.int32)
    shared[1:-1] = records.shared
    for column, letters in enumerate(columns[: int(shared.max())]):
        told = np.flatnonzero(shared <= column)
        letters[:] = np.repeat(letters[told[:-1]], told[1:] - told[:-1])
    forms = np.ascontiguousarray(columns[:, 1:].T)

    own = np.flatnonzero(records.cut != _AS_BEFORE)
    cut, added = records.cut[own], records.lemma_added[own]
    left = np.where(cut == _IN_FULL, 0, sizes[own] - cut)
    lemma_sizes = np.concatenate([[len(lemma)], left + added])
    width = max(int(lemma_sizes.max()), forms.shape[1])
    lemmas = np.zeros((len(own) + 1, width), np.uint8)
    lemmas[0, : len(lemma)] = lemma
    lemmas[1:, : forms.shape[1]] = forms[own]
    lemmas[1:][np.arange(width) >= left[:, np.newaxis]] = 0
    rows, within = _spread(added)
    lemmas[rows + 1, left[rows] + within] = listed[records.lemma_added_at[own][rows] + within]
    return Block(forms, sizes, lemmas, lemma_sizes, np.cumsum(records.cut != _AS_BEFORE))


def _spread(sizes: Places) -> tuple[Places, Places]:
    """The row of each byte, and its place in the row's bytes, where rows are of ``sizes`` bytes."""
    rows = np.repeat(np.arange(len(sizes)), sizes)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
