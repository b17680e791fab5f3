"""The items of a feed that are new, cut out of it, so that only these are parsed in full.

::

    document ─read─▶ Items: lxml's tree, a hash per item ─cut─┬─ nothing known ─▶ the document as it came
               └▶ None: a syntax error, to be read leniently  └─ some known ─▶ the new items and what bears on them

What bears on an item (namespaces, ``xml:lang``, ``xml:base``, odd elements around it) stays, so feedparser finds the
same entry as in the whole document. Where items are taken out, one empty item stays in place of each run of them:
feedparser carries some of its state from one item to the next, and this resets it as the items would have. Documents
in which more than that would leak from item to item are not cut. Pure; no entity or file outside the document is read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from lxml import etree

from news.errors import NotAFeedError

#: namespaces whose elements feedparser reads as the feed's own (its table, by URI)
FEED_SPACES = (
    "",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://purl.org/atom/ns#",
    "http://www.w3.org/2005/Atom",
    "http://backend.userland.com/rss",
    "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss",
)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
#: namespaces that make feedparser sure of the format at the root of an RDF document
_RDF_FORMATS = frozenset({"http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"})
#: URIs that may be both a default and a prefixed namespace without effect on later items
_SAFE_SPACES = frozenset([*(space.encode() for space in FEED_SPACES), b"http://www.w3.org/1999/xhtml"])
_ITEM_TAGS = frozenset(f"{{{space}}}{name}" if space else name for space in FEED_SPACES for name in ("item", "entry"))
_PREFIXED = re.compile(rb"""xmlns:([\w.-]+)\s*=\s*["']([^"']*)["']""")
_DEFAULT = re.compile(rb"""xmlns\s*=\s*["']([^"']*)["']""")
# Two expressions with a literal start, which are searched for ten times as fast as one with a choice.
_BASE, _LANG = re.compile(rb"base\s*="), re.compile(rb"lang\s*=")
#: feedparser reads names in any case; lxml does not
_ODD_CASE = (b"<Item", b"<ITEM", b"<Entry", b"<ENTRY")
#: elements around the items that bear on no entry; ``crawler.head`` reads what is wanted of them
_NAMES = (
    "title link description language copyright managingeditor webmaster pubdate lastbuilddate category generator docs"
)
_NAMES += (
    " cloud ttl rating skiphours skipdays subtitle tagline id updated modified published rights icon logo image items"
)
_WITHOUT_EFFECT = frozenset(f"{_NAMES} updateperiod updatefrequency updatebase".split())
_HASH_SIZE = 8
#: items that are looked at; no feed in use has as many
ITEM_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Items:
    """A well-formed feed with its items known by hash."""

    document: bytes
    root: etree._Element
    elements: tuple[etree._Element, ...]
    #: the hash of every item, in document order
    carried: tuple[bytes, ...]
    #: items beyond ITEM_LIMIT, which are not looked at
    surplus: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a feed to parse."""

    #: for feedparser
    document: bytes
    #: for each entry that feedparser will find in ``document``, its place among the items; None for a stand-in
    places: tuple[int | None, ...]


def item_hash(content: bytes) -> bytes:
    """Return the 8-byte hash by which an item is known."""
    return blake2b(content, digest_size=_HASH_SIZE).digest()


def read(document: bytes) -> Items | None:
    """Find the items of a feed; None where only feedparser's lenient reading can tell them.

    ``document`` is UTF-8 without declaration. Raises NotAFeedError for one that is nested too deeply to be a feed.
    """
    root = None if any(odd in document for odd in _ODD_CASE) else _parse(document)
    if root is None:
        return None
    elements = list(root.iter("{*}item", "{*}entry"))
    if not all(element.tag in _ITEM_TAGS and _stands_right(element, root) for element in elements):
        return None
    surplus, elements = elements[ITEM_LIMIT:], elements[:ITEM_LIMIT]
    for element in surplus:
        _remove(element)
    return Items(document, root, tuple(elements), tuple(_hashes(elements)), len(surplus))


