"""Articles on their way to a story: a queue whose rows wait in ``article.story_id IS NULL``.

::

    unassigned ──▶ news.stories.assign (pure, with known_texts, wordings, headlines)
                                          └──▶ assign_stories, put_texts, join_stories

Worked by one holder of a named lease at a time, so that two copies that arrive at once make one story.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update

from news.store import threads
from news.store.article_rows import source_time
from news.store.headlines import move_headlines
from news.store.joins import join_matches
from news.store.schema import Instant, article, revision, story, story_text
from news.store.sql import chunks, insert_or_update
from news.store.wordings import move_wordings
from news.types import Arrival, SourceTime, StoryReason


@dataclass(frozen=True, slots=True)
class UnassignedArticle:
    """An article without a story, with the text of its first revision."""

    id: int
    identity: str
    feed_id: int
    source: str
    host: str
    language: str | None
    published: SourceTime | None
    first_seen_at: datetime
    arrival: Arrival
    title: str
    text: str


class Assigned(NamedTuple):
    """An article's story, and why."""

    article_id: int
    story_id: int
    reason: StoryReason
    #: how alike it is to the article that it was compared with, 0 to 1; None where it was compared with none
    score: float | None = None
    #: that article
    copy_of: int | None = None


class TextStory(NamedTuple):
    """Whose a text is."""

    story_id: int
    #: the first article with it; None where that is not known
    article_id: int | None = None
    #: when that was published, else first seen, which feed had it, and its first title; None where that is not known
    at: datetime | None = None
    feed_id: int | None = None
    title: str | None = None


def unassigned(conn: Connection, limit: int) -> list[UnassignedArticle]:
    """Return articles that wait for a story, in the order of their arrival."""
    return [
        UnassignedArticle(
            id=row.id,
            identity=row.identity,
            feed_id=row.feed_id,
            source=row.source,
            host=row.host,
            language=row.language,
            published=source_time(row.published, row.published_at, row.published_latest),
            first_seen_at=row.first_seen_at,
            arrival=Arrival(row.arrival),
            title=row.title,
            text=row.text,
        )
        for row in conn.execute(_UNASSIGNED, {"most": limit})
    ]


def create_stories(conn: Connection, first_seen: Sequence[datetime]) -> list[int]:
    """Make a story for each of these instants and return their ids in the same order."""
    if not first_seen:
        return []
    made = conn.execute(_CREATE, [{"first_seen_at": instant} for instant in first_seen])
    # SQLite takes all in one statement only where their order need not be kept; those of one instant are alike.
    by_instant: dict[datetime, list[int]] = {}
    for story_id, instant in sorted((tuple(row) for row in made), reverse=True):
        by_instant.setdefault(instant, []).append(story_id)
    return [by_instant[instant].pop() for instant in first_seen]


def assign_story(
    conn: Connection, article_id: int, *, story_id: int | None, reason: StoryReason, first_seen_at: datetime
) -> int:
    """Put an article into a story, or into one of its own (None), and return the story's id."""
    if story_id is None:
        (story_id,) = create_stories(conn, [first_seen_at])
    assign_stories(conn, [Assigned(article_id, story_id, reason)])
    return story_id


def assign_stories(conn: Connection, assigned: Sequence[Assigned]) -> None:
    """Put articles into stories."""
    if assigned:
        rows = [
            {
                "of": one.article_id,
                "story_id": one.story_id,
                "story_reason": one.reason.value,
                "story_score": one.score,
                "copy_of": one.copy_of,
            }
            for one in assigned
        ]
        conn.execute(_ASSIGN, rows)


def text_story(conn: Connection, key: str) -> int | None:
    """Return the story of a text, by ``news.stories.text_key``."""
    found = known_texts(conn, [key]).get(key)
    return None if found is None else found.story_id


def known_texts(conn: Connection, keys: Sequence[str]) -> dict[str, TextStory]:
    """Return whose those of these texts are that are known."""
    found: dict[str, TextStory] = {}
    for part in chunks(keys):
        found.update((key, TextStory(*of)) for key, *of in conn.execute(_TEXTS, {"keys": part}))
    return found


def put_text(conn: Connection, key: str, story_id: int, now: datetime) -> None:
    """Keep whose a text is; of a text that is known only the last sight moves."""
    put_texts(conn, {key: TextStory(story_id)}, now)


