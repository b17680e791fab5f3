"""Whose text an article is; the cases are sentences of our own in ``cases/agencies``."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.agencies import Credit, CreditField, CreditKind, credited
from news.agencyrules import agency_rules
from news.rules import load

FILES = sorted((Path(__file__).parents[1] / "cases" / "agencies").glob("*.toml"))


def _cases() -> list[dict[str, Any]]:
    found = []
    for file in FILES:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [{"language": table["language"], **case} for case in table["cases"]]
    return found


CASES = _cases()


def _read(case: dict[str, Any]) -> Credit | None:
    return credited(case.get("title", ""), case["text"], case.get("authors", ()), case["language"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['language']}:{case['text'][:60]}")
def test_credit(case: dict[str, Any]) -> None:
    found = _read(case)
    expected = case.get("agency")
    assert (found and found.agency.id) == expected
    assert (found and found.kind.value) == case.get("kind")


def test_the_cases_are_many_in_many_languages_and_often_credit_nobody() -> None:
    assert len(CASES) >= 150
    assert len({case["language"] for case in CASES}) >= 12
    assert sum("agency" not in case for case in CASES) >= 0.4 * len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if "agency" in case], ids=lambda case: case["text"][:60])
def test_what_is_pointed_at_is_a_name_of_the_agency(case: dict[str, Any]) -> None:
    found = _read(case)
    assert found is not None
    fields = {
        CreditField.TITLE: [case.get("title", "")],
        CreditField.TEXT: [case["text"]],
        CreditField.AUTHORS: case.get("authors", []),
    }
    pointed = [field[found.start : found.end] for field in fields[found.field]]
    mentioned = [one.agency.id for text in pointed for one in agency_rules().mentions(text)]
    assert found.agency.id in mentioned


def test_offsets_at_the_end_of_a_long_text_are_of_the_whole_text() -> None:
    text = "The dam held through the night. " * 200 + "Nobody was hurt.\nSource: AFP"
    found = credited("", text)
    assert found is not None
    assert (found.kind, text[found.start : found.end]) == (CreditKind.CREDIT, "AFP")


def test_of_a_long_text_the_last_words_attribute_and_not_those_before() -> None:
    told = "The dam held through the night. " * 30
    at_the_end = credited("", told + "The bridge held as well, according to AFP.")
    assert at_the_end is not None
    assert (at_the_end.agency.id, at_the_end.kind) == ("afp", CreditKind.ATTRIBUTION)
    assert credited("", told + "The bridge, according to AFP, held as well.") is None


def test_initials_are_of_nobody_where_the_language_is_unknown() -> None:
    text = "Pelabuhan ditutup. (dpa/idh)"
    assert credited("", text, (), None) is None
    assert credited("", text, (), "id") is None
    assert credited("", "Der Hafen ist zu. (dpa/lno)", (), "de-AT") is not None


def test_the_stronger_place_counts() -> None:
    text = "LONDON, Jan 5 (Reuters) - The dam held, AFP reported.\n\nSource: AP"
    found = credited("", text, ["dpa"])
    assert found is not None
    assert (found.agency.id, found.kind) == ("reuters", CreditKind.DATELINE)


def test_every_name_alone_in_a_last_bracket_is_read() -> None:
    for row in load("agencies")["agencies"]:
        for name in row.get("names", ()):
            found = credited("", f"The dam held through the night. ({name})", (), "en")
            assert found is not None, name
            assert found.agency.id == row["id"]


def test_no_name_is_of_two_agencies_and_every_agency_has_one() -> None:
    rules = agency_rules()
    assert len({agency.id for agency in rules.agencies}) == len(rules.agencies)
    assert len({agency.name for agency in rules.agencies}) == len(rules.agencies)
    assert {agency.id for agency, _ in rules.patterns} == {agency.id for agency in rules.agencies}


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.sampled_from([None, "id", "de", "x"]))
def test_any_words_are_read(title: str, text: str, authors: list[str], language: str | None) -> None:
    found = credited(title, text, authors, language)
    if found is not None:
        fields = {"title": [title], "text": [text], "authors": authors}[found.field.value]
        assert any(0 <= found.start < found.end <= len(one) for one in fields)


_PIECES = st.sampled_from(
    [
        *"()/[【:'İß电",
        " - ",
        "—",
        ", ",
        ". ",
        "\n",
        "’s",
        "\u00a0",
        "2026",
        "LONDON",
        "Reuters",
        "AFP",
        "dpa",
        "新华社",
        "Source: ",
        "5 января",
        "© ",
        "according to ",
        " reported",
        "with inputs from ",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join), st.lists(_PIECES, max_size=10).map("".join))
def test_offsets_are_of_a_name(text: str, author: str) -> None:
    found = credited(author, text, [author])
    if found is not None:
        field = text if found.field is CreditField.TEXT else author
        assert found.agency.id in {one.agency.id for one in agency_rules().mentions(field[found.start : found.end])}


@given(st.text(max_size=300), st.text(min_size=600, max_size=900))
def test_the_middle_of_a_text_is_not_read(ends: str, middle: str) -> None:
    """So the cost of a text does not grow with it, whatever it holds."""
    around = (ends + " " * 600)[:600]
    last = "\nSource: AFP"
    with_names = "according to Reuters. (dpa) " * 100
    assert credited("", around + middle + last.rjust(600)) == credited(
        "", around + with_names[: len(middle)] + last.rjust(600)
    )
