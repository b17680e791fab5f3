"""Addresses: which article one stands for, which one a reader opens, whose host and site it is.

::

    address ──canonical──▶ identity     for comparing; never requested, never shown
    address ──openable───▶ address      for readers: the publisher's own, scheme and host as given
    address ──site_of────▶ site         for politeness
    address ──host_of────▶ host         for ``source:``
    address ──listed─────▶ address      for listings and logs: without what may be secret

``canonical`` is w3lib's ``canonicalize_url`` (RFC 3986, section 6.2) between our own tables in ``news/rules``:
trackers, views, mobile and AMP hosts, wrapped links, what a site's rule names. A key that stands in no table stays,
with or without a value. No function here raises on any text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus, urljoin

from w3lib.url import canonicalize_url

from news.hosts import ascii_host, public_suffix, site_of_host, standing_host
from news.urlrules import forgotten_with_rules, site_rule, trackers, views
from news.wrapped import held_in

#: longer addresses than any publisher's are left as they are
MAX_LENGTH = 8192

#: an identity is folded again until nothing changes; more rounds than any real address needs
_ROUNDS = 10

_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
#: RFC 3986, appendix B, with the slashes of browsers (WHATWG URL, "special authority slashes state")
_ADDRESS = re.compile(
    r"(?P<scheme>https?):[/\\]*(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_WITHOUT_SCHEME = re.compile(r"[^\s/\\?#:@]+\.[^\s/\\?#:@]+(?::\d{0,5})?(?=[/?#]|$)")
_AMP_LAST = re.compile(r"^(?P<page>/.+)/amp(?P<slash>/?)$")
_AMP_FIRST = re.compile(r"^/amp(?P<page>/.+)$")
#: ``a.amp``, ``a.amp.html``; ``a~amp.html`` of the German broadcasters
_AMP_SUFFIX = re.compile(r"^(?P<page>/.*[^/])(?:\.amp(?P<suffix>\.html?)?|~amp(?P<tilde>\.html?))$")
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/;]*", re.IGNORECASE)
#: ASP.NET, "Session-State Modes: cookieless": /(S(abc))/, with tickets and profiles beside it
_COOKIELESS = re.compile(r"/\((?:[AFSX]\([^()/]*\)){1,4}\)(?=/)")
#: what may not stand unquoted in an attribute or a header
_UNSAFE = re.compile(r"[\s<>\"`{}|^\\]")

_HTTP_PORT = 80
_HTTPS_PORT = 443
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class _Parts:
    """An http(s) address in pieces."""

    #: as given
    scheme: str
    #: in its one spelling
    host: str
    #: as given, without userinfo and port
    given_host: str
    port: int | None
    #: as given
    path: str
    #: as given; None where there is no question mark
    query: str | None


def _clean(url: str) -> str:
    """Without what browsers ignore: surrounding blanks, tabs and line breaks, lone surrogates."""
    return _CONTROLS.sub("", _SURROGATES.sub("\ufffd", url).strip()).strip()


def _split(url: str) -> _Parts | None:
    """The pieces of a cleaned address, or None where it is no http(s) address with a host."""
    match = _ADDRESS.fullmatch(url)
    if match is None or len(url) > MAX_LENGTH:
        return None
    authority = match["authority"].rpartition("@")[2]
    given, port_text = authority, ""
    if authority.startswith("["):
        given, closing, port_text = authority.partition("]")
        given, port_text = given + closing, port_text.removeprefix(":")
    elif ":" in authority:
        given, _, port_text = authority.partition(":")
    given = given.strip()
    host = None if _UNSAFE.search(given) else ascii_host(given)
    if host is None or (port_text and not (port_text.isascii() and port_text.isdecimal())):
        return None
    port = int(port_text[:6]) if port_text else None
    if port is not None and port > _MAX_PORT:
        return None
    # Blanks before a fragment are at the end of what is left.
    path, query = match["path"].replace("\\", "/"), match["query"]
    if query is None:
        return _Parts(match["scheme"], host, given, port, path.rstrip(), None)
    return _Parts(match["scheme"], host, given, port, path, query.rstrip())


def _with_scheme(url: str) -> str:
    """Give an address without a scheme the one that nearly all have, where it begins with a public host."""
    if url.startswith("//"):
        return f"https:{url}" if _split(f"https:{url}") else url
    match = _WITHOUT_SCHEME.match(url)
    host = None if match is None else ascii_host(match[0].partition(":")[0])
    return f"https://{url}" if host and public_suffix(host) else url


def _pairs(query: str) -> Iterator[tuple[str, str, str]]:
    """The pieces of a query, each as (piece, decoded key, decoded value); empty ones are left out.

    A feed that escapes twice leaves ``amp;`` before its keys; it is no part of them.
    """
    for raw in query.split("&"):
        piece = raw
        while piece[:4].lower() == "amp;":
            piece = piece[4:]
        key, _, value = piece.partition("=")
        if key or value:
            yield piece, unquote_plus(key), unquote_plus(value)


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The identity of the article at an address: equal for addresses of one article, and folding it again keeps it.

    What is no http(s) address comes back stripped of surrounding blanks.
    """
    cleaned = _with_scheme(_clean(url))
    found = cleaned
    for _ in range(_ROUNDS):
        folded = _fold(found)
        if folded is None or folded == found:
            return found
        found = folded
    return found


