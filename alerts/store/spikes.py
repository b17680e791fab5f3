"""What a watchlist's stories are counted by, and the rows of its spikes.

::

    match (new, told) ──counted──▶ stories of the last hours, by an index alone: every minute
                      ──past─────▶ stories a quarter of an hour of four weeks, by the same index: seldom
                      ──window───▶ the newest stories, each with its times
    spike             ──running, ended──▶ begin, keep, end

Only stories that are told count: what was taken in silently (backlog, an edited query) is no part of a rhythm.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    update,
)

from alerts.store.spans import unpack_span
from alerts.types import Event, Span
from news.spikes import SLOT, Figures
from news.store import schema as s
from news.store.sql import chunks
from news.types import Arrival

#: stories of a window that are looked at one by one; the rest of a longer one counts as they do
MOST_STORIES = 3000
_HOUR_S = 3600
#: hours of events in which a watchlist gathered stories; four weeks of the busiest have fewer
_MOST_EVENT_HOURS = 200_000

_m = s.match.c
#: served by ``ix_match_counted`` alone
_COUNTS = and_(_m.event == Event.NEW.value, _m.verdict == "tell")


@dataclass(frozen=True, slots=True)
class Counted:
    """A story that counts, perhaps, with what says whether it does."""

    story_id: int
    article_id: int
    revision_id: int
    matched_at: datetime
    #: the latest instant that its source's time can mean, or None
    published_latest: datetime | None
    first_seen_at: datetime
    arrival: Arrival
    #: when its feed first answered; None before
    feed_since: datetime | None
    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Lead:
    """A story as a spike shows it."""

    story_id: int
    article_id: int
    revision_id: int
    title: str
    url: str | None
    source: str
    spans: tuple[Span, ...]
    #: how many articles it has
    articles: int


@dataclass(frozen=True, slots=True)
class SpikeRow:
    """A spike as it is stored."""

    id: int
    watchlist_id: str
    thread_id: int | None
    began_at: datetime
    last_at: datetime
    ended_at: datetime | None
    figures: Mapping[str, Any]

    @property
    def told(self) -> Figures:
        """What was told of it."""
        return Figures.unpack(self.figures)


def counted(
    conn: Connection, watchlist_ids: Collection[str], hours: Sequence[int], now: datetime
) -> dict[str, dict[int, int]]:
    """Return how many stories each watchlist has in windows of these hours that end now; none where it has none."""
    sums = [func.sum(case((_m.matched_at > now - timedelta(hours=one), 1), else_=0)) for one in hours]
    since = now - timedelta(hours=max(hours))
    statement = (
        select(_m.watchlist_id, *sums)
        .where(_m.watchlist_id.in_(bindparam("lists", expanding=True)), _COUNTS, _m.matched_at > since)
        .group_by(_m.watchlist_id)
    )
    found: dict[str, dict[int, int]] = {}
    for part in chunks(sorted(watchlist_ids)):
        for name, *counts in conn.execute(statement, {"lists": part}):
            found[name] = {one: int(count) for one, count in zip(hours, counts, strict=True)}
    return found


def _seconds(conn: Connection, column: Any) -> ColumnElement[int]:
    """Return an instant's seconds since 1970, whole."""
    if conn.dialect.name == "sqlite":
        return cast(func.strftime("%s", column), BigInteger)
    return cast(func.floor(func.extract("epoch", column)), BigInteger)


