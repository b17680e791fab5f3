"""The schema: migrated equals declared, on both databases; backups; what is said of other versions."""

import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from postgres import PostgresServer, programs
from sqlalchemy import Connection, insert, inspect, select, text
from stores import StillClock

from news.errors import SchemaError, StoreError, StoreHeldError
from news.store import migrate
from news.store.engine import Store
from news.store.migrate import SchemaState
from news.store.schema import metadata, site

CLOCK = StillClock()
_FOLDER = Path(migrate.__file__).parent / "migrations"

_NEXT = '''
"""A later schema."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
'''


def add_site(conn: Connection) -> None:
    conn.execute(insert(site), {"name": "a.example"})


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pretend that this version of storywatch needs schema 0005, and return what its migration says."""
    folder = tmp_path / "migrations"
    shutil.copytree(_FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0005_later.py").write_text(_NEXT)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    monkeypatch.setattr(migrate, "_config", lambda: config)
    return str(folder / "versions" / "0005_later.py")


# ── the schema ──────────


def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    def differences(conn: Connection) -> list[object]:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    assert store.read_now(differences) == []


def test_the_migrated_indexes_are_the_declared_ones_with_their_conditions(store: Store) -> None:
    """Alembic does not compare the condition of a partial index."""

    def partial(conn: Connection) -> set[str | None]:
        looked = inspect(conn)
        indexes = [index for table in metadata.tables for index in looked.get_indexes(table)]
        return {index["name"] for index in indexes if f"{conn.dialect.name}_where" in index.get("dialect_options", {})}

    declared = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert store.read_now(partial) == declared
    assert len(declared) == 8


def test_an_empty_file_is_made_ready(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'w.db'}", CLOCK) as store:
        assert migrate.status(store).state is SchemaState.EMPTY
        with pytest.raises(SchemaError, match=r"no schema yet.*run `storywatch store migrate`"):
            migrate.require_current(store)
        assert migrate.prepare(store) is None
        assert migrate.status(store).state is SchemaState.CURRENT
        assert migrate.prepare(store) is None
        store.write_now(add_site)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.db"]


def test_an_older_file_is_migrated_after_a_backup(sqlite_url: str, later: str) -> None:
    assert later
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with Store.open(sqlite_url, CLOCK) as store:
        store.write_now(add_site)
        assert migrate.status(store).state is SchemaState.BEHIND
        kept = migrate.prepare(store)
        assert kept == file.with_name("storywatch.db.bak-0004")
        assert migrate.status(store).current == "0005"
        store.read_now(lambda conn: conn.execute(text("SELECT * FROM later")))
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("SELECT name FROM site").fetchall() == [("a.example",)]
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0004",)]


def test_a_file_that_an_older_service_runs_on_is_not_migrated_under_it(sqlite_url: str, later: str) -> None:
    assert later
    with Store.open(sqlite_url, CLOCK) as service, Store.open(sqlite_url, CLOCK) as command:
        service.hold_service()
        with pytest.raises(StoreHeldError):
            migrate.prepare(command)
        assert migrate.status(service).current == "0004"
        service.release_service()
        migrate.prepare(command)
        assert service.hold_service()


def test_an_earlier_backup_stays(sqlite_url: str, later: str) -> None:
    assert later
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    earlier = file.with_name("storywatch.db.bak-0004")
    earlier.write_text("mine")
    with Store.open(sqlite_url, CLOCK) as store:
        assert migrate.prepare(store) == file.with_name("storywatch.db.bak-0004.2")
    assert earlier.read_text() == "mine"


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database: str, later: str) -> None:
    with Path(later).open("a") as script:
        script.write('    op.execute("SELECT * FROM nowhere")\n')
    with Store.open(database, CLOCK) as store:
        with pytest.raises(StoreError, match="nowhere"):
            migrate.upgrade(store)
        assert migrate.status(store).current == "0004"
        assert "later" not in store.read_now(lambda conn: inspect(conn).get_table_names())


def test_a_migration_that_would_leave_dangling_rows_is_undone(sqlite_url: str, later: str) -> None:
    with Path(later).open("a") as script:
        script.write("    op.execute(\"INSERT INTO story (id, first_seen_at, joined_into) VALUES (1, '2026', 99)\")\n")
    with Store.open(sqlite_url, CLOCK) as store:
        with pytest.raises(SchemaError, match="refer to nothing"):
            migrate.upgrade(store)
        assert migrate.status(store).current == "0004"


def test_a_newer_schema_is_refused_on_both(store: Store) -> None:
    store.write_now(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    assert migrate.status(store).state is SchemaState.NEWER
    for look in (migrate.require_current, migrate.prepare, migrate.upgrade):
        with pytest.raises(SchemaError, match="schema 9999, newer than this storywatch"):
            look(store)


def test_postgresql_is_migrated_by_command_only(postgres: PostgresServer) -> None:
    with postgres.database() as address, Store.open(address, CLOCK) as store:
        with pytest.raises(SchemaError, match="run `storywatch store migrate`"):
            migrate.prepare(store)
        assert migrate.upgrade(store).state is SchemaState.EMPTY
        assert migrate.prepare(store) is None
        assert migrate.upgrade(store).state is SchemaState.CURRENT


# ── backups ──────────


def test_a_backup_is_whole_while_the_service_writes(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(sqlite_url, CLOCK) as service, Store.open(sqlite_url, CLOCK) as command:
        service.hold_service()
        service.write_now(add_site)

        def half_way(conn: Connection) -> None:
            conn.execute(insert(site), {"name": "half.example"})
            migrate.backup(command, copy)

        service.write_now(half_way)
    assert oct(stat.S_IMODE(copy.stat().st_mode)) == "0o600"
    with Store.open(f"sqlite:///{copy}", CLOCK) as restored:
        assert migrate.status(restored).state is SchemaState.CURRENT
        assert restored.read_now(lambda conn: conn.execute(select(site.c.name)).scalars().all()) == ["a.example"]


def test_a_backup_never_overwrites(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "mine"
    copy.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        migrate.backup(store, copy)
    assert copy.read_text() == "mine"


def test_a_backup_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written: No such file or directory"):
        migrate.backup(store, tmp_path / "no" / "copy")


def test_a_backup_that_fails_leaves_nothing(sqlite_url: str, tmp_path: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.write_bytes(b"no database at all " * 99)
    with Store.open(sqlite_url, CLOCK) as store, pytest.raises(StoreError, match=r"backup to .* failed"):
        migrate.backup(store, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_postgresql_is_backed_up_by_pg_dump(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.dump"
    monkeypatch.setenv("PATH", str(programs()))
    with Store.open(postgres_url, CLOCK) as store:
        store.write_now(add_site)
        migrate.backup(store, copy)
    assert oct(stat.S_IMODE(copy.stat().st_mode)) == "0o600"
    with postgres.database() as restored:
        address = restored.replace("+psycopg", "")
        subprocess.run(["pg_restore", f"--dbname={address}", copy], check=True)  # noqa: S603, S607 # on PATH above
        with Store.open(restored, CLOCK) as store:
            migrate.require_current(store)
            assert store.read_now(lambda conn: conn.execute(select(site.c.name)).scalars().all()) == ["a.example"]


def test_without_pg_dump_the_backup_says_what_to_install(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Store.open(postgres_url, CLOCK) as store, pytest.raises(StoreError, match="pg_dump is not installed"):
        migrate.backup(store, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_dump_that_fails_says_why(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs()))
    address = postgres.url("missing")
    with Store.open(address, CLOCK) as store, pytest.raises(StoreError, match='database "missing" does not exist'):
        migrate.backup(store, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