def _fold(url: str) -> str | None:
    """One round of folding; None where there is nothing to fold."""
    parts = _unwrapped(url)
    if parts is None:
        return None
    host = standing_host(parts.host)
    rule = site_rule(host)
    drop = (trackers(), views(), rule.trackers, rule.same)
    kept = [
        piece for piece, key, value in _pairs(parts.query or "") if not any((key, value) in table for table in drop)
    ]
    default = {_HTTPS_PORT, _HTTP_PORT if parts.scheme.casefold() == "http" else _HTTPS_PORT}
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None and parts.port not in default:
        netloc += f":{parts.port}"
    # A blank at the end is part of the address here, which w3lib would take for the end of it.
    rest = f"{parts.path or '/'}{'?' if kept else ''}{'&'.join(kept)}".replace(" ", "%20")
    try:
        quoted = canonicalize_url(f"https://{netloc}{rest}")
    except ValueError:
        return None
    address, mark, query = quoted.partition("?")
    path = _COOKIELESS.sub("", _SESSION.sub("", address.removeprefix(f"https://{netloc}")))
    path = rule.fold(path)
    if rule.amp_paths:
        path = _without_print(_without_amp(path))
    return f"https://{netloc}{path}{mark}{query}"


def _without_amp(path: str) -> str:
    """The path of the page that an AMP path is a view of; a path of nothing but ``/amp`` is a page."""
    path = _AMP_LAST.sub(r"\g<page>\g<slash>", path)
    path = _AMP_FIRST.sub(r"\g<page>", path)
    return _AMP_SUFFIX.sub(lambda match: match["page"] + (match["suffix"] or match["tilde"] or ""), path)


def _without_print(path: str) -> str:
    """The path without the endpoint of WordPress's WP-Print and its like, below what is more than a section."""
    slash = "/" if path.endswith("/") else ""
    page, _, last = path.removesuffix("/").rpartition("/")
    name = page.rpartition("/")[2]
    return f"{page}{slash}" if last == "print" and any(sign in name for sign in "-0123456789") else path


def _unwrapped(url: str) -> _Parts | None:
    """The pieces of an address, or of the one that it wraps, however deep."""
    parts = _split(url)
    while parts is not None:
        # Ends: what is held in a path or a query is shorter, and what ``into`` builds wraps nothing.
        inner = _wrapped_in(parts)
        below = None if inner is None else _split(inner)
        if below is None:
            return parts
        parts = below
    return None


def _wrapped_in(parts: _Parts) -> str | None:
    """The address that an address wraps, or None."""
    inner = held_in(parts.host, public_suffix(parts.host), parts.path, parts.query, _pairs)
    return None if inner is None else _clean(inner)


@lru_cache(maxsize=4096)
def openable(url: str, base: str | None = None) -> str | None:
    """The address that a reader opens: the publisher's own, scheme and host as given, without trackers and fragment.

    A relative address is resolved against ``base``. None where that is no http or https address with a host, or names
    nothing but a place in ``base``. Userinfo is left out (it hides whose host follows), and what could leave an
    attribute or a header is quoted.
    """
    cleaned = _clean(url)
    if not cleaned or cleaned.startswith("#"):
        return None
    if base is not None and not _ADDRESS.fullmatch(cleaned):
        try:
            cleaned = urljoin(_clean(base), cleaned)
        except ValueError:
            return None
    elif cleaned.startswith("//"):
        cleaned = f"https:{cleaned}"
    parts = _unwrapped(cleaned)
    if parts is None:
        return None
    rule = site_rule(standing_host(parts.host))
    drop = trackers()
    kept = [
        piece
        for piece, key, value in _pairs(parts.query or "")
        if (key, value) not in drop and (key, value) not in rule.trackers
    ]
    port = "" if parts.port is None else f":{parts.port}"
    query = f"?{'&'.join(kept)}" if kept else ""
    return f"{parts.scheme.lower()}://{parts.given_host}{port}" + _UNSAFE.sub(_quoted, parts.path + query)


for _remembered in (canonical, openable):
    forgotten_with_rules(_remembered.cache_clear)


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def is_front_page(identity: str) -> bool:
    """Whether a canonical URL names no more than a site: it tells no article from another."""
    match = _ADDRESS.fullmatch(identity)
    return match is not None and match["path"] in {"", "/"} and not match["query"]


def host_of(url: str) -> str:
    """The host of an address: lower case, punycode, without port and last dot; empty where there is none."""
    parts = _split(_with_scheme(_clean(url)))
    return "" if parts is None else parts.host


def site_of(url: str) -> str:
    """The site of an address, as ``news.hosts`` says; empty where the address has no host."""
    host = host_of(url)
    return site_of_host(host) if host else ""


def listed(url: str) -> str:
    """The address for listings and logs: without userinfo, query and fragment, which may hold secrets."""
    cleaned = _clean(url)
    parts = _split(cleaned)
    if parts is None:
        head = re.split(r"[?#]", cleaned, maxsplit=1)[0]
        scheme, mark, rest = head.partition("://")
        if not mark:
            return head
        authority, slash, path = rest.partition("/")
        return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme.lower()}://{parts.given_host}{port}{parts.path}"
