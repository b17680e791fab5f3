"""The newsroom's feeds as bytes: RSS 2.0 and 0.91, RDF, Atom and JSON Feed."""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from lxml import etree

from storywatch.demo.newsroom import FeedEntry, Outlet, local_time

_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS1 = "http://purl.org/rss/1.0/"
_ATOM = "http://www.w3.org/2005/Atom"

CONTENT_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "rss091": "text/xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}


def body(outlet: Outlet, entries: Sequence[FeedEntry], base: str) -> bytes:
    """Return the outlet's feed."""
    match outlet.kind:
        case "json":
            return _json(outlet, entries, base)
        case "atom":
            root = _atom(outlet, entries, base)
        case "rdf":
            root = _rdf(outlet, entries, base)
        case _:
            root = _rss(outlet, entries, base)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _markup(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))


def _add(parent: etree._Element, tag: str, text: str, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, tag, attributes)
    child.text = text
    return child


def _rss(outlet: Outlet, entries: Sequence[FeedEntry], base: str) -> etree._Element:
    old = outlet.kind == "rss091"
    root = etree.Element("rss", {"version": "0.91" if old else "2.0"}, nsmap=None if old else {"content": _CONTENT})
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", outlet.name)
    _add(channel, "link", base)
    _add(channel, "description", outlet.name)
    _add(channel, "language", outlet.language)
    for entry in entries:
        node = etree.SubElement(channel, "item")
        _add(node, "title", entry.title)
        _add(node, "link", entry.link)
        if old:
            _add(node, "description", entry.text)
            continue
        _add(node, "guid", entry.guid, isPermaLink="false")
        _add(node, "description", _markup(entry.text.split("\n\n")[0]))
        _add(node, f"{{{_CONTENT}}}encoded", _markup(entry.text))
        if entry.published:
            stamp = format_datetime(local_time(outlet, entry.published))
            _add(node, "pubDate", stamp.rsplit(" ", 1)[0] + " " + outlet.zone)
    return root


def _rdf(outlet: Outlet, entries: Sequence[FeedEntry], base: str) -> etree._Element:
    root = etree.Element(f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF, None: _RSS1, "dc": _DC, "content": _CONTENT})
    channel = etree.SubElement(root, f"{{{_RSS1}}}channel", {f"{{{_RDF}}}about": base})
    _add(channel, f"{{{_RSS1}}}title", outlet.name)
    _add(channel, f"{{{_RSS1}}}link", base)
    _add(channel, f"{{{_DC}}}language", outlet.language)
    for entry in entries:
        node = etree.SubElement(root, f"{{{_RSS1}}}item", {f"{{{_RDF}}}about": entry.guid})
        _add(node, f"{{{_RSS1}}}title", entry.title)
        _add(node, f"{{{_RSS1}}}link", entry.link)
        _add(node, f"{{{_RSS1}}}description", entry.text.split("\n\n")[0])
        _add(node, f"{{{_CONTENT}}}encoded", _markup(entry.text))
        if entry.published:
            _add(node, f"{{{_DC}}}date", entry.published.isoformat(timespec="seconds"))
    return root


def _atom(outlet: Outlet, entries: Sequence[FeedEntry], base: str) -> etree._Element:
    language = {"{http://www.w3.org/XML/1998/namespace}lang": outlet.language}
    root = etree.Element(f"{{{_ATOM}}}feed", language, nsmap={None: _ATOM})
    _add(root, f"{{{_ATOM}}}title", outlet.name)
    _add(root, f"{{{_ATOM}}}id", base)
    etree.SubElement(root, f"{{{_ATOM}}}link", {"href": base})
    for entry in entries:
        node = etree.SubElement(root, f"{{{_ATOM}}}entry")
        _add(node, f"{{{_ATOM}}}id", entry.guid)
        _add(node, f"{{{_ATOM}}}title", entry.title)
        etree.SubElement(node, f"{{{_ATOM}}}link", {"href": entry.link})
        _add(node, f"{{{_ATOM}}}content", _markup(entry.text), type="html")
        if entry.published:
            stamp = entry.published.isoformat(timespec="seconds")
            _add(node, f"{{{_ATOM}}}published", stamp)
            _add(node, f"{{{_ATOM}}}updated", stamp)
    return root


def _json(outlet: Outlet, entries: Sequence[FeedEntry], base: str) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "language": outlet.language,
        "home_page_url": base,
        "items": [
            {
                "id": entry.guid,
                "url": entry.link,
                "title": entry.title,
                "content_html": _markup(entry.text),
                **({"date_published": entry.published.isoformat(timespec="seconds")} if entry.published else {}),
            }
            for entry in entries
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode()
