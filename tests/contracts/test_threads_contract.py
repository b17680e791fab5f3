"""The stage that gives stories their threads: who comes first, crashes, joins, restarts, several processes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from events import COURT, DAM, DAM_ID, DAM_RU, FERRY, Placing, grouped, thread_ids, threads_of
from pipeline import at_once
from sqlalchemy import Connection, func, select, update
from storematches import add_match
from storerows import new_article, new_revision, own_story
from stores import START, StillClock

from crawler import threads as stage
from crawler.window import Window
from news.errors import EmbeddingError
from news.store import leases, retention
from news.store import threads as rows
from news.store.articles import add_article, add_revision
from news.store.assignments import join_stories
from news.store.engine import Store
from news.store.feeds import FeedRow
from news.store.schema import article, lease, revision, story, story_evidence
from news.threads import WINDOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def placing(store: Store, store_clock: StillClock) -> Placing:
    """The stage in one process."""
    return Placing(store, store_clock)


def add(store: Store, feed: FeedRow, title: str, text: str, *, language: str = "en", at: timedelta = HOUR) -> int:
    """Add a story of one article that comes and was published some time after the start; return its id."""
    when = START + at

    def work(conn: Connection) -> int:
        one = replace(new_article(title, feed.id, now=when), published=None, language=language)
        article_id = add_article(conn, one)
        add_revision(conn, replace(new_revision(article_id, feed.id, title, now=when), text=text, language=language))
        return article_id

    return own_story(store, store.write_now(work), now=when)


def place(store: Store, of: int) -> tuple[int | None, float | None, str | None]:
    """Return a story's thread, score and reason."""
    return store.read_now(lambda conn: rows.place_of(conn, of))


def evident(store: Store) -> set[int]:
    """The stories that others are compared with."""
    return set(store.read_now(lambda conn: conn.execute(select(story_evidence.c.story_id)).scalars().all()))