def past(conn: Connection, watchlist_id: str, since: datetime) -> dict[int, int]:
    """Return a watchlist's stories since an instant by the quarter of an hour, as ``news.spikes.slot_of`` counts."""
    slot = (_seconds(conn, _m.matched_at) // int(SLOT.total_seconds())).label("slot")
    statement = (
        select(slot, func.count()).where(_m.watchlist_id == watchlist_id, _COUNTS, _m.matched_at > since).group_by(slot)
    )
    return {int(row[0]): int(row[1]) for row in conn.execute(statement)}


_WINDOW = (
    select(
        _m.story_id,
        _m.article_id,
        _m.revision_id,
        _m.matched_at,
        s.article.c.published_latest,
        s.article.c.first_seen_at,
        s.article.c.arrival,
        s.feed.c.first_success_at,
        s.story.c.thread_id,
    )
    .join(s.article, s.article.c.id == _m.article_id)
    .join(s.feed, s.feed.c.id == s.article.c.feed_id)
    .join(s.story, s.story.c.id == _m.story_id)
    .where(_m.watchlist_id == bindparam("of"), _COUNTS, _m.matched_at > bindparam("since"))
    .order_by(_m.matched_at.desc(), _m.id.desc())
    .limit(MOST_STORIES)
)


def window(conn: Connection, watchlist_id: str, since: datetime) -> list[Counted]:
    """Return the newest stories that a watchlist found since an instant, newest first, at most ``MOST_STORIES``."""
    rows = conn.execute(_WINDOW, {"of": watchlist_id, "since": since})
    return [Counted(*row[:6], Arrival(row.arrival), *row[7:]) for row in rows]


_copy = s.article.alias("copy")
_LEADS = (
    select(
        _m.story_id,
        _m.article_id,
        _m.revision_id,
        s.revision.c.title,
        s.article.c.url,
        s.article.c.source,
        _m.spans,
        select(func.count()).where(_copy.c.story_id == _m.story_id).scalar_subquery().label("articles"),
    )
    .join(s.article, s.article.c.id == _m.article_id)
    .join(s.revision, s.revision.c.id == _m.revision_id)
    .where(_m.watchlist_id == bindparam("of"), _COUNTS, _m.story_id.in_(bindparam("stories", expanding=True)))
)


def leads(conn: Connection, watchlist_id: str, story_ids: Sequence[int]) -> list[Lead]:
    """Return what a watchlist shows of these stories, in their order; at most as many as a statement may name."""
    rows = {row.story_id: row for row in conn.execute(_LEADS, {"of": watchlist_id, "stories": list(story_ids)})}
    return [
        Lead(*row[:6], tuple(unpack_span(span) for span in row.spans), row.articles)
        for row in (rows[one] for one in story_ids if one in rows)
    ]


def any_threads(conn: Connection) -> bool:
    """Whether stories are put into threads at all."""
    return conn.execute(select(s.thread.c.id).limit(1)).first() is not None


def events(conn: Connection, watchlist_id: str, since: datetime) -> dict[int, dict[int, int]]:
    """Return how many stories each thread gathered since an instant, by the hour since 1970."""
    hour = (_seconds(conn, _m.matched_at) // _HOUR_S).label("hour")
    statement = (
        select(s.story.c.thread_id, hour, func.count())
        .join(s.story, s.story.c.id == _m.story_id)
        .where(_m.watchlist_id == watchlist_id, _COUNTS, _m.matched_at > since, s.story.c.thread_id.is_not(None))
        .group_by(s.story.c.thread_id, hour)
        .limit(_MOST_EVENT_HOURS)
    )
    found: dict[int, dict[int, int]] = {}
    for thread_id, at, count in conn.execute(statement):
        found.setdefault(int(thread_id), {})[int(at)] = int(count)
    return found


_SPIKES = select(s.spike).order_by(s.spike.c.id)


def running(conn: Connection, watchlist_ids: Collection[str] | None = None) -> list[SpikeRow]:
    """Return the spikes that last, oldest first: all, or those of these watchlists."""
    statement = _SPIKES.where(s.spike.c.ended_at.is_(None))
    if watchlist_ids is None:
        return [SpikeRow(*row) for row in conn.execute(statement)]
    named = statement.where(s.spike.c.watchlist_id.in_(bindparam("lists", expanding=True)))
    return [SpikeRow(*row) for part in chunks(sorted(watchlist_ids)) for row in conn.execute(named, {"lists": part})]


def last_ends(conn: Connection, since: datetime) -> dict[tuple[str, int | None], datetime]:
    """Return when the last spike of each watchlist, and of each of its threads, ended since an instant."""
    of = s.spike.c
    statement = (
        select(of.watchlist_id, of.thread_id, func.max(of.ended_at, type_=of.ended_at.type))
        .where(of.ended_at > since)
        .group_by(of.watchlist_id, of.thread_id)
    )
    return {(name, thread_id): ended for name, thread_id, ended in conn.execute(statement)}


def begin(
    conn: Connection,
    watchlist_id: str,
    thread_id: int | None,
    figures: Mapping[str, Any],
    *,
    began: datetime,
    now: datetime,
) -> int:
    """Store a spike that was seen now and return its id."""
    row = {
        "watchlist_id": watchlist_id,
        "thread_id": thread_id,
        "began_at": began,
        "last_at": now,
        "figures": dict(figures),
    }
    return int(conn.execute(insert(s.spike).returning(s.spike.c.id), row).scalar_one())


def keep(conn: Connection, spike_ids: Collection[int], *, now: datetime) -> None:
    """Note that these spikes last."""
    if spike_ids:
        conn.execute(update(s.spike).where(s.spike.c.id.in_(spike_ids)).values(last_at=now))


def end(conn: Connection, spike_ids: Collection[int], *, now: datetime) -> None:
    """Note that these spikes are over."""
    if spike_ids:
        conn.execute(
            update(s.spike).where(s.spike.c.id.in_(spike_ids), s.spike.c.ended_at.is_(None)).values(ended_at=now)
        )


def of_stories(conn: Connection, story_ids: Collection[int]) -> dict[int, list[SpikeRow]]:
    """Return the spikes that these stories were told to lead, by story."""
    joined = select(_m.story_id, s.spike).join(s.spike, cast(s.spike.c.id, Text) == _m.occasion)
    named = joined.where(_m.event == Event.SPIKE.value, _m.story_id.in_(bindparam("stories", expanding=True)))
    found: dict[int, list[SpikeRow]] = {}
    for part in chunks(sorted(story_ids)):
        for story_id, *row in conn.execute(named.order_by(s.spike.c.id), {"stories": part}):
            found.setdefault(story_id, []).append(SpikeRow(*row))
    return found
