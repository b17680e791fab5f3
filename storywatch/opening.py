"""How every command and the service open the store; apart from ``wiring``, so that a listing need not load Scrapy."""

from sqlalchemy import Connection

from news.clock import Clock
from news.errors import StoreError
from news.store import feeds, migrate
from news.store.engine import Store
from news.store.feeds import FeedRow
from storywatch.config.values import Config


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
