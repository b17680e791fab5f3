"""What holds of every query."""

from hypothesis import example, given
from hypothesis import strategies as st
from querytrees import ALIASES, DOCUMENTS, LEAVES, TREES

import alerts.query
from alerts.breaks import breaks
from alerts.index import evaluate
from alerts.query import Query, combine, parse
from alerts.query.tree import Leaf, Near, Node, Not, Or
from alerts.types import Document, Field, How
from news.errors import QueryError
from news.text import is_unspaced, words

_PIECES = st.sampled_from([
    "a", "word", "AND", "OR", "NOT", "NEAR/3", "ONEAR", "(", ")", '"', "“", "”", "«", "»", "-", "–", "=", "*",
    "~", "~2", "title:", "lang:", "source:", "url:", "foo:", "id", "@x", " ", "\n", ".", "/", "疫", "|", "!",
    "\u0301", "\ud800", "@mixed", "@country:KZ", "kazakhstan~",
])  # fmt: skip
QUERIES = st.text() | st.lists(_PIECES, max_size=20).map("".join) | st.lists(_PIECES, max_size=20).map(" ".join)


@given(QUERIES)
@example('"' * 50 + "(" * 200)
def test_parsing_gives_a_query_or_a_query_error(text: str) -> None:
    refused: QueryError | None = None
    try:
        query = parse(text, ALIASES)
    except QueryError as error:
        refused = error
    if refused is None:
        assert parse(alerts.query.format(query.tree), ALIASES).tree == query.tree
        return
    assert 1 <= refused.column <= len(text) + 1
    message, line, caret = str(refused).split("\n")[-3:]
    assert message
    assert len(line) == len(text)
    assert len(caret) == refused.column


@given(TREES)
def test_a_tree_is_read_back_from_its_text(tree: Node) -> None:
    assert parse(alerts.query.format(tree), ALIASES).tree == tree


@given(TREES, DOCUMENTS)
def test_spans_lie_on_whole_words_in_order_and_once(tree: Node, document: Document) -> None:
    spans = evaluate(parse(alerts.query.format(tree), ALIASES), document)
    if spans is None:
        return
    texts = {Field.TITLE: document.title, Field.TEXT: document.text}
    for span in spans:
        found = texts[span.field][span.start : span.end]
        assert found == found.strip()
        assert found
        if span.how is How.EXACT:
            assert found.casefold() == span.term.removeprefix("=").casefold()
    assert len(set(spans)) == len(spans)
    assert list(spans) == sorted(spans, key=lambda span: (span.field is Field.TEXT, span.start, span.end, span.term))


@given(TREES, TREES, DOCUMENTS)
def test_operators_mean_what_they_say(one: Node, other: Node, document: Document) -> None:
    first, second = Query("", one), Query("", other)
    a, b = evaluate(first, document) is not None, evaluate(second, document) is not None
    assert (evaluate(combine([first, second]), document) is not None) == (a or b)
    assert (evaluate(combine([first], [second]), document) is not None) == (a and not b)
    assert (evaluate(Query("", Not(one)), document) is not None) == (not a)


def _words_between(text: str, end: int, start: int) -> int:
    """Count the words that begin and end between two places; without spaces, a dictionary says what one is."""
    ends = breaks(text)
    begun = [
        word.start
        for word in words(text)
        if not is_unspaced(word.surface) or word.start in ends or not is_unspaced(text[word.start - 1])
    ]
    return max(0, sum(end <= one <= start for one in begun) - 1)


@given(LEAVES, LEAVES, st.integers(0, 6), DOCUMENTS)
def test_near_finds_what_looking_at_every_pair_finds(one: Leaf, other: Leaf, distance: int, document: Document) -> None:
    left = evaluate(Query("", one), document) or ()
    right = evaluate(Query("", other), document) or ()
    texts = {Field.TITLE: document.title, Field.TEXT: document.text}
    expected = set()
    for a in left:
        for b in right:
            if a.field is b.field and (a.end <= b.start or b.end <= a.start):
                first, second = sorted((a, b), key=lambda span: span.start)
                if _words_between(texts[a.field], first.end, second.start) <= distance:
                    expected |= {a, b}
    found = evaluate(Query("", Near(one, other, distance)), document)
    assert set(found or ()) == expected


@given(LEAVES, LEAVES, LEAVES, DOCUMENTS)
def test_near_of_a_group_is_any_of_its_nears(one: Leaf, other: Leaf, third: Leaf, document: Document) -> None:
    grouped = evaluate(Query("", Near(Or((one, other)), third, 3)), document)
    apart = evaluate(Query("", Or((Near(one, third, 3), Near(other, third, 3)))), document)
    assert grouped == apart
