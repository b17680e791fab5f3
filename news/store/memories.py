"""What a stage has learnt, as bytes under a name: a dump of all, and what each later round added.

::

    round ──put_memory("furniture 17", mark 17)──▶ rows ──newer(than a mark)──▶ what a process has yet to learn
          ──put_memory("furniture", mark 16)─────▶ one row in place of all rounds up to 16
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, or_, select

from news.store.schema import memory
from news.store.sql import insert_or_update


class Memory(NamedTuple):
    """Something that was learnt."""

    name: str
    #: up to which round it goes
    mark: int
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it is all that was learnt up to its mark, else what one round added."""
        return " " not in self.name


def newer(conn: Connection, name: str, mark: int) -> list[Memory]:
    """Return what was learnt after a round, in order; a whole before what was added to it."""
    rows = conn.execute(_NEWER, {"name": name, "rounds": f"{name} %", "mark": mark})
    return sorted((Memory(*row) for row in rows), key=lambda one: (one.mark, not one.is_whole))


def put_round(conn: Connection, name: str, mark: int, body: bytes, now: datetime) -> None:
    """Keep what one round added."""
    _put(conn, Memory(f"{name} {mark}", mark, body), now)


def put_whole(conn: Connection, name: str, mark: int, body: bytes, now: datetime) -> None:
    """Keep all that was learnt up to a round, in place of what is kept of these rounds."""
    conn.execute(_DROP, {"rounds": f"{name} %", "mark": mark})
    _put(conn, Memory(name, mark, body), now)


def _put(conn: Connection, one: Memory, now: datetime) -> None:
    conn.execute(_PUT[conn.dialect.name], {**one._asdict(), "kept_at": now})


_NEWER = select(memory.c.name, memory.c.mark, memory.c.body).where(
    memory.c.mark > bindparam("mark"),
    or_(memory.c.name == bindparam("name"), memory.c.name.like(bindparam("rounds"))),
)
_PUT = insert_or_update(memory, ("name",), ("mark", "body", "kept_at"))
_DROP = delete(memory).where(memory.c.mark <= bindparam("mark"), memory.c.name.like(bindparam("rounds")))
