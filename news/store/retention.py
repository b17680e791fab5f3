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

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from news.store import threads
from news.store.assignments import drop_texts
from news.store.headlines import forget_headlines
from news.store.query_keys import KEPT, drop_query_keys
from news.store.robots import drop_robots
from news.store.schema import (
    KEPT_TEXT,
    article,
    delivery,
    due,
    entry,
    feed,
    match,
    message,
    revision,
    site,
    story,
    story_text,
    telling,
)
from news.store.sql import chunks
from news.store.wordings import forget_wordings
from news.threads import WINDOW

#: how long the same text under another address is recognised as a copy (DESIGN: a window of 14 days)
COPY_WINDOW = timedelta(days=14)

#: articles that one call takes; the caller comes again while ``Pruned.more``
_LIMIT = 500

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

    None is for ever. With ``dry_run`` nothing is written; what would go for the sake of the size, and what would be
    forgotten after it lost its text, is then not counted.
    """
    before = None if retention is None else now - retention
    before_matched = None if retention_matched is None else now - retention_matched
    take = _Taking(conn, limit=limit, dry_run=dry_run)
    size_before = size(conn)
    take.texts(before, _UNMATCHED)
    take.texts(before_matched, _TOLD)
    take.bodies(before)
    take.entries(before)
    if max_size_bytes is not None and not dry_run:
        take.down_to(max_size_bytes, now)
    take.forgotten(matched=before_matched is not None, unmatched=before is not None)
    done = replace(take.done, size_before=size_before)
    if dry_run:
        return replace(done, size_after=done.size_before)
    drop_texts(conn, now - COPY_WINDOW)
    threads.drop_evidence(conn, now - WINDOW)
    drop_robots(conn, now - COPY_WINDOW)
    drop_query_keys(conn, now - KEPT)
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


class _Taking:
    """One call of ``prune``: what it takes, step by step, and how much that is."""

    def __init__(self, conn: Connection, *, limit: int, dry_run: bool) -> None:
        self._conn = conn
        self._limit = limit
        self._dry_run = dry_run
        #: articles that lost their text or an entry: only these can have become forgettable
        self._touched: set[int] = set()
        self.done = Pruned()

    def texts(self, before: datetime | None, which: ColumnElement[bool], most: int | None = None) -> int:
        """Empty the articles whose last revision is older than ``before``, the oldest first."""
        if before is None:
            return 0
        kept = select(article.c.id).join_from(revision, article, article.c.id == revision.c.article_id)
        kept = kept.where(KEPT_TEXT, _LAST, revision.c.created_at < before, _SETTLED, which)
        kept = kept.order_by(revision.c.created_at).limit(most or self._limit)
        ids = list(self._conn.execute(kept).scalars())
        self._count(texts=len(ids), more=len(ids) >= self._limit)
        if not self._dry_run:
            for part in chunks(ids):
                of = revision.c.article_id.in_(part)
                # What was told leads no digest any more.
                self._conn.execute(delete(telling).where(telling.c.article_id.in_(part)))
                self._conn.execute(delete(revision).where(of, not_(_LAST), not_(_POINTED_AT)))
                self._conn.execute(update(revision).where(of).values(_NOTHING))
            self._touched.update(ids)
        return len(ids)

    def bodies(self, before: datetime | None, most: int | None = None) -> int:
        """Take the bytes of messages sent before an instant."""
        if before is None:
            return 0
        sent = select(message.c.id).join_from(message, delivery, delivery.c.message_id == message.c.id)
        sent = sent.where(message.c.body.is_not(None), delivery.c.state == "sent", delivery.c.sent_at < before)
        ids = list(self._conn.execute(sent.order_by(message.c.id).limit(most or self._limit)).scalars())
        self._count(messages=len(ids), more=len(ids) >= self._limit)
        if not self._dry_run:
            for part in chunks(ids):
                self._conn.execute(update(message).where(message.c.id.in_(part)).values(body=None))
        return len(ids)

    def entries(self, before: datetime | None) -> None:
        """Forget entries that their feed has not carried since ``before``."""
        if before is None:
            return
        gone = select(entry.c.feed_id, entry.c.item_hash, entry.c.article_id).where(entry.c.gone_at < before)
        rows = self._conn.execute(gone.limit(self._limit)).all()
        self._count(entries=len(rows), more=len(rows) >= self._limit)
        if rows and not self._dry_run:
            self._conn.execute(_DROP_ENTRY, [{"feed": row.feed_id, "hash": row.item_hash} for row in rows])
            self._touched.update(row.article_id for row in rows)

    def down_to(self, most: int, now: datetime) -> None:
        """Take the oldest until no more than ``most`` bytes are in use, or a call's share is taken, or none is left."""
        steps: tuple[Callable[[], int], ...] = (
            lambda: self.texts(now, _UNMATCHED, _STEP),
            lambda: self.bodies(now, _STEP),
            lambda: self.texts(now, _TOLD, _STEP),
        )
        for step in steps:
            while size(self._conn) > most:
                if self.done.texts + self.done.messages >= self._limit:
                    self._count(more=True)
                    return
                if not step():
                    break

    def forgotten(self, *, matched: bool, unmatched: bool) -> None:
        """Forget articles without text that no feed carries, with their matches, and stories that have none left."""
        for part in chunks(sorted(self._touched)):
            of = select(article.c.story_id).where(article.c.id.in_(part))
            ids = select(article.c.id, article.c.story_id).where(article.c.story_id.in_(of), _SETTLED)
            which = or_(and_(_FORGOTTEN, literal(unmatched)), and_(_FORGOTTEN_TOLD, literal(matched)))
            rows = self._conn.execute(ids.where(which)).all()
            for some in chunks(rows):
                _forget(self._conn, [row.id for row in some])
            for stories in chunks(list({row.story_id for row in rows})):
                _drop_empty(self._conn, stories)
            self._count(articles=len(rows))

    def _count(self, *, more: bool = False, **taken: int) -> None:
        counts = {name: getattr(self.done, name) + number for name, number in taken.items()}
        self.done = replace(self.done, more=self.done.more or more, **counts)


