"""The stage that gives articles their stories: batches, reasons, the window, the lease."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from storerows import add_told, new_article, new_revision, tell
from stores import START, StillClock

from crawler import assign
from crawler.window import LEASE
from news.store import leases
from news.store.articles import add_article, add_revision
from news.store.engine import Store
from news.store.feeds import FeedRow
from news.store.schema import article, lease, story, story_text
from news.stories import WINDOW
from news.types import StoryReason

HOUR = timedelta(hours=1)


def run(store: Store, clock: StillClock, *, holder: str = "one", most: int = 200) -> int:
    return store.write_now(lambda conn: assign.assign_pending(conn, holder=holder, now=clock.now(), most=most))


def assigned(store: Store) -> list[tuple[int | None, str | None]]:
    """Return story and reason of every article, in the order of their arrival."""
    statement = select(article.c.story_id, article.c.story_reason).order_by(article.c.id)
    return [tuple(row) for row in store.read_now(lambda conn: conn.execute(statement).all())]


def test_stories_of_one_batch_and_of_earlier_ones_are_known_to_what_follows(
    store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    for name in ("a", "b", "c"):
        tell(store, name, feed.id, title="Bridge closed" if name != "b" else "Tower")
    assert run(store, store_clock) == 3
    first, other, _ = (of for of, _ in assigned(store))
    assert first != other
    tell(store, "d", feed.id)
    assert run(store, store_clock) == 1
    new, same = StoryReason.NEW.value, StoryReason.SAME_TEXT.value
    assert assigned(store) == [(first, new), (other, new), (first, same), (first, same)]
    assert run(store, store_clock) == 0


def test_the_oldest_come_first_and_no_more_than_asked(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    for number in range(5):
        tell(store, f"{number}", feed.id, title=f"Bridge {number}")
    assert store.read_now(assign.any_unassigned)
    assert run(store, store_clock, most=3) == 3
    assert [of is not None for of, _ in assigned(store)] == [True, True, True, False, False]
    assert run(store, store_clock, most=3) == 2
    assert not store.read_now(assign.any_unassigned)


def test_a_story_is_as_old_as_the_first_sight_of_its_first_article(
    store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    tell(store, "a", feed.id, now=START)
    tell(store, "b", feed.id, now=START + HOUR)
    store_clock.advance(2 * HOUR)
    run(store, store_clock)
    assert store.read_now(lambda conn: list(conn.execute(select(story.c.first_seen_at)).scalars())) == [START]


def test_articles_that_say_nothing_are_each_a_story(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    def work(conn: Connection) -> None:
        for name in ("a", "b"):
            of = add_article(conn, new_article(name, feed.id))
            add_revision(conn, replace(new_revision(of, feed.id), title=" ", text="…"))

    store.write_now(work)
    run(store, store_clock)
    assert len({of for of, _ in assigned(store)}) == 2
    assert store.read_now(lambda conn: conn.execute(select(story_text)).all()) == []


def test_only_the_first_revision_counts(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    def work(conn: Connection) -> None:
        add_told(conn, "a", feed.id, title="Tower")
        of = add_told(conn, "b", feed.id, title="Bridge closed")
        add_revision(conn, new_revision(of, feed.id, "Tower"))

    store.write_now(work)
    run(store, store_clock)
    assert len({of for of, _ in assigned(store)}) == 2


@pytest.mark.parametrize(("later", "same"), [(WINDOW, True), (WINDOW + timedelta(seconds=1), False)])
def test_a_text_is_known_for_the_window_from_its_last_sight(
    store: Store, store_clock: StillClock, feed: FeedRow, later: timedelta, *, same: bool
) -> None:
    for name, passes in (("a", timedelta()), ("b", WINDOW), ("c", later)):
        tell(store, name, feed.id, now=store_clock.advance(passes))
        run(store, store_clock)
    first, second, third = (of for of, _ in assigned(store))
    assert first == second
    assert (third == first) is same


def test_nothing_is_done_while_another_process_is_at_it(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    tell(store, "a", feed.id)
    token = store.write_now(lambda conn: leases.take(conn, LEASE, holder="two", now=START, lasts=timedelta(minutes=5)))
    assert token is not None
    assert run(store, store_clock) == 0
    assert assigned(store) == [(None, None)]
    store.write_now(lambda conn: leases.release(conn, LEASE, token))
    assert run(store, store_clock) == 1


def test_nobody_waits_for_the_lease_of_a_process_that_has_done_its_round(
    store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    tell(store, "a", feed.id)
    assert run(store, store_clock, holder="one") == 1
    tell(store, "b", feed.id)
    assert run(store, store_clock, holder="two") == 1
    assert store.read_now(lambda conn: conn.execute(select(lease.c.holder, lease.c.token)).all()) == [(None, 2)]


def test_what_fails_in_the_middle_leaves_nothing(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    tell(store, "a", feed.id)

    def broken(conn: Connection) -> None:
        assign.assign_pending(conn, holder="one", now=START)
        raise OSError("the power is gone")

    with pytest.raises(Exception, match="the power is gone"):
        store.write_now(broken)
    assert assigned(store) == [(None, None)]
    assert run(store, store_clock, holder="two") == 1
