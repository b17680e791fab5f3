"""Rows of ``trouble``: what the operator has to know, told once each.

::

    begin_trouble ─▶ row ─▶ untold_troubles ─▶ (a message to the operator) ─▶ mark_told
                      └──── end_trouble, when it is over ──── begin_trouble starts it anew

A trouble is known by its subject: ``feed:URL``, ``target:NAME``, ``smtp``, ``disk``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from news.store.schema import trouble


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that an operator should look at."""

    #: what it is about
    subject: str
    #: what happened, and what to do
    text: str
    began_at: datetime
    #: when the operator was told, or None
    told_at: datetime | None
    #: when it was over, or None while it lasts
    ended_at: datetime | None


def begin_trouble(conn: Connection, subject: str, text: str, now: datetime) -> bool:
    """Note a trouble; return True if it is a new one, False if it lasts already (then only its text is renewed)."""
    row = conn.execute(select(trouble.c.text, trouble.c.ended_at).where(trouble.c.subject == subject)).first()
    if row is None:
        conn.execute(insert(trouble).values(subject=subject, text=text, began_at=now))
        return True
    here = update(trouble).where(trouble.c.subject == subject)
    if row.ended_at is None:
        if row.text != text:
            conn.execute(here.values(text=text))
        return False
    conn.execute(here.values(text=text, began_at=now, told_at=None, ended_at=None))
    return True


def end_trouble(conn: Connection, subject: str, now: datetime) -> bool:
    """Note that a trouble is over; return whether it lasted until now."""
    ended = conn.execute(
        update(trouble).where(trouble.c.subject == subject, trouble.c.ended_at.is_(None)).values(ended_at=now)
    )
    return ended.rowcount > 0


def lasting_troubles(conn: Connection) -> list[Trouble]:
    """Return the troubles that are not over, oldest first."""
    rows = conn.execute(select(trouble).where(trouble.c.ended_at.is_(None)).order_by(trouble.c.began_at))
    return [_trouble(row) for row in rows.mappings()]


def untold_troubles(conn: Connection) -> list[Trouble]:
    """Return the lasting troubles that the operator does not know of yet, oldest first."""
    rows = conn.execute(
        select(trouble)
        .where(trouble.c.ended_at.is_(None), trouble.c.told_at.is_(None))
        .order_by(trouble.c.began_at, trouble.c.subject)
    )
    return [_trouble(row) for row in rows.mappings()]


def mark_told(conn: Connection, subjects: Sequence[str], now: datetime) -> None:
    """Note that the operator was told of these, in the transaction that stores the message."""
    if subjects:
        conn.execute(update(trouble).where(trouble.c.subject.in_(subjects)).values(told_at=now))


def _trouble(row: RowMapping) -> Trouble:
    return Trouble(
        subject=row["subject"],
        text=row["text"],
        began_at=row["began_at"],
        told_at=row["told_at"],
        ended_at=row["ended_at"],
    )
