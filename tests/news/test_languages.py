"""Language tags and detection."""

import pytest

from news.languages import bucket, detect, same_language, tag


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("id", "id"),
        ("ID", "id"),
        (" en-US ", "en-us"),
        ("id_ID", "id-id"),
        ("in", "id"),
        ("iw-IL", "he-il"),
        ("zh-Hans-CN", "zh-hans-cn"),
        ("kaz", "kk"),
        ("ind", "id"),
        ("nb-NO", "nb-no"),
        ("und", None),
        ("mul", None),
        ("", None),
        ("indonesian", None),
        ("e", None),
        ("en us", None),
        ("en-" + "x" * 60, None),
        ("ру", None),
    ],
)
def test_a_tag_is_made_one_of_today(given: str, expected: str | None) -> None:
    assert tag(given) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("id", "ms"), ("in", "ms-MY"), ("en", "en-GB"), ("no", "nb"), ("nn", "nb-NO"), ("iw", "he"), ("zh-TW", "zh-Hans")],
)
def test_two_tags_of_one_language(one: str, other: str) -> None:
    assert same_language(one, other)
    assert same_language(other, one)


@pytest.mark.parametrize(("one", "other"), [("id", "en"), ("ru", "kk"), ("und", "und"), ("", "")])
def test_two_tags_of_no_one_language(one: str, other: str) -> None:
    assert not same_language(one, other)


def test_a_bucket_stands_for_its_tags() -> None:
    assert bucket("ms-MY") == bucket("id") == "id"
    assert bucket("nonsense tag") is None


TEXTS = {
    "id": "Harga bahan bakar naik dan warga turun ke jalan di beberapa kota sejak hari Rabu pagi.",
    "en": "Fuel prices rose and people took to the streets of several cities early on Wednesday.",
    "ru": "Цены на топливо выросли, и жители нескольких городов вышли на улицы рано утром в среду.",
    "kk": "Жанармай бағасы көтеріліп, бірнеше қаланың тұрғындары сәрсенбі күні таңертең көшеге шықты.",
    "de": "Die Kraftstoffpreise stiegen, und am Mittwochmorgen gingen in mehreren Städten Menschen auf die Straße.",
    "zh": "周三早上燃料价格上涨后，几个城市的居民走上街头抗议。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_is_detected(language: str) -> None:
    found = detect(TEXTS[language])
    assert found is not None
    assert same_language(found, language)


def test_a_feeds_own_tag_is_preferred() -> None:
    assert detect(TEXTS["id"], {"ms", "en"}) == "ms"
    assert detect(TEXTS["id"], {"id-ID", "en"}) == "id-id"
    assert detect(TEXTS["en"], ["en-gb", "ru"]) == "en-gb"


def test_none_of_the_plausible_ones_is_none() -> None:
    assert detect(TEXTS["en"], {"ru"}) is None
    assert detect(TEXTS["en"], {"no tag at all"}) is None


@pytest.mark.parametrize("text", ["", "Almaty", "12:30 — 26 / 164", "🔥" * 40, "\ud800" * 50])
def test_too_little_to_tell_is_none(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    "headline",
    [
        "Kerusuhan di Kazakhstan, 164 orang tewas",
        "Polisi tangkap perusuh di Almaty",
        "Gempa M 5,6 guncang lereng gunung",
        "Banjir rendam ratusan rumah di pesisir",
        "Rupiah melemah tipis pagi ini",
        "Kebakaran pasar malam di pinggir kota",
        "Menteri lawat mangsa banjir di Kelantan",
        "Jadwal kereta tambahan akhir pekan",
    ],
)
def test_a_short_indonesian_headline_is_indonesian_or_nothing(headline: str) -> None:
    found = detect(headline)
    assert found is None or same_language(found, "id")


def test_close_languages_are_told_together() -> None:
    found = detect("Prosvjednici su izašli na ulice glavnog grada nakon što je cijena goriva porasla.")
    assert found in {"hr", "bs", "sr"}
