"""Explanations agree with the evaluation, whatever the query and the document."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from querytrees import DOCUMENTS, TREES

from alerts.analysis import Analyser
from alerts.explain import Explained, Miss, blamed, explain, find
from alerts.query import parse
from alerts.query.evaluation import evaluate_reading
from alerts.query.formatting import format_tree
from alerts.query.tree import Near, Node, Restrict
from alerts.reading import Reading
from alerts.types import Document, Field

_APART = re.compile(r"nearest (\d+) words? apart")


@given(TREES, DOCUMENTS)
def test_an_explanation_says_that_a_query_holds_iff_it_is_found(tree: Node, document: Document) -> None:
    reading = Reading(document, Analyser())
    explained = explain(tree, reading)
    assert explained.holds == (evaluate_reading(tree, reading) is not None)
    assert (explained.missing == 0) == explained.holds
    assert explained.missing <= 1


@given(TREES, DOCUMENTS)
def test_what_is_blamed_is_a_part_of_the_query_and_fails_by_itself(tree: Node, document: Document) -> None:
    reading = Reading(document, Analyser())
    explained = explain(tree, reading)
    parts = blamed(explained)
    assert bool(parts) != explained.holds
    for part in parts:
        assert part.written in format_tree(tree)
        assert find(part.part, reading, part.fields) is None
        assert part.sentence


def every(explained: Explained) -> Iterator[Explained]:
    yield explained
    for one in explained.below:
        yield from every(one)


@given(TREES, DOCUMENTS)
def test_what_is_said_to_find_something_finds_it(tree: Node, document: Document) -> None:
    reading = Reading(document, Analyser())
    for part in every(explain(tree, reading)):
        query, found, _ = part.nearest.partition(" would find ")
        if found:
            # A branch within it may be what was looked for in other fields.
            assert any(find(parse(query).tree, reading, one.fields) is not None for one in every(part))


@given(TREES, DOCUMENTS)
def test_the_words_between_two_sides_are_the_least_distance_that_would_do(tree: Node, document: Document) -> None:
    reading = Reading(document, Analyser())
    for part in blamed(explain(tree, reading)):
        if part.miss is Miss.APART and (told := _APART.search(part.sentence)):
            near, fields, words = part.part, part.fields, int(told[1])
            if isinstance(near, Restrict):
                near, fields = near.node, (Field.TITLE,)
            assert isinstance(near, Near)
            assert words > near.distance
            assert find(replace(near, distance=words), reading, fields) is not None
            assert find(replace(near, distance=words - 1), reading, fields) is None
