"""Copies by their wording, in the store: edited, cut, joined; over restarts, processes in turn, rounds rolled back."""

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update
from storerows import add_feeds, new_article, new_revision
from stores import START, StillClock

from crawler import assign
from crawler.window import Window
from news.headlines import Sighting
from news.store import retention
from news.store.articles import add_article, add_revision
from news.store.engine import Store
from news.store.headlines import Headline, headlines, put_headlines
from news.store.memberships import memberships
from news.store.schema import article, headline, memory, revision, wording
from news.types import SourceTime, StoryReason

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW, NEAR, SAME = StoryReason.NEW.value, StoryReason.NEAR_DUPLICATE.value, StoryReason.SAME_TEXT.value
HEADLINE = StoryReason.SAME_HEADLINE.value
FOOTER = "Subscribe to our evening letter and read in it what the town will talk about by tomorrow."


def words(seed: int, count: int = 120) -> list[str]:
    rnd = random.Random(seed)  # noqa: S311 - the same words again
    return ["".join(rnd.choices("aeioukrtnsml", k=7)) for _ in range(count)]


def edited(told: list[str], every: int = 20) -> list[str]:
    """Three words of each so many are others."""
    return [f"other{place}" if place % every < 3 else word for place, word in enumerate(told)]


@dataclass(frozen=True)
class Row:
    """What became of an article."""

    story: int
    reason: str
    score: float | None
    copy_of: int | None


@dataclass
class Desk:
    """A store with two feeds, and what a process remembers of it."""

    store: Store
    clock: StillClock
    feeds: list[int]
    window: Window | None = None

    def tell(
        self,
        name: str,
        text: list[str] | str,
        *,
        title: str | None = None,
        feed: int = 0,
        published: timedelta | None = timedelta(),
        host: str | None = None,
    ) -> int:
        """Let an article come in; by default of an outlet of its own, under a title of its own."""
        body = text if isinstance(text, str) else " ".join(text)
        at = None if published is None else START + published
        told_at = None if at is None else SourceTime(at.isoformat(), at, at)
        row = replace(
            new_article(name, self.feeds[feed], now=self.clock.now()),
            host=host or f"{name}.example",
            published=told_at,
        )
        heading = " ".join(words(len(name) * 1000 + sum(map(ord, name)), 5)) if title is None else title

        def work(conn: Connection) -> int:
            of = add_article(conn, row)
            add_revision(conn, replace(new_revision(of, self.feeds[feed], heading), text=body))
            return of

        return self.store.write_now(work)

    def run(self, *, holder: str = "one", most: int = 200) -> int:
        """Give the waiting articles their stories."""
        return self.store.write_now(
            lambda conn: assign.assign_pending(conn, holder=holder, now=self.clock.now(), most=most, window=self.window)
        )

    def row(self, of: int) -> Row:
        """What became of an article."""
        a = article.c
        statement = select(a.story_id, a.story_reason, a.story_score, a.copy_of).where(a.id == of)
        return Row(*self.store.read_now(lambda conn: conn.execute(statement).one()))

    def partition(self) -> set[frozenset[int]]:
        """The stories as sets of articles."""
        stories: dict[int | None, set[int]] = defaultdict(set)
        for of, story in self.store.read_now(lambda conn: conn.execute(select(article.c.id, article.c.story_id)).all()):
            stories[story].add(of)
        return {frozenset(one) for one in stories.values()}


@pytest.fixture(params=["kept", "anew"])
def desk(store: Store, store_clock: StillClock, request: pytest.FixtureRequest) -> Desk:
    """A process that remembers its rounds, and one that is started anew for each: they must not differ."""
    feeds = store.write_now(lambda conn: add_feeds(conn, "herald", "post"))
    return Desk(store, store_clock, feeds, Window() if request.param == "kept" else None)


# ── copies ──────────


