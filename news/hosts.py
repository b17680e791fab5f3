"""Hosts of addresses: their one spelling, the host that a mobile twin stands for, and the site they belong to.

A **site** is what is treated politely as one: the registrable domain by the Public Suffix List as it ships with
tldextract (never fetched), its private section included, so that on a hosting platform each customer is a site of its
own; an IP address and a host without a public suffix are sites of their own. The port never counts.
"""

import re
from functools import lru_cache

import idna
import tldextract

from news.guard import literal_address
from news.urlrules import domains, forgotten_with_rules, host_rules, twins

_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_HOST = re.compile(r"[a-z0-9_~\-]+(?:\.[a-z0-9_~\-]+)*", re.ASCII)

#: RFC 1035, section 2.3.4, with room for what is written in another script
_MAX_HOST = 1000


@lru_cache(maxsize=4096)
def ascii_host(host: str) -> str | None:
    """The one spelling of a host: lower case, punycode (UTS 46), without a last dot; an address as its digits.

    IPv6 addresses come without brackets, and a mapped IPv4 address as that. None where it is no host.
    """
    host = host.strip()
    if not host or len(host) > _MAX_HOST:
        return None
    address = literal_address(host)
    if address is not None:
        mapped = getattr(address, "ipv4_mapped", None)
        return str(mapped or address)
    name = host.lower() if host.isascii() else _punycode(host)
    name = name.removesuffix(".")
    return name if _HOST.fullmatch(name) else None


def _punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, IndexError):
        return ""


@lru_cache(maxsize=4096)
def public_suffix(host: str) -> str:
    """The public suffix of a host in its one spelling; empty where it has none."""
    return "" if literal_address(host) else _SUFFIXES.extract_str(host).suffix


@lru_cache(maxsize=4096)
def site_of_host(host: str) -> str:
    """The site that a host in its one spelling belongs to."""
    if literal_address(host) is not None:
        return host
    below = host
    for domain in domains(host):
        if domain in host_rules().platforms:
            return below
        below = domain
    return _SUFFIXES.extract_str(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=4096)
def standing_host(host: str) -> str:
    """The host that stands for this one in an identity: its publisher's first, without ``m.``, ``mobile.``, ``amp.``.

    A label is taken off only where a registrable domain remains: ``m.co.uk`` and ``m.blogspot.com`` are names of their
    own.
    """
    rules = host_rules()
    if literal_address(host) is not None:
        return host
    if any(domain in rules.mobile_within for domain in domains(host)):
        first, *others = host.split(".")
        host = ".".join([first, *[label for label in others if label not in rules.mobile_labels]])
    while True:
        label, _, rest = host.partition(".")
        if label not in rules.mobile_labels or not _SUFFIXES.extract_str(rest).top_domain_under_public_suffix:
            break
        host = rest
    return twins().get(host, host)


forgotten_with_rules(standing_host.cache_clear)
