"""Rows of ``telling``: every article of a story that a watchlist found, in its newest words that match.

One of them leads a digest (``alerts.tellers``), chosen when that is composed. So they are kept while an alert has yet
to tell of the match. An article that matches no more keeps the words that it matched with: what it says now need not be
about what is watched. Here, too, is what makes an article a later copy: that it is new to the watchlists, of a story
that an alert has told or is about to tell.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from alerts.store.dues import EXPIRED
from alerts.store.spans import packed
from alerts.types import Span
from news.store import schema as s
from news.store.sql import ByDialect, chunks


@dataclass(frozen=True, slots=True)
class NewTelling:
    """An article that a watchlist found, in words of one revision."""

    match_id: int
    article_id: int
    revision_id: int
    spans: tuple[Span, ...]


def _put() -> ByDialect:
    """Return INSERT, or else UPDATE unless a newer revision of the article stands there."""
    made = {}
    for name, insert in (("sqlite", sqlite.insert(s.telling)), ("postgresql", postgresql.insert(s.telling))):
        new = insert.excluded
        made[name] = insert.on_conflict_do_update(
            index_elements=["match_id", "article_id"],
            set_={"revision_id": new.revision_id, "spans": new.spans},
            where=s.telling.c.revision_id < new.revision_id,
        )
    return made


_PUT = _put()
_MET = (
    select(s.revision.c.article_id)
    .distinct()
    .where(
        s.revision.c.article_id.in_(bindparam("articles", expanding=True)),
        or_(s.revision.c.evaluated_at.is_not(None), s.revision.c.again),
    )
)
_TOLD_BY = select(s.due.c.match_id, s.due.c.alert_id).where(
    s.due.c.match_id.in_(bindparam("matches", expanding=True)),
    or_(s.due.c.due_key.is_(None), s.due.c.due_key != EXPIRED),
)


def put_tellings(conn: Connection, found: Iterable[NewTelling]) -> None:
    """Keep which articles may lead; of each article the newest words that matched stay."""
    newest: dict[tuple[int, int], NewTelling] = {}
    for one in found:
        at = one.match_id, one.article_id
        if at not in newest or newest[at].revision_id < one.revision_id:
            newest[at] = one
    rows = [
        {
            "match_id": one.match_id,
            "article_id": one.article_id,
            "revision_id": one.revision_id,
            "spans": packed(one.spans),
        }
        for one in newest.values()
    ]
    if rows:
        conn.execute(_PUT[conn.dialect.name], rows)


def met(conn: Connection, article_ids: Collection[int]) -> set[int]:
    """Return those of these articles that the watchlists have met before, in whatever revision."""
    found: set[int] = set()
    for part in chunks(sorted(article_ids)):
        found.update(conn.execute(_MET, {"articles": part}).scalars())
    return found


def told_by(conn: Connection, match_ids: Collection[int]) -> dict[int, set[str]]:
    """Return which alerts have told, or are to tell, each of these matches; what was given up counts for nothing."""
    found: dict[int, set[str]] = {}
    for part in chunks(sorted(match_ids)):
        for match_id, alert_id in conn.execute(_TOLD_BY, {"matches": part}):
            found.setdefault(match_id, set()).add(alert_id)
    return found