@pytest.mark.parametrize("rounds", [1, 2])
def test_an_edited_copy_is_one_story_with_its_score_and_what_it_is_a_copy_of(desk: Desk, rounds: int) -> None:
    told = words(1)
    first = desk.tell("a", told)
    if rounds == 2:
        desk.run()
    other = desk.tell("b", words(2), feed=1)
    copy = desk.tell("c", edited(told), feed=1, published=HOUR)
    desk.run()
    assert desk.row(first) == Row(desk.row(first).story, NEW, None, None)
    assert desk.row(other).story != desk.row(first).story
    found = desk.row(copy)
    assert (found.story, found.reason, found.copy_of) == (desk.row(first).story, NEAR, first)
    assert found.score is not None
    assert 0.25 < found.score < 1


def test_a_cut_copy_with_a_lead_and_an_end_of_its_own_is_one_story(desk: Desk) -> None:
    told = words(8, 200)
    first = desk.tell("a", told)
    copy = desk.tell("b", [*words(70, 4), *told[:56], *words(80, 3)], feed=1, published=HOUR)
    desk.run()
    found = desk.row(copy)
    assert (found.story, found.reason) == (desk.row(first).story, NEAR)
    assert found.score is not None
    assert found.score >= 0.7


def test_common_quotes_make_no_copy(desk: Desk) -> None:
    told, other = words(1, 200), words(2, 200)
    other[20:60] = told[30:70]
    of = [desk.tell("a", told), desk.tell("b", other, feed=1)]
    desk.run()
    assert len({desk.row(one).story for one in of}) == 2


def test_the_same_text_names_the_article_that_had_it_first(desk: Desk) -> None:
    first = desk.tell("a", words(1))
    desk.run()
    copy = desk.tell("b", words(1), feed=1)
    desk.run()
    assert desk.row(copy) == Row(desk.row(first).story, SAME, 1.0, first)


def test_a_third_that_ranks_first_joins_two_and_represents_them(desk: Desk) -> None:
    told = words(1, 200)
    one, two = desk.tell("a", told[:110], published=HOUR), desk.tell("b", told[95:], feed=1, published=2 * HOUR)
    desk.run()
    assert desk.row(one).story < desk.row(two).story
    whole = desk.tell("c", told)
    desk.run()
    assert {desk.row(of).story for of in (one, two, whole)} == {desk.row(one).story}
    assert desk.row(two).reason == NEW
    desk.clock.advance(HOUR)
    # Like the whole alone, and like neither of the two parts.
    middle = desk.tell("d", [*words(5, 12), *told[60:150], *words(6, 12)], feed=1, published=3 * HOUR)
    desk.run()
    assert (desk.row(middle).story, desk.row(middle).copy_of) == (desk.row(one).story, whole)
    rows = select(wording.c.article_id).where(wording.c.signature.is_not(None))
    assert desk.store.read_now(lambda conn: list(conn.execute(rows).scalars())) == [whole]


def test_a_join_within_one_round_makes_one_story(desk: Desk) -> None:
    told = words(1, 200)
    desk.tell("a", told[:110], published=HOUR)
    desk.tell("b", told[95:], feed=1, published=2 * HOUR)
    desk.tell("c", told)
    desk.run()
    assert len(desk.partition()) == 1


# ── what is no report ──────────


def test_what_a_source_says_under_everything_makes_no_copies(desk: Desk) -> None:
    told = [desk.tell(f"a{n}", f"{' '.join(words(n, 40))}. {FOOTER}", host="herald.example") for n in range(3)]
    desk.run()
    # Little is told here beside the footer, which would be a third of the wording.
    one = desk.tell("b", f"{' '.join(words(7, 9))}. {FOOTER}", host="herald.example")
    two = desk.tell("c", f"{' '.join(words(8, 9))}. {FOOTER}", host="herald.example")
    desk.run()
    assert len({desk.row(of).story for of in (*told, one, two)}) == 5


