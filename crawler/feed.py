"""A feed's bytes into entries: the one door of parsing.

::

    body ─▶ charset ─▶ sniff ─┬─ JSON ─▶ jsonfeed
                              └─ XML ─▶ doctype ─▶ items (known ones out) ─▶ syndication (feedparser) ─▶ entries
                                                    └─ syntax error: the whole document, leniently

Called by the crawl for every answer that is not "not modified", and by ``storywatch try feed``. Pure: nothing is
fetched, no file is read. RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, JSON Feed 1.0 and 1.1.
"""

import re
from datetime import datetime, timedelta
from hashlib import blake2b

from crawler import charset, doctype, items, syndication
from crawler.entries import Problems, Reader, language_tag, web_address
from crawler.jsonfeed import parse_json
from crawler.sniff import Kind, sniff
from crawler.syndication import Record, Syndication
from news.plain import plain_line
from news.types import Entry, FeedKind, ParsedFeed, PollHints

#: new entries that are taken from a document at one time; the rest comes with the next change of the document
ENTRY_LIMIT = 5000
#: a document beyond one of these takes longer than an event loop may be held up
LOOP_BYTES = 256 * 1024
LOOP_TAGS = 20_000
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST_HINT = timedelta(days=30)
_NUMBER = re.compile(r"\d{1,7}")


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
    part = items.cut(document, known, ENTRY_LIMIT)
    found = syndication.read(document if part is None else part.document, url)
    if part is not None and (found.malformed or len(found.entries) != len(part.places)):
        # Two parsers disagree: only a reading of the whole document is sure to be the same at every poll.
        found, part = syndication.read(document, url), None
    if found.malformed:
        problems.add(f"The XML is malformed and was read leniently: {found.malformed}.")
    reader = Reader(
        url=url,
        language=language_tag(found.feed.text("language")),
        is_atom=found.version.startswith("atom"),
        now=now,
        problems=problems,
    )
    if part is None:
        entries, hashes, carried, left_over = _leniently(found, reader, known)
    else:
        entries, hashes = _by_place(found, part, reader, known)
        carried, left_over = part.carried, part.left_over
    if part is not None and part.surplus:
        problems.add(f"The document carries {part.surplus} more items than {items.ITEM_LIMIT}; they are not looked at.")
    if left_over:
        problems.add(f"The document carries {left_over} more new entries than {ENTRY_LIMIT}; they are taken later.")
    return ParsedFeed(
        title=plain_line(found.feed.text("title") or "", literal=found.feed.kind("title") == "text/plain"),
        language=reader.language,
        kind=FeedKind.ATOM if reader.is_atom else FeedKind.RSS,
        url=web_address(found.feed.text("link"), url),
        entries=entries,
        hashes=hashes,
        carried=carried,
        problems=problems.told(),
        hints=_hints(found.feed),
    )


def _by_place(
    found: Syndication, part: items.Cut, reader: Reader, known: frozenset[bytes]
) -> tuple[tuple[Entry, ...], tuple[bytes, ...]]:
    wanted = [
        (record, place)
        for record, place in zip(found.entries, part.places, strict=True)
        if place is not None and part.carried[place] not in known
    ][:ENTRY_LIMIT]
    entries = tuple(reader.entry(record, part.elements[place]) for record, place in wanted)
    return entries, tuple(part.carried[place] for _, place in wanted)


def _leniently(
    found: Syndication, reader: Reader, known: frozenset[bytes]
) -> tuple[tuple[Entry, ...], tuple[bytes, ...], tuple[bytes, ...], int]:
    """Know entries by what they say, since their items could not be told from the bytes around them."""
    carried = tuple(items.item_hash(_said(record)) for record in found.entries[: items.ITEM_LIMIT])
    new = [place for place, own in enumerate(carried) if own not in known]
    taken = new[:ENTRY_LIMIT]
    entries = tuple(reader.entry(found.entries[place], None) for place in taken)
    return entries, tuple(carried[place] for place in taken), carried, len(new) - len(taken)


def _said(record: Record) -> bytes:
    texts = [record.text(key) or "" for key in ("id", "link", "title", "summary", "published", "updated")]
    texts += [part.text("value") or "" for part in record.records("content")]
    return "\0".join(texts).encode("utf-8", "replace")


def _hints(feed: Record) -> PollHints:
    ttl = _NUMBER.fullmatch(feed.text("ttl") or "")
    period = _PERIODS.get((feed.text("sy_updateperiod") or "").lower())
    frequency = _NUMBER.fullmatch(feed.text("sy_updatefrequency") or "1")
    return PollHints(
        ttl=_hint(timedelta(minutes=int(ttl[0]))) if ttl else None,
        update_period=_hint(period / max(int(frequency[0]), 1)) if period and frequency else None,
    )


def _hint(value: timedelta) -> timedelta | None:
    return min(value, _LONGEST_HINT) if value else None
