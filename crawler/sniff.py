"""What a document is, told from its beginning: a feed, or what else stands in its place.

::

    document in UTF-8 ─▶ junk before the first tag? ─▶ JSON, feed root ─▶ Kind
                       └▶ HTML ─▶ challenge, consent, login, scripts only ─▶ an error that says so

Only bytes that do not begin as a feed are ever called a page, so an article about captchas in a feed is not one.
Pure.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from news.errors import ChallengePageError, NotAFeedError
from news.plain import plain_line, plain_text
from news.rules import load

#: how much of a page is looked at
_LOOKED_AT = 65_536
#: a page with fewer code points to read than this has no article in it
_SHORT = 1500
#: case-folded local names of the elements that feeds begin with (CDF's "channel" among them)
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
#: bytes that no text has, and their share that makes a file binary
_CONTROL = frozenset([*range(9), 11, *range(14, 27), *range(28, 32)])
_ENOUGH_CONTROL = 0.02
_MAGIC = (b"%PDF", b"\x1f\x8b", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"OggS", b"ID3")

_PROLOGUE = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_FEED_START = re.compile(rb"<(?:\?xml\s|(?:rss|feed)[\s>]|rdf:RDF[\s>])", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,300}?)</title", re.DOTALL)
_HTML = re.compile(rb"<!doctype\s+html|<(?:html|head|body|script|div|meta|title)[\s>]", re.IGNORECASE)


class Kind(Enum):
    """How a document is to be read."""

    XML = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A document that begins as a feed does."""

    kind: Kind
    #: the document without junk before it
    document: bytes
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Sign:
    says: str
    help: str
    anywhere: tuple[str, ...]
    title: tuple[str, ...]
    short: tuple[str, ...]


@cache
def _signs() -> tuple[_Sign, ...]:
    return tuple(
        _Sign(kind["says"], kind["help"], tuple(kind["anywhere"]), tuple(kind["title"]), tuple(kind["short"]))
        for kind in load("challenges")["kinds"]
    )


def sniff(document: bytes, body: bytes) -> Sniffed:
    """Tell how a document is to be read; ``body`` are the bytes that it was decoded from.

    Raises NotAFeedError, or ChallengePageError, whose message says what the document is instead.
    """
    if not document:
        raise NotAFeedError("The answer is empty: no feed, not even an empty one.")
    if document[:1] in b"{[":
        return Sniffed(Kind.JSON, document)
    root = _root(document)
    if root in _FEED_ROOTS:
        return Sniffed(Kind.XML, document)
    # Warnings of a broken server may stand in front of a feed, and are HTML too.
    start = None if root == "html" else _FEED_START.search(document[:_LOOKED_AT])
    if start and _root(document[start.start() :]) in _FEED_ROOTS:
        return Sniffed(Kind.XML, document[start.start() :], "Text stood before the feed; it was left out.")
    if _is_binary(body):
        raise NotAFeedError("The answer is a binary file, not a feed.")
    raise _page(document) if root == "html" or _HTML.search(document[:2048]) else _text(document, root)


def _root(document: bytes) -> str | None:
    position = 0
    while match := _PROLOGUE.match(document, position):
        position = match.end()
    match = _ROOT.match(document, position)
    return match[1].decode("ascii", "replace").casefold() if match else None


def _is_binary(body: bytes) -> bool:
    start = body[:2048]
    return start.startswith(_MAGIC) or sum(byte in _CONTROL for byte in start) > _ENOUGH_CONTROL * len(start)


def _text(document: bytes, root: str | None) -> NotAFeedError:
    if root is not None:
        return NotAFeedError(f"The answer is XML with the root <{root[:40]}>, which is no feed.")
    shown = plain_line(document[:2048].decode("utf-8", "replace"), limit=80)
    return NotAFeedError(f'The answer is text, not a feed: "{shown}".')


def _page(document: bytes) -> NotAFeedError:
    page = document[:_LOOKED_AT].decode("utf-8", "replace").casefold()
    match = _TITLE.search(page)
    title = plain_line(match[1], limit=120) if match else ""
    short = len(plain_text(page)) < _SHORT
    for sign in _signs():
        if (
            any(text in page for text in sign.anywhere)
            or any(text in title for text in sign.title)
            or (short and any(text in page for text in sign.short))
        ):
            return ChallengePageError(f"The address answers with {sign.says}: {sign.help}.")
    named = f' titled "{title}"' if title else ""
    return NotAFeedError(f"The answer is an HTML page{named}, not a feed: give the address of the feed itself.")
