"""What a replay keeps and tells: stories as they are shown, hits, near misses, forecasts."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from alerts.forecast import Forecast
from alerts.relaxing import Reason
from alerts.store.replays import Stored
from alerts.types import Span
from alerts.verdicts import Verdict

T = TypeVar("T")


class Newest(Generic[T]):
    """The stories that came last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, T] = OrderedDict()

    def put(self, story: int, value: T) -> None:
        """Keep a story; one that is kept already stays in its place."""
        self._kept[story] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, story: int) -> T | None:
        """Return what is kept of a story, or None."""
        return self._kept.get(story)

    def drop(self, story: int) -> None:
        """Forget a story, if it is kept."""
        self._kept.pop(story, None)

    def newest_first(self) -> tuple[T, ...]:
        """Return what is kept."""
        return tuple(reversed(self._kept.values()))


@dataclass(frozen=True, slots=True)
class Shown:
    """A story as it is shown: by the revision that it would be told by."""

    stored: Stored
    spans: tuple[Span, ...]
    #: whether it would be told; None for a near miss
    verdict: Verdict | None = None
    #: of a near miss: what of this very story kept it from being a hit, or ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Stories of one kind: how many there are, and the newest of them."""

    count: int
    #: of those, taken in silently
    silent: int
    #: newest first
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class NearMisses:
    """The stories that were missed for one reason, which is the most telling of theirs."""

    reason: Reason
    count: int
    #: newest first
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay came to."""

    #: the time that was replayed: since what was asked, or the oldest revision that there is
    since: datetime
    until: datetime
    stories: int
    revisions: int
    hits: Found
    #: the most telling first
    near_misses: tuple[NearMisses, ...]
    #: one an alert
    forecasts: tuple[Forecast, ...]
    #: of a changed query: what it finds more and less than the present one, and what that would have told
    added: Found | None = None
    lost: Found | None = None
    present: tuple[Forecast, ...] = ()
