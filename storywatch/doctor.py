"""``storywatch doctor``: each part checked for real, with what to do.

::

    configuration ── its warnings, secrets that others can read │ store ── schema, a write │ service ── who runs
    clock ── polls from the future, the server's clock │ feeds ── how they fare │ targets ── off, failing, reachable
    outbox ── what failed │ threads ── the model │ disk ── room │ smtp ── a login │ proxy ── what it cannot guard
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from alerts.channels.email import login_check
from alerts.channels.reaching import reach_check
from alerts.store import targets
from alerts.store.deliveries import count_deliveries
from alerts.store.targets import TargetRow
from alerts.types import ChannelKind, DeliveryState, Event, Target
from news.clock import Clock
from news.embedding import MODEL, Embedder
from news.errors import EmbeddingError, StoreError
from news.store import feeds, leases, migrate
from news.store.connect import parse_address, sqlite_file
from news.store.engine import Store
from news.store.hold import held_by
from news.types import FeedState
from storywatch import wiring
from storywatch.config.values import Config
from storywatch.holders import holder_name
from storywatch.opening import watched_feeds
from storywatch.semantic import without
from storywatch.upkeep import LITTLE_ROOM

#: bytes; below it nothing can be relied on
_NO_ROOM = 20_000_000
#: further apart, and schedules and signatures are wrong
_CLOCK_APART = timedelta(seconds=30)
#: a service polls oftener than this, whatever its feeds do
_NO_POLL_FOR = timedelta(hours=13)


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
    for finding in _configuration(config):
        yield finding
    async for finding in _stored(config, clock):
        yield finding
    yield await _threads(config)
    yield await asyncio.to_thread(_disk, config)
    yield await _smtp(config)
    if config.fetch.proxy is not None:
        text = "names are resolved by the proxy: only literal addresses are guarded here"
        yield Finding("proxy", Health.WARNING, text)


def _configuration(config: Config) -> list[Finding]:
    found = [Finding("configuration", Health.WARNING, warning) for warning in config.warnings]
    for path in config.exposed:
        text = f"{path} holds a secret, and every user of this machine can read it; chmod 600 {path}"
        found.append(Finding("configuration", Health.WARNING, text))
    return found or [Finding("configuration", Health.OK, str(config.path))]


async def _stored(config: Config, clock: Clock) -> AsyncIterator[Finding]:
    """Look at everything that the store knows; it is opened, and never made or migrated."""
    file = sqlite_file(parse_address(config.service.database))
    if file is not None and not file.exists():
        yield Finding("store", Health.OK, f"{file}: not there yet; `storywatch run` makes it")
        for target in config.targets:
            yield await _target(config, target, None, clock.now())
        return
    store: Store | None = None
    try:
        store = await asyncio.to_thread(Store.open, config.service.database, clock)
        yield await _store(store, clock)
        if (await asyncio.to_thread(migrate.status, store)).state is not migrate.SchemaState.CURRENT:
            return
        yield await _service(config, store, clock)
        yield await _clock(store, clock)
        yield await _feeds(config, store, clock)
        rows = {row.name: row for row in await store.read(targets.list_targets)}
        for target in config.targets:
            yield await _target(config, target, rows.get(target.name), clock.now())
        yield await _outbox(store)
    except StoreError as error:
        yield Finding("store", Health.FAILED, str(error))
    finally:
        if store is not None:
            await store.close()


async def _store(store: Store, clock: Clock) -> Finding:
    found = await asyncio.to_thread(migrate.status, store)
    if store.file is not None and found.state in {migrate.SchemaState.EMPTY, migrate.SchemaState.BEHIND}:
        text = f"{store.url}: schema {found.current or 'none'}; `storywatch run` brings it to {found.head}"
        return Finding("store", Health.OK, text)
    await asyncio.to_thread(migrate.require_current, store)
    holder = holder_name()

    def write(conn: Connection) -> None:
        # For real: it finds a read-only file, a full disk, a lock that is never given back.
        leases.take(conn, "doctor", holder=holder, now=clock.now(), lasts=timedelta(seconds=1))
        leases.release_holder(conn, holder)

    await store.write(write)
    return Finding("store", Health.OK, f"{store.url}: schema {found.current}, writable")


async def _service(config: Config, store: Store, clock: Clock) -> Finding:
    """Look whether a service runs: by its lock on the file, on a server by when a feed was polled."""
    if store.file is not None:
        pid = await asyncio.to_thread(held_by, store.file)
        if pid is None:
            return Finding("service", Health.WARNING, "does not run; `storywatch run`")
        return Finding("service", Health.OK, f"runs as process {pid}")
    polled = [row.last_polled_at for row in await store.read(feeds.list_feeds) if row.last_polled_at is not None]
    last = max(polled, default=None)
    if config.feeds and (last is None or clock.now() - last > _NO_POLL_FOR):
        when = "ever" if last is None else f"since {last:%Y-%m-%d %H:%M} UTC"
        return Finding("service", Health.WARNING, f"no feed was polled {when}; does `storywatch run` run anywhere?")
    return Finding("service", Health.OK, f"a feed was last polled at {last:%Y-%m-%d %H:%M:%S} UTC" if last else "idle")


async def _clock(store: Store, clock: Clock) -> Finding:
    """Compare with the last poll, which lies in the past, and with the server's clock."""
    now = clock.now()
    text = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    polled = [row.last_polled_at for row in await store.read(feeds.list_feeds) if row.last_polled_at is not None]
    if max(polled, default=now) - now > _CLOCK_APART:
        return Finding(
            "clock", Health.FAILED, f"{text}, which is earlier than the last poll; set this machine's by NTP"
        )
    if store.dialect == "postgresql":
        server: datetime = await store.read(lambda conn: conn.execute(select(func.clock_timestamp())).scalar_one())
        if abs(server - clock.now()) > _CLOCK_APART:
            text += f", and the database's says {server:%H:%M:%S}; set both by NTP"
            return Finding("clock", Health.FAILED, text)
    return Finding("clock", Health.OK, text)


