"""Short texts by their headlines: what ``news.headlines`` decides with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from news.headlines import Sighting
from news.store.schema import Instant, headline
from news.store.sql import chunks

#: of one headline, the first and the last: by those it shows for a rubric, by these for an entry sent again
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Headline:
    """A short text and its headline's key."""

    key: str
    article_id: int
    sighting: Sighting


def headlines(conn: Connection, keys: Sequence[str]) -> dict[str, list[Headline]]:
    """Return the short texts of these headlines in the order of their arrival, of very many the first and the last."""
    found: dict[str, list[Headline]] = {}
    for part in chunks(keys):
        for row in conn.execute(_OF_KEYS, {"keys": part}):
            seen = Sighting(row.story_id, row.source, row.at, frozenset(row.figures))
            found.setdefault(row.key, []).append(Headline(row.key, row.article_id, seen))
    return found


def put_headlines(conn: Connection, rows: Iterable[Headline], now: datetime) -> None:
    """Keep short texts by their headlines; ``sighting.at`` is known."""
    values = [
        {
            "key": one.key,
            "article_id": one.article_id,
            "story_id": one.sighting.story,
            "source": one.sighting.source,
            "at": one.sighting.at,
            "figures": sorted(one.sighting.figures),
            "seen_at": now,
        }
        for one in rows
    ]
    if values:
        conn.execute(insert(headline), values)


def drop_headlines(conn: Connection, before: datetime) -> int:
    """Forget those that came before an instant."""
    return conn.execute(_DROP, {"before": before}).rowcount


def move_headlines(conn: Connection, story_id: int, to: int) -> None:
    """Give a story's headlines to the one that it was joined to."""
    conn.execute(_MOVE, {"of": story_id, "to": to})


def forget_headlines(conn: Connection, story_ids: Sequence[int]) -> None:
    """Forget the headlines of stories that are forgotten."""
    conn.execute(delete(headline).where(headline.c.story_id.in_(story_ids)))


_of_key = (
    select(
        headline,
        func.row_number().over(partition_by=headline.c.key, order_by=headline.c.article_id).label("after"),
        func.row_number().over(partition_by=headline.c.key, order_by=headline.c.article_id.desc()).label("before"),
    )
    .where(headline.c.key.in_(bindparam("keys", expanding=True)))
    .subquery()
)
_IS_FIRST_OR_LAST = or_(_of_key.c.after <= _MOST, _of_key.c.before <= _MOST)
_OF_KEYS = select(_of_key).where(_IS_FIRST_OR_LAST).order_by(_of_key.c.article_id)
_DROP = delete(headline).where(headline.c.seen_at < bindparam("before", type_=Instant))
_MOVE = update(headline).where(headline.c.story_id == bindparam("of")).values(story_id=bindparam("to"))
