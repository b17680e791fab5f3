"""robots.txt as it was last answered, an origin a row, with its lifetime (RFC 9309, 2.4)."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from news.store.schema import Instant, robots
from news.store.sql import insert_or_update


@dataclass(frozen=True, slots=True)
class RobotsRow:
    """An origin's robots.txt."""

    #: scheme://host[:port]
    origin: str
    #: HTTP status of the last answer; 0 where none came
    status: int
    body: bytes
    fetched_at: datetime
    expires_at: datetime


def get_robots(conn: Connection, origin: str) -> RobotsRow | None:
    """Return what an origin last answered, expired or not."""
    row = conn.execute(_GET, {"key": origin}).first()
    return None if row is None else RobotsRow(*row)


def put_robots(conn: Connection, row: RobotsRow) -> None:
    """Keep what an origin answered, in place of its last answer."""
    conn.execute(_PUT[conn.dialect.name], asdict(row))


def drop_robots(conn: Connection, before: datetime) -> int:
    """Forget what expired before an instant."""
    return conn.execute(_DROP, {"before": before}).rowcount


_GET = select(robots.c.origin, robots.c.status, robots.c.body, robots.c.fetched_at, robots.c.expires_at).where(
    robots.c.origin == bindparam("key")
)
_PUT = insert_or_update(robots, ("origin",), ("status", "body", "fetched_at", "expires_at"))
_DROP = delete(robots).where(robots.c.expires_at < bindparam("before", type_=Instant))
