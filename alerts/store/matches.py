"""Rows between a revision and a digest: what waits to be matched, what matched, and what each alert has to tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, not_, or_, select, update

from alerts.store.spans import packed
from alerts.types import Event, Span
from news.store import schema as s
from news.store.sql import chunks, insert_or_ignore
from news.types import Arrival


class Key(NamedTuple):
    """What a match is unique by."""

    watchlist_id: str
    story_id: int
    event: Event = Event.NEW
    #: which of several of one event and story: of copies the article's id, of a spike the spike's; empty for new
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A feed that carries an article, or has carried it."""

    url: str
    #: as configured, or None
    name: str | None
    #: its own, or None
    title: str | None
    tags: tuple[str, ...]
    #: when it first brought the article
    first_seen_at: datetime
    #: whether that was with its first successful poll
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Pending:
    """A revision with all that watchlists ask of it."""

    revision_id: int
    article_id: int
    story_id: int
    title: str
    text: str
    language: str | None
    #: of the article: the feed's name, the host, and the address that can be opened
    source: str
    host: str
    url: str | None
    #: every feed that carries the article
    carriers: tuple[Carrier, ...]
    #: the latest instant the source's time can mean, or None
    published_latest: datetime | None
    first_seen_at: datetime
    story_first_seen_at: datetime
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class KnownMatch:
    """What a watchlist has matched of a story before."""

    id: int
    #: alerts.verdicts.Verdict
    verdict: str
    #: its article came without a time, with the first poll of a new feed: how old it was nobody could say
    undated: bool
    #: an alert has yet to tell of it
    open: bool


@dataclass(frozen=True, slots=True)
class NewDue:
    """A match that an alert has to tell, about to be stored."""

    alert_id: str
    match_id: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class NewMatch:
    """What a watchlist is to be told, or to know without being told, about to be stored."""

    watchlist_id: str
    story_id: int
    article_id: int
    revision_id: int
    spans: tuple[Span, ...]
    #: alerts.verdicts.Verdict
    verdict: str
    event: Event = Event.NEW
    #: as in Key
    occasion: str = ""
    #: what a spike is told with, as JSON; None for other events
    figures: Mapping[str, Any] | None = None


def pending_columns() -> Select[Any]:
    """Return the columns of ``pending_of``, of revisions whose article has its story, oldest first."""
    r, a = s.revision.c, s.article.c
    return (
        select(
            r.id,
            r.article_id,
            a.story_id,
            r.title,
            r.text,
            r.language,
            a.source,
            a.host,
            a.url,
            a.published_latest,
            a.first_seen_at,
            s.story.c.first_seen_at.label("story_first_seen_at"),
            a.arrival,
        )
        .join(s.article, a.id == r.article_id)
        .join(s.story, s.story.c.id == a.story_id)
        .order_by(r.id)
    )


_PENDING = pending_columns().where(s.revision.c.evaluated_at.is_(None)).limit(bindparam("most"))
_EVALUATED = (
    pending_columns()
    .where(
        s.revision.c.id > bindparam("after"),
        s.revision.c.evaluated_at.is_not(None),
        s.article.c.first_seen_at >= bindparam("since"),
    )
    .limit(bindparam("most"))
)
_OF_ARTICLE = pending_columns().where(s.revision.c.article_id == bindparam("of"))


_CARRIERS = (
    select(
        s.entry.c.article_id,
        s.feed.c.url,
        s.feed.c.name,
        s.feed.c.title,
        s.feed.c.tags,
        s.feed.c.first_success_at,
        func.min(s.entry.c.first_seen_at).label("since"),
    )
    .join(s.feed, s.feed.c.id == s.entry.c.feed_id)
    .where(s.entry.c.article_id.in_(bindparam("articles", expanding=True)))
    .group_by(s.entry.c.article_id, s.feed.c.id)
    .order_by(s.entry.c.article_id, s.feed.c.id)
)


def _read(conn: Connection, statement: Select[Any], **parameters: object) -> list[Pending]:
    rows = list(conn.execute(statement, parameters))
    carried = carriers(conn, {row.article_id for row in rows})
    return [pending_of(row, carried.get(row.article_id, ())) for row in rows]


def carriers(conn: Connection, article_ids: Collection[int]) -> dict[int, list[Carrier]]:
    """Return the feeds that carry each of these articles, or have carried it."""
    found: dict[int, list[Carrier]] = {}
    for part in chunks(sorted(article_ids)):
        for row in conn.execute(_CARRIERS, {"articles": part}):
            # What a feed brings with its first successful poll is stored with that poll.
            first = row.first_success_at is None or row.since <= row.first_success_at
            arrival = Arrival.FIRST_POLL if first else Arrival.LATER
            one = Carrier(row.url, row.name, row.title, tuple(row.tags), row.since, arrival)
            found.setdefault(row.article_id, []).append(one)
    return found


def pending_of(row: Any, carried: Sequence[Carrier]) -> Pending:
    """Return a row of ``pending_columns`` with the feeds that carry its article."""
    return Pending(
        revision_id=row.id,
        article_id=row.article_id,
        story_id=row.story_id,
        title=row.title,
        text=row.text,
        language=row.language,
        source=row.source,
        host=row.host,
        url=row.url,
        carriers=tuple(carried),
        published_latest=row.published_latest,
        first_seen_at=row.first_seen_at,
        story_first_seen_at=row.story_first_seen_at,
        arrival=Arrival(row.arrival),
    )


