"""What holds of the forms of every word."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from alerts.forms import asked, family_of, given
from news.text import fold, surfaces

#: families with little to read first, and one of each kind of rule
_FAMILIES = st.sampled_from(["", "en", "id", "kk", "ky", "uz", "be", "fa", "he", "hi", "fr", "other", "no such family"])
_LETTERS = st.text(
    st.sampled_from(list("aeioustnrlmdgkpzéüß'’-ıİабвгдезиклмнопрстуыйьёқғңәіاهیيوبكلمنرتשלוםמהक्षिाों1.\u200c\u0301")),
    max_size=14,
)
WORDS = st.text(max_size=12) | _LETTERS


@for_all(WORDS, _FAMILIES)
def test_every_word_has_keys_and_none_is_empty(word: str, family: str) -> None:
    for keys in (asked(word, family), given(word, family)):
        assert fold(word) in keys
        assert "" not in keys or not fold(word)
        assert len(keys) == len(set(keys))


@for_all(WORDS, _FAMILIES)
def test_a_word_is_a_form_of_itself_in_any_case(word: str, family: str) -> None:
    for written in (word, word.lower(), word.upper(), fold(word)):
        if fold(written) == fold(word):
            assert not set(asked(word, family)).isdisjoint(given(written, family))


@for_all(_LETTERS, _LETTERS, _FAMILIES)
def test_words_that_fold_alike_are_found_alike(word: str, other: str, family: str) -> None:
    # the folded form decides about the text's word, unless accents are what tells two words apart
    for one in surfaces(word):
        if one.isascii() and not (1 < len(one) <= 5 and one.isupper()):
            assert asked(one, family) == asked(one.lower(), family)
    for one in surfaces(other):
        if one.isascii():
            assert set(given(one.lower(), family)) <= set(given(one, family)) | set(given(one.capitalize(), family))


@for_all(st.text())
def test_every_language_has_a_family(language: str) -> None:
    assert "word" in given("word", family_of(language))
