"""Every labelled case of ``cases/match`` holds, by the index and by evaluating the query alone."""

from collections.abc import Mapping
from functools import cache

import pytest
from matchcases import Case, files, of_file

from alerts.analysis import Analyser
from alerts.index import QueryIndex, evaluate
from alerts.types import Document, Field, Span

ALL = [case for name in files() for case in of_file(name)]
LEAST_CASES = 400
LEAST_LANGUAGES = 15
LEAST_REASON = 10

Spans = tuple[Span, ...] | None


@cache
def outcomes(language: str) -> Mapping[str, tuple[Spans, Spans]]:
    """For each case of a language, the spans by the index and by evaluating.

    A language at a time, since cases run in any order, and a dictionary takes a second or two to read.
    """
    index, analyser = QueryIndex(), Analyser()
    cases = [case for case in ALL if case.language == language]
    for case in cases:
        index.add(case.name, case.query)
    return {
        case.name: (index.match(case.document).get(case.name), evaluate(case.query, case.document, analyser))
        for case in cases
    }


def cut(span: Span, document: Document) -> str:
    """The words that a span's offsets cut out of the text as given."""
    return (document.title if span.field is Field.TITLE else document.text)[span.start : span.end]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_query_finds_what_its_label_says(case: Case) -> None:
    indexed, spans = outcomes(case.language)[case.name]
    assert indexed == spans
    found = None if spans is None else tuple(cut(span, case.document) for span in spans)
    assert found == case.found, case.why
    if spans is not None and case.how is not None:
        assert tuple(span.how for span in spans) == case.how, case.why


def test_the_set_is_large_and_wide_and_no_case_stands_twice() -> None:
    assert len(ALL) >= LEAST_CASES
    assert len({case.language for case in ALL if case.language}) >= LEAST_LANGUAGES
    assert all(len(case.why) >= LEAST_REASON for case in ALL)
    assert len({(case.query.text, case.document) for case in ALL}) == len(ALL)


def test_two_fifths_of_the_set_are_what_must_not_be_found() -> None:
    assert sum(case.found is None for case in ALL) >= 0.4 * len(ALL)
