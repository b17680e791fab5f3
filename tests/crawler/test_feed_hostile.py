"""Feeds that mean harm, or are merely beyond measure."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feed_documents import rss
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import feed, items
from crawler.feed import parse, too_big_for_the_loop
from news.errors import NotAFeedError
from news.types import ParsedFeed

NOW = datetime(2022, 1, 10, tzinfo=UTC)


def parsed(body: bytes, known: frozenset[bytes] = frozenset()) -> ParsedFeed:
    return parse(body, url="https://kabar.example.org/rss", content_type=None, known=known, now=NOW)


def test_a_file_named_by_an_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("rahasia")
    for declaration in (f'<!ENTITY s SYSTEM "{secret.as_uri()}">', f'<!ENTITY % s SYSTEM "{secret.as_uri()}"> %s;'):
        start = f"<!DOCTYPE rss [\n{declaration}\n]>"
        found = parsed(rss("<title>a &s; b</title>", start=start))
        assert "rahasia" not in repr(found)
        assert any("dropped" in problem for problem in found.problems)


def test_entities_of_entities_do_not_expand() -> None:
    levels = "\n".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    start = f'<!DOCTYPE rss [\n<!ENTITY l0 "teks">\n{levels}\n]>'
    found = parsed(rss("<title>a &l9; b</title>", start=start))
    assert len(found.entries) == 1
    assert len(found.entries[0].title) < 100


def test_a_long_entity_named_often_does_not_expand() -> None:
    start = f'<!DOCTYPE rss [\n<!ENTITY a "{"x" * 50_000}">\n]>'
    found = parsed(rss(f"<title>judul</title><description>{'&a;' * 2_000}</description>", start=start))
    assert all(len(entry.text) < 60_000 for entry in found.entries)
    assert any("entity declarations were dropped" in problem for problem in found.problems)


@pytest.mark.parametrize("start", ['<!DOCTYPE rss [ <!ENTITY a "b">', '<!DOCTYPE rss><!ENTITY a "b">', "<!DOCTYPE"])
def test_a_document_type_that_is_no_such_is_dropped(start: str) -> None:
    assert [entry.title for entry in parsed(rss("<title>judul</title>", start=start)).entries] == ["judul"]


def test_nesting_beyond_measure_is_refused() -> None:
    with pytest.raises(NotAFeedError, match="nested too deeply"):
        parsed(rss("<description>" + "<b>" * 5_000 + "</b>" * 5_000 + "</description>"))


def test_more_entries_than_the_limit_are_taken_over_several_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ENTRY_LIMIT", 3)
    body = rss(*(f"<title>{number}</title>" for number in range(8)))
    known: frozenset[bytes] = frozenset()
    titles: list[str] = []
    polls = 0
    while len(titles) < 8:
        found = parsed(body, known)
        assert len(found.carried) == 8
        titles += [entry.title for entry in found.entries]
        known |= frozenset(found.hashes)
        polls += 1
        assert bool(found.problems) == (len(titles) < 8)
    assert titles == [str(number) for number in range(8)]
    assert polls == 3


def test_items_beyond_any_feeds_number_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "ITEM_LIMIT", 2)
    found = parsed(rss("<title>0</title>", "<title>1</title>", "<title>2</title>"))
    assert [entry.title for entry in found.entries] == ["0", "1"]
    assert len(found.carried) == 2
    assert any("1 more items" in problem for problem in found.problems)


def test_problems_have_an_end() -> None:
    found = parsed(rss(*(f"<title>a</title><pubDate>nonsense {number}</pubDate>" for number in range(40))))
    assert len(found.problems) == 11
    assert found.problems[-1] == "And 30 more problems."


def test_texts_and_lists_have_an_end() -> None:
    words = "kata " * 60_000
    tags = "".join(f"<category>k{number}</category>" for number in range(200))
    found = parsed(rss(f"<title>{words}</title><description>{words}</description><guid>{words}</guid>{tags}"))
    entry = found.entries[0]
    assert len(entry.title) <= 1000
    assert len(entry.summary) <= 20_000
    assert len(entry.guid or "") <= 2000
    assert len(entry.categories) == 50


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,a",
        "ftp://kabar.example.org/a",
        "file:///etc/passwd",
        "https://",
        "https://a b/",
        "http://[::1",
        "http://kabar.example.org:port/",
        "mailto:desk@example.org",
    ],
)
def test_an_address_that_is_not_of_the_web_is_none(link: str) -> None:
    assert parsed(rss(f"<title>a</title><link>{link}</link>")).entries[0].url is None


def test_a_guid_is_an_address_only_if_it_is_one() -> None:
    guids = [
        "<guid>12345</guid>",
        "<guid>https://kabar.example.org/2</guid>",
        '<guid isPermaLink="true">/3</guid>',
        '<guid isPermaLink="false">https://kabar.example.org/4</guid>',
    ]
    found = parsed(rss(*guids))
    assert [entry.url for entry in found.entries] == [
        None,
        "https://kabar.example.org/2",
        "https://kabar.example.org/3",
        None,
    ]
    assert [entry.guid for entry in found.entries] == [
        "12345",
        "https://kabar.example.org/2",
        "/3",
        "https://kabar.example.org/4",
    ]


def test_big_documents_and_those_of_many_tags_are_not_for_the_loop() -> None:
    assert not too_big_for_the_loop(rss("<title>a</title>"))
    assert too_big_for_the_loop(b"a" * 300_000)
    assert too_big_for_the_loop(b"<a>" * 30_000)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*range(0, 600, 7)]), max_size=4), st.binary(min_size=1, max_size=3), st.booleans())
def test_a_damaged_feed_raises_nothing_else(places: list[int], damage: bytes, cut_off: bool) -> None:  # noqa: FBT001 (drawn)
    body = rss(
        "<title>a</title><content:encoded><![CDATA[<p>b</p>]]></content:encoded><pubDate>8 Jan 2022</pubDate>",
        '<title>c</title><image><url>x</url></image><textinput><name>n</name></textinput><source url="y">z</source>',
    )
    for place in places:
        body = body[:place] + damage + body[place + 1 :]
    with contextlib.suppress(NotAFeedError):
        parsed(body[: len(body) * 2 // 3] if cut_off else body)
