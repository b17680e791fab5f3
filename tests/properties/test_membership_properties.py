"""Where resemblance is unambiguous, any order of arrival gives the same companies; the index keeps what it is given."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from news import furniture
from news.fingerprint import folded
from news.membership import similar
from news.minhash import Signature, containment, resemblance, sign
from news.neighbours import Few, Neighbours
from news.storybook import StoryBook

NOON = datetime(2022, 1, 5, 12, tzinfo=UTC)
#: a copy: which words of the report it keeps, what it writes instead, and when it came out, if it says so
COPY = st.tuples(
    st.integers(0, 45), st.integers(0, 45), st.integers(0, 20), st.none() | st.integers(1, 500), st.integers(0, 13)
)
REPORT = st.tuples(st.integers(60, 200), st.lists(COPY, max_size=4))


class Article(NamedTuple):
    """An article of the stream, and which report it tells."""

    report: int
    day: int
    published: datetime | None
    text: str
    signature: Signature


def article(report: int, words: list[str], minutes: int | None, day: int) -> Article:
    text = " ".join(words)
    signature = sign(folded(text))
    assert signature is not None
    published = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Article(report, day, published, text, signature)


def articles(reports: list[tuple[int, list[tuple[int, int, int, int | None, int]]]]) -> list[Article]:
    """Each report with its copies: a lead cut and another written, a tail cut, all out later than the report."""
    found = []
    for number, (length, copies) in enumerate(reports):
        words = [f"r{number}w{place}" for place in range(length)]
        found.append(article(number, words, 0, 0))
        for cut, tail, lead, minutes, day in copies:
            kept = words[length * cut // 200 : length - length * tail // 200]
            found.append(article(number, [f"c{len(found)}l{place}" for place in range(lead)] + kept, minutes, day))
    return found


def companies(arrived: list[Article]) -> set[frozenset[bytes]]:
    book, joined = StoryBook(), dict[str, str]()
    stories = []
    for number, one in enumerate(arrived):
        placed = book.add(
            number, url=f"https://outlet{number}.example/", title="", text=one.text, published=one.published
        )
        stories.append((one, placed.story))
        joined.update(dict.fromkeys(placed.joins[1:], placed.story))
    told = defaultdict(set)
    for one, story in stories:
        while story in joined:
            story = joined[story]  # noqa: PLW2901  # climbs to the story that stayed
        told[story].add(one.signature.to_bytes())
    return {frozenset(members) for members in told.values()}


@given(st.lists(REPORT, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_count(
    reports: list[tuple[int, list[tuple[int, int, int, int | None, int]]]], rnd: random.Random
) -> None:
    told = articles(reports)
    originals = {one.report: one for one in reversed(told)}
    # Unambiguous: all copies of a report are like it, by far.
    assume(all(resemblance(one.signature, originals[one.report].signature) >= 0.45 for one in told))
    expected = defaultdict(set)
    for one in told:
        expected[one.report].add(one.signature.to_bytes())
    for _ in range(3):
        rnd.shuffle(told)
        assert companies(told) == {frozenset(members) for members in expected.values()}


WORDS = st.lists(st.sampled_from([f"w{number}" for number in range(60)]), min_size=30, max_size=80)


@given(WORDS, WORDS)
def test_likeness_is_mutual_and_bounded(one: list[str], other: list[str]) -> None:
    first, second = sign(" ".join(one)), sign(" ".join(other))
    assume(first is not None and second is not None)
    assert first is not None
    assert second is not None
    assert similar(first, second) == similar(second, first)
    assert 0 <= resemblance(first, second) <= containment(first, second) <= 1
    assert resemblance(first, first) == 1
    assert Signature.from_bytes(first.to_bytes()) == first


@given(st.lists(st.tuples(st.sampled_from(["add", "drop", "remove"]), st.integers(0, 3), st.integers(0, 9))))
def test_the_index_holds_what_was_added_and_not_taken(steps: list[tuple[str, int, int]]) -> None:
    near, held = Neighbours(), set[tuple[int, int]]()
    signatures = {key: article(key, [f"k{key}w{place}" for place in range(40)], 0, 0).signature for key in range(10)}
    for step, day, key in steps:
        if step == "add" and (day, key) not in held:
            near.add(day, key, signatures[key])
            held.add((day, key))
        elif step == "drop":
            near.drop(day)
            held = {one for one in held if one[0] != day}
        elif step == "remove":
            near.remove(day, key)
            held.discard((day, key))
    assert len(near) == len(held)
    assert near.days() == sorted({day for day, _ in held})
    for key, signature in signatures.items():
        assert [one.key for one in near.candidates(signature)] == [key for day, other in sorted(held) if other == key]
    again = Neighbours()
    for day in near.days():
        again.load(day, near.dump(day))
    assert all(again.candidates(one) == near.candidates(one) for one in signatures.values())


TEXT = st.text(st.sampled_from("aB1Σö\u0301\u00a8ꙮ字。.,!?…-–'’\"”) \n\u00a0\u200b") | st.characters(), max_size=60)


@given(TEXT)
def test_a_text_folds_to_the_same_in_its_sentences(text: str) -> None:
    assert furniture.folded_whole(furniture.read("herald.example", text)) == folded(text.replace("ꙮ", " "))
    parted = [one.folded for one in furniture.read("herald.example", text)]
    assert parted == [folded(text[one.start : one.end].replace("ꙮ", " ")) for one in furniture.read("", text)]


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | st.lists(st.integers(0, 20), min_size=25, max_size=25))))
def test_a_handful_knows_the_neighbours_that_the_index_knows(steps: list[tuple[int, list[int] | None]]) -> None:
    few, near = Few(), Neighbours()
    asked = []
    for key, drawn in steps:
        signature = None if drawn is None else sign(" ".join(f"w{word}" for word in drawn))
        few.put(key, signature)
        near.discard([key])
        if signature is not None:
            near.take_in([0], [key], [signature.to_bytes()])
            asked.append(signature)
    for one in asked:
        found = sorted(few.candidates(one), key=lambda one: (-one.resemblance, one.key))
        assert found == near.candidates(one)
