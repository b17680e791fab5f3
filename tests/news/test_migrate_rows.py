"""A database that was in use comes through its migration with every row, on both databases: nothing cascades."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from postgres import PostgresServer
from sqlalchemy import Connection, MetaData, insert, inspect, select, text
from stores import StillClock

from news.store import migrate
from news.store.engine import Store
from news.store.schema import due, match, revision, telling

CLOCK = StillClock()
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEXTS = {"title": "Bridge closed", "text": "The bridge is closed.", "summary": "", "authors": [], "categories": []}
SPANS = [{"field": "title", "start": 0, "end": 6, "term": "bridge", "how": "folded"}]

#: table → its rows, in an order in which each refers to what stands before it
ROWS: dict[str, list[dict[str, Any]]] = {
    "site": [{"name": "herald.example"}],
    "feed": [
        {
            "id": 1,
            "url": "https://herald.example/rss",
            "site": "herald.example",
            "origin": "config",
            "tags": [],
            "robots": "obey",
            "state": "healthy",
            "reason": "",
            "failures": 0,
            "carried": b"",
            "interval_s": 900.0,
            "moved_count": 0,
            "active": True,
            "created_at": AT,
        }
    ],
    "story": [
        {"id": 1, "first_seen_at": AT, "joined_into": None},
        {"id": 2, "first_seen_at": AT, "joined_into": 1},
        {"id": 3, "first_seen_at": AT, "joined_into": None},
    ],
    "article": [
        {
            "id": number,
            "identity": f"//herald.example/{number}",
            "feed_id": 1,
            "source": "Herald",
            "host": "herald.example",
            "first_seen_at": AT,
            "arrival": "later",
            "story_id": story,
        }
        for number, story in ((1, 1), (2, 1), (3, 3), (4, None))
    ],
    "revision": [
        TEXTS | {"id": number, "article_id": of, "number": nth, "feed_id": 1, "content_hash": "1:x", "created_at": AT}
        for number, of, nth in ((1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 1), (5, 4, 1))
    ],
    "entry": [{"feed_id": 1, "item_hash": bytes([n]) * 8, "article_id": n, "first_seen_at": AT} for n in (1, 2, 3)],
    "story_text": [{"key": "1:x", "story_id": 1, "seen_at": AT}],
    "watchlist": [
        {"id": one, "name": one, "fingerprint": "f", "created_at": AT, "paused": False, "active": True}
        for one in ("kz", "ports")
    ],
    "match": [
        {
            "id": number,
            "watchlist_id": watchlist,
            "story_id": story,
            "event": "new",
            "article_id": of,
            "revision_id": in_,
            "spans": SPANS,
            "verdict": "tell",
            "matched_at": AT,
        }
        for number, watchlist, story, of, in_ in ((1, "kz", 1, 2, 3), (2, "ports", 1, 1, 1), (3, "kz", 3, 3, 4))
    ],
    "target": [{"name": "desk", "channel": "email", "paused": False, "active": True}],
    "alert": [{"id": "kz/a/desk", "created_at": AT, "target": "desk", "active": True}],
    "due": [
        {"id": number, "alert_id": "kz/a/desk", "match_id": number, "urgent": urgent, "created_at": AT} | told
        for number, urgent, told in (
            (1, False, {"told_at": AT, "due_key": "story-1"}),
            (2, False, {}),
            (3, True, {"urgent_told_at": AT}),
        )
    ],
    "message": [
        {
            "id": 1,
            "message_id": "m@example.org",
            "alert_id": "kz/a/desk",
            "due_key": "story-1",
            "part": 1,
            "recipient": "desk@example.org",
            "channel": "email",
            "body": b"bytes",
            "watchlist": "kz",
            "created_at": AT,
        }
    ],
    "delivery": [
        {"id": 1, "message_id": 1, "target": "desk", "state": "sent", "attempts": 1, "reason": "", "committing": False}
    ],
    "attempt": [{"id": 1, "delivery_id": 1, "at": AT, "outcome": "sent", "reason": "250 ok"}],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def used(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of the schema before events had occasions, in use."""
    folder = tmp_path / "migrations"
    source = Path(migrate.__file__).parent / "migrations"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "0004_*"))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "_config", lambda: config)
        if request.param == "sqlite":
            with Store.open(f"sqlite:///{tmp_path / 'w.db'}", CLOCK) as store:
                migrate.upgrade(store)
                store.write_now(fill)
                earlier.undo()
                yield store
            return
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.database() as address, Store.open(address, CLOCK) as store:
            migrate.upgrade(store)
            store.write_now(fill)
            earlier.undo()
            yield store


def tables(conn: Connection) -> MetaData:
    found = MetaData()
    found.reflect(conn)
    return found


def fill(conn: Connection) -> None:
    known = tables(conn)
    for name, rows in ROWS.items():
        for row in rows:
            values = {key: _stored(conn, value) for key, value in row.items()}
            conn.execute(insert(known.tables[name]), values)
        if conn.dialect.name == "postgresql" and "id" in rows[0] and isinstance(rows[0]["id"], int):
            conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 100)"))


def _stored(conn: Connection, value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) and conn.dialect.name == "sqlite" else value


def everything(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, but for Alembic's own."""
    return {
        name: [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns)).mappings()]
        for name, table in tables(conn).tables.items()
        if name != "alembic_version"
    }


def test_a_database_in_use_is_migrated_with_every_row(used: Store) -> None:
    before = used.read_now(everything)
    assert all(len(before[name]) == len(rows) for name, rows in ROWS.items())
    migrate.upgrade(used)
    after = used.read_now(everything)
    for name, rows in before.items():
        kept = [{key: row[key] for key in rows[0]} for row in after[name]] if rows else after[name]
        assert kept == rows, name
    keys = used.read_now(lambda conn: {key["name"] for key in inspect(conn).get_foreign_keys("due")})
    assert "fk_due_match_id_match" in keys


def test_what_was_matched_before_may_lead_and_what_was_told_says_by_whom(used: Store) -> None:
    migrate.upgrade(used)

    def read(conn: Connection) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        return (
            [tuple(row) for row in conn.execute(select(telling).order_by(telling.c.match_id))],
            [tuple(row) for row in conn.execute(select(match.c.occasion, match.c.figures))],
            [tuple(row) for row in conn.execute(select(due.c.id, due.c.teller_id).order_by(due.c.id))],
            list(conn.execute(select(revision.c.again)).scalars()),
        )

    tellings, occasions, tellers, again = used.read_now(read)
    assert tellings == [(1, 2, 3, SPANS), (2, 1, 1, SPANS), (3, 3, 4, SPANS)]
    assert set(occasions) == {("", None)}
    assert tellers == [(1, 2), (2, None), (3, 3)]
    assert again == [False] * 5


def test_ids_go_on_after_those_that_were_given_out(used: Store) -> None:
    used.write_now(lambda conn: conn.execute(text("DELETE FROM due WHERE id = 3")))
    migrate.upgrade(used)
    new = {"alert_id": "kz/a/desk", "match_id": 3, "urgent": False, "created_at": AT}
    assert used.write_now(lambda conn: conn.execute(insert(due).returning(due.c.id), new).scalar_one()) > 3
