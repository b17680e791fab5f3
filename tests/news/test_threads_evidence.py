"""What a story brings: names by sound, figures in one form, words by their first letters."""

import json

import numpy as np
import pytest

from news.embedding import SIZE
from news.threads_affinity import SIGNS, Rarity, affinity, shipped
from news.threads_evidence import Evidence, evidence, packed, sound_of, unpacked

NOWHERE = np.zeros(SIZE, dtype=np.float32)


def of(title: str, text: str = "", language: str = "en") -> Evidence:
    return evidence(title, text, language, None, NOWHERE)


@pytest.mark.parametrize(
    "spellings",
    [
        ("Almaty", "Алматы", "Алматыда", "Almaty's"),
        ("Kazakhstan", "Казахстана", "Қазақстанның", "Qazaqstan"),
        ("Jakarta", "Джакарте", "Жакартада"),
        ("Surabaya", "Сурабая", "Сурабаяда"),
        ("Shymkent", "Шымкент", "Шымкентте"),
    ],
)
def test_a_name_sounds_alike_in_every_spelling(spellings: tuple[str, ...]) -> None:
    assert len({sound_of(name) for name in spellings}) == 1
    assert sound_of(spellings[0]) is not None


@pytest.mark.parametrize("name", ["", "Io", "北京", "١٢", "--", "Ëë", "🤖"])
def test_too_little_of_a_sound_is_no_name(name: str) -> None:
    assert sound_of(name) is None


def test_names_are_words_with_a_capital_that_no_sentence_asks_for() -> None:
    found = of("River rises at Kandara", "Rain fell. The mayor of Kandara met Dorvik engineers of the BKPN.")
    assert f"@{sound_of('Kandara')}" in found.names
    assert f"@{sound_of('Dorvik')}" in found.names
    assert f"@{sound_of('BKPN')}" in found.names
    assert f"@{sound_of('Rain')}" in found.openers
    assert f"@{sound_of('mayor')}" not in found.names | found.openers


def test_a_headline_in_capitals_names_nothing() -> None:
    assert not of("River Rises At The Old Mill Bridge").names
    assert not of("RIVER RISES AT MILL").names


@pytest.mark.parametrize(
    ("written", "figures"),
    [
        ("1.000.000 dan 1,000,000 и 1 000 000", {"#1000000"}),
        ("5,8 skala, magnitude 5.8, 5.80", {"#5.8"}),
        ("12 000 человек", {"#12000"}),
        ("07 and 7", {"#7"}),
        ("٤٢", {"#42"}),
        ("1" * 40, set()),
        ("B-52, 3D", {"#52"}),
    ],
)
def test_a_figure_has_one_form(written: str, figures: set[str]) -> None:
    assert of(written).figures == figures


def test_scripts_without_spaces_are_words_of_two_characters() -> None:
    assert of("大桥倒塌").words == {"大桥", "桥倒", "倒塌"}


def test_evidence_of_another_version_is_refused() -> None:
    stored = packed(of("A bridge"))
    with pytest.raises(ValueError, match="version"):
        unpacked(stored | {"v": 0}, NOWHERE)
    with pytest.raises(ValueError, match="not stored evidence"):
        unpacked({"v": stored["v"], "w": 3}, NOWHERE)


def test_stored_evidence_is_bounded() -> None:
    long = " ".join(f"Ab{number}cdé{number} {number}" for number in range(100_000))
    assert len(json.dumps(packed(of(long, long)))) < 8_000


def test_what_ships_speaks_for_its_meaning() -> None:
    for model in shipped():
        weights = dict(zip(SIGNS, model.weights, strict=True))
        assert weights["cosine"] > 0
        assert min(weights["words"], weights["names"], weights["figures"]) >= 0
        assert max(weights["figures_apart"], weights["names_apart"], weights["days"]) <= 0


def test_names_and_figures_in_common_make_one_event_likelier_across_languages() -> None:
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[0] = 1.0
    other = np.zeros(SIZE, dtype=np.float32)
    other[0], other[1] = 0.4, np.sqrt(1 - 0.4**2)
    english = evidence("", "Rescuers reached 14 people near Kandara.", "en", None, vector)
    same = evidence("", "Спасатели вывели 14 человек близ Кандары.", "ru", None, other)
    unlike = evidence("", "Спасатели вывели 30 человек близ Морово.", "ru", None, other)
    rarity = Rarity()
    assert affinity(english, same, rarity) > 10 * affinity(english, unlike, rarity)
