"""Stored revisions in the order in which the service met them, a page at a time, to replay a watchlist over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from alerts.store.matches import Pending, carriers, pending_columns, pending_of
from news.store import schema as s

_EXTENT = select(
    func.min(s.revision.c.id).label("first"),
    func.max(s.revision.c.id).label("last"),
    func.count().label("number"),
).where(s.KEPT_TEXT, s.revision.c.created_at >= bindparam("since"), s.revision.c.created_at < bindparam("until"))
_PAGE_OF = (
    pending_columns()
    .add_columns(s.revision.c.created_at, s.article.c.published)
    .where(
        s.revision.c.id > bindparam("after"),
        s.revision.c.id <= bindparam("last"),
        s.KEPT_TEXT,
        s.story.c.first_seen_at >= bindparam("since"),
    )
    .limit(bindparam("most"))
)

#: revisions of one page; each is a snapshot of its own, so that no long one hinders a service that runs beside
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A revision with all that watchlists ask of it, and when it came."""

    revision: Pending
    created_at: datetime
    #: of the article, as its source gave it, or None
    published: str | None


@dataclass(frozen=True, slots=True)
class Extent:
    """The revisions that a replay goes through."""

    #: ids of the first and the last
    first: int
    last: int
    #: how many there are; some of them may belong to older stories
    count: int


def extent(conn: Connection, *, since: datetime, until: datetime) -> Extent:
    """Return where the revisions that came in [since, until) stand."""
    row = conn.execute(_EXTENT, {"since": since, "until": until}).one()
    return Extent(row.first or 0, row.last or 0, row.number)


def page(conn: Connection, *, after: int, last: int, since: datetime, most: int = _PAGE) -> list[Stored]:
    """Return revisions past an id, up to another, in order: those of stories first seen since, that still have a text.

    Whether one was matched with the watchlists yet makes no difference.
    """
    rows = list(conn.execute(_PAGE_OF, {"after": after, "last": last, "since": since, "most": most}))
    carried = carriers(conn, {row.article_id for row in rows})
    return [Stored(pending_of(row, carried.get(row.article_id, ())), row.created_at, row.published) for row in rows]


def stored(
    read: Callable[[Callable[[Connection], list[Stored]]], list[Stored]],
    of: Extent,
    *,
    since: datetime,
    most: int = _PAGE,
) -> Iterator[Stored]:
    """Yield every revision of an extent; ``read`` runs a work in a snapshot of its own, as ``Store.read_now`` does."""
    after = of.first - 1
    while True:
        at = after

        def work(conn: Connection, at: int = at) -> list[Stored]:
            return page(conn, after=at, last=of.last, since=since, most=most)

        found = read(work)
        yield from found
        if len(found) < most:
            return
        after = found[-1].revision.revision_id
