"""Parsing, formatting and combining: what no case file shows."""

import pytest

import alerts.query
from alerts.index import evaluate
from alerts.query import Query, combine, parse
from alerts.query.grammar import DEEPEST, LONGEST
from alerts.query.tree import And, Near, Not, Or, Phrase, Restrict, Scope, Word
from alerts.types import Document
from news.errors import QueryError


def document(title: str = "", text: str = "") -> Document:
    """A document of which only the words matter."""
    return Document(title, text, None, None, None, None)


def test_precedence_is_not_near_and_or() -> None:
    assert parse("a NEAR b -c OR d").tree == Or(
        (And((Near(Word("a"), Word("b"), 4), Not(Word("c")))), Word("d")),
    )


def test_a_restriction_binds_to_what_is_directly_behind_it() -> None:
    assert parse('title:"a b" c').tree == And((Restrict(Scope.TITLE, Phrase("a b")), Word("c")))


def test_how_a_term_was_written_is_kept_for_spans() -> None:
    text = "Protests: a state of emergency. Almaty."
    queries = ["protest*", "“state emergency”~1", "=Almaty", "title:x OR text:y"]
    found = [evaluate(parse(query), document(text=text)) for query in queries[:3]]
    assert [spans[0].term for spans in found if spans] == queries[:3]


def test_the_longest_query_parses_and_a_longer_one_is_refused() -> None:
    words = "a " * (LONGEST // 2)
    assert isinstance(parse(words).tree, And)
    with pytest.raises(QueryError, match=f"at most {LONGEST} characters") as caught:
        parse(words + "a")
    assert caught.value.column == LONGEST + 1


def test_the_deepest_query_parses_and_a_deeper_one_is_refused() -> None:
    nested = "a"
    for number in range(DEEPEST):
        nested = f"({nested} {'OR' if number % 2 else 'AND'} b)"
    assert evaluate(parse(nested), document(text="a b")) is not None
    with pytest.raises(QueryError, match=f"deeper than {DEEPEST}") as caught:
        parse(f"({nested})")
    assert caught.value.column == DEEPEST + 1


@pytest.mark.parametrize(
    "text", ["NOT " * 2000 + "a", "-" * 5000 + "a", "a NEAR " * 1400 + "a", "title:" * 1600, '"' * 9999]
)
def test_repeated_operators_are_refused_without_exhausting_anything(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_many_branches_parse_flat() -> None:
    tree = parse(" OR ".join(f"w{number}" for number in range(900))).tree
    assert isinstance(tree, Or)
    assert len(tree.nodes) == 900


def test_combine_holds_where_any_does_and_no_exclusion_does() -> None:
    both = combine([parse("almaty unrest"), parse("astana")], [parse("football"), parse("tennis -table")])
    assert evaluate(both, document("Unrest in Almaty")) is not None
    assert evaluate(both, document("Astana")) is not None
    assert evaluate(both, document("Almaty")) is None
    assert evaluate(both, document("Astana football")) is None
    assert evaluate(both, document("Astana tennis")) is None
    assert evaluate(both, document("Astana table tennis")) is not None


def test_combine_shows_the_words_of_every_query_that_holds() -> None:
    spans = evaluate(combine([parse("almaty"), parse("unrest"), parse("astana")]), document("Unrest in Almaty"))
    assert spans is not None
    assert [span.term for span in spans] == ["unrest", "almaty"]


def test_combine_of_one_is_the_query_itself() -> None:
    query = parse("almaty  unrest")
    assert combine([query]) == query


def test_combine_gathers_warnings_once() -> None:
    doubtful = parse("salt and pepper")
    assert combine([doubtful, doubtful], [doubtful]).warnings == doubtful.warnings


def test_combine_says_nothing_of_an_excluded_section() -> None:
    assert combine([parse("almaty")], [parse("url:sport")]).warnings == ()
    section = parse("url:sport")
    assert combine([section], [parse("football")]).warnings == section.warnings != ()


def test_combine_without_a_query_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one query"):
        combine([], [parse("football")])


def test_a_combined_query_can_be_read_back() -> None:
    both = combine([parse("a b OR c"), parse("d")], [parse("e")])
    assert isinstance(both, Query)
    assert parse(both.text).tree == both.tree
    assert alerts.query.format(both.tree) == both.text
