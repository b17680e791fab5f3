"""What counts as another text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.fingerprint import VERSION, content_hash, digest, folded

SET_ANEW = [
    ("“Fuel” – he said…", '"Fuel" - he said...'),
    ("Fuel  prices\n\nrise", "fuel prices rise"),
    ("FUEL PRICES RISE!", "Fuel prices rise"),
    ("don’t", "don't"),
    ("don’t", "dont"),
    ("Straße", "STRASSE"),
    ("Алматы: митинг", "АЛМАТЫ — МИТИНГ"),
    ("ﬁre", "fire"),
    ("no\u00adtice", "notice"),
    ("protest\u200b", "protest"),
    ("\u200fنفط\u200e", "نفط"),
    ("cafe\u0301", "café"),
    ("１０ killed", "10 killed"),
    ("5–10 days", "5-10 days"),
    ("−5 °C", "-5 C"),
    ("❤\ufe0f", "❤"),
]

SAYS_ELSE = [
    ("26 killed", "164 killed"),
    ("1.5 million", "15 million"),
    ("1,500", "1.500"),
    ("-5 degrees", "5 degrees"),
    ("5-10 days", "5 10 days"),
    ("26%", "26"),
    ("$5", "€5"),
    ("killed", "not killed"),
    ("12:30", "1230"),
    ("prices rise", "rise prices"),
    ("เด็ก", "เดก"),
    ("и", "й"),
]


@pytest.mark.parametrize(("one", "other"), SET_ANEW)
def test_what_is_set_anew_says_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert content_hash("t", one) == content_hash("t", other)


@pytest.mark.parametrize(("one", "other"), SAYS_ELSE)
def test_what_carries_a_meaning_stays(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert content_hash(one, "x") != content_hash(other, "x")


def test_folded_to_the_letter() -> None:
    text = "«Бензин»: рост на 5,5 %, don’t panic — 26–30 dead; COVID-19, −5 °C, $1.5m."
    assert folded(text) == "бензин рост на 5,5 % dont panic 26-30 dead covid 19 -5 c $1.5m"


def test_the_hash_names_its_version_and_stays() -> None:
    # These values stand in stores: where they change, VERSION must grow.
    assert VERSION == "1"
    assert content_hash("Fuel prices rise", "In the city.") == "1:8bf5861f68697f799a7a4cb7452fe277"
    assert digest("a", "b") == "1:4fc56058b4df0ca122be9a2e429541d6"


def test_title_and_text_do_not_run_together() -> None:
    assert content_hash("a b", "c") != content_hash("a", "b c")
    assert digest("ab", "") != digest("a", "b")


def test_lone_surrogates_of_broken_feeds_do_not_stop_the_work() -> None:
    assert content_hash("\ud800fuel", "") == content_hash("fuel", "")
    assert digest("\ud800") != digest("\ud801")


TEXTS = st.one_of(st.text(), st.text(alphabet="ab1 2.,:-–−'’%$\u0640\u200d\u0301\u0345İßﬁ½①\x00"))


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(TEXTS)
def test_letter_case_and_blanks_never_count(text: str) -> None:
    assert folded(f" {text}\n") == folded(text)
    # Canonical order first: the iota below a letter folds to a letter (Unicode Standard, section 3.13, D145).
    assert folded(unicodedata.normalize("NFD", text).casefold()) == folded(text)


@given(
    st.lists(st.from_regex(r"[a-zа-я0-9]{1,8}", fullmatch=True)),
    st.lists(st.from_regex(r"[a-zа-я0-9]{1,8}", fullmatch=True)),
)
def test_words_are_all_kept_and_told_apart(one: list[str], other: list[str]) -> None:
    assert folded(", ".join(one)) == " ".join(one)
    assert (content_hash("", " ".join(one)) == content_hash("", " ".join(other))) == (one == other)