def _forget(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(delete(match).where(match.c.article_id.in_(ids)))
    conn.execute(delete(telling).where(telling.c.article_id.in_(ids)))
    conn.execute(delete(revision).where(revision.c.article_id.in_(ids)))
    conn.execute(delete(article).where(article.c.id.in_(ids)))


def _drop_empty(conn: Connection, ids: Sequence[int]) -> None:
    """Forget those of these stories that have no article any more, and the stories that had joined them."""
    gone = list(conn.execute(select(story.c.id).where(story.c.id.in_(ids), _WITHOUT_ARTICLES)).scalars())
    if gone:
        joined = list(conn.execute(select(story.c.id).where(story.c.joined_into.in_(gone))).scalars())
        forget_wordings(conn, [*gone, *joined])
        forget_headlines(conn, gone)
        conn.execute(delete(story_text).where(story_text.c.story_id.in_(gone)))
        events = threads.drop_evidence_of(conn, gone)
        conn.execute(delete(story).where(story.c.joined_into.in_(gone)))
        conn.execute(delete(story).where(story.c.id.in_(gone)))
        threads.drop_empty(conn, events)


_NOTHING: dict[str, Any] = {"title": "", "text": "", "summary": "", "authors": [], "categories": []}

_own = revision.alias("own")
_newer = revision.alias("newer")
_copy = article.alias("copy")

_OWN_TEXT = or_(_own.c.title != "", _own.c.text != "")
#: the article still has a text
_KEPT = exists().where(_own.c.article_id == article.c.id, _OWN_TEXT)
#: no stage waits for it
_SETTLED = and_(
    article.c.story_id.is_not(None),
    not_(exists().where(_own.c.article_id == article.c.id, _own.c.evaluated_at.is_(None))),
)
_MATCHED = exists().where(match.c.story_id == article.c.story_id)
_UNMATCHED = not_(_MATCHED)
#: matched, and every alert was told
_TOLD = and_(
    _MATCHED,
    not_(exists().where(match.c.story_id == article.c.story_id, due.c.match_id == match.c.id, due.c.told_at.is_(None))),
)
_LAST = not_(exists().where(_newer.c.article_id == revision.c.article_id, _newer.c.number > revision.c.number))
_POINTED_AT = exists().where(match.c.revision_id == revision.c.id)
_CARRIED = exists().where(entry.c.article_id == article.c.id)
_FORGOTTEN = and_(_UNMATCHED, not_(_KEPT), not_(_CARRIED))
#: of a story that was told everything goes together: its match is what keeps it from being told again
_STORY_CARRIED = exists().where(_copy.c.story_id == article.c.story_id, entry.c.article_id == _copy.c.id)
_STORY_KEPT = exists().where(_copy.c.story_id == article.c.story_id, _own.c.article_id == _copy.c.id, _OWN_TEXT)
_FORGOTTEN_TOLD = and_(_TOLD, not_(_STORY_KEPT), not_(_STORY_CARRIED))
_WITHOUT_ARTICLES = and_(
    not_(exists().where(article.c.story_id == story.c.id)), not_(exists().where(match.c.story_id == story.c.id))
)
_DROP_ENTRY = delete(entry).where(entry.c.feed_id == bindparam("feed"), entry.c.item_hash == bindparam("hash"))
_DROP_SITES = delete(site).where(site.c.lease_holder.is_(None), not_(exists().where(feed.c.site == site.c.name)))
