"""Sets of names: what their entries mean, which are refused, and which of them a query names."""

import pytest

from alerts.index import evaluate
from alerts.query import Aliases, Query, parse
from alerts.query.aliases import AliasProblem, read_aliases
from alerts.query.tree import Exact, Leaf, Phrase, Prefix, Slip, Word
from alerts.types import Document, How
from news.errors import QueryError


def members(*entries: str) -> tuple[Leaf, ...]:
    """What the entries of one set mean."""
    return Aliases.of([("x", entries)]).sets["x"]


def problems(*pairs: tuple[str, list[str]]) -> list[AliasProblem]:
    """What is wrong with sets."""
    return list(read_aliases(pairs)[1])


@pytest.mark.parametrize(
    ("entry", "leaf"),
    [
        ("Almaty", Word("Almaty")),
        ("  New   York ", Word("New York")),
        ("=US", Exact("US")),
        ("=El Salvador", Exact("El Salvador")),
        ("protest*", Prefix("protest")),
        ("New Yor*", Prefix("New Yor")),
        ("kazakhstan~", Slip("kazakhstan")),
        ('"state of emergency"', Phrase("state of emergency")),
        ("«чрезвычайное положение»~2", Phrase("чрезвычайное положение", 2)),
        ("Alma-Ata", Word("Alma-Ata")),
        ("哈萨克斯坦", Word("哈萨克斯坦")),
        ("12:30", Word("12:30")),
    ],
)
def test_an_entry_is_a_name_or_a_term(entry: str, leaf: Leaf) -> None:
    assert members(entry) == (leaf,)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("", "no letter or digit"),
        ("–", "no letter or digit"),
        ("*stan", "a leading * is refused"),
        ("kaz*stan", "only stand at the end"),
        ("pr*", "at least 3 letters"),
        ("kazak~", "at least 6 letters"),
        ("New York~", "is several (New, York)"),
        ("almaty OR astana", "OR stands in queries, not in names: each name is an entry of its own"),
        ("(almaty)", "parentheses and fields stand in queries"),
        ("title:almaty", "parentheses and fields stand in queries"),
        ("-almaty", "-@name in a query excludes a whole set"),
        ('the "white house"', "quotes stand around a whole name"),
        ('"white" "house"', "quotes stand around a whole name"),
        ('"white house', "quotes stand around a whole name"),
        ("@nowhere", "no set @nowhere in [aliases]: the nearest is @x"),
        ("@country:UK", "@country:GB is meant?"),
        ("=@x", "expected one of the two"),
        ("@x", "leads back to @x itself"),
    ],
)
def test_a_wrong_entry_is_told_of_at_its_place(entry: str, says: str) -> None:
    ((name, position, text),) = problems(("x", ["almaty", entry]))
    assert (name, position) == ("x", 1)
    assert says in text
    assert "; accepted: " in text


@pytest.mark.parametrize("name", ["a b", "a:b", "country:KZ", "a*", "-a", "a.", "", "a(b", 'a"b', "@a", "a" * 101])
def test_a_name_that_no_query_can_say_is_a_problem(name: str) -> None:
    ((found, position, text),) = problems((name, ["almaty"]))
    assert (found, position) == (name, None)
    assert "no query can say" in text


@pytest.mark.parametrize("name", ["almaty", "Алматы", "central-asia", "g.7", "_x"[1:], "2022", "国", "a_b"])
def test_a_name_that_can_be_configured_can_be_said(name: str) -> None:
    aliases = Aliases.of([(name, ["almaty"])])
    for said in (name, name.upper(), name.lower()):
        assert evaluate(parse(f"@{said} -x", aliases), document("Almaty")) is not None


def test_names_that_differ_in_letter_case_alone_are_one() -> None:
    ((name, position, text),) = problems(("Almaty", ["a"]), ("ALMATY", ["b"]))
    assert (name, position) == ("ALMATY", None)
    assert "differs from Almaty in letter case only" in text


def test_a_set_without_entries_is_a_problem() -> None:
    ((name, position, text),) = problems(("almaty", []))
    assert (name, position, text) == ("almaty", None, "is empty; accepted: a list of names")


def test_a_set_with_a_problem_is_still_known_to_queries() -> None:
    aliases, found = read_aliases([("almaty", ["*stan"])])
    assert found
    assert parse("unrest @almaty", aliases).tree


def document(title: str, text: str = "") -> Document:
    """A document of which only the words matter."""
    return Document(title, text, None, None, None, None)


def test_a_set_holds_what_the_sets_that_it_names_hold_each_once() -> None:
    aliases = Aliases.of(
        [
            ("asia", ["@central", "Asia", "@south"]),
            ("central", ["Almaty", "@country:KG"]),
            ("south", ["Delhi", "@Central"]),
        ]
    )
    found = aliases.sets["asia"]
    assert {Word("Asia"), Word("Almaty"), Word("Delhi"), Word("Кыргызстан")} <= set(found)
    assert len(found) == len(set(found))


def test_sets_that_lead_back_to_each_other_are_told_of_at_the_entries_that_do() -> None:
    found = problems(("a", ["x", "@b"]), ("b", ["y", "@c"]), ("c", ["@a"]), ("d", ["@a"]))
    assert [(one.name, one.position) for one in found] == [("a", 1), ("b", 1), ("c", 0)]


def test_of_raises_for_a_wrong_set() -> None:
    with pytest.raises(ValueError, match=r"almaty\[1\]: a leading \*"):
        Aliases.of([("almaty", ["Almaty", "*x"])])


def test_only_the_sets_that_queries_name_are_used() -> None:
    aliases = Aliases.of([("Asia", ["@central", "@country:IN"]), ("central", ["Almaty"]), ("other", ["x"])])
    trees = [parse(text, aliases).tree for text in ("-title:@ASIA unrest", "@country:KZ NEAR almaty", "a OR b")]
    assert aliases.used_in(trees) == (("asia", ("@central", "@country:IN")), ("central", ("Almaty",)))
    assert aliases.used_in(trees[1:]) == ()
    # What is used is enough to read the queries again.
    assert parse("-title:@asia unrest", Aliases.of(aliases.used_in(trees))).tree == trees[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Snow in New York today", ["New York"]),
        ("New\nYork’s mayor", ["New\nYork’s"]),
        ("York New", []),
        ("US troops tell us", ["US"]),
        ("The White House and white houses", ["White House"]),
        ("Washingtons", ["Washingtons"]),
        ("Kazakshtan", ["Kazakshtan"]),
    ],
)
def test_every_term_of_a_set_is_found_as_an_alias(text: str, words: list[str]) -> None:
    aliases = Aliases.of([("Us", ["New York", "=US", '"white house"', "washington*", "kazakhstan~"])])
    spans = evaluate(parse("@us", aliases), document("", text)) or ()
    assert [text[span.start : span.end] for span in spans] == words
    assert all((span.term, span.how) == ("@us", How.ALIAS) for span in spans)


def test_the_set_that_is_meant_is_named_for_a_slip_in_its_name() -> None:
    aliases = Aliases.of([("almaty", ["a"]), ("astana", ["b"])])
    with pytest.raises(QueryError, match="the nearest is @almaty") as caught:
        parse("unrest -@almayt", aliases)
    assert caught.value.column == 9


def test_a_tree_with_sets_keeps_how_they_were_written() -> None:
    query: Query = parse("@country:kz", Aliases.of([]))
    spans = evaluate(query, document("Қазақстан және Kazakhstan"))
    assert [span.term for span in spans or ()] == ["@country:kz", "@country:kz"]
