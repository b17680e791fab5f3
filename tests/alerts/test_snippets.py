"""The sentence around what matched."""

import unicodedata

import pytest
from digests import spans

from alerts.snippets import Piece, excerpt, headline, pieces, sentence, shortened, snippets
from alerts.types import Field, How, Span


def around(text: str, words: str) -> str:
    """The sentence that holds ``words``."""
    start = text.index(words)
    first, last = sentence(text, start, start + len(words))
    return text[first:last]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("One. Two has it. Three.", "has", "Two has it."),
        ("Has it first. Two.", "Has", "Has it first."),
        ("One. It ends here", "ends", "It ends here"),
        ("Did it? Yes! No.", "Yes", "Yes!"),
        ("He said: “It is over.” Then he left.", "left", "Then he left."),
        ("Headline\n\nThe body has it. More.", "has", "The body has it."),
        ("One line\nbroken in two has it. More.", "has", "One line\nbroken in two has it."),
        ("Prices rose 3.5 per cent in Almaty. More.", "Almaty", "Prices rose 3.5 per cent in Almaty."),
        ("On Sunday Dr. X saw Almaty. More.", "Almaty", "On Sunday Dr. X saw Almaty."),
        ("The U.S. embassy in Almaty closed. More.", "Almaty", "The U.S. embassy in Almaty closed."),
        ("Погибли 20 тыс. Алматы молчит. Ещё.", "молчит", "Погибли 20 тыс. Алматы молчит."),
        ("Jl. Thamrin ditutup di Almaty. Lagi.", "Almaty", "Jl. Thamrin ditutup di Almaty."),
        ("他来了。阿拉木图发生骚乱。结束。", "骚乱", "阿拉木图发生骚乱。"),
        ("One… two has it. Three.", "has", "One… two has it."),
        ("هل هدأت المدينة؟ أغلق مطار ألماتي. لا أخبار.", "ألماتي", "أغلق مطار ألماتي."),
        ("کیا ہوا؟ شہر بند ہے۔ کوئی خبر نہیں۔", "شہر", "شہر بند ہے۔"),
        ("शहर बंद है। उड़ानें रुकी हैं। कोई ख़बर नहीं।", "उड़ानें", "उड़ानें रुकी हैं।"),
        ("ទីក្រុងស្ងាត់។ព្រលានបិទ។គ្មានដំណឹង។", "ព្រលាន", "ព្រលានបិទ។"),
    ],
)
def test_the_sentence_is_the_one_that_holds_the_words(text: str, words: str, expected: str) -> None:
    assert around(text, words) == expected


def test_a_text_without_ends_is_cut_at_blanks_within_reach() -> None:
    found = around("word " * 1000 + "Almaty " + "word " * 1000, "Almaty")
    assert 900 < len(found) < 1010
    assert found.startswith("word")
    assert found.endswith("word")


def test_a_text_without_blanks_is_cut_all_the_same() -> None:
    assert len(around("x" * 5000 + "Almaty" + "y" * 5000, "Almaty")) == 1006


def test_pieces_join_what_touches_and_cut_what_is_out_of_bounds() -> None:
    plain, marked = Piece("a", marked=False), Piece("bcdef", marked=True)
    assert pieces("abcdef", [(3, 9), (1, 3), (2, 4), (-2, 0)]) == (plain, marked)
    assert pieces("abcdef", [(0, 9)], 2, 4) == (Piece("cd", marked=True),)
    assert pieces("abc", []) == (Piece("abc", marked=False),)


def test_pieces_count_code_points() -> None:
    text = "😀 Алматы 😀"
    start = text.index("А")
    assert [one.text for one in pieces(text, [(start, start + 6)]) if one.marked] == ["Алматы"]


