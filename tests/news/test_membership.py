"""Which story an article belongs to by its wording."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from news.membership import Alike, Likeness, Representative, Standing, judged, most_like, representing, similar
from news.minhash import Signature, sign
from news.storybook import Placed, StoryBook

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


@dataclass(frozen=True)
class Told:
    """An article of a story."""

    standing: Standing


def leading(*told: Standing) -> list[Standing]:
    return [one.standing for one in representing(Told(one) for one in told)]


def test_it_is_said_to_be_a_copy_of_the_one_that_it_is_most_like_then_of_the_older_story() -> None:
    near = [
        Representative(7, standing(5), Alike(Likeness.EDITED, 0.4)),
        Representative(5, standing(9), ALIKE),
        Representative(3, standing(1), ALIKE),
    ]
    assert most_like(near) == near[2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (standing(0, size=20), standing(1, size=900, key="1:b")),
        (standing(500, size=20), standing(None, size=900, key="1:b")),
    ],
)
def test_the_earliest_represents_alone(first: Standing, second: Standing) -> None:
    assert leading(first, second) == leading(second, first) == [first]


@pytest.mark.parametrize("minutes", [None, 5])
def test_where_times_do_not_tell_the_fullest_represent_together_and_no_text_twice(minutes: int | None) -> None:
    told = [standing(minutes, size=size, key=f"1:{size}") for size in (304, 303, 303, 302, 301)]
    later = standing(900, size=999, key="1:z")
    assert leading(later, *reversed(told)) == [told[0], told[1], told[3]] or minutes is None
    assert leading(*told) == [told[0], told[1], told[3]]


class Wordings:
    """Stories by wording alone, each article published so many minutes after noon."""

    def __init__(self) -> None:
        self.book = StoryBook()
        self.number = 0

    def add(self, minutes: int | None, words: list[str]) -> Placed:
        """Add an article of an outlet of its own."""
        self.number += 1
        published = None if minutes is None else NOON + timedelta(minutes=minutes)
        url = f"https://outlet{self.number}.example.com/a"
        return self.book.add(self.number, url=url, title="", text=" ".join(words), published=published)


def test_copies_that_are_unlike_are_joined_by_what_they_were_copied_from() -> None:
    report = text(1)
    top, bottom = [*report[:165], *text(2, 60)], [*text(3, 60), *report[135:]]
    assert similar(signed(top), signed(bottom)) is None
    book = Wordings()
    assert [book.add(10, top).story, book.add(11, bottom).story] == ["s1", "s2"]
    assert book.add(0, report).joins == ("s1", "s2")
    four = book.add(12, bottom[5:])
    assert (four.story, four.joins, four.copy_of) == ("s1", (), 3)


def test_no_chain_leads_through_a_copy() -> None:
    report, other = text(1), text(2)
    half = [*report[:160], *other[160:]]
    book = Wordings()
    book.add(0, report)
    assert book.add(5, half).story == "s1"
    # Like the copy, not like the report, which alone counts.
    assert book.add(9, other).story == "s2"


def test_the_first_of_two_joined_stories_goes_on_representing_both() -> None:
    one, two = text(1), text(2)
    both = [*one[:150], *two[150:]]
    book = Wordings()
    book.add(8, one)
    book.add(2, two)
    assert book.add(9, both).joins == ("s1", "s2")
    # The younger story's article was published first: it represents what the older id now stands for.
    assert book.add(20, two[10:]).story == "s1"
    assert book.add(21, one[10:]).story == "s3"
