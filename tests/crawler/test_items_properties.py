"""Entries of the new items alone are those of the whole document."""

from datetime import UTC, datetime

from feed_documents import documents
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import items, syndication
from crawler.feed import parse
from news.types import ParsedFeed

NOW = datetime(2022, 1, 10, tzinfo=UTC)
URL = "https://example.org/feeds/rss.xml"


def parsed(document: bytes, known: frozenset[bytes] = frozenset()) -> ParsedFeed:
    return parse(document, url=URL, content_type="application/xml", known=known, now=NOW)


@settings(max_examples=400, deadline=None)
@given(documents(), st.data())
def test_feedparser_finds_the_same_in_the_cut_document_as_in_the_whole(document: bytes, data: st.DataObject) -> None:
    whole = syndication.read(document, URL)
    found = items.read(document)
    assert found is not None, "every generated document is well-formed"
    assert len(found.carried) == len(whole.entries)
    known = (
        frozenset(data.draw(st.lists(st.sampled_from(found.carried), unique=True))) if found.carried else frozenset()
    )
    part = items.cut(found, known, 100)
    read = syndication.read(part.document, URL)
    assert len(read.entries) == len(part.places)
    for record, place in zip(read.entries, part.places, strict=True):
        if place is not None:
            assert record.fields == whole.entries[place].fields
    kept = {place for place in part.places if place is not None}
    assert kept >= {place for place, own in enumerate(found.carried) if own not in known}


@settings(max_examples=200, deadline=None)
@given(documents(), st.data())
def test_parsing_with_known_items_gives_the_entries_of_the_others(document: bytes, data: st.DataObject) -> None:
    everything = parsed(document)
    assert everything.hashes == everything.carried
    carried = everything.carried
    known = frozenset(data.draw(st.lists(st.sampled_from(carried), unique=True))) if carried else frozenset()
    rest = parsed(document, known)
    wanted = [(entry, own) for entry, own in zip(everything.entries, carried, strict=True) if own not in known]
    assert list(zip(rest.entries, rest.hashes, strict=True)) == wanted
    assert rest.carried == carried
    assert (rest.title, rest.language, rest.kind, rest.url) == (
        everything.title,
        everything.language,
        everything.kind,
        everything.url,
    )


@settings(max_examples=100, deadline=None)
@given(documents())
def test_no_entry_depends_on_what_stands_after_it_in_the_feed(document: bytes) -> None:
    # The hash of an item does not change because another item comes or goes.
    found = items.read(document)
    assert found is not None
    hashes = found.carried
    rest = items.cut(found, frozenset(hashes[:1]), 100).document
    again = items.read(rest)
    assert again is not None
    assert set(hashes[1:]) - set(hashes[:1]) <= set(again.carried)
