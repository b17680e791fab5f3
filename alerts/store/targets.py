"""Rows of ``target``: where alerts go, and whether something may be sent there now.

::

    configuration ─▶ sync_targets ─▶ row ◀─ pause_target, resume_target (commands)
                                      ▲
                                      └── switch_off_target (an answer 410), note_sent, note_error (the outbox)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, literal, not_, or_, select, update

from alerts.types import ChannelKind, Target
from news.store.schema import target
from news.store.sql import insert_or_ignore, insert_or_update


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A place to send to, and how it fares."""

    #: name in ``[targets]``, else the address, else the webhook's URL without userinfo and query
    name: str
    channel: ChannelKind
    #: paused by command; see ``is_paused``
    paused: bool
    #: the pause ends by itself, or None
    paused_until: datetime | None
    #: why it switched itself off, or None
    off_reason: str | None
    off_at: datetime | None
    last_sent_at: datetime | None
    #: what went wrong last; None since the last success
    last_error: str | None
    #: False: gone from the configuration
    active: bool

    def is_paused(self, now: datetime) -> bool:
        """Tell whether a pause holds."""
        return self.paused and (self.paused_until is None or self.paused_until > now)


def sync_targets(conn: Connection, targets: Sequence[Target]) -> None:
    """Make the rows what the configuration says; a target that is gone keeps its history."""
    rows = {t.name: {"name": t.name, "channel": t.channel.value, "paused": False, "active": True} for t in targets}
    conn.execute(update(target).where(target.c.active, target.c.name.not_in(list(rows))).values(active=False))
    if rows:
        upsert = insert_or_update(target, key=["name"], update=["channel", "active"])
        conn.execute(upsert[conn.dialect.name], [rows[name] for name in sorted(rows)])


def ensure_target(conn: Connection, name: str, channel: ChannelKind) -> None:
    """Add the row of a target that is not there, since a delivery without one is never claimed."""
    values = {"name": name, "channel": channel.value, "paused": False, "active": True}
    conn.execute(insert_or_ignore(target)[conn.dialect.name], values)


def pause_target(conn: Connection, name: str, until: datetime | None, *, now: datetime) -> bool:
    """Hold back what is for this target, for good or until an instant; False if it is not known.

    A pause that holds already is only given another end: what it holds back has waited since it began.
    """
    held = and_(target.c.paused, or_(target.c.paused_until.is_(None), target.c.paused_until > now))
    begun = case((held, target.c.paused_at), else_=literal(now, target.c.paused_at.type))
    changed = update(target).where(target.c.name == name).values(paused=True, paused_at=begun, paused_until=until)
    return conn.execute(changed).rowcount > 0


def resume_target(conn: Connection, name: str) -> bool:
    """End a pause, and switch on again what a 410 switched off; False if the target is not known."""
    values = {"paused": False, "paused_at": None, "paused_until": None, "off_reason": None, "off_at": None}
    return conn.execute(update(target).where(target.c.name == name).values(values)).rowcount > 0


def switch_off_target(conn: Connection, name: str, reason: str, now: datetime) -> None:
    """Send nothing more there until ``resume_target``."""
    off = update(target).where(target.c.name == name, target.c.off_at.is_(None))
    conn.execute(off.values(off_reason=reason, off_at=now, last_error=reason))


def note_sent(conn: Connection, name: str, now: datetime) -> None:
    """Note a success."""
    conn.execute(update(target).where(target.c.name == name).values(last_sent_at=now, last_error=None))


def note_error(conn: Connection, name: str, reason: str) -> None:
    """Note what went wrong last."""
    conn.execute(update(target).where(target.c.name == name).values(last_error=reason))


def get_target(conn: Connection, name: str) -> TargetRow | None:
    """Return one target, or None."""
    row = conn.execute(select(target).where(target.c.name == name)).mappings().first()
    return None if row is None else _target(row)


def list_targets(conn: Connection) -> list[TargetRow]:
    """Return the configured targets by name."""
    rows = conn.execute(select(target).where(target.c.active).order_by(target.c.name)).mappings()
    return [_target(row) for row in rows]


def may_be_sent_to(now: datetime) -> ColumnElement[bool]:
    """Return the condition on ``target`` that nothing holds it back."""
    paused = and_(target.c.paused, or_(target.c.paused_until.is_(None), target.c.paused_until > now))
    return and_(target.c.off_at.is_(None), not_(paused))


def _target(row: RowMapping) -> TargetRow:
    return TargetRow(
        name=row["name"],
        channel=ChannelKind(row["channel"]),
        paused=row["paused"],
        paused_until=row["paused_until"],
        off_reason=row["off_reason"],
        off_at=row["off_at"],
        last_sent_at=row["last_sent_at"],
        last_error=row["last_error"],
        active=row["active"],
    )
