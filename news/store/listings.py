"""Stories as commands and pages list them: newest first, with their copies, revisions and watchlists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, not_, or_, select

from news.store import threads
from news.store.article_rows import (
    ARTICLE_COLUMNS,
    ARTICLE_WIDTH,
    REVISION_COLUMNS,
    REVISION_WIDTH,
    article_of,
    revision_of,
)
from news.store.memberships import Membership, memberships
from news.store.schema import article, match, revision, watchlist
from news.store.schema import story as story_table
from news.store.sql import bounded, chunks
from news.store.threads import ThreadStory
from news.types import Article, Revision, SourceTime

#: other stories of a story's thread that are listed
_MOST_OTHERS = 50


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story in a listing; it is shown by its first article that still has a text."""

    id: int
    title: str
    url: str | None
    source: str
    language: str | None
    published: SourceTime | None
    first_seen_at: datetime
    #: the text of the article that is shown
    text: str
    #: the other articles: (source, address)
    copies: tuple[tuple[str, str | None], ...]
    #: names of the watchlists that it matched
    watchlists: tuple[str, ...]
    #: how many revisions its articles have in all
    revisions: int
    #: each article with its latest revision, in the order of their arrival
    articles: tuple[tuple[Article, Revision], ...]
    #: name of the agency that the text is credited to, by the first of the articles that says so
    agency: str | None = None
    #: the event that it is about, or None
    thread_id: int | None = None
    #: why each of the articles belongs to it, by article
    memberships: Mapping[int, Membership] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoryMatch:
    """Why a watchlist matched a story."""

    watchlist_id: str
    watchlist: str
    event: str
    verdict: str
    matched_at: datetime
    article_id: int
    revision_id: int
    #: as stored: [{field, start, end, term, how}]
    spans: tuple[dict[str, Any], ...]
    #: what a spike was told with; None for other events
    figures: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """One story with everything that is stored of it."""

    row: StoryRow
    #: every article with all its revisions, oldest first
    articles: tuple[tuple[Article, tuple[Revision, ...]], ...]
    matches: tuple[StoryMatch, ...]
    #: how likely it belongs to its thread, and what spoke for it, or why it has none; None where it began the thread
    thread_score: float | None
    thread_reason: str | None
    #: the newest other stories of its thread, newest first
    thread_stories: tuple[ThreadStory, ...]


def stories(
    conn: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    watchlist_key: str | None = None,
    thread_id: int | None = None,
    before: StoryRow | None = None,
    limit: int = 200,
) -> list[StoryRow]:
    """Return stories first seen in [since, until), newest first; the next page comes ``before`` the last row.

    ``watchlist_key`` is a watchlist's id or name. Stories whose texts retention took are left out, those that
    joined another are in that one. ``thread_id`` may be that of a thread that joined another.
    """
    statement = _STORIES.limit(limit)
    if thread_id is not None:
        now = threads.present(conn, [thread_id])
        statement = statement.where(story_table.c.thread_id == now.get(thread_id, thread_id))
    if since is not None:
        statement = statement.where(story_table.c.first_seen_at >= since)
    if until is not None:
        statement = statement.where(story_table.c.first_seen_at < until)
    if before is not None:
        at, of = before.first_seen_at, before.id
        seen = story_table.c.first_seen_at
        statement = statement.where(or_(seen < at, and_(seen == at, story_table.c.id < of)))
    if watchlist_key is not None:
        named = or_(watchlist.c.id == watchlist_key, watchlist.c.name == watchlist_key)
        statement = statement.where(
            exists().where(match.c.story_id == story_table.c.id, match.c.watchlist_id == watchlist.c.id, named)
        )
    return _rows(conn, statement)


def story(conn: Connection, key: int | str) -> StoryDetail | None:
    """Return one story by its id (of a joined story too), or by an article's identity or address.

    A story whose texts retention took is returned with empty ones.
    """
    story_id = _find(conn, key)
    if story_id is None:
        return None
    rows = _rows(conn, _HEADS.where(story_table.c.id == story_id))
    if not rows:
        return None
    articles: dict[int, tuple[Article, list[Revision]]] = {}
    for row in conn.execute(_ALL_REVISIONS, {"ids": [story_id]}):
        one = article_of(row)
        articles.setdefault(one.id, (one, []))[1].append(revision_of(row, ARTICLE_WIDTH))
    thread_id, score, reason = threads.place_of(conn, story_id)
    others = () if thread_id is None else threads.stories_of(conn, thread_id, most=_MOST_OTHERS + 1)
    return StoryDetail(
        row=rows[0],
        articles=tuple((one, tuple(revisions)) for one, revisions in articles.values()),
        matches=tuple(_match(row) for row in conn.execute(_MATCHES, {"ids": [story_id]})),
        thread_score=score,
        thread_reason=reason,
        thread_stories=tuple(one for one in others if one.id != story_id)[:_MOST_OTHERS],
    )


