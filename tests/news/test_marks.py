"""Letters under heaps of combining marks: what stays, whoever asks for a normal form."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.fingerprint import folded
from news.marks import MOST, few_marks
from news.plain import plain_text
from news.text import fold, normalise, written_form

#: alike and unlike in their places, made of two, of another plane, a half-width letter that is none
MARKS = ("\u0301", "\u0323", "\u0344", "\u05b0", "\U0001e944", "\uff9e")


@pytest.mark.parametrize("mark", MARKS)
def test_of_a_heap_the_first_stay(mark: str) -> None:
    alone = few_marks(f"a{mark * 1000}b")
    assert (alone[0], alone[-1]) == ("a", "b")
    assert MOST // 2 <= alone.count(mark) <= MOST
    assert few_marks(f"a{mark}\u0323") == f"a{mark}\u0323"
    assert len(few_marks("a" + f"{mark}\u0323" * 1000)) <= MOST + 1


@pytest.mark.parametrize("text", ["Bridge", "Мост — «закрыт»", "ก็ที่นี่", "—" * 100, "👨\u200d👩" * 40, "ﾊﾟ" * 40])
def test_what_languages_write_is_handed_back(text: str) -> None:
    assert few_marks(text) == text


@pytest.mark.parametrize("form", [folded, plain_text, fold, normalise, written_form])
def test_no_normal_form_is_asked_of_a_heap(form: Callable[[str], str]) -> None:
    assert len(form("a" + "\u0301\u0323" * 30_000)) <= MOST + 1


@pytest.mark.parametrize("unseen", ["\u200b", "\u034f", "\ufe0f"])
def test_nor_where_what_parts_the_marks_falls_first(unseen: str) -> None:
    assert len(folded("a" + f"\u0301{unseen}\u0323" * 30_000)) <= MOST + 1


@given(st.text(st.sampled_from([*MARKS, "a", "'", " ", "\u200b", "\u034f", "я", "—"]), max_size=200))
def test_thinning_and_folding_twice_change_nothing(text: str) -> None:
    assert few_marks(few_marks(text)) == few_marks(text)
    assert folded(folded(text)) == folded(text)
