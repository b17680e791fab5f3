"""A row of the table ``feed`` as a value, and how a feed is configured. ``news.store.feeds`` has the statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from news.store.schema import feed
from news.types import FeedKind, FeedOrigin, FeedState, RobotsRule
from news.urls import listed


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """A feed as it is configured."""

    url: str
    #: what is treated politely as one: ``news.urls.site_of(url)``
    site: str
    origin: FeedOrigin
    name: str | None = None
    #: BCP 47 in lower case, or None: the feed's own, then detected
    language: str | None = None
    tags: tuple[str, ...] = ()
    #: None: learnt from how the feed really changes
    interval: timedelta | None = None
    robots: RobotsRule = RobotsRule.OBEY


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Everything that the store knows of a feed; the columns of ``feed`` in ``news.store.schema``, in their order."""

    id: int
    url: str
    site: str
    origin: FeedOrigin
    name: str | None
    configured_language: str | None
    tags: tuple[str, ...]
    #: seconds, or None: learnt
    configured_interval_s: float | None
    robots: RobotsRule
    title: str | None
    language: str | None
    kind: FeedKind | None
    home_url: str | None
    state: FeedState
    #: a sentence: why it is in this state
    reason: str
    #: the last error, or None when the last poll succeeded
    error: str | None
    state_since: datetime | None
    failures: int
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None
    #: 8 bytes an item that the document carried at the last successful poll
    carried: bytes
    #: seconds, before jitter
    interval_s: float
    change_gap_s: float | None
    ttl_s: float | None
    update_period_s: float | None
    next_poll_at: datetime | None
    last_polled_at: datetime | None
    first_success_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    moved_to: str | None
    moved_first_at: datetime | None
    moved_count: int
    #: the address that is requested, where it differs from ``url``
    request_url: str | None
    #: False: gone from the configuration, or removed
    active: bool
    gap_at: datetime | None
    created_at: datetime

    @property
    def shown_name(self) -> str:
        """The name for readers: the configured one, else the feed's own title, else its address without secrets."""
        return self.name or self.title or listed(self.url)


#: every column, in the order of FeedRow
FEED_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(feed.c[name] for name in FeedRow.__dataclass_fields__)

SELECT_FEEDS = select(*FEED_COLUMNS)


def feed_rows(rows: Iterable[Sequence[Any]]) -> list[FeedRow]:
    """Return what a SELECT of ``FEED_COLUMNS`` brought."""
    return [_feed_row(row) for row in rows]


def _feed_row(row: Sequence[Any]) -> FeedRow:
    (id_, url, site, origin, name, configured_language, tags, configured_interval_s, robots, *_) = row
    (title, language, kind, home_url, state) = row[9:14]
    return FeedRow(
        id_,
        url,
        site,
        _ORIGINS[origin],
        name,
        configured_language,
        tuple(tags),
        configured_interval_s,
        _ROBOTS[robots],
        title,
        language,
        None if kind is None else FeedKind(kind),
        home_url,
        _STATES[state],
        *row[14:],
    )


_ORIGINS = {origin.value: origin for origin in FeedOrigin}
_ROBOTS = {rule.value: rule for rule in RobotsRule}
_STATES = {state.value: state for state in FeedState}
