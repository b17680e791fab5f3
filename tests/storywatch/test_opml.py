"""Lists of feeds as people publish them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storywatch import opml
from storywatch.opml import ListedFeed, OpmlError, read, write


def outline(attributes: str, inner: str = "") -> bytes:
    return f'<opml version="1.0"><body><outline {attributes}>{inner}</outline></body></opml>'.encode()


def listed(body: bytes) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return [(feed.url, feed.name, feed.tags) for feed in read(body).feeds]


FEED = '<outline type="rss" text="One" xmlUrl="https://one.example/rss"/>'


def test_folders_become_tags_from_the_outermost() -> None:
    inner = f'<outline text="Jakarta">{FEED}</outline>'
    assert listed(outline('text="Indonesia"', inner)) == [("https://one.example/rss", "One", ("Indonesia", "Jakarta"))]


def test_categories_become_tags_too() -> None:
    body = outline('text="One" xmlUrl="https://one.example/rss" category="/Boston/Weather, news"')
    assert listed(body) == [("https://one.example/rss", "One", ("Boston", "Weather", "news"))]


def test_the_title_names_a_feed_before_the_text() -> None:
    body = outline('text="short" title="The  long\nname" xmlUrl="https://one.example/rss"')
    assert listed(body)[0][1] == "The long name"


def test_an_address_in_two_folders_is_one_feed_with_both_tags() -> None:
    body = f'<opml><body><outline text="a">{FEED}</outline><outline text="b">{FEED}</outline></body></opml>'.encode()
    assert listed(body) == [("https://one.example/rss", "One", ("a", "b"))]


def test_attributes_are_found_in_any_letter_case() -> None:
    assert listed(outline('TEXT="One" XMLURL="https://one.example/rss"'))[0][:2] == ("https://one.example/rss", "One")


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('title="News & views" xmlUrl="https://one.example/rss?a=1&b=2"', "News & views"),
        ('title="The "Daily" paper" xmlUrl="https://one.example/rss?a=1&amp;b=2"', 'The "Daily" paper'),
        ('title="Caf&eacute; &amp; bar" xmlUrl="https://one.example/rss?a=1&b=2"', "Café & bar"),
        ("title='It's' xmlUrl='https://one.example/rss?a=1&b=2'", "It's"),
        ('title="a\x0bb" xmlUrl="https://one.example/rss?a=1&b=2"', "ab"),
    ],
)
def test_what_is_no_well_formed_xml_is_mended(attributes: str, name: str) -> None:
    found = read(outline(attributes))
    assert [(feed.url, feed.name) for feed in found.feeds] == [("https://one.example/rss?a=1&b=2", name)]
    assert found.problems == ("the list is no well-formed XML; it was mended",)


def test_a_broken_entry_costs_none_of_its_neighbours() -> None:
    body = f'<opml><body><outline text="x" xmlUrl="https://x.example/"y"/>{FEED}</body></opml>'.encode()
    assert ("https://one.example/rss", "One", ()) in listed(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1251", "koi8-r"])
def test_the_encoding_is_the_declared_one(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><opml><body><outline text="Новости" xmlUrl="https://n.example/"/>'
    )
    assert listed((text + "</body></opml>").encode(encoding))[0][1] == "Новости"


@pytest.mark.parametrize(
    "address", ["ftp://one.example/", "javascript:alert(1)", "https://", "https://a b.example/", ""]
)
def test_what_cannot_be_polled_is_left_out_and_named(address: str) -> None:
    found = read(outline(f'text="x" xmlUrl="{address}"'))
    assert found.feeds == ()
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("address", "read_as"),
    [
        ("feed://one.example/rss", "http://one.example/rss"),
        ("feed:https://one.example/rss", "https://one.example/rss"),
        ("  https://one.example/rss \n", "https://one.example/rss"),
    ],
)
def test_old_customs_are_understood(address: str, read_as: str) -> None:
    assert listed(outline(f'text="x" xmlUrl="{address}"'))[0][0] == read_as


@pytest.mark.parametrize("body", [b"", b"   ", b"<html><body>no</body></html>", b"\x00\x01\x02", b'{"feeds": []}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(OpmlError):
        read(body)


def test_a_list_that_declares_entities_is_refused() -> None:
    bomb = '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><opml><body><outline text="&b;"/></body></opml>'
    for body in (bomb.encode(), bomb.encode("utf-16")):
        with pytest.raises(OpmlError, match="entities"):
            read(body)


def test_a_list_of_unreasonable_size_is_refused() -> None:
    with pytest.raises(OpmlError, match="longer than"):
        read(b"<opml>" + b" " * opml.LONGEST)


def test_folders_without_end_are_no_trouble() -> None:
    depth = 5000
    body = '<outline text="x">' * depth + FEED + "</outline>" * depth
    assert len(read(f"<opml><body>{body}{FEED}</body></opml>".encode()).feeds) <= 1


def test_what_is_written_is_opml_2() -> None:
    body = write([ListedFeed("https://one.example/rss?a=1&b=2", "One <1>", ("world",))])
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<opml version=\"2.0\">")
    assert b"<title>Storywatch</title>" in body


NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=20).map(opml._line).filter(bool)
URLS = st.integers(0, 50).map(lambda number: f"https://feed{number}.example/rss?a=1&b={number}")
FEEDS = st.lists(
    st.builds(ListedFeed, URLS, st.none() | NAMES, st.lists(NAMES, max_size=3, unique=True).map(tuple)),
    max_size=8,
    unique_by=lambda feed: feed.url,
)


@given(FEEDS)
def test_an_export_is_imported_as_the_same_feeds(feeds: list[ListedFeed]) -> None:
    again = read(write(feeds))
    assert sorted(again.feeds, key=lambda feed: feed.url) == sorted(feeds, key=lambda feed: feed.url)
    assert again.problems == ()
    assert write(again.feeds) == write(read(write(again.feeds)).feeds)


FRAGMENTS = st.sampled_from(
    [
        "<outline ",
        'text="',
        '"',
        "'",
        "xmlUrl=",
        "https://a.example/",
        "/>",
        ">",
        "</outline>",
        "&",
        "&amp;",
        "\n",
        "<",
        "é",
    ]
)


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_no_jumble_of_tags_raises_anything_but_what_is_meant(jumble: str) -> None:
    try:
        found = read(f"<opml><body>{jumble}</body></opml>".encode())
    except OpmlError:
        return
    assert all(feed.url.startswith("https://") for feed in found.feeds)
