"""A database address → SQLAlchemy engines, each connection set up as the store needs it.

``news.store.engine`` asks for two: one for its writer thread, one for its reader thread.
"""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from news.errors import StoreError

#: RETURNING and upserts (2021-03-12)
_OLDEST_SQLITE = (3, 35, 0)

#: seconds that a writer waits for another process that writes to the same file; ``?timeout=`` in the address wins
_BUSY_TIMEOUT_S = 30.0

#: seconds; a server that does not answer within is unreachable
_CONNECT_TIMEOUT_S = 10


def parse_address(address: str) -> URL:
    """Return the address as SQLAlchemy reads it, with the driver that is installed.

    Raises StoreError for anything but SQLite files and PostgreSQL.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        msg = "[service] database is no address; accepted are sqlite:///FILE and postgresql+psycopg://…"
        raise StoreError(msg) from error
    kind = url.drivername
    if kind in {"sqlite", "sqlite+pysqlite"}:
        if not url.database or url.database == ":memory:":
            raise StoreError("[service] database must name a file: sqlite:///storywatch.db")
        return url.set(drivername="sqlite+pysqlite")
    if kind in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"[service] database is {kind}; accepted are sqlite:///FILE and postgresql+psycopg://…")


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite address, or None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def engines(url: URL) -> tuple[Engine, Engine]:
    """Return the writing and the reading engine; nothing is connected yet.

    Raises StoreError where an SQLite file cannot be there.
    """
    file = sqlite_file(url)
    if file is None:
        return _postgresql(url, read_only=False), _postgresql(url, read_only=True)
    _prepare_file(file)
    return _sqlite(url, read_only=False), _sqlite(url, read_only=True)


def _prepare_file(file: Path) -> None:
    """Create the file for its owner only; SQLite gives -wal and -shm the mode of the file."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise StoreError(f"this Python has SQLite {sqlite3.sqlite_version}; at least {oldest} is needed")
    if not file.parent.is_dir():
        raise StoreError(f"the folder {file.parent} does not exist; create it, or correct [service] database")
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Opening and closing it here would drop this process's own locks on it.
        if not os.access(file, os.R_OK | os.W_OK):
            raise StoreError(f"{file} may not be read and written; check its owner and mode") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be created: {error.strerror}; check the folder's owner and mode") from error


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    # With isolation_level None the driver begins nothing by itself: what begins stands in ``begin`` below.
    arguments: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}
    if "timeout" not in url.query:
        arguments["timeout"] = _BUSY_TIMEOUT_S
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args=arguments,
        json_serializer=_json,
        hide_parameters=True,
    )
    begin_words = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        # Nothing here may write to a file in use: it would wait for the process that is writing to it.
        if not read_only and connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            # auto_vacuum counts only before the first table, so it stands first: retention gives space back.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what is committed survives a power cut as well as a kill; groups share the one fsync.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        if read_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin_words)

    return engine


def _postgresql(url: URL, *, read_only: bool) -> Engine:
    arguments: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "application_name": "storywatch",
        # A dead network is noticed within a minute instead of never.
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "options": "-c timezone=UTC -c lock_timeout=30s -c idle_in_transaction_session_timeout=300s",
    }
    arguments = {key: value for key, value in arguments.items() if key not in url.query}
    # A reading work sees one snapshot, as it does on SQLite.
    options: dict[str, Any] = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"} if read_only else {}
    return create_engine(
        url,
        poolclass=NullPool,
        connect_args=arguments,
        json_serializer=_json,
        hide_parameters=True,
        execution_options=options,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
