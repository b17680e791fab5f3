"""Words and folding: named situations."""

import pytest

from news.text import bare_forms, fold, is_unspaced, normalise, offsets, surfaces, words, written_form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Almaty, 5 January: unrest!", ["Almaty", "5", "January", "unrest"]),
        ("don't won’t O‘zbekiston", ["don't", "won’t", "O‘zbekiston"]),
        ("'quoted' ‘word’ workers' rights", ["quoted", "word", "workers", "rights"]),
        ("covid-19 Alma‑Ata nord–süd a—b −5", ["covid", "19", "Alma", "Ata", "nord", "süd", "a", "b", "5"]),
        ("Alma‐Ata Al‒ma o⁃o m−n Ka‧z ב־ת", ["Alma", "Ata", "Al", "ma", "o", "o", "m", "n", "Ka", "z", "ב", "ת"]),
        (
            "don´t l`Oise rock′n′roll O‛zbek ג׳ורג Qurʾān",
            ["don´t", "l`Oise", "rock′n′roll", "O‛zbek", "ג׳ורג", "Qurʾān"],
        ),
        ("`quoted` 5′ 10′′", ["quoted", "5", "10"]),
        ("snake_case #Tag @name a/b", ["snake", "case", "Tag", "name", "a", "b"]),
        ("1.000.000 and 3,5 and 12.5%", ["1.000.000", "and", "3,5", "and", "12.5"]),
        ("08.01.2022 and 1,2,3", ["08", "01", "2022", "and", "1", "2", "3"]),
        ("164.", ["164"]),
        ("Rp15.000 v2.1", ["Rp15", "000", "v2", "1"]),
        ("U.S. detik.com", ["U", "S", "detik", "com"]),
        ("Kazakh\u00adstan trailing\u00ad next", ["Kazakh\u00adstan", "trailing", "next"]),
        ("نمی\u200cخواهم", ["نمی\u200cخواهم"]),
        ("cafe\u0301 e\u0308", ["cafe\u0301", "e\u0308"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 뉴스", ["한국어", "뉴스"]),
        ("哈萨克NEWS", ["哈", "萨", "克", "NEWS"]),
        ("ทำงาน น้ำ", ["ทำ", "ง", "า", "น", "น้ำ"]),
        ("ក្ក", ["ក្ក"]),
        ("ｶﾞ ガ", ["ｶﾞ", "ガ"]),
        ("🔥 1️⃣ 𐐷𐐲", ["1️⃣", "𐐷𐐲"]),
        ("… — ' - _", []),
        ("", []),
    ],
)
def test_words_are_parted_so(text: str, expected: list[str]) -> None:
    assert surfaces(text) == expected


def test_offsets_count_code_points_of_the_text_as_given() -> None:
    text = "🔥 cafe\u0301, 𐐷 e\u0308lka"
    assert [(word.start, word.end) for word in words(text)] == [(2, 7), (9, 10), (11, 16)]
    assert all(text[word.start : word.end] == word.surface for word in words(text))
    assert offsets(text) == [(2, 7), (9, 10), (11, 16)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Almaty", "ALMATY"),
        ("Straße", "STRASSE"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("İstanbul", "istanbul"),
        ("ırak", "IRAK"),
        ("résumé", "resume"),
        ("re\u0301sume\u0301", "résumé"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("ёлка", "ЕЛКА"),
        ("за\u0301мок", "замок"),
        ("и\u0306од", "йод"),
        ("أحمد", "احمد"),
        ("مـــدينة", "مدينه"),
        ("هِنْدِيّ", "هندي"),
        ("کتاب", "كتاب"),
        ("نمی\u200cخواهم", "نمیخواهم"),
        ("שָׁלוֹם", "שלום"),
        ("Kazakh\u00adstan", "kazakhstan"),
        ("٢٦", "26"),
        ("ﬁn", "fin"),
        ("ＮＥＷＳ", "news"),
        ("ｶﾞ", "ガ"),
        ("ทำ", "ท\u0e4d\u0e32"),
        ("don’t", "don't"),
        ("don´t", "don`t"),
        ("rock′n′roll", "rock'n'roll"),
        ("ג׳ורג", "ג'ורג"),
        ("Qurʾān", "qur'an"),
        ("O‛zbek", "Oʻzbek"),
        ("Oʻzbek", "O'zbek"),
        ("می‌شود", "میشود"),
        ("ﺍﻟﻌﺮﺏ", "العرب"),
        ("مؤتمر", "موتمر"),
        ("ىٰ", "ی"),
        ("پاكستان", "پاکستان"),
        ("STRAẞE", "straße"),
        ("naı̈ve", "naïve"),
        ("Ånd", "A\u030and"),
        ("IRAK", "ırak"),
        ("𝐊𝐚𝐳", "kaz"),
    ],
)
def test_two_spellings_of_one_word_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("йод", "иод"),
        ("қала", "кала"),
        ("їжа", "іжа"),
        ("カ", "ガ"),
        ("हिन्दी", "हनद"),
        ("covid19", "covid"),
        ("น้า", "นา"),
    ],
)
def test_letters_of_their_own_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("word", "inside"),
    [
        ("kazakhstan's", ("kazakhstan",)),
        ("l'algerie", ("algerie",)),
        ("turkiye'nin", ("turkiye",)),
        ("qu'almaty", ("almaty",)),
        ("don't", ()),
        ("o'brien", ()),
        ("xi'an", ()),
        ("almaty", ()),
        ("'bonim", ("bonim",)),
    ],
)
def test_a_word_is_known_without_its_clitics(word: str, inside: tuple[str, ...]) -> None:
    assert bare_forms(word) == inside


def test_a_written_form_keeps_case_and_accents_and_drops_what_nobody_sees() -> None:
    assert written_form("Re\u0301su\u00adme\u0301") == "Résumé"
    assert written_form("Don’t") == "Don't"


def test_scripts_without_spaces_are_known() -> None:
    assert all(is_unspaced(word) for word in ("哈", "ガ", "ไ", "ທ", "ក", "မ", "𠀀"))
    assert not any(is_unspaced(word) for word in ("a", "й", "한", "ع", "5"))


def test_normal_form_is_composed() -> None:
    assert normalise("e\u0301") == "é"
