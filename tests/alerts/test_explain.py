"""Why a query does not hold: the part that failed, the reason, and what stood nearest, by named situations."""

import pytest

from alerts.analysis import Analyser
from alerts.explain import Explained, Miss, blamed, explain
from alerts.query import parse
from alerts.reading import Reading
from alerts.types import Document

TITLE = "Kazakshtan: unrest in the city"
TEXT = (
    "Protesters gathered in Almaty on Monday. A football match was called off. The president of the country spoke "
    "to the people of the US for a long while that evening, and nobody had thought of any protest."
)
STORY = Document(
    TITLE, TEXT, "en", "Herald", "www.herald.example", "https://www.herald.example/world/city?id=7", ("Herald", "Wire")
)


def parts(query: str, document: Document = STORY) -> list[Explained]:
    return list(blamed(explain(parse(query).tree, Reading(document, Analyser()))))


def only(query: str, document: Document = STORY) -> tuple[str, Miss | None, str]:
    """Return the one part that is blamed, its miss and its sentence."""
    (one,) = parts(query, document)
    return one.written, one.miss, one.sentence


ABSENT = "nothing of it stands in title or text"

SITUATIONS = {
    "a word that is not there": ("strike", ("strike", Miss.ABSENT, ABSENT)),
    "one of two words is not there": ("unrest AND strike", ("strike", Miss.ABSENT, ABSENT)),
    "no word of a group is there": ("unrest AND (strike OR walkout*)", ("strike OR walkout*", Miss.ABSENT, ABSENT)),
    "a side of NEAR is not there": ("almaty NEAR/9 (strike OR walkout)", ("strike OR walkout", Miss.ABSENT, ABSENT)),
    "a word stands in the text alone": (
        "title:almaty",
        ("title:almaty", Miss.OUTSIDE_TITLE, "it stands in the text only"),
    ),
    "a word of a title's group stands in the text alone": (
        "title:(unrest AND almaty)",
        ("almaty", Miss.OUTSIDE_TITLE, "it stands in the text only"),
    ),
    "a word of a title's group is nowhere": (
        "title:(unrest AND strike)",
        ("strike", Miss.ABSENT, "nothing of it stands in the title"),
    ),
    "what is negated is there": (
        "unrest -football",
        ("NOT football", Miss.EXCLUDED, "excludes it, found in the text: “A football match was called off.”"),
    ),
    "what is negated holds without words of its own": (
        "unrest -lang:en",
        ("NOT lang:en", Miss.EXCLUDED, "excludes it"),
    ),
    "another language": ("unrest lang:id", ("lang:id", Miss.RESTRICTED, "its language is en")),
    "another host": (
        "unrest source:detik.com",
        ("source:detik.com", Miss.RESTRICTED, "it comes from www.herald.example, “Herald”, “Wire”"),
    ),
    "another feed": (
        'unrest source:"Gazette"',
        ('source:"Gazette"', Miss.RESTRICTED, "it comes from www.herald.example, “Herald”, “Wire”"),
    ),
    "another address": (
        "unrest url:sport",
        ("url:sport", Miss.RESTRICTED, "its address is https://www.herald.example/world/city?id=7"),
    ),
    "the sides of NEAR are too far apart": (
        "almaty NEAR/8 president",
        (
            "almaty NEAR/8 president",
            Miss.APART,
            "both stand there, nearest 9 words apart, where NEAR/8 allows 8",
        ),
    ),
    "the sides of NEAR are next to each other but for one": (
        "gathered NEAR/0 almaty",
        ("gathered NEAR/0 almaty", Miss.APART, "both stand there, nearest 1 word apart, where NEAR/0 allows 0"),
    ),
    "the sides of ONEAR are near, the other way round": (
        "almaty ONEAR/3 gathered",
        ("almaty ONEAR/3 gathered", Miss.ORDER, "both stand there, the other way round than ONEAR/3 asks"),
    ),
    "the sides of ONEAR are far apart, the other way round": (
        "president ONEAR/2 almaty",
        ("president ONEAR/2 almaty", Miss.ORDER, "both stand there, only the other way round"),
    ),
    "one word is both sides of NEAR": (
        "football NEAR/3 footbal*",
        ("football NEAR/3 footbal*", Miss.APART, "the same words are both of its sides"),
    ),
    "the sides of NEAR stand in title and text": (
        "unrest NEAR/99 almaty",
        (
            "unrest NEAR/99 almaty",
            Miss.FIELDS,
            "one side stands in the title and the other in the text, not both in one",
        ),
    ),
    "the words of a phrase stand apart": (
        '"president country"',
        ('"president country"', Miss.SPREAD, "its words stand there, but not side by side in this order"),
    ),
    "a word of a phrase is nowhere": (
        '"football cup"',
        ('"football cup"', Miss.ABSENT, "“cup” stands nowhere in title or text"),
    ),
    "no word of a phrase is anywhere": ('"sunken cup"', ('"sunken cup"', Miss.ABSENT, ABSENT)),
    "another case than the one that is asked for": (
        "=Football",
        ("=Football", Miss.FORM, "another form stands in the text, “football”"),
    ),
}


