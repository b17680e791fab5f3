"""The feeds: configured, claimed with their site, polled, recorded. What the crawl and the commands call.

``feed`` has one row an address; the configuration wins over OPML over the store. Claiming is in ``news.store.sites``
and offered here too.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from news.errors import StoreError
from news.store.feed_rows import SELECT_FEEDS, FeedRow, FeedSettings, feed_rows
from news.store.schema import feed, site
from news.store.sites import (
    SiteWork,
    add_sites,
    claim_one_site,
    claim_sites,
    held_sites,
    release_holder,
    release_site,
    release_sites,
    renew_sites,
)
from news.store.sql import storable
from news.types import FeedOrigin, FeedState

__all__ = [
    "FeedRow",
    "FeedSettings",
    "SiteWork",
    "add_feed",
    "claim_one_site",
    "claim_sites",
    "get_feed",
    "held_sites",
    "list_feeds",
    "next_due",
    "release_holder",
    "release_site",
    "release_sites",
    "remove_feed",
    "renew_sites",
    "sync_feeds",
    "update_feed",
    "update_feeds",
]

_GONE = "no longer in the configuration"
_REMOVED = "removed"
_RANK = {FeedOrigin.CONFIG: 0, FeedOrigin.OPML: 1, FeedOrigin.STORE: 2}


# ── configured ──────────


def sync_feeds(conn: Connection, settings: Sequence[FeedSettings], *, now: datetime, first_interval: timedelta) -> None:
    """Make the table say what the configuration says.

    One feed an address: of several settings the one of the higher origin counts. A new feed is due at once. A feed
    that is gone from the configuration rests with its history; one that returns is due at once. Feeds of the store
    stay as they are unless the configuration names them too, which it then owns.
    """
    wanted: dict[str, FeedSettings] = {}
    for one in sorted(settings, key=lambda setting: _RANK[setting.origin]):
        wanted.setdefault(one.url, one)
    known = {row.url: row for row in list_feeds(conn)}
    add_sites(conn, sorted({one.site for one in wanted.values()}))
    new = [_new_row(one, now, first_interval) for url, one in wanted.items() if url not in known]
    if new:
        conn.execute(insert(feed), new)
    for url, row in known.items():
        setting = wanted.get(url)
        if setting is not None:
            changed = _changes(row, setting, now)
        elif row.active and row.origin is not FeedOrigin.STORE:
            changed = _rest(_GONE, now)
        else:
            continue
        if changed:
            update_feed(conn, row.id, changed)


def add_feed(conn: Connection, settings: FeedSettings, *, now: datetime, first_interval: timedelta) -> int:
    """Keep a feed in the store beside those of the configuration, due at once, and return its id.

    Raises StoreError where the address is watched already.
    """
    row = get_feed(conn, settings.url)
    add_sites(conn, [settings.site])
    if row is None:
        return int(
            conn.execute(insert(feed).returning(feed.c.id), _new_row(settings, now, first_interval)).scalar_one()
        )
    if row.active:
        raise StoreError(f"{settings.url} is watched already, from {_WHENCE[row.origin]}")
    update_feed(conn, row.id, _changes(row, settings, now))
    return row.id


def remove_feed(conn: Connection, url: str, *, now: datetime) -> bool:
    """Let a feed of the store rest with its history; False where there is none.

    Raises StoreError for a feed of the configuration, which is removed there.
    """
    row = get_feed(conn, url)
    if row is None or not row.active:
        return False
    if row.origin is not FeedOrigin.STORE:
        raise StoreError(f"{url} comes from {_WHENCE[row.origin]}; remove it there")
    update_feed(conn, row.id, _rest(_REMOVED, now))
    return True


_WHENCE = {
    FeedOrigin.CONFIG: "the configuration",
    FeedOrigin.OPML: "an OPML file of the configuration",
    FeedOrigin.STORE: "the store",
}


def _configured(setting: FeedSettings) -> dict[str, Any]:
    return {
        "site": setting.site,
        "origin": setting.origin.value,
        "name": setting.name,
        "configured_language": setting.language,
        "tags": list(setting.tags),
        "configured_interval_s": None if setting.interval is None else setting.interval.total_seconds(),
        "robots": setting.robots.value,
    }


def _new_row(setting: FeedSettings, now: datetime, first_interval: timedelta) -> dict[str, Any]:
    return {
        **_configured(setting),
        "url": setting.url,
        "interval_s": (setting.interval or first_interval).total_seconds(),
        "next_poll_at": now,
        "created_at": now,
    }


def _changes(row: FeedRow, setting: FeedSettings, now: datetime) -> dict[str, Any]:
    """Return what is to be written so that a known feed is as it is configured; empty where it is already."""
    configured = _configured(setting)
    if row.request_url is not None:
        # It has moved for good: the site that is asked is the one of its new address.
        del configured["site"]
    stored = {name: getattr(row, name) for name in configured} | {"tags": list(row.tags)}
    changed = {name: value for name, value in configured.items() if stored[name] != value}
    if not row.active:
        state = FeedState.FAILING if row.failures else FeedState.HEALTHY
        changed |= {"active": True, "state": state.value, "reason": row.error or "", "state_since": now}
        changed["next_poll_at"] = now
    elif changed.get("configured_interval_s") is not None and row.failures == 0 and row.next_poll_at is not None:
        # A shorter interval counts from the last poll, not from the end of the longer one.
        since = row.last_polled_at or now
        soon = max(now, since + timedelta(seconds=changed["configured_interval_s"]))
        changed["next_poll_at"] = min(row.next_poll_at, soon)
    return changed


def _rest(reason: str, now: datetime) -> dict[str, Any]:
    return {
        "active": False,
        "state": FeedState.RESTING.value,
        "reason": reason,
        "state_since": now,
        "next_poll_at": None,
    }


# ── read ──────────


def list_feeds(conn: Connection) -> list[FeedRow]:
    """Return every feed, those that rest too, by address."""
    return feed_rows(conn.execute(_LIST))


def get_feed(conn: Connection, key: int | str) -> FeedRow | None:
    """Return a feed by its id or its address."""
    rows = feed_rows(conn.execute(_BY_ID if isinstance(key, int) else _BY_URL, {"key": key}))
    return rows[0] if rows else None


def next_due(conn: Connection) -> datetime | None:
    """Return when the next feed may be claimed: due, its site to be asked and not leased; None without feeds.

    Of the 500 that are due first; where all of these are leased, another may be due a little before.
    """
    return conn.execute(_NEXT_DUE).scalar()


# ── recorded ──────────


def update_feed(conn: Connection, feed_id: int, values: Mapping[str, object]) -> None:
    """Write some columns of a feed, by name; enumerations may be given as they are."""
    update_feeds(conn, [(feed_id, values)])


def update_feeds(conn: Connection, changes: Iterable[tuple[int, Mapping[str, object]]]) -> None:
    """Write some columns of feeds: (feed id, columns by name); one statement for all that write the same columns."""
    by_columns: dict[frozenset[str], list[dict[str, object]]] = {}
    for feed_id, values in changes:
        if values:
            row = {name: _stored(value) for name, value in values.items()}
            by_columns.setdefault(frozenset(values), []).append({**row, "feed_id": feed_id})
    for rows in by_columns.values():
        conn.execute(_UPDATE, rows)


def _stored(value: object) -> object:
    # An enumeration's members are texts too, and go as what they hold.
    return storable(str(value)) if isinstance(value, str) else value


# The columns to set are those of the parameters; SQLAlchemy keeps the compiled statement for each set of them.
_UPDATE = update(feed).where(feed.c.id == bindparam("feed_id"))
_LIST = SELECT_FEEDS.order_by(feed.c.url)
_BY_ID = SELECT_FEEDS.where(feed.c.id == bindparam("key"))
_BY_URL = SELECT_FEEDS.where(feed.c.url == bindparam("key"))
_first = (
    select(feed.c.site, feed.c.next_poll_at)
    .where(feed.c.active, feed.c.next_poll_at.is_not(None))
    .order_by(feed.c.next_poll_at)
    .limit(500)
    .subquery("due_first")
)
_ASKED_AT = case((site.c.next_request_at > _first.c.next_poll_at, site.c.next_request_at), else_=_first.c.next_poll_at)
_CLAIMED_AT = case((site.c.lease_until > _ASKED_AT, site.c.lease_until), else_=_ASKED_AT)
_NEXT_DUE = select(func.min(_CLAIMED_AT)).join_from(_first, site, site.c.name == _first.c.site)