def _find(conn: Connection, key: int | str) -> int | None:
    if isinstance(key, str):
        found = conn.execute(_BY_IDENTITY, {"key": bounded(key)}).scalar()
        return conn.execute(_BY_ADDRESS, {"key": key}).scalar() if found is None else found
    row = conn.execute(_BY_ID, {"key": key}).first()
    return None if row is None else row.joined_into or row.id


def _rows(conn: Connection, statement: Select[Any]) -> list[StoryRow]:
    heads = {row.id: row for row in conn.execute(statement)}
    articles: dict[int, list[tuple[Article, Revision, int]]] = {}
    names: dict[int, list[str]] = {}
    for ids in chunks(list(heads)):
        for row in conn.execute(_LATEST_REVISIONS, {"ids": ids}):
            one = article_of(row)
            latest = revision_of(row, ARTICLE_WIDTH)
            articles.setdefault(one.story_id or 0, []).append((one, latest, row[ARTICLE_WIDTH + REVISION_WIDTH]))
        for row in conn.execute(_MATCHES, {"ids": ids}):
            of = names.setdefault(row.story_id, [])
            if row.name not in of:
                of.append(row.name)
    why = memberships(conn, [one.id for listed in articles.values() for one, _, _ in listed])
    return [_row(head, articles[of], names.get(of, ()), why) for of, head in heads.items() if of in articles]


def _row(
    head: Any,
    articles: Sequence[tuple[Article, Revision, int]],
    names: Sequence[str],
    why: Mapping[int, Membership],
) -> StoryRow:
    lead, latest, _ = articles[0]
    return StoryRow(
        id=head.id,
        title=latest.title,
        url=lead.url,
        source=lead.source,
        language=latest.language or lead.language,
        published=lead.published,
        first_seen_at=head.first_seen_at,
        text=latest.text,
        copies=tuple((one.source, one.url) for one, _, _ in articles[1:]),
        watchlists=tuple(names),
        revisions=sum(count for _, _, count in articles),
        articles=tuple((one, revision_) for one, revision_, _ in articles),
        agency=next((one.agency for one, _, _ in articles if one.agency), None),
        thread_id=head.thread_id,
        memberships={one.id: why[one.id] for one, _, _ in articles if one.id in why},
    )


def _match(row: Any) -> StoryMatch:
    return StoryMatch(
        watchlist_id=row.watchlist_id,
        watchlist=row.name,
        event=row.event,
        verdict=row.verdict,
        matched_at=row.matched_at,
        article_id=row.article_id,
        revision_id=row.revision_id,
        spans=tuple(row.spans),
        figures=row.figures,
    )


_own = revision.alias("own")
_NEWEST = select(func.max(_own.c.number)).where(_own.c.article_id == article.c.id).scalar_subquery()
_COUNT = select(func.count()).select_from(_own).where(_own.c.article_id == article.c.id).scalar_subquery()
_OF_STORY = and_(article.c.id == revision.c.article_id, article.c.story_id.in_(bindparam("ids", expanding=True)))
#: retention leaves an empty revision behind; what still has words is shown first
_EMPTIED = and_(revision.c.title == "", revision.c.text == "")
_LATEST_REVISIONS = (
    select(*ARTICLE_COLUMNS, *REVISION_COLUMNS, _COUNT.label("revisions"))
    .where(_OF_STORY, revision.c.number == _NEWEST)
    .order_by(case((_EMPTIED, 1), else_=0), article.c.id)
)
_ALL_REVISIONS = select(*ARTICLE_COLUMNS, *REVISION_COLUMNS).where(_OF_STORY).order_by(article.c.id, revision.c.number)
_MATCHES = (
    select(match, watchlist.c.name)
    .join_from(match, watchlist, watchlist.c.id == match.c.watchlist_id)
    .where(match.c.story_id.in_(bindparam("ids", expanding=True)))
    .order_by(match.c.id)
)
_HEADS = select(story_table.c.id, story_table.c.first_seen_at, story_table.c.thread_id)
_STORIES = _HEADS.where(
    story_table.c.joined_into.is_(None),
    exists().where(article.c.story_id == story_table.c.id, revision.c.article_id == article.c.id, not_(_EMPTIED)),
).order_by(story_table.c.first_seen_at.desc(), story_table.c.id.desc())
_BY_ID = select(story_table.c.id, story_table.c.joined_into).where(story_table.c.id == bindparam("key"))
_BY_IDENTITY = select(article.c.story_id).where(article.c.identity == bindparam("key"))
_BY_ADDRESS = select(article.c.story_id).where(article.c.url == bindparam("key")).limit(1)
