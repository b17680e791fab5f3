"""The queries one change away from a query, by the sentence that says what the change is."""

import pytest

from alerts.query import Aliases, format, parse  # noqa: A004 - the name of the thing
from alerts.relaxing import Kind, relaxed

ALIASES = Aliases.of([("capital", ("Astana", "Nur-Sultan", "NQZ"))])


def sentences(query: str) -> list[str]:
    return [one.reason.sentence for one in relaxed(parse(query, ALIASES).tree)]


def trees(query: str) -> dict[str, str]:
    """Return each change by its sentence, and the query that it makes."""
    return {one.reason.sentence: format(one.tree) for one in relaxed(parse(query, ALIASES).tree)}


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        pytest.param("kazakhstan", {"would match with kazakhstan~": "kazakhstan~"}, id="a word takes a slip"),
        pytest.param("oman", {}, id="a short word takes none"),
        pytest.param("Nur-Sultan", {}, id="several words take none"),
        pytest.param("哈萨克斯坦", {}, id="a script without spaces takes none"),
        pytest.param("protest*", {}, id="a prefix stays as it is"),
        pytest.param("=US", {"found, but not in the form that =US asks for": "US"}, id="an exact form becomes any"),
        pytest.param(
            '"mass protest"',
            {'found, but not in the form that `"mass protest"` asks for': "mass AND protest"},
            id="a phrase loses its quotes",
        ),
        pytest.param(
            "coup AND oman",
            {"only coup is missing": "oman", "only oman is missing": "coup"},
            id="each part of an AND is left out",
        ),
        pytest.param("coup OR oman", {}, id="no branch of an OR is left out"),
        pytest.param(
            "(coup OR riot*) AND oman",
            {"only `coup OR riot*` is missing": "oman", "only oman is missing": "coup OR riot*"},
            id="a group is left out whole",
        ),
        pytest.param(
            "oman OR (coup AND riot*)",
            {"only coup is missing": "riot*", "only riot* is missing": "coup"},
            id="each branch of an OR is changed by itself",
        ),
        pytest.param(
            "coup -football",
            {"excluded by -football": "coup"},
            id="an exclusion falls, and a slip in it is not looked for",
        ),
        pytest.param(
            "coup -(cup OR match)",
            {"excluded by `NOT (cup OR match)`": "coup"},
            id="a longer exclusion falls whole",
        ),
        pytest.param(
            "title:coup",
            {"found, but not in the title as title:coup asks": "coup"},
            id="the title is not kept to",
        ),
        pytest.param(
            "coup lang:id",
            {"only lang:id does not hold": "coup"},
            id="without its only word nothing would be asked for",
        ),
        pytest.param(
            "coup NEAR/4 oman",
            {
                "found, but too far apart for `coup NEAR/4 oman`": "coup NEAR/14 oman",
                "both sides found, but nowhere near each other as `coup NEAR/4 oman` asks": "coup AND oman",
                "only coup is missing": "oman",
                "only oman is missing": "coup",
            },
            id="a short NEAR reaches ten words further",
        ),
        pytest.param(
            "coup ONEAR/30 oman",
            {
                "found, but too far apart for `coup ONEAR/30 oman`": "coup ONEAR/60 oman",
                "found, but in the other order than `coup ONEAR/30 oman` asks for": "coup NEAR/30 oman",
                "both sides found, but nowhere near each other as `coup ONEAR/30 oman` asks": "coup AND oman",
                "only coup is missing": "oman",
                "only oman is missing": "coup",
            },
            id="a long NEAR reaches as far again, and ONEAR either way",
        ),
    ],
)
def test_every_change_makes_a_query(query: str, changes: dict[str, str]) -> None:
    assert trees(query) == changes


def test_a_slip_in_a_side_of_near_leaves_the_rest_as_it_is() -> None:
    found = trees("(almaty OR astana) NEAR/3 unrest title:coup")
    assert found["would match with almaty~"] == "(almaty~ NEAR/3 unrest) AND title:coup"
    assert found["would match with unrest~"] == "((almaty OR astana) NEAR/3 unrest~) AND title:coup"


def test_a_change_within_the_title_stays_there() -> None:
    assert trees("title:(coup AND almaty)")["would match with almaty~"] == "title:(almaty~ AND coup)"


def test_the_names_of_a_set_take_slips_together() -> None:
    (one,) = relaxed(parse("@capital", ALIASES).tree)
    assert one.reason.sentence == "would match with ~ behind a name of @capital"
    assert one.reason.part == "@capital"


def test_the_most_telling_change_comes_first() -> None:
    kinds = [one.reason.kind for one in relaxed(parse('kazakhstan NEAR/3 coup title:oman -"cup" lang:en').tree)]
    assert kinds == sorted(kinds, key=lambda kind: kind.rank)
    assert {Kind.SLIP, Kind.DISTANCE, Kind.TITLE, Kind.EXCLUDED, Kind.APART, Kind.MISSING, Kind.RESTRICTION} <= set(
        kinds
    )


def test_what_is_left_out_of_a_long_query_is_the_least_telling() -> None:
    found = relaxed(parse(" ".join(f"(coup OR w{number})" for number in range(300)) + " almaty~ kazakhstan").tree)
    assert found[0].reason.sentence == "would match with kazakhstan~"
    assert 1 < len(found) < 302
