"""Rows of watchlists and alerts: what was configured, since when, and whether it is paused."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, or_, select, update

from alerts.types import Alert, Watchlist
from news.store import schema as s


@dataclass(frozen=True, slots=True)
class WatchlistRow:
    """What the store remembers of a watchlist."""

    id: str
    name: str
    #: when it was first configured
    created_at: datetime
    #: of an edited query: stories first seen before this are not told
    since: datetime | None
    #: when it had been evaluated over the stored stories; None while that is to be done
    backfilled_at: datetime | None
    paused: bool
    paused_until: datetime | None

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing of it is told at ``now``."""
        return self.paused and (self.paused_until is None or now < self.paused_until)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What the store remembers of an alert."""

    id: str
    created_at: datetime
    #: end of the last window that was told, or None
    told_to: datetime | None


def fingerprint(watchlist: Watchlist) -> str:
    """Return a hash of what a watchlist selects; reordering its queries, selectors or aliases leaves it as it is.

    Configured sets of names count, since an edited one is an edited query; those that are built in do not, since an
    upgrade edits nothing.
    """
    selected = (watchlist.queries, watchlist.exclude, watchlist.feeds, watchlist.languages)
    parts: list[object] = [sorted(part) for part in selected]
    if watchlist.aliases:
        # Only then, so that a watchlist without any keeps the hash that stands in the store.
        parts.append(sorted([name, sorted(entries)] for name, entries in watchlist.aliases))
    return "1:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def sync_watchlists(conn: Connection, watchlists: Sequence[Watchlist], *, now: datetime) -> None:
    """Make the rows agree with the configuration: add new ones, note edited queries, rest those that are gone."""
    known = {row.id: row for row in conn.execute(select(s.watchlist))}
    for gone in known.keys() - {watchlist.id for watchlist in watchlists}:
        _change(conn, s.watchlist, known[gone], {"active": False})
    for watchlist in watchlists:
        mark = fingerprint(watchlist)
        row = known.get(watchlist.id)
        if row is None:
            new = {"id": watchlist.id, "name": watchlist.name, "fingerprint": mark, "created_at": now}
            conn.execute(insert(s.watchlist), new)
            continue
        values: dict[str, object] = {"name": watchlist.name, "fingerprint": mark, "active": True}
        if (row.fingerprint != mark or not row.active) and row.backfilled_at is not None:
            # A list that comes back counts as edited: what went by while it was gone is not told now. One that was
            # never evaluated over the stored stories is as new as before.
            values["since"] = now
        _change(conn, s.watchlist, row, values)


def sync_alerts(conn: Connection, alerts: Sequence[Alert], *, now: datetime) -> None:
    """Make the rows of alerts agree with the configuration; what was sent under an id stays with it."""
    known = {row.id: row for row in conn.execute(select(s.alert))}
    for gone in known.keys() - {alert.id for alert in alerts}:
        _change(conn, s.alert, known[gone], {"active": False})
    for alert in alerts:
        if alert.id in known:
            _change(conn, s.alert, known[alert.id], {"target": alert.target.name, "active": True})
        else:
            conn.execute(insert(s.alert), {"id": alert.id, "created_at": now, "target": alert.target.name})


def _change(conn: Connection, table: Table, row: Any, values: Mapping[str, object]) -> None:
    """Write what differs; a start with the configuration of yesterday writes nothing."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        conn.execute(update(table).where(table.c.id == row.id).values(changed))


def watchlists(conn: Connection) -> dict[str, WatchlistRow]:
    """Return the rows of the configured watchlists by id."""
    columns = s.watchlist.c
    statement = select(
        columns.id,
        columns.name,
        columns.created_at,
        columns.since,
        columns.backfilled_at,
        columns.paused,
        columns.paused_until,
    ).where(columns.active.is_(True))
    return {row.id: WatchlistRow(*row) for row in conn.execute(statement)}


def alerts(conn: Connection) -> dict[str, AlertRow]:
    """Return the rows of the configured alerts by id."""
    columns = s.alert.c
    statement = select(columns.id, columns.created_at, columns.told_to).where(columns.active.is_(True))
    return {row.id: AlertRow(*row) for row in conn.execute(statement)}


def mark_backfilled(conn: Connection, watchlist_id: str, *, now: datetime) -> None:
    """Note that a new watchlist was evaluated over the stored stories."""
    conn.execute(update(s.watchlist).where(s.watchlist.c.id == watchlist_id).values(backfilled_at=now))


def set_paused(
    conn: Connection, named: str, *, paused: bool, until: datetime | None = None, now: datetime
) -> str | None:
    """Pause or resume a watchlist by id or name; return its id, or None where there is no such watchlist.

    A pause that holds already is only given another end: what it holds back has waited since it began.
    """
    columns = s.watchlist.c
    row = conn.execute(
        select(columns.id, columns.paused, columns.paused_at, columns.paused_until)
        .where(and_(s.watchlist.c.active.is_(True), or_(s.watchlist.c.id == named, s.watchlist.c.name == named)))
        .order_by(s.watchlist.c.id != named)
    ).first()
    if row is None:
        return None
    holds = row.paused and (row.paused_until is None or row.paused_until > now)
    begun = (row.paused_at if holds else now) if paused else None
    values = {"paused": paused, "paused_at": begun, "paused_until": until}
    conn.execute(update(s.watchlist).where(s.watchlist.c.id == row.id).values(values))
    return str(row.id)


def advance(conn: Connection, alert_id: str, told_to: datetime) -> None:
    """Move the end of the last told window; the next digest begins there."""
    conn.execute(update(s.alert).where(s.alert.c.id == alert_id).values(told_to=told_to))


def names(watchlists: Mapping[str, WatchlistRow], ids: Sequence[str]) -> str:
    """Join the names of watchlists, as listings show them."""
    return ", ".join(watchlists[one].name if one in watchlists else one for one in ids)
