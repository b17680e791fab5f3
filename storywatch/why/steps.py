"""What ``storywatch why`` answers: steps, and the fate of a story with each watchlist. Frozen, without I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.types import DeliveryState, Field, How


class State(StrEnum):
    """How a step went."""

    #: it was taken
    OK = "ok"
    #: it is still to be taken
    WAITS = "waits"
    #: the way ended here
    ENDED = "ended"
    #: worth knowing, and no step of the way
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, as one line."""

    #: what the step is, in a word
    name: str
    state: State
    #: when it was taken, or will be
    at: datetime | None
    detail: str


class Fate(StrEnum):
    """What became of a story with a watchlist."""

    #: not evaluated yet
    WAITING = "waiting"
    #: not within the watchlist's feeds or languages
    OUTSIDE = "outside"
    #: the query does not hold
    NOT_MATCHED = "not_matched"
    #: the query holds, and did not when it was evaluated, or never was
    NOT_EVALUATED = "not_evaluated"
    #: matched, and taken in without telling
    SILENT = "silent"
    #: matched, with no alert that tells of it
    UNTOLD = "untold"
    #: matched, and an alert waits for its time
    DUE = "due"
    #: a message is on its way
    SENDING = "sending"
    TOLD = "told"
    #: no message arrived, and none will without a person
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failed:
    """A part of a query that did not hold."""

    #: as ``storywatch check`` shows it
    part: str
    reason: str
    #: what stood nearest, or empty
    nearest: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Words that matched."""

    field: Field
    start: int
    end: int
    term: str
    how: How
    #: as they stand there; empty once retention took the text
    words: str
    #: the sentence around them
    snippet: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way to one recipient."""

    #: in ``storywatch outbox``; None once it was discarded
    id: int | None
    message_id: str
    part: int
    recipient: str
    #: None once it was discarded
    state: DeliveryState | None
    attempts: int
    #: when it was sent, or will be tried
    at: datetime | None
    #: what became of it, with the other side's words
    detail: str


class AlertState(StrEnum):
    """What an alert did with a match."""

    #: it never had to tell of it
    NONE = "none"
    #: it has yet to
    WAITING = "waiting"
    #: it composed messages; ``Sent`` tells of each
    SENDING = "sending"
    #: every message was accepted
    SENT = "sent"
    #: some message was not, and is not tried again
    FAILED = "failed"
    #: it waited too long for a pause or a target that is off
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Told:
    """What an alert did with a match."""

    name: str
    channel: str
    #: as listed: never a webhook's secret
    target: str
    schedule: str
    state: AlertState
    #: when it told, or will
    at: datetime | None
    detail: str
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class ListFate:
    """What became of an address with one watchlist."""

    id: str
    name: str
    fate: Fate
    #: why, as a sentence without a full stop
    reason: str
    #: when that came about
    at: datetime | None = None
    #: of a query that does not hold: what failed
    failed: tuple[Failed, ...] = ()
    matched: tuple[Matched, ...] = ()
    #: the same in a line: which words were found, and how where that is not plain
    explained: str = ""
    #: that nothing is told of the watchlist now, or that the article's language may be wrong; empty where all is well
    remark: str = ""
    alerts: tuple[Told, ...] = ()
    #: of an article that came to a story that was known: what became of it as a later copy; empty for others
    copy: str = ""
    #: when it was known as one
    copy_at: datetime | None = None
    #: what the alerts did with it as one
    copied: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The way of one address."""

    #: as it was asked for
    url: str
    canonical: str
    #: an article or a feed that was seen is there
    known: bool
    steps: tuple[Step, ...]
    #: those that were asked for; empty for an address that no feed has brought
    watchlists: tuple[ListFate, ...]
