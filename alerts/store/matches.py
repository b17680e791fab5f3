"""Rows between a revision and a digest: what waits to be matched, what matched, and what each alert has to tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from alerts.types import Copy, Event, Field, How, Item, Span
from news.store import schema as s
from news.store.sql import insert_or_ignore
from news.types import Arrival, SourceTime


@dataclass(frozen=True, slots=True)
class Carrier:
    """A feed that carries an article, or has carried it."""

    url: str
    #: as configured, or None
    name: str | None
    #: its own, or None
    title: str | None
    tags: tuple[str, ...]


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
class NewMatch:
    """A watchlist's query found in a revision, about to be stored."""

    watchlist_id: str
    story_id: int
    article_id: int
    revision_id: int
    spans: tuple[Span, ...]
    #: alerts.evaluate.Verdict
    verdict: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A match that an alert has yet to tell."""

    id: int
    alert_id: str
    watchlist_id: str
    story_id: int
    created_at: datetime
    urgent: bool
    urgent_told_at: datetime | None


def _pending_columns() -> Select[Any]:
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


_PENDING = _pending_columns().where(s.revision.c.evaluated_at.is_(None)).limit(bindparam("most"))
_STORED = (
    _pending_columns()
    .where(s.revision.c.id > bindparam("after"), s.article.c.first_seen_at >= bindparam("since"))
    .limit(bindparam("most"))
)


_carrying = (
    select(s.entry.c.article_id, s.entry.c.feed_id)
    .distinct()
    .where(s.entry.c.article_id.in_(bindparam("articles", expanding=True)))
    .subquery()
)
_CARRIERS = select(_carrying.c.article_id, s.feed.c.url, s.feed.c.name, s.feed.c.title, s.feed.c.tags).join(
    s.feed, s.feed.c.id == _carrying.c.feed_id
)


def _read(conn: Connection, statement: Select[Any], **parameters: object) -> list[Pending]:
    rows = list(conn.execute(statement, parameters))
    carriers: dict[int, list[Carrier]] = {}
    for row in conn.execute(_CARRIERS, {"articles": sorted({row.article_id for row in rows})}) if rows else ():
        carriers.setdefault(row.article_id, []).append(Carrier(row.url, row.name, row.title, tuple(row.tags)))
    return [_pending(row, tuple(carriers.get(row.article_id, ()))) for row in rows]


def _pending(row: Any, carriers: tuple[Carrier, ...]) -> Pending:
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
        carriers=carriers,
        published_latest=row.published_latest,
        first_seen_at=row.first_seen_at,
        story_first_seen_at=row.story_first_seen_at,
        arrival=Arrival(row.arrival),
    )


def pending(conn: Connection, *, most: int) -> list[Pending]:
    """Return revisions of known stories that wait for the watchlists, oldest first."""
    return _read(conn, _PENDING, most=most)


def stored(conn: Connection, *, after: int, since: datetime, most: int) -> list[Pending]:
    """Return stored revisions of articles first seen since an instant, past a revision's id, oldest first."""
    return _read(conn, _STORED, after=after, since=since, most=most)


_EVALUATED = update(s.revision).where(s.revision.c.id == bindparam("one")).values(evaluated_at=bindparam("at"))


def mark_evaluated(conn: Connection, revision_ids: Iterable[int], *, now: datetime) -> None:
    """Take revisions out of the queue."""
    rows = [{"one": one, "at": now} for one in revision_ids]
    if rows:
        conn.execute(_EVALUATED, rows)


_ADD_MATCH = {name: one.returning(s.match.c.id) for name, one in insert_or_ignore(s.match).items()}
_ADD_DUE = insert_or_ignore(s.due)


def add_match(conn: Connection, found: NewMatch, *, now: datetime) -> int | None:
    """Store a match; return its id, or None where the watchlist knows the story already."""
    row = {
        "watchlist_id": found.watchlist_id,
        "story_id": found.story_id,
        "event": Event.NEW.value,
        "article_id": found.article_id,
        "revision_id": found.revision_id,
        "spans": [pack_span(span) for span in found.spans],
        "verdict": found.verdict,
        "matched_at": now,
    }
    return conn.execute(_ADD_MATCH[conn.dialect.name], row).scalar()


def add_due(conn: Connection, match_id: int, alerts: Iterable[tuple[str, bool]], *, now: datetime) -> None:
    """Give alerts (id, urgent) a match to tell."""
    rows = [{"alert_id": alert, "match_id": match_id, "urgent": urgent, "created_at": now} for alert, urgent in alerts]
    if rows:
        conn.execute(_ADD_DUE[conn.dialect.name], rows)


