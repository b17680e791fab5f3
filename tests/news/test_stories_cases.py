"""Every labelled case of ``cases/stories`` holds in whatever order its articles come."""

import random
from collections import Counter

import pytest
from _pytest.mark import ParameterSet
from storycases import Case, files, of_file, place

ALL = [case for name in files() for case in of_file(name)]
LEAST_CASES = 100
LEAST_LANGUAGES = 12
LEAST_REASON = 10
SHUFFLES = 3


def marked() -> list[ParameterSet]:
    """All cases; of one that is not met it is wrong to be met unnoticed."""
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=case.known_gap)] if case.known_gap else [])
        for case in ALL
    ]


@pytest.mark.parametrize("case", marked())
def test_the_articles_of_one_story_are_one_in_any_order(case: Case) -> None:
    given = list(case.articles)
    rnd = random.Random(case.name)  # noqa: S311 - the same orders again
    orders = [given, given[::-1], *(rnd.sample(given, len(given)) for _ in range(SHUFFLES))]
    for order in orders:
        _, got = place(order)
        assert got == case.expected, f"{case.why} In the order {[one.id for one in order]}"


@pytest.mark.parametrize("case", [case for case in ALL if not case.known_gap], ids=lambda case: case.name)
def test_the_reason_is_what_the_label_says_in_the_order_as_listed(case: Case) -> None:
    placed, _ = place(case.articles)
    wanted = {one.id: one.reason for one in case.articles if one.reason is not None}
    assert {of: placed[of].reason.value for of in wanted} == wanted


def test_the_set_is_large_and_wide_and_no_case_stands_twice() -> None:
    assert len(ALL) >= LEAST_CASES
    assert len({one.language for case in ALL for one in case.articles}) >= LEAST_LANGUAGES
    assert all(len(case.why) >= LEAST_REASON for case in ALL)
    assert max(Counter(case.name for case in ALL).values()) == 1
    assert all(len({one.id for one in case.articles}) == len(case.articles) for case in ALL)


def test_most_of_the_set_are_what_must_not_be_joined() -> None:
    assert sum(len(case.expected) > 1 for case in ALL) >= len(ALL) / 2
