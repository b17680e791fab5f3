"""The built-in sets of countries."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.index import evaluate
from alerts.query import countries, country_table, parse, terms
from alerts.query.tree import Exact
from alerts.types import Document
from news.text import fold

CASES = Path(__file__).parent.parent / "cases" / "query" / "countries.toml"


def cases() -> Iterator[Any]:
    """Code, language and marked text."""
    for case in tomllib.loads(CASES.read_text("utf-8"))["case"]:
        for language, marked in case["texts"]:
            yield pytest.param(case["code"], language, marked, id=f"{case['code']} {marked}")


@pytest.mark.parametrize(("code", "language", "marked"), list(cases()))
def test_a_country_is_found_by_its_names_and_not_by_words_like_them(code: str, language: str, marked: str) -> None:
    text = marked.replace("**", "")
    spans = evaluate(parse(f"@country:{code}"), Document("", text, language, None, None, None)) or ()
    found = [text[span.start : span.end] for span in spans]
    # A short form of a name stands inside the long one in scripts without spaces.
    assert [one for one in found if not any(one != other and one in other for other in found)] == re.findall(
        r"\*\*(.*?)\*\*", marked
    )


def test_the_table_is_what_babel_and_the_projects_own_table_make() -> None:
    assert countries.TABLE.read_text(encoding="utf-8") == country_table.build(), "python -m alerts.query.country_table"


def test_every_country_of_cldr_has_a_set_and_its_names_are_terms() -> None:
    known = country_table.cldr_names()
    assert set(countries.codes()) == set(known)
    assert {"KZ", "US", "XK", "TW", "AQ"} <= set(known)
    assert not {"EU", "UN", "ZZ", "UK"} & set(known)
    for code in known:
        assert countries.members(code), code


def test_the_own_table_names_countries_that_exist_each_name_once() -> None:
    table = country_table.own()
    assert set(table.names) <= set(countries.codes())
    for code, by_language in table.names.items():
        for language, names in by_language.items():
            assert len(set(names)) == len(names), (code, language)
            for name in names:
                terms.entry(name)
    assert all(fold(name) == name for name in table.everyday)


def test_no_two_countries_share_a_name() -> None:
    holders: dict[str, set[str]] = {}
    for code in countries.codes():
        for member in countries.members(code) or ():
            key = member.text if isinstance(member, Exact) else fold(member.text)
            holders.setdefault(key, set()).add(code)
    assert {name: found for name, found in holders.items() if len(found) > 1} == {}


def test_the_table_is_not_read_before_a_query_names_a_country() -> None:
    countries._lines.cache_clear()
    countries.members.cache_clear()
    parse("almaty unrest OR kazakhstan~")
    assert countries._lines.cache_info().currsize == 0
    parse("@country:KZ")
    assert countries._lines.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("uk", "GB"),
        ("KAZ", "KZ"),
        ("kazakhstan", "KZ"),
        ("Қазақстан", "KZ"),
        ("saudi-arabia", None),
        ("saudi arabia", "SA"),
        ("saudi_arabia", "SA"),
        ("QQ", None),
        ("", None),
    ],
)
def test_what_is_meant_by_no_code(text: str, code: str | None) -> None:
    assert countries.meant(text) == code
