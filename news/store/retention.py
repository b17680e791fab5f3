"""What is kept how long: texts go, what was seen stays.

::

    text of an article   no watchlist matched it ── retention ──▶ gone
                         a watchlist matched it ─── retention_matched ──▶ gone, once it was told
    what was seen        a feed carries the entry ──▶ stays, whatever the retention: nothing evergreen is new again
                         no feed carries it ── as long again ──▶ gone
    a message's bytes    sent ── retention ──▶ gone; waiting, failed ──▶ stay
    above ``max_size``   the oldest unmatched text first, then sent bytes, then the oldest matched text that was told

Of a text that goes, the last revision stays as an empty row with its hash: what a feed still carries is then still
recognised as unchanged. Revisions on their way (not assigned, not evaluated, not told) are never touched.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, not_, or_, select, update

from news.store.assignments import drop_texts
from news.store.robots import drop_robots
from news.store.schema import article, delivery, due, entry, feed, match, message, revision, site, story, story_text
from news.store.sql import chunks

#: how long the same text under another address is recognised as a copy (DESIGN: a window of 14 days)
COPY_WINDOW = timedelta(days=14)

#: articles that one call takes; the caller comes again while ``Pruned.more``
_LIMIT = 1000

#: articles taken between two looks at the size
_STEP = 200

#: pages of SQLite given back to the disk in one call
_PAGES = 5000


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a call took, or with ``dry_run`` would take."""

    #: articles whose text went
    texts: int = 0
    #: articles forgotten, since no feed carries them any more
    articles: int = 0
    #: entries forgotten
    entries: int = 0
    #: sent messages whose bytes went
    messages: int = 0
    #: bytes in use before and after
    size_before: int = 0
    size_after: int = 0
    #: there is more to take: call again
    more: bool = False


def prune(
    conn: Connection,
    *,
    now: datetime,
    retention: timedelta | None,
    retention_matched: timedelta | None,
    max_size_bytes: int | None,
    dry_run: bool = False,
    limit: int = _LIMIT,
) -> Pruned:
    """Take what is kept long enough, at most ``limit`` articles a call so that no writer waits long.

    None is for ever. With ``dry_run`` nothing is written; the size is then not brought down, and what would go for
    its sake is not counted.
    """
    before = None if retention is None else now - retention
    before_matched = None if retention_matched is None else now - retention_matched
    done = Pruned(size_before=size(conn))
    steps: list[Callable[[], Pruned]] = [
        lambda: Pruned(texts=_texts(conn, before, _UNMATCHED, limit, dry_run=dry_run)),
        lambda: Pruned(texts=_texts(conn, before_matched, _TOLD, limit, dry_run=dry_run)),
        lambda: Pruned(messages=_bodies(conn, before, limit, dry_run=dry_run)),
        lambda: Pruned(entries=_entries(conn, before, limit, dry_run=dry_run)),
        lambda: Pruned(articles=_articles(conn, _FORGOTTEN, before, limit, dry_run=dry_run)),
        lambda: Pruned(articles=_articles(conn, _FORGOTTEN_TOLD, before_matched, limit, dry_run=dry_run)),
    ]
    for step in steps:
        done = _sum(done, step())
    done = replace(done, more=max(done.texts, done.articles, done.messages, done.entries) >= limit)
    if dry_run:
        return replace(done, size_after=done.size_before)
    if max_size_bytes is not None:
        done = _sum(done, _bring_down(conn, max_size_bytes, now, limit))
    drop_texts(conn, now - COPY_WINDOW)
    drop_robots(conn, now - COPY_WINDOW)
    conn.execute(_DROP_SITES.where(or_(site.c.next_request_at.is_(None), site.c.next_request_at < now)))
    _give_back(conn)
    return replace(done, size_after=size(conn))


