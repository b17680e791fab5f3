"""The directories of queries in ``cases/query``: refused, understood, found."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import alerts.query
from alerts.index import QueryIndex, evaluate
from alerts.query import Aliases, parse
from alerts.try_match import document_of
from alerts.types import Document, Span
from news.errors import QueryError

CASES = Path(__file__).parent.parent / "cases" / "query"
#: the sets that the cases name
ALIASES = Aliases.of(tomllib.loads((CASES / "aliases.toml").read_text("utf-8"))["aliases"].items())


def cases(name: str, label: str) -> list[Any]:
    """The cases of a file, as parameters named by one of their keys."""
    listed = tomllib.loads((CASES / name).read_text("utf-8"))["case"]
    return [pytest.param(case, id=case[label]) for case in listed]


@pytest.mark.parametrize("case", cases("refused.toml", "name"))
def test_a_refused_query_says_where_and_what_was_expected(case: Mapping[str, Any]) -> None:
    with pytest.raises(QueryError) as caught:
        parse(case["query"], ALIASES)
    message, line, caret = str(caught.value).split("\n")
    assert caught.value.column == case["column"]
    assert message.startswith(f"column {case['column']}: ")
    assert len(line) == len(case["query"])
    assert caret == " " * (case["column"] - 1) + "^"
    for words in case["says"]:
        assert words in message


@pytest.mark.parametrize("case", cases("understood.toml", "query"))
def test_an_accepted_query_is_read_so_and_warns_of_that(case: Mapping[str, Any]) -> None:
    query = parse(case["query"], ALIASES)
    assert alerts.query.format(query.tree) == case["read_as"]
    expected = case.get("warnings", [])
    assert len(query.warnings) == len(expected), query.warnings
    for warning, words in zip(query.warnings, expected, strict=True):
        assert words in warning
    assert parse(case["read_as"], ALIASES).tree == query.tree


def shown(spans: tuple[Span, ...] | None, document: Document, term: str) -> list[list[str]] | bool:
    """Spans as the cases write them."""
    if spans is None:
        return False
    assert all(span.term in term for span in spans)
    fields = {"title": document.title, "text": document.text}
    return [[span.field, fields[span.field][span.start : span.end], span.how] for span in spans]


@pytest.mark.parametrize("case", cases("found.toml", "name"))
def test_a_query_finds_exactly_these_words(case: Mapping[str, Any]) -> None:
    document = document_of(case)
    found = {text: shown(evaluate(parse(text, ALIASES), document), document, text) for text in case["queries"]}
    assert found == case["queries"]


@pytest.mark.parametrize("case", cases("found.toml", "name"))
def test_the_index_finds_the_same(case: Mapping[str, Any]) -> None:
    document = document_of(case)
    index = QueryIndex()
    for text in case["queries"]:
        index.add(text, parse(text, ALIASES))
    matches = index.match(document)
    found = {text: shown(matches.get(text), document, text) for text in case["queries"]}
    assert found == case["queries"]
