"""The tables of ``news/rules`` with types: which keys are trackers, what a site's rule folds, which hosts are one.

``urls`` and ``hosts`` ask; nothing here parses an address. Patterns come from the tables that ship with storywatch,
never from a user or a feed; a user's own site rules (``news.siterules``) are put beside those by ``use_rules``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from news import rules as tables
from news.keytables import KeyRule, KeyTable
from news.rules import load
from news.siterules import SiteRule, read_rules


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Addresses that hold another's address."""

    #: hosts with their subdomains; a last ``.*`` stands for any public suffix
    hosts: tuple[str, ...]
    path: re.Pattern[str]
    #: query keys that may hold the address; empty: it stands in the path
    keys: tuple[str, ...]
    #: how it is written: plain, ``query``, ``proofpoint2``, ``proofpoint3``
    coding: str
    #: a template for the address that the path stands for, or None
    into: str | None


@dataclass(frozen=True, slots=True)
class HostRules:
    """What hosts mean."""

    mobile_labels: tuple[str, ...]
    platforms: frozenset[str]
    #: domains whose mobile hosts have the label within
    mobile_within: frozenset[str]
    wrappers: tuple[Wrapper, ...]


#: the rule of sites that have none
PLAIN_SITE = SiteRule()


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text)


def _key_table(rows: Sequence[Mapping[str, Any]]) -> KeyTable:
    return KeyTable(
        [
            (key, KeyRule(values=_pattern(row.get("values")), unless=_pattern(row.get("unless"))))
            for row in rows
            for key in row["keys"]
        ]
    )


@cache
def trackers() -> KeyTable:
    """The keys that are trackers everywhere."""
    return _key_table(load("trackers")["tracker"])


@cache
def views() -> KeyTable:
    """The keys that choose a view of an article everywhere."""
    return _key_table(load("views")["view"])


@cache
def built_in_rules() -> tuple[SiteRule, ...]:
    """The site rules that ship with storywatch. Raises ValueError where one is wrong: a broken installation."""
    found, wrong = read_rules(files(tables).joinpath("sites"))
    if wrong:
        raise ValueError(wrong)
    return tuple(found)


class _Own:
    """The user's own rules, and who remembers what rules have made of addresses."""

    rules: tuple[SiteRule, ...] = ()
    forget: list[Callable[[], None]] = []  # noqa: RUF012 - one for the process


def use_rules(rules: Sequence[SiteRule]) -> None:
    """Put a user's site rules beside the built-in ones, in place of those put there before."""
    if tuple(rules) == _Own.rules:
        return
    _Own.rules = tuple(rules)
    for forget in (_own_sites.cache_clear, site_rule.cache_clear, twins.cache_clear, *_Own.forget):
        forget()


def forgotten_with_rules(forget: Callable[[], None]) -> None:
    """Have ``forget`` called when rules change: for caches of what they make of addresses."""
    _Own.forget.append(forget)


def _by_host(rules: Sequence[SiteRule]) -> dict[str, SiteRule]:
    found: dict[str, SiteRule] = {}
    for rule in rules:
        for host in rule.hosts:
            found[host] = _both(found[host], rule) if host in found else rule
    return found


def _both(one: SiteRule, other: SiteRule) -> SiteRule:
    return SiteRule(
        hosts=one.hosts + other.hosts,
        trackers=one.trackers | other.trackers,
        same=one.same | other.same,
        paths=one.paths + other.paths,
        amp_paths=one.amp_paths and other.amp_paths,
        twins=one.twins + other.twins,
    )


@cache
def _built_in_sites() -> dict[str, SiteRule]:
    return _by_host(built_in_rules())


@cache
def _own_sites() -> dict[str, SiteRule]:
    return _by_host(_Own.rules)


@cache
def twins() -> Mapping[str, str]:
    """A publisher's further hosts, each with the host that stands for all."""
    found = {domain: f"www.{domain}" for domain in load("hosts")["www"]}
    for rule in (*built_in_rules(), *_Own.rules):
        found.update(rule.twins)
    # One step leads to the end, however rules are chained.
    return {host: _last(host, found) for host in found}


def _last(host: str, twins: Mapping[str, str]) -> str:
    seen = []
    while host in twins and host not in seen:
        seen.append(host)
        host = twins[host]
    return min(seen[seen.index(host) :]) if host in seen else host


def domains(host: str) -> Iterator[str]:
    """The host, then each domain above it: a.b.c, b.c, c."""
    while host:
        yield host
        host = host.partition(".")[2]


@lru_cache(maxsize=4096)
def site_rule(host: str) -> SiteRule:
    """The rule of the publisher that the host belongs to: of the nearest domain that has one, a user's beside ours."""
    found = [
        next(sites[domain] for domain in domains(host) if domain in sites)
        for sites in (_built_in_sites(), _own_sites())
        if any(domain in sites for domain in domains(host))
    ]
    if not found:
        return PLAIN_SITE
    return found[0] if len(found) == 1 else _both(*found)


@cache
def host_rules() -> HostRules:
    """What ``hosts.toml`` says."""
    table = load("hosts")
    return HostRules(
        mobile_labels=tuple(table["mobile_labels"]),
        platforms=frozenset(table["platforms"]),
        mobile_within=frozenset(table["mobile_within"]),
        wrappers=tuple(
            Wrapper(
                hosts=tuple(row["hosts"]),
                path=re.compile(row["path"]),
                keys=tuple(row.get("keys", ())),
                coding=row.get("coding", ""),
                into=row.get("into"),
            )
            for row in table["wrapper"]
        ),
    )


def wrapper(host: str, suffix: str, path: str, query: str | None) -> tuple[Wrapper, re.Match[str]] | None:
    """The wrapper that an address is, with the match of its path (of its query, too, where it may hold that), or None.

    ``suffix`` is the host's public suffix, for hosts such as ``google.*``.
    """
    by_host = _wrappers_by_host()
    names = [name for name in domains(host) if name in by_host]
    if suffix:
        # news.google.co.id → news.google.*, google.*
        names += [f"{name}.*" for name in domains(host.removesuffix(suffix)[:-1]) if f"{name}.*" in by_host]
    for name in names:
        for found in by_host[name]:
            whole = path if query is None or found.coding != "proofpoint3" else f"{path}?{query}"
            match = found.path.match(whole)
            if match is not None:
                return found, match
    return None


@cache
def _wrappers_by_host() -> dict[str, list[Wrapper]]:
    found: dict[str, list[Wrapper]] = {}
    for row in host_rules().wrappers:
        for host in row.hosts:
            found.setdefault(host, []).append(row)
    return found
