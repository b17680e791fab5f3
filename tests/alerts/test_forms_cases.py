"""Labelled pairs of words, a file a language: what is one word is found, what is not is not.

A line is ``same``, ``different`` or ``miss``, a query's word, a text's word, and for a miss its reason: a form that is
not found. A miss that is found has to become ``same``; a pair that is different is never one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.forms import asked, family_of, given

CASES = Path(__file__).parent.parent / "cases" / "forms"
LANGUAGES = sorted(path.stem for path in CASES.glob("*.tsv"))


def cases(language: str) -> Iterator[tuple[str, str, str, str]]:
    """The lines of a language: kind, query, text, reason."""
    for line in (CASES / f"{language}.tsv").read_text("utf-8").splitlines():
        kind, query, text, *reason = line.split("\t")
        yield kind, query, text, "".join(reason)


def meet(query: str, text: str, family: str) -> bool:
    """Whether a text's word is a form of a query's."""
    return not set(asked(query, family)).isdisjoint(given(text, family))


@pytest.mark.timeout(180)  # the largest dictionary takes ten seconds to read on a busy machine
@pytest.mark.parametrize("language", LANGUAGES)
def test_labelled_pairs_meet_or_do_not(language: str) -> None:
    family = family_of(language)
    wrong = [
        f"{kind}: {query} {text}"
        for kind, query, text, _ in cases(language)
        if meet(query, text, family) != (kind == "same")
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pairs_of_a_language_are_enough_and_few_are_missed(language: str) -> None:
    kinds = [kind for kind, *_ in cases(language)]
    assert set(kinds) <= {"same", "different", "miss"}
    assert kinds.count("same") >= 20
    assert kinds.count("different") >= 8
    assert kinds.count("miss") <= 2
    assert all(reason for kind, _, _, reason in cases(language) if kind == "miss")
