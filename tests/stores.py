"""Fixtures: a store on each of the two databases, migrated and empty, for every test that asks for one.

``store`` runs a test twice, on SQLite and on PostgreSQL; ``database`` offers the address alone, for tests that open
several stores or start processes. ``store_clock`` is the clock of ``store``: it stands still until it is moved.

Whatever store is opened in this process, a statement is compiled once: see ``_engine``.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from postgres import PostgresServer
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from news.store import connect, migrate
from news.store.engine import Store

__all__ = ["database", "postgres", "postgres_template", "postgres_url", "sqlite_template", "sqlite_url", "store"]
__all__ += ["store_clock"]

#: when the clock of a test begins
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


#: more statements than there are, so that each is compiled once
_STATEMENTS = 10_000
#: an engine of each database that has been connected
_CONNECTED: dict[str, Engine] = {}


def _engine(url: URL, **settings: Any) -> Engine:
    """An engine that shares what was made of each statement with the other engines of this process.

    Nearly every test opens a store of its own, with new engines that would compile the same statements again, which
    takes longer than running them.
    """
    engine = create_engine(url, query_cache_size=_STATEMENTS, **settings)
    kind = url.get_backend_name()
    connected = _CONNECTED.get(kind)
    if connected is None:
        event.listen(engine, "first_connect", lambda *_: _CONNECTED.setdefault(kind, engine))
    else:
        engine.dialect = engine.pool._dialect = connected.dialect
        engine._compiled_cache = connected._compiled_cache
    return engine


vars(connect)["create_engine"] = _engine


class StillClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the instant that it was set to."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new instant."""
        self._now += by
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Move forward instead of waiting."""
        self.advance(timedelta(seconds=seconds))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the tests of one process."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a migrated, empty database to be copied."""
    name = postgres.create()
    with Store.open(postgres.url(name), StillClock()) as made:
        migrate.upgrade(made)
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty file to be copied."""
    file = tmp_path_factory.mktemp("template") / "storywatch.db"
    with Store.open(f"sqlite:///{file}", StillClock()) as made:
        migrate.prepare(made)
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a migrated, empty SQLite file of the test's own."""
    file = tmp_path / "storywatch.db"
    shutil.copy2(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database of the test's own."""
    with postgres.database(postgres_template) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database: the test runs on both kinds."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    address: str = request.getfixturevalue(name)
    return address


@pytest.fixture
def store_clock() -> StillClock:
    """The clock of ``store``."""
    return StillClock()


@pytest.fixture
def store(database: str, store_clock: StillClock) -> Iterator[Store]:
    """A migrated, empty store: the test runs on both databases."""
    with Store.open(database, store_clock) as opened:
        yield opened
