"""The SQLite file: whose it is, who runs on it, and what is said when it fails."""

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text
from stores import StillClock

from news.errors import StoreError, StoreHeldError
from news.store.engine import Store
from news.store.schema import feed, site

CLOCK = StillClock()


def add_site(conn: Connection) -> None:
    conn.execute(insert(site), {"name": "a.example"})


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_file_and_what_lies_beside_it_are_the_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Store.open(f"sqlite:///{tmp_path / 'w.db'}", CLOCK) as store:
            assert mode(tmp_path / "w.db") == "0o600"
            store.hold_service()
            store.write_now(lambda conn: conn.execute(text("CREATE TABLE t (x)")))
            assert {path.name: mode(path) for path in tmp_path.iterdir()} == {
                "w.db": "0o600",
                "w.db-wal": "0o600",
                "w.db-shm": "0o600",
                "w.db.lock": "0o600",
            }
    finally:
        os.umask(before)


def test_the_connection_is_set_up_as_the_store_needs_it(sqlite_url: str) -> None:
    def settings(conn: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
        return {name: conn.execute(text(f"PRAGMA {name}")).scalar() for name in names}

    with Store.open(sqlite_url, CLOCK) as store:
        assert store.write_now(settings) == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "auto_vacuum": 2,
        }


def test_a_row_that_refers_to_nothing_is_refused(sqlite_url: str) -> None:
    row = {"url": "u", "site": "missing.example", "origin": "config", "interval_s": 1.0, "created_at": CLOCK.now()}
    with Store.open(sqlite_url, CLOCK) as store, pytest.raises(StoreError, match="FOREIGN KEY"):
        store.write_now(lambda conn: conn.execute(insert(feed), row))


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://db/x", "nonsense"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match=r"\[service\] database"):
        Store.open(address, CLOCK)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"folder {tmp_path}/no does not exist; create it"):
        Store.open(f"sqlite:///{tmp_path}/no/w.db", CLOCK)


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}", CLOCK) as store, pytest.raises(StoreError, match="cannot be opened"):
        store.write_now(add_site)


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "w.db"
    file.write_text("a letter, not a database. " * 100)
    with Store.open(f"sqlite:///{file}", CLOCK) as store, pytest.raises(StoreError, match="no SQLite database"):
        store.write_now(add_site)


def test_a_damaged_file_is_told(sqlite_url: str, sqlite_template: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    content[page:] = b"\xff" * (len(content) - page)
    file.write_bytes(content)
    assert file.read_bytes() != sqlite_template.read_bytes()
    with Store.open(sqlite_url, CLOCK) as store, pytest.raises(StoreError, match="damaged; restore a backup"):
        store.write_now(add_site)


def test_a_full_disk_is_told_and_the_store_goes_on(sqlite_url: str) -> None:
    def fill(conn: Connection) -> None:
        conn.execute(insert(site), [{"name": f"{number}.example/{'x' * 1000}"} for number in range(200)])

    with Store.open(sqlite_url, CLOCK) as store:
        pages = store.write_now(lambda conn: conn.execute(text("PRAGMA page_count")).scalar_one())
        store.write_now(lambda conn: conn.execute(text(f"PRAGMA max_page_count = {pages + 4}")))
        with pytest.raises(StoreError, match="the disk is full; free some space"):
            store.write_now(fill)
        store.write_now(add_site)
        assert store.read_now(lambda conn: conn.execute(select(site.c.name)).scalars().all()) == ["a.example"]


def test_a_file_that_another_process_keeps_locked_is_told(sqlite_url: str) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with Store.open(sqlite_url + "?timeout=0.05", CLOCK) as store:
            with pytest.raises(StoreError, match="another process has been writing to it"):
                store.write_now(add_site)
            assert store.read_now(lambda conn: conn.execute(select(site.c.name)).all()) == []
            other.execute("ROLLBACK")
            store.write_now(add_site)
    finally:
        other.close()


def test_a_command_may_write_beside_the_service(sqlite_url: str) -> None:
    with Store.open(sqlite_url, CLOCK) as service, Store.open(sqlite_url, CLOCK) as command:
        service.hold_service()
        command.write_now(add_site)
        assert service.read_now(lambda conn: conn.execute(select(site.c.name)).scalars().all()) == ["a.example"]


# ── one service on one file ──────────

_HOLD = """
import sys
from news.clock import SystemClock
from news.store.engine import Store
store = Store.open(sys.argv[1], SystemClock())
store.hold_service()
print("held", flush=True)
sys.stdin.read()
"""


def start_holder(address: str) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(  # noqa: S603 # this interpreter with a program of our own
        [sys.executable, "-c", _HOLD, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_service_is_refused_by_name_and_a_killed_one_holds_nothing(sqlite_url: str) -> None:
    holder = start_holder(sqlite_url)
    with holder, Store.open(sqlite_url, CLOCK) as store:
        with pytest.raises(StoreHeldError, match=f"held by process {holder.pid}"):
            store.hold_service()
        holder.kill()
        holder.wait()
        store.hold_service()


def test_a_second_store_of_the_same_process_is_refused_too(sqlite_url: str) -> None:
    with Store.open(sqlite_url, CLOCK) as store, Store.open(sqlite_url, CLOCK) as second:
        store.hold_service()
        store.hold_service()
        with pytest.raises(StoreHeldError, match=f"held by process {os.getpid()}"):
            second.hold_service()
        store.close_now()
        second.hold_service()


def test_a_forked_child_does_not_keep_the_hold(sqlite_url: str) -> None:
    context = multiprocessing.get_context("fork")
    end = context.Event()
    begun = context.Event()

    def live() -> None:
        begun.set()
        end.wait(30)

    with Store.open(sqlite_url, CLOCK) as next_one:
        with Store.open(sqlite_url, CLOCK) as store:
            store.hold_service()
            child = context.Process(target=live)
            child.start()
            assert begun.wait(30)
        try:
            next_one.hold_service()
        finally:
            end.set()
            child.join()


def test_a_lock_that_cannot_be_made_is_told(sqlite_url: str) -> None:
    Path(sqlite_url.removeprefix("sqlite:///") + ".lock").mkdir()
    with Store.open(sqlite_url, CLOCK) as store, pytest.raises(StoreError, match="cannot be locked: Is a directory"):
        store.hold_service()
