"""Tables of query keys: which pairs of key and value stand in one. Keys are compared without regard to case."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyRule:
    """With which values a query key stands in a table."""

    #: the value must match as a whole, in lower case; None: any value
    values: re.Pattern[str] | None = None
    #: the value must not match as a whole; None: no exception
    unless: re.Pattern[str] | None = None

    def holds(self, value: str) -> bool:
        """Whether the key with this decoded value stands in the table."""
        value = value.casefold()
        if self.values is not None and not self.values.fullmatch(value):
            return False
        return self.unless is None or not self.unless.fullmatch(value)


class KeyTable:
    """Query keys with their rules; a last ``*`` stands for all keys that begin so. A key may have several rules."""

    def __init__(self, rules: Mapping[str, KeyRule] | Iterable[tuple[str, KeyRule]]) -> None:
        self._exact: dict[str, list[KeyRule]] = {}
        prefixes: list[tuple[str, KeyRule]] = []
        for key, rule in rules.items() if isinstance(rules, Mapping) else rules:
            folded = key.casefold()
            if folded.endswith("*"):
                prefixes.append((folded[:-1], rule))
            else:
                self._exact.setdefault(folded, []).append(rule)
        self._prefixes = tuple(prefixes)
        self._beginnings = tuple(prefix for prefix, _ in prefixes)

    def __contains__(self, pair: tuple[str, str]) -> bool:
        """Whether the decoded pair of key and value stands in the table."""
        key = pair[0].casefold()
        exact = self._exact.get(key)
        if exact is not None and any(rule.holds(pair[1]) for rule in exact):
            return True
        return key.startswith(self._beginnings) and any(
            key.startswith(prefix) and rule.holds(pair[1]) for prefix, rule in self._prefixes
        )

    def __or__(self, other: "KeyTable") -> "KeyTable":
        """Both tables as one."""
        return KeyTable([*self._rows(), *other._rows()])

    def _rows(self) -> list[tuple[str, KeyRule]]:
        exact = [(key, rule) for key, rules in self._exact.items() for rule in rules]
        return exact + [(f"{prefix}*", rule) for prefix, rule in self._prefixes]
