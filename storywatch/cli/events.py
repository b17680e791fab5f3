"""Events for ``storywatch try stories``: the thread of each story, in memory, where the extra is there.

One article speaks for its story, the first that came; its copies are in the thread of their story. Threads that turn
out to be one are joined as the service does it, and the older id stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from news.centring import centred
from news.embedding import Engine, embeddable, pack, unpack
from news.errors import EmbeddingError
from news.languages import detect
from news.threads import ThreadBook, evidence, packed, unpacked
from storywatch.semantic import without

#: stories that are remembered; the first are forgotten
_MOST = 200_000
#: stories between two looks for threads that are one
_MERGE_EVERY = 10


@dataclass(frozen=True, slots=True)
class InThread:
    """The thread of a story, and what this story showed of others."""

    #: opaque; None where there is nothing to go by
    thread: str | None
    #: pairs of threads that turned out to be one; the first of each stays
    joins: tuple[tuple[str, str], ...] = ()


def events(note: Callable[[str], None]) -> "Events | NoEvents":
    """Return what tells threads: the model where it is there; ``note`` is told why it cannot be loaded."""
    if without() is not None:
        return NoEvents()
    try:
        return Events()
    except EmbeddingError as error:
        note(f"threads are not told: {error}")
        return NoEvents()


class NoEvents:
    """Tells no threads: the extra is not there."""

    def of(self, *_: object, **__: object) -> InThread:
        """Return none."""
        return InThread(None)


class Events:
    """Gives stories their threads, one after another. Raises EmbeddingError where the model cannot be loaded."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._book = ThreadBook()
        #: the number by which the book knows a story; those that joined have that of the one that stays
        self._numbers: dict[str, int] = {}
        self._count = 0
        self._changed: set[int] = set()

    def of(
        self, story: str, joins: Sequence[str], *, title: str, text: str, language: str | None, at: datetime | None
    ) -> InThread:
        """Return the thread of a story that an article was put in; ``joins`` are stories that are one, if any."""
        known = [self._numbers[one] for one in (story, *joins) if one in self._numbers]
        for one in (story, *joins) if known else ():
            self._numbers[one] = min(known)
        if known:
            return InThread(str(self._book.thread_of(min(known))))
        line = embeddable(title, text)
        if not line:
            return InThread(None)
        (vector,) = self._engine.embed([line])
        spoken = language or detect(f"{title}\n{text}")
        fresh = evidence(title, text, spoken, at, unpack(pack(centred(vector, spoken))))
        self._count += 1
        placed = self._book.add(self._count, unpacked(packed(fresh), fresh.vector))
        self._numbers[story] = self._count
        for one in list(islice(self._numbers, max(0, len(self._numbers) - _MOST))):
            del self._numbers[one]
        joined = [(str(placed.thread), str(younger)) for younger in placed.joins]
        self._changed.add(self._book.thread_of(self._count))
        if self._count % _MERGE_EVERY == 0:
            joined += [(str(one.into), str(one.thread)) for one in self._book.merge(self._changed)]
            self._changed.clear()
        return InThread(str(self._book.thread_of(self._count)), tuple(joined))
