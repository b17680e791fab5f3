"""The wording of the articles that represent stories, as the stage that assigns keeps it between its rounds.

::

    round ──put_wordings(mark)──▶ wording rows ──newer(than a mark), in_window──▶ the index of a process
                                               ──wordings(of stories)──▶ what a newcomer is compared with

A row carries the fencing token of the round that wrote it. Rounds follow one another, for they hold one lease to their
commit: a process that has taken in all up to a mark lacks exactly what bears a greater one, whoever wrote it, and what
was rolled back bears none.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from news.store.schema import article, revision, wording
from news.store.sql import chunks, insert_or_update

#: rows fetched at a time
_FETCHED = 5_000


class Signed(NamedTuple):
    """What an index needs of a row."""

    article_id: int
    day: int
    #: news.minhash.Signature.to_bytes; None: it represents nothing any more
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Wording:
    """An article that represents a story, and what it says."""

    article_id: int
    story_id: int
    #: when a copy was last seen: days since 1970
    day: int
    published_at: datetime | None
    text_key: str
    signature: bytes
    #: of its first revision, and its site's host; empty once retention took them
    title: str = ""
    text: str = ""
    host: str = ""


def in_window(conn: Connection, day: int) -> Iterator[Signed]:
    """Yield the rows of a day and of those after it that represent something."""
    for rows in conn.execute(_IN_WINDOW, {"day": day}).partitions(_FETCHED):
        yield from (Signed(*row) for row in rows)


def newer(conn: Connection, mark: int) -> list[Signed]:
    """Return what was written by rounds after one."""
    return [Signed(*row) for row in conn.execute(_NEWER, {"mark": mark})]


def of_stories(conn: Connection, story_ids: Collection[int]) -> list[Wording]:
    """Return what represents these stories."""
    return _read(conn, _OF_STORIES, story_ids)


def beside(conn: Connection, article_ids: Collection[int]) -> list[Wording]:
    """Return what represents the stories that these articles represent."""
    return _read(conn, _BESIDE, article_ids)


def _read(conn: Connection, statement: Any, ids: Collection[int]) -> list[Wording]:
    rows = (row for part in chunks(list(ids)) for row in conn.execute(statement, {"ids": part}))
    return [
        Wording(
            article_id=row.article_id,
            story_id=row.story_id,
            day=row.day,
            published_at=row.published_at,
            text_key=row.text_key,
            signature=row.signature,
            title=row.title or "",
            text=row.text or "",
            host=row.host or "",
        )
        for row in rows
    ]


def put_wordings(conn: Connection, rows: Iterable[Wording], mark: int) -> None:
    """Keep what represents these stories from now on."""
    values = [
        {
            "article_id": one.article_id,
            "story_id": one.story_id,
            "day": one.day,
            "published_at": one.published_at,
            "text_key": one.text_key,
            "signature": one.signature,
            "mark": mark,
        }
        for one in rows
    ]
    if values:
        conn.execute(_PUT[conn.dialect.name], values)


def empty_wordings(conn: Connection, article_ids: Collection[int], mark: int) -> None:
    """Let articles represent nothing any more; the rows stay for other processes to see it."""
    for ids in chunks(list(article_ids)):
        conn.execute(_EMPTY, {"ids": ids, "by": mark})


def move_wordings(conn: Connection, story_id: int, to: int) -> None:
    """Give what represents a story to the one that it was joined to; an index knows articles and is as it was."""
    conn.execute(_MOVE, {"of": story_id, "to": to})


def drop_wordings(conn: Connection, before: int) -> int:
    """Forget what was last seen before a day."""
    return conn.execute(_DROP, {"before": before}).rowcount


def forget_wordings(conn: Connection, story_ids: Collection[int]) -> None:
    """Forget what represents stories that are forgotten; an index that still has one finds no row."""
    conn.execute(delete(wording).where(wording.c.story_id.in_(story_ids)))


_COLUMNS: tuple[Any, ...] = (wording.c.article_id, wording.c.day, wording.c.signature)
_IN_WINDOW = select(*_COLUMNS).where(wording.c.day >= bindparam("day"), wording.c.signature.is_not(None))
_NEWER = select(*_COLUMNS).where(wording.c.mark > bindparam("mark"))
_own = revision.alias("own")
_other = wording.alias("other")
_IDS: Any = bindparam("ids", expanding=True)
_FIRST = select(func.min(_own.c.number)).where(_own.c.article_id == wording.c.article_id).scalar_subquery()
_IS_FIRST = and_(revision.c.article_id == wording.c.article_id, revision.c.number == _FIRST)
_WHOLE = (
    select(
        wording.c.article_id,
        wording.c.story_id,
        wording.c.day,
        wording.c.published_at,
        wording.c.text_key,
        wording.c.signature,
        revision.c.title,
        revision.c.text,
        article.c.host,
    )
    # An article that is forgotten leaves its wording behind.
    .join_from(wording, revision, _IS_FIRST, isouter=True)
    .join(article, article.c.id == wording.c.article_id, isouter=True)
    .where(wording.c.signature.is_not(None))
)
_OF_STORIES = _WHOLE.where(wording.c.story_id.in_(_IDS))
_BESIDE = _WHOLE.where(wording.c.story_id.in_(select(_other.c.story_id).where(_other.c.article_id.in_(_IDS))))
_PUT = insert_or_update(wording, ("article_id",), ("story_id", "day", "published_at", "text_key", "signature", "mark"))
_EMPTY = update(wording).where(wording.c.article_id.in_(_IDS)).values(signature=None, mark=bindparam("by"))
_MOVE = update(wording).where(wording.c.story_id == bindparam("of")).values(story_id=bindparam("to"))
_DROP = delete(wording).where(wording.c.day < bindparam("before"))
