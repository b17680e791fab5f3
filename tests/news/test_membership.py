"""Which story an article belongs to by its wording."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from news.membership import Alike, Likeness, Placement, Representative, Standing, Wordings, judged, place, similar
from news.minhash import Signature, sign

NOON = datetime(2022, 1, 5, 12, tzinfo=UTC)


def text(seed: int, count: int = 300) -> list[str]:
    rnd = random.Random(seed)  # noqa: S311 - the same words again
    return [f"w{rnd.randrange(20_000)}" for _ in range(count)]


def signed(words: list[str]) -> Signature:
    signature = sign(" ".join(words))
    assert signature is not None
    return signature


def standing(minutes: int | None, size: int = 300, key: str = "1:a") -> Standing:
    return Standing(None if minutes is None else NOON + timedelta(minutes=minutes), size, key)


ALIKE = Alike(Likeness.EDITED, 0.5)


@pytest.mark.parametrize(
    ("jaccard", "one", "other", "reason"),
    [
        (0.26, 300, 300, Likeness.EDITED),
        (0.24, 300, 300, None),
        (0.24, 300, 80, Likeness.CUT),
        (0.19, 300, 60, None),
        (0.24, 300, 200, None),
        (0.30, 300, 20, None),
        (0.55, 25, 20, Likeness.EDITED),
    ],
)
def test_what_is_a_copy(jaccard: float, one: int, other: int, reason: Likeness | None) -> None:
    forth, back = judged(jaccard, one, other), judged(jaccard, other, one)
    assert forth == back
    assert (forth.reason if forth else None) is reason
    assert forth is None or jaccard <= forth.score <= 1


def test_an_edited_copy_a_cut_one_and_reports_that_share_a_quote() -> None:
    report, other = text(1), text(2)
    edited = [*text(3, 20), *report[20:100], *text(4, 10), *report[110:290]]
    found = similar(signed(report), signed(edited))
    assert found is not None
    assert found.reason is Likeness.EDITED
    assert found.score > 0.5
    cut = similar(signed(report), signed(report[:75]))
    assert cut is not None
    assert cut.reason is Likeness.CUT
    assert cut.score > 0.8
    assert similar(signed(report), signed([*other[:200], *report[100:150], *other[250:]])) is None


def test_one_that_is_like_nobody_begins_a_story() -> None:
    assert place(standing(0), []) == Placement(None, None, (), represents=True)


def test_one_joins_the_oldest_and_joins_all() -> None:
    near = [
        Representative(7, standing(5), Alike(Likeness.EDITED, 0.4)),
        Representative(3, standing(9), ALIKE),
        Representative(5, standing(1), Alike(Likeness.CUT, 0.3)),
    ]
    assert place(standing(3), near) == Placement(3, ALIKE, (5, 7), represents=False)
    assert place(standing(0), near).represents


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (standing(0, size=20), standing(1, size=900)),
        (standing(500, size=20), standing(None, size=900)),
        (standing(0, size=301), standing(0, size=300)),
        (standing(None, size=301), standing(None, size=300)),
        (standing(0, key="1:a"), standing(0, key="1:b")),
    ],
)
def test_the_earliest_represents_then_the_fullest(first: Standing, second: Standing) -> None:
    assert place(first, [Representative(1, second, ALIKE)]).represents
    assert not place(second, [Representative(1, first, ALIKE)]).represents


def test_copies_that_are_unlike_are_joined_by_what_they_were_copied_from() -> None:
    report = text(1)
    top, bottom = [*report[:165], *text(2, 60)], [*text(3, 60), *report[135:]]
    assert similar(signed(top), signed(bottom)) is None
    book = Wordings()
    one, _ = book.add(0, standing(10, key="1:b"), signed(top))
    two, _ = book.add(0, standing(11, key="1:c"), signed(bottom))
    assert one != two
    three, placed = book.add(0, standing(0), signed(report))
    assert (three, placed.joins, placed.represents) == (one, (two,), True)
    assert book.story_of(two) == one
    four, placed = book.add(0, standing(12, key="1:d"), signed(bottom[5:]))
    assert (four, placed.joins) == (one, ())


def test_no_chain_leads_through_a_copy() -> None:
    report, other = text(1), text(2)
    half = [*report[:160], *other[160:]]
    book = Wordings()
    first, _ = book.add(0, standing(0), signed(report))
    assert book.add(0, standing(5), signed(half))[0] == first
    # Like the copy, not like the report, which alone counts.
    second, placed = book.add(0, standing(9), signed(other))
    assert second != first
    assert placed.alike is None


@pytest.mark.parametrize("day", [0, 1])
def test_the_first_of_two_joined_stories_goes_on_representing_both(day: int) -> None:
    one, two = text(1), text(2)
    both = [*one[:150], *two[150:]]
    book = Wordings()
    older, _ = book.add(0, standing(8, key="1:x"), signed(one))
    younger, _ = book.add(day, standing(2, key="1:y"), signed(two))
    joined, placed = book.add(day, standing(9, key="1:z"), signed(both))
    assert (joined, placed.joins, placed.represents) == (older, (younger,), False)
    # The younger story's article was published first: it represents what the older id now stands for.
    assert book.add(day, standing(20), signed(two[10:]))[0] == older
    assert book.add(day, standing(21), signed(one[10:]))[1].alike is None
