"""Query keys that a site is seen to ignore, end to end on both databases: learnt, applied, given up."""

from datetime import timedelta

import pytest
from pipeline import Pipeline, entry, feed, started, watchlist
from sqlalchemy import select
from stores import StillClock

from news.ignoredkeys import KeyState
from news.store.engine import Store
from news.store.query_keys import KEPT, drop_query_keys, identity_at
from news.store.schema import article, query_key

TEXTS = {
    "1": "The old bridge over the river is closed to lorries until the inspectors have been there.",
    "2": "The clock tower on the market square stands still, since a spring of its works has broken.",
    "3": "Ferries to the islands sail an hour later this winter, as the harbour is dredged at dawn.",
    "4": "Bakers of the old quarter raise the price of bread, and name the cost of flour for it.",
    "5": "Swimmers found the lake frozen on Sunday and went home, all but three who had brought an axe.",
}


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    return started(store, store_clock, feeds=[feed("herald")], lists=[watchlist("bridge")])


def bring(town: Pipeline, number: str, value: str, text: str | None = None) -> None:
    says = TEXTS[number] if text is None else text
    url = f"https://outlet.example/{number}?ses={value}"
    town.publish("herald", entry(f"News {number}", text=says, url=url, guid=f"{number}-{value}-{says[:9]}"))


def learn(town: Pipeline) -> None:
    for value in ("x1", "x2", "x3"):
        for number in ("1", "2", "3"):
            bring(town, number, value)


def states(town: Pipeline) -> dict[tuple[str, str], str]:
    rows = town.store.read_now(lambda conn: conn.execute(select(query_key)).all())
    return {(row.site, row.key): row.state for row in rows}


def identities(town: Pipeline) -> set[str]:
    return set(town.store.read_now(lambda conn: conn.execute(select(article.c.identity)).scalars().all()))


def test_a_key_is_ignored_once_three_articles_came_under_three_values(town: Pipeline) -> None:
    learn(town)
    assert states(town) == {("outlet.example", "ses"): KeyState.IGNORED}
    bring(town, "4", "x1")
    bring(town, "4", "x2")
    assert {one for one in identities(town) if "/4" in one} == {"https://outlet.example/4"}
    asked = "https://outlet.example/4?ses=x9"
    assert town.store.read_now(lambda conn: identity_at(conn, asked)) == "https://outlet.example/4"


def test_an_article_from_before_is_still_known_under_its_address(town: Pipeline) -> None:
    learn(town)
    before = identities(town)
    bring(town, "1", "x1", "They come on Monday. " + TEXTS["1"])
    assert identities(town) == before


def test_an_entirely_different_text_under_an_ignored_key_is_an_article_of_its_own_and_ends_it(town: Pipeline) -> None:
    learn(town)
    bring(town, "4", "x1")
    url = "https://outlet.example/4?ses=x2"
    town.publish("herald", entry("Frozen lake", text=TEXTS["5"], url=url, guid="lake"))
    assert states(town) == {("outlet.example", "ses"): KeyState.TELLING}
    assert {one for one in identities(town) if "/4" in one} == {"https://outlet.example/4", url}


def test_a_key_that_tells_articles_apart_is_never_ignored(town: Pipeline) -> None:
    for number, text in TEXTS.items():
        url = f"https://outlet.example/view?nr={number}"
        town.publish("herald", entry(f"News {number}", text=text, url=url, guid=number))
    assert states(town) == {("outlet.example", "nr"): KeyState.TELLING}
    assert len(identities(town)) == len(TEXTS)


def test_what_is_not_seen_for_a_month_is_forgotten(town: Pipeline, store_clock: StillClock) -> None:
    learn(town)
    town.store.write_now(lambda conn: drop_query_keys(conn, store_clock.now() - KEPT))
    assert states(town)
    store_clock.advance(KEPT + timedelta(seconds=1))
    town.store.write_now(lambda conn: drop_query_keys(conn, store_clock.now() - KEPT))
    assert states(town) == {}
