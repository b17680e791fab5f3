"""Threads, whatever the texts: no input raises, affinity is symmetric, a copy joins its original, packing is exact."""

import json
import random
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from news.embedding import SIZE, Vector, embeddable, pack, unpack
from news.threads import COPY, Evidence, Known, Rarity, ThreadBook, affinity, evidence, packed, place, unpacked

TEXTS = st.text(max_size=200) | st.sampled_from(
    [
        "Мост рухнул у Кандары, спасены 14 человек",
        "A bridge at Kandara gave way; 14 were rescued",
        "Jembatan di Kandara runtuh, 1.250 orang mengungsi",
        "Кандара маңында көпір құлады",
        "大桥倒塌 14",
    ]
)
TIMES = st.none() | st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 20), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
LANGUAGES = st.none() | st.sampled_from(["en", "ru", "id", "kk", "zh-hant"])


@st.composite
def vectors(draw: st.DrawFn) -> Vector:
    """One of few directions, so that some are near each other."""
    found = np.zeros(SIZE, dtype=np.float32)
    found[draw(st.integers(0, 2))] = 1.0
    found[3] = draw(st.floats(0, 1, width=32))
    return found / np.float32(np.linalg.norm(found))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    return evidence(draw(TEXTS), draw(TEXTS), draw(LANGUAGES), draw(TIMES), draw(vectors()))


@given(st.text(), st.text())
def test_what_is_embedded_is_short_valid_and_final(title: str, text: str) -> None:
    line = embeddable(title, text)
    assert len(line.encode("utf-8")) <= 4000
    assert "\0" not in line
    assert "\ufdfa" not in line
    assert embeddable(line, "") == embeddable(embeddable(line, ""), "")


@given(evidences(), evidences(), st.lists(evidences(), max_size=3))
def test_affinity_is_a_probability_and_the_same_from_either_side(
    one: Evidence, other: Evidence, others: list[Evidence]
) -> None:
    rarity = Rarity()
    for each in others:
        rarity.add(each)
    found = affinity(one, other, rarity)
    assert 0.0 <= found <= 1.0
    assert found == affinity(other, one, rarity)


@given(st.lists(evidences(), max_size=8), evidences())
def test_a_copy_joins_a_thread_that_has_a_story_which_says_the_same(others: list[Evidence], original: Evidence) -> None:
    book = ThreadBook()
    told = [*others, original]
    for story, one in enumerate(told):
        book.add(story, one)
    thread = book.add(100, original).thread
    assert any(
        book.thread_of(story) == thread
        and one.language == original.language
        and float(one.vector @ original.vector) >= COPY
        for story, one in enumerate(told)
    )


@given(evidences())
def test_a_copy_of_the_only_story_joins_it(original: Evidence) -> None:
    book = ThreadBook()
    first = book.add(1, original)
    assert book.add(2, original).thread == first.thread


@given(st.lists(evidences(), max_size=6), evidences(), st.randoms(use_true_random=False))
def test_a_placement_does_not_depend_on_how_the_near_ones_are_ordered(
    others: list[Evidence], newcomer: Evidence, rnd: random.Random
) -> None:
    near = [Known(story // 2, story, one) for story, one in enumerate(others)]
    rarity = Rarity()
    for one in others:
        rarity.add(one)
    mixed = list(near)
    rnd.shuffle(mixed)
    assert place(newcomer, near, rarity) == place(newcomer, mixed, rarity)


@given(evidences())
def test_evidence_is_packed_and_unpacked_exactly(one: Evidence) -> None:
    stored = json.loads(json.dumps(packed(one)))
    back = unpacked(stored, unpack(pack(one.vector)))
    assert packed(back) == stored
    assert (back.words, back.names, back.openers, back.figures) == (one.words, one.names, one.openers, one.figures)
    assert (back.language, back.at) == (one.language, one.at)
    assert np.allclose(back.vector, one.vector, atol=1e-3)
