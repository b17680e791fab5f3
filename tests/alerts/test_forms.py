"""Which words are forms of one another: named situations."""

import subprocess
import sys

import pytest
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

from alerts.forms import asked, family_of, given
from alerts.forms.families import _FAMILIES
from alerts.forms.lexicon import lexicon


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
        ("Kazakhstan's", "Kazakhstan", "en"),
        ("казахстан", "Казахстане", "en"),
        ("Қазақстан", "Қазақстанда", "ru"),
        ("казахстан", "Казахстаном", "kk"),
        ("kazakhstan", "Kazakhstan's", "ru"),
        ("كازاخستان", "بكازاخستان", "en"),
        ("perusuh", "kerusuhan", ""),
        ("protest", "protests", ""),
        ("протест", "протестов", ""),
        ("Қазақстан", "Қазақстандағы", ""),
        ("احتجاج", "الاحتجاجات", ""),
        ("اعتراض", "اعتراض‌ها", ""),
        ("protest", "protests", "other"),
        ("Казахстан", "Kazahstanu", "hr"),
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
        ("US", "we", "en"),
        ("WHO", "whose", "en"),
        ("Irã", "irado", "pt"),
        ("Stunden", "stehen", "de"),
        ("победы", "дней", "ru"),
    ],
)
def test_an_unrelated_word_is_not(query: str, text: str, family: str) -> None:
    assert not meet(query, text, family)


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("id", "id"),
        ("ms-MY", "id"),
        ("sr", "hr"),
        ("ru-KZ", "ru"),
        (None, ""),
        ("und", ""),
        ("nb", "no"),
        ("vi", "other"),
    ],
)
def test_a_language_has_its_family(language: str | None, family: str) -> None:
    assert family_of(language) == family


def test_importing_forms_reads_no_dictionary_nor_numpy() -> None:
    program = "import sys, alerts.forms; print(sorted({'numpy', 'simplemma'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.strip() == "[]"


def test_every_dictionary_that_a_family_names_is_there() -> None:
    named = {tongue.dictionary for family in _FAMILIES.values() for tongue in family.tongues if tongue.dictionary}
    assert named <= SUPPORTED_LANGUAGES


@pytest.mark.parametrize("name", sorted(_FAMILIES))
def test_every_family_takes_an_unknown_word_apart(name: str) -> None:
    words = {"latin": "xyzzqanesis", "cyrillic": "хыззканесис", "arabic": "واخزنخات", "hebrew": "והאבגדקים"}
    for tongue in _FAMILIES[name].tongues:
        for script in _FAMILIES[name].scripts:
            word = words.get(script, "ξενοςα")
            assert all(isinstance(one, str) for one in tongue.cited(word))
            assert word not in tongue.inside(word)


def test_a_dictionary_tells_accents_apart_and_finds_words_without_them() -> None:
    french = lexicon("fr")
    assert french.lemmas("peche", "pêche") != french.lemmas("peche", "péché")
    assert set(french.lemmas("explosion", "explosion")) & set(french.lemmas("explosions", "explosions"))
    assert set(french.lemmas("greve", "grève")) < set(french.lemmas("greve", "greve"))
    assert french.lemmas("nosuchword", "nosuchword") == []
    assert french.lemma("greve") is not None
    assert french.lemma("greves") is None


def test_a_form_is_corrected_where_the_dictionary_has_a_rarer_word() -> None:
    malay = lexicon("ms")
    assert set(malay.lemmas("polis", "polis")).isdisjoint(malay.lemmas("polisi", "polisi"))
    assert malay.lemmas("polis", "polis") == malay.lemmas("polisnya", "polisnya")