def of_article(conn: Connection, article_id: int) -> list[Pending]:
    """Return the revisions of an article of a known story, evaluated or not, oldest first."""
    return _read(conn, _OF_ARTICLE, of=article_id)


def pending(conn: Connection, *, most: int) -> list[Pending]:
    """Return revisions of known stories that wait for the watchlists, oldest first."""
    return _read(conn, _PENDING, most=most)


def evaluated(conn: Connection, *, after: int, since: datetime, most: int) -> list[Pending]:
    """Return evaluated revisions of articles first seen since an instant, past a revision's id, oldest first."""
    return _read(conn, _EVALUATED, after=after, since=since, most=most)


_KNOWN = (
    select(
        s.match.c.id,
        s.match.c.watchlist_id,
        s.match.c.story_id,
        s.match.c.verdict,
        and_(s.article.c.arrival == Arrival.FIRST_POLL.value, s.article.c.published_latest.is_(None)).label("undated"),
        exists().where(s.due.c.match_id == s.match.c.id, s.due.c.told_at.is_(None)).label("open"),
    )
    .join(s.article, s.article.c.id == s.match.c.article_id)
    .where(s.match.c.story_id.in_(bindparam("stories", expanding=True)), s.match.c.event == Event.NEW.value)
)
_ADD_MATCH = {
    name: one.returning(*(s.match.c[column] for column in ("id", "watchlist_id", "story_id", "event", "occasion")))
    for name, one in insert_or_ignore(s.match).items()
}
_MOVE = update(s.match).where(s.match.c.id == bindparam("of"))
#: no alert was told of it, or is to be told at once for the words it leads with
_UNTOLD = not_(
    exists().where(s.due.c.match_id == s.match.c.id, or_(s.due.c.told_at.is_not(None), s.due.c.urgent.is_(True)))
)
_RENEW = _MOVE.where(
    s.match.c.article_id == bindparam("article"), s.match.c.revision_id < bindparam("revision"), _UNTOLD
)
_ADD_DUE = insert_or_ignore(s.due)
_MAKE_URGENT = (
    update(s.due)
    .where(
        s.due.c.match_id == bindparam("of"),
        s.due.c.alert_id.in_(bindparam("alerts", expanding=True)),
        s.due.c.told_at.is_(None),
        s.due.c.urgent.is_(False),
    )
    .values(urgent=True)
)


def known(conn: Connection, story_ids: Collection[int]) -> dict[Key, KnownMatch]:
    """Return which of these stories the watchlists know as new, told or not."""
    found: dict[Key, KnownMatch] = {}
    for part in chunks(sorted(story_ids)):
        for row in conn.execute(_KNOWN, {"stories": part}):
            found[Key(row.watchlist_id, row.story_id)] = KnownMatch(
                row.id, row.verdict, bool(row.undated), bool(row.open)
            )
    return found


def add_matches(conn: Connection, found: Sequence[NewMatch], *, now: datetime) -> dict[Key, int]:
    """Store matches; return the ids of those that are new. What a watchlist knows of a story already stays."""
    if not found:
        return {}
    rows = [
        {
            **_placed(one),
            "matched_at": now,
            "event": one.event.value,
            "occasion": one.occasion,
            "figures": None if one.figures is None else dict(one.figures),
        }
        for one in found
    ]
    added = conn.execute(_ADD_MATCH[conn.dialect.name], rows)
    return {Key(row.watchlist_id, row.story_id, Event(row.event), row.occasion): row.id for row in added}


def move_match(conn: Connection, match_id: int, to: NewMatch) -> None:
    """Let a match lead with another revision, and have another verdict."""
    conn.execute(_MOVE, {"of": match_id, **_placed(to)})


def renew_match(conn: Connection, match_id: int, to: NewMatch) -> None:
    """Let a match that nobody was told of lead with a later revision of its article; its verdict stays."""
    placed = {"revision_id": to.revision_id, "spans": packed(to.spans)}
    conn.execute(_RENEW, {"of": match_id, "article": to.article_id, "revision": to.revision_id, **placed})


def add_dues(conn: Connection, dues: Iterable[NewDue], *, now: datetime) -> None:
    """Give alerts matches to tell; what an alert has already stays as it is."""
    rows = [
        {"alert_id": one.alert_id, "match_id": one.match_id, "urgent": one.urgent, "created_at": now} for one in dues
    ]
    if rows:
        conn.execute(_ADD_DUE[conn.dialect.name], rows)


def make_urgent(conn: Connection, match_id: int, alert_ids: Collection[str]) -> int:
    """Make urgent what these alerts have yet to tell of a match; return how many had, and were not urgent before."""
    return conn.execute(_MAKE_URGENT, {"of": match_id, "alerts": sorted(alert_ids)}).rowcount


def _placed(found: NewMatch) -> dict[str, Any]:
    return {
        "watchlist_id": found.watchlist_id,
        "story_id": found.story_id,
        "article_id": found.article_id,
        "revision_id": found.revision_id,
        "spans": packed(found.spans),
        "verdict": found.verdict,
    }
