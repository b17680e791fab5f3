"""Entries out of what feedparser found: plain texts, openable addresses, times without a guess.

::

    Record (feedparser's fields) + the item's element ─▶ Entry, problems

Pure. Every text that leaves here went through ``news.plain``, every address through ``web_address``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree

from crawler.items import has_dublin_core_date, raw_guid
from crawler.syndication import Record
from news.dates import parse_time
from news.plain import TEXT_LIMIT, plain_line, plain_text
from news.types import Entry, SourceTime

#: code points of a summary, of a guid and of an address; feeds have been seen to put whole pages there
SUMMARY_LIMIT = 20_000
_GUID_LIMIT = 2000
_URL_LIMIT = 4000
_NAME_LIMIT = 200
#: names, categories and files of one entry
_MANY = 50
#: sentences of one document; the rest is counted
_PROBLEM_LIMIT = 10

_LITERAL = "text/plain"
_NOT_TEXT = ("image/", "audio/", "video/")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\"'<>\\`\ud800-\udfff\u00a0\u2028\u2029]")
_BREAKS = re.compile(r"[\t\r\n]+")


@dataclass(slots=True)
class Problems:
    """Sentences about one document, each once, and not without end."""

    sentences: dict[str, None] = field(default_factory=dict)

    def add(self, *sentences: str | None) -> None:
        """Take in sentences; None is nothing."""
        self.sentences.update(dict.fromkeys(sentence for sentence in sentences if sentence))

    def told(self) -> tuple[str, ...]:
        """Return the sentences, the last of many being their number."""
        found = tuple(self.sentences)
        if len(found) <= _PROBLEM_LIMIT:
            return found
        return (*found[:_PROBLEM_LIMIT], f"And {len(found) - _PROBLEM_LIMIT} more problems.")


def web_address(text: str | None, base: str | None) -> str | None:
    """Return ``text`` as an absolute http(s) address, relative to ``base``; None if it is none.

    Characters that no address has are percent-encoded, so that it can stand in a mail or a page.
    """
    if not text or len(text) > _URL_LIMIT:
        return None
    text = _BREAKS.sub("", text.strip())
    try:
        text = urljoin(base, text) if base else text
        parts = urlsplit(text)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            return None
        # The port is read for its errors.
        _ = parts.port
    except ValueError:
        return None
    if _UNSAFE.search(parts.netloc):
        return None
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), text)


def language_tag(text: str | None) -> str | None:
    """Return a BCP 47 tag in lower case, or None if ``text`` is none."""
    tag = (text or "").strip().lower().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= 35 else None  # noqa: PLR2004 (RFC 5646 section 4.4.1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes entries out of the records of one document."""

    #: the feed's address
    url: str | None
    #: the feed's own language, for its times
    language: str | None
    is_atom: bool
    now: datetime
    problems: Problems

    def entry(self, record: Record, element: etree._Element | None) -> Entry:
        """Return one entry; ``element`` is its item, where the document was well-formed."""
        summary, content = self._texts(record)
        title = plain_line(record.text("title") or "", literal=record.kind("title") == _LITERAL)
        published, updated = self._times(record, element)
        return Entry(
            guid=self._guid(record, element),
            url=self._url(record, element),
            title=title,
            summary=summary,
            content=content,
            authors=_authors(record),
            published=published,
            updated=updated,
            categories=_lines(tag.text("term") or tag.text("label") for tag in record.records("tags")),
            language=_language(record),
            media=self._media(record),
        )

    def _texts(self, record: Record) -> tuple[str, str]:
        content = ""
        for part in record.records("content"):
            kind = (part.text("type") or "").lower()
            if not kind.startswith(_NOT_TEXT):
                found = plain_text(part.text("value") or "", literal=kind == _LITERAL)
                content = max(content, found, key=len)
        if len(content) >= TEXT_LIMIT - 1:
            self.problems.add(f"The text of an entry is longer than {TEXT_LIMIT} characters; the rest was left out.")
        if not record.kind("summary") and content:
            # feedparser repeats the content as the summary where there is none.
            return "", content
        summary = plain_text(record.text("summary") or "", literal=record.kind("summary") == _LITERAL)
        return summary[:SUMMARY_LIMIT].rstrip(), content

    def _guid(self, record: Record, element: etree._Element | None) -> str | None:
        # feedparser resolves a guid as if it were an address; it is wanted as given.
        raw = raw_guid(element)[0] if element is not None else None
        return plain_line(raw or record.text("id") or "", literal=True, limit=_GUID_LIMIT) or None

    def _url(self, record: Record, element: etree._Element | None) -> str | None:
        found = web_address(record.text("feedburner_origlink"), None) or web_address(record.text("link"), self.url)
        if found and record.text("link") == record.text("id"):
            raw, is_link = raw_guid(element) if element is not None else (record.text("id"), False)
            # A guid is the address only if it is one: "12345" beside the feed's address would be a guess.
            if raw and not is_link and web_address(raw, None) is None and not self._links(record):
                return None
        found = found or next(iter(self._links(record)), None)
        # An empty address resolves to the feed's own, which is no entry's.
        return None if found == self.url else found

    def _links(self, record: Record) -> list[str]:
        links = [link for link in record.records("links") if (link.text("rel") or "alternate") == "alternate"]
        return [found for link in links if (found := web_address(link.text("href"), self.url))]

    def _times(self, record: Record, element: etree._Element | None) -> tuple[SourceTime | None, SourceTime | None]:
        published = self._time(record.text("published")) or self._time(record.text("created"))
        updated = self._time(record.text("updated"))
        if published is None and not self.is_atom and (element is None or has_dublin_core_date(element)):
            # RSS has no time of change: feedparser's "updated" is dc:date, which is the publication.
            published = updated
        return published, updated

    def _time(self, text: str | None) -> SourceTime | None:
        found, problem = parse_time(text or "", language=self.language, now=self.now)
        self.problems.add(problem)
        return found

    def _media(self, record: Record) -> tuple[str, ...]:
        addresses = [link.text("href") for link in record.records("links") if link.text("rel") == "enclosure"]
        addresses += [
            media.text("url") for key in ("media_content", "media_thumbnail") for media in record.records(key)
        ]
        found = (web_address(address, self.url) for address in addresses)
        return tuple(dict.fromkeys(address for address in found if address))[:_MANY]


def _authors(record: Record) -> tuple[str, ...]:
    names = [author.text("name") or author.text("email") for author in record.records("authors")]
    return _lines(name for name in names if name) or _lines([record.text("author")])


def _lines(texts: Iterable[str | None]) -> tuple[str, ...]:
    found = (plain_line(text or "", limit=_NAME_LIMIT) for text in texts)
    return tuple(dict.fromkeys(line for line in found if line))[:_MANY]


def _language(record: Record) -> str | None:
    inside = [part.text("language") for part in record.records("content")]
    candidates = [record.text("language"), record.language("title"), *inside, record.language("summary")]
    return next((tag for candidate in candidates if (tag := language_tag(candidate))), None)