def make_urgent(conn: Connection, watchlist_id: str, story_id: int, alert_ids: Sequence[str]) -> None:
    """Mark what is still to be told of a story as urgent: a later revision matched the urgent query."""
    conn.execute(
        update(s.due)
        .where(
            s.due.c.alert_id.in_(alert_ids),
            s.due.c.told_at.is_(None),
            s.due.c.match_id.in_(
                select(s.match.c.id).where(s.match.c.watchlist_id == watchlist_id, s.match.c.story_id == story_id)
            ),
        )
        .values(urgent=True)
    )


def open_due(conn: Connection) -> dict[str, list[OpenRow]]:
    """Return all that is yet to be told, by alert, oldest first."""
    d, m = s.due.c, s.match.c
    rows: dict[str, list[OpenRow]] = {}
    statement = (
        select(d.id, d.alert_id, m.watchlist_id, m.story_id, d.created_at, d.urgent, d.urgent_told_at)
        .join(s.match, m.id == d.match_id)
        .where(d.told_at.is_(None))
        .order_by(d.id)
    )
    for row in conn.execute(statement):
        rows.setdefault(row.alert_id, []).append(OpenRow(*row))
    return rows


def tell(conn: Connection, due_ids: Sequence[int], *, due_key: str, now: datetime, urgent: bool) -> None:
    """Note that a digest took these rows; an urgent message leaves them open for the next digest to list."""
    values: dict[str, object] = {"urgent_told_at": now} if urgent else {"told_at": now, "due_key": due_key}
    conn.execute(update(s.due).where(s.due.c.id.in_(due_ids), s.due.c.told_at.is_(None)).values(values))


def composed_since(conn: Connection, alert_id: str, since: datetime) -> list[datetime]:
    """Return when an alert's digests were composed since an instant, one each whatever its parts and recipients."""
    m = s.message.c
    statement = select(func.min(m.created_at)).where(m.alert_id == alert_id, m.created_at >= since).group_by(m.due_key)
    return list(conn.execute(statement).scalars())


def items(conn: Connection, due_ids: Sequence[int]) -> dict[int, tuple[str, Item]]:
    """Return what due rows tell, by their id, as (watchlist id, Item with all copies of its story)."""
    d, m, a, r = s.due.c, s.match.c, s.article.c, s.revision.c
    statement = (
        select(
            d.id,
            m.watchlist_id,
            m.story_id,
            m.spans,
            m.article_id,
            d.urgent,
            d.urgent_told_at,
            a.url,
            a.source,
            a.first_seen_at,
            r.title,
            r.text,
            r.summary,
            r.language,
            r.categories,
            r.published,
            r.published_at,
            r.published_latest,
        )
        .join(s.match, m.id == d.match_id)
        .join(s.article, a.id == m.article_id)
        .join(s.revision, r.id == m.revision_id)
        .where(d.id.in_(due_ids))
        .order_by(d.id)
    )
    rows = list(conn.execute(statement))
    copies = _copies(conn, {row.story_id for row in rows})
    return {
        row.id: (
            row.watchlist_id,
            Item(
                event=Event.NEW,
                story_id=row.story_id,
                title=row.title,
                url=row.url,
                source=row.source,
                language=row.language,
                published=source_time(row.published, row.published_at, row.published_latest),
                first_seen_at=row.first_seen_at,
                summary=row.summary,
                text=row.text,
                spans=tuple(unpack_span(span) for span in row.spans),
                watchlists=(),
                copies=tuple(copy for article, copy in copies[row.story_id] if article != row.article_id),
                urgent=row.urgent,
                already_sent=row.urgent_told_at is not None,
                categories=tuple(row.categories),
            ),
        )
        for row in rows
    }


def _copies(conn: Connection, story_ids: set[int]) -> dict[int, list[tuple[int, Copy]]]:
    found: dict[int, list[tuple[int, Copy]]] = {story: [] for story in story_ids}
    a = s.article.c
    statement = select(a.story_id, a.id, a.source, a.url).where(a.story_id.in_(story_ids)).order_by(a.id)
    for row in conn.execute(statement):
        found[row.story_id].append((row.id, Copy(row.source, row.url)))
    return found


def source_time(text: str | None, instant: datetime | None, latest: datetime | None) -> SourceTime | None:
    """Put a time together again from its three columns."""
    return SourceTime(text, instant, latest) if text is not None and latest is not None else None


def pack_span(span: Span) -> dict[str, str | int]:
    """Return a span as it is stored."""
    return {"field": span.field.value, "start": span.start, "end": span.end, "term": span.term, "how": span.how.value}


def unpack_span(stored: dict[str, Any]) -> Span:
    """Return a stored span."""
    return Span(Field(stored["field"]), stored["start"], stored["end"], stored["term"], How(stored["how"]))
