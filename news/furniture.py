"""Sentences that belong to a source and not to its reports: "Subscribe to our letter", a footer, a stock line. Pure.

::

    source, text ──read──▶ Sentence … ──without──▶ Bare(folded words without furniture, what was left out) ──▶ sign
                                      ──meet(story, day)──▶ counted    ──pack──▶ bytes ──unpack──▶ meet, elsewhere
    dump ──▶ bytes ──▶ load           forget(before a day)

A sentence that a source has carried in ``STORIES`` different stories within the window is its furniture, and is left
out before a text is signed: what a source says under everything would make copies of its short reports. Sentences count
by the hash of their folded words, each for its source alone, since agencies' sentences stand in many sources and are
what makes copies copies.

Memory is bounded: at most ``MOST`` sentences are remembered, and the one that was not met for longest is forgotten
first; furniture is met daily. A sentence takes some 250 bytes. Of one text the first ``LONGEST`` sentences count one by
one, and what follows as one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from xxhash import xxh3_64_intdigest

from news.fingerprint import VERSION, folded

#: different stories of a source that carry a sentence of its furniture: two may quote one man
STORIES: Final = 3
#: sentences that are remembered, of all sources together
MOST: Final = 200_000
#: sentences of one text that are told apart
LONGEST: Final = 1_000

#: where one sentence ends and the next begins: a line, a stop before a blank, the full stops of scripts without blanks
_BETWEEN = re.compile(r"\n\s*|(?<=[.!?…])[\"'”’»)]*\s+|(?<=[。！？])")
#: a letter that no text needs, and that folds to itself
_PARTER: Final = "\ua66e"
_PARTED: Final = re.compile(f" ?{_PARTER} ?")
_MAGIC: Final = b"SWF" + VERSION.encode()
_RECORD: Final = np.dtype([("sentence", "<u8"), ("day", "<i4"), ("stories", "<i8", (STORIES,))])
#: before the sentences that one text met: its story, its day, how many
_HEAD: Final = np.dtype([("story", "<i8"), ("day", "<i4"), ("count", "<u4")])
#: what is remembered of a sentence that was never met
_UNMET: Final[tuple[int, tuple[int, ...]]] = (0, ())
#: in a record, of which fewer than ``STORIES`` places are taken
_NOBODY: Final = -1
_NOTHING: Final[Mapping[int, set[int]]] = {}


class Sentence(NamedTuple):
    """A sentence of a source's text."""

    #: in the text as given
    start: int
    end: int
    #: not empty
    folded: str
    #: what it is known by
    number: int