@pytest.mark.parametrize("situation", list(SITUATIONS))
def test_the_part_that_failed_is_named_with_its_reason(situation: str) -> None:
    query, expected = SITUATIONS[situation]
    assert only(query) == expected


@pytest.mark.parametrize("query", ["unrest", "=us", "strike OR unrest", "NOT strike unrest", "lang:en"])
def test_of_a_query_that_holds_nothing_is_blamed(query: str) -> None:
    assert parts(query) == []
    assert explain(parse(query).tree, Reading(STORY, Analyser())).holds


def test_every_part_that_failed_is_named() -> None:
    assert [one.written for one in parts("strike AND unrest AND lang:id AND (walkout OR riot)")] == [
        "strike",
        "lang:id",
        "walkout OR riot",
    ]


def test_of_several_ways_the_one_that_came_nearest_is_named() -> None:
    assert only("(riot AND walkout) OR (unrest AND almaty AND strike) OR sport") == ("strike", Miss.ABSENT, ABSENT)


def test_where_no_way_came_near_the_whole_is_named() -> None:
    written, miss, sentence = only("(riot AND walkout) OR strike")
    assert (written, miss) == ("(riot AND walkout) OR strike", Miss.PARTS)
    assert sentence == "none of its 2 branches holds, and nothing of them stands in title or text"


def test_a_slip_brings_a_way_near_and_a_longer_word_does_not() -> None:
    assert [one.written for one in parts("(harbour AND presid) OR (riot AND kazakhstan)")] == ["riot", "kazakhstan"]
    assert [one.written for one in parts("(harbour AND presid) OR riot")] == ["(harbour AND presid) OR riot"]


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("kazakhstan", "kazakhstan~ would find “Kazakshtan”"),
        ("strike OR kazakhstan", "kazakhstan~ would find “Kazakshtan”"),
        ("presid", "presid* would find “president”"),
        ('"protester gathered"', "protester ONEAR/0 gathered would find “Protesters gathered”"),
        ('"president country"', '"president country"~2 would find “president of the country”'),
        ("almaty NEAR/1 football", "“Protesters gathered in Almaty on Monday. A football match was called off.”"),
        ("strike", ""),
    ],
)
def test_what_stood_nearest_is_shown(query: str, nearest: str) -> None:
    (one,) = parts(query)
    assert one.nearest == nearest


def test_an_unknown_language_and_an_unknown_address_are_called_so() -> None:
    bare = Document(TITLE, TEXT, None, None, None, None)
    assert only("unrest lang:id", bare)[2] == "its language is not known"
    assert only("unrest url:city", bare)[2] == "it has no address"
    assert only("unrest source:detik.com", bare)[2] == "it comes from nowhere known"
