"""What SQLAlchemy Core says differently for the two databases, in one place."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Insert, Table, bindparam, func, literal
from sqlalchemy.dialects import postgresql, sqlite

from news.store.schema import Instant

T = TypeVar("T")

#: a statement for each dialect, chosen by ``conn.dialect.name``
ByDialect = Mapping[str, Any]

#: bytes of a text under a unique key; PostgreSQL's b-tree takes at most 2,704 a row
_LONGEST_KEY = 1024

#: rows named in one IN list
CHUNK = 500


def insert_or_ignore(table: Table) -> ByDialect:
    """Return INSERT … ON CONFLICT DO NOTHING, whose ``rowcount`` tells of a single row whether it was new."""
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True),
    }


def insert_or_update(table: Table, key: Sequence[str], update: Sequence[str]) -> ByDialect:
    """Return INSERT … ON CONFLICT (key) DO UPDATE, taking ``update`` from the row that was given."""
    statements: dict[str, Insert] = {}
    for name, insert in (("sqlite", sqlite.insert(table)), ("postgresql", postgresql.insert(table))):
        values = {column: insert.excluded[column] for column in update}
        statements[name] = insert.on_conflict_do_update(index_elements=list(key), set_=values)
    return statements


def lease_clock(dialect: str) -> ColumnElement[datetime]:
    """Return the present instant for leases: the database's own on PostgreSQL, the parameter ``now`` on SQLite."""
    if dialect == "postgresql":
        return func.now(type_=Instant)
    return bindparam("now", type_=Instant)


def lease_end(dialect: str) -> ColumnElement[datetime]:
    """Return the end of a lease that begins now and lasts ``lasts``, by the same clock."""
    if dialect == "postgresql":
        return func.now(type_=Instant) + bindparam("lasts", type_=postgresql.INTERVAL())
    return bindparam("until", type_=Instant)


def lease_times(dialect: str, now: datetime, lasts: timedelta | None = None) -> dict[str, Any]:
    """Return the parameters that ``lease_clock`` and ``lease_end`` need."""
    if dialect == "postgresql":
        return {} if lasts is None else {"lasts": lasts}
    return {"now": now} if lasts is None else {"now": now, "until": now + lasts}


def now_of(conn: Connection, now: datetime) -> ColumnElement[datetime]:
    """Return the present instant for rarely run statements: the database's own, or the given one."""
    return func.now(type_=Instant) if conn.dialect.name == "postgresql" else literal(now, Instant)


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Part a sequence so that no statement names more rows than a database takes."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def bounded(key: str) -> str:
    """Return a text that fits under a unique key: long ones end in their hash."""
    if len(key) * 4 <= _LONGEST_KEY:
        return key
    encoded = key.encode(errors="replace")
    if len(encoded) <= _LONGEST_KEY:
        return key
    return encoded[: _LONGEST_KEY - 80].decode(errors="ignore") + "#" + hashlib.sha256(encoded).hexdigest()


def storable(text: str) -> str:
    """Return the text without what a database refuses: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text
