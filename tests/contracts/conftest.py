"""Fixtures of the contract suite: every contract holds on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from storerows import add_feeds
from stores import StillClock

from news.store.engine import Store
from news.store.feeds import FeedRow, list_feeds


@pytest.fixture
def other_store(database: str, store: Store, store_clock: StillClock) -> Iterator[Store]:
    """A second store on the database of ``store``, as another process has it."""
    assert store.url is not None
    with Store.open(database, store_clock) as opened:
        yield opened


@pytest.fixture
def feed(store: Store) -> FeedRow:
    """One configured feed in ``store``."""
    store.write_now(lambda conn: add_feeds(conn, "herald"))
    return store.read_now(list_feeds)[0]
