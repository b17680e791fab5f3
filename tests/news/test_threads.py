"""Which thread a story joins, and when two threads turn out to be one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from news.centring import centred
from news.embedding import SIZE, Engine, Vector, embeddable
from news.threads import Evidence, Known, Rarity, ThreadBook, evidence, merges, place
from news.threads_active import NEAREST, WINDOW, ActiveStories

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def vector(*near: tuple[int, float]) -> Vector:
    """A vector of length one that leans on these axes."""
    found = np.zeros(SIZE, dtype=np.float32)
    for axis, share in near:
        found[axis] = share
    return found / np.float32(np.linalg.norm(found))


def said(axis: int, *, name: str = "Kandara", hours: float = 0, language: str = "en", lean: float = 0.2) -> Evidence:
    """A story about what an axis stands for, in a city."""
    return evidence(
        "Bridge gives way",
        f"A bridge over the river at {name} gave way on Monday, and 14 people were rescued.",
        language,
        NOON + timedelta(hours=hours),
        vector((axis, 1.0), (300, lean)),
    )


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def told(engine: Engine, title: str, text: str, language: str, hours: float = 0) -> Evidence:
    found = engine.embed([embeddable(title, text)])[0]
    return evidence(title, text, language, NOON + timedelta(hours=hours), centred(found, language))


def test_one_event_in_four_languages_is_one_thread_and_its_look_alike_another(engine: Engine) -> None:
    book = ThreadBook()
    stories = [
        told(
            engine,
            "Ferry with 63 aboard runs aground off Tarempa",
            "A ferry carrying 63 people ran onto a reef off Tarempa at dawn. All were taken off by fishermen.",
            "en",
        ),
        told(
            engine,
            "Feri berpenumpang 63 orang kandas di Tarempa",
            "Sebuah feri yang membawa 63 orang kandas di karang dekat Tarempa saat fajar. Nelayan menolong semuanya.",
            "id",
            2,
        ),
        told(
            engine,
            "Паром с 63 пассажирами сел на риф у Таремпы",
            "Паром, на борту которого были 63 человека, на рассвете сел на риф у Таремпы. Людей сняли рыбаки.",
            "ru",
            3,
        ),
        told(
            engine,
            "Тарэмпа маңында 63 адам мінген паром рифке отырып қалды",
            "Таң ата Таремпа жағалауында 63 адам мінген паром рифке отырып қалды. Барлығын балықшылар құтқарды.",
            "kk",
            5,
        ),
        told(
            engine,
            "Two hurt as ferry hits pier in Balikpapan",
            "A car ferry struck the pier at Balikpapan while docking on Monday, injuring two of its 210 passengers.",
            "en",
            4,
        ),
    ]
    threads = [book.add(number, one).thread for number, one in enumerate(stories)]
    assert threads[:4] == [threads[0]] * 4
    assert threads[4] != threads[0]


def test_the_first_story_begins_a_thread_and_says_so() -> None:
    placement = place(said(0), [], Rarity())
    assert placement.thread is None
    assert placement.score is None
    assert placement.why == "no story of the last days is near in meaning"


def test_a_placement_says_what_spoke_for_it() -> None:
    book = ThreadBook()
    book.add(7, said(0))
    placement = book.add(8, said(0, hours=6))
    assert placement.story == 7
    assert placement.thread == 1
    assert "figures shared: 14" in placement.why
    assert "6 h apart" in placement.why


def test_another_subject_is_another_thread() -> None:
    book = ThreadBook()
    assert book.add(1, said(0)).thread != book.add(2, said(1)).thread


def test_stories_further_apart_than_the_window_are_not_compared() -> None:
    book = ThreadBook()
    first = book.add(1, said(0))
    late = book.add(2, said(0, hours=WINDOW / timedelta(hours=1) + 1))
    assert late.thread != first.thread


def test_a_story_without_a_time_is_within_every_window() -> None:
    book = ThreadBook()
    first = book.add(1, replace(said(0), at=None))
    assert book.add(2, said(0, hours=10_000)).thread == first.thread


def test_one_bridge_between_two_events_does_not_chain_them() -> None:
    rarity = Rarity()
    left = [Known(1, number, said(0, name="Kandara")) for number in range(3)]
    right = [Known(2, 10 + number, said(1, name="Morovo")) for number in range(3)]
    between = replace(said(0), vector=vector((0, 1.0), (1, 1.0)))
    for known in [*left, *right]:
        rarity.add(known.evidence)
    assert place(between, [*left, *right], rarity).joins == ()


def test_a_story_that_is_surely_of_two_threads_joins_them_and_the_older_stays() -> None:
    rarity = Rarity()
    near = [Known(5, 1, said(0)), Known(3, 2, said(0, hours=1))]
    placement = place(said(0, hours=2), near, rarity)
    assert (placement.thread, placement.joins) == (3, (5,))


def test_threads_that_turn_out_to_be_one_are_merged_into_the_older() -> None:
    active = ActiveStories()
    for number in range(3):
        active.put(Known(4, number, said(0, hours=number)))
        active.put(Known(9, 10 + number, said(0, hours=number)))
        active.put(Known(6, 20 + number, said(1, name="Morovo", hours=number)))
    found = merges(active)
    assert [(one.thread, one.into) for one in found] == [(9, 4)]
    assert merges(active, [9]) == found
    assert merges(active, [6]) == ()


def test_a_book_forgets_no_thread_that_was_merged() -> None:
    book = ThreadBook()
    book.add(1, said(0))
    book.active.put(Known(77, 2, said(0)))
    book._of_story[2] = 77
    assert [(one.thread, one.into) for one in book.merge()] == [(77, 1)]
    assert book.thread_of(2) == 1
    assert {known.thread for known in book.active.stories()} == {1}


def test_near_stories_are_sought_in_the_own_language_and_in_the_others() -> None:
    active = ActiveStories()
    for number in range(3 * NEAREST):
        active.put(Known(1, number, said(0, lean=0.2 + number / 1000)))
    active.put(Known(2, 1000, said(0, language="ru", lean=0.6)))
    found = active.near(said(0))
    assert len(found) == NEAREST + 1
    assert [known.story for known in found[:2]] == [0, 1]
    assert found[-1].story == 1000


def test_active_stories_are_renamed_removed_and_expire() -> None:
    active = ActiveStories()
    for story, hours in ((1, 0.0), (2, 1.0), (3, 400.0)):
        active.put(Known(story, story, said(0, hours=hours)))
    active.rename_thread(3, 1)
    active.rename_story(2, 12)
    active.rename_story(1, 12)
    assert {(known.thread, known.story) for known in active.stories()} == {(2, 12), (1, 3)}
    assert [known.story for known in active.of_thread(1)] == [3]
    assert active.threads() == [1, 2]
    assert active.expire(NOON + timedelta(hours=400)) == (12,)
    assert 12 not in active
    assert len(active) == len(active.rarity) == 1


def test_rarity_is_counted_from_what_is_active_alone() -> None:
    rarity = Rarity({})
    one = said(0)
    before = rarity.of("bridge")
    rarity.add(one)
    assert rarity.of("bridge") < rarity.of("nowhere")
    rarity.remove(one)
    assert rarity.of("bridge") == before
    assert rarity._having == {}


def test_rows_are_used_again_and_grow() -> None:
    active = ActiveStories()
    for number in range(200):
        active.put(Known(number, number, said(number % 5)))
    for number in range(150):
        active.remove(number)
    for number in range(300, 420):
        active.put(Known(number, number, said(number % 5)))
    assert len(active._times) == 256
    near = active.near(said(4))
    assert near
    assert all(known.story % 5 == 4 for known in near)
