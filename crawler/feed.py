"""A feed's bytes into entries: the one door of parsing.

::

    body ─▶ charset ─▶ sniff ─┬─ JSON ─▶ jsonfeed
                              └─ XML ─▶ doctype ─▶ items ─┬─ head; new items ─▶ syndication (feedparser) ─▶ entries
                                                          └─ syntax error: the whole document, leniently

Called by the crawl for every answer that is not "not modified", and by ``storywatch try feed``. Pure: nothing is
fetched, no file is read. RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, JSON Feed 1.0 and 1.1.
"""

from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from lxml import etree

from crawler import charset, doctype, head, items, syndication
from crawler.entries import Problems, Reader, web_address
from crawler.jsonfeed import parse_json
from crawler.sniff import Kind, sniff
from crawler.syndication import Record
from news.types import FeedKind, ParsedFeed

#: new entries that are taken from a document at one time; the rest comes with the next change of the document
ENTRY_LIMIT = 5000
#: a document beyond one of these takes longer than an event loop may be held up
LOOP_BYTES = 256 * 1024
LOOP_TAGS = 20_000


class _Found(NamedTuple):
    record: Record
    #: its item, where the document is well-formed
    element: etree._Element | None
    #: of its item
    own: bytes


def body_hash(body: bytes) -> bytes:
    """Return the 16-byte hash by which a body that came before is known."""
    return blake2b(body, digest_size=16).digest()


def too_big_for_the_loop(body: bytes) -> bool:
    """Tell whether parsing ``body`` belongs in a process of its own."""
    return len(body) > LOOP_BYTES or body.count(b"<") > LOOP_TAGS


def parse(
    body: bytes,
    *,
    url: str | None,
    content_type: str | None,
    known: frozenset[bytes] = frozenset(),
    now: datetime,
) -> ParsedFeed:
    """Parse a feed's bytes; ``url`` is its address after redirects, the base of relative ones.

    Items whose hash is in ``known`` are listed in ``carried`` only. Raises NotAFeedError, whose message says what
    the bytes are instead; ChallengePageError where a page asks for a human, consent or a login.
    """
    problems = Problems()
    decoded = charset.decode(body, content_type)
    problems.add(*decoded.problems)
    sniffed = sniff(decoded.document, body)
    problems.add(sniffed.problem)
    base = web_address(url, None)
    if sniffed.kind is Kind.JSON:
        return parse_json(sniffed.document, url=base, known=known, limit=ENTRY_LIMIT, now=now, problems=problems)
    document, problem = doctype.tame(sniffed.document)
    problems.add(problem)
    return _parse_xml(document, base, known, now, problems)


def _parse_xml(
    document: bytes, url: str | None, known: frozenset[bytes], now: datetime, problems: Problems
) -> ParsedFeed:
    found = items.read(document)
    # feedparser joins addresses for every element that it meets: only where xml:base asks for it.
    base = url if items.has_base(document) else None
    read = None
    if found is not None and found.carried:
        if found.surplus:
            problems.add(f"The document carries {found.surplus} more items than {items.ITEM_LIMIT}; they are not seen.")
        about, carried = head.of_root(found.root, url), found.carried
        read = _by_place(found, known, base)
    if read is None:
        # Two readers disagree, or one has to forgive: only the whole document is read alike at every poll.
        whole = syndication.read(document, base)
        if whole.malformed:
            problems.add(f"The XML is malformed and was read leniently: {whole.malformed}.")
        about, carried = head.of_record(whole, url), tuple(items.item_hash(_said(entry)) for entry in whole.entries)
        read = [_Found(entry, None, own) for entry, own in zip(whole.entries, carried, strict=True) if own not in known]
    new = sum(own not in known for own in carried)
    if new > ENTRY_LIMIT:
        problems.add(f"The document carries {new} new entries; {ENTRY_LIMIT} were taken now, the rest later.")
    reader = Reader(url=url, language=about.language, is_atom=about.is_atom, now=now, problems=problems)
    entries = tuple(reader.entry(record, element) for record, element, _ in read[:ENTRY_LIMIT])
    return ParsedFeed(
        title=about.title,
        language=about.language,
        kind=FeedKind.ATOM if about.is_atom else FeedKind.RSS,
        url=about.url,
        entries=entries,
        hashes=tuple(own for _, _, own in read[:ENTRY_LIMIT]),
        carried=carried,
        problems=problems.told(),
        hints=about.hints,
    )


def _by_place(found: items.Items, known: frozenset[bytes], base: str | None) -> list[_Found] | None:
    """Return the new entries, each with its element and hash; None where feedparser sees other items than lxml."""
    if known.issuperset(found.carried):
        return []
    # The elements lose what stands in them when the document is cut, but for those that are new.
    part = items.cut(found, known, ENTRY_LIMIT)
    read = syndication.read(part.document, base)
    if read.malformed or len(read.entries) != len(part.places):
        return None
    placed = [(record, place) for record, place in zip(read.entries, part.places, strict=True) if place is not None]
    return [
        _Found(record, found.elements[place], found.carried[place])
        for record, place in placed
        if found.carried[place] not in known
    ]


def _said(record: Record) -> bytes:
    texts = [record.text(key) or "" for key in ("id", "link", "title", "summary", "published", "updated")]
    texts += [part.text("value") or "" for part in record.records("content")]
    return "\0".join(texts).encode("utf-8", "replace")
