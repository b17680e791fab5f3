"""Explanations agree with the evaluation, whatever the query and the document."""

from hypothesis import given
from querytrees import DOCUMENTS, TREES

from alerts.analysis import Analyser
from alerts.explain import blamed, explain, find
from alerts.query.evaluation import evaluate_reading
from alerts.query.formatting import format_tree
from alerts.query.tree import Node
from alerts.reading import Reading
from alerts.types import Document


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
