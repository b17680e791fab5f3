"""Revisions on their way to the watchlists: a queue whose rows wait in ``revision.evaluated_at IS NULL``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from news.store.article_rows import ARTICLE_COLUMNS, ARTICLE_WIDTH, REVISION_COLUMNS, article_of, revision_of
from news.store.schema import Instant, article, revision
from news.store.sql import chunks
from news.types import Article, Revision


@dataclass(frozen=True, slots=True)
class PendingRevision:
    """A revision to be matched with the watchlists, and its article, which has a story by then."""

    revision: Revision
    article: Article


def pending_revisions(conn: Connection, limit: int) -> list[PendingRevision]:
    """Return revisions that wait to be matched, oldest first; those of articles without a story wait on."""
    rows = conn.execute(_PENDING, {"most": limit})
    return [PendingRevision(revision_of(row, ARTICLE_WIDTH), article_of(row)) for row in rows]


def mark_evaluated(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """Keep that these revisions were matched with every watchlist."""
    for part in chunks(ids):
        conn.execute(_MARK, {"ids": part, "evaluated_at": now})


def recent_revisions(conn: Connection, *, since: datetime, after: int = 0, limit: int = 500) -> list[PendingRevision]:
    """Return the latest revision of each article first seen at or after ``since``, by article id above ``after``.

    For a new watchlist, which is evaluated over what is stored; articles without a story are left to ``pending``.
    """
    rows = conn.execute(_RECENT, {"since": since, "after": after, "most": limit})
    return [PendingRevision(revision_of(row, ARTICLE_WIDTH), article_of(row)) for row in rows]


_BOTH = select(*ARTICLE_COLUMNS, *REVISION_COLUMNS)
_PENDING = (
    _BOTH.join_from(revision, article, article.c.id == revision.c.article_id)
    .where(revision.c.evaluated_at.is_(None), article.c.story_id.is_not(None))
    .order_by(revision.c.id)
    .limit(bindparam("most"))
)
_MARK = update(revision).where(revision.c.id.in_(bindparam("ids", expanding=True)), revision.c.evaluated_at.is_(None))
_newest = revision.alias("newest")
_RECENT = (
    _BOTH.join_from(
        article,
        revision,
        and_(
            revision.c.article_id == article.c.id,
            revision.c.number
            == select(func.max(_newest.c.number)).where(_newest.c.article_id == article.c.id).scalar_subquery(),
        ),
    )
    .where(
        article.c.first_seen_at >= bindparam("since", type_=Instant),
        article.c.id > bindparam("after"),
        article.c.story_id.is_not(None),
        or_(revision.c.title != "", revision.c.text != ""),
    )
    .order_by(article.c.id)
    .limit(bindparam("most"))
)
