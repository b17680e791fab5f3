"""Articles, their revisions, and what each feed carries: what a poll reads and writes.

::

    which_known, lookup ──known──▶ crawler.ingest.decide ──New──▶ add_articles, add_revisions, put_entries
                                                         ──Revised──▶ add_revisions, put_entries
                                                         ──Known──▶ put_entries      gone from the feed ──▶ drop_entries

What follows a poll (stories, evaluation, listings) stands in ``assignments``, ``revisions`` and ``listings`` and is
offered here too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from news.store.assignments import (
    Assigned,
    TextStory,
    UnassignedArticle,
    assign_stories,
    assign_story,
    create_stories,
    drop_texts,
    forget_texts,
    join_stories,
    known_texts,
    put_text,
    put_texts,
    text_story,
    unassigned,
)
from news.store.listings import StoryDetail, StoryMatch, StoryRow, stories, story
from news.store.revisions import PendingRevision, mark_evaluated, pending_revisions, recent_revisions
from news.store.schema import article, entry, revision
from news.store.sql import bounded, chunks, insert_or_update, storable
from news.types import Arrival, SourceTime

__all__ = [
    "Assigned",
    "KnownRow",
    "NewArticle",
    "NewEntry",
    "NewRevision",
    "PendingRevision",
    "StoryDetail",
    "StoryMatch",
    "StoryRow",
    "TextStory",
    "UnassignedArticle",
    "add_article",
    "add_articles",
    "add_revision",
    "add_revisions",
    "assign_stories",
    "assign_story",
    "create_stories",
    "drop_entries",
    "drop_texts",
    "forget_texts",
    "join_stories",
    "known_texts",
    "lookup",
    "mark_evaluated",
    "pending_revisions",
    "put_entries",
    "put_entry",
    "put_text",
    "put_texts",
    "recent_revisions",
    "reopen",
    "stories",
    "story",
    "text_story",
    "unassigned",
    "which_known",
]


class KnownRow(NamedTuple):
    """An article that is known, with its latest revision from the asking feed, else from any.

    The hash is None, title and text are empty, once retention took that.
    """

    article_id: int
    identity: str
    content_hash: str | None
    title: str
    text: str
    #: whether the asking feed has carried it before
    here: bool


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be added; the fields are those of ``news.types.Article``."""

    identity: str
    url: str | None
    feed_id: int
    source: str
    host: str
    language: str | None
    published: SourceTime | None
    first_seen_at: datetime
    arrival: Arrival
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision to be added; its number follows from those that the article has."""

    article_id: int
    feed_id: int
    title: str
    text: str
    summary: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    language: str | None
    published: SourceTime | None
    content_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An item that a feed carries."""

    feed_id: int
    #: 8-byte hash of the item's bytes in the document
    item_hash: bytes
    guid: str | None
    article_id: int
    first_seen_at: datetime


def which_known(
    conn: Connection, identities: Collection[str], guids: Collection[tuple[int, str]]
) -> tuple[set[str], set[tuple[int, str]]]:
    """Return which of these are known at all, for many feeds at once: identities, and (feed id, guid).

    Most of what feeds bring is not; the rest is what ``lookup`` is for.
    """
    asked = {bounded(storable(identity)): identity for identity in identities}
    asked_guids = {(feed_id, bounded(storable(guid))): (feed_id, guid) for feed_id, guid in guids}
    known: set[str] = set()
    known_guids: set[tuple[int, str]] = set()
    for keys in chunks(sorted(asked)):
        known.update(asked[key] for key in conn.execute(_KNOWN_IDENTITIES, {"keys": keys}).scalars())
    for pairs in chunks(sorted(asked_guids)):
        known_guids.update(asked_guids[feed, guid] for feed, guid in conn.execute(_KNOWN_GUIDS, {"pairs": pairs}))
    return known, known_guids


