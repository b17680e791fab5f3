"""The tables of ``news/rules`` with types: which keys are trackers, what a site's rule folds, which hosts are one.

``urls`` and ``hosts`` ask; nothing here parses an address. Patterns come from the tables that ship with storywatch,
never from a user or a feed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from news.rules import load


@dataclass(frozen=True, slots=True)
class KeyRule:
    """When a query key is a tracker."""

    #: the value must match as a whole, in lower case; None: any value
    values: re.Pattern[str] | None = None
    #: the value must not match as a whole; None: no exception
    unless: re.Pattern[str] | None = None

    def holds(self, value: str) -> bool:
        """Whether the key with this decoded value is a tracker."""
        value = value.casefold()
        if self.values is not None and not self.values.fullmatch(value):
            return False
        return self.unless is None or not self.unless.fullmatch(value)


class KeyTable:
    """Query keys, compared without regard to case; some stand for all that begin alike."""

    def __init__(self, rules: Mapping[str, KeyRule]) -> None:
        self._exact = {key: rule for key, rule in rules.items() if not key.endswith("*")}
        self._prefixes = tuple((key[:-1], rule) for key, rule in rules.items() if key.endswith("*"))

    def __contains__(self, pair: tuple[str, str]) -> bool:
        """Whether the decoded pair of key and value stands in the table."""
        key = pair[0].casefold()
        rule = self._exact.get(key)
        if rule is not None and rule.holds(pair[1]):
            return True
        return any(key.startswith(prefix) and rule.holds(pair[1]) for prefix, rule in self._prefixes)


@dataclass(frozen=True, slots=True)
class SiteRule:
    """What one publisher's addresses fold beyond the general rules."""

    #: keys dropped from the identity and from what is opened
    trackers: KeyTable
    #: keys that choose a view of the same article, dropped from the identity only
    same: KeyTable
    #: replacements on the quoted path, for the identity only
    paths: tuple[tuple[re.Pattern[str], str], ...]
    #: whether ``/amp`` at an end of the path is a view, not a page
    amp_paths: bool


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Addresses that hold another's address."""

    #: hosts with their subdomains; a last ``.*`` stands for any public suffix
    hosts: tuple[str, ...]
    path: re.Pattern[str]
    #: query keys that may hold the address; empty: it stands in the path
    keys: tuple[str, ...]
    #: a template for the address that the path stands for, or None
    into: str | None


@dataclass(frozen=True, slots=True)
class HostRules:
    """What hosts mean."""

    mobile_labels: tuple[str, ...]
    #: a publisher's further hosts → the host that stands for all
    twins: Mapping[str, str]
    platforms: frozenset[str]
    wrappers: tuple[Wrapper, ...]
    amp_keys: frozenset[str]
    amp_value_keys: frozenset[str]


#: the rule of sites that have none
PLAIN_SITE = SiteRule(trackers=KeyTable({}), same=KeyTable({}), paths=(), amp_paths=True)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text)


@cache
def trackers() -> KeyTable:
    """The keys that are trackers everywhere."""
    rules: dict[str, KeyRule] = {}
    for group in load("trackers")["tracker"]:
        rule = KeyRule(values=_pattern(group.get("values")), unless=_pattern(group.get("unless")))
        rules.update((key.casefold(), rule) for key in group["keys"])
    return KeyTable(rules)


def _keys(names: Sequence[str]) -> KeyTable:
    return KeyTable({name.casefold(): KeyRule() for name in names})


def _site_rule(row: Mapping[str, Any]) -> SiteRule:
    return SiteRule(
        trackers=_keys(row.get("trackers", ())),
        same=_keys(row.get("same", ())),
        paths=tuple((re.compile(pattern), replacement) for pattern, replacement in row.get("paths", ())),
        amp_paths=row.get("amp_paths", True),
    )


@cache
def _sites() -> dict[str, SiteRule]:
    return {host: rule for row in load("sites")["site"] for rule in [_site_rule(row)] for host in row["hosts"]}


def domains(host: str) -> Iterator[str]:
    """The host, then each domain above it: a.b.c, b.c, c."""
    while host:
        yield host
        host = host.partition(".")[2]


def site_rule(host: str) -> SiteRule:
    """The rule of the publisher that the host belongs to; the nearest domain's wins."""
    sites = _sites()
    return next((sites[domain] for domain in domains(host) if domain in sites), PLAIN_SITE)


@cache
def host_rules() -> HostRules:
    """What ``hosts.toml`` says."""
    table = load("hosts")
    twins = {domain: f"www.{domain}" for domain in table["www"]}
    for first, *others in table["twins"]:
        twins.update(dict.fromkeys(others, first))
    return HostRules(
        mobile_labels=tuple(table["mobile_labels"]),
        twins=twins,
        platforms=frozenset(table["platforms"]),
        wrappers=tuple(
            Wrapper(tuple(row["hosts"]), re.compile(row["path"]), tuple(row.get("keys", ())), row.get("into"))
            for row in table["wrapper"]
        ),
        amp_keys=frozenset(table["amp_keys"]),
        amp_value_keys=frozenset(table["amp_value_keys"]),
    )


def wrapper(host: str, suffix: str, path: str) -> tuple[Wrapper, re.Match[str]] | None:
    """The wrapper that an address is, with the match of its path, or None.

    ``suffix`` is the host's public suffix, for hosts such as ``google.*``.
    """
    for found in host_rules().wrappers:
        if any(_is_under(host, pattern, suffix) for pattern in found.hosts) and (match := found.path.match(path)):
            return found, match
    return None


def _is_under(host: str, pattern: str, suffix: str) -> bool:
    if pattern.endswith(".*"):
        if not suffix:
            return False
        pattern = pattern[:-1] + suffix
    return host == pattern or host.endswith("." + pattern)