def size(conn: Connection) -> int:
    """Return the bytes in use: of the file's pages on SQLite, of texts and messages on PostgreSQL.

    Both shrink at once with what is taken; the size of a PostgreSQL database on its disk does not.
    """
    if conn.dialect.name == "sqlite":
        names = ("page_count", "freelist_count", "page_size")
        pages, free, page = (int(conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names)
        return (pages - free) * page
    column = func.pg_column_size
    texts = select(func.sum(column(revision.c.text) + column(revision.c.summary) + column(revision.c.title)))
    bodies = select(func.sum(column(message.c.body)))
    return int(conn.execute(texts).scalar() or 0) + int(conn.execute(bodies).scalar() or 0)


def _give_back(conn: Connection) -> None:
    """Let SQLite's file shrink by what is free in it."""
    driver = conn.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        (free,) = driver.execute("PRAGMA freelist_count").fetchone()
        # The driver runs this pragma for one step, which is one page, whatever number it is given.
        for _ in range(min(free, _PAGES)):
            driver.execute("PRAGMA incremental_vacuum(1)").close()


def _sum(one: Pruned, other: Pruned) -> Pruned:
    return replace(
        one,
        texts=one.texts + other.texts,
        articles=one.articles + other.articles,
        entries=one.entries + other.entries,
        messages=one.messages + other.messages,
        more=one.more or other.more,
    )


# ── texts ──────────


def _texts(conn: Connection, before: datetime | None, which: ColumnElement[bool], limit: int, *, dry_run: bool) -> int:
    """Empty the articles whose last revision is older than ``before``."""
    if before is None:
        return 0
    younger = exists().where(revision.c.article_id == article.c.id, revision.c.created_at >= before)
    oldest = select(article.c.id).where(_KEPT, _SETTLED, which, article.c.first_seen_at < before, not_(younger))
    ids = list(conn.execute(oldest.order_by(article.c.first_seen_at).limit(limit)).scalars())
    if not dry_run:
        _empty(conn, ids)
    return len(ids)


def _empty(conn: Connection, ids: Sequence[int]) -> None:
    """Take the texts of these articles; their last revisions, and those that a match points to, stay empty."""
    for part in chunks(ids):
        conn.execute(delete(revision).where(revision.c.article_id.in_(part), not_(_LAST), not_(_POINTED_AT)))
        conn.execute(update(revision).where(revision.c.article_id.in_(part)).values(_NOTHING))


def _bodies(conn: Connection, before: datetime | None, limit: int, *, dry_run: bool) -> int:
    if before is None:
        return 0
    sent = select(message.c.id).join_from(message, delivery, delivery.c.message_id == message.c.id)
    sent = sent.where(message.c.body.is_not(None), delivery.c.state == "sent", delivery.c.sent_at < before)
    ids = list(conn.execute(sent.order_by(message.c.id).limit(limit)).scalars())
    if not dry_run:
        for part in chunks(ids):
            conn.execute(update(message).where(message.c.id.in_(part)).values(body=None))
    return len(ids)


def _bring_down(conn: Connection, most: int, now: datetime, limit: int) -> Pruned:
    """Take the oldest until no more than ``most`` bytes are in use, ``limit`` articles were taken, or none is left."""
    taken = Pruned()
    for step in (_UNMATCHED, None, _TOLD):
        while size(conn) > most and taken.texts + taken.messages < limit:
            if step is None:
                found = Pruned(messages=_bodies(conn, now, _STEP, dry_run=False))
            else:
                found = Pruned(texts=_texts(conn, now, step, _STEP, dry_run=False))
            if found == Pruned():
                break
            taken = _sum(taken, found)
    return replace(taken, more=taken.texts + taken.messages >= limit)


# ── what was seen ──────────


def _entries(conn: Connection, before: datetime | None, limit: int, *, dry_run: bool) -> int:
    """Forget entries that their feed has not carried since ``before``."""
    if before is None:
        return 0
    gone = select(entry.c.feed_id, entry.c.item_hash).where(entry.c.gone_at < before).limit(limit)
    rows = conn.execute(gone).all()
    if rows and not dry_run:
        conn.execute(_DROP_ENTRY, [{"feed": feed_id, "hash": item_hash} for feed_id, item_hash in rows])
    return len(rows)


def _articles(
    conn: Connection, which: ColumnElement[bool], before: datetime | None, limit: int, *, dry_run: bool
) -> int:
    """Forget articles without text that no feed carries, with their matches, and stories that have none left."""
    if before is None:
        return 0
    forgotten = select(article.c.id, article.c.story_id).where(which, _SETTLED, article.c.first_seen_at < before)
    rows = conn.execute(forgotten.order_by(article.c.id).limit(limit)).all()
    if dry_run:
        return len(rows)
    for part in chunks(rows):
        ids = [row.id for row in part]
        conn.execute(delete(match).where(match.c.article_id.in_(ids)))
        conn.execute(delete(revision).where(revision.c.article_id.in_(ids)))
        conn.execute(delete(article).where(article.c.id.in_(ids)))
        _stories(conn, list({row.story_id for row in part}))
    return len(rows)


def _stories(conn: Connection, ids: Sequence[int]) -> None:
    empty = select(story.c.id).where(story.c.id.in_(ids), _WITHOUT_ARTICLES)
    gone = list(conn.execute(empty).scalars())
    if gone:
        conn.execute(delete(story_text).where(story_text.c.story_id.in_(gone)))
        conn.execute(delete(story).where(story.c.joined_into.in_(gone)))
        conn.execute(delete(story).where(story.c.id.in_(gone)))


_NOTHING: dict[str, Any] = {"title": "", "text": "", "summary": "", "authors": [], "categories": []}

#: the article still has a text
_KEPT = exists().where(revision.c.article_id == article.c.id, or_(revision.c.title != "", revision.c.text != ""))
#: no stage waits for it
_SETTLED = and_(
    article.c.story_id.is_not(None),
    not_(exists().where(revision.c.article_id == article.c.id, revision.c.evaluated_at.is_(None))),
)
_MATCHED = exists().where(match.c.story_id == article.c.story_id)
_UNMATCHED = not_(_MATCHED)
#: matched, and every alert was told
_TOLD = and_(
    _MATCHED,
    not_(exists().where(match.c.story_id == article.c.story_id, due.c.match_id == match.c.id, due.c.told_at.is_(None))),
)
_newer = revision.alias("newer")
_LAST = not_(exists().where(_newer.c.article_id == revision.c.article_id, _newer.c.number > revision.c.number))
_POINTED_AT = exists().where(match.c.revision_id == revision.c.id)
_CARRIED = exists().where(entry.c.article_id == article.c.id)
_FORGOTTEN = and_(_UNMATCHED, not_(_KEPT), not_(_CARRIED))
_copy = article.alias("copy")
#: of a story that was told everything goes together: its match is what keeps it from being told again
_STORY_CARRIED = exists().where(_copy.c.story_id == article.c.story_id, entry.c.article_id == _copy.c.id)
_STORY_KEPT = exists().where(
    _copy.c.story_id == article.c.story_id,
    revision.c.article_id == _copy.c.id,
    or_(revision.c.title != "", revision.c.text != ""),
)
_FORGOTTEN_TOLD = and_(_TOLD, not_(_STORY_KEPT), not_(_STORY_CARRIED))
_DROP_ENTRY = delete(entry).where(entry.c.feed_id == bindparam("feed"), entry.c.item_hash == bindparam("hash"))
_WITHOUT_ARTICLES = and_(
    not_(exists().where(article.c.story_id == story.c.id)), not_(exists().where(match.c.story_id == story.c.id))
)
_DROP_SITES = delete(site).where(site.c.lease_holder.is_(None), not_(exists().where(feed.c.site == site.c.name)))
