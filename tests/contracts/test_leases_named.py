"""Named leases: one holder, a higher token each time, nothing written under a lost one."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from storerows import LEASE
from stores import START

from news.errors import StaleLeaseError
from news.store import leases
from news.store.engine import Store

EXPIRED = timedelta(seconds=-1)


def take(store: Store, holder: str, lasts: timedelta = LEASE) -> int | None:
    """Take the lease ``assign``."""
    return store.write_now(lambda conn: leases.take(conn, "assign", holder=holder, now=START, lasts=lasts))


def check(store: Store, token: int) -> None:
    store.write_now(lambda conn: leases.check(conn, "assign", token))


def test_one_holder_has_it_and_takes_it_anew(store: Store) -> None:
    assert take(store, "one") == 1
    assert take(store, "two") is None
    assert take(store, "one") == 2
    with pytest.raises(StaleLeaseError, match="assign"):
        check(store, 1)
    check(store, 2)


def test_leases_of_other_names_are_others(store: Store) -> None:
    assert take(store, "one") == 1
    assert store.write_now(lambda conn: leases.take(conn, "compose", holder="two", now=START, lasts=LEASE)) == 1


def test_one_that_ran_out_goes_to_the_next(store: Store) -> None:
    assert take(store, "one", EXPIRED) == 1
    check(store, 1)
    assert take(store, "two") == 2
    with pytest.raises(StaleLeaseError):
        check(store, 1)
    with pytest.raises(StaleLeaseError):
        store.write_now(lambda conn: leases.renew(conn, "assign", 1, now=START, lasts=LEASE))
    assert not store.write_now(lambda conn: leases.release(conn, "assign", 1))
    check(store, 2)


def test_one_that_was_renewed_in_time_stays(store: Store) -> None:
    assert take(store, "one", EXPIRED) == 1
    store.write_now(lambda conn: leases.renew(conn, "assign", 1, now=START, lasts=LEASE))
    assert take(store, "two") is None


def test_one_that_was_given_back_is_free(store: Store) -> None:
    assert take(store, "one") == 1
    assert store.write_now(lambda conn: leases.release(conn, "assign", 1))
    with pytest.raises(StaleLeaseError):
        check(store, 1)
    assert take(store, "two") == 2
    assert store.write_now(leases.release_all) == 1
    assert take(store, "three") == 3


async def test_of_two_that_take_at_once_one_has_it(store: Store, other_store: Store) -> None:
    async def one(of: Store, holder: str, name: str) -> int | None:
        return await of.write(lambda conn: leases.take(conn, name, holder=holder, now=START, lasts=LEASE))

    for number in range(20):
        name = f"lease-{number}"
        tokens = await asyncio.gather(one(store, "one", name), one(other_store, "two", name))
        assert sorted(tokens, key=str) == [1, None]


def test_the_leases_of_a_holder_end_together(store: Store) -> None:
    for name, holder in (("assign", "one"), ("compose", "one"), ("prune", "two")):
        take_it = partial(leases.take, name=name, holder=holder, now=START, lasts=LEASE)
        assert store.write_now(take_it) == 1
    assert store.write_now(lambda conn: leases.release_holder(conn, "one")) == 2
    assert take(store, "two") == 2
    assert store.write_now(lambda conn: leases.take(conn, "prune", holder="one", now=START, lasts=LEASE)) is None
