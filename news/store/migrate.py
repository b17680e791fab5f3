"""The schema and its versions, and backups.

``prepare`` is what ``storywatch run`` and every other command call first: an SQLite file is made, or backed up and
migrated, at once; a PostgreSQL database is migrated by ``storywatch store migrate`` only, since other processes may
still run the older version on it.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from news.errors import SchemaError, StoreError
from news.store.connect import engines
from news.store.engine import Store
from news.store.failures import wrapped

#: so that two ``store migrate`` on one PostgreSQL database go one after the other; any number, but always this one
_MIGRATION_LOCK = 7_405_301_811

#: a dump that takes longer hangs
_DUMP_TIMEOUT_S = 6 * 3600


class SchemaState(StrEnum):
    """How a database's schema compares with this version's."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The schema of a database."""

    state: SchemaState
    #: revision of the database, None where it has no schema
    current: str | None
    #: revision that this version of storywatch needs
    head: str


def status(store: Store) -> SchemaStatus:
    """Look which revision the database has."""
    current = store.read_now(_current)
    return _compare(current)


def unborn() -> SchemaStatus:
    """Return the status of an SQLite file that is not there yet."""
    return _compare(None)


def require_current(store: Store) -> None:
    """Raise SchemaError, saying what to do, unless the schema is this version's."""
    found = status(store)
    if found.state is SchemaState.NEWER:
        raise SchemaError(
            f"the database has schema {found.current}, newer than this storywatch knows ({found.head}); "
            "upgrade storywatch, or restore the backup made before the upgrade"
        )
    if found.state is not SchemaState.CURRENT:
        has = "no schema yet" if found.current is None else f"schema {found.current}"
        raise SchemaError(f"the database has {has}, {found.head} is needed; run `storywatch store migrate`")


def prepare(store: Store) -> Path | None:
    """Make the schema usable: migrate an SQLite file, after a backup whose path is returned; only look at PostgreSQL.

    Raises SchemaError where the schema is newer, or PostgreSQL has to be migrated by command; StoreHeldError where an
    older storywatch still runs on the file.
    """
    kept = None
    if store.file is not None:
        found = status(store)
        if found.state is SchemaState.EMPTY:
            upgrade(store)
        elif found.state is SchemaState.BEHIND:
            kept = _migrate_file(store, store.file, found)
    require_current(store)
    return kept


def _migrate_file(store: Store, file: Path, found: SchemaStatus) -> Path:
    """Migrate a file that nobody runs the service on, after a backup, and return that."""
    held = store.hold_service()
    try:
        kept = _free_name(file, f".bak-{found.current}")
        backup(store, kept)
        upgrade(store)
    finally:
        if held:
            store.release_service()
    return kept


def upgrade(store: Store) -> SchemaStatus:
    """Apply every migration that is missing, all or none, and return the status before.

    Raises SchemaError for a schema that is newer, StoreError where the database refuses.
    """
    before = status(store)
    if before.state is SchemaState.NEWER:
        require_current(store)
    writing, reading = engines(store.url)
    try:
        with writing.connect() as connection:
            if store.dialect == "sqlite":
                # Rebuilding a table must not cascade; this pragma counts only outside a transaction.
                _pragma_off(connection)
            with connection.begin():
                if store.dialect == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if store.dialect == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise SchemaError("the migration would leave rows that refer to nothing; it was undone")
    except SQLAlchemyError as error:
        raise wrapped(error) from error
    finally:
        writing.dispose()
        reading.dispose()
    return before


def backup(store: Store, file: Path) -> None:
    """Write a consistent copy of the database to a new file, while the service runs.

    SQLite by its online backup, PostgreSQL by ``pg_dump`` (custom format, for ``pg_restore``). Raises StoreError
    where the file exists, cannot be written, or ``pg_dump`` is not installed.
    """
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise StoreError(f"{file} exists already; choose another name, a backup never overwrites") from error
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    try:
        if store.file is not None:
            _copy_sqlite(store.file, file)
        else:
            _dump_postgresql(store, file)
    except BaseException:
        with suppress(OSError):
            file.unlink()
        raise


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            # In one step: a write of another process would make it begin again for ever.
            reading.backup(writing, pages=-1)
    except sqlite3.Error as error:
        raise StoreError(f"the backup to {target} failed: {error}; is there enough space?") from error


def _dump_postgresql(store: Store, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreError("pg_dump is not installed; install PostgreSQL's client programs, or back up on the server")
    # The password goes by the environment: arguments are seen by every user of the machine.
    address = store.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(store.url.password)} if store.url.password else {})
    arguments = [program, "--format=custom", f"--file={target}", f"--dbname={address}", "--no-password"]
    try:
        subprocess.run(  # noqa: S603 # the program is found on PATH, its arguments are no shell's
            arguments, env=environment, check=True, capture_output=True, text=True, timeout=_DUMP_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        raise StoreError(f"pg_dump failed: {' '.join(error.stderr.split())}") from error
    except subprocess.TimeoutExpired as error:
        raise StoreError("pg_dump did not end within six hours; is a table locked?") from error


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _compare(current: str | None) -> SchemaStatus:
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head() or ""
    if current is None:
        return SchemaStatus(SchemaState.EMPTY, None, head)
    if current == head:
        return SchemaStatus(SchemaState.CURRENT, current, head)
    try:
        scripts.get_revision(current)
    except CommandError:
        return SchemaStatus(SchemaState.NEWER, current, head)
    return SchemaStatus(SchemaState.BEHIND, current, head)


def _pragma_off(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA foreign_keys = OFF")


def _free_name(file: Path, ending: str) -> Path:
    """Return a name beside the file that is not taken: an earlier backup stays."""
    name = file.with_name(file.name + ending)
    number = 1
    while name.exists():
        number += 1
        name = file.with_name(f"{file.name}{ending}.{number}")
    return name