def test_a_form_that_is_filled_in_anew_is_another_story(desk: Desk) -> None:
    form = (
        "An earthquake of magnitude {} shook the coast at {} at a depth of {} kilometres, {} kilometres off the town, "
        "said the office for weather and the ground. No wave is to be feared, and nobody was reported hurt so far."
    )
    one = desk.tell("a", form.format("5.2", "12:30", "18", "240"), title="Earthquake shakes the coast")
    two = desk.tell("b", form.format("4.8", "03:14", "33", "75"), title="Earthquake shakes the coast", feed=1)
    copy = desk.tell("c", "Update. " + form.format("5.2", "12:30", "18", "240"), title="Quake at the coast", feed=1)
    desk.run()
    assert desk.row(one).story != desk.row(two).story
    assert desk.row(copy).story == desk.row(one).story


# ── short texts ──────────

LINE = "Harbour master resigns after months of dispute"


def test_short_texts_are_one_story_under_one_headline_within_a_day(desk: Desk) -> None:
    first = desk.tell("a", "He gave no reasons.", title=LINE)
    desk.run()
    copy = desk.tell("b", "The council is surprised.", title=LINE.upper(), feed=1, published=5 * HOUR)
    late = desk.tell("c", "A look back.", title=LINE, feed=1, published=30 * HOUR)
    figures = desk.tell("d", "Ferry 7 is late.", title=f"{LINE} over 3 ships", feed=1)
    desk.run()
    assert desk.row(copy) == Row(desk.row(first).story, HEADLINE, 1.0, first)
    assert len({desk.row(of).story for of in (first, late, figures)}) == 3
    assert desk.store.read_now(lambda conn: conn.execute(select(func.count()).select_from(headline)).scalar()) == 4


def test_a_rubric_is_no_headline(desk: Desk) -> None:
    of = [
        desk.tell(
            f"a{day}", f"Rain on day {day}.", title="The weather in the whole region", published=day * DAY, host="h"
        )
        for day in range(3)
    ]
    desk.run()
    of.append(desk.tell("b", "Sun.", title="The weather in the whole region", feed=1, published=2 * DAY + HOUR))
    desk.run()
    assert len({desk.row(one).story for one in of}) == 4


# ── time ──────────


@pytest.mark.parametrize(("days", "same"), [(13, True), (15, False)])
def test_copies_are_looked_for_in_a_window_of_fourteen_days(desk: Desk, days: int, *, same: bool) -> None:
    first = desk.tell("a", words(1))
    desk.run()
    desk.clock.advance(days * DAY)
    copy = desk.tell("b", edited(words(1)), feed=1)
    desk.run()
    assert (desk.row(copy).story == desk.row(first).story) is same
    kept = desk.store.read_now(lambda conn: conn.execute(select(wording.c.story_id).distinct()).scalars().all())
    assert list(kept) == [desk.row(copy).story]


def test_the_window_goes_on_from_the_last_copy(desk: Desk) -> None:
    first = desk.tell("a", words(1))
    desk.run()
    for name in ("b", "c"):
        desk.clock.advance(10 * DAY)
        copy = desk.tell(name, edited(words(1), 20 + ord(name)), feed=1)
        desk.run()
        assert desk.row(copy).story == desk.row(first).story


def test_a_story_that_was_forgotten_within_the_window_is_not_joined(desk: Desk) -> None:
    first = desk.tell("a", words(1))
    desk.run()
    forgotten = desk.row(first).story
    desk.store.write_now(lambda conn: conn.execute(update(revision).values(evaluated_at=START)))
    desk.clock.advance(DAY)
    desk.store.write_now(
        lambda conn: retention.prune(
            conn, now=desk.clock.now(), retention=HOUR, retention_matched=HOUR, max_size_bytes=None
        )
    )
    assert desk.partition() == set()
    again = desk.tell("b", edited(words(1)), feed=1)
    desk.run()
    assert desk.row(again).reason == NEW
    assert desk.row(again).story != forgotten


# ── processes ──────────


def test_two_processes_in_turns_know_what_the_other_did(desk: Desk, other_store: Store) -> None:
    other = Desk(other_store, desk.clock, desk.feeds, Window())
    told = words(1, 200)
    first = desk.tell("a", told[:110], published=HOUR)
    desk.run()
    other.run(holder="two")
    second = desk.tell("b", told[95:], feed=1, published=2 * HOUR)
    other.run(holder="two")
    whole = desk.tell("c", told)
    desk.run()
    copy = desk.tell("d", [*words(5, 12), *told[60:150], *words(6, 12)], feed=1, published=3 * HOUR)
    other.run(holder="two")
    assert len({desk.row(of).story for of in (first, second, whole, copy)}) == 1
    assert desk.row(copy).copy_of == whole


