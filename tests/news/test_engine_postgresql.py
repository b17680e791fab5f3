"""PostgreSQL that is not there, refuses, or goes away in between."""

import asyncio
import socket
from functools import partial

import psycopg
import pytest
from postgres import PostgresServer
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.engine import make_url
from stores import StillClock

from news.errors import StoreError
from news.store.engine import Store
from news.store.schema import site

CLOCK = StillClock()


def database_of(address: str) -> str:
    return make_url(address).database or ""


def one(conn: Connection) -> int:
    return int(conn.execute(text("SELECT 1")).scalar_one())


async def test_a_lost_connection_is_made_anew_without_losing_a_work(
    postgres: PostgresServer, postgres_url: str
) -> None:
    with Store.open(postgres_url, CLOCK) as store:

        def add(conn: Connection, name: str) -> None:
            conn.execute(insert(site), {"name": name})

        await store.write(lambda conn: add(conn, "first"))
        assert await store.read(one) == 1
        postgres.disconnect(database_of(postgres_url))
        names = [f"{number}.example" for number in range(20)]
        await asyncio.gather(*(store.write(partial(add, name=name)) for name in names))
        assert await store.read(lambda conn: conn.execute(select(func.count()).select_from(site)).scalar()) == 21


async def test_a_connection_lost_in_a_transaction_runs_it_again(postgres: PostgresServer, postgres_url: str) -> None:
    runs: list[int] = []

    def work(conn: Connection) -> int:
        runs.append(len(runs))
        conn.execute(insert(site), {"name": "a.example"})
        if len(runs) == 1:
            postgres.disconnect(database_of(postgres_url))
        return int(conn.execute(select(func.count()).select_from(site)).scalar_one())

    with Store.open(postgres_url, CLOCK) as store:
        assert await store.write(work) == 1
    assert runs == [0, 1]


async def test_a_server_that_is_not_there_is_told_to_all_who_wait_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with Store.open(f"postgresql+psycopg://u:secret@127.0.0.1:{port}/x", CLOCK) as store:
            told = await asyncio.gather(*(store.write(one) for _ in range(50)), return_exceptions=True)
    assert {type(error) for error in told} == {StoreError}
    assert len({id(error) for error in told}) < 50
    assert "check that PostgreSQL runs" in str(told[0])
    assert "secret" not in str(told[0])


def test_a_database_that_does_not_exist_is_told(postgres: PostgresServer) -> None:
    with Store.open(postgres.url("missing"), CLOCK) as store, pytest.raises(StoreError, match="createdb"):
        store.read_now(one)


def test_a_refused_user_is_told(postgres_url: str) -> None:
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE ROLE refused NOLOGIN")
    try:
        with (
            Store.open(postgres_url.replace("postgres@", "refused@"), CLOCK) as store,
            pytest.raises(StoreError, match="refuses the user or password"),
        ):
            store.read_now(one)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("DROP ROLE refused")


def test_missing_tables_name_the_command(postgres: PostgresServer) -> None:
    with (
        postgres.database() as address,
        Store.open(address, CLOCK) as store,
        pytest.raises(StoreError, match="storywatch store migrate"),
    ):
        store.read_now(lambda conn: conn.execute(select(site.c.name)).all())


def test_two_processes_that_lock_each_other_both_finish(postgres_url: str) -> None:
    """PostgreSQL ends one of the two transactions; that one is run again."""
    with Store.open(postgres_url, CLOCK) as first, Store.open(postgres_url, CLOCK) as second:

        def touch(conn: Connection, name: str) -> None:
            conn.execute(text("UPDATE site SET lease_token = lease_token + 1 WHERE name = :name"), {"name": name})

        first.write_now(lambda conn: conn.execute(insert(site), [{"name": "a"}, {"name": "b"}]))

        async def both() -> None:
            held = [asyncio.Event(), asyncio.Event()]
            loop = asyncio.get_running_loop()

            def crossing(conn: Connection, names: str, mine: int) -> None:
                touch(conn, names[0])
                loop.call_soon_threadsafe(held[mine].set)
                asyncio.run_coroutine_threadsafe(held[1 - mine].wait(), loop).result(30)
                touch(conn, names[1])

            await asyncio.gather(
                first.write(lambda conn: crossing(conn, "ab", 0)), second.write(lambda conn: crossing(conn, "ba", 1))
            )

        asyncio.run(both())
        assert first.read_now(lambda conn: conn.execute(select(site.c.lease_token)).scalars().all()) == [2, 2]
