"""Sites are leased: one holder at a time, due feeds only, and a stale token writes nothing."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select
from storerows import FIRST_INTERVAL, LEASE, add_feeds, settings
from stores import START, StillClock

from news.store.engine import Store
from news.store.feeds import (
    SiteWork,
    claim_one_site,
    claim_sites,
    get_feed,
    held_sites,
    release_holder,
    release_site,
    release_sites,
    renew_sites,
    sync_feeds,
    update_feed,
)
from news.store.schema import site

EXPIRED = timedelta(seconds=-1)
SOON = START + timedelta(seconds=5)


def claim(
    store: Store,
    *,
    holder: str = "one",
    now: timedelta = timedelta(),
    lasts: timedelta = LEASE,
    sites: int = 10,
    ignore_due: bool = False,
    polled_before: timedelta | None = None,
) -> list[SiteWork]:
    """Claim sites in a transaction of its own; times count from the start."""
    return store.write_now(
        lambda conn: claim_sites(
            conn,
            holder=holder,
            now=START + now,
            lasts=lasts,
            sites=sites,
            ignore_due=ignore_due,
            polled_before=None if polled_before is None else START + polled_before,
        )
    )


def due_in(store: Store, minutes: Mapping[str, int]) -> None:
    """Say when feeds are due, in minutes from the start."""

    def work(conn: Connection) -> None:
        for name, number in minutes.items():
            row = get_feed(conn, settings(name).url)
            assert row is not None
            update_feed(conn, row.id, {"next_poll_at": START + timedelta(minutes=number)})

    store.write_now(work)


def holds(store: Store, name: str, token: int) -> bool:
    """Return whether a token still holds its site."""
    return bool(store.write_now(lambda conn: held_sites(conn, [(name, token)])))


def release(store: Store, work: SiteWork, at: datetime | None = None) -> bool:
    """Release a site, which may be asked again at an instant."""
    return store.write_now(lambda conn: release_site(conn, work.site, work.token, next_request_at=at))


def names(works: list[SiteWork]) -> list[str]:
    return [work.site for work in works]


def test_a_claimed_site_comes_with_its_due_feeds_oldest_first(store: Store) -> None:
    wanted = [settings(name, site="shared.example") for name in ("a", "b", "c", "later")]
    store.write_now(lambda conn: sync_feeds(conn, wanted, now=START, first_interval=FIRST_INTERVAL))
    due_in(store, {"a": -1, "b": -3, "c": -2, "later": 1})
    (work,) = claim(store)
    assert (work.site, work.token) == ("shared.example", 1)
    assert [row.name for row in work.feeds] == ["b", "c", "a"]


def test_the_site_that_waited_longest_goes_first(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
    due_in(store, {"a": -1, "b": -3, "c": -2})
    assert names(claim(store, sites=2)) == ["b.example", "c.example"]
    assert names(claim(store)) == ["a.example"]


def test_a_site_gives_no_more_feeds_than_asked_for(store: Store) -> None:
    wanted = [settings(f"f{number}", site="shared.example") for number in range(5)]
    store.write_now(lambda conn: sync_feeds(conn, wanted, now=START, first_interval=FIRST_INTERVAL))
    (work,) = store.write_now(
        lambda conn: claim_sites(conn, holder="h", now=START, lasts=LEASE, sites=1, feeds_per_site=2)
    )
    assert len(work.feeds) == 2


def test_nothing_is_claimed_before_it_is_due(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    assert claim(store, now=timedelta(seconds=-1)) == []


def test_a_feed_that_rests_is_not_claimed(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    store.write_now(add_feeds)
    assert claim(store, ignore_due=True) == []


def test_a_leased_site_is_passed_over_until_it_is_released_and_may_be_asked(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    (work,) = claim(store)
    assert claim(store, holder="two") == []
    assert claim(store) == []
    assert release(store, work, SOON)
    assert claim(store, now=timedelta(seconds=4)) == []
    (again,) = claim(store, now=timedelta(seconds=5))
    assert again.token == work.token + 1


def test_when_a_site_may_be_asked_only_moves_later(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    far = START + timedelta(hours=5)
    for at in (far, SOON, None):
        (work,) = claim(store, now=timedelta(hours=5))
        release(store, work, at)
        assert store.read_now(lambda conn: conn.execute(select(site.c.next_request_at)).scalar()) == far


def test_a_lease_that_ran_out_goes_to_the_next_and_its_old_token_writes_nothing(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    (old,) = claim(store, lasts=EXPIRED)
    assert holds(store, old.site, old.token)
    (new,) = claim(store, holder="two")
    assert new.token == old.token + 1
    assert not holds(store, old.site, old.token)
    assert not release(store, old)
    store.write_now(lambda conn: release_sites(conn, [(old.site, old.token, SOON)]))
    assert holds(store, new.site, new.token)


def test_a_released_token_writes_nothing(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a"))
    (work,) = claim(store)
    release(store, work)
    assert not holds(store, work.site, work.token)


def test_sites_are_checked_and_released_together(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
    a, b, c = claim(store, sites=3)
    assert claim(store, sites=3, holder="two", now=timedelta(seconds=4)) == []
    shown = {(a.site, a.token), (b.site, b.token), (c.site, c.token + 1), ("elsewhere.example", 1)}
    assert store.write_now(lambda conn: held_sites(conn, shown)) == {(a.site, a.token), (b.site, b.token)}
    far = SOON + timedelta(seconds=1)
    rows = [(a.site, a.token, SOON), (b.site, b.token, far), (c.site, c.token + 1, SOON)]
    store.write_now(lambda conn: release_sites(conn, rows))
    assert [holds(store, one.site, one.token) for one in (a, b, c)] == [False, False, True]
    assert claim(store, sites=3, now=timedelta(seconds=4)) == []
    assert names(claim(store, sites=3, now=timedelta(seconds=5))) == [a.site]
    assert names(claim(store, sites=3, now=timedelta(seconds=6))) == [b.site]


def test_renewing_makes_only_the_holder_s_leases_last(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
    claim(store, sites=2, lasts=EXPIRED)
    claim(store, sites=1, holder="two", lasts=EXPIRED, now=timedelta())
    held = store.write_now(lambda conn: renew_sites(conn, holder="one", now=START, lasts=LEASE))
    assert held == 1
    assert len(claim(store, holder="three")) == 2


def test_the_leases_of_a_holder_or_of_all_end_together(store: Store) -> None:
    store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
    claim(store, sites=2)
    claim(store, sites=1, holder="two")
    assert store.write_now(lambda conn: release_holder(conn, "one")) == 2
    assert len(claim(store, holder="three")) == 2
    assert store.write_now(lambda conn: release_holder(conn, None)) == 3


def test_one_site_is_claimed_by_name_when_it_is_free_and_may_be_asked(store: Store) -> None:
    def one(now: timedelta = timedelta()) -> int | None:
        return store.write_now(
            lambda conn: claim_one_site(conn, "new.example", holder="h", now=START + now, lasts=LEASE)
        )

    assert one() == 1
    assert one() is None
    assert holds(store, "new.example", 1)
    store.write_now(lambda conn: release_site(conn, "new.example", 1, next_request_at=SOON))
    assert one(timedelta(seconds=4)) is None
    assert one(timedelta(seconds=5)) == 2


def test_ignoring_what_is_due_takes_each_feed_once_a_round(store: Store) -> None:
    a, b = store.write_now(lambda conn: add_feeds(conn, "a", "b"))
    store.write_now(lambda conn: update_feed(conn, a, {"next_poll_at": START + timedelta(hours=1)}))
    store.write_now(lambda conn: update_feed(conn, b, {"last_polled_at": START + timedelta(seconds=1)}))
    assert len(claim(store, ignore_due=True, lasts=EXPIRED)) == 2
    assert names(claim(store, ignore_due=True, polled_before=timedelta())) == ["a.example"]


def test_a_check_keeps_the_site_from_others_until_its_transaction_ends(store: Store, other_store: Store) -> None:
    """The lease runs out between the check and the commit: nobody may claim the site in between."""
    store.write_now(lambda conn: add_feeds(conn, "a"))
    (work,) = claim(store, lasts=EXPIRED)

    def poll(conn: Connection) -> list[SiteWork]:
        assert held_sites(conn, [(work.site, work.token)])
        # On SQLite the other would wait for this very transaction.
        return claim(other_store, holder="two") if conn.dialect.name == "postgresql" else []

    assert store.write_now(poll) == []
    assert len(claim(other_store, holder="two")) == 1


async def test_two_stores_that_claim_at_once_never_share_a_site(store: Store, other_store: Store) -> None:
    await store.write(lambda conn: add_feeds(conn, *(f"s{number}" for number in range(60))))

    async def claims(one: Store, holder: str) -> list[str]:
        taken: list[str] = []
        for _ in range(20):
            works = await one.write(lambda conn: claim_sites(conn, holder=holder, now=START, lasts=LEASE, sites=3))
            taken += names(works)
        return taken

    first, second = await asyncio.gather(claims(store, "one"), claims(other_store, "two"))
    assert set(first) & set(second) == set()
    assert len(first) + len(second) == len({*first, *second}) == 60


_WORKER = """
import json, sys
from datetime import datetime, timedelta
from news.clock import SystemClock
from news.store.engine import Store
from news.store.feeds import claim_sites, release_site, update_feed

