"""The stage ``try match``: rows in, matches out."""

import json
from typing import Any

import pytest

from alerts.query import parse
from alerts.try_match import match_lines


def answers(queries: dict[object, str], *rows: object) -> list[Any]:
    """The answers as JSON has them."""
    parsed = [(key, parse(text)) for key, text in queries.items()]
    return [json.loads(json.dumps(answer)) for answer in match_lines(parsed, rows)]


def test_an_answer_has_the_shape_of_the_contract() -> None:
    row = {"id": 7, "title": "Unrest in Almaty", "text": "…", "language": "en", "source": None, "url": None}
    (answer,) = answers({"q1": 'almaty OR "in almaty"', "q2": "football"}, row)
    assert answer == {
        "id": 7,
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


def test_ids_are_handed_back_as_they_came() -> None:
    ids: list[Any] = ["a", 1, None, [1], {"x": 2}]
    assert [answer["id"] for answer in answers({1: "a"}, *({"id": one, "title": "", "text": ""} for one in ids))] == ids
    (answer,) = answers({1: "a"}, {"title": "a", "text": ""})
    assert answer["id"] is None
    assert [match["query"] for match in answer["matches"]] == [1]


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
    assert wrong["id"] == (1 if isinstance(row, dict) else None)
    assert says in wrong["error"]
    assert "matches" not in wrong
    assert right["id"] == 2
    assert len(right["matches"]) == 1


def test_answers_come_as_soon_as_their_row_is_there() -> None:
    taken = []

    def rows() -> Any:
        for number in range(3):
            taken.append(number)
            yield {"id": number, "title": "", "text": ""}

    answering = match_lines([("q", parse("a"))], rows())
    next(answering)
    assert taken == [0]


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
