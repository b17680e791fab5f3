"""Cutting known items out of a feed."""

from dataclasses import dataclass

import pytest
from feed_documents import rss

from crawler import items, syndication


@dataclass(frozen=True)
class Result:
    """A document read and cut."""

    document: bytes
    carried: tuple[bytes, ...]
    places: tuple[int | None, ...]


def cut(document: bytes, known: frozenset[bytes], limit: int) -> Result | None:
    found = items.read(document)
    if found is None:
        return None
    part = items.cut(found, known, limit)
    return Result(part.document, found.carried, part.places)


LATER_DEPENDS_ON_EARLIER = {
    "a prefix with two meanings": rss(
        '<x:creator xmlns:x="http://purl.org/dc/elements/1.1/">A</x:creator>',
        '<x:creator xmlns:x="https://example.org/ns">B</x:creator>',
    ),
    "a namespace with and without prefix": rss(
        '<y:score xmlns:y="https://example.org/ns/y">9</y:score>',
        '<score xmlns="https://example.org/ns/y">9</score>',
    ),
    "a language and a division in escaped content": rss(
        "<description><div>a</div></description>", "<title>b</title>"
    ).replace(b"<item>", b'<item xml:lang="ru">', 1),
    "a base and a division in escaped content": rss(
        "<description><div>a</div></description>", "<link>b</link>"
    ).replace(b"<item>", b'<item xml:base="https://x.example.org/d/">', 1),
    "a format that shows late": (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel/>'
        b'<item><x xmlns="http://www.w3.org/2005/Atom"/></item><item><title>a &amp;amp; b</title></item></rdf:RDF>'
    ),
}


@pytest.mark.parametrize("document", LATER_DEPENDS_ON_EARLIER.values(), ids=LATER_DEPENDS_ON_EARLIER)
def test_a_document_whose_items_depend_on_each_other_is_read_whole(document: bytes) -> None:
    uncut = cut(document, frozenset(), 9)
    assert uncut is not None
    part = cut(document, frozenset(uncut.carried[:1]), 9)
    assert part is not None
    assert part.document == document
    whole = syndication.read(document, None)
    # Were it cut, the later entry would be read otherwise: the rule is needed.
    naive = document[: document.index(b"<item")] + document[document.index(b"<item", document.index(b"</item>")) :]
    assert syndication.read(naive, None).entries[-1].fields != whole.entries[-1].fields


def test_the_cut_document_holds_only_the_new_item_and_what_surrounds_it() -> None:
    document = rss(*(f"<title>judul {number}</title>" for number in range(9)), head="<ttl>5</ttl>")
    uncut = cut(document, frozenset(), 100)
    assert uncut is not None
    part = cut(document, frozenset(uncut.carried) - {uncut.carried[4]}, 100)
    assert part is not None
    assert [number for number in range(9) if b"judul %d" % number in part.document] == [4]
    assert part.document.count(b"<item") == 3
    assert part.places == (None, 4, None)
    assert b"<ttl>5</ttl>" not in part.document


def test_a_document_of_new_items_is_not_written_anew() -> None:
    document = rss("<title>a</title>", "<title>b</title>")
    part = cut(document, frozenset(), 100)
    assert part is not None
    assert part.document is document


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<title>a</title>", "<title><!-- 12:00:01 -->a</title>"),
        ("<title>a &amp; b</title>", "<title><![CDATA[a & b]]></title>"),
        ("<title a='1'>a</title>", '<title a="1">a</title>'),
        ("<title>a</title><x/>", "<title>a</title><x></x>"),
    ],
)
def test_how_an_item_is_written_does_not_make_it_new(one: str, other: str) -> None:
    first, second = (cut(rss(item), frozenset(), 9) for item in (one, other))
    assert first is not None
    assert second is not None
    assert first.carried == second.carried


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rss("<title>a</title>"), rss("<title>b</title>")),
        (
            rss("<link>a</link>"),
            rss("<link>a</link>").replace(b"<channel>", b'<channel xml:base="https://a.example.org/">'),
        ),
        (rss("<title>a</title>"), rss("<title>a</title>").replace(b"<channel>", b'<channel xml:lang="ru">')),
    ],
)
def test_what_changes_an_entry_makes_its_item_new(one: bytes, other: bytes) -> None:
    first, second = (cut(document, frozenset(), 9) for document in (one, other))
    assert first is not None
    assert second is not None
    assert first.carried != second.carried


def test_what_changes_around_the_items_does_not_make_them_new() -> None:
    first, second = (cut(rss("<title>a</title>", head=f"<ttl>{n}</ttl>"), frozenset(), 9) for n in (1, 2))
    assert first is not None
    assert second is not None
    assert first.carried == second.carried


@pytest.mark.parametrize(
    "document",
    [
        b"<rss><channel><item><title>a</channel></rss>",
        b'<rss xmlns:m="https://m.example.org/"><channel><m:item/></channel></rss>',
        b"<rss><channel><item><item/></item></channel></rss>",
        b"<rss><channel><x><y><item/></y></x></channel></rss>",
    ],
)
def test_what_only_a_lenient_reader_can_tell_is_not_cut(document: bytes) -> None:
    assert cut(document, frozenset(), 9) is None


def test_what_stands_between_two_known_items_stays_between_two() -> None:
    text = b"<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>stray</content:encoded>"
    new = b"<item><title>a</title><description>b</description><description>b</description></item>"
    document = b'<rss version="2.0"><channel><item/>' + text + b"<item/>" + new + b"</channel></rss>"
    found = items.read(document)
    assert found is not None
    part = items.cut(found, frozenset(found.carried[:1]), 9)
    assert part.places == (None, None, 2)
    (*_, whole), (*_, rest) = (syndication.read(one, None).entries for one in (document, part.document))
    assert rest.fields == whole.fields
