"""Leases of a process that was killed: every kind runs out at once, those of others stay."""

from datetime import timedelta
from functools import partial

from storerows import LEASE, add_feeds
from stores import START

from news.store import leases
from news.store.engine import Store
from news.store.feeds import claim_sites


def test_every_kind_of_lease_of_one_holder_runs_out_and_no_other(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    claim = partial(claim_sites, now=START, lasts=LEASE, sites=5)
    take = partial(leases.take, now=START, lasts=LEASE)
    assert [work.site for work in store.write_now(lambda conn: claim(conn, holder="killed"))] == ["a.example"]
    assert store.write_now(lambda conn: take(conn, "stories", holder="killed"))
    assert store.write_now(lambda conn: take(conn, "compose", holder="alive"))
    assert store.read_now(lambda conn: leases.holders(conn, START)) == {"killed", "alive"}

    store.write_now(lambda conn: leases.run_out(conn, ["killed"], START))

    assert store.read_now(lambda conn: leases.holders(conn, START)) == {"alive"}
    later = START + timedelta(milliseconds=1)
    assert [work.token for work in store.write_now(lambda conn: claim(conn, holder="next", now=later))] == [2]
    assert store.write_now(lambda conn: take(conn, "stories", holder="next", now=later)) == 2
    assert store.write_now(lambda conn: take(conn, "compose", holder="next", now=later)) is None
