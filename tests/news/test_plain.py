"""Markup into plain text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.plain import TEXT_LIMIT, plain_line, plain_text

CASES = {
    "entities are decoded": ("Harga BBM &lt; 5 &amp; naik&hellip;", "Harga BBM < 5 & naik…"),
    "no tag, no harm": ("a < b and c > d, I <3 you", "a < b and c > d, I <3 you"),
    "paragraphs are parted by a blank line": ("<p>Satu</p>\n<p>Dua<br>tiga</p>", "Satu\n\nDua\ntiga"),
    "line ends in markup are blanks": ("satu\ndua\r\n  tiga", "satu dua tiga"),
    "list entries stand in lines": ("<ul><li>a<li>b</ul>", "a\nb"),
    "cells are parted": ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
    "scripts are no text": ("satu<script>x < y</script><style>*{}</style>dua", "satudua"),
    "an unclosed script hides the rest": ("satu <script>x()", "satu"),
    "an unclosed iframe hides nothing": ("satu <iframe src=x>dua", "satu dua"),
    "escaped twice": ("&lt;p&gt;caf&amp;eacute; &amp;amp; bar&lt;/p&gt;", "café & bar"),
    "an escaped script": ("&lt;script&gt;x()&lt;/script&gt;satu", "satu"),
    "a script escaped twice": ("&amp;lt;script&amp;gt;x()&amp;lt;/script&amp;gt;satu", "satu"),
    "a tag that is told of stays": ("The &lt;blink&gt; tag is gone", "The <blink> tag is gone"),
    "a handler": ("<img src=x onerror=x()>satu", "satu"),
    "an unknown tag": ("<st1:place>Almaty</st1:place>", "Almaty"),
    "an address in angle brackets": ("Desk <desk@example.org> di <https://e.example.org/x>", None),
    "a script inside a tag's name": ("<<script>x()</script>satu", "<satu"),
    "a script glued to another": ("<scr<script>ipt>x()</script>satu", "satu"),
    "an unclosed tag": ('satu <a href="x', "satu"),
    "an unclosed quote": ("<a title=\"b'>satu</a> dua", "satu dua"),
    "comments": ("satu<!-- > --><!---->dua<!-- tiga", "satudua"),
    "CDATA": ("<![CDATA[<b>satu</b>]]> dua", "satu dua"),
    "an address that runs": ("lihat javascript:alert(1)", "lihat javascript alert(1)"),
    "a language that is named": ("JavaScript: the parts", "JavaScript: the parts"),
    "control characters": ("sa\x00tu\x1b\ud800 d\u00adu\u200ba", "satu dua"),
    "no-break spaces": ("satu&nbsp;\u00a0dua", "satu dua"),
    "composed characters": ("cafe\u0301", "café"),
    "self-closing drawings": ("satu <svg/> dua", "satu dua"),
    "drawings": ("satu <svg><title>ikon</title></svg> dua", "satu dua"),
}


@pytest.mark.parametrize(("markup", "expected"), CASES.values(), ids=CASES)
def test_plain_text(markup: str, expected: str | None) -> None:
    assert plain_text(markup) == (markup if expected is None else expected)


def test_a_text_that_is_said_to_be_none_keeps_its_lines() -> None:
    assert plain_text("satu\ndua\n\n\ntiga  empat", literal=True) == "satu\ndua\n\ntiga empat"


def test_a_text_that_is_said_to_be_no_markup_keeps_what_looks_a_little_like_it() -> None:
    assert plain_text("Sumber <disamarkan> bicara", literal=True) == "Sumber <disamarkan> bicara"


def test_a_text_that_is_markup_against_its_word_is_read_as_markup() -> None:
    assert plain_text("<b>satu</b><script>x()</script>", literal=True) == "satu"


def test_a_line_is_one_line_and_bounded() -> None:
    assert plain_line("<p>satu</p><p>dua</p>") == "satu dua"
    assert plain_line("kata " * 900) == ("kata " * 200).strip()


def test_a_text_is_cut_to_its_limit() -> None:
    assert len(plain_text("a" * (TEXT_LIMIT * 2))) == TEXT_LIMIT


@pytest.mark.parametrize(
    "piece",
    [
        '<a "',
        "<!--",
        "<",
        "&",
        "&lt;",
        "&amp;",
        "<iframe>",
        "<svg><iframe>",
        "</",
        "<a on",
        " \n",
        "<a b='",
        "<a@",
        "<![CDATA[",
    ],
)
def test_no_text_takes_more_than_linear_time(piece: str) -> None:
    # Under the suite's time limit a quadratic pattern does not end: 400,000 code points took it minutes.
    assert len(plain_text(piece * (400_000 // len(piece)))) <= TEXT_LIMIT


_PIECES = """<p> </p> <script> </script>
&lt; &gt; &amp; < > " ' onclick= <b /> javascript: teks &#x3c; script <!-- -->
<svg/ onload=x = & ; lt <a&nbsp;href= &shy; &#173; scr ipt \u00ad e\u0301 \u200b <iframe &#0; [CDATA[ ]]> java &Tab;"""
fragments = st.lists(st.sampled_from([*_PIECES.split(), " ", "\n"]), max_size=25).map("".join)
LIVE = re.compile(
    r"</?(script|style|iframe|object|embed)\b|<[a-z!/?][^<>]*\bon[a-z]{3,20}\s*=|(java|vb)script\s*:\S", re.IGNORECASE
)


@given(fragments | st.text(), st.booleans())
def test_nothing_that_could_run_is_left(markup: str, literal: bool) -> None:  # noqa: FBT001 (a drawn value)
    text = plain_text(markup, literal=literal)
    assert not LIVE.search(text)
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    text.encode()


@given(
    st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc", "Cf"], blacklist_characters="<>&:"), max_size=60)
)
def test_plain_words_stay_what_they_are(words: str) -> None:
    wanted = " ".join(unicodedata.normalize("NFC", words).split())
    assert plain_line(words) == wanted
