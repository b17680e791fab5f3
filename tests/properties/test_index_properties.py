"""The index finds exactly what evaluating every query finds."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from querytrees import DOCUMENTS, TREES

from alerts.index import QueryIndex, evaluate
from alerts.query import Query
from alerts.query.tree import Node
from alerts.types import Document


@given(st.lists(TREES, max_size=12), st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_the_index_finds_what_evaluating_every_query_finds(trees: list[Node], documents: list[Document]) -> None:
    queries = {str(number): Query("", tree) for number, tree in enumerate(trees)}
    index = QueryIndex()
    for key, query in queries.items():
        index.add(key, query)
    for document in documents:
        spans = {key: evaluate(query, document) for key, query in queries.items()}
        assert index.match(document) == {key: found for key, found in spans.items() if found is not None}


class ChangingIndex(RuleBasedStateMachine):
    """Queries come and go between documents, and anchors are moved at odd times."""

    def __init__(self) -> None:
        super().__init__()
        self.index = QueryIndex()
        self.queries: dict[str, Query] = {}

    @rule(key=st.sampled_from("abcdef"), tree=TREES)
    def add(self, key: str, tree: Node) -> None:
        """Add or replace a query."""
        self.queries.pop(key, None)
        self.queries[key] = Query("", tree)
        self.index.add(key, self.queries[key])

    @rule(key=st.sampled_from("abcdef"))
    def remove(self, key: str) -> None:
        """Remove a query if it is there."""
        if self.queries.pop(key, None) is not None:
            self.index.remove(key)

    @rule(document=DOCUMENTS)
    def match(self, document: Document) -> None:
        """Compare with evaluating every query."""
        spans = {key: evaluate(query, document) for key, query in self.queries.items()}
        assert self.index.match(document) == {key: found for key, found in spans.items() if found is not None}

    @rule(times=st.integers(41, 60), document=DOCUMENTS)
    def make_common(self, times: int, document: Document) -> None:
        """Let a document's words look common, and settle."""
        for _ in range(times):
            self.index.match(document)
        self.index._settle()

    @invariant()
    def counts_agree(self) -> None:
        """The index knows as many queries as there are."""
        assert len(self.index) == len(self.queries)


ChangingIndex.TestCase.settings = settings(max_examples=30, stateful_step_count=20)
TestChangingIndex = ChangingIndex.TestCase
