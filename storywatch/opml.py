"""OPML, the lists of feeds that readers exchange: bytes → feeds, and back.

::

    bytes ──decode──▶ text ──XML, else mended and XML again──▶ outlines ──▶ OpmlList(feeds, problems)
    feeds ──write──▶ bytes that read() gives back as the same feeds

Lists as people publish them are often no well-formed XML: a bare ``&``, a quotation mark inside an attribute, an
entity of HTML. Such a list is mended tag by tag and read all the same. A folder becomes a tag of the feeds in it.
Method: OPML 2.0 (http://opml.org/spec2.opml), sections "What is an <outline>?" and "Subscription lists".
"""

import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from news.errors import StorywatchError

#: bytes; a list of ten thousand feeds has about two million
LONGEST = 20_000_000
#: feeds that are taken from one list
MOST_FEEDS = 100_000

_TEXT_LONGEST = 500
_URL_LONGEST = 4_000

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<outline\b[^<]*", re.IGNORECASE)
_ATTRIBUTE_START = re.compile(r"""(?:\A|\s)([A-Za-z_:][\w:.-]*)\s*=\s*(["'])""")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")


class OpmlError(StorywatchError):
    """Bytes that are no list of feeds."""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed as a list names it."""

    #: http or https; may hold userinfo
    url: str
    name: str | None
    #: the folders that it lies in, from the outermost; then its categories
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpmlList:
    """What a list holds."""

    #: one an address, in the order of the list
    feeds: tuple[ListedFeed, ...]
    #: sentences about entries that are left out, and about mending
    problems: tuple[str, ...]


def read(body: bytes) -> OpmlList:
    """Read a list of feeds, however it is written.

    Raises OpmlError where it is none, or one that no reader should open.
    """
    if len(body) > LONGEST:
        raise OpmlError(f"the list is longer than {LONGEST // 1_000_000} MB")
    text = _DECLARATION.sub("", _decode(body))
    if "<!ENTITY" in text:
        raise OpmlError("the list declares entities of its own, which no list of feeds needs")
    root, mended = _parse(text)
    if root is None or not any(_name_of(element) in {"opml", "outline"} for element in _elements(root)):
        raise OpmlError("this is no OPML: it has no outline")
    feeds: dict[str, ListedFeed] = {}
    problems = ["the list is no well-formed XML; it was mended"] if mended else []
    for outline, folders in _outlines(root):
        attributes = {str(key).lower(): str(value) for key, value in outline.attrib.items()}
        address = attributes.get("xmlurl")
        if address is None:
            continue
        url = _address(address)
        if url is None:
            problems.append(f"{address.strip()[:80]!r} is neither an http nor an https address; it is left out")
            continue
        name = _line(attributes.get("title", "")) or _line(attributes.get("text", ""))
        feed = ListedFeed(
            url,
            name if name and name != url else None,
            _distinct([*folders, *_categories(attributes.get("category", ""))]),
        )
        first = feeds.get(url)
        feeds[url] = feed if first is None else _both(first, feed)
        if len(feeds) >= MOST_FEEDS:
            problems.append(f"the list has more than {MOST_FEEDS} feeds; the rest is left out")
            break
    return OpmlList(tuple(feeds.values()), tuple(problems))


def write(feeds: Iterable[ListedFeed], *, title: str = "Storywatch") -> bytes:
    """Write OPML 2.0: a folder for the first tag, folders in it for the further ones."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _line(title)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for feed in feeds:
        path: tuple[str, ...] = ()
        for tag in feed.tags:
            outer, path = folders[path], (*path, tag)
            if path not in folders:
                folders[path] = etree.SubElement(outer, "outline", text=_line(tag))
        name = _line(feed.name or "")
        attributes = {"type": "rss", "text": name or feed.url, "xmlUrl": feed.url}
        if name:
            attributes["title"] = name
        etree.SubElement(folders[path], "outline", attributes)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _decode(body: bytes) -> str:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    declared = _DECLARED.search(body[:400])
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return body.decode(encoding)
    except (LookupError, UnicodeError):
        return body.decode("utf-8", errors="replace")


def _parse(text: str) -> tuple[etree._Element | None, bool]:
    """Return the root, and whether the text had to be mended for it."""
    try:
        return etree.fromstring(text.encode("utf-8"), _parser(recover=False)), False
    except (etree.XMLSyntaxError, UnicodeEncodeError):
        mended = _TAG.sub(_mended_tag, _NOT_XML.sub("", text))
    try:
        return etree.fromstring(mended.encode("utf-8"), _parser(recover=True)), True
    except etree.XMLSyntaxError:
        return None, True


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )


def _mended_tag(matched: re.Match[str]) -> str:
    """Write one outline's tag anew: a value runs up to the last quotation mark before the next attribute."""
    tag = matched[0]
    end = tag.rfind(">")
    if end < 0:
        return tag
    empty = tag[end - 1] == "/"
    inner = tag[len("<outline") : end - empty]
    starts = list(_ATTRIBUTE_START.finditer(inner))
    written: dict[str, str] = {}
    ends = [*(following.start() for following in starts[1:]), len(inner)]
    for start, end_of_value in zip(starts, ends, strict=False):
        value = inner[start.end() : end_of_value]
        stop = value.rfind(start[2])
        written.setdefault(start[1], value[:stop] if stop >= 0 else value)
    attributes = "".join(f' {name}="{_escaped(value)}"' for name, value in written.items())
    return f"<outline{attributes}{'/' if empty else ''}>{_BARE_AMPERSAND.sub('&amp;', tag[end + 1 :])}"


def _escaped(value: str) -> str:
    return html.escape(html.unescape(value), quote=True)


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Yield every outline with the folders that it lies in, in the order of the list."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        inside = folders
        if _name_of(element) == "outline":
            yield element, folders
            attributes = {str(key).lower(): str(value) for key, value in element.attrib.items()}
            name = _line(attributes.get("title", "")) or _line(attributes.get("text", ""))
            if name and "xmlurl" not in attributes:
                inside = _distinct([*folders, name])
        waiting.extend((child, inside) for child in reversed(element) if isinstance(child.tag, str))


def _elements(root: etree._Element) -> Iterator[etree._Element]:
    return (element for element in root.iter() if isinstance(element.tag, str))


def _name_of(element: etree._Element) -> str:
    # Mending keeps names that no namespace has, such as "https:"; QName would refuse them.
    return str(element.tag).rpartition("}")[2].lower()


def _address(text: str) -> str | None:
    """Return an http(s) address; ``feed:`` in front of one is an old custom."""
    url = _NOT_XML.sub("", text).strip()
    if url.lower().startswith("feed:"):
        rest = url[len("feed:") :]
        url = rest if rest.lower().startswith(("http:", "https:")) else f"http:{rest}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    blank = any(character.isspace() for character in url)
    if blank or len(url) > _URL_LONGEST or not host or parts.scheme.lower() not in {"http", "https"}:
        return None
    return url


def _line(text: str) -> str:
    """Return a name on one line: NFC, without control characters, of bounded length."""
    clean = unicodedata.normalize("NFC", _NOT_XML.sub(" ", text))
    return " ".join(clean.split())[:_TEXT_LONGEST].strip()


def _categories(text: str) -> list[str]:
    """Read ``/Boston/Weather,news``: each step of each path is a tag."""
    return [name for path in text.split(",") for step in path.split("/") if (name := _line(step))]


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _both(first: ListedFeed, second: ListedFeed) -> ListedFeed:
    """Join two entries of one address: the first name, all tags."""
    return ListedFeed(first.url, first.name or second.name, _distinct([*first.tags, *second.tags]))
