"""The nouns of the alerting half: frozen, without I/O. The glossary is in ``docs/glossary.md``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from news.types import SourceTime


class Field(StrEnum):
    """The part of an article that a span lies in."""

    TITLE = "title"
    TEXT = "text"


class How(StrEnum):
    """How a term was found."""

    EXACT = "exact"
    FOLDED = "folded"
    STEM = "stem"
    PREFIX = "prefix"
    FUZZY = "fuzzy"
    SUBSTRING = "substring"
    PHRASE = "phrase"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Words of a text that a query's term was found in."""

    field: Field
    #: code point offsets in the field as given; ``end`` is exclusive
    start: int
    end: int
    #: the term as written in the query
    term: str
    how: How


@dataclass(frozen=True, slots=True)
class Document:
    """What a query is evaluated against."""

    title: str
    text: str
    #: BCP 47 in lower case, or None if unknown
    language: str | None
    #: names and hosts that ``source:`` is compared with
    source: str | None
    host: str | None
    url: str | None
    #: names of all feeds that carry it, for ``source:"NAME"``
    feeds: tuple[str, ...] = ()


class Event(StrEnum):
    """What a watchlist can be told."""

    NEW = "new"
    #: later copies of a story that was told as new
    COPIES = "copies"
    #: far more stories than usual
    SPIKE = "spike"


class ChannelKind(StrEnum):
    """The ways out that this version has."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times of day, in minutes after midnight, between which nothing is sent; may span midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` messages in ``per_s`` seconds."""

    count: int
    per_s: int


@dataclass(frozen=True, slots=True)
class Target:
    """A place to send to."""

    #: identity and what listings show: the name in ``[targets]``, else the address, else the webhook's URL
    #: without userinfo and query
    name: str
    channel: ChannelKind
    #: one address each for email; one URL for a webhook. Secret for webhooks: shown only as ``name``
    recipients: tuple[str, ...] = field(repr=False)
    #: the webhook's signing secret, or None; never logged
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """One configured way and time to be told: of one watchlist, or of a ``[[digests]]`` over several.

    A configured alert with several targets is one Alert each, since zones and quiet hours are the target's.
    """

    #: identity of what was sent: ``WATCHLIST_ID/NAME/TARGET`` or ``digest/NAME/TARGET``
    id: str
    name: str
    #: the ids of its watchlists, in the order of their sections; one, except for a digest
    watchlists: tuple[str, ...]
    #: for ``[[digests]]`` true: several watchlists in one message, a story once
    combined: bool
    target: Target
    #: as written, checked: ``immediately``, ``every 15m``, ``daily at 07:00`` …
    schedule: str
    #: IANA name
    timezone: str
    #: of the mail's own words
    locale: str
    quiet_hours: QuietHours | None = None
    #: a query; what matches goes at once
    urgent: str | None = None
    gather_s: float = 0.0
    at_most: Rate | None = None
    max_items: int = 50
    #: send a line even if there is nothing to tell
    send_empty: bool = False
    #: stories of one thread stand together under one heading
    by_thread: bool = False
    #: those of its watchlists that are told of a story's later copies
    follows: frozenset[str] = frozenset()
    #: the sets that ``urgent`` names: name and entries, as ``alerts.query.Aliases.of`` takes them
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def names_target(self) -> bool:
        """Whether it has the name it gets where none is configured: channel and target."""
        return self.name == f"{self.target.channel} {self.target.name}"


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Named queries with their alerts."""

    id: str
    name: str
    #: what is looked for, as one query text each; any may match
    queries: tuple[str, ...]
    exclude: tuple[str, ...]
    #: feed names, URLs or ``tag:NAME``; empty is all
    feeds: tuple[str, ...]
    #: language codes; empty is all
    languages: tuple[str, ...]
    #: stories older than this, of a new feed or watchlist, are taken in silently; seconds
    backlog_s: float
    #: what it is told
    events: frozenset[Event] = frozenset({Event.NEW})
    #: the sets that its queries name: name and entries, as ``alerts.query.Aliases.of`` takes them
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """Another article of the same story."""

    source: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One story in a digest, as it is rendered."""

    event: Event
    story_id: int
    title: str
    url: str | None
    source: str
    language: str | None
    published: SourceTime | None
    first_seen_at: datetime
    summary: str
    #: the article's text, which spans of ``Field.TEXT`` point into
    text: str
    spans: tuple[Span, ...]
    #: names of the watchlists, of this alert, that it matched
    watchlists: tuple[str, ...]
    copies: tuple[Copy, ...]
    urgent: bool = False
    #: told before by an urgent message of the same alert
    already_sent: bool = False
    categories: tuple[str, ...] = ()
    #: name of the agency that the text is credited to, by this article or by a copy of it
    agency: str | None = None
    #: the event that its story belongs to, or None
    thread_id: int | None = None
    #: which of several of one event and story; empty for new
    occasion: str = ""
    #: what a spike is told with; None for other events
    figures: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FeedTrouble:
    """A line in the foot of a digest: a feed that cannot be relied on."""

    name: str
    url: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a digest for one watchlist."""

    watchlist: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one alert tells for one window: complete, not yet rendered."""

    alert: Alert
    #: newest first within a section; a story stands in it once
    sections: tuple[Section, ...]
    window_from: datetime
    window_to: datetime
    #: due time or story: what makes this digest's messages unique in its alert
    due_key: str
    #: sentences such as "held overnight" or "covers an outage from … to …", as message keys of the locale
    remarks: tuple[str, ...]
    troubles: tuple[FeedTrouble, ...]
    #: a marked test message
    test: bool = False

    @property
    def items(self) -> tuple[Item, ...]:
        """All stories of all sections."""
        return tuple(item for section in self.sections for item in section.items)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    RETRYING = "retrying"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Message:
    """A digest rendered to bytes for one recipient; made once, sent as often as it takes."""

    #: Message-ID without angle brackets, and webhook-id
    message_id: str
    alert_id: str
    due_key: str
    #: from 1
    part: int
    recipient: str
    #: ``message/rfc822`` bytes, or a webhook's JSON body
    body: bytes
    channel: ChannelKind


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery claimed for one attempt."""

    id: int
    token: int
    message: Message
    target: str
    #: attempts made before this one
    attempts: int


class Outcome(StrEnum):
    """What an attempt came to."""

    SENT = "sent"
    RETRY_LATER = "retry_later"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    #: the target switched itself off (410): every delivery to it waits for ``targets resume``
    SWITCHED_OFF = "switched_off"


class Cause(StrEnum):
    """What an attempt that did not succeed failed on."""

    #: this message or its recipient; another may well pass
    MESSAGE = "message"
    #: the other side as a whole does not answer or asks for a rest: what else is for it would fare the same
    TARGET = "target"
    #: the configuration: a wrong password, an untrusted certificate, a guarded address; it takes a person
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side answered to one attempt."""

    outcome: Outcome
    #: the other side's own words ("550 5.1.1 …"), or what went wrong
    reason: str
    #: Retry-After, in seconds, within reason
    after_s: float | None = None
    #: what the failure is about; without meaning where ``outcome`` is SENT
    cause: Cause = Cause.MESSAGE