def lookup(
    conn: Connection, feed_id: int, identities: Sequence[str], guids: Sequence[str]
) -> tuple[dict[str, KnownRow], dict[str, KnownRow]]:
    """Return which of these are known: by identity in any feed, by guid only within this feed.

    A guid under which the feed has brought several articles identifies none of them and is left out.
    """
    by_identity: dict[str, KnownRow] = {}
    by_guid: dict[str, KnownRow] = {}
    ambiguous: set[str] = set()
    asked = {bounded(storable(identity)): identity for identity in identities}
    asked_guids = {bounded(storable(guid)): guid for guid in guids}
    parts = zip_longest(chunks(list(asked)), chunks(list(asked_guids)), fillvalue=())
    for keys, guid_keys in parts:
        for row in conn.execute(_LOOKUP, {"keys": keys, "guids": guid_keys, "feed": feed_id}):
            known = KnownRow(row.id, row.identity, row.content_hash, row.title or "", row.text or "", bool(row.here))
            if row.guid is None:
                by_identity[asked[row.identity]] = known
                continue
            guid = asked_guids[row.guid]
            if by_guid.setdefault(guid, known).article_id != known.article_id:
                ambiguous.add(guid)
    return by_identity, {guid: known for guid, known in by_guid.items() if guid not in ambiguous}


def add_article(conn: Connection, new: NewArticle) -> int:
    """Add one article and return its id."""
    (article_id,) = add_articles(conn, [new])
    return article_id


def add_articles(conn: Connection, new: Sequence[NewArticle]) -> list[int]:
    """Add articles and return their ids in the same order.

    Another process that adds the same identity at the same time makes the transaction fail; the store then runs the
    work again, whose ``lookup`` finds it.
    """
    if not new:
        return []
    rows = [_article_row(one) for one in new]
    # Known by their identities: SQLite takes all in one statement only where their order need not be kept.
    ids = {identity: article_id for article_id, identity in conn.execute(_ADD_ARTICLES, rows)}
    return [ids[row["identity"]] for row in rows]


def add_revision(conn: Connection, new: NewRevision) -> None:
    """Add a revision; it waits for evaluation."""
    conn.execute(_ADD_REVISION, _revision_row(new))


def add_revisions(conn: Connection, new: Sequence[NewRevision]) -> None:
    """Add revisions, in their order; they wait for evaluation."""
    if new:
        conn.execute(_ADD_REVISION, [_revision_row(one) for one in new])


def reopen(conn: Connection, article_ids: Sequence[int]) -> None:
    """Have the watchlists look at articles again, since one more feed carries them now."""
    for part in chunks(article_ids):
        conn.execute(_REOPEN, {"articles": part})


def put_entry(  # noqa: PLR0917 # the columns of one row, in their order
    conn: Connection, feed_id: int, item_hash: bytes, guid: str | None, article_id: int, now: datetime
) -> None:
    """Keep that a feed carries an item; one that is back is no longer gone."""
    put_entries(conn, [NewEntry(feed_id, item_hash, guid, article_id, now)])


def put_entries(conn: Connection, new: Sequence[NewEntry]) -> None:
    """Keep that a feed carries these items; those that are back are no longer gone."""
    if not new:
        return
    rows = [
        {
            "feed_id": one.feed_id,
            "item_hash": one.item_hash,
            "guid": None if one.guid is None else bounded(storable(one.guid)),
            "article_id": one.article_id,
            "first_seen_at": one.first_seen_at,
            "gone_at": None,
        }
        for one in new
    ]
    conn.execute(_PUT_ENTRY[conn.dialect.name], rows)


def drop_entries(conn: Connection, gone: Iterable[tuple[int, bytes]], now: datetime) -> None:
    """Keep that feeds no longer carry these items, (feed id, item hash); what they were is remembered."""
    rows = [{"feed": feed_id, "hash": item_hash, "gone_at": now} for feed_id, item_hash in gone]
    if rows:
        conn.execute(_DROP_ENTRIES, rows)


