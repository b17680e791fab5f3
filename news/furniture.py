"""Sentences that belong to a source and not to its reports: "Subscribe to our letter", a footer, a stock line. Pure.

::

    source, text ──bare──▶ Bare(folded words without furniture, which spans were left out) ──▶ minhash.sign
    source, story, day, text ──note──▶ counted       dump ──▶ bytes ──▶ load        forget(before a day)

A sentence that a source has carried in ``STORIES`` different stories within the window is its furniture, and is left
out before a text is signed: what a source says under everything would make copies of its short reports. Sentences count
by the hash of their folded words, each for its source alone, since agencies' sentences stand in many sources and are
what makes copies copies.

Memory is bounded: at most ``MOST`` sentences are remembered, and the one that was not met for longest is forgotten
first; furniture is met daily. A sentence takes some 250 bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from xxhash import xxh3_64_intdigest

from news.fingerprint import VERSION, folded

#: different stories of a source that carry a sentence of its furniture: two may quote one man
STORIES: Final = 3
#: sentences that are remembered, of all sources together
MOST: Final = 200_000

#: where one sentence ends and the next begins: a line, a stop before a blank, the full stops of scripts without blanks
_BETWEEN = re.compile(r"\n\s*|(?<=[.!?…])[\"'”’»)]*\s+|(?<=[。！？])")
_MAGIC: Final = b"SWF" + VERSION.encode()
_RECORD: Final = np.dtype([("sentence", "<u8"), ("day", "<i4"), ("stories", "<i8", (STORIES,))])
#: what is remembered of a sentence that was never met
_UNMET: Final[tuple[int, tuple[int, ...]]] = (0, ())
#: in a record, of which fewer than ``STORIES`` places are taken
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Bare:
    """A text without its source's furniture."""

    #: as ``fingerprint.folded`` gives it, of the sentences that stay
    folded: str
    #: start and end of each sentence that was left out, in the text as given
    furniture: tuple[tuple[int, int], ...]


class Furniture:
    """Counts sentences by source."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        #: sentence → the day on which it was last met and the stories that carried it; least lately met first
        self._met: dict[int, tuple[int, tuple[int, ...]]] = {}

    def __len__(self) -> int:
        return len(self._met)

    def bare(self, source: str, text: str) -> Bare:
        """Leave out what is known as the source's furniture."""
        words: list[str] = []
        left: list[tuple[int, int]] = []
        for start, end in sentences(text):
            own = folded(text[start:end])
            if own and len(self._met.get(_hashed(source, own), _UNMET)[1]) >= STORIES:
                left.append((start, end))
            elif own:
                words.append(own)
        return Bare(" ".join(words), tuple(left))

    def note(self, source: str, story: int, day: int, text: str) -> None:
        """Count a text's sentences for its story. Noting one again counts nothing; story and day are not negative."""
        for start, end in sentences(text):
            if own := folded(text[start:end]):
                self._meet(_hashed(source, own), story, day)
        while len(self._met) > self._most:
            del self._met[next(iter(self._met))]

    def forget(self, before: int) -> None:
        """Forget what was last met before a day."""
        self._met = {sentence: met for sentence, met in self._met.items() if met[0] >= before}

    def dump(self) -> bytes:
        """All that is remembered, for ``load``."""
        records = np.zeros(len(self._met), dtype=_RECORD)
        records["stories"] = _NOBODY
        for record, (sentence, (day, stories)) in zip(records, self._met.items(), strict=True):
            record["sentence"], record["day"] = sentence, day
            record["stories"][: len(stories)] = stories
        return _MAGIC + records.tobytes()

    def load(self, stored: bytes) -> None:
        """Remember what ``dump`` gave, and nothing else; ``ValueError`` where it is of another version or cut short."""
        body = len(stored) - len(_MAGIC)
        if not stored.startswith(_MAGIC) or body % _RECORD.itemsize:
            raise ValueError("not the furniture of this version, or not whole")
        records = np.frombuffer(stored, dtype=_RECORD, offset=len(_MAGIC))
        self._met = {
            int(record["sentence"]): (
                int(record["day"]),
                tuple(int(story) for story in record["stories"] if story != _NOBODY),
            )
            for record in records[-self._most :]
        }

    def _meet(self, sentence: int, story: int, day: int) -> None:
        last, stories = self._met.pop(sentence, _UNMET)
        if story not in stories and len(stories) < STORIES:
            stories = (*stories, story)
        self._met[sentence] = (max(last, day), stories)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a text, near enough to count by: abbreviations part one too."""
    start = 0
    for gap in _BETWEEN.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _hashed(source: str, own: str) -> int:
    return xxh3_64_intdigest(f"{source}\n{own}".encode("utf-8", "surrogatepass"))
