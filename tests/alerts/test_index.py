"""The index: adding, removing, and what it answers."""

import pytest

from alerts.analysis import Analyser, prefix_atom, word_atom
from alerts.index import QueryIndex
from alerts.query import parse
from alerts.reading import Reading
from alerts.required import Group, atoms_of, required
from alerts.types import Document, Field


def document(title: str = "", text: str = "", language: str | None = None) -> Document:
    """A document of which only words and language matter."""
    return Document(title, text, language, None, None, None)


def test_queries_are_answered_in_the_order_they_were_added() -> None:
    index = QueryIndex()
    for key in ("c", "a", "b"):
        index.add(key, parse("almaty"))
    assert list(index.match(document("Almaty"))) == ["c", "a", "b"]


def test_restrictions_alone_hold_with_no_span() -> None:
    index = QueryIndex()
    index.add("id", parse("lang:id"))
    assert index.match(document("x", language="ms")) == {"id": ()}
    assert index.match(document("x", language="en")) == {}


def test_a_query_with_a_branch_that_needs_no_word_is_always_looked_at() -> None:
    index = QueryIndex()
    index.add("either", parse("almaty OR lang:id"))
    assert list(index.match(document("nothing", language="id"))) == ["either"]


def test_a_removed_query_is_not_found_and_can_come_back() -> None:
    index = QueryIndex()
    index.add("one", parse("almaty* unrest"))
    index.add("two", parse("almaty*"))
    text = document("Almaty unrest")
    assert list(index.match(text)) == ["one", "two"]
    index.remove("one")
    assert list(index.match(text)) == ["two"]
    index.remove("two")
    assert index.match(text) == {}
    assert len(index) == 0
    index.add("one", parse("almaty* unrest"))
    assert list(index.match(text)) == ["one"]


def test_removing_what_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        QueryIndex().remove("one")


def test_adding_a_key_again_puts_the_new_query_in_its_place() -> None:
    index = QueryIndex()
    index.add("one", parse("almaty"))
    index.add("one", parse("astana"))
    assert len(index) == 1
    assert index.match(document("Almaty")) == {}
    assert list(index.match(document("Astana"))) == ["one"]


def test_an_index_that_is_emptied_keeps_nothing_of_its_queries() -> None:
    index = QueryIndex()
    for number in range(50):
        index.add(str(number), parse(f"w{number} (almaty OR pre{number}*) -x{number}"))
    for number in range(50):
        index.remove(str(number))
    assert not index._postings
    assert not index._anchored
    assert not index._unanchored


def test_a_query_moves_away_from_a_word_that_turns_out_common() -> None:
    index = QueryIndex()
    index.add("one", parse("thelongbutcommonword rare"))
    common, rare = (index._postings[word_atom(word)] for word in ("thelongbutcommonword", "rare"))
    assert list(index._anchored) == [common]
    for _ in range(2048):
        assert index.match(document("thelongbutcommonword")) == {}
    assert list(index._anchored) == [rare]
    assert list(index.match(document("rare thelongbutcommonword"))) == ["one"]


def test_what_a_query_requires() -> None:
    def cost(group: Group) -> float:
        return float(len(group))

    def groups(text: str) -> list[set[str]]:
        return [set(map(str, group)) for group in required(parse(text).tree, cost)]

    assert groups("a b") == [{"wa"}, {"wb"}]
    assert groups("a OR b") == [{"wa", "wb"}]
    assert groups("(a OR b) NEAR c") == [{"wa", "wb"}, {"wc"}]
    assert groups('"a b" -c') == [{"pa"}, {"pb"}]
    assert groups("title:abc* lang:id") == [{"*abc"}]
    assert groups("a OR lang:id") == []
    assert groups("(a b) OR (c d)") == [{"wa", "wc"}]


def test_atoms_are_those_of_words_not_of_restrictions() -> None:
    assert atoms_of(parse("=Aa -b source:c url:d title:e").tree) == ("^Aa", "wb", "we")


def test_a_prefix_that_thousands_of_word_types_answer_takes_time_linear_in_the_text() -> None:
    def looked_through(count: int) -> int:
        looked = 0

        class Words(list[str]):
            """Counts how many words are looked through."""

            def count(self, value: str, /) -> int:
                nonlocal looked
                looked += len(self)
                return super().count(value)

        reading = Reading(document(text=" ".join(f"abc{number}" for number in range(count))), Analyser())
        reading._surfaces[Field.TEXT] = Words(reading._surfaces[Field.TEXT])
        assert reading.places(prefix_atom("abc"), Field.TEXT) == list(range(count))
        return looked

    assert looked_through(4000) <= 2 * looked_through(2000)


def test_places_are_the_same_however_many_word_types_were_looked_for() -> None:
    text = " ".join(["almaty", *(f"abc{number % 20}" for number in range(60)), "Almaty"])
    one, other = (Reading(document(text=text), Analyser()) for _ in range(2))
    assert len(other.places(prefix_atom("abc"), Field.TEXT)) == 60
    for asked in (word_atom("almaty"), word_atom("abc7"), prefix_atom("abc1")):
        assert one.places(asked, Field.TEXT) == other.places(asked, Field.TEXT)
    assert other.places(word_atom("almaty"), Field.TEXT) == [0, 61]