def test_the_excerpt_is_the_sentence_with_most_terms_and_one_with_another() -> None:
    text = "Fuel rose. Unrest in Almaty. Fuel fell in Almaty. The end of unrest and of fuel in Almaty came."
    found = excerpt(text, spans("", text, ["fuel=uel", "almaty=Almaty", "unrest=nrest"]), 300)
    assert "".join(one.text for one in found) == "The end of unrest and of fuel in Almaty came."
    text = "Fuel rose. Nothing. Unrest came."
    found = excerpt(text, spans("", text, ["fuel=Fuel", "unrest=Unrest"]), 300)
    assert "".join(one.text for one in found) == "Fuel rose. … Unrest came."


def test_sentences_that_follow_each_other_are_not_parted() -> None:
    text = "Fuel rose.\n\nUnrest came."
    found = excerpt(text, spans("", text, ["fuel=Fuel", "unrest=Unrest"]), 300)
    assert "".join(one.text for one in found) == "Fuel rose. Unrest came."


def test_a_long_sentence_is_cut_around_its_words() -> None:
    text = "begin " * 60 + "Almaty " + "finish " * 60
    found = excerpt(text, spans("", text, ["almaty=Almaty"]), 120)
    plain = "".join(one.text for one in found)
    assert plain.startswith("…")
    assert plain.endswith("…")
    assert "Almaty" in plain
    assert len(plain) <= 122


@pytest.mark.parametrize(
    ("text", "matched", "limit"),
    [
        ("城" * 30 + "哈萨克斯坦" + "城" * 30 + "阿拉木图" + "城" * 30, ["哈萨克斯坦", "阿拉木图"], 52),
        ("ก" * 40 + "ที่คาซัคสถาน" + "ที่" * 60, ["คาซัคสถาน"], 40),
        ("x" * 30 + " Казахста\u0301не " + "e\u0301" * 90, ["Казахста\u0301не"], 40),
    ],
)
def test_a_cut_parts_neither_a_matched_word_nor_a_letter_from_its_marks(
    text: str, matched: list[str], limit: int
) -> None:
    found = excerpt(text, spans("", text, [f"{word}={word}=substring" for word in matched]), limit)
    marked = [piece.text for piece in found if piece.marked]
    assert marked
    assert set(marked) <= set(matched)
    (last,) = [text.index(piece.text) + len(piece.text) for piece in found[-2:-1]]
    assert unicodedata.category(text[last])[0] != "M"


def test_a_phrase_longer_than_the_cut_is_marked_as_far_as_it_is_shown() -> None:
    text = "Long ago " + "word " * 60 + "end. " + "More " * 90
    found = excerpt(text, spans("", text, [f"phrase={text[9:300]}=phrase"]), 80)
    assert sum(len(piece.text) for piece in found if piece.marked) > 40


def test_a_headline_is_cut_behind_a_word_and_marked() -> None:
    title = "word " * 50 + "Almaty burns " + "word " * 50
    found = headline(title, spans(title, "", ["almaty=Almaty"]), 254)
    assert [piece.text for piece in found] == [title[:249], "…"]
    found = headline(title, spans(title, "", ["almaty=Almaty"]), 258)
    assert [piece.text for piece in found if piece.marked] == ["Almaty"]
    assert headline("Almaty", spans("Almaty", "", ["almaty=Almaty"]), 9) == (Piece("Almaty", marked=True),)


def test_spans_that_lie_outside_the_text_bring_nothing() -> None:
    outside = [Span(Field.TEXT, 90, 99, "x", How.FOLDED), Span(Field.TEXT, 3, 3, "x", How.FOLDED)]
    assert excerpt("short", outside, 100) == ()
    assert snippets("short", outside, 100) == ["", ""]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("  two\n\nlines ", 20, "two lines"),
        ("one two three four", 12, "one two…"),
        ("one, two, three", 10, "one, two…"),
        ("x" * 30, 10, "xxxxxxxxx…"),
    ],
)
def test_shortened_cuts_at_a_blank(text: str, limit: int, expected: str) -> None:
    assert shortened(text, limit) == expected
    assert len(shortened(text, limit)) <= limit
