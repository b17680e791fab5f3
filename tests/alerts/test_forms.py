"""Which words are forms of one another: named situations."""

import pytest

from alerts.forms import asked, family_of, given


def meet(query: str, text: str, family: str) -> bool:
    """Whether a text's word is a form of a query's."""
    return not set(asked(query, family)).isdisjoint(given(text, family))


@pytest.mark.parametrize(
    ("query", "text", "family"),
    [
        ("perusuh", "kerusuhan", "id"),
        ("protes", "pemrotes", "id"),
        ("kazakhstan", "Kazakhstannya", "id"),
        ("казахстан", "Казахстане", "ru"),
        ("токаев", "Токаевым", "ru"),
        ("Қазақстан", "Қазақстандағы", "kk"),
        ("алматы", "Алматыда", "kk"),
        ("احتجاج", "واحتجاجات", "ar"),
        ("istanbul", "İstanbul'da", "tr"),
        ("protesto", "protestó", "es"),
        ("kazakhstan", "Kazakhstan’s", "en"),
    ],
)
def test_a_form_is_found(query: str, text: str, family: str) -> None:
    assert meet(query, text, family)


@pytest.mark.parametrize(
    ("query", "text", "family"),
    [
        ("protest", "Protestant", "en"),
        ("import", "important", "en"),
        ("iran", "Tirana", "en"),
        ("coup", "coupon", "en"),
        ("police", "policies", "en"),
        ("new", "news", "en"),
        ("мали", "мало", "ru"),
        ("оман", "роман", "ru"),
        ("تاب", "كتاب", "ar"),
    ],
)
def test_an_unrelated_word_is_not(query: str, text: str, family: str) -> None:
    assert not meet(query, text, family)


@pytest.mark.parametrize(
    ("language", "family"),
    [("id", "id"), ("ms-MY", "id"), ("sr", "hr"), ("ru-KZ", "ru"), (None, ""), ("und", ""), ("nb", "no")],
)
def test_a_language_has_its_family(language: str | None, family: str) -> None:
    assert family_of(language) == family
