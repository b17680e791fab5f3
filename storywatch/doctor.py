"""``storywatch doctor``: each part checked for real, with what to do.

::

    store ── schema, a write │ SMTP ── a login │ targets ── off, failing │ clock ── polls from the future
    disk ── room where the database lies │ feeds ── how they fare
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alerts.channels.email import login_check
from alerts.store import targets
from alerts.store.deliveries import count_deliveries
from alerts.types import DeliveryState
from news.clock import Clock
from news.errors import StoreError
from news.store import feeds, migrate
from news.store.engine import Store
from news.types import FeedState
from storywatch import wiring
from storywatch.config.values import Config

_LITTLE_ROOM = 200_000_000
#: further apart, and schedules and signatures are wrong
_CLOCK_APART = timedelta(seconds=30)


class Health(StrEnum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do."""

    part: str
    health: Health
    text: str


async def examine(config: Config, clock: Clock) -> AsyncIterator[Finding]:
    """Look at one part after another."""
    for warning in config.warnings:
        yield Finding("configuration", Health.WARNING, warning)
    store: Store | None = None
    try:
        store = await asyncio.to_thread(Store.open, config.service.database, clock)
        yield await asyncio.to_thread(_store, config, store, clock)
        ready = await asyncio.to_thread(migrate.status, store)
        if ready.state is migrate.SchemaState.CURRENT:
            yield await _clock(store, clock)
            yield await _feeds(store)
            for finding in await _targets(store, clock):
                yield finding
            yield await _outbox(store)
    except StoreError as error:
        yield Finding("store", Health.FAILED, str(error))
    finally:
        if store is not None:
            await store.close()
    yield await asyncio.to_thread(_disk, config)
    yield await _smtp(config)
    if config.fetch.proxy is not None:
        text = "names are resolved by the proxy: only literal addresses are guarded here"
        yield Finding("proxy", Health.WARNING, text)


def _store(config: Config, store: Store, clock: Clock) -> Finding:
    found = migrate.status(store)
    if found.state is migrate.SchemaState.EMPTY and store.file is not None:
        return Finding("store", Health.OK, f"{store.url}: new; `storywatch run` fills it")
    if found.state is not migrate.SchemaState.CURRENT:
        try:
            migrate.require_current(store)
        except StoreError as error:
            return Finding("store", Health.FAILED, str(error))

    # A write for real: it finds a read-only file, a full disk, a lock that is never given back.
    store.write_now(wiring.sync(config, clock))
    return Finding("store", Health.OK, f"{store.url}: schema {found.current}, writable")


async def _clock(store: Store, clock: Clock) -> Finding:
    """Look for polls from the future: then this clock was set back, or another machine's runs ahead."""
    now = clock.now()
    polled = [row.last_polled_at for row in await store.read(feeds.list_feeds) if row.last_polled_at is not None]
    if max(polled, default=now) - now > _CLOCK_APART:
        text = f"this machine's clock says {now:%Y-%m-%d %H:%M:%S} UTC, earlier than the last poll; set it by NTP"
        return Finding("clock", Health.FAILED, text)
    return Finding("clock", Health.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC")


async def _feeds(store: Store) -> Finding:
    rows = [row for row in await store.read(feeds.list_feeds) if row.active]
    ill = [row for row in rows if row.state is not FeedState.HEALTHY]
    if ill:
        return Finding("feeds", Health.WARNING, f"{len(ill)} of {len(rows)} are not well; `storywatch feeds health`")
    unpolled = sum(row.last_polled_at is None for row in rows)
    more = f", {unpolled} not polled yet" if unpolled else ""
    return Finding("feeds", Health.OK if rows else Health.WARNING, f"{len(rows)} watched{more}" if rows else "none")


async def _targets(store: Store, clock: Clock) -> list[Finding]:
    found = []
    for row in await store.read(targets.list_targets):
        if row.off_at is not None:
            text = f"switched itself off ({row.off_reason}); `storywatch targets resume {row.name}`"
            found.append(Finding(f"target {row.name}", Health.FAILED, text))
        elif row.last_error:
            found.append(Finding(f"target {row.name}", Health.FAILED, row.last_error))
        elif row.is_paused(clock.now()):
            found.append(Finding(f"target {row.name}", Health.WARNING, "paused"))
        else:
            found.append(Finding(f"target {row.name}", Health.OK, "nothing against it"))
    return found


async def _outbox(store: Store) -> Finding:
    counts = await store.read(count_deliveries)
    failed = counts.get(DeliveryState.FAILED, 0)
    waiting = sum(count for state, count in counts.items() if state not in (DeliveryState.SENT, DeliveryState.FAILED))
    if failed:
        return Finding("outbox", Health.FAILED, f"{failed} deliveries failed; `storywatch outbox list` tells why")
    return Finding("outbox", Health.OK, f"{waiting} waiting" if waiting else "empty")


def _disk(config: Config) -> Finding:
    folder = config.path.resolve().parent
    if config.service.database.startswith("sqlite:///"):
        file = config.service.database.removeprefix("sqlite:///")
        folder = (folder / file).parent
    room = shutil.disk_usage(folder).free
    text = f"{room // 1_000_000} MB free in {folder}"
    return Finding("disk", Health.FAILED if room < _LITTLE_ROOM else Health.OK, text)


async def _smtp(config: Config) -> Finding:
    settings = wiring.smtp_settings(config)
    if settings is None:
        return Finding("smtp", Health.OK, "not configured, and nothing goes by email")
    problem = await login_check(settings)
    if problem is not None:
        return Finding("smtp", Health.FAILED, problem)
    return Finding("smtp", Health.OK, f"{settings.host}:{settings.port} lets us in")
