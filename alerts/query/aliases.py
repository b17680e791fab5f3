"""Sets of names: what ``@name`` in a query stands for.

::

    [aliases] ──read_aliases──▶ Aliases ──members("@almaty")──▶ leaves, any of which is to be found
                 └──▶ problems              ("@country:KZ") ──▶ those of ``alerts.query.countries``

An entry is a name: a word (in any form), several words (side by side, each in any form), ``=US``, ``protest*``,
``word~``, ``"a phrase"``, or ``@other``, which stands for all of another set. Names of sets are compared without
letter case. Pure: nothing here knows of files but the built-in table.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from alerts.query import countries, terms
from alerts.query.messages import RefusalError
from alerts.query.tree import Alias, Leaf, Node, walk
from news.text import normalise

#: sets as a configuration has them: pairs of a name and its entries
Written = tuple[tuple[str, tuple[str, ...]], ...]

#: what built-in sets of countries begin with
_COUNTRY = "country"
#: what stands behind @ in a query is never parted from it by these
_NAME = re.compile(r"[^\W_](?:[\w.-]*\w)?")
_LONGEST_NAME = 100
_ACCEPTED = 'a name of one or several words, also as =Word, begin*, word~ or "a phrase", or another @name'


class AliasProblem(NamedTuple):
    """What is wrong with a set."""

    #: the set's name as written
    name: str
    #: which of its entries, from 0; None for the name itself
    position: int | None
    #: what is wrong, and what is accepted
    text: str


@dataclass(frozen=True, slots=True)
class Aliases:
    """The sets that queries can name, the built-in ones always among them."""

    #: key → entries as written
    entries: Mapping[str, tuple[str, ...]]
    #: key → what the entries mean
    sets: Mapping[str, tuple[Leaf, ...]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, Sequence[str]]]) -> "Aliases":
        """The sets of ``Watchlist.aliases`` and the like; raises ValueError, which the configuration has ruled out."""
        found, problems = read_aliases(pairs)
        if problems:
            name, position, text = problems[0]
            raise ValueError(f"{name}{'' if position is None else f'[{position}]'}: {text}")
        return found

    def members(self, written: str, column: int) -> tuple[Leaf, ...]:
        """The terms that an ``@name`` stands for; raises RefusalError, with what is probably meant, for an unknown."""
        key = alias_key(written.removeprefix("@"))
        found = self.sets.get(key)
        if found is not None:
            return found
        name, colon, code = key.partition(":")
        if name == _COUNTRY:
            return _country(code, column)
        unquoted = "to search for the text itself, put it in quotes"
        if colon:
            raise RefusalError(
                f"there is no set {written}: expected a name in [aliases], or a country as in @country:KZ; {unquoted}",
                column,
            )
        raise RefusalError(f"there is no set {written} in [aliases]{self._nearest(key)}; {unquoted}", column)

    def used_in(self, nodes: Iterable[Node]) -> Written:
        """The configured sets that trees name, with those that these name in turn, by name; built-in ones left out."""
        waiting = [leaf.text for node in nodes for leaf in walk(node) if isinstance(leaf, Alias)]
        used: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in self.entries and key not in used:
                used.add(key)
                waiting += [alias_key(entry[1:]) for entry in self.entries[key] if entry.startswith("@")]
        return tuple((key, self.entries[key]) for key in sorted(used))

    def _nearest(self, key: str) -> str:
        """A half sentence that names what was probably meant."""
        country = countries.meant(key)
        if country is not None and not difflib.get_close_matches(key, self.sets, n=1, cutoff=0.8):
            return f": @{_COUNTRY}:{country} is built in"
        closest = difflib.get_close_matches(key[:_LONGEST_NAME], self.sets, n=1, cutoff=0.0)
        return f": the nearest is @{closest[0]}" if closest else ", which is empty"


def alias_key(name: str) -> str:
    """A set's name as it is compared."""
    return normalise(normalise(name).casefold())


def read_aliases(pairs: Iterable[tuple[str, Sequence[str]]]) -> tuple[Aliases, tuple[AliasProblem, ...]]:
    """Make sets of names of their entries; what is wrong is told, and the rest is kept.

    A set with a problem is still known, so that a query with it is not told of as well.
    """
    problems: list[AliasProblem] = []
    names: dict[str, str] = {}
    entries: dict[str, tuple[str, ...]] = {}
    for name, written in pairs:
        key = alias_key(name)
        if (text := _wrong_name(name, names.get(key))) is not None:
            problems.append(AliasProblem(name, None, text))
            continue
        if not written:
            problems.append(AliasProblem(name, None, "is empty; accepted: a list of names"))
        names[key] = name
        entries[key] = tuple(entry.strip() for entry in written)
    known = Aliases(MappingProxyType(entries), MappingProxyType(dict.fromkeys(entries, ())))
    parts: dict[str, list[tuple[Leaf, ...] | str]] = {key: [] for key in entries}
    for key, written in entries.items():
        for position, entry in enumerate(written):
            try:
                parts[key].append(_part(entry, known))
            except RefusalError as refusal:
                text = f"{refusal.message}; accepted: {_ACCEPTED}"
                problems.append(AliasProblem(names[key], position, text))
                parts[key].append(())
    for key, found in parts.items():
        for position, part in enumerate(found):
            if isinstance(part, str) and key in _reached(part, parts):
                text = f"leads back to @{names[key]} itself; accepted: names, and sets that do not hold this one"
                problems.append(AliasProblem(names[key], position, text))
    sets = {key: tuple(dict.fromkeys(_leaves(key, parts))) for key in parts}
    return Aliases(known.entries, MappingProxyType(sets)), tuple(problems)


#: what ``@name`` can be where nothing is configured
BUILT_IN = Aliases(MappingProxyType({}), MappingProxyType({}))


def _wrong_name(name: str, known: str | None) -> str | None:
    """What is wrong with the name of a set; None if nothing is."""
    if known is not None:
        return f"differs from {known} in letter case only, which does not count in queries; accepted: a name of its own"
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return "is a name that no query can say; accepted: letters and digits, with - _ or . between, as in almaty"
    return None


def _part(entry: str, known: Aliases) -> tuple[Leaf, ...] | str:
    """What an entry means: leaves, or the key of another configured set; raises RefusalError."""
    if not entry.startswith("@"):
        return (terms.entry(entry),)
    key = alias_key(entry[1:])
    return key if key in known.entries else known.members(entry, 1)


def _reached(key: str, parts: Mapping[str, Sequence[tuple[Leaf, ...] | str]]) -> list[str]:
    """A set and all that it names in turn, in order, each once."""
    found = {key: None}
    waiting = [key]
    while waiting:
        more = [part for part in parts[waiting.pop()] if isinstance(part, str) and part not in found]
        found.update(dict.fromkeys(more))
        waiting += more
    return list(found)


def _leaves(key: str, parts: Mapping[str, Sequence[tuple[Leaf, ...] | str]]) -> Iterator[Leaf]:
    """The leaves of a set and of those that it names."""
    for one in _reached(key, parts):
        for part in parts[one]:
            if not isinstance(part, str):
                yield from part


def _country(code: str, column: int) -> tuple[Leaf, ...]:
    """The names of a country; raises RefusalError for what is no code."""
    found = countries.members(code)
    if found is not None:
        return found
    meant = countries.meant(code)
    hint = f"; @{_COUNTRY}:{meant} is meant?" if meant else ""
    what = f"there is no country {code.upper()}" if code else f"@{_COUNTRY} stands before a country's code"
    raise RefusalError(f"{what}: expected a code of two letters (ISO 3166), as in @country:KZ{hint}", column)
