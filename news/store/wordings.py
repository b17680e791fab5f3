"""The wording of the article that represents each story, as the stage that assigns keeps it between its rounds.

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

from news.store.schema import revision, story, wording
from news.store.sql import chunks, insert_or_update

#: rows fetched at a time
_FETCHED = 5_000


class Signed(NamedTuple):
    """What an index needs of a row."""

    story_id: int
    day: int
    #: news.minhash.Signature.to_bytes; None: the story represents nothing any more
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Wording:
    """The article that represents a story, and what it says."""

    #: the story under whose id the row stands
    story_id: int
    article_id: int
    #: when a copy was last seen: days since 1970
    day: int
    published_at: datetime | None
    text_key: str
    signature: bytes
    #: of its first revision; empty once retention took them
    title: str = ""
    text: str = ""


def in_window(conn: Connection, day: int) -> Iterator[Signed]:
    """Yield the rows of a day and of those after it that represent something."""
    for rows in conn.execute(_IN_WINDOW, {"day": day}).partitions(_FETCHED):
        yield from (Signed(*row) for row in rows)


def newer(conn: Connection, mark: int) -> list[Signed]:
    """Return what was written by rounds after one."""
    return [Signed(*row) for row in conn.execute(_NEWER, {"mark": mark})]


def wordings(conn: Connection, story_ids: Collection[int]) -> dict[int, tuple[Wording, int]]:
    """Return what represents these stories, with the story that each is part of now."""
    found = {}
    for ids in chunks(list(story_ids)):
        for row in conn.execute(_OF_STORIES, {"ids": ids}):
            found[row.story_id] = (Wording(*row[:6], row.title or "", row.text or ""), row.story_now)
    return found


def put_wordings(conn: Connection, rows: Iterable[Wording], mark: int) -> None:
    """Keep what represents these stories from now on."""
    values = [
        {
            "story_id": one.story_id,
            "article_id": one.article_id,
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


def empty_wordings(conn: Connection, story_ids: Collection[int], mark: int) -> None:
    """Let stories that were joined to others represent nothing; the rows stay until other processes have seen it."""
    for ids in chunks(list(story_ids)):
        conn.execute(_EMPTY, {"ids": ids, "by": mark})


def drop_wordings(conn: Connection, before: int) -> int:
    """Forget what was last seen before a day."""
    return conn.execute(_DROP, {"before": before}).rowcount


def forget_wordings(conn: Connection, story_ids: Collection[int]) -> None:
    """Forget what represents stories that are forgotten; an index that still has one finds no row."""
    conn.execute(delete(wording).where(wording.c.story_id.in_(story_ids)))


_COLUMNS: tuple[Any, ...] = (wording.c.story_id, wording.c.day, wording.c.signature)
_IN_WINDOW = select(*_COLUMNS).where(wording.c.day >= bindparam("day"), wording.c.signature.is_not(None))
_NEWER = select(*_COLUMNS).where(wording.c.mark > bindparam("mark")).order_by(wording.c.mark, wording.c.story_id)
_own = revision.alias("own")
_FIRST = select(func.min(_own.c.number)).where(_own.c.article_id == wording.c.article_id).scalar_subquery()
_OF_STORIES = (
    select(
        wording.c.story_id,
        wording.c.article_id,
        wording.c.day,
        wording.c.published_at,
        wording.c.text_key,
        wording.c.signature,
        revision.c.title,
        revision.c.text,
        func.coalesce(story.c.joined_into, story.c.id).label("story_now"),
    )
    .select_from(
        wording.join(story, story.c.id == wording.c.story_id)
        # An article that is forgotten leaves its wording behind.
        .join(revision, and_(revision.c.article_id == wording.c.article_id, revision.c.number == _FIRST), isouter=True)
    )
    .where(wording.c.story_id.in_(bindparam("ids", expanding=True)), wording.c.signature.is_not(None))
)
_PUT = insert_or_update(wording, ("story_id",), ("article_id", "day", "published_at", "text_key", "signature", "mark"))
_EMPTY = (
    update(wording)
    .where(wording.c.story_id.in_(bindparam("ids", expanding=True)))
    .values(signature=None, mark=bindparam("by"))
)
_DROP = delete(wording).where(wording.c.day < bindparam("before"))