async def _feeds(config: Config, store: Store, clock: Clock) -> Finding:
    rows = [row for row in await asyncio.to_thread(watched_feeds, config, store, clock) if row.active]
    ill = [row for row in rows if row.state is not FeedState.HEALTHY]
    if not rows:
        return Finding("feeds", Health.WARNING, "none is watched; write [[feeds]], or `storywatch feeds add URL`")
    if ill:
        health = Health.FAILED if len(ill) == len(rows) else Health.WARNING
        return Finding("feeds", health, f"{len(ill)} of {len(rows)} are not well; `storywatch feeds health` tells why")
    unpolled = sum(row.last_polled_at is None for row in rows)
    return Finding("feeds", Health.OK, f"{len(rows)} watched" + (f", {unpolled} not polled yet" if unpolled else ""))


async def _target(config: Config, target: Target, row: TargetRow | None, now: datetime) -> Finding:
    part = f"target {target.name}"
    if row is not None and row.off_at is not None:
        text = f"switched itself off ({row.off_reason}); `storywatch targets resume {target.name}`"
        return Finding(part, Health.FAILED, text)
    if row is not None and row.is_paused(now):
        return Finding(part, Health.WARNING, f"paused; `storywatch targets resume {target.name}`")
    if row is not None and row.last_error:
        return Finding(part, Health.FAILED, f"{row.last_error}; `storywatch targets test {target.name}` tries it anew")
    if target.channel is not ChannelKind.WEBHOOK:
        return Finding(part, Health.OK, "nothing against it; `smtp` below is how it is reached")
    problem = await reach_check(
        target.recipients[0],
        allowed=config.delivery.allow_addresses,
        ca_file=config.fetch.ca_file,
        timeout=config.delivery.webhook_timeout,
    )
    return Finding(part, Health.FAILED, problem) if problem else Finding(part, Health.OK, "reachable")


async def _outbox(store: Store) -> Finding:
    counts = await store.read(count_deliveries)
    failed = counts.get(DeliveryState.FAILED, 0)
    waiting = sum(count for state, count in counts.items() if state not in {DeliveryState.SENT, DeliveryState.FAILED})
    if failed:
        return Finding("outbox", Health.FAILED, f"failed for good: {failed}; `storywatch outbox list` tells why")
    return Finding("outbox", Health.OK, f"{waiting} waiting" if waiting else "empty")


async def _threads(config: Config) -> Finding:
    """Look whether events are told apart, by the model at work on a few words."""
    reason = without()
    if reason is not None:
        asked = any(one.by_thread for one in config.alerts)
        counted = any(Event.SPIKE in one.events for one in config.watchlists)
        lost = "stories are told one by one" if asked else "spikes of single events are not seen" if counted else ""
        text = f"{lost}: {reason}" if lost else f"stories have no threads, and nobody asks for them: {reason}"
        return Finding("threads", Health.WARNING if lost else Health.OK, text)
    embedder = Embedder()
    try:
        await embedder.embed(["storywatch"])
    except EmbeddingError as error:
        return Finding("threads", Health.FAILED, str(error))
    finally:
        embedder.close()
    return Finding("threads", Health.OK, f"by the model {MODEL}")


def _disk(config: Config) -> Finding:
    file = sqlite_file(parse_address(config.service.database))
    folder = (file if file is not None else config.path.resolve()).parent
    room = shutil.disk_usage(folder).free
    text = f"{room // 1_000_000} MB free in {folder}"
    if room < LITTLE_ROOM:
        return Finding("disk", Health.FAILED if room < _NO_ROOM else Health.WARNING, f"{text}; make room")
    return Finding("disk", Health.OK, text)


async def _smtp(config: Config) -> Finding:
    settings = wiring.smtp_settings(config)
    if settings is None:
        return Finding("smtp", Health.OK, "not configured, and nothing goes by email")
    problem = await login_check(settings)
    if problem is not None:
        return Finding("smtp", Health.FAILED, problem)
    return Finding("smtp", Health.OK, f"{settings.host}:{settings.port} lets us in")
