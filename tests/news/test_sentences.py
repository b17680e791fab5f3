"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.changerules import LANGUAGES, rules_of
from news.sentences import lines, sentences


def _split(text: str, language: str) -> list[str]:
    rules = rules_of(language)
    return [text[one.start : one.stop] for line in lines(text) for one in sentences(text, line, rules)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Mr. Brook left. Dr. J. Stone stayed.", ["Mr. Brook left.", "Dr. J. Stone stayed."]),
        ("en", '"Who?" he asked. "Me!" She laughed.', ['"Who?" he asked.', '"Me!"', "She laughed."]),
        ("en", "It rose by 1.5 per cent. Then it fell.", ["It rose by 1.5 per cent.", "Then it fell."]),
        ("en", "He waited… Then he left.", ["He waited…", "Then he left."]),
        ("en", "One line\nTwo lines.\n\nThree.", ["One line", "Two lines.", "Three."]),
        ("de", "Am 5. Januar kam z. B. Dr. Lind. Er blieb.", ["Am 5. Januar kam z. B. Dr. Lind.", "Er blieb."]),
        ("ru", "Судно ушло в 2022 г. Оно вернулось.", ["Судно ушло в 2022 г. Оно вернулось."]),
        ("ru", "Порт закрыт. Суда ждут.", ["Порт закрыт.", "Суда ждут."]),
        ("id", "Kantor di Jl. Pantai tutup. Awak menunggu.", ["Kantor di Jl. Pantai tutup.", "Awak menunggu."]),
        ("zh", "船沉没了。“好的。”他说！对吗？", ["船沉没了。", "“好的。”", "他说！", "对吗？"]),
        ("ar", "هل غرق القارب؟ نعم. وصل آخر.", ["هل غرق القارب؟", "نعم.", "وصل آخر."]),
    ],
)
def test_sentences(language: str, text: str, expected: list[str]) -> None:
    assert _split(text, language) == expected


@given(st.text(alphabet="aB.?! \n\r\t。”\"'1", max_size=120), st.sampled_from(LANGUAGES))
def test_nothing_is_lost_between_sentences(text: str, language: str) -> None:
    spans = [one for line in lines(text) for one in sentences(text, line, rules_of(language))]
    assert "".join(text[one.start : one.end] for one in spans) == text
    assert all(one.start <= one.stop <= one.end for one in spans)


def test_a_sentence_is_bounded() -> None:
    text = "word " * 20_000
    assert max(one.end - one.start for line in lines(text) for one in sentences(text, line, rules_of("en"))) <= 12_000
