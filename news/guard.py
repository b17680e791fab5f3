"""Decides whether an address may be reached: no request of ours may end in a private network by accident.

::

    host ──literal_address──▶ address ──check_address──▶ None (go on) | a sentence (refused)
    name ──resolver─────────▶ address ──┘

Who calls: the crawler's resolver and the webhook's connector for every address they connect to, at connect time, so
that a name that resolves privately and a redirect are caught too; ``refuse_url`` before a request is made, for literal
hosts. The ranges are those of IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its
updates), with what is multicast, reserved or deprecated. ``allow_addresses`` of the configuration wins over every
range.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import unquote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_V4_RANGES = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier's customers"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local, where clouds serve their metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "deprecated relays"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("168.63.129.16/32", "a cloud's own platform"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved"),
)

_V6_RANGES = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "deprecated IPv4-compatible"),
    ("64:ff9b:1::/48", "local translation to IPv4"),
    ("100::/64", "discard only"),
    ("100:0:0:1::/64", "dummy prefix"),
    ("2001::/32", "Teredo tunnels"),
    ("2001:2::/48", "benchmarking"),
    ("2001:10::/28", "deprecated ORCHID"),
    ("2001:20::/28", "ORCHIDv2"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "deprecated site-local"),
    ("ff00::/8", "multicast"),
)

_RANGES: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(text), meaning) for text, meaning in (*_V4_RANGES, *_V6_RANGES)
)

#: the only IPv6 addresses that are given out as global unicast (IANA, RFC 4291)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")

#: longer than any form of an address that a resolver reads
_MAX_LITERAL = 256

_PART = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]*)|0(?P<octal>[0-7]*)|(?P<decimal>[1-9][0-9]*)")
_PARTS = 4
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
_SCHEME = re.compile(r"\A\s*([A-Za-z][A-Za-z0-9+.\-]*):[/\\]*(?P<rest>[^/?#\\]*)", re.ASCII)


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks in CIDR notation, or single addresses, as ``allow_addresses`` lists them.

    Host bits may be set: ``10.1.2.3/8`` is ``10.0.0.0/8``. Raises ValueError that names the text and what is accepted.
    """
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no network; accepted are an address or a network such as 10.0.0.0/8 or fd00::/8"
        ) from error


def literal_address(host: str) -> Address | None:
    """Read a host that is an address, in every form that a resolver takes for one; None if it is a name.

    IPv4 as ``inet_aton`` reads it (POSIX): one to four parts, each decimal, octal (0…) or hexadecimal (0x…), the last
    filling the remaining bytes; a last dot, percent escapes and full-width characters are folded as browsers fold them.
    IPv6 with or without brackets and zone.
    """
    if len(host) > _MAX_LITERAL:
        return None
    if "%" in host and ":" not in host:
        host = unquote(host)
    host = unicodedata.normalize("NFKC", host.translate(_DOTS)).strip()
    if ":" in host:
        return _v6(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    return _inet_aton(host.removesuffix("."))


def _v6(host: str) -> IPv6Address | None:
    try:
        return IPv6Address(host.partition("%")[0])
    except ValueError:
        return None


def _inet_aton(host: str) -> IPv4Address | None:
    parts = host.split(".")
    if len(parts) > _PARTS:
        return None
    numbers = [_number(part) for part in parts]
    *leading, last = numbers
    if last is None or last >= 256 ** (_PARTS + 1 - len(numbers)):
        return None
    value = 0
    for number in leading:
        if number is None or number > 255:  # noqa: PLR2004  # a byte's largest value
            return None
        value = value << 8 | number
    return IPv4Address((value << 8 * (_PARTS + 1 - len(numbers))) + last)


def _number(part: str) -> int | None:
    match = _PART.fullmatch(part)
    if match is None:
        return None
    if match["hex"] is not None:
        return int(match["hex"] or "0", 16)
    if match["octal"] is not None:
        return int(match["octal"] or "0", 8)
    return int(match["decimal"])


def check_address(address: str, allowed: Sequence[Network]) -> str | None:
    """Whether a connection to this address may be made: None, or the reason why not as a sentence.

    ``address`` is what a resolver returned. What is no address is refused: nothing may be connected to unchecked.
    """
    found = literal_address(address)
    if found is None:
        return f"{address!r} is no address, and so is not reached"
    return _check(found, str(found), allowed)


def _check(address: Address, shown: str, allowed: Sequence[Network]) -> str | None:
    """``shown`` is the address in the reader's words: with what it was written as, or embeds."""
    if any(address.version == network.version and address in network for network in allowed):
        return None
    embedded = _embedded(address)
    if embedded is not None:
        return _check(embedded, f"{shown}, which stands for {embedded},", allowed)
    for network, meaning in _RANGES:
        if address.version == network.version and address in network:
            return _sentence(shown, f"{network} ({meaning})", address)
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_V6:
            return _sentence(shown, "a range that is not given out (outside 2000::/3)", address)
    elif not address.is_global:
        # Ranges that IANA may add after this table was written.
        return _sentence(shown, "a range that is not globally reachable", address)
    return None


def _sentence(shown: str, where: str, address: Address) -> str:
    return (
        f"{shown} lies in {where}, which is not reached; if it is meant to be, list {address} or its network in "
        "allow_addresses"
    )


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped (RFC 4291), translated (RFC 7915), NAT64 (RFC 6052), 6to4."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def refuse_url(url: str, allowed: Sequence[Network]) -> str | None:
    """Whether a request may be tried: None, or the reason why not as a sentence.

    Judges what can be judged without asking a name server: the scheme, a missing host, a literal address, ``localhost``
    (RFC 6761). A name is judged by ``check_address`` once it is resolved.
    """
    match = _SCHEME.match(url)
    if match is None or match[1].casefold() not in {"http", "https"}:
        return "only http and https addresses are requested"
    host = _host(match["rest"])
    if not host:
        return "the address has no host"
    name = unicodedata.normalize("NFKC", unquote(host)).casefold().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return _check(IPv4Address("127.0.0.1"), f"{name}, which is 127.0.0.1,", allowed)
    address = literal_address(host)
    if address is None:
        return None
    plain = host.removeprefix("[").removesuffix("]")
    shown = plain if plain.casefold() == str(address) else f"{plain}, which is {address},"
    return _check(address, shown, allowed)


def _host(authority: str) -> str:
    """The host of an authority: without userinfo and port."""
    authority = authority.rpartition("@")[2].strip()
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]
