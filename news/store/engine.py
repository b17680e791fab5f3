"""The store: every reading and writing goes through here, never through the event loop's own thread.

::

    await store.write(work) ──▶ writing lane: groups in one transaction ──▶ SQLite (BEGIN IMMEDIATE) or PostgreSQL
    await store.read(work)  ──▶ reading lane: one snapshot a work ────────▶ a connection of its own, read-only

A *work* is a function of a connection. It may be run more than once, even after a commit whose answer was lost with the
connection; so it touches nothing but that connection, looks before it adds, and returns what its caller needs. What
``write`` has returned is committed and survives the end of the process.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from news.clock import Clock
from news.store.connect import engines, parse_address, sqlite_file
from news.store.hold import ServiceHold
from news.store.lanes import GROUP_SIZE, Lane

T = TypeVar("T")


class Store:
    """One database with its writer and reader; made by ``Store.open``, ended by ``close``."""

    def __init__(self, url: URL, clock: Clock) -> None:
        writing, reading = engines(url)
        #: the address; its ``str()`` hides the password
        self.url = url
        self.clock = clock
        #: ``sqlite`` or ``postgresql``
        self.dialect = url.get_backend_name()
        #: the SQLite file, or None
        self.file: Path | None = sqlite_file(url)
        self._writing = Lane("writer", writing, group_size=GROUP_SIZE)
        self._reading = Lane("reader", reading, group_size=1)
        self._hold: ServiceHold | None = None

    @classmethod
    def open(cls, url: str, clock: Clock) -> Self:
        """Open ``sqlite:///FILE`` (created for its owner only) or ``postgresql+psycopg://…``.

        Raises StoreError for an address that cannot be one, a folder that is not there, a file that may not be
        written. A server is first asked by the first work. The schema is ``news.store.migrate``'s matter.
        """
        return cls(parse_address(url), clock)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a work in a transaction, perhaps with others, and return its result once that is committed.

        Raises what the work raised, and StoreError where the database failed. Cancelled while it waits, the work
        is not run; cancelled later, it may have been.
        """
        result: T = await self._writing.run(work)
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a reading work on one consistent snapshot; writing there fails."""
        result: T = await self._reading.run(work)
        return result

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do the same as ``write``, for code without an event loop; blocks."""
        result: T = self._writing.run_now(work)
        return result

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do the same as ``read``, for code without an event loop; blocks."""
        result: T = self._reading.run_now(work)
        return result

    def hold_service(self) -> bool:
        """Make this process the one that runs the service on the SQLite file, until ``close``.

        Returns whether it was not before. Raises StoreHeldError naming the process that has it. On PostgreSQL any
        number may run: nothing is done.
        """
        if self.file is None or self._hold is not None:
            return False
        self._hold = ServiceHold(self.file)
        return True

    def release_service(self) -> None:
        """Let another process run the service on the file."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    async def close(self) -> None:
        """See every queued work through, then let go of the database."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Do the same as ``close``; blocks."""
        self._reading.close()
        self._writing.close()
        self.release_service()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_now()
