"""JSON Feed 1.0 and 1.1."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import jsonfeed
from crawler.feed import parse
from news.errors import NotAFeedError
from news.types import FeedKind, ParsedFeed

NOW = datetime(2022, 1, 10, tzinfo=UTC)
VERSION = "https://jsonfeed.org/version/1"


def parsed(feed: object, known: frozenset[bytes] = frozenset()) -> ParsedFeed:
    body = json.dumps(feed).encode()
    return parse(
        body, url="https://pasar.example.org/f.json", content_type="application/feed+json", known=known, now=NOW
    )


def test_version_1_0_with_one_author_and_a_number_for_an_id() -> None:
    item = {"id": 7, "url": "/7", "title": "Cabai", "content_text": "Turun.", "author": {"name": "Meja pasar"}}
    found = parsed({"version": VERSION, "title": "Pasar", "items": [item]})
    entry = found.entries[0]
    assert found.kind is FeedKind.JSON
    assert (entry.guid, entry.url, entry.authors) == ("7", "https://pasar.example.org/7", ("Meja pasar",))
    assert found.problems == ()


def test_known_items_are_carried_and_not_parsed() -> None:
    feed = {"version": VERSION, "title": "Pasar", "items": [{"id": str(number)} for number in range(4)]}
    everything = parsed(feed)
    rest = parsed(feed, frozenset(everything.carried[:3]))
    assert rest.entries == everything.entries[3:]
    assert rest.hashes == everything.carried[3:]
    assert rest.carried == everything.carried


def test_the_order_of_keys_does_not_make_an_item_new() -> None:
    one, other = (
        parsed({"version": VERSION, "title": "P", "items": [item]}).carried
        for item in ({"id": "1", "title": "a"}, {"title": "a", "id": "1"})
    )
    assert one == other


def test_a_time_that_cannot_be_read_is_a_problem() -> None:
    found = parsed({"version": VERSION, "title": "P", "items": [{"id": "1", "date_published": "kemarin"}]})
    assert found.entries[0].published is None
    assert found.problems == ('The time "kemarin" could not be read.',)


def test_an_empty_feed_is_a_feed() -> None:
    assert parsed({"version": VERSION, "title": "Pasar", "items": []}).entries == ()


@pytest.mark.parametrize("feed", [[], {"title": "a"}, {"version": VERSION, "items": {}}, "a", {"items": [1]}])
def test_other_json_is_no_feed(feed: object) -> None:
    with pytest.raises(NotAFeedError):
        parsed(feed)


def test_the_reader_stays_small() -> None:
    source = Path(jsonfeed.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 100


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "url", "id"]), inner, max_size=2)


json_values = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), nested, max_leaves=4)
KEYS = (
    "id url external_url title summary content_html content_text date_published author authors tags image attachments"
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS.split()), json_values, max_size=6) | json_values, max_size=3))
def test_no_value_of_any_key_raises(feed_items: list[Any]) -> None:
    found = parsed({"version": VERSION, "title": "P", "items": feed_items})
    assert len(found.entries) == sum(isinstance(item, dict) for item in feed_items)
    repr(found).encode()