def _published(published: SourceTime | None) -> dict[str, Any]:
    if published is None:
        return {"published": None, "published_at": None, "published_latest": None}
    return {
        "published": published.text,
        "published_at": published.instant,
        "published_latest": published.latest,
    }


def _article_row(new: NewArticle) -> dict[str, Any]:
    return {
        "identity": bounded(storable(new.identity)),
        "url": new.url,
        "agency": new.agency,
        "feed_id": new.feed_id,
        "source": storable(new.source),
        "host": new.host,
        "language": new.language,
        **_published(new.published),
        "first_seen_at": new.first_seen_at,
        "arrival": new.arrival.value,
    }


def _revision_row(new: NewRevision) -> dict[str, Any]:
    return {
        "of_article": new.article_id,
        "article_id": new.article_id,
        "feed_id": new.feed_id,
        "title": storable(new.title),
        "text": storable(new.text),
        "summary": storable(new.summary),
        "authors": [storable(author) for author in new.authors],
        "categories": [storable(category) for category in new.categories],
        "language": new.language,
        **_published(new.published),
        "content_hash": new.content_hash,
        "created_at": new.created_at,
    }


# ── statements, built once ──────────

_newest = revision.alias("newest")
_NEWEST = select(func.max(_newest.c.number)).where(_newest.c.article_id == article.c.id)
# Two feeds may carry one article with different texts: each is compared with what it said itself.
_LATEST = and_(
    revision.c.article_id == article.c.id,
    revision.c.number
    == func.coalesce(
        _NEWEST.where(_newest.c.feed_id == bindparam("feed")).scalar_subquery(), _NEWEST.scalar_subquery()
    ),
)
_carrying = entry.alias("carrying")
_HERE = exists().where(_carrying.c.article_id == article.c.id, _carrying.c.feed_id == bindparam("feed"))
_KNOWN: tuple[ColumnElement[Any], ...] = (
    article.c.id,
    article.c.identity,
    revision.c.content_hash,
    revision.c.title,
    revision.c.text,
    _HERE.label("here"),
)
# Both at once: on PostgreSQL a round trip costs more than the rows.
_LOOKUP = union_all(
    select(*_KNOWN, null().label("guid"))
    .select_from(article.outerjoin(revision, _LATEST))
    .where(article.c.identity.in_(bindparam("keys", expanding=True))),
    select(*_KNOWN, entry.c.guid)
    .select_from(entry.join(article, article.c.id == entry.c.article_id).outerjoin(revision, _LATEST))
    .where(entry.c.feed_id == bindparam("feed"), entry.c.guid.in_(bindparam("guids", expanding=True))),
)
_KNOWN_IDENTITIES = select(article.c.identity).where(article.c.identity.in_(bindparam("keys", expanding=True)))
_KNOWN_GUIDS = select(entry.c.feed_id, entry.c.guid).where(
    tuple_(entry.c.feed_id, entry.c.guid).in_(bindparam("pairs", expanding=True))
)
_ADD_ARTICLES = insert(article).returning(article.c.id, article.c.identity)
_numbered = revision.alias("numbered")
_ADD_REVISION = insert(revision).values(
    number=select(func.coalesce(func.max(_numbered.c.number), 0) + 1)
    .where(_numbered.c.article_id == bindparam("of_article"))
    .scalar_subquery()
)
_latest = revision.alias("latest")
_REOPEN = (
    update(revision)
    .where(
        revision.c.article_id.in_(bindparam("articles", expanding=True)),
        revision.c.number
        == select(func.max(_latest.c.number)).where(_latest.c.article_id == revision.c.article_id).scalar_subquery(),
    )
    .values(evaluated_at=None, again=or_(revision.c.again, revision.c.evaluated_at.is_not(None)))
)
_PUT_ENTRY = insert_or_update(entry, ("feed_id", "item_hash"), ("gone_at",))
_DROP_ENTRIES = update(entry).where(
    entry.c.feed_id == bindparam("feed"),
    entry.c.item_hash == bindparam("hash"),
    entry.c.gone_at.is_(None),
)
