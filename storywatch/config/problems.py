"""Problems of a configuration, all of them at once, each ``FILE: path.to.key: what is wrong, and what is accepted``.

::

    pydantic's errors ──▶ tell() ──┐
    cross checks ─────────────────▶ Problems ──▶ ConfigError
                                       └──────▶ warnings

A value that may be secret is never part of a message.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

Loc = tuple[str | int, ...]

_SHOWN_LONGEST = 80
_USERINFO = re.compile(r"(//)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the configuration."""

    #: as people named it
    shown: str
    path: Path

    @property
    def folder(self) -> Path:
        """What relative paths in it are relative to."""
        return self.path.parent


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a file."""

    source: Source
    loc: Loc = ()

    def at(self, *keys: str | int) -> "Place":
        """Return the place below this one."""
        return Place(self.source, self.loc + keys)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source.shown, ".".join(map(str, self.loc))) if part)


@dataclass(slots=True)
class Problems:
    """Collects problems and warnings, one a place."""

    found: dict[Place, str] = field(default_factory=dict)
    warned: dict[Place, str] = field(default_factory=dict)
    #: secret files that every user of the machine can read
    exposed: dict[Path, None] = field(default_factory=dict)

    def add(self, place: Place, text: str) -> None:
        """Note a problem, unless the place, or something that holds it, has one already."""
        if not self.has(place):
            self.found[place] = text

    def warn(self, place: Place, text: str) -> None:
        """Note a warning."""
        self.warned.setdefault(place, text)

    def expose(self, path: Path) -> None:
        """Note a secret file that every user can read."""
        self.exposed[path] = None

    def has(self, place: Place) -> bool:
        """Tell whether this place or one above it has a problem."""
        return any(Place(place.source, place.loc[:end]) in self.found for end in range(len(place.loc) + 1))

    def troubled(self, place: Place) -> bool:
        """Tell whether this place, one above it or one below it has a problem: its value is then not to be trusted."""
        depth = len(place.loc)
        below = any(other.source == place.source and other.loc[:depth] == place.loc for other in self.found)
        return below or self.has(place)

    def lines(self) -> list[str]:
        """Return all problems, in the order they were found."""
        return [f"{place}: {text}" for place, text in self.found.items()]

    def warnings(self) -> tuple[str, ...]:
        """Return all warnings."""
        return tuple(f"{place}: {text}" for place, text in self.warned.items())


def shown(value: object) -> str:
    """Write a value for a message, in TOML's notation, short, without the userinfo of an address."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            clean = _USERINFO.sub(r"\1…@", "".join(c if c.isprintable() else "�" for c in value))
            return f'"{clean}"' if len(clean) <= _SHOWN_LONGEST else f'"{clean[:_SHOWN_LONGEST]}…"'
        case list():
            return "a list"
        case Mapping():
            return "a table"
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            written = str(value)
            return written if len(written) <= _SHOWN_LONGEST else f"{written[:_SHOWN_LONGEST]}…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``; None where there is none at all."""
    names = sorted(known)
    lowered = {candidate.lower(): candidate for candidate in names}
    closest = difflib.get_close_matches(name.lower()[:_SHOWN_LONGEST], lowered, n=1, cutoff=0.0)
    return lowered[closest[0]] if closest else None


def likely(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` probably means, or None."""
    names = list(known)
    closest = difflib.get_close_matches(name[:_SHOWN_LONGEST], names, n=1, cutoff=0.6)
    return closest[0] if closest else None