class Met(NamedTuple):
    """The sentences that one text of a story carried."""

    story: int
    #: days since 1970
    day: int
    #: ``Sentence.number`` of each
    sentences: Sequence[int]


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
        return self.without(read(source, text))

    def without(self, told: Sequence[Sentence], beside: Mapping[int, set[int]] = _NOTHING) -> Bare:
        """Leave out what is known as furniture of a text that was ``read``.

        ``beside`` are the stories that each sentence was met in and that are not counted here yet.
        """
        words: list[str] = []
        left: list[tuple[int, int]] = []
        for one in told:
            stories = self._met.get(one.number, _UNMET)[1]
            more = beside.get(one.number)
            if len(stories if more is None else more.union(stories)) >= STORIES:
                left.append((one.start, one.end))
            else:
                words.append(one.folded)
        return Bare(" ".join(words), tuple(left))

    def note(self, source: str, story: int, day: int, text: str) -> None:
        """Count a text's sentences for its story. Noting one again counts nothing; story and day are not negative."""
        self.meet(Met(story, day, [one.number for one in read(source, text)]))

    def meet(self, met: Met) -> None:
        """The same for a text that was ``read``."""
        for sentence in met.sentences:
            last, stories = self._met.pop(sentence, _UNMET)
            if met.story not in stories and len(stories) < STORIES:
                stories = (*stories, met.story)
            self._met[sentence] = (max(last, met.day), stories)
        # All at once, since finding the first of a dict passes over the places of all that stood before it.
        for sentence in list(islice(self._met, max(0, len(self._met) - self._most))):
            del self._met[sentence]

    def forget(self, before: int) -> None:
        """Forget what was last met before a day."""
        self._met = {sentence: met for sentence, met in self._met.items() if met[0] >= before}

    def dump(self) -> bytes:
        """All that is remembered, for ``load``."""
        count = len(self._met)
        records = np.empty(count, dtype=_RECORD)
        records["sentence"] = np.fromiter(self._met, dtype="<u8", count=count)
        records["day"] = np.fromiter((day for day, _ in self._met.values()), dtype="<i4", count=count)
        records["stories"] = _NOBODY
        for place in range(STORIES):
            having = [stories[place] if place < len(stories) else _NOBODY for _, stories in self._met.values()]
            records["stories"][:, place] = having
        return _MAGIC + records.tobytes()

    def load(self, stored: bytes) -> None:
        """Remember what ``dump`` gave, and nothing else; ``ValueError`` where it is of another version or cut short."""
        body = len(stored) - len(_MAGIC)
        if not stored.startswith(_MAGIC) or body % _RECORD.itemsize:
            raise ValueError("not the furniture of this version, or not whole")
        records = np.frombuffer(stored, dtype=_RECORD, offset=len(_MAGIC))[-self._most :]
        days, stories = records["day"].tolist(), records["stories"].tolist()
        self._met = {
            sentence: (day, tuple(story for story in places if story != _NOBODY))
            for sentence, day, places in zip(records["sentence"].tolist(), days, stories, strict=True)
        }


def read(source: str, text: str) -> list[Sentence]:
    """The sentences of a source's text that have words."""
    if _PARTER in text:
        text = text.replace(_PARTER, " ")
    places = list(_bounded(text))
    if not places:
        return []
    # Folding all at once costs a fifth of folding one by one; between blanks nothing folds with what is beside it.
    words = _PARTED.split(folded(f" {_PARTER} ".join(text[start:end] for start, end in places)))
    return [
        Sentence(start, end, own, _hashed(source, own)) for (start, end), own in zip(places, words, strict=True) if own
    ]


def folded_whole(told: Sequence[Sentence]) -> str:
    """The whole text as ``fingerprint.folded`` gives it."""
    return " ".join(one.folded for one in told)


def pack(met: Iterable[Met]) -> bytes:
    """What texts met as bytes, for ``unpack``; little-endian."""
    parts = [_MAGIC]
    for one in met:
        parts.append(np.array((one.story, one.day, len(one.sentences)), dtype=_HEAD).tobytes())
        parts.append(np.array(one.sentences, dtype="<u8").tobytes())
    return b"".join(parts)


def unpack(stored: bytes) -> Iterator[Met]:
    """What ``pack`` was given; ``ValueError`` where it is of another version or cut short."""
    if not stored.startswith(_MAGIC):
        raise ValueError("not sentences of this version")
    place = len(_MAGIC)
    while place < len(stored):
        (head,) = np.frombuffer(stored, dtype=_HEAD, count=1, offset=place)
        story, day, count = head.tolist()
        place += _HEAD.itemsize
        sentences_ = np.frombuffer(stored, dtype="<u8", count=count, offset=place)
        place += 8 * count
        yield Met(story, day, sentences_.tolist())


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a text, near enough to count by: abbreviations part one too."""
    start = 0
    for gap in _BETWEEN.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _bounded(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text, the last of very many with all that follows."""
    for number, (start, end) in enumerate(sentences(text), start=1):
        yield start, len(text) if number == LONGEST else end
        if number == LONGEST:
            return


def _hashed(source: str, own: str) -> int:
    return xxh3_64_intdigest(f"{source}\n{own}".encode("utf-8", "surrogatepass"))
