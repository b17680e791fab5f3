"""What a feed says of itself: title, language, address, how often to come.

::

    root of the XML ─▶ Head      where the document is well-formed: a poll without new items then needs no feedparser
    feedparser's record ─▶ Head  where it had to be read leniently

Pure. Addresses are resolved against ``xml:base`` and the feed's own; texts are plain.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from lxml import etree

from crawler.entries import language_tag, web_address
from crawler.items import FEED_SPACES
from crawler.syndication import Syndication
from news.plain import plain_line
from news.types import PollHints

_XML = "{http://www.w3.org/XML/1998/namespace}"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
_LITERAL = frozenset(["", "text", "text/plain", "xhtml", "application/xhtml+xml"])
_HTML_TYPES = frozenset(["", "html", "text/html", "xhtml", "application/xhtml+xml"])
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST_HINT = timedelta(days=30)
_NUMBER = re.compile(r"\d{1,7}")


@dataclass(frozen=True, slots=True)
class Head:
    """A feed without its entries."""

    title: str
    language: str | None
    #: the site that the feed names
    url: str | None
    is_atom: bool
    hints: PollHints


def of_root(root: etree._Element, url: str | None) -> Head:
    """Read the head of a well-formed feed; ``url`` is the feed's address."""
    is_atom = etree.QName(root).localname.lower() == "feed"
    channel = root if is_atom else next(_children(root, "channel"), root)
    language = [*_texts(channel, "language", _DUBLIN_CORE), root.get(f"{_XML}lang") or root.get("lang") or ""]
    titles = [_title(element) for element in _children(channel, "title")]
    dates = {name: next(iter(_texts(channel, name, _SYNDICATION)), "") for name in ("updatePeriod", "updateFrequency")}
    return Head(
        title=next((title for title in titles if title), "")
        or plain_line(next(iter(_texts(channel, "title", _DUBLIN_CORE)), ""), literal=True),
        language=language_tag(next((text for text in language if text), None)),
        url=_link(channel, url),
        is_atom=is_atom,
        hints=_hints(next(iter(_texts(channel, "ttl")), ""), dates["updatePeriod"], dates["updateFrequency"]),
    )


def of_record(found: Syndication, url: str | None) -> Head:
    """Read the head of what feedparser found."""
    feed = found.feed
    period, frequency = feed.text("sy_updateperiod") or "", feed.text("sy_updatefrequency") or ""
    return Head(
        title=plain_line(feed.text("title") or "", literal=feed.kind("title") == "text/plain"),
        language=language_tag(feed.text("language")),
        url=web_address(feed.text("link"), url),
        is_atom=found.version.startswith("atom"),
        hints=_hints(feed.text("ttl") or "", period, frequency),
    )


def _children(parent: etree._Element, name: str, space: str | None = None) -> Iterator[etree._Element]:
    for child in parent.iterchildren(f"{{*}}{name}"):
        found = etree.QName(child).namespace or ""
        if found == space or (space is None and found in FEED_SPACES):
            yield child


def _texts(parent: etree._Element, name: str, other_space: str | None = None) -> list[str]:
    """Return the texts of the feed's own elements of a name, and then of those of another namespace."""
    elements = [*_children(parent, name), *(_children(parent, name, other_space) if other_space else ())]
    return [text for element in elements if (text := "".join(element.itertext()).strip())]


def _title(element: etree._Element) -> str:
    literal = element.get("type", "").lower() in _LITERAL and element.get("mode") != "base64"
    return plain_line("".join(element.itertext()), literal=literal)


def _link(channel: etree._Element, url: str | None) -> str | None:
    """Return the last link that is the site's, as feedparser does."""
    address = None
    for element in _children(channel, "link"):
        of_page = element.get("rel", "alternate").lower() == "alternate"
        if of_page and element.get("type", "").lower() in _HTML_TYPES:
            address = (
                web_address(element.get("href") or element.text, urljoin(url or "", element.base or "")) or address
            )
    return address


def _hints(ttl: str, period: str, frequency: str) -> PollHints:
    minutes, times = _NUMBER.fullmatch(ttl), _NUMBER.fullmatch(frequency or "1")
    length = _PERIODS.get(period.lower())
    return PollHints(
        ttl=_hint(timedelta(minutes=int(minutes[0]))) if minutes else None,
        update_period=_hint(length / max(int(times[0]), 1)) if length and times else None,
    )


def _hint(value: timedelta) -> timedelta | None:
    return min(value, _LONGEST_HINT) if value else None
