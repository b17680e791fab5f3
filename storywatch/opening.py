"""How every command and the service open the store; apart from ``wiring``, so that a listing need not load Scrapy."""

import logging

from sqlalchemy import Connection

from news.clock import Clock
from news.errors import StoreError
from news.store import feeds, leases, migrate
from news.store.engine import Store
from news.store.feeds import FeedRow
from storywatch.config.values import Config
from storywatch.holders import has_ended

log = logging.getLogger("storywatch.service")


def open_store(config: Config, clock: Clock) -> Store:
    """Open the configured database; SQLite is migrated where it must be, after a backup.

    Raises StoreError, and SchemaError for a PostgreSQL that has to be migrated by command.
    """
    store = Store.open(config.service.database, clock)
    try:
        migrate.prepare(store)
    except StoreError:
        store.close_now()
        raise
    return store


async def take_over(store: Store, clock: Clock) -> None:
    """Let the leases of runs that were killed run out, so that nobody waits until they do.

    On SQLite these are all of them, since nobody else can run; on PostgreSQL those of which it is certain.
    """

    def work(conn: Connection) -> list[str]:
        ended = sorted(name for name in leases.holders(conn, clock.now()) if has_ended(name))
        leases.run_out(conn, ended, clock.now())
        return ended

    if store.dialect == "sqlite":
        await store.write(leases.release_all)
    else:
        for name in await store.write(work):
            log.info("what %s held when it was ended is taken over", name)


def watched_feeds(config: Config, store: Store, clock: Clock) -> list[FeedRow]:
    """Return the feeds as they stand once the configuration is taken over; a listing takes nothing over itself.

    A service that runs beside goes on by the configuration that it has read, until it is told to read it anew.
    """

    def work(conn: Connection) -> list[FeedRow]:
        rehearsal = conn.begin_nested()
        try:
            first = config.fetch.min_interval
            feeds.sync_feeds(conn, config.feeds, now=clock.now(), first_interval=first)
            return feeds.list_feeds(conn)
        finally:
            rehearsal.rollback()

    return store.write_now(work)
