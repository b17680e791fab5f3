"""Polls that are written together: as if each were written by itself, and none at another's cost."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from storerows import add_feeds
from stores import START, StillClock

from crawler.intake import Brought, Taken, brought, take_in
from crawler.outcomes import Outcome
from crawler.recording import Finished, Recorder, record
from crawler.schedule import Next
from news.errors import StaleLeaseError
from news.store.engine import Store
from news.store.feeds import FeedRow, claim_sites, list_feeds
from news.store.schema import article, entry, revision
from news.types import Entry, FeedKind, FeedState, ParsedFeed

LASTS = timedelta(minutes=2)
DUE = START + timedelta(hours=1)
_THEN = Next(DUE, timedelta(hours=1), None, 0, FeedState.HEALTHY, "")


def polled(feed: FeedRow, token: int, document: Brought | None = None) -> Finished:
    """Return a poll that gives its site back at once."""

    def outcome(taken: Taken, _now: object) -> Outcome:
        return Outcome(_THEN, {"next_poll_at": DUE, "title": f"{taken.new} new, {taken.known} known"})

    return Finished(feed, feed.site, token, document, outcome, free_at=START)


def tell(feed: FeedRow, *entries: tuple[str | None, str | None, str]) -> Brought:
    """Return a feed's document with entries of (address, guid, title)."""
    made = tuple(Entry(guid, url, title, f"{title}: all", "", (), None, None, (), None) for url, guid, title in entries)
    hashes = tuple(hashlib.blake2b(repr(one).encode(), digest_size=8).digest() for one in made)
    return brought(feed, ParsedFeed("Outlet", "en", FeedKind.RSS, None, made, hashes, hashes, ()))


def claimed(store: Store, *names: str) -> list[tuple[FeedRow, int]]:
    """Add feeds, claim their sites, and return each with its token."""
    store.write_now(lambda conn: add_feeds(conn, *names))
    works = store.write_now(lambda conn: claim_sites(conn, holder="h", now=START, lasts=LASTS, sites=len(names)))
    return [(work.feeds[0], work.token) for work in works]


def test_two_feeds_with_one_new_article_make_one(store: Store) -> None:
    (a, one), (b, two) = claimed(store, "a", "b")
    story = ("https://outlet.example/bridge", None, "Bridge closed")
    polls = [polled(a, one, tell(a, story)), polled(b, two, tell(b, story))]
    results = store.write_now(lambda conn: record(conn, polls, START))
    assert [result.taken for result in results if not isinstance(result, Exception)] == [
        Taken(new=1),
        Taken(known=1, spread=1),
    ]
    assert [row.title for row in store.read_now(list_feeds)] == ["1 new, 0 known", "0 new, 1 known"]


def test_an_article_that_moves_in_two_feeds_at_once_is_revised_once(store: Store) -> None:
    (a, _), (b, _) = claimed(store, "a", "b")
    before = ("https://outlet.example/bridge", "guid", "Bridge closed for repairs")
    store.write_now(lambda conn: take_in(conn, [tell(a, before), tell(b, before)], START))
    title = "Bridge closed for repairs until May"
    moved = [tell(a, ("https://outlet.example/a", "guid", title)), tell(b, ("https://outlet.example/b", "guid", title))]
    assert store.write_now(lambda conn: take_in(conn, moved, START)) == [Taken(revised=1, known=1), Taken(known=1)]


def test_a_poll_under_a_lost_lease_is_left_out_and_the_others_are_written(store: Store) -> None:
    (a, one), (b, two) = claimed(store, "a", "b")
    story = ("https://outlet.example/bridge", None, "Bridge closed")
    polls = [polled(a, one + 1, tell(a, story)), polled(b, two, tell(b, story))]
    lost, written = store.write_now(lambda conn: record(conn, polls, START))
    assert isinstance(lost, StaleLeaseError)
    assert not isinstance(written, Exception)
    assert written.taken == Taken(new=1)
    assert [row.title for row in store.read_now(list_feeds)] == [None, "1 new, 0 known"]


