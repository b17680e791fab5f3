"""Stories: two that turn out to be one, and how they are listed."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, select
from storematches import Told, add_match
from storerows import new_revision, own_story, tell
from stores import START

from news.store.articles import add_revision, join_stories, put_text, stories, story, text_story
from news.store.engine import Store
from news.store.feeds import FeedRow
from news.store.schema import due, match

HOUR = timedelta(hours=1)


def dues(conn: Connection) -> set[tuple[str, int, datetime | None, datetime | None]]:
    """Return every due row: alert, match, told, told by an urgent message."""
    rows = conn.execute(select(due.c.alert_id, due.c.match_id, due.c.told_at, due.c.urgent_told_at))
    return {tuple(row) for row in rows}


def matches(conn: Connection) -> list[tuple[int, int]]:
    """Return every match: id, story."""
    return [tuple(row) for row in conn.execute(select(match.c.id, match.c.story_id).order_by(match.c.id))]


@pytest.fixture
def two(store: Store, feed: FeedRow) -> tuple[int, int]:
    """Two stories of one article each, the older seen an hour before."""
    older = own_story(store, tell(store, "one", feed.id), now=START)
    younger = own_story(store, tell(store, "two", feed.id), now=START + HOUR)
    return older, younger


def join(store: Store, two: tuple[int, int]) -> None:
    assert store.write_now(lambda conn: join_stories(conn, *two)) == min(two)


def test_the_older_id_stays_and_has_the_articles_and_texts_of_both(store: Store, two: tuple[int, int]) -> None:
    older, younger = two
    store.write_now(lambda conn: put_text(conn, "1:text", younger, START))
    join(store, (younger, older))
    detail = store.read_now(lambda conn: story(conn, younger))
    assert detail is not None
    assert detail.row.id == older
    assert [article.identity[-3:] for article, _ in detail.articles] == ["one", "two"]
    assert store.read_now(lambda conn: text_story(conn, "1:text")) == older
    assert [row.id for row in store.read_now(stories)] == [older]


def test_a_story_is_as_old_as_the_first_sight_of_either(store: Store, feed: FeedRow) -> None:
    older = own_story(store, tell(store, "one", feed.id), now=START + HOUR)
    younger = own_story(store, tell(store, "two", feed.id), now=START)
    join(store, (older, younger))
    (row,) = store.read_now(stories)
    assert row.first_seen_at == START


def test_a_chain_of_joins_ends_at_the_oldest(store: Store, feed: FeedRow) -> None:
    first, second, third = (own_story(store, tell(store, name, feed.id)) for name in ("one", "two", "three"))
    join(store, (second, third))
    join(store, (first, second))
    for key in (first, second, third):
        detail = store.read_now(partial(story, key=key))
        assert detail is not None
        assert (detail.row.id, len(detail.articles)) == (first, 3)


def test_a_story_joins_itself_without_harm(store: Store, two: tuple[int, int]) -> None:
    join(store, (two[0], two[0]))
    assert [row.id for row in store.read_now(stories)] == [two[1], two[0]]


def test_the_match_of_the_younger_moves_where_the_older_has_none(store: Store, two: tuple[int, int]) -> None:
    mine = store.write_now(lambda conn: add_match(conn, two[1], [Told("a")]))
    join(store, two)
    assert store.read_now(matches) == [(mine, two[0])]
    assert store.read_now(dues) == {("a", mine, None, None)}


def test_a_watchlist_that_was_told_of_the_older_is_not_told_again(store: Store, two: tuple[int, int]) -> None:
    told = store.write_now(lambda conn: add_match(conn, two[0], [Told("a", at=START)]))
    store.write_now(lambda conn: add_match(conn, two[1], [Told("a")]))
    join(store, two)
    assert store.read_now(matches) == [(told, two[0])]
    assert store.read_now(dues) == {("a", told, START, None)}


def test_a_watchlist_that_was_told_of_the_younger_is_not_told_again(store: Store, two: tuple[int, int]) -> None:
    store.write_now(lambda conn: add_match(conn, two[0], [Told("a")]))
    told = store.write_now(lambda conn: add_match(conn, two[1], [Told("a", at=START)]))
    join(store, two)
    assert store.read_now(matches) == [(told, two[0])]
    assert store.read_now(dues) == {("a", told, START, None)}


def test_told_by_an_urgent_message_counts_as_told(store: Store, two: tuple[int, int]) -> None:
    store.write_now(lambda conn: add_match(conn, two[0], [Told("a")]))
    told = store.write_now(lambda conn: add_match(conn, two[1], [Told("a", urgent_at=START)]))
    join(store, two)
    assert store.read_now(dues) == {("a", told, None, START)}


def test_each_alert_keeps_what_it_was_told_and_what_it_still_has_to_tell(store: Store, two: tuple[int, int]) -> None:
    kept = store.write_now(lambda conn: add_match(conn, two[0], [Told("a", at=START), Told("b"), Told("c")]))
    store.write_now(lambda conn: add_match(conn, two[1], [Told("a"), Told("b", at=START + HOUR)]))
    join(store, two)
    assert store.read_now(dues) == {
        ("a", kept, START, None),
        ("b", kept, START + HOUR, None),
        ("c", kept, None, None),
    }


def test_what_is_still_to_be_told_of_both_is_told_once(store: Store, two: tuple[int, int]) -> None:
    kept = store.write_now(lambda conn: add_match(conn, two[0], [Told("a")]))
    store.write_now(lambda conn: add_match(conn, two[1], [Told("a")]))
    join(store, two)
    assert store.read_now(dues) == {("a", kept, None, None)}


def test_an_alert_that_only_the_younger_has_to_tell_tells_it_unless_the_watchlist_was_told(
    store: Store, two: tuple[int, int]
) -> None:
    kept = store.write_now(lambda conn: add_match(conn, two[0], [Told("a")]))
    store.write_now(lambda conn: add_match(conn, two[1], [Told("a"), Told("later")]))
    told = store.write_now(lambda conn: add_match(conn, two[0], [Told("b", at=START)], "id"))
    store.write_now(lambda conn: add_match(conn, two[1], [Told("b"), Told("late")], "id"))
    join(store, two)
    assert store.read_now(dues) == {
        ("a", kept, None, None),
        ("later", kept, None, None),
        ("b", told, START, None),
    }


def test_what_was_taken_in_silently_does_not_silence_what_is_to_be_told(store: Store, two: tuple[int, int]) -> None:
    store.write_now(lambda conn: add_match(conn, two[0]))
    kept = store.write_now(lambda conn: add_match(conn, two[1], [Told("a")]))
    join(store, two)
    assert store.read_now(matches) == [(kept, two[0])]
    assert store.read_now(dues) == {("a", kept, None, None)}


def test_watchlists_are_joined_each_for_itself(store: Store, two: tuple[int, int]) -> None:
    one = store.write_now(lambda conn: add_match(conn, two[0], [Told("a", at=START)], "kz"))
    other = store.write_now(lambda conn: add_match(conn, two[1], [Told("b")], "id"))
    join(store, two)
    assert store.read_now(matches) == [(one, two[0]), (other, two[0])]
    assert store.read_now(dues) == {("a", one, START, None), ("b", other, None, None)}


# ── listings ──────────


def test_a_listed_story_shows_its_latest_words_its_copies_and_its_watchlists(
    store: Store, feed: FeedRow, two: tuple[int, int]
) -> None:
    store.write_now(lambda conn: add_match(conn, two[0]))
    join(store, two)
    lead = store.read_now(stories)[0].articles[0][0]
    store.write_now(lambda conn: add_revision(conn, new_revision(lead.id, feed.id, "Bridge open")))
    (row,) = store.read_now(stories)
    assert (row.title, row.source, row.language) == ("Bridge open", "Outlet", "en")
    assert row.url == "https://www.outlet.example/one?id=1"
    assert row.copies == (("Outlet", "https://www.outlet.example/two?id=1"),)
    assert (row.watchlists, row.revisions) == (("KZ",), 3)
    assert row.text.startswith("Bridge open: the bridge")


def test_stories_are_listed_newest_first_within_a_span_and_page_by_page(store: Store, feed: FeedRow) -> None:
    ids = [own_story(store, tell(store, f"{n}", feed.id), now=START + n * HOUR) for n in range(5)]
    assert [row.id for row in store.read_now(stories)] == ids[::-1]
    span = store.read_now(lambda conn: stories(conn, since=START + HOUR, until=START + 3 * HOUR))
    assert [row.id for row in span] == [ids[2], ids[1]]
    first = store.read_now(lambda conn: stories(conn, limit=2))
    second = store.read_now(lambda conn: stories(conn, limit=2, before=first[-1]))
    assert [row.id for row in second] == [ids[2], ids[1]]


def test_pages_do_not_lose_stories_of_one_instant(store: Store, feed: FeedRow) -> None:
    ids = [own_story(store, tell(store, f"{n}", feed.id)) for n in range(5)]
    seen: list[int] = []
    page = store.read_now(lambda conn: stories(conn, limit=2))
    while page:
        seen += [row.id for row in page]
        last = page[-1]
        page = store.read_now(partial(stories, limit=2, before=last))
    assert seen == ids[::-1]


def test_stories_of_a_watchlist_are_found_by_its_id_or_name(store: Store, two: tuple[int, int]) -> None:
    store.write_now(lambda conn: add_match(conn, two[1]))
    for key, expected in (("kz", [two[1]]), ("KZ", [two[1]]), ("other", [])):
        found = store.read_now(partial(stories, watchlist_key=key))
        assert [row.id for row in found] == expected


def test_one_story_is_found_by_id_identity_or_address_with_all_that_is_kept(
    store: Store, feed: FeedRow, two: tuple[int, int]
) -> None:
    article_id = store.read_now(stories)[-1].articles[0][0].id
    store.write_now(lambda conn: add_revision(conn, new_revision(article_id, feed.id, "Bridge open")))
    store.write_now(lambda conn: add_match(conn, two[0]))
    keys: list[int | str] = [two[0], "https://outlet.example/one", "https://www.outlet.example/one?id=1"]
    for key in keys:
        detail = store.read_now(partial(story, key=key))
        assert detail is not None
        ((article, revisions),) = detail.articles
        assert article.id == article_id
        assert [one.title for one in revisions] == ["Bridge closed", "Bridge open"]
        (why,) = detail.matches
        assert (why.watchlist_id, why.watchlist, why.event, why.verdict) == ("kz", "KZ", "new", "tell")
        assert why.spans == ({"field": "title", "start": 0},)
    unknown: list[int | str] = [10_000, "https://outlet.example/none"]
    for key in unknown:
        assert store.read_now(partial(story, key=key)) is None
