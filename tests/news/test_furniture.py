"""Sentences that belong to a source."""

import pytest

from news.fingerprint import folded
from news.furniture import LONGEST, MOST, STORIES, Furniture, Met, pack, read, sentences, unpack

FOOTER = "Subscribe to our evening letter!"
SOURCE = "herald.example"


def report(number: int) -> str:
    return f"The ferry number {number} was late.\nNobody was hurt on pier {number}. {FOOTER}"


def seen(most: int = MOST) -> Furniture:
    furniture = Furniture(most)
    for number in range(STORIES):
        furniture.note(SOURCE, number, 1, report(number))
    return furniture


def test_what_a_source_says_in_three_stories_is_left_out() -> None:
    text = report(9)
    bare = seen().bare(SOURCE, text)
    assert bare.folded == "the ferry number 9 was late nobody was hurt on pier 9"
    assert [text[start:end] for start, end in bare.furniture] == [FOOTER]


def test_two_stories_do_not_make_furniture() -> None:
    furniture = Furniture()
    for number in range(STORIES - 1):
        furniture.note(SOURCE, number, 1, report(number))
    assert furniture.bare(SOURCE, report(9)).furniture == ()


def test_one_story_told_often_is_no_furniture() -> None:
    furniture = Furniture()
    for day in range(20):
        furniture.note(SOURCE, 1, day, report(1))
    assert furniture.bare(SOURCE, report(1)).furniture == ()


def test_another_source_s_furniture_is_not_this_one_s() -> None:
    assert seen().bare("post.example", report(9)).furniture == ()


def test_how_it_is_set_does_not_count() -> None:
    assert seen().bare(SOURCE, "SUBSCRIBE to our “evening” letter …").folded == ""


def test_without_furniture_a_text_folds_as_ever() -> None:
    text = 'Prices rose 1.5 % in May. "We will see," said the mayor.\n\n  Yes?'
    assert Furniture().bare(SOURCE, text).folded == folded(text)


def test_what_was_not_met_for_long_is_forgotten() -> None:
    furniture = seen()
    furniture.note(SOURCE, 50, 5, report(50))
    furniture.forget(5)
    assert len(furniture) == 3
    assert len(furniture.bare(SOURCE, report(9)).furniture) == 1
    furniture.forget(6)
    assert len(furniture) == 0


def test_an_earlier_day_does_not_make_it_older() -> None:
    furniture = seen()
    furniture.note(SOURCE, 50, 5, FOOTER)
    furniture.note(SOURCE, 51, 2, FOOTER)
    furniture.forget(5)
    assert len(furniture) == 1


def test_what_is_remembered_is_bounded_and_furniture_outlives_the_rest() -> None:
    furniture = seen(most=20)
    for number in range(200):
        furniture.note(SOURCE, number, 2, report(number))
        assert len(furniture) <= 20
    assert len(furniture.bare(SOURCE, report(500)).furniture) == 1
    assert furniture.bare(SOURCE, report(0)).furniture == furniture.bare(SOURCE, report(0)).furniture


def test_bytes_and_back() -> None:
    furniture, again = seen(), Furniture()
    again.load(furniture.dump())
    assert again.dump() == furniture.dump()
    assert again.bare(SOURCE, report(9)) == furniture.bare(SOURCE, report(9))
    again.note(SOURCE, 0, 1, report(0))
    assert again.bare(SOURCE, report(0)).furniture == furniture.bare(SOURCE, report(0)).furniture
    few = Furniture(most=2)
    few.load(furniture.dump())
    assert len(few) == 2
    for broken in (b"", furniture.dump()[:-1], b"XXXX" + furniture.dump()[4:]):
        with pytest.raises(ValueError, match="furniture"):
            again.load(broken)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("One\n\n  Two\nThree", ["One", "Two", "Three"]),
        ("Up 1.5 % today. 3.2 down.", ["Up 1.5 % today.", "3.2 down."]),
        ("渡し船が遅れた。橋は閉鎖。", ["渡し船が遅れた。", "橋は閉鎖。"]),
        ("", []),
        (" \n \n", [" "]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == parts


def test_what_was_met_is_told_to_others_as_bytes() -> None:
    met = [Met(4, 19_000, [one.number for one in read(SOURCE, report(1))]), Met(7, 19_001, [])]
    assert list(unpack(pack(met))) == met
    assert list(unpack(pack([]))) == []
    with pytest.raises(ValueError, match="not sentences of this version"):
        list(unpack(b"SWX"))
    with pytest.raises(ValueError, match="buffer"):
        list(unpack(pack(met)[:-20]))


def test_stories_that_are_not_counted_yet_count_beside() -> None:
    furniture = Furniture()
    furniture.note(SOURCE, 1, 1, FOOTER)
    told = read(SOURCE, FOOTER)
    number = told[0].number
    assert furniture.without(told, {number: {2}}).folded
    assert furniture.without(told, {number: {1, 2}}).folded
    assert not furniture.without(told, {number: {2, 3}}).folded


def test_of_a_text_without_end_the_first_sentences_are_told_apart() -> None:
    told = read(SOURCE, "\n".join(f"Line {number}" for number in range(2 * LONGEST)))
    assert len(told) == LONGEST
    assert told[-1].folded.startswith(f"line {LONGEST - 1} line {LONGEST}")
