"""The nouns of the house: frozen, without I/O. The glossary is in ``docs/glossary.md``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class FeedKind(StrEnum):
    """What a feed's address serves, as found in its bytes."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class FeedOrigin(StrEnum):
    """Where a feed is configured; an earlier one wins over a later one."""

    CONFIG = "config"
    OPML = "opml"
    STORE = "store"


class FeedState(StrEnum):
    """How a feed fares."""

    HEALTHY = "healthy"
    FAILING = "failing"
    SILENT = "silent"
    RESTING = "resting"


class RobotsRule(StrEnum):
    """Whether robots.txt binds a feed."""

    OBEY = "obey"
    PERMITTED = "permitted"


@dataclass(frozen=True, slots=True)
class SourceTime:
    """A time as its source gave it, never a guess.

    A source that names no offset, or only a day, leaves ``instant`` unknown.
    """

    #: RFC 3339: a date-time with the offset as given, a date-time without offset, or a full date
    text: str
    #: the same as an aware instant, where the source gave an offset
    instant: datetime | None
    #: the latest instant that ``text`` can mean (UTC−12 where no offset is given); for ages
    latest: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as one feed has it now. All texts are plain (no tags, no entities) and NFC."""

    #: as the feed gives it, or None
    guid: str | None
    #: absolute http(s) address that can be opened, or None
    url: str | None
    title: str
    #: plain text
    summary: str
    #: plain text of content:encoded, Atom content or the like; empty where there is none
    content: str
    authors: tuple[str, ...]
    published: SourceTime | None
    updated: SourceTime | None
    categories: tuple[str, ...]
    #: BCP 47 tag in lower case, of the entry, or None
    language: str | None
    #: absolute addresses of enclosures and media
    media: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The fullest text that the feed carries: content, else summary."""
        return self.content if len(self.content) >= len(self.summary) else self.summary


@dataclass(frozen=True, slots=True)
class PollHints:
    """What a feed or its answer says about how often to come."""

    #: RSS ``ttl``, or Cache-Control ``max-age``
    ttl: timedelta | None = None
    #: RSS ``sy:updatePeriod`` divided by ``updateFrequency``
    update_period: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """The result of parsing a feed's bytes."""

    title: str
    #: BCP 47 in lower case, or None
    language: str | None
    kind: FeedKind
    #: the site's address that the feed names (RSS channel link, Atom alternate), or None
    url: str | None
    #: the entries that were asked for, in document order
    entries: tuple[Entry, ...]
    #: for each of ``entries``, the 8-byte hash of its item in the document
    hashes: tuple[bytes, ...]
    #: the 8-byte hashes of every item that the document carries now, in document order
    carried: tuple[bytes, ...]
    #: sentences about what was odd; empty for a clean feed
    problems: tuple[str, ...]
    hints: PollHints = PollHints()


class Arrival(StrEnum):
    """When an article came, seen from its feed: decides on backlog."""

    #: with the first successful poll of its feed
    FIRST_POLL = "first_poll"
    LATER = "later"
    #: with the first successful poll after an outage: of several hours at once
    CATCH_UP = "catch_up"


@dataclass(frozen=True, slots=True)
class Article:
    """One publisher's page, known by its canonical URL, or by guid in its feed where it has no address."""

    id: int
    #: canonical URL, or ``guid:FEED_ID:GUID`` / ``item:FEED_ID:HASH`` where there is no address
    identity: str
    #: the publisher's own address without trackers and fragment, or None; this one is opened
    url: str | None
    #: the feed it was first found in
    feed_id: int
    #: the feed's name, as shown to readers
    source: str
    #: the host of ``url`` or of the feed, for ``source:``
    host: str
    language: str | None
    published: SourceTime | None
    first_seen_at: datetime
    arrival: Arrival
    #: None until story assignment
    story_id: int | None
    #: name of the agency that its first text is credited to, or None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable snapshot of an article, from its feed."""

    id: int
    article_id: int
    #: from 1
    number: int
    #: the feed that carried it
    feed_id: int
    title: str
    text: str
    summary: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    language: str | None
    published: SourceTime | None
    #: ``news.fingerprint.content_hash`` of title and text, with its version
    content_hash: str
    created_at: datetime


class StoryReason(StrEnum):
    """Why an article belongs to its story."""

    NEW = "new"
    SAME_URL = "same_url"
    SAME_TEXT = "same_text"
    #: an edited copy, or one that was cut
    NEAR_DUPLICATE = "near_duplicate"
    #: too short a text to be known by it, under the headline of another
    SAME_HEADLINE = "same_headline"
