"""What was told as committed survives kill -9; what was not leaves nothing behind."""

import subprocess
import sys

from sqlalchemy import Connection, select

from news.store.engine import Store
from news.store.schema import site

# Commits one site, tells it, begins another and is killed in the middle of it.
_CHILD = """
import sys, threading
from sqlalchemy import insert
from news.clock import SystemClock
from news.store.engine import Store
from news.store.schema import site

store = Store.open(sys.argv[1], SystemClock())

def half(conn):
    conn.execute(insert(site), {"name": "half.example"})
    print("in the middle", flush=True)
    threading.Event().wait()

store.write_now(lambda conn: conn.execute(insert(site), {"name": "whole.example"}))
print("committed", flush=True)
store.write_now(half)
"""


def test_a_committed_write_survives_a_kill_and_half_a_one_does_not(database: str, store: Store) -> None:
    child = subprocess.Popen(  # noqa: S603 # this interpreter with a program of our own
        [sys.executable, "-c", _CHILD, database], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "committed\n"
        assert child.stdout.readline() == "in the middle\n"
        child.kill()
        child.wait()

    def names(conn: Connection) -> list[str]:
        return list(conn.execute(select(site.c.name)).scalars())

    assert store.read_now(names) == ["whole.example"]
    # The dead process left no lock that a writer would wait for.
    store.write_now(lambda conn: conn.execute(site.insert(), {"name": "half.example"}))
    assert sorted(store.read_now(names)) == ["half.example", "whole.example"]
