"""What a store promises to its works: committed when told, alone when guilty, never in the event loop's way."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from news.errors import StaleLeaseError, StoreError
from news.store import lanes
from news.store.engine import Store
from news.store.schema import site


def add_site(name: str) -> Callable[[Connection], str]:
    def work(conn: Connection) -> str:
        conn.execute(insert(site), {"name": name})
        return name

    return work


def sites(conn: Connection) -> list[str]:
    return list(conn.execute(select(site.c.name).order_by(site.c.name)).scalars())


class Gate:
    """A work that holds the writer until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def work(self, _conn: Connection) -> None:
        """Wait."""
        self.entered.set()
        assert self.open.wait(30)

    async def shut(self, store: Store) -> "asyncio.Task[None]":
        """Return once the writer waits here."""
        task = asyncio.create_task(store.write(self.work))
        await asyncio.to_thread(self.entered.wait, 30)
        return task


async def test_what_write_returned_is_seen_by_another_store(store: Store, other_store: Store) -> None:
    assert await store.write(add_site("a.example")) == "a.example"
    assert await other_store.read(sites) == ["a.example"]


async def test_a_guilty_work_of_a_group_is_alone_with_its_error(store: Store) -> None:
    def guilty(conn: Connection) -> None:
        add_site("guilty.example")(conn)
        raise StaleLeaseError("lost")

    gate = Gate()
    shut = await gate.shut(store)
    works: list[Callable[[Connection], object]] = [add_site("a.example"), guilty, add_site("b.example")]
    group = [asyncio.create_task(store.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    await shut
    first, lost, second = await asyncio.gather(*group, return_exceptions=True)
    assert (first, second) == ("a.example", "b.example")
    assert isinstance(lost, StaleLeaseError)
    assert await store.read(sites) == ["a.example", "b.example"]


async def test_what_waits_is_committed_together(store: Store, other_store: Store) -> None:
    seen: list[list[str]] = []

    def look(_conn: Connection) -> None:
        seen.append(other_store.read_now(sites))

    gate = Gate()
    shut = await gate.shut(store)
    works: list[Callable[[Connection], object]] = [add_site("a.example"), look, add_site("b.example")]
    group = [asyncio.create_task(store.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(shut, *group)
    assert seen == [[]]
    assert await other_store.read(sites) == ["a.example", "b.example"]


async def test_a_driver_error_comes_as_a_store_error_caused_by_it(store: Store) -> None:
    await store.write(add_site("a.example"))
    with pytest.raises(StoreError) as caught:
        await store.write(add_site("a.example"))
    assert isinstance(caught.value.__cause__, IntegrityError)


async def test_an_error_of_the_work_itself_comes_as_it_is(store: Store) -> None:
    def work(_conn: Connection) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await store.write(work)
    with pytest.raises(KeyError, match="mine"):
        await store.read(work)


async def test_a_work_that_ends_an_iterator_does_not_hang_its_caller(store: Store) -> None:
    with pytest.raises(StoreError, match="StopIteration"):
        await store.write(lambda _conn: next(iter(())))


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.read(add_site("a.example"))
    assert await store.read(sites) == []


async def test_a_read_sees_one_snapshot(store: Store, other_store: Store) -> None:
    def twice(conn: Connection) -> tuple[list[str], list[str]]:
        before = sites(conn)
        other_store.write_now(add_site("a.example"))
        return before, sites(conn)

    assert await store.read(twice) == ([], [])


async def test_the_loop_goes_on_while_the_database_works(store: Store) -> None:
    gate = Gate()
    shut = await gate.shut(store)
    await asyncio.sleep(0)
    assert await store.read(sites) == []
    assert not shut.done()
    gate.open.set()
    await shut


async def test_write_waits_where_the_queue_is_full(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "QUEUE_SIZE", 3)
    gate = Gate()
    shut = await gate.shut(store)
    tasks = [asyncio.create_task(store.write(add_site(f"{number}.example"))) for number in range(12)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(store._writing._queue) == 3
    assert len(store._writing._waiters) == 9
    tasks[5].cancel()
    gate.open.set()
    await shut
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(await store.read(sites)) == 11


async def test_a_work_cancelled_while_it_waits_is_not_run(store: Store) -> None:
    gate = Gate()
    shut = await gate.shut(store)
    task = asyncio.create_task(store.write(add_site("a.example")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    await shut
    assert await store.read(sites) == []


async def test_close_sees_the_queue_through(store: Store, other_store: Store) -> None:
    gate = Gate()
    shut = await gate.shut(store)
    tasks = [asyncio.create_task(store.write(add_site(f"{number}.example"))) for number in range(9)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    gate.open.set()
    await closing
    await asyncio.gather(shut, *tasks)
    assert len(await other_store.read(sites)) == 9
    with pytest.raises(StoreError, match="closed"):
        await store.write(add_site("late.example"))


async def test_a_transaction_that_met_another_process_is_run_again(store: Store, other_store: Store) -> None:
    """Both look, both insert: the one that comes second finds the row when it is run again."""
    met: list[str] = []

    def add_unless_known(conn: Connection) -> str:
        if conn.execute(select(func.count()).where(site.c.name == "a.example")).scalar():
            return "known"
        if not met and conn.dialect.name == "postgresql":
            met.append("once")
            other_store.write_now(add_site("a.example"))
        add_site("a.example")(conn)
        return "added"

    expected = "known" if store.dialect == "postgresql" else "added"
    assert await store.write(add_unless_known) == expected
    assert await store.read(sites) == ["a.example"]
