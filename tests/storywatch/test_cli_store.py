"""``storywatch store``: status, migration, a backup while others write, what would be pruned."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from frontdoor import Desk
from postgres import PostgresServer

from news.clock import SystemClock
from news.store.engine import Store

HERALD = "https://herald.example/rss"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A store with two stories: an old one that nothing matched, and a new one."""
    made = Desk(tmp_path)
    made.write(feeds=[HERALD])
    made.tell("Harbour open", age=timedelta(days=40))
    made.tell("Bridge closed")
    return made


def database(desk: Desk) -> Path:
    return desk.folder / "storywatch.db"


def version(desk: Desk, number: str) -> None:
    with sqlite3.connect(database(desk)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (number,))
    connection.close()


# ── status ──────────


def test_status_tells_schema_size_and_rows(desk: Desk) -> None:
    found = desk.rows("store", "status")
    assert (found["state"], found["schema"], found["schema_needed"]) == ("current", "0004", "0004")
    assert (found["feeds"], found["stories"], found["articles"], found["messages"]) == (1, 2, 2, 0)
    assert found["size_bytes"] > 0
    assert desk.run("store", "status").code == 0


def test_status_makes_no_database(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write()
    assert desk.rows("store", "status")["state"] == "empty"
    assert desk.run("store", "status").code == 0
    assert not database(desk).exists()


def test_a_newer_schema_exits_1_in_status_and_2_everywhere_else(desk: Desk) -> None:
    version(desk, "9999")
    assert desk.run("store", "status").code == 1
    for command in (["run"], ["run", "--once"], ["feeds", "list"], ["store", "prune"]):
        ran = desk.run(*command)
        assert ran.code == 2, command
        assert "newer than this storywatch knows" in ran.err
        assert "Traceback" not in ran.err


def test_a_database_that_is_none_is_told(desk: Desk) -> None:
    desk.write()
    database(desk).write_bytes(b"no database, but long enough to look like one " * 100)
    ran = desk.run("store", "status")
    assert ran.code == 1
    assert "no SQLite database" in ran.err


# ── PostgreSQL ──────────


def test_an_unmigrated_postgresql_is_refused_until_it_is_migrated(postgres: PostgresServer, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with postgres.database() as address:
        desk.database = address
        desk.write()
        for command in (["run"], ["run", "--once"], ["stories"], ["feeds", "list"]):
            ran = desk.run(*command)
            assert ran.code == 2, command
            assert "storywatch store migrate" in ran.err
        assert desk.run("store", "status").code == 1
        assert desk.run("store", "migrate").out == "the schema is 0004\n"
        assert desk.rows("store", "status")["state"] == "current"
        assert desk.run("stories").code == 0


@pytest.mark.parametrize("command", [["run"], ["run", "--once"], ["stories"], ["store", "status"]])
def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path, command: list[str]) -> None:
    desk = Desk(tmp_path)
    desk.database = "postgresql+psycopg://watch:hush@127.0.0.1:1/storywatch"
    desk.write()
    ran = desk.run(*command)
    assert ran.code == 1
    assert "check that PostgreSQL runs and is reachable" in ran.err
    assert "hush" not in ran.err + ran.out
    assert "Traceback" not in ran.err


# ── migrate, backup ──────────


def test_migrating_a_file_that_the_service_runs_on_is_refused(desk: Desk) -> None:
    with Store.open(f"sqlite:///{database(desk)}", SystemClock()) as store:
        store.hold_service()
        ran = desk.run("store", "migrate")
    assert ran.code == 1
    assert "held by process" in ran.err
    assert desk.run("store", "migrate").code == 0


def test_a_backup_is_a_whole_database_for_its_owner_only(desk: Desk) -> None:
    with Store.open(f"sqlite:///{database(desk)}", SystemClock()) as store:
        store.hold_service()
        assert desk.run("store", "backup", "monday.db").code == 0
    copy = desk.folder / "monday.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    desk.database = "sqlite:///monday.db"
    desk.write()
    assert desk.rows("store", "status")["stories"] == 2


def test_a_backup_overwrites_nothing_and_makes_nothing_of_nothing(desk: Desk) -> None:
    (desk.folder / "monday.db").write_text("mine")
    ran = desk.run("store", "backup", "monday.db")
    assert ran.code == 1
    assert "never overwrites" in ran.err
    assert (desk.folder / "monday.db").read_text() == "mine"
    desk.database = "sqlite:///other.db"
    desk.write()
    assert "nothing to copy" in desk.run("store", "backup", "tuesday.db").err
    assert not (desk.folder / "other.db").exists()


# ── prune ──────────


def test_what_is_past_its_time_is_told_before_it_is_taken(desk: Desk) -> None:
    assert desk.run("store", "prune", "--dry-run").out.startswith("would go: the texts of 1 article, ")
    assert [row["title"] for row in desk.rows("stories")] == ["Bridge closed", "Harbour open"]
    assert desk.run("store", "prune").out.startswith("went: the texts of 1 article, ")
    assert [row["title"] for row in desk.rows("stories")] == ["Bridge closed"]
    assert desk.run("store", "prune").out.startswith("went: the texts of 0 articles, ")
