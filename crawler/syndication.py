"""feedparser behind one typed door: bytes in, nothing fetched, nothing raised but NotAFeedError.

feedparser is given bytes, never a string, since a string that looks like an address is fetched. Its resolving and
cleaning of markup is off: storywatch keeps plain text only (``news.plain``), which is safer and takes a third of the
time. Pure.
"""

import io
from dataclasses import dataclass
from typing import Any
from xml.sax import SAXException

import feedparser

from news.errors import NotAFeedError

# Each parse would look for this driver in vain, which costs as much as reading the head of a feed; and where somebody
# installed it, entries would come out of another parser than the tests know.
feedparser.api.PREFERRED_XML_PARSERS.clear()


@dataclass(frozen=True, slots=True)
class Record:
    """An entry, or the feed itself, as feedparser found it: its raw fields, typed on the way out."""

    fields: dict[str, Any]

    def text(self, key: str) -> str | None:
        """Return a field's text, or None."""
        # dict.get: feedparser's own get answers "updated" from "published" when there is none.
        value = dict.get(self.fields, key)
        return value.strip() or None if isinstance(value, str) else None

    def kind(self, key: str) -> str:
        """Return the media type of a text field, or an empty string."""
        detail = dict.get(self.fields, f"{key}_detail")
        return str(dict.get(detail, "type") or "") if isinstance(detail, dict) else ""

    def language(self, key: str) -> str | None:
        """Return the ``xml:lang`` in force at a text field, or None."""
        detail = dict.get(self.fields, f"{key}_detail")
        return Record(detail).text("language") if isinstance(detail, dict) else None

    def records(self, key: str) -> list["Record"]:
        """Return the records of a list field."""
        value = dict.get(self.fields, key)
        return [Record(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Syndication:
    """What feedparser made of a document."""

    feed: Record
    entries: tuple[Record, ...]
    #: feedparser's name of the format: ``rss20``, ``atom10`` …; empty where it knows none
    version: str
    #: why it had to be read leniently, or None
    malformed: str | None


def read(document: bytes, base: str | None) -> Syndication:
    """Parse a document in UTF-8; relative addresses are resolved if there is a ``base``.

    Raises NotAFeedError where feedparser itself gives up.
    """
    headers = {"content-type": "application/xml; charset=utf-8"}
    if base:
        headers["content-location"] = base
    try:
        found = feedparser.parse(
            io.BytesIO(document), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except Exception as error:
        # It raises KeyError, ValueError, AssertionError … on odd documents.
        raise NotAFeedError(f"The document could not be parsed: {type(error).__name__}: {error}.") from error
    malformed = dict.get(found, "bozo_exception") if dict.get(found, "bozo") else None
    return Syndication(
        feed=Record(found["feed"]),
        entries=tuple(Record(entry) for entry in found["entries"]),
        version=dict.get(found, "version") or "",
        malformed=None if malformed is None else _reason(malformed),
    )


def _reason(error: object) -> str:
    # The lines that a SAX error counts are those of the prepared document, not of what the publisher sent.
    message = error.getMessage() if isinstance(error, SAXException) else str(error)
    return " ".join(message.split())[:200]