def cut(found: Items, known: frozenset[bytes], limit: int) -> Cut:
    """Take the known items out of a feed, and all beyond ``limit`` new ones. The tree of ``found`` is used up."""
    new = [place for place, own in enumerate(found.carried) if own not in known]
    kept = frozenset(new[:limit])
    if not found.surplus and (len(kept) == len(found.elements) or _leaks(found.root, found.document)):
        return Cut(found.document, tuple(range(len(found.elements))))
    places = _take_out(found.elements, kept)
    for parent in {found.root, *(element for element in found.root if element.tag not in _ITEM_TAGS)}:
        for child in list(parent):
            if child.tag not in _ITEM_TAGS and etree.QName(child).localname.lower() in _WITHOUT_EFFECT:
                _remove(child)
    rest = etree.tostring(found.root, encoding="utf-8", xml_declaration=False)
    return Cut(rest, places)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _parse(document: bytes) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise NotAFeedError("The document is nested too deeply to be a feed.") from error
        return None


def _stands_right(element: etree._Element, root: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and (parent is root or parent.getparent() is root) and parent.tag not in _ITEM_TAGS


def _hashes(elements: list[etree._Element]) -> list[bytes]:
    """Hash each item as it is written, with the base and language that it inherits."""
    write: Callable[..., bytes] = etree.tostring
    contexts: dict[etree._Element, bytes] = {}
    found = []
    for element in elements:
        parent = element.getparent()
        if parent is None:
            continue
        if parent not in contexts:
            chain = [parent, *parent.iterancestors()]
            inherited = [node.get(_XML + name) or "" for node in chain for name in ("base", "lang")]
            contexts[parent] = "\0".join(inherited).encode()
        content = write(element, encoding="utf-8", with_tail=False)
        found.append(item_hash(contexts[parent] + content if any(contexts[parent]) else content))
    return found


def _take_out(elements: tuple[etree._Element, ...], kept: frozenset[int]) -> tuple[int | None, ...]:
    places: list[int | None] = []
    stand_in: etree._Element | None = None
    for place, element in enumerate(elements):
        parent = element.getparent()
        if place in kept:
            places.append(place)
            stand_in = None
        elif stand_in is not None and parent is not None and element.getprevious() is stand_in:
            # What else stands between two items ends a run: feedparser reads it as part of the one before it.
            parent.remove(element)
        else:
            element.clear()
            places.append(None)
            stand_in = element
    return tuple(places)


def _leaks(root: etree._Element, document: bytes) -> bool:
    """Tell whether something inside an item would change how feedparser reads a later one.

    Its table of prefixes is the document's, not the element's; its format may be settled late; and a ``div`` inside
    content that is said to be escaped puts its stacks of bases and languages out of step.
    """
    name = etree.QName(root)
    if name.localname not in {"rss", "feed"} and not _RDF_FORMATS.intersection(root.nsmap.values()):
        return True
    prefixes: dict[bytes, bytes] = {}
    if any(prefixes.setdefault(prefix, uri) != uri for prefix, uri in _PREFIXED.findall(document)):
        return True
    if not set(_DEFAULT.findall(document)).isdisjoint(set(prefixes.values()) - _SAFE_SPACES):
        return True
    if b"<div" not in document and b":div" not in document:
        return False
    inherited = _BASE.search(document) or _LANG.search(document)
    return inherited is not None and any(_is_loose(division) for division in root.iter("{*}div"))


def _is_loose(division: etree._Element) -> bool:
    for ancestor in division.iterancestors():
        if (ancestor.get("type") or "").lower().endswith(("xml", "xhtml")):
            return False
        if ancestor.tag in _ITEM_TAGS:
            break
    return True


def has_base(document: bytes) -> bool:
    """Tell whether addresses in a document may be relative to another than the document's own."""
    return _BASE.search(document) is not None


def raw_guid(element: etree._Element) -> tuple[str | None, bool]:
    """Return an item's guid as it is written, and whether the feed says outright that it is the item's address."""
    guid, is_link = element.get(_RDF + "about"), False
    for child in element:
        if isinstance(child.tag, str) and child.tag.rpartition("}")[2].lower() in {"guid", "id"}:
            if etree.QName(child).namespace not in {None, *FEED_SPACES}:
                continue
            guid = "".join(child.itertext()).strip() or guid
            is_link = child.get("isPermaLink", "").lower() == "true"
    return guid, is_link


def has_dublin_core_date(element: etree._Element) -> bool:
    """Tell whether an item has a ``dc:date``, which is its publication, not a change of it."""
    return element.find("{http://purl.org/dc/elements/1.1/}date") is not None
