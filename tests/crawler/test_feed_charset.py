"""Which characters a feed's bytes are."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.charset import decode
from crawler.feed import parse

NOW = datetime(2022, 1, 10, tzinfo=UTC)
RUSSIAN = "Порт закрыт до утра"
FRENCH = "Le café est fermé à midi"


def document(title: str, declared: str | None = None) -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return f'{declaration}<rss version="2.0"><channel><title>{title}</title></channel></rss>'


def title_and_problems(body: bytes, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    found = parse(body, url=None, content_type=content_type, now=NOW)
    return found.title, found.problems


@pytest.mark.parametrize(
    ("declared", "coded", "content_type"),
    [
        ("UTF-8", "utf-8", None),
        ("utf-8", "utf-8", "application/rss+xml; charset=utf-8"),
        (None, "utf-8", None),
        (None, "utf-8", "text/xml"),
        ("windows-1251", "cp1251", None),
        ("koi8-r", "koi8-r", "text/xml; charset=KOI8-R"),
        (None, "cp1251", 'text/xml; charset="windows-1251"'),
        ("iso-8859-5", "iso8859-5", "application/xml"),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-16-le", None),
        ("utf-16", "utf-16-be", None),
        ("utf-32", "utf-32", None),
        (None, "utf-8-sig", None),
    ],
)
def test_a_charset_that_is_named_rightly_is_no_problem(
    declared: str | None, coded: str, content_type: str | None
) -> None:
    body = document(RUSSIAN, declared).encode(coded)
    assert title_and_problems(body, content_type) == (RUSSIAN, ())


def test_utf_8_under_a_servers_latin_1_is_utf_8_and_a_problem() -> None:
    body = document(RUSSIAN, "UTF-8").encode()
    title, problems = title_and_problems(body, "text/xml; charset=iso-8859-1")
    assert title == RUSSIAN
    assert problems == ("The document is labelled iso-8859-1 but was read as utf-8.",)


def test_utf_8_that_everybody_calls_latin_1_is_utf_8() -> None:
    body = document(FRENCH, "ISO-8859-1").encode()
    title, problems = title_and_problems(body, "text/xml; charset=ISO-8859-1")
    assert title == FRENCH
    assert len(problems) == 1


def test_a_servers_default_yields_to_the_documents_own_charset() -> None:
    body = document(RUSSIAN, "windows-1251").encode("cp1251")
    title, problems = title_and_problems(body, "text/xml; charset=ISO-8859-1")
    assert title == RUSSIAN
    assert "labelled ISO-8859-1" in problems[0]


def test_latin_1_called_utf_8_is_read_as_windows_1252() -> None:
    body = document(FRENCH, "utf-8").encode("latin-1")
    title, problems = title_and_problems(body, "text/xml; charset=utf-8")
    assert title == FRENCH
    assert "windows-1252" in problems[0]


def test_a_declaration_of_utf_16_that_reads_byte_by_byte_is_not_believed() -> None:
    assert title_and_problems(document(RUSSIAN, "utf-16").encode(), None)[0] == RUSSIAN


def test_a_few_broken_characters_leave_utf_8() -> None:
    body = document(RUSSIAN, "utf-8").encode().replace("у".encode(), b"\xd1", 1)
    title, problems = title_and_problems(body, None)
    assert title == RUSSIAN.replace("у", "\ufffd")
    assert "U+FFFD" in problems[0]


def test_control_characters_do_not_cost_the_strict_reading() -> None:
    title, problems = title_and_problems(document("Po\x0brt\x00").encode(), None)
    assert title == "Port"
    assert problems == ("The document holds control characters that XML forbids; they were left out.",)


def test_a_byte_order_mark_and_blanks_before_the_feed_are_no_harm() -> None:
    assert title_and_problems(b"\xef\xbb\xbf \n\t" + document("Port").encode(), None) == ("Port", ())


@pytest.mark.parametrize("charset", ["hex", "rot13", "zlib", "punycode", "unicode_escape", "no-such-thing", "idna"])
def test_names_of_codecs_that_are_no_charsets_are_not_believed(charset: str) -> None:
    title, _ = title_and_problems(document(RUSSIAN).encode(), f"text/xml; charset={charset}")
    assert title == RUSSIAN


@given(st.binary(max_size=300), st.sampled_from([None, "text/xml; charset=utf-8", "a/b; charset=gb2312", "charset=="]))
def test_no_bytes_raise(body: bytes, content_type: str | None) -> None:
    decoded = decode(body, content_type)
    decoded.document.decode("utf-8")
    assert b"\x00" not in decoded.document
