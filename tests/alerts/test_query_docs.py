"""The examples of the pages on queries are true."""

import re
import tomllib

import pytest
from querypages import Example, aliases, blocks, examples, page, rows

from alerts.index import evaluate
from alerts.query import parse
from alerts.types import Document, Field, Span
from news.errors import QueryError

PAGE, COMING_FROM = "queries.md", "queries-coming-from.md"
SETS = aliases(PAGE)


@pytest.mark.parametrize("example", examples(PAGE), ids=lambda one: f"{one.query[:40]}|{one.document.title[:40]}")
def test_an_example_is_true(example: Example) -> None:
    spans = evaluate(parse(example.query, SETS), example.document)
    assert (None if spans is None else shown(spans, example.document)) == example.found


def shown(spans: tuple[Span, ...], document: Document) -> tuple[str, ...]:
    """What a mail marks: words found in several ways are marked once, and a word within marked words is not parted."""
    places = dict.fromkeys((span.field, span.start, span.end) for span in spans)
    outer = [
        (field, start, end)
        for field, start, end in places
        if not any(
            field is other and first <= start and end <= last and (first, last) != (start, end)
            for other, first, last in places
        )
    ]
    fields = {Field.TITLE: document.title, Field.TEXT: document.text}
    return tuple(fields[field][start:end] for field, start, end in outer)


@pytest.mark.parametrize(("query", "found", "other"), rows(COMING_FROM), ids=lambda one: str(one)[:60])
def test_what_other_languages_say_is_said_so(query: str, found: Document, other: Document) -> None:
    assert parse(query, SETS).warnings == ()
    assert evaluate(parse(query, SETS), found) is not None
    assert evaluate(parse(query, SETS), other) is None


def test_every_table_of_operators_is_read() -> None:
    stated = [line for line in page(COMING_FROM).splitlines() if line.count(" | ") == 3]
    headings = 2 * stated.count("| there | here | finds | not |")
    assert len(rows(COMING_FROM)) == len(stated) - headings


def test_the_page_has_examples_of_both_kinds() -> None:
    assert {example.found is None for example in examples(PAGE)} == {True, False}


def test_the_refusal_that_the_page_shows_is_the_real_one() -> None:
    block = re.search(r"```\n(column .*?)\n```", page(PAGE), re.DOTALL)
    assert block is not None
    with pytest.raises(QueryError) as caught:
        parse(block[1].split("\n")[1])
    assert str(caught.value) == block[1]


@pytest.mark.parametrize("query", re.findall(r"`((?:[a-z]+:|@country:)[^`]+)`", page(PAGE)))
def test_a_restriction_or_country_of_the_page_parses(query: str) -> None:
    assert all(parse(one, SETS).tree for one in query.split("`, `"))


def test_the_watchlist_of_the_page_parses_without_a_warning() -> None:
    watchlists = [one for block in blocks(PAGE) for one in tomllib.loads(block).get("watchlists", [])]
    assert watchlists
    for watchlist in watchlists:
        queries = [watchlist["query"], *watchlist["exclude"], *(alert["urgent"] for alert in watchlist["alerts"])]
        assert [warning for query in queries for warning in parse(query, SETS).warnings] == []
