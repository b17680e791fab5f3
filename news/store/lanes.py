"""One thread with one connection, and a bounded queue of works in front of it.

::

    event loop ──Pending──▶ queue ──group──▶ thread: BEGIN, work, work, …, COMMIT ──results──▶ event loop

The writing lane takes what waits as one group in one transaction; a work on an idle lane goes alone and at once. Is
one of a group's works guilty, the group is rolled back and each is run in a transaction of its own, so that only the
guilty one sees its error. Works may therefore be run several times: they must touch nothing but their connection.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from news.errors import StoreError
from news.store.failures import is_transient, wrapped

#: works in one transaction
GROUP_SIZE = 200
#: seconds after which a group is committed even if more waits, so that no one waits long for company
GROUP_TIME_S = 0.05
#: works that wait before ``submit`` makes its caller wait
QUEUE_SIZE = 2000
#: runs of one work that fails for a reason that passes by itself
_ATTEMPTS = 3

#: what a work came to: its result and None, or None and its error
_Outcome = tuple[Any, BaseException | None]


class Pending:
    """A work with the one who waits for it: a coroutine of ``loop``, or a thread where ``loop`` is None."""

    __slots__ = ("future", "loop", "work")

    def __init__(self, work: Callable[[Connection], Any], loop: asyncio.AbstractEventLoop | None) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] | Future[Any] = Future() if loop is None else loop.create_future()


class Lane:
    """The thread; started by the first work, ended by ``close`` after the last."""

    def __init__(self, name: str, engine: Engine, *, group_size: int) -> None:
        self._name = name
        self._engine = engine
        self._group_size = group_size
        self._connection: Connection | None = None
        self._queue: deque[Pending] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._waiters: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._closing = False
        self._thread: threading.Thread | None = None

    # ── the callers' side ──────────

    async def run(self, work: Callable[[Connection], Any]) -> Any:
        """Queue a work from a coroutine, waiting where the queue is full, and return its result."""
        loop = asyncio.get_running_loop()
        pending = Pending(work, loop)
        while not self._offer(pending):
            space: asyncio.Future[None] = loop.create_future()
            with self._changed:
                if len(self._queue) < QUEUE_SIZE:
                    continue
                self._waiters.append((loop, space))
            await space
        return await pending.future  # type: ignore[misc]  # with a loop it is asyncio's future

    def run_now(self, work: Callable[[Connection], Any]) -> Any:
        """Queue a work from a thread and return its result; blocks, never for a coroutine."""
        if threading.current_thread() is self._thread:
            raise AssertionError("a work must use its connection, not the store")
        pending = Pending(work, None)
        with self._changed:
            self._changed.wait_for(lambda: len(self._queue) < QUEUE_SIZE or self._closing)
        self._offer(pending, force=True)
        return pending.future.result()

    def close(self) -> None:
        """See what is queued through, then end the thread and the connection; blocks."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._disconnect()
        self._engine.dispose()

    def _offer(self, pending: Pending, *, force: bool = False) -> bool:
        with self._changed:
            if self._closing:
                raise StoreError("the store is closed")
            if len(self._queue) >= QUEUE_SIZE and not force:
                return False
            self._queue.append(pending)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"store-{self._name}", daemon=True)
                self._thread.start()
            # Only the thread waits for works, only threads in run_now for space.
            self._changed.notify_all()
        return True

    # ── the thread's side ──────────

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
            self._group()

    def _next(self) -> Pending | None:
        """Take the next work whose caller still waits, and tell one who waits for space."""
        with self._changed:
            while self._queue:
                pending = self._queue.popleft()
                self._tell_space()
                if not pending.future.cancelled():
                    return pending
            return None

    def _tell_space(self) -> None:
        if len(self._queue) == QUEUE_SIZE - 1:
            self._changed.notify_all()
        # One place, one wake-up; all of them with the last place, since a waiter may have been cancelled meanwhile.
        for _ in range(1 if self._queue else len(self._waiters)):
            if self._waiters:
                loop, space = self._waiters.popleft()
                # A loop that has ended waits no more.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_wake, space)

    def _group(self) -> None:
        """Run what waits in one transaction and tell the results."""
        first = self._next()
        if first is None:
            return
        group: list[Pending] = []
        outcomes: list[_Outcome]
        try:
            connection = self._begin()
        except Exception as error:  # noqa: BLE001 # every caller gets it, as a StoreError
            refused = _as_store_error(error)
            group = [first, *self._rest()]
            _settle(group, [(None, refused)] * len(group))
            return
        try:
            outcomes = self._together(connection, first, group)
        except BaseException as error:  # noqa: BLE001 # a work may raise anything; its caller gets it
            self._roll_back(connection)
            alone = len(group) == 1 and not is_transient(error)
            outcomes = [(None, _as_store_error(error))] if alone else self._each(group)
        _settle(group, outcomes)

    def _together(self, connection: Connection, first: Pending, group: list[Pending]) -> list[_Outcome]:
        until = monotonic() + GROUP_TIME_S
        outcomes: list[_Outcome] = []
        pending: Pending | None = first
        while pending is not None:
            group.append(pending)
            outcomes.append((pending.work(connection), None))
            more = len(group) < self._group_size and monotonic() < until
            pending = self._next() if more else None
        connection.commit()
        return outcomes

    def _rest(self) -> list[Pending]:
        """Take what waits beside the first: where nothing can begin, nobody waits for one time-out after another."""
        rest: list[Pending] = []
        while len(rest) < self._group_size - 1 and (pending := self._next()) is not None:
            rest.append(pending)
        return rest

    def _each(self, group: list[Pending]) -> list[_Outcome]:
        """Run each work of a failed group in a transaction of its own."""
        outcomes: list[_Outcome] = []
        unreachable: BaseException | None = None
        for pending in group:
            if unreachable is not None:
                outcomes.append((None, unreachable))
                continue
            try:
                outcomes.append((self._alone(pending), None))
            except _UnreachableError as error:
                unreachable = error.cause
                outcomes.append((None, unreachable))
            except BaseException as error:  # noqa: BLE001 # a work may raise anything; its caller gets it
                outcomes.append((None, _as_store_error(error)))
        return outcomes

    def _alone(self, pending: Pending) -> Any:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                connection = self._begin()
            except Exception as error:
                raise _UnreachableError(_as_store_error(error)) from error
            try:
                result = pending.work(connection)
                connection.commit()
            except BaseException as error:
                self._roll_back(connection)
                if attempt == _ATTEMPTS or not is_transient(error):
                    raise
            else:
                return result
        raise AssertionError  # the loop returns or raises

    # ── the connection ──────────

    def _begin(self) -> Connection:
        """Return the connection with a transaction begun, connecting anew where it was lost."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            self._connection.begin()
        except SQLAlchemyError as error:
            lost = getattr(error, "connection_invalidated", False)
            self._disconnect()
            if not lost:
                raise
            self._connection = self._engine.connect()
            self._connection.begin()
        return self._connection

    def _roll_back(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except SQLAlchemyError:
            self._disconnect()
        else:
            if connection.invalidated:
                self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()


class _UnreachableError(Exception):
    """No transaction could even begin."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _as_store_error(error: BaseException) -> BaseException:
    """Return a driver's error as a StoreError caused by it, any other as it is."""
    if isinstance(error, SQLAlchemyError | OSError):
        told = wrapped(error)
        told.__cause__ = error
        return told
    if isinstance(error, StopIteration):
        # A future cannot carry it.
        told = StoreError("a work raised StopIteration")
        told.__cause__ = error
        return told
    return error


def _wake(space: "asyncio.Future[None]") -> None:
    if not space.done():
        space.set_result(None)


def _settle(group: list[Pending], outcomes: list[_Outcome]) -> None:
    """Tell everyone what their work came to; one wake-up a loop for the whole group."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Pending, _Outcome]]] = {}
    for pending, outcome in zip(group, outcomes, strict=True):
        if pending.loop is None:
            _tell(pending, outcome)
        else:
            by_loop.setdefault(pending.loop, []).append((pending, outcome))
    for loop, told in by_loop.items():
        # A loop that has ended waits no more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell_all, told)


def _tell_all(told: list[tuple[Pending, _Outcome]]) -> None:
    for pending, outcome in told:
        _tell(pending, outcome)


def _tell(pending: Pending, outcome: _Outcome) -> None:
    if pending.future.done():
        return
    result, error = outcome
    if error is None:
        pending.future.set_result(result)
    else:
        pending.future.set_exception(error)