def put_texts(conn: Connection, stories_by_key: Mapping[str, TextStory], now: datetime) -> None:
    """Keep whose these texts are; of those that are known only the last sight moves."""
    if stories_by_key:
        rows = [
            {"key": key, "story_id": of.story_id, "article_id": of.article_id, "seen_at": now}
            for key, of in stories_by_key.items()
        ]
        conn.execute(_PUT_TEXT[conn.dialect.name], rows)


def forget_texts(conn: Connection, keys: Sequence[str]) -> None:
    """Forget whose these texts are."""
    for part in chunks(keys):
        conn.execute(_FORGET_TEXTS, {"keys": part})


def drop_texts(conn: Connection, before: datetime) -> int:
    """Forget texts last seen before an instant: the window in which copies are recognised."""
    return conn.execute(_DROP_TEXTS, {"before": before}).rowcount


def join_stories(conn: Connection, older: int, younger: int) -> int:
    """Make two stories one, as an article showed them to be, and return the id that stays: the older.

    The articles, texts and matches of the younger become the older's; a watchlist that was told of either counts as
    told. Nobody is told of the join. Ids given in the wrong order are put right.
    """
    older, younger = min(older, younger), max(older, younger)
    if older == younger:
        return older
    ids: dict[str, Any] = {"older": older, "younger": younger}
    join_matches(conn, older, younger)
    threads.join_stories(conn, older, younger)
    conn.execute(_MOVE_ARTICLES, ids)
    conn.execute(_MOVE_TEXTS, ids)
    move_headlines(conn, younger, older)
    move_wordings(conn, younger, older)
    conn.execute(_AGE, ids)
    conn.execute(_POINT, ids)
    return older


_first = revision.alias("first")
_is_first = and_(
    revision.c.article_id == article.c.id,
    revision.c.number == select(func.min(_first.c.number)).where(_first.c.article_id == article.c.id).scalar_subquery(),
)
_UNASSIGNED = (
    select(
        article.c.id,
        article.c.identity,
        article.c.feed_id,
        article.c.source,
        article.c.host,
        article.c.language,
        article.c.published,
        article.c.published_at,
        article.c.published_latest,
        article.c.first_seen_at,
        article.c.arrival,
        revision.c.title,
        revision.c.text,
    )
    .join_from(
        article,
        revision,
        _is_first,
    )
    .where(article.c.story_id.is_(None))
    .order_by(article.c.id)
    .limit(bindparam("most"))
)
_CREATE = insert(story).returning(story.c.id, story.c.first_seen_at)
_ASSIGN = update(article).where(article.c.id == bindparam("of"))
_TEXTS = (
    select(
        story_text.c.key,
        story_text.c.story_id,
        story_text.c.article_id,
        func.coalesce(article.c.published_at, article.c.published_latest, article.c.first_seen_at, type_=Instant),
        article.c.feed_id,
        revision.c.title,
    )
    .join_from(story_text, article, article.c.id == story_text.c.article_id, isouter=True)
    .join(revision, _is_first, isouter=True)
    .where(story_text.c.key.in_(bindparam("keys", expanding=True)))
)
_PUT_TEXT = insert_or_update(story_text, ("key",), ("seen_at",))
_FORGET_TEXTS = delete(story_text).where(story_text.c.key.in_(bindparam("keys", expanding=True)))
_DROP_TEXTS = delete(story_text).where(story_text.c.seen_at < bindparam("before", type_=Instant))
_MOVE_ARTICLES = update(article).where(article.c.story_id == bindparam("younger")).values(story_id=bindparam("older"))
_MOVE_TEXTS = (
    update(story_text).where(story_text.c.story_id == bindparam("younger")).values(story_id=bindparam("older"))
)
_other = story.alias("other")
_younger_seen = select(_other.c.first_seen_at).where(_other.c.id == bindparam("younger")).scalar_subquery()
_AGE = (
    update(story)
    .where(story.c.id == bindparam("older"))
    .values(first_seen_at=case((story.c.first_seen_at < _younger_seen, story.c.first_seen_at), else_=_younger_seen))
)
# Stories that had joined the younger follow it, so that an old id is one step from the present one.
_POINT = (
    update(story)
    .where((story.c.id == bindparam("younger")) | (story.c.joined_into == bindparam("younger")))
    .values(joined_into=bindparam("older"))
)