def test_stories_of_one_event_stand_together_in_any_language_with_a_reason(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    first = add(store, feed, "Dam above Orvale breaks", DAM)
    add(store, feed, "Ferry adrift off Brenholm", FERRY)
    second = add(store, feed, "Bendungan Orvale jebol", DAM_ID, language="id")
    store_clock.advance(2 * HOUR)
    assert grouped(placing.run()) == {
        frozenset({"Dam above Orvale breaks", "Bendungan Orvale jebol"}),
        frozenset({"Ferry adrift off Brenholm"}),
    }
    # A later round knows what an earlier one placed.
    third = add(store, feed, "В Орвале прорвало плотину", DAM_RU, language="ru", at=2 * HOUR)
    threads = placing.run()
    assert threads["В Орвале прорвало плотину"] == threads["Dam above Orvale breaks"]
    begun, joined, again = (place(store, of) for of in (first, second, third))
    assert begun[1:] == (None, None)
    for _, score, reason in (joined, again):
        assert score is not None
        assert 0.5 <= score <= 1
        assert reason is not None
        assert "one event" in reason
    shown = store.read_now(lambda conn: rows.stories_of(conn, threads["Dam above Orvale breaks"] or 0, most=2))
    assert [one.title for one in shown] == ["В Орвале прорвало плотину", "Bendungan Orvale jebol"]


def test_what_a_watchlist_matched_comes_first_then_the_newest(store: Store, feed: FeedRow) -> None:
    ids = [add(store, feed, f"Story {number}", f"{DAM}{number}", at=number * HOUR) for number in range(5)]
    store.write_now(lambda conn: add_match(conn, ids[1]))

    def first(most: int) -> list[int]:
        return [one.id for one in store.read_now(lambda conn: rows.waiting(conn, since=START, most=most))]

    assert first(1) == [ids[1]]
    assert first(3) == [ids[1], ids[4], ids[3]]
    assert first(9) == [ids[1], ids[4], ids[3], ids[2], ids[0]]


def test_nothing_waits_that_is_joined_too_old_or_placed(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    older, younger = add(store, feed, "Ferry adrift", FERRY), add(store, feed, "Ferry adrift, again", FERRY)
    store.write_now(lambda conn: join_stories(conn, older, younger))
    add(store, feed, "Long ago", COURT, at=-WINDOW)
    store_clock.advance(2 * HOUR)
    assert placing.run() == {"Ferry adrift": 1, "Ferry adrift, again": 1, "Long ago": None}
    assert evident(store) == {older}
    before = store.read_now(lambda conn: conn.execute(select(func.max(lease.c.token))).scalar())
    assert placing.round() == 0
    # Where nothing waits, nothing is written.
    assert store.read_now(lambda conn: conn.execute(select(func.max(lease.c.token))).scalar()) == before


def test_what_was_published_before_the_window_or_lost_its_text_is_embedded_by_nobody(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    old, emptied = add(store, feed, "From a new feed", DAM), add(store, feed, "Taken", FERRY)

    def change(conn: Connection) -> None:
        of = select(article.c.id).where(article.c.story_id == old).scalar_subquery()
        conn.execute(update(article).where(article.c.id == of).values(published_at=START - WINDOW))
        gone = select(article.c.id).where(article.c.story_id == emptied).scalar_subquery()
        conn.execute(update(revision).where(revision.c.article_id == gone).values(title="", text=""))

    store.write_now(change)
    store_clock.advance(2 * HOUR)
    placing.run()
    assert placing.vectors.calls == []
    assert place(store, old) == (None, None, rows.TOO_OLD)
    assert place(store, emptied) == (None, None, rows.NO_TEXT)
    assert placing.round() == 0


def test_while_the_model_fails_stories_wait_and_no_text_is_blamed(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    add(store, feed, "Dam", DAM)
    add(store, feed, "Ferry", FERRY)
    store_clock.advance(2 * HOUR)
    placing.vectors.broken = True
    for _ in range(4):
        with pytest.raises(EmbeddingError):
            placing.round()
    assert threads_of(store) == {"Dam": None, "Ferry": None}
    # Whoever runs beside this process goes on at once.
    assert None not in Placing(store, store_clock, holder="two").run().values()


def test_a_text_that_crashes_the_model_is_passed_over_and_the_others_are_placed(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    bad = add(store, feed, "Poison", COURT)
    add(store, feed, "Dam", DAM)
    store_clock.advance(2 * HOUR)
    placing.vectors.poison = "harbour master"
    threads = placing.run()
    assert threads["Poison"] is None
    assert threads["Dam"] is not None
    assert place(store, bad) == (None, None, rows.PASSED_OVER)
    calls = len(placing.vectors.calls)
    assert placing.round() == 0
    assert len(placing.vectors.calls) == calls


def test_a_restart_changes_nothing(store: Store, store_clock: StillClock, feed: FeedRow) -> None:
    texts = [("Dam", DAM), ("Ferry", FERRY), ("Bendungan", DAM_ID), ("Court", COURT), ("Плотина", DAM_RU)]
    store_clock.advance(5 * HOUR)
    for number, (title, text) in enumerate(texts):
        add(store, feed, title, text, language={"Bendungan": "id", "Плотина": "ru"}.get(title, "en"))
        # Each round is another process.
        Placing(store, store_clock, holder=f"{number}").run()
    assert grouped(threads_of(store)) == {
        frozenset({"Dam", "Bendungan", "Плотина"}),
        frozenset({"Ferry"}),
        frozenset({"Court"}),
    }


def test_two_processes_know_what_the_other_placed_and_only_one_works_at_a_time(
    store: Store, other_store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    one, two = Placing(store, store_clock), Placing(other_store, store_clock, holder="two")
    store_clock.advance(5 * HOUR)
    add(store, feed, "Dam", DAM)
    one.run()
    add(store, feed, "Bendungan", DAM_ID, language="id")
    token = store.write_now(
        lambda conn: leases.take(conn, stage.LEASE, holder="three", now=store_clock.now(), lasts=HOUR)
    )
    assert token is not None
    assert two.round() == 0
    assert threads_of(store)["Bendungan"] is None
    store.write_now(lambda conn: leases.release(conn, stage.LEASE, token))
    two.run()
    add(store, feed, "Плотина", DAM_RU, language="ru")
    assert grouped(one.run()) == {frozenset({"Dam", "Bendungan", "Плотина"})}


def test_a_process_whose_lease_went_to_another_writes_nothing(
    store: Store, other_store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    slow, quick = Placing(store, store_clock), Placing(other_store, store_clock, holder="two")
    add(store, feed, "Dam", DAM)
    store_clock.advance(5 * HOUR)

    async def meanwhile(texts: object) -> list[object]:
        store.write_now(lambda conn: leases.run_out(conn, ["one"], store_clock.now()))
        await quick.stage.round()
        return await quick.vectors.embed(texts)  # type: ignore[arg-type,return-value]

    slow.vectors.embed = meanwhile  # type: ignore[assignment,method-assign]
    with pytest.raises(Exception, match="went to another process"):
        slow.round()
    assert threads_of(store) == {"Dam": 1}
    assert thread_ids(store) == [(1, None)]


def test_two_stories_that_join_keep_the_older_ones_thread_and_evidence(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    older, younger = add(store, feed, "Dam", DAM), add(store, feed, "Ferry", FERRY)
    store_clock.advance(2 * HOUR)
    threads = placing.run()
    store.write_now(lambda conn: join_stories(conn, older, younger))
    assert place(store, older)[0] == threads["Dam"]
    assert evident(store) == {older}
    # The younger's thread has nothing left.
    assert thread_ids(store) == [(threads["Dam"], None)]
    # What is placed next is not compared with a story that is gone.
    add(store, feed, "Ferry towed", FERRY, at=2 * HOUR)
    assert placing.run()["Ferry towed"] not in {None, threads["Dam"]}


def test_a_story_that_waits_gets_the_thread_of_the_younger_that_it_joins(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    older = add(store, feed, "Dam, in short", DAM)
    store_clock.advance(2 * HOUR)
    younger = add(store, feed, "Dam", DAM)
    hide = update(story).where(story.c.id == older)
    store.write_now(lambda conn: conn.execute(hide.values(joined_into=older)))
    placing.run()
    store.write_now(lambda conn: conn.execute(hide.values(joined_into=None)))
    store.write_now(lambda conn: join_stories(conn, older, younger))
    assert place(store, older)[0] == 1
    assert place(store, younger) == (None, None, None)
    assert evident(store) == {older}
    assert thread_ids(store) == [(1, None)]
    assert placing.round() == 0


def test_threads_join_into_the_older_and_old_ids_lead_there(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    for title, text in (("Dam", DAM), ("Ferry", FERRY), ("Court", COURT)):
        add(store, feed, title, text)
        placing.run()
    store_clock.advance(2 * HOUR)
    placing.run()
    dam, ferry, court = (threads_of(store)[title] or 0 for title in ("Dam", "Ferry", "Court"))
    assert store.write_now(lambda conn: rows.join_threads(conn, court, ferry)) == ferry
    assert store.write_now(lambda conn: rows.join_threads(conn, ferry, dam)) == dam
    assert thread_ids(store) == [(dam, None), (ferry, dam), (court, dam)]
    assert set(threads_of(store).values()) == {dam}
    assert len(store.read_now(lambda conn: rows.stories_of(conn, court, most=9))) == 3
    # The stage follows.
    add(store, feed, "Court again", COURT, at=2 * HOUR)
    assert placing.run()["Court again"] == dam


def test_retention_takes_evidence_past_the_window_and_threads_without_stories(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    add(store, feed, "Dam", DAM)
    kept = add(store, feed, "Ferry", FERRY)
    store_clock.advance(2 * HOUR)
    placing.run()
    store.write_now(lambda conn: add_match(conn, kept))
    store.write_now(lambda conn: conn.execute(update(revision).values(evaluated_at=START)))

    def prune(at: timedelta) -> None:
        store.write_now(
            lambda conn: retention.prune(
                conn, now=START + at, retention=WINDOW + 2 * DAY, retention_matched=None, max_size_bytes=None
            )
        )

    prune(WINDOW)
    assert len(evident(store)) == 2
    prune(WINDOW + 2 * HOUR)
    assert evident(store) == set()
    assert len(thread_ids(store)) == 2
    prune(WINDOW + 4 * DAY)
    assert list(threads_of(store)) == ["Ferry"]
    assert thread_ids(store) == [(threads_of(store)["Ferry"], None)]


def test_a_thread_that_is_gone_when_a_story_is_written_is_begun_anew(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    first = add(store, feed, "Dam", DAM)
    store_clock.advance(2 * HOUR)
    placing.run()
    add(store, feed, "Bendungan", DAM_ID, language="id")
    embed = placing.vectors.embed

    async def meanwhile(texts: object) -> list[object]:
        def take(conn: Connection) -> None:
            ids = rows.drop_evidence_of(conn, [first])
            conn.execute(update(story).where(story.c.id == first).values(thread_id=None, thread_reason="gone"))
            rows.drop_empty(conn, ids)

        store.write_now(take)
        return await embed(texts)  # type: ignore[arg-type,return-value]

    placing.vectors.embed = meanwhile  # type: ignore[assignment,method-assign]
    placing.round()
    assert threads_of(store)["Bendungan"] is not None
    assert store.read_now(lambda conn: conn.execute(select(func.count(story_evidence.c.story_id))).scalar_one()) == 1


def test_a_model_that_fails_says_so_where_its_stage_does_and_nowhere_else(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, feed, "Dam", DAM)
    store_clock.advance(2 * HOUR)
    placing.vectors.broken = True
    with pytest.raises(EmbeddingError):
        placing.round()
    assert caplog.messages == []
    placing.vectors.broken = False
    placing.vectors.poison = "broken dam"
    placing.run()
    assert [message for message in caplog.messages if "passed over" in message] == [
        "threads: story 1 is passed over: its text cannot be embedded"
    ]


def test_two_processes_at_once_while_stories_join_lose_and_double_nothing(
    store: Store, other_store: Store, store_clock: StillClock, feed: FeedRow
) -> None:
    ids = [add(store, feed, f"Dam {number}", f"{DAM} {number}") for number in range(stage.BATCH + 8)]
    store_clock.advance(2 * HOUR)
    one, two = Placing(store, store_clock), Placing(other_store, store_clock, holder="two")

    def join() -> None:
        for younger in ids[1::4]:
            other_store.write_now(lambda conn, younger=younger: join_stories(conn, ids[0], younger))  # type: ignore[misc]  # bound now

    at_once(one.run, two.run, join)
    one.run()
    two.run()
    alive = set(ids) - set(ids[1::4])
    assert evident(store) == alive
    threads = {place(store, of)[0] for of in alive}
    assert len(threads) == 1
    assert {place(store, of) for of in ids[1::4]} == {(None, None, None)}
    assert thread_ids(store) == [(threads.pop(), None)]


def test_threads_that_come_to_be_alike_are_merged_after_a_restart_too(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    add(store, feed, "Dam", DAM)
    store_clock.advance(2 * HOUR)
    placing.run()
    add(store, feed, "Bendungan", DAM_ID, language="id", at=2 * HOUR)
    placing.run()
    # As if the two had been placed before anything showed that they are one.
    other = store.write_now(lambda conn: rows.create_threads(conn, [store_clock.now()]))[0]
    apart = update(story).where(story.c.id == 2).values(thread_id=other)
    store.write_now(lambda conn: conn.execute(apart))
    assert placing.round() == 0
    assert len(set(threads_of(store).values())) == 2
    store_clock.advance(timedelta(minutes=1))
    again = Placing(store, store_clock)
    again.round()
    assert set(threads_of(store).values()) == {1}
    assert dict(thread_ids(store))[other] == 1


def test_what_stands_under_all_that_a_source_tells_is_not_embedded(
    store: Store, store_clock: StillClock, feed: FeedRow, placing: Placing
) -> None:
    letter = "Read more every morning in our free letter."
    for number, own in enumerate((DAM, FERRY, COURT)):
        add(store, feed, f"Report {number}", f"{own}\n{letter}")
    store_clock.advance(2 * HOUR)
    (host,) = {one.host for one in store.read_now(lambda conn: rows.waiting(conn, since=START, most=9))}
    window = Window()
    for number in range(3):
        window.furniture.note(host, number, 1, letter)
    asyncio.run(placing.stage.round(window.bare))
    ((first, *others),) = placing.vectors.calls
    assert len(others) == 2
    assert not any("free letter" in text for text in (first, *others))
    # Only its own, and never all of a text.
    assert window.bare("elsewhere.example", f"{DAM}\n{letter}") == f"{DAM}\n{letter}"
    assert window.bare(host, letter) == letter
