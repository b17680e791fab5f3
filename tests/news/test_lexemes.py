"""Numbers and times have one key, however they are written."""

import pytest

from news.changerules import rules_of
from news.lexemes import LexemeKind, lexemes


def _keys(language: str, text: str) -> list[str]:
    return [one.key for one in lexemes(text, rules_of(language)) if one.kind is not LexemeKind.WORD]


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["26", "twenty-six", "Twenty six"]),
        ("en", ["164", "one hundred and sixty-four", "a hundred sixty-four"]),
        ("en", ["1.5 million", "1,500,000", "1.5mn"]),
        ("en", ["$26 million", "26 million dollars", "US$26,000,000"]),
        ("en", ["26%", "26 %", "26 per cent", "26 percent"]),
        ("en", ["5 January 2022", "January 5, 2022", "5th January 2022", "5th of January 2022"]),
        ("en", ["2 hours ago", "an hour ago", "three days ago"]),
        ("en", ["10-15", "10–15"]),
        ("id", ["26", "dua puluh enam"]),
        ("id", ["12", "dua belas"]),
        ("id", ["164", "seratus enam puluh empat"]),
        ("id", ["1,5 juta", "1.500.000", "1,5jt"]),
        ("id", ["2 jam lalu", "sejam yang lalu"]),
        ("ru", ["26", "двадцать шесть", "двадцати шести"]),
        ("ru", ["10 000", "10\u00a0000", "десять тысяч", "10 тыс"]),
        ("ru", ["5 января 2022 года", "5 января 2022 г"]),
        ("kk", ["26", "жиырма алты"]),
        ("de", ["26", "sechsundzwanzig", "Sechsundzwanzig"]),
        ("de", ["164", "hundertvierundsechzig", "einhundertvierundsechzig"]),
        ("de", ["1,5 Millionen", "1.500.000", "1,5 Mio"]),
        ("fr", ["97", "quatre-vingt-dix-sept"]),
        ("fr", ["71", "soixante et onze"]),
        ("es", ["164", "ciento sesenta y cuatro"]),
        ("ar", ["26", "٢٦", "ستة وعشرون"]),
        ("zh", ["二十六人", "26人"]),
        ("zh", ["一亿五千万元", "1.5亿元"]),
    ],
)
def test_one_thing_has_one_key(language: str, texts: list[str]) -> None:
    keys = {tuple(_keys(language, text)) for text in texts}
    assert len(keys) == 1
    assert len(keys.pop()) == 1


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["26", "26th", "26%", "$26", "€26", "-26 degrees", "26 km", "26 miles", "26 million", "2.6", "dozens"]),
        ("en", ["2021 people", "in 2021", "2022 people"]),
        ("en", ["5m", "6m", "5"]),
        ("en", ["1.500", "1,500"]),
        ("id", ["1.500", "1,500"]),
        ("id", ["belasan", "puluhan", "ke-26", "26"]),
        ("ru", ["десятки", "сотни", "26-й", "26"]),
        ("de", ["2:1", "2:10", "14 Uhr", "14"]),
    ],
)
def test_different_things_have_different_keys(language: str, texts: list[str]) -> None:
    keys = [tuple(_keys(language, text)) for text in texts]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("text", ["Covid-19", "A320", "B2B", "Su-35", "the 4x4s"])
def test_figures_in_names_are_no_numbers(text: str) -> None:
    assert _keys("en", text) == []
