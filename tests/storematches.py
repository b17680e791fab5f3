"""Matches with their due rows, for the tests of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select
from stores import START

from news.store.schema import alert, due, match, revision, watchlist
from news.store.schema import article as article_table


@dataclass(frozen=True)
class Told:
    """A due row: of an alert, told or not, perhaps by an urgent message."""

    alert: str
    at: datetime | None = None
    urgent_at: datetime | None = None


def add_match(conn: Connection, story_id: int, dues: Sequence[Told] = (), watchlist_id: str = "kz") -> int:
    """Add a match of the first article of a story, with its due rows, and return its id."""
    for name, table, row in (
        (watchlist_id, watchlist, {"name": watchlist_id.upper(), "fingerprint": "f"}),
        *((one.alert, alert, {"target": "desk"}) for one in dues),
    ):
        if not conn.execute(select(func.count()).where(table.c.id == name)).scalar():
            conn.execute(insert(table), {"id": name, "created_at": START, **row})
    of = conn.execute(
        select(article_table.c.id, revision.c.id)
        .join_from(article_table, revision, revision.c.article_id == article_table.c.id)
        .where(article_table.c.story_id == story_id)
    ).first()
    assert of is not None
    new: dict[str, object] = {"watchlist_id": watchlist_id, "story_id": story_id, "event": "new", "article_id": of[0]}
    new |= {"revision_id": of[1], "spans": [{"field": "title", "start": 0}], "verdict": "tell", "matched_at": START}
    match_id = int(conn.execute(insert(match).returning(match.c.id), new).scalar_one())
    for one in dues:
        told = {"told_at": one.at, "urgent_told_at": one.urgent_at}
        conn.execute(insert(due), {"alert_id": one.alert, "match_id": match_id, "created_at": START, **told})
    return match_id
