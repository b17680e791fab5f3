"""The stage ``try match``: rows in, matches out."""

import json
from typing import Any
from unittest.mock import ANY

import pytest

from alerts.query import parse
from alerts.try_match import matching


def answers(queries: dict[object, str], *rows: object) -> list[Any]:
    """The answers as JSON has them; an error is its sentence."""
    answer = matching((key, parse(text)) for key, text in queries.items())

    def said(row: object) -> object:
        try:
            return json.loads(json.dumps(answer(row)))
        except ValueError as error:
            return str(error)

    return list(map(said, rows))


def test_an_answer_has_the_shape_of_the_contract() -> None:
    row = {"id": 7, "title": "Unrest in Almaty", "text": "…", "language": "en", "source": None, "url": None}
    (answer,) = answers({"q1": 'almaty OR "in almaty"', "q2": "football"}, row)
    assert answer == {
        "matches": [
            {
                "query": "q1",
                "spans": [
                    {"field": "title", "start": 7, "end": 16, "term": '"in almaty"', "how": "phrase"},
                    {"field": "title", "start": 10, "end": 16, "term": "almaty", "how": "folded"},
                ],
            }
        ],
    }


@pytest.mark.parametrize("key", ["a", 1, None, (1,), "\ud800", 2**200])
def test_a_querys_id_is_handed_back_as_it_came(key: object) -> None:
    answer = matching([(key, parse("a"))])({"title": "a", "text": ""})
    assert answer["matches"] == [{"query": key, "spans": ANY}]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([], "expected an object"),
        ("text", "expected an object"),
        ({"id": 1}, "title, found nothing"),
        ({"id": 1, "title": "a"}, "text, found nothing"),
        ({"id": 1, "title": 5, "text": "a"}, "title, found a number"),
        ({"id": 1, "title": "a", "text": ["a"]}, "text, found a list"),
        ({"id": 1, "title": "a", "text": "a", "language": True}, "language, found true or false"),
        ({"id": 1, "title": "a", "text": "a", "url": {}}, "url, found an object"),
    ],
)
def test_a_row_that_is_not_the_object_is_an_error_and_the_rest_runs(row: object, says: str) -> None:
    wrong, right = answers({"q": "a"}, row, {"id": 2, "title": "a", "text": ""})
    assert says in wrong
    assert len(right["matches"]) == 1


def test_the_language_is_detected_where_none_is_given() -> None:
    text = "Fuel prices rose and people took to the streets of several cities early on Wednesday."
    found, other = answers({"q": "lang:en"}, {"title": "", "text": text}, {"title": "", "text": text, "language": "ru"})
    assert found["matches"] == [{"query": "q", "spans": []}]
    assert other["matches"] == []


@pytest.mark.parametrize(
    ("source", "url", "holds"),
    [
        ("news.example.org", None, True),
        (None, "https://News.Example.org:8080/a", True),
        ("Example", "https://example.net/", False),
        (None, "http://[broken", False),
        (None, None, False),
        ("пример.example.org", None, True),
    ],
)
def test_a_source_is_a_host_by_name_or_address(source: str | None, url: str | None, holds: bool) -> None:  # noqa: FBT001 - a case's expectation
    (answer,) = answers({"q": "source:example.org"}, {"title": "a", "text": "", "source": source, "url": url})
    assert bool(answer["matches"]) == holds


def test_an_international_host_is_one_in_either_spelling() -> None:
    row = {"title": "a", "text": "", "url": "https://xn--e1afmkfd.example.org/"}
    (answer,) = answers({"q": "source:пример.example.org"}, row)
    assert answer["matches"]
