"""Articles and revisions: what is known, what is new, what waits for its story and its evaluation."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from storerows import add_feeds, add_told, new_article, new_revision, own_story, tell
from stores import START

from news.store.articles import (
    NewEntry,
    TextStory,
    add_articles,
    add_revision,
    add_revisions,
    assign_story,
    drop_entries,
    drop_texts,
    forget_texts,
    known_texts,
    lookup,
    mark_evaluated,
    pending_revisions,
    put_entries,
    put_entry,
    put_text,
    put_texts,
    recent_revisions,
    text_story,
    unassigned,
)
from news.store.engine import Store
from news.store.feeds import FeedRow
from news.store.schema import entry
from news.types import Arrival, SourceTime, StoryReason

HOUR = timedelta(hours=1)


def test_an_unknown_address_is_not_found_and_a_known_one_with_its_latest_revision(store: Store, feed: FeedRow) -> None:
    article_id = tell(store, "one", feed.id, title="First")
    store.write_now(lambda conn: add_revision(conn, new_revision(article_id, feed.id, "Second")))
    asked = ["https://outlet.example/one", "https://outlet.example/two"]
    by_identity, by_guid = store.read_now(lambda conn: lookup(conn, feed.id, asked, []))
    assert list(by_identity) == asked[:1]
    known = by_identity[asked[0]]
    assert (known.article_id, known.content_hash, known.title) == (article_id, "1:Second", "Second")
    assert by_guid == {}


def test_a_guid_identifies_only_within_its_feed(store: Store) -> None:
    mine, other = store.write_now(lambda conn: add_feeds(conn, "a", "b"))
    article_id = store.write_now(lambda conn: add_told(conn, "one", mine))
    store.write_now(lambda conn: put_entry(conn, mine, b"hash-one", "guid-1", article_id, START))
    _, found = store.read_now(lambda conn: lookup(conn, mine, [], ["guid-1", "guid-2"]))
    assert {guid: known.article_id for guid, known in found.items()} == {"guid-1": article_id}
    assert store.read_now(lambda conn: lookup(conn, other, [], ["guid-1"])) == ({}, {})


def test_a_guid_that_stood_for_two_articles_identifies_neither(store: Store, feed: FeedRow) -> None:
    one = tell(store, "one", feed.id)
    two = tell(store, "two", feed.id)
    entries = [NewEntry(feed.id, key, "guid", of, START) for key, of in ((b"1", one), (b"2", one), (b"3", two))]
    store.write_now(lambda conn: put_entries(conn, entries))
    assert store.read_now(lambda conn: lookup(conn, feed.id, [], ["guid"])) == ({}, {})


def test_very_long_and_unstorable_keys_are_found_again(store: Store, feed: FeedRow) -> None:
    long = "https://outlet.example/?q=" + "дом" * 3000
    odd = "https://outlet.example/\x00\ud800"
    new = [replace(new_article("x", feed.id), identity=identity) for identity in (long, long + "!", odd)]
    ids = store.write_now(lambda conn: add_articles(conn, new))
    guid = "guid " * 4000
    store.write_now(lambda conn: put_entry(conn, feed.id, b"1", guid, ids[0], START))
    by_identity, by_guid = store.read_now(lambda conn: lookup(conn, feed.id, [long, long + "!", odd], [guid]))
    assert {identity: known.article_id for identity, known in by_identity.items()} == {
        long: ids[0],
        long + "!": ids[1],
        odd: ids[2],
    }
    assert by_guid[guid].article_id == ids[0]


def test_many_articles_come_back_with_their_ids_in_order(store: Store, feed: FeedRow) -> None:
    new = [new_article(f"{number}", feed.id) for number in range(700)]
    ids = store.write_now(lambda conn: add_articles(conn, new))
    found, _ = store.read_now(lambda conn: lookup(conn, feed.id, [one.identity for one in new], []))
    assert [found[one.identity].article_id for one in new] == ids
    assert store.write_now(lambda conn: add_articles(conn, [])) == []


def test_revisions_are_numbered_in_their_order(store: Store, feed: FeedRow) -> None:
    one = tell(store, "one", feed.id)
    two = tell(store, "two", feed.id)
    more = [new_revision(one, feed.id, "B"), new_revision(two, feed.id, "C"), new_revision(one, feed.id, "D")]
    store.write_now(lambda conn: add_revisions(conn, more))
    own_story(store, one)
    own_story(store, two)
    pending = store.read_now(lambda conn: pending_revisions(conn, 10))
    numbers = [(of.revision.article_id, of.revision.number, of.revision.title[0]) for of in pending]
    assert numbers == [(one, 1, "B"), (two, 1, "B"), (one, 2, "B"), (two, 2, "C"), (one, 3, "D")]


def test_an_entry_is_gone_while_its_feed_does_not_carry_it(store: Store, feed: FeedRow) -> None:
    article_id = tell(store, "one", feed.id)
    new = [NewEntry(feed.id, key, None, article_id, START) for key in (b"\x00a", b"\xffb")]
    store.write_now(lambda conn: put_entries(conn, new))
    store.write_now(lambda conn: drop_entries(conn, [(feed.id, b"\xffb")], START + HOUR))
    store.write_now(lambda conn: drop_entries(conn, [(feed.id, b"\xffb")], START + 2 * HOUR))

    def gone(key: bytes) -> object:
        wanted = select(entry.c.gone_at).where(entry.c.item_hash == key)
        return store.read_now(lambda conn: conn.execute(wanted).scalar())

    assert (gone(b"\x00a"), gone(b"\xffb")) == (None, START + HOUR)
    back = replace(new[1], first_seen_at=START + 3 * HOUR)
    store.write_now(lambda conn: put_entries(conn, [back]))
    assert gone(b"\xffb") is None
    kept = store.read_now(lambda conn: conn.execute(select(entry.c.first_seen_at)).scalars().all())
    assert kept == [START, START]


def test_an_article_waits_for_its_story_with_its_first_text(store: Store, feed: FeedRow) -> None:
    article_id = tell(store, "one", feed.id, title="First")
    tell(store, "two", feed.id)
    store.write_now(lambda conn: add_revision(conn, new_revision(article_id, feed.id, "Second")))
    (waiting,) = store.read_now(lambda conn: unassigned(conn, 1))
    assert (waiting.id, waiting.title, waiting.arrival, waiting.source) == (
        article_id,
        "First",
        Arrival.LATER,
        "Outlet",
    )
    at = START - timedelta(minutes=30)
    assert waiting.published == SourceTime("2026-03-02T07:30:00+00:00", at, at)
    assert waiting.first_seen_at == START
    assert len(store.read_now(lambda conn: unassigned(conn, 10))) == 2


def test_a_revision_waits_until_its_article_has_a_story_and_goes_once(store: Store, feed: FeedRow) -> None:
    article_id = tell(store, "one", feed.id)
    assert store.read_now(lambda conn: pending_revisions(conn, 10)) == []
    story_id = own_story(store, article_id)
    (pending,) = store.read_now(lambda conn: pending_revisions(conn, 10))
    assert (pending.article.id, pending.article.story_id, pending.article.feed_id) == (article_id, story_id, feed.id)
    assert pending.revision.authors == ("Staff",)
    assert pending.revision.content_hash == "1:Bridge closed"
    store.write_now(lambda conn: mark_evaluated(conn, [pending.revision.id], START))
    assert store.read_now(lambda conn: pending_revisions(conn, 10)) == []
    assert store.read_now(lambda conn: unassigned(conn, 10)) == []


def test_a_copy_joins_the_story_of_its_text(store: Store, feed: FeedRow) -> None:
    one = tell(store, "one", feed.id)
    two = tell(store, "two", feed.id)
    first = own_story(store, one)
    store.write_now(lambda conn: put_text(conn, "1:text", first, START))
    assert store.read_now(lambda conn: text_story(conn, "1:text")) == first
    assert store.read_now(lambda conn: text_story(conn, "1:other")) is None
    joined = store.write_now(
        lambda conn: assign_story(conn, two, story_id=first, reason=StoryReason.SAME_TEXT, first_seen_at=START)
    )
    assert joined == first
    stories = {of.article.story_id for of in store.read_now(lambda conn: pending_revisions(conn, 10))}
    assert stories == {first}


def test_a_text_stays_its_first_story_s_and_is_forgotten_after_its_last_sight(store: Store, feed: FeedRow) -> None:
    first, second = (own_story(store, tell(store, name, feed.id)) for name in ("one", "two"))
    store.write_now(lambda conn: put_texts(conn, {"k": TextStory(first, 1), "l": TextStory(first)}, START))
    store.write_now(lambda conn: put_texts(conn, {"k": TextStory(second, 2)}, START + HOUR))
    known = store.read_now(lambda conn: known_texts(conn, ["k", "l", "m"]))
    assert {key: of[:2] for key, of in known.items()} == {"k": (first, 1), "l": (first, None)}
    assert (known["k"].at, known["l"].at) == (START - HOUR / 2, None)
    assert store.write_now(lambda conn: drop_texts(conn, START + HOUR)) == 1
    assert list(store.read_now(lambda conn: known_texts(conn, ["k", "l"]))) == ["k"]
    store.write_now(lambda conn: forget_texts(conn, ["k"]))
    assert store.read_now(lambda conn: known_texts(conn, ["k"])) == {}


def test_recent_articles_come_once_with_their_latest_revision_page_by_page(store: Store, feed: FeedRow) -> None:
    ids = []
    for number in range(3):
        now = START + number * HOUR
        ids.append(tell(store, f"{number}", feed.id, now=now))
        own_story(store, ids[-1])
    more = [new_revision(one, feed.id, "Later") for one in ids]
    store.write_now(lambda conn: add_revisions(conn, more))
    first = store.read_now(lambda conn: recent_revisions(conn, since=START + HOUR, limit=1))
    rest = store.read_now(lambda conn: recent_revisions(conn, since=START + HOUR, after=first[-1].article.id))
    assert [(of.article.id, of.revision.number) for of in first + rest] == [(ids[1], 2), (ids[2], 2)]
