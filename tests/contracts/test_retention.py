"""What is kept how long: texts go, what was seen stays while a feed carries it, what waits is never touched."""

import os
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, func, insert, select, update
from storematches import Told, add_match
from storerows import new_revision, own_story, settings, tell
from stores import START, StillClock

from news.store import retention
from news.store.articles import (
    add_revision,
    drop_entries,
    lookup,
    mark_evaluated,
    put_entry,
    recent_revisions,
    stories,
    story,
)
from news.store.engine import Store
from news.store.feeds import FeedRow, sync_feeds
from news.store.retention import Pruned, prune, size
from news.store.schema import article, delivery, due, entry, match, message, revision, site, story_text
from news.store.schema import story as story_table

DAY = timedelta(days=1)
KEEP = 30 * DAY


def take(
    store: Store,
    *,
    at: timedelta = 31 * DAY,
    kept: timedelta | None = KEEP,
    matched: timedelta | None = None,
    most: int | None = None,
    dry_run: bool = False,
    limit: int = 1000,
) -> Pruned:
    """Prune, some time after the start."""
    return store.write_now(
        lambda conn: prune(
            conn,
            now=START + at,
            retention=kept,
            retention_matched=matched,
            max_size_bytes=most,
            dry_run=dry_run,
            limit=limit,
        )
    )


def seen(store: Store, feed: FeedRow, name: str, *, carried: bool = True, at: timedelta = timedelta()) -> int:
    """Take in an article that is assigned and evaluated, and that its feed carries or not; return its id."""
    now = START + at
    article_id = tell(store, name, feed.id, now=now)
    own_story(store, article_id, now=now)

    def work(conn: Connection) -> None:
        put_entry(conn, feed.id, name.encode(), name, article_id, now)
        if not carried:
            drop_entries(conn, [(feed.id, name.encode())], now)
        ids = conn.execute(select(revision.c.id).where(revision.c.article_id == article_id)).scalars().all()
        mark_evaluated(conn, ids, now)

    store.write_now(work)
    return article_id


def match_it(store: Store, article_id: int, dues: Sequence[Told] = ()) -> int:
    """Let a watchlist match an article's story."""

    def work(conn: Connection) -> int:
        story_id = conn.execute(select(article.c.story_id).where(article.c.id == article_id)).scalar_one()
        assert story_id is not None
        return add_match(conn, story_id, dues)

    return store.write_now(work)


def titles(store: Store) -> list[str]:
    return list(store.read_now(lambda conn: conn.execute(select(revision.c.title).order_by(revision.c.id)).scalars()))


def count(store: Store, table: Table) -> int:
    return int(store.read_now(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one()))


