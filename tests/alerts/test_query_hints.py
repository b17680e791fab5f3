"""What check has to say of queries that are good: hints, and what is evaluated for every text."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from querytrees import ALIASES, TREES

from alerts.query import parse
from alerts.query.hints import always_evaluated, hints
from alerts.query.tree import Node
from alerts.required import required

CASES = Path(__file__).parent.parent / "cases" / "query" / "hints.toml"


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=one["name"]) for one in tomllib.loads(CASES.read_text("utf-8"))["case"]]
)
def test_queries_are_hinted_at_so_and_no_more(case: Mapping[str, Any]) -> None:
    found = hints([parse(text).tree for text in case["queries"]])
    assert len(found) == len(case["hints"]), found
    for hint, words in zip(found, case["hints"], strict=True):
        assert words in hint


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("almaty", []),
        ("almaty lang:kk", []),
        ("almaty -football", []),
        ("title:(almaty OR astana) source:example.org", []),
        ("lang:kk", ["lang:kk"]),
        ("lang:kk -football", ["lang:kk AND NOT football"]),
        ("almaty OR lang:kk", ["lang:kk"]),
        ("unrest (almaty OR lang:kk)", []),
        (
            "(almaty OR lang:kk) OR (source:example.org url:politics)",
            ["lang:kk", "source:example.org AND url:politics"],
        ),
        ("@country:KZ OR url:kazakhstan", ["url:kazakhstan"]),
    ],
)
def test_what_asks_for_no_word_is_named(text: str, parts: list[str]) -> None:
    assert list(always_evaluated(parse(text).tree)) == parts


@given(TREES)
def test_a_query_is_always_evaluated_if_and_only_if_it_requires_no_word(tree: Node) -> None:
    parts = always_evaluated(tree)
    assert bool(parts) == (not required(tree, len))
    for part in parts:
        assert always_evaluated(parse(part, ALIASES).tree) == (part,)


@given(st.lists(TREES, max_size=5))
def test_hints_are_few_whatever_the_queries(trees: list[Node]) -> None:
    found = hints(trees)
    assert len(found) <= 4
    assert all(0 < len(hint) < 400 and "\n" not in hint for hint in found)
