"""What each alert has yet to tell, and what it tells: rows between a match and a message.

::

    marks ──something new?──▶ open_dues ──alerts.policy──▶ alerts.store.items ──alerts.digest, render──▶ outbox ──▶ tell
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, bindparam, case, func, or_, select, update

from alerts.types import Event
from news.store import schema as s
from news.store.sql import chunks


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A match that an alert has yet to tell."""

    id: int
    alert_id: str
    watchlist_id: str
    story_id: int
    created_at: datetime
    urgent: bool
    urgent_told_at: datetime | None
    event: Event


@dataclass(frozen=True, slots=True)
class Mark:
    """What a look at an alert's open dues depends on; equal while nothing has come or become urgent."""

    #: how many are open
    count: int
    newest: int
    #: how many of them are to go at once
    urgent: int


#: stands in ``due.due_key`` where nothing was told
EXPIRED = "expired"

#: of an alert that has nothing open
NOTHING = Mark(0, 0, 0)

_d, _m = s.due.c, s.match.c
_TO_GO = case((_d.urgent & _d.urgent_told_at.is_(None), 1), else_=0)
_MARKS = (
    select(_d.alert_id, func.count(), func.max(_d.id), func.sum(_TO_GO))
    .where(_d.told_at.is_(None))
    .group_by(_d.alert_id)
)
_OPEN = (
    select(_d.id, _d.alert_id, _m.watchlist_id, _m.story_id, _d.created_at, _d.urgent, _d.urgent_told_at, _m.event)
    .join(s.match, _m.id == _d.match_id)
    .where(_d.told_at.is_(None), _d.alert_id.in_(bindparam("alerts", expanding=True)))
    .order_by(_d.id)
)
_TELL = update(s.due).where(_d.id == bindparam("of"), _d.told_at.is_(None))


def marks(conn: Connection) -> dict[str, Mark]:
    """Return the mark of every alert that has something open; much cheaper than reading all of it."""
    return {alert_id: Mark(count, newest, urgent) for alert_id, count, newest, urgent in conn.execute(_MARKS)}


def open_dues(conn: Connection, alert_ids: Sequence[str]) -> dict[str, list[OpenRow]]:
    """Return all that these alerts have yet to tell, by alert, oldest first."""
    rows: dict[str, list[OpenRow]] = {}
    for part in chunks(alert_ids):
        for row in conn.execute(_OPEN, {"alerts": part}):
            rows.setdefault(row.alert_id, []).append(OpenRow(*row[:-1], Event(row.event)))
    return rows


def tell(
    conn: Connection,
    due_ids: Sequence[int],
    *,
    due_key: str,
    now: datetime,
    urgent: bool,
    tellers: Mapping[int, int] | None = None,
) -> None:
    """Note that a digest took these rows; an urgent message leaves them open for the next digest to list.

    ``tellers`` are the articles that led, by the row; what an urgent message led with stays.
    """
    values: dict[str, Any] = {"urgent_told_at": now} if urgent else {"told_at": now, "due_key": due_key}
    teller = func.coalesce(_d.teller_id, bindparam("teller", type_=BigInteger))
    rows = [{"of": one, "teller": (tellers or {}).get(one)} for one in due_ids]
    if rows:
        conn.execute(_TELL.values(**values, teller_id=teller), rows)


def expire(conn: Connection, *, now: datetime, longest: timedelta) -> int:
    """Give up what could not be told for longer than ``longest``; return how many rows that were.

    That is what a paused watchlist, a paused or switched-off target, or an alert that is configured no more holds
    back. What waits for its schedule is left alone, however long that takes.
    """
    before = now - longest
    lists, target = s.watchlist.c, s.target.c
    listed = select(s.match.c.id).where(
        s.match.c.watchlist_id == lists.id, _paused(lists, now), lists.paused_at <= before
    )
    held = or_(and_(_paused(target, now), target.paused_at <= before), target.off_at <= before)
    alerts = (
        select(s.alert.c.id)
        .outerjoin(s.target, target.name == s.alert.c.target)
        .where(or_(s.alert.c.active.is_(False), held))
    )
    waiting = and_(s.due.c.told_at.is_(None), s.due.c.created_at <= before)
    held_back = or_(s.due.c.match_id.in_(listed), s.due.c.alert_id.in_(alerts))
    return conn.execute(update(s.due).where(waiting, held_back).values(told_at=now, due_key=EXPIRED)).rowcount


def _paused(columns: Any, now: datetime) -> ColumnElement[bool]:
    return and_(columns.paused, or_(columns.paused_until.is_(None), columns.paused_until > now))


def composed_since(conn: Connection, alert_id: str, since: datetime) -> list[datetime]:
    """Return when an alert's digests were composed since an instant, one each whatever its parts and recipients."""
    m = s.message.c
    statement = select(func.min(m.created_at)).where(m.alert_id == alert_id, m.created_at >= since).group_by(m.due_key)
    return list(conn.execute(statement).scalars())
