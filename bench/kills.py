"""A hundred kills at random on each database: nothing is lost, and a repeat is the same to the byte.

::

    newsstand (feed, mail server, webhook) ◀──▶ the real service ──SIGKILL at a moment drawn by chance──▶ the next one
                                                        └── at the end one that sees everything through, and the count

The surroundings are those of ``tests/faults``: see ``tests/newsstand.py``. Moments are drawn from the time that it
takes to tell a story, which is measured first; the seed draws the same ones again.
"""

import asyncio
import importlib
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from sqlalchemy import Connection

from alerts.store import matches
from alerts.store.deliveries import list_deliveries
from alerts.types import DeliveryState
from crawler.assign import any_unassigned
from news.clock import SystemClock
from news.store import migrate
from news.store.engine import Store

KILLS = 100
SEED = 20220105
#: a service is killed within so many times what it takes to tell a story: while it begins, polls, tells, or rests
_WITHIN = 1.3


@dataclass(frozen=True)
class Outcome:
    """What came of it on one database."""

    stories: int
    #: messages that were accepted more than once
    repeats: int
    #: kills that left work unfinished
    at_work: int
    #: what was lost or doubled, or empty
    wrong: str


def main() -> int:
    """Print a table; 1 where anything was lost, or doubled other than by a repeat of the same bytes."""
    print(f"{KILLS} kills at random (seed {SEED})")
    print(f"{'':12}{'stories':>9}{'messages':>10}{'repeats':>9}{'kills at work':>15}  outcome")
    wrong = False
    for name, opened in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        with opened() as address:
            with Store.open(address, SystemClock()) as store:
                migrate.upgrade(store)
            found = asyncio.run(_kill(name, address))
        outcome = found.wrong or "nothing lost, nothing doubled but the same bytes"
        counts = f"{found.stories:>9}{2 * found.stories:>10}{found.repeats:>9}{found.at_work:>15}"
        print(f"{name:12}{counts}  {outcome}", flush=True)
        wrong |= bool(found.wrong)
    return 1 if wrong else 0


async def _kill(name: str, database: str) -> Outcome:
    chance = random.Random(SEED)  # noqa: S311 - no secret, and the same again
    stories, at_work = 1, 0
    with tempfile.TemporaryDirectory() as folder, _tests("victims").Victims() as victims:
        async with _tests("newsstand").Newsstand.open(database, Path(folder), victims) as stand:
            await stand.live()
            stand.publish(1)
            took = await stand.live()
            with Store.open(database, SystemClock()) as store:
                for _ in track(range(KILLS), name, console=Console(stderr=True), transient=True):
                    new = chance.randrange(3)
                    stories += new
                    stand.publish(new)
                    await stand.live_for(chance.uniform(0, _WITHIN * took))
                    at_work += await store.read(_is_unfinished)
            wrong = ""
            try:
                await stand.live()
                stand.check(repeats=True)
            except AssertionError as error:
                wrong = str(error)
            repeats = len(stand.smtp.received) + len(stand.hook.received) - 2 * stories
    return Outcome(stories, repeats, at_work, wrong)


def _is_unfinished(conn: Connection) -> bool:
    """Whether a row waits for its stage."""
    return (
        any_unassigned(conn)
        or bool(matches.pending(conn, most=1))
        or any(row.state is not DeliveryState.SENT for row in list_deliveries(conn))
    )


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    with _tests("postgres").PostgresServer() as server, server.database() as address:
        yield address


def _tests(name: str) -> Any:
    """Return a module of the tests; they are no package."""
    folder = str(Path(__file__).parent.parent / "tests")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())
