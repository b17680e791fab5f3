"""The examples of ``docs/query-language.md`` are true."""

import re
from pathlib import Path

import pytest

from alerts.index import evaluate
from alerts.query import parse
from alerts.types import Document, Field
from news.errors import QueryError

PAGE = (Path(__file__).parent.parent.parent / "docs" / "query-language.md").read_text("utf-8")


def examples() -> list[tuple[str, str, bool]]:
    """Query, marked text, and whether it is found."""
    found = []
    query = ""
    for line in PAGE.splitlines():
        if stated := re.fullmatch(r"Query: `(.*)`", line):
            query = stated[1]
        elif marked := re.fullmatch(r"- ([✓✗]) (.*)", line):
            found.append((query, marked[2], marked[1] == "✓"))
    return found


@pytest.mark.parametrize(("query", "marked", "holds"), examples())
def test_an_example_is_true(query: str, marked: str, holds: bool) -> None:  # noqa: FBT001 - a case's expectation
    plain = marked.replace("**", "")
    title, slash, text = plain.partition(" / ")
    document = Document(title, text, None, None, None, None) if slash else Document(plain, "", None, None, None, None)
    spans = evaluate(parse(query), document)
    assert (spans is not None) == holds
    if spans is not None:
        shown = {document.title[span.start : span.end] for span in spans if span.field is Field.TITLE}
        assert shown == set(re.findall(r"\*\*(.*?)\*\*", marked))


def test_the_page_has_examples_of_both_kinds() -> None:
    assert {holds for _, _, holds in examples()} == {True, False}


def test_the_refusal_that_the_page_shows_is_the_real_one() -> None:
    block = re.search(r"```\n(column .*?)\n```", PAGE, re.DOTALL)
    assert block is not None
    with pytest.raises(QueryError) as caught:
        parse(block[1].split("\n")[1])
    assert str(caught.value) == block[1]


@pytest.mark.parametrize("query", re.findall(r"`([a-z]+:[^`]+)`", PAGE))
def test_a_restriction_of_the_page_parses(query: str) -> None:
    assert parse(query).tree