def test_a_round_that_is_rolled_back_leaves_nothing_in_memory(desk: Desk, other_store: Store) -> None:
    other = Desk(other_store, desk.clock, desk.feeds, Window())
    desk.run()
    lost = desk.tell("a", words(1))

    def broken(conn: Connection) -> None:
        assign.assign_pending(conn, holder="one", now=desk.clock.now(), window=desk.window)
        raise OSError("the power is gone")

    with pytest.raises(Exception, match="the power is gone"):
        desk.store.write_now(broken)
    # The token of the lost round is given out once more, to somebody else.
    desk.store.write_now(lambda conn: conn.execute(update(article).values(first_seen_at=START)))
    other.run(holder="two")
    copy = desk.tell("b", edited(words(1)), feed=1, published=HOUR)
    desk.run()
    assert (desk.row(copy).story, desk.row(copy).copy_of) == (desk.row(lost).story, lost)


def test_what_was_learnt_is_kept_by_rounds_and_now_and_then_as_a_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.window._DUMP_AFTER", 4)
    for number in range(6):
        desk.tell(f"a{number}", f"{'. '.join(words(number, 30))}. {FOOTER}", host="herald.example")
        desk.run()
    names = desk.store.read_now(lambda conn: sorted(conn.execute(select(memory.c.name)).scalars()))
    assert names[0] == "furniture"
    assert len(names) == 2
    started = Window()
    desk.store.read_now(lambda conn: started.load(conn, desk.clock.now()))
    assert started.furniture.bare("herald.example", FOOTER).folded == ""
    assert len(started.near) == 6


def test_why_it_is_a_copy_is_told_in_words(desk: Desk) -> None:
    first = desk.tell("a", words(1), title="Bridge closed")
    of = [desk.tell("b", edited(words(1)), feed=1), desk.tell("c", words(1), title="Bridge closed again")]
    desk.run()
    why = desk.store.read_now(lambda conn: memberships(conn, [first, *of]))
    score = why[of[0]].score
    assert score is not None
    assert [why[one].sentence for one in (first, *of)] == [
        "a story of its own",
        f"a copy of “Bridge closed” (Outlet): {score:.0%} of the wording is the same",
        "a copy: the same text as “Bridge closed” (Outlet)",
    ]


def test_where_no_article_has_a_time_three_represent_a_story(desk: Desk) -> None:
    told = words(1, 200)
    # Each is like the one in the middle, the ends are not like each other.
    of = [
        desk.tell(name, text, published=None)
        for name, text in (("a", told[:120]), ("b", told[55:150]), ("c", told[95:]))
    ]
    desk.run()
    last = desk.tell("d", [*told[125:], *words(9, 30)], published=None, feed=1)
    desk.run()
    assert len({desk.row(one).story for one in (*of, last)}) == 1
    assert desk.store.read_now(lambda conn: conn.execute(select(func.count()).select_from(wording)).scalar()) == 4
    dated = desk.tell("e", told)
    desk.run()
    rows = select(wording.c.article_id).where(wording.c.signature.is_not(None))
    assert desk.store.read_now(lambda conn: list(conn.execute(rows).scalars())) == [dated]


def test_of_a_headline_that_a_source_never_tires_of_the_first_and_the_last_are_looked_at(desk: Desk) -> None:
    first = desk.tell("first", words(1))
    desk.run()
    seen = Sighting(desk.row(first).story, "outlet.example", START, frozenset({"7"}))
    sightings = [Headline("1:key", number, replace(seen, at=START + number * HOUR)) for number in range(1, 301)]
    desk.store.write_now(lambda conn: put_headlines(conn, sightings, START))
    known = desk.store.read_now(lambda conn: headlines(conn, ["1:key", "1:other"]))
    assert known == {"1:key": sightings[:100] + sightings[200:]}