def test_an_unmatched_text_goes_after_its_retention_and_not_before(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one")
    assert take(store, at=29 * DAY).texts == 0
    assert titles(store) == ["Bridge closed"]
    assert take(store).texts == 1
    assert titles(store) == [""]
    assert take(store).texts == 0


def test_forever_is_for_ever(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one", carried=False)
    assert take(store, at=9999 * DAY, kept=None).texts == 0
    assert titles(store) == ["Bridge closed"]


def test_what_a_feed_still_carries_is_remembered_and_known_as_unchanged(store: Store, feed: FeedRow) -> None:
    article_id = seen(store, feed, "one")
    for day in (31, 100, 400):
        take(store, at=day * DAY)
    by_identity, by_guid = store.read_now(lambda conn: lookup(conn, feed.id, ["https://outlet.example/one"], ["one"]))
    known = by_identity["https://outlet.example/one"]
    assert (known.article_id, known.content_hash, known.title) == (article_id, "1:Bridge closed", "")
    assert by_guid["one"].article_id == article_id


def test_what_a_feed_that_rests_carried_is_remembered(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one")
    store.write_now(lambda conn: sync_feeds(conn, [settings("b")], now=START, first_interval=DAY))
    assert take(store, at=400 * DAY).articles == 0
    assert count(store, article) == 1


def test_what_no_feed_carries_any_more_is_forgotten_with_its_story(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one", carried=False)
    done = take(store)
    assert (done.texts, done.entries, done.articles) == (1, 1, 1)
    for table in (article, revision, entry, story_table):
        assert count(store, table) == 0


def test_an_entry_that_left_lately_is_remembered(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one")
    store.write_now(lambda conn: drop_entries(conn, [(feed.id, b"one")], START + 20 * DAY))
    assert take(store).articles == 0
    assert take(store, at=49 * DAY).articles == 0
    assert take(store, at=51 * DAY).articles == 1


def test_a_text_that_was_changed_lately_stays_whole(store: Store, feed: FeedRow) -> None:
    article_id = seen(store, feed, "one")
    later = new_revision(article_id, feed.id, "Bridge open", now=START + 20 * DAY)

    def revise(conn: Connection) -> None:
        add_revision(conn, later)
        mark_evaluated(conn, [conn.execute(select(func.max(revision.c.id))).scalar_one()], START)

    store.write_now(revise)
    assert take(store).texts == 0
    assert titles(store) == ["Bridge closed", "Bridge open"]
    assert take(store, at=51 * DAY).texts == 1
    assert titles(store) == [""]


def test_what_waits_for_its_story_or_its_evaluation_stays(store: Store, feed: FeedRow) -> None:
    tell(store, "unassigned", feed.id)
    own_story(store, tell(store, "pending", feed.id))
    assert take(store, at=400 * DAY, matched=KEEP, most=1).texts == 0
    assert titles(store) == ["Bridge closed", "Bridge closed"]


def test_a_matched_text_stays_for_ever_unless_told_otherwise(store: Store, feed: FeedRow) -> None:
    match_it(store, seen(store, feed, "one", carried=False), [Told("a", at=START)])
    assert take(store, at=400 * DAY).texts == 0
    assert titles(store) == ["Bridge closed"]
    assert take(store, at=59 * DAY, matched=60 * DAY).texts == 0
    done = take(store, at=61 * DAY, matched=60 * DAY)
    assert (done.texts, done.articles) == (1, 1)
    for table in (article, revision, match, due, story_table):
        assert count(store, table) == 0


def test_a_matched_text_that_is_still_to_be_told_stays(store: Store, feed: FeedRow) -> None:
    match_it(store, seen(store, feed, "one", carried=False), [Told("a", at=START), Told("b")])
    assert take(store, at=400 * DAY, matched=KEEP, most=1).texts == 0
    assert titles(store) == ["Bridge closed"]


def test_a_told_match_stays_while_a_feed_carries_any_copy(store: Store, feed: FeedRow) -> None:
    """Else a change in the copy would alert as new."""
    one = seen(store, feed, "one", carried=False)
    two = seen(store, feed, "two")
    match_it(store, one, [Told("a", at=START)])

    def copy(conn: Connection) -> None:
        of = conn.execute(select(article.c.story_id).where(article.c.id == one)).scalar_one()
        conn.execute(update(article).where(article.c.id == two).values(story_id=of))

    store.write_now(copy)
    done = take(store, at=400 * DAY, matched=KEEP)
    assert (done.texts, done.articles) == (2, 0)
    assert (count(store, match), count(store, due)) == (1, 1)
    store.write_now(lambda conn: drop_entries(conn, [(feed.id, b"two")], START + 400 * DAY))
    assert take(store, at=431 * DAY, matched=KEEP).articles == 2
    assert (count(store, match), count(store, article)) == (0, 0)


def test_a_story_whose_texts_went_is_not_listed_but_can_be_asked_for(store: Store, feed: FeedRow) -> None:
    match_it(store, seen(store, feed, "one"), [Told("a", at=START)])
    take(store, at=400 * DAY, matched=KEEP)
    assert store.read_now(stories) == []
    assert store.read_now(lambda conn: recent_revisions(conn, since=START)) == []
    detail = store.read_now(lambda conn: story(conn, "https://outlet.example/one"))
    assert detail is not None
    assert (detail.row.title, len(detail.matches)) == ("", 1)


def add_message(conn: Connection, number: int, state: str, body: bytes = b"x" * 1000) -> None:
    """Add a message with its delivery, sent at the start where it is sent."""
    row = {"message_id": f"{number}", "alert_id": "a", "due_key": f"{number}", "part": 1, "recipient": "r"}
    made = insert(message).returning(message.c.id)
    of = conn.execute(
        made, {**row, "channel": "email", "body": body, "watchlist": "KZ", "created_at": START}
    ).scalar_one()
    sent = START if state == "sent" else None
    conn.execute(insert(delivery), {"message_id": of, "target": "desk", "state": state, "sent_at": sent})


def bodies(store: Store) -> list[bool]:
    rows = store.read_now(lambda conn: conn.execute(select(message.c.body).order_by(message.c.id)).scalars().all())
    return [body is not None for body in rows]


def test_the_bytes_of_sent_messages_go_and_of_others_stay(store: Store) -> None:
    states = ("sent", "waiting", "retrying", "in_doubt", "failed")

    def add(conn: Connection) -> None:
        for number, state in enumerate(states):
            add_message(conn, number, state)

    store.write_now(add)
    assert take(store, at=29 * DAY).messages == 0
    assert take(store).messages == 1
    assert bodies(store) == [False, True, True, True, True]


def test_a_dry_run_counts_and_takes_nothing(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "one", carried=False)
    store.write_now(lambda conn: add_message(conn, 1, "sent"))
    done = take(store, dry_run=True, most=1)
    assert (done.texts, done.entries, done.messages) == (1, 1, 1)
    assert done.size_before == done.size_after > 0
    assert titles(store) == ["Bridge closed"]
    assert (count(store, entry), bodies(store)) == (1, [True])


def test_a_call_takes_no_more_than_its_limit_and_says_that_there_is_more(store: Store, feed: FeedRow) -> None:
    for number in range(5):
        seen(store, feed, f"{number}")
    calls = [take(store, limit=2) for _ in range(3)]
    assert [(done.texts, done.more) for done in calls] == [(2, True), (2, True), (1, False)]


def fill(store: Store) -> None:
    """Make every text large, of words that cannot be compressed away."""
    noise = random.Random(7)  # noqa: S311 # noise, no secret

    def work(conn: Connection) -> None:
        for revision_id in conn.execute(select(revision.c.id)).scalars().all():
            words = noise.randbytes(20_000).hex()
            conn.execute(update(revision).where(revision.c.id == revision_id).values(text=words))

    store.write_now(work)


def test_above_the_size_the_oldest_unmatched_text_goes_first(
    store: Store, feed: FeedRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_STEP", 1)
    match_it(store, seen(store, feed, "matched"), [Told("a", at=START)])
    for number in range(10):
        seen(store, feed, f"{number}", at=timedelta(hours=10 - number))
    fill(store)
    before = store.read_now(size)
    most = before - 100_000
    done = take(store, at=2 * DAY, most=most)
    assert done.size_before == before
    assert done.size_after <= most
    assert done.size_after == store.read_now(size)
    kept = titles(store)
    gone = kept.count("")
    assert gone == done.texts
    assert 2 <= gone <= 5
    # The matched one is the oldest of all; of the others the last taken in are the oldest.
    assert kept == ["Bridge closed"] * (11 - gone) + [""] * gone


def test_sent_bytes_go_before_matched_texts_and_what_waits_never(store: Store, feed: FeedRow) -> None:
    seen(store, feed, "unmatched")
    match_it(store, seen(store, feed, "told"), [Told("a", at=START)])
    match_it(store, seen(store, feed, "untold"), [Told("a")])
    fill(store)

    def add(conn: Connection) -> None:
        add_message(conn, 1, "sent", os.urandom(200_000))
        add_message(conn, 2, "failed", os.urandom(200_000))

    store.write_now(add)
    most = store.read_now(size) - 200_000
    done = take(store, at=2 * DAY, most=most)
    assert (done.texts, done.messages) == (1, 1)
    assert titles(store) == ["", "Bridge closed", "Bridge closed"]
    done = take(store, at=2 * DAY, most=1)
    assert (done.texts, done.messages) == (1, 0)
    assert titles(store) == ["", "", "Bridge closed"]
    assert bodies(store) == [False, True]


def test_what_went_is_given_back_to_the_disk(sqlite_url: str, store_clock: StillClock) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with Store.open(sqlite_url, store_clock) as store:
        store.write_now(lambda conn: conn.execute(insert(message), [_large(number) for number in range(50)]))
        store.write_now(lambda conn: conn.execute(message.update().values(body=None)))
        take(store)
    # Closed, everything is in the file itself.
    assert file.stat().st_size < 1_000_000


def _large(number: int) -> dict[str, object]:
    row = {"message_id": f"{number}", "alert_id": "a", "due_key": f"{number}", "part": 1, "recipient": "r"}
    return {**row, "channel": "email", "body": os.urandom(100_000), "watchlist": "KZ", "created_at": START}


def test_texts_of_copies_and_unused_sites_are_forgotten(store: Store, feed: FeedRow) -> None:
    article_id = seen(store, feed, "one")

    def add(conn: Connection) -> None:
        of = conn.execute(select(article.c.story_id).where(article.c.id == article_id)).scalar_one()
        conn.execute(insert(story_text), {"key": "k", "story_id": of, "seen_at": START})
        later = START + 20 * DAY
        conn.execute(insert(site), {"name": "free.example"})
        conn.execute(insert(site), [{"name": "wait.example", "next_request_at": later}])
        conn.execute(insert(site), [{"name": "held.example", "lease_holder": "h", "lease_until": later}])

    store.write_now(add)
    take(store, at=13 * DAY)
    assert count(store, story_text) == 1
    names = select(site.c.name).order_by(site.c.name)
    left = store.read_now(lambda conn: conn.execute(names).scalars().all())
    assert left == ["held.example", feed.site, "wait.example"]
    take(store, at=15 * DAY)
    assert count(store, story_text) == 0