class CountedStore:
    """A store that counts what is written to it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.writes = 0

    async def write(self, work: Any) -> Any:
        """Count, and write."""
        self.writes += 1
        return await self.store.write(work)


async def test_polls_wait_for_those_on_the_way_and_are_one_transaction(store: Store, store_clock: StillClock) -> None:
    found = await asyncio.to_thread(claimed, store, "a", "b", "c")
    counted = CountedStore(store)
    recorder = Recorder(counted, store_clock)  # type: ignore[arg-type]  # all that it asks of a store
    with recorder.coming():
        first = [asyncio.create_task(recorder.write(polled(*one), lambda: None)) for one in found[:2]]
        await asyncio.sleep(0)
        assert counted.writes == 0
    last = await recorder.write(polled(*found[2]), lambda: (found[2][1], START))
    assert last.outcome.next is _THEN
    assert [one.outcome.next for one in await asyncio.gather(*first)] == [_THEN, _THEN]
    assert counted.writes == 1


async def test_a_poll_does_not_wait_long_for_one_that_hangs(store: Store, store_clock: StillClock) -> None:
    ((feed, token),) = await asyncio.to_thread(claimed, store, "a")
    recorder = Recorder(store, store_clock)
    async with asyncio.timeout(20):
        with recorder.coming():
            taken = await recorder.write(polled(feed, token), lambda: None)
    assert taken.outcome.next is _THEN


async def test_what_cannot_be_written_fails_alone(store: Store, store_clock: StillClock) -> None:
    found = await asyncio.to_thread(claimed, store, "a", "b")

    def mistaken(_taken: Taken, _now: object) -> Outcome:
        raise RuntimeError("a mistake of ours")

    (a, one), (b, two) = found
    recorder = Recorder(store, store_clock)
    bad = Finished(a, a.site, one, None, mistaken)
    with recorder.coming():
        failing = asyncio.create_task(recorder.write(bad, lambda: None))
        await asyncio.sleep(0)
    assert (await recorder.write(polled(b, two), lambda: None)).outcome.next is _THEN
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await failing
    assert [row.title for row in await store.read(list_feeds)] == [None, "0 new, 0 known"]


# ── together as one by one ──────────

_ADDRESSES = st.sampled_from([None, "https://one.example/x", "https://one.example/y", "https://two.example/z"])
_GUIDS = st.sampled_from([None, "g1", "g2"])
_TITLES = st.sampled_from(["Bridge closed for repairs", "Bridge closed for weeks", "Minister resigns over budget"])
_DOCUMENTS = st.lists(st.tuples(_ADDRESSES, _GUIDS, _TITLES), max_size=3)
#: of three feeds, in an order: what each brings
_ROUND = st.lists(st.tuples(st.integers(0, 2), _DOCUMENTS), unique_by=lambda one: one[0], max_size=3)


class _UndoneError(Exception):
    """Ends a transaction without a trace."""


def _rows(conn: Connection) -> list[Any]:
    articles = select(article.c.identity, article.c.feed_id, article.c.source).order_by(article.c.identity)
    revisions = (
        select(article.c.identity, revision.c.number, revision.c.feed_id, revision.c.title, revision.c.evaluated_at)
        .join(article, article.c.id == revision.c.article_id)
        .order_by(article.c.identity, revision.c.number)
    )
    entries = (
        select(entry.c.feed_id, entry.c.item_hash, entry.c.guid, article.c.identity, entry.c.gone_at)
        .join(article, article.c.id == entry.c.article_id)
        .order_by(entry.c.feed_id, entry.c.item_hash)
    )
    return [tuple(row) for wanted in (articles, revisions, entries) for row in conn.execute(wanted)]


@pytest.fixture(scope="module")
def three_feeds(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, list[FeedRow]]]:
    """A store with three feeds; what a test writes there it undoes."""
    file = tmp_path_factory.mktemp("together") / "store.db"
    file.write_bytes(sqlite_template.read_bytes())
    with Store.open(f"sqlite:///{file}", StillClock()) as opened:
        opened.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
        yield opened, opened.read_now(list_feeds)


@settings(max_examples=200, deadline=None)
@given(rounds=st.lists(_ROUND, max_size=3))
def test_together_is_as_one_after_another(
    three_feeds: tuple[Store, list[FeedRow]], rounds: list[list[tuple[int, list[Any]]]]
) -> None:
    store, feeds = three_feeds
    batches = [[tell(feeds[place], *entries) for place, entries in round_] for round_ in rounds]

    def outcome_of(*, together: bool) -> tuple[list[Taken], list[Any]]:
        kept: list[Any] = []

        def work(conn: Connection) -> None:
            taken: list[Taken] = []
            for batch in batches:
                for documents in [batch] if together else [[one] for one in batch]:
                    taken += take_in(conn, documents, START)
            kept[:] = [taken, _rows(conn)]
            raise _UndoneError

        with pytest.raises(_UndoneError):
            store.write_now(work)
        return kept[0], kept[1]

    assert outcome_of(together=True) == outcome_of(together=False)