address, holder, now = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
store = Store.open(address, SystemClock())
print("ready", flush=True)
sys.stdin.readline()
polled = []
while works := store.write_now(
    lambda conn: claim_sites(conn, holder=holder, now=now, lasts=timedelta(seconds=60), sites=4)
):
    for work in works:
        def record(conn):
            for feed in work.feeds:
                update_feed(conn, feed.id, {"next_poll_at": now + timedelta(hours=1)})
            assert release_site(conn, work.site, work.token, next_request_at=None)
        store.write_now(record)
        polled += [feed.url for feed in work.feeds]
store.close_now()
print(json.dumps(polled))
"""


def test_two_processes_poll_every_feed_exactly_once(store: Store, database: str) -> None:
    feeds = 120
    store.write_now(lambda conn: add_feeds(conn, *(f"s{number}" for number in range(feeds))))
    workers = [
        subprocess.Popen(  # noqa: S603 # this interpreter with a program of our own
            [sys.executable, "-c", _WORKER, database, holder, START.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for holder in ("one", "two")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    polled = [url for worker in workers for url in json.loads(worker.communicate(timeout=50)[0])]
    assert len(polled) == len(set(polled)) == feeds


def test_the_clock_of_leases_is_the_database_s_on_postgresql_and_the_given_one_on_sqlite(
    store: Store, store_clock: StillClock
) -> None:
    store.write_now(lambda conn: conn.execute(insert(site), {"name": "a.example"}))
    store.write_now(lambda conn: claim_one_site(conn, "a.example", holder="h", now=store_clock.now(), lasts=LEASE))
    until = store.read_now(lambda conn: conn.execute(select(site.c.lease_until)).scalar_one())
    assert until is not None
    assert (until == START + LEASE) == (store.dialect == "sqlite")
