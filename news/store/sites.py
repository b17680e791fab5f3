"""Sites as leases: who claims a site claims its due feeds, and nobody else asks that site for anything meanwhile.

::

    claim_sites ──SiteWork(token)──▶ polls ──held_sites(token) in each transaction──▶ release_sites(next_request_at)

A lease carries a fencing token that grows with every claim, so that a holder that was thought dead writes nothing
(Kleppmann, "How to do distributed locking", 2016). A lease's times are the database's clock on PostgreSQL and the given
``now`` on SQLite; ``next_poll_at`` and ``next_request_at`` are compared with ``now`` on both.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, bindparam, case, func, or_, select, update

from news.store.feed_rows import FEED_COLUMNS, FeedRow, feed_rows
from news.store.schema import Instant, feed, site
from news.store.sql import CHUNK, chunks, insert_or_ignore, lease_clock, lease_end, lease_times

_DIALECTS = ("sqlite", "postgresql")

#: due feeds looked at for each site that is wanted
_WINDOW = 8


@dataclass(frozen=True, slots=True)
class SiteWork:
    """A claimed site with its due feeds."""

    site: str
    #: to be shown to ``held_sites`` and ``release_sites``
    token: int
    #: oldest due first
    feeds: tuple[FeedRow, ...]


def claim_sites(
    conn: Connection,
    *,
    holder: str,
    now: datetime,
    lasts: timedelta,
    sites: int,
    feeds_per_site: int = 10,
    ignore_due: bool = False,
    polled_before: datetime | None = None,
) -> list[SiteWork]:
    """Claim up to ``sites`` sites that have a due feed, oldest due first, and return them with those feeds.

    Passed over are sites with a live lease, sites that are not to be asked before ``next_request_at``, and on
    PostgreSQL sites whose row another process has locked. With ``ignore_due`` every active feed counts as due that
    was last polled before ``polled_before`` (where that is given) or never.
    """
    dialect = conn.dialect.name
    times = lease_times(dialect, now)
    due = {"now_due": now, "polled_before": polled_before}
    mode = _mode(ignore_due=ignore_due, polled_before=polled_before)
    wanted = {"sites": sites, "window": sites * _WINDOW}
    candidates = conn.execute(_candidates(dialect, mode), {**times, **due, **wanted}).all()
    works: list[SiteWork] = []
    for start in range(0, len(candidates), CHUNK):
        tokens = {name: token + 1 for name, token in candidates[start : start + CHUNK]}
        names = list(tokens)
        conn.execute(_TAKE[dialect], {**lease_times(dialect, now, lasts), "holder": holder, "names": names})
        by_site: dict[str, list[FeedRow]] = {name: [] for name in names}
        for row in feed_rows(conn.execute(_due_feeds(mode), {**due, "names": names})):
            by_site[row.site].append(row)
        works += [SiteWork(name, tokens[name], tuple(rows[:feeds_per_site])) for name, rows in by_site.items() if rows]
        # On PostgreSQL another process may have polled a site between our look at its feeds and our lock.
        empty = [name for name, rows in by_site.items() if not rows]
        if empty:
            conn.execute(_GIVE_BACK, {"names": empty})
    return works


def claim_one_site(conn: Connection, name: str, *, holder: str, now: datetime, lasts: timedelta) -> int | None:
    """Claim one site by name, as a redirect to another site needs it, and return its token.

    None where it has a live lease (the holder's own too) or may not be asked before ``next_request_at``. A site that
    is not known yet is added.
    """
    dialect = conn.dialect.name
    parameters = {**lease_times(dialect, now), "now_due": now, "name": name}
    token = conn.execute(_ONE[dialect], parameters).scalar()
    if token is None:
        added = conn.execute(_ADD[dialect], {"name": name, "lease_token": 0})
        if added.rowcount != 1:
            return None
        token = 0
    conn.execute(_TAKE[dialect], {**lease_times(dialect, now, lasts), "holder": holder, "names": [name]})
    return int(token) + 1


def held_sites(conn: Connection, tokens: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of these sites that are still held under these tokens; on PostgreSQL they stay so to the commit.

    A lease that ran out and that nobody took is still held: only the token counts.
    """
    held: set[tuple[str, int]] = set()
    for part in chunks(sorted({name for name, _ in tokens})):
        held.update((name, token) for name, token in conn.execute(_HELD, {"names": part}))
    return held.intersection(tokens)


def renew_sites(conn: Connection, *, holder: str, now: datetime, lasts: timedelta) -> int:
    """Make every lease of a holder last anew, and return how many it has."""
    dialect = conn.dialect.name
    return conn.execute(_RENEW[dialect], {**lease_times(dialect, now, lasts), "holder": holder}).rowcount


def release_site(conn: Connection, name: str, token: int, *, next_request_at: datetime | None) -> bool:
    """End a lease and keep when the site may be asked again; an instant only ever moves later.

    Returns False, and changes nothing, where the lease went to another holder.
    """
    statement = _RELEASE if next_request_at is None else _RELEASE_UNTIL
    parameters: dict[str, Any] = {"held": name, "token": token}
    if next_request_at is not None:
        parameters["free_at"] = next_request_at
    return conn.execute(statement, parameters).rowcount == 1


def release_sites(conn: Connection, sites: Iterable[tuple[str, int, datetime]]) -> None:
    """End leases: (site, token, when it may be asked again); those that went to others stay as they are."""
    rows = [{"held": name, "token": token, "free_at": free_at} for name, token, free_at in sites]
    if rows:
        conn.execute(_RELEASE_UNTIL, rows)


def pause_site(conn: Connection, name: str, *, until: datetime) -> None:
    """Keep that a site is not to be asked before an instant, whoever holds it; the instant only ever moves later."""
    conn.execute(_PAUSE, {"held": name, "free_at": until})


def release_holder(conn: Connection, holder: str | None) -> int:
    """End every lease of one holder, or of all (None: at boot on SQLite, where nobody else can hold one)."""
    owned = site.c.lease_holder.is_not(None) if holder is None else site.c.lease_holder == holder
    return conn.execute(update(site).where(owned).values(lease_holder=None, lease_until=None)).rowcount


# ── statements, built once ──────────


def _free(dialect: str) -> ColumnElement[bool]:
    return and_(
        or_(site.c.next_request_at.is_(None), site.c.next_request_at <= bindparam("now_due", type_=Instant)),
        or_(site.c.lease_until.is_(None), site.c.lease_until <= lease_clock(dialect)),
    )


def _mode(*, ignore_due: bool, polled_before: datetime | None) -> str:
    if not ignore_due:
        return "due"
    return "any" if polled_before is None else "polled_before"


def _is_due(mode: str) -> ColumnElement[bool]:
    if mode == "due":
        return and_(feed.c.active, feed.c.next_poll_at <= bindparam("now_due", type_=Instant))
    if mode == "any":
        return and_(feed.c.active)
    before = bindparam("polled_before", type_=Instant)
    return and_(feed.c.active, or_(feed.c.last_polled_at.is_(None), feed.c.last_polled_at < before))


@lru_cache(maxsize=6)
def _candidates(dialect: str, mode: str) -> Select[Any]:
    # From the index of what is due first, no further than needed: thousands may be due at once. Several feeds of a site
    # are one candidate, hence the wider window. FOR UPDATE does not go with GROUP BY, so the grouping is a subquery;
    # SQLite has one writer and no row locks.
    window = (
        select(feed.c.site, feed.c.next_poll_at)
        .join_from(feed, site, site.c.name == feed.c.site)
        .where(_is_due(mode), _free(dialect))
        .order_by(feed.c.next_poll_at)
        .limit(bindparam("window"))
        .subquery("due_first")
    )
    waiting = (
        select(window.c.site, func.min(window.c.next_poll_at).label("due_at"))
        .group_by(window.c.site)
        .subquery("waiting")
    )
    return (
        select(site.c.name, site.c.lease_token)
        .join(waiting, waiting.c.site == site.c.name)
        .where(_free(dialect))
        .order_by(waiting.c.due_at, site.c.name)
        .limit(bindparam("sites"))
        .with_for_update(of=site, skip_locked=True, key_share=True)
    )


@lru_cache(maxsize=3)
def _due_feeds(mode: str) -> Select[Any]:
    return (
        select(*FEED_COLUMNS)
        .where(feed.c.site.in_(bindparam("names", expanding=True)), _is_due(mode))
        .order_by(feed.c.next_poll_at, feed.c.id)
    )


def _take(dialect: str) -> Update:
    return (
        update(site)
        .where(site.c.name.in_(bindparam("names", expanding=True)))
        .values(lease_holder=bindparam("holder"), lease_until=lease_end(dialect), lease_token=site.c.lease_token + 1)
    )


_TAKE = {dialect: _take(dialect) for dialect in _DIALECTS}
_ADD = insert_or_ignore(site)
_ONE = {
    dialect: select(site.c.lease_token)
    .where(site.c.name == bindparam("name"), _free(dialect))
    .with_for_update(skip_locked=True, key_share=True)
    for dialect in _DIALECTS
}
_GIVE_BACK = (
    update(site).where(site.c.name.in_(bindparam("names", expanding=True))).values(lease_holder=None, lease_until=None)
)
# In one order for all, so that no two processes wait for each other.
_HELD = (
    select(site.c.name, site.c.lease_token)
    .where(site.c.name.in_(bindparam("names", expanding=True)), site.c.lease_holder.is_not(None))
    .order_by(site.c.name)
    .with_for_update(key_share=True)
)
_RENEW = {
    dialect: update(site).where(site.c.lease_holder == bindparam("holder")).values(lease_until=lease_end(dialect))
    for dialect in _DIALECTS
}
_RELEASE = (
    update(site)
    .where(site.c.name == bindparam("held"), site.c.lease_token == bindparam("token"), site.c.lease_holder.is_not(None))
    .values(lease_holder=None, lease_until=None)
)
_FREE_AT = bindparam("free_at", type_=Instant)
_LATER = case((site.c.next_request_at > _FREE_AT, site.c.next_request_at), else_=_FREE_AT)
_RELEASE_UNTIL = _RELEASE.values(next_request_at=_LATER)
_PAUSE = update(site).where(site.c.name == bindparam("held")).values(next_request_at=_LATER)


def add_sites(conn: Connection, names: Sequence[str]) -> None:
    """Add the sites that are not known yet."""
    if names:
        conn.execute(_ADD[conn.dialect.name], [{"name": name, "lease_token": 0} for name in names])
