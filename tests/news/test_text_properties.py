"""What holds of words and folding for every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.text import fold, offsets, surfaces, words

_JOINING = st.sampled_from(list("aé'’-­\u200c\u200d\u0301\u0e4d\u0e32กำ哈1.,_ й\U0001e000\u17d2ក"))
TEXTS = st.text() | st.text(_JOINING, max_size=30)


@given(TEXTS)
def test_every_word_stands_where_it_says(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end
        assert text[word.start : word.end] == word.surface
        end = word.end
    assert surfaces(text) == [word.surface for word in words(text)]
    assert offsets(text) == [(word.start, word.end) for word in words(text)]


@given(TEXTS)
def test_no_letter_is_lost_between_words(text: str) -> None:
    between = list(text)
    for word in words(text):
        between[word.start : word.end] = [" "] * (word.end - word.start)
    assert not any(character.isalnum() for character in between)


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=0x2000, categories=["L"]), max_size=8))
def test_letters_fold_one_by_one_as_they_do_together(text: str) -> None:
    # A mark that has no letter to sit on makes fold look at the text as a whole.
    assert fold(text) == fold("\u0301" + text).lstrip("\u0301")


@given(TEXTS)
def test_letter_case_folds_away(text: str) -> None:
    # Title and upper case of one letter may be several letters, which fold back to the same.
    for word in words(text):
        if word.surface.lower().upper().lower() == word.surface.lower():
            assert fold(word.surface.lower()) == fold(word.surface)


@given(st.text(st.characters(max_codepoint=127)), st.sampled_from([" é", " ә", " 哈", " 😀"]))
def test_plain_text_is_parted_the_same_beside_any_script(text: str, other: str) -> None:
    assert surfaces(text + " ." + other)[: len(surfaces(text))] == surfaces(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["'", "\u00ad", "\u0301", "1,", "1.000", "a\u00ad", "’a", "ก\u0e31", "\u200d\u0301", "1", "-", "\u17d2ក"]
)
def test_no_text_takes_more_than_linear_time(piece: str) -> None:
    # Quadratic work on so many repetitions runs for hours, and so into the limit.
    text = "a" + piece * 300_000 + "\u00ad"
    assert "".join(surfaces(text))
