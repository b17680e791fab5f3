"""Named leases: one holder at a time for story assignment, for composing digests, for retention.

A lease that is not renewed runs out, and whoever takes it next has a higher token: writes under the old one are
refused by ``check``. Times are the database's clock on PostgreSQL, the given ``now`` on SQLite.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select, update

from news.errors import StaleLeaseError
from news.store.schema import delivery, lease, site
from news.store.sql import insert_or_ignore, lease_clock, lease_end, lease_times, now_of

_DIALECTS = ("sqlite", "postgresql")


def take(conn: Connection, name: str, *, holder: str, now: datetime, lasts: timedelta) -> int | None:
    """Take a lease that is free, has run out, or is the holder's own already; return its fencing token.

    None where another holder has it. Taking one's own anew gives a new token.
    """
    dialect = conn.dialect.name
    parameters = {**lease_times(dialect, now), "name": name, "holder": holder}
    token = conn.execute(_FREE[dialect], parameters).scalar()
    if token is None:
        added = conn.execute(_ADD[dialect], {"name": name, "token": 0})
        if added.rowcount != 1:
            return None
        token = 0
    conn.execute(_TAKE[dialect], {**lease_times(dialect, now, lasts), "held": name, "by": holder, "new": token + 1})
    return int(token) + 1


def token(conn: Connection, name: str) -> int:
    """Return the token under which a lease was last taken; 0 where it never was."""
    return int(conn.execute(select(lease.c.token).where(lease.c.name == name)).scalar() or 0)


def renew(conn: Connection, name: str, token: int, *, now: datetime, lasts: timedelta) -> None:
    """Make a held lease last anew; StaleLeaseError where it was lost."""
    dialect = conn.dialect.name
    renewed = conn.execute(_RENEW[dialect], {**lease_times(dialect, now, lasts), "held": name, "old": token})
    if renewed.rowcount != 1:
        raise _lost(name)


def check(conn: Connection, name: str, token: int) -> None:
    """Raise StaleLeaseError unless the lease is held under this token; on PostgreSQL it stays so to the commit."""
    if conn.execute(_CHECK, {"name": name, "token": token}).first() is None:
        raise _lost(name)


def release(conn: Connection, name: str, token: int) -> bool:
    """Give a lease back; False, and nothing changed, where it was lost."""
    return conn.execute(_RELEASE, {"held": name, "old": token}).rowcount == 1


def release_holder(conn: Connection, holder: str) -> int:
    """Give back every named lease of one holder, at its end; return how many it held."""
    return conn.execute(update(lease).where(lease.c.holder == holder).values(holder=None, until=None)).rowcount


def release_all(conn: Connection) -> int:
    """End every named lease: at boot on SQLite, where nobody else can hold one."""
    return conn.execute(update(lease).where(lease.c.holder.is_not(None)).values(holder=None, until=None)).rowcount


def holders(conn: Connection, now: datetime) -> set[str]:
    """Return everyone who holds a lease that has not run out: a named one, one of a site or of a delivery."""
    at = now_of(conn, now)
    return {
        name
        for column, until in _ALL
        for name in conn.execute(select(column).where(column.is_not(None), until > at)).scalars()
    }


def run_out(conn: Connection, names: Collection[str], now: datetime) -> None:
    """Let every lease of these holders run out now, so that it is taken over as any that ran out."""
    at = now_of(conn, now)
    for column, until in _ALL:
        conn.execute(update(column.table).where(column.in_(names)).values({until: at}))


def _lost(name: str) -> StaleLeaseError:
    return StaleLeaseError(f"the lease of {name} went to another process; what was done under it is dropped")


#: the holder and the end of every kind of lease
_ALL = (
    (lease.c.holder, lease.c.until),
    (site.c.lease_holder, site.c.lease_until),
    (delivery.c.lease_holder, delivery.c.lease_until),
)
_ADD = insert_or_ignore(lease)
_FREE = {
    dialect: select(lease.c.token)
    .where(
        lease.c.name == bindparam("name"),
        or_(lease.c.until.is_(None), lease.c.until <= lease_clock(dialect), lease.c.holder == bindparam("holder")),
    )
    .with_for_update(skip_locked=True)
    for dialect in _DIALECTS
}
_TAKE = {
    dialect: update(lease)
    .where(lease.c.name == bindparam("held"))
    .values(holder=bindparam("by"), token=bindparam("new"), until=lease_end(dialect))
    for dialect in _DIALECTS
}
_HELD = (lease.c.name == bindparam("held"), lease.c.token == bindparam("old"), lease.c.holder.is_not(None))
_RENEW = {dialect: update(lease).where(*_HELD).values(until=lease_end(dialect)) for dialect in _DIALECTS}
_RELEASE = update(lease).where(*_HELD).values(holder=None, until=None)
_CHECK = (
    select(lease.c.token)
    .where(lease.c.name == bindparam("name"), lease.c.token == bindparam("token"), lease.c.holder.is_not(None))
    .with_for_update()
)
