"""The files of a configuration: TOML read, includes found, each file fitted to its shape, all put side by side.

::

    storywatch.toml ──TOML──▶ fit ──▶ Part ┐
         └─ include ──▶ desk.toml ──▶ Part ┴──▶ Parts: one of each single table, all of each list
"""

import glob
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from storywatch.config.models import FileShape, Shape, TargetTable
from storywatch.config.problems import Place, Problems, Source, shown
from storywatch.config.shape import fit

#: no configuration written by people is longer
LONGEST = 8 * 1024 * 1024

#: tables that stand once in all files together
_SINGLE = ("service", "operator", "store", "archive", "fetch", "smtp", "delivery", "templates", "rules", "web")

_TOML_PLACE = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)
_TOML_END = re.compile(r"^(?P<what>.*) \(at end of document\)$", re.DOTALL)

Table = TypeVar("Table", bound=Shape)


@dataclass(frozen=True, slots=True)
class Part:
    """One file, as far as it fits its shape."""

    source: Source
    shape: FileShape

    def place(self, *loc: str | int) -> Place:
        """Return a place in this file."""
        return Place(self.source, loc)


@dataclass(frozen=True, slots=True)
class Parts:
    """All files: the main one first, then the included ones by name."""

    all: tuple[Part, ...]

    @property
    def main(self) -> Part:
        """The file that was asked for."""
        return self.all[0]

    def single(self, name: str, model: type[Table]) -> tuple[Place, Table]:
        """Return a table that stands once, with its place; its defaults where no file has it."""
        for part in self.all:
            table = getattr(part.shape, name)
            if table is not None:
                return part.place(name), table
        return self.main.place(name), model()

    def has(self, name: str) -> bool:
        """Tell whether some file has this table."""
        return any(getattr(part.shape, name) is not None for part in self.all)

    def each(self, name: str) -> Iterator[tuple[Place, Any]]:
        """Yield the tables of a list over all files, each with its place."""
        for part in self.all:
            for position, table in enumerate(getattr(part.shape, name)):
                yield part.place(name, position), table

    def targets(self) -> Iterator[tuple[str, Place, TargetTable]]:
        """Yield the named targets over all files."""
        for part in self.all:
            for name, table in part.shape.targets.items():
                yield name, part.place("targets", name), table


def read(path: Path, problems: Problems, environ: Mapping[str, str]) -> Parts | None:
    """Read ``path`` and what it includes; None if nothing can be made of it."""
    source = Source(str(path), path)
    tables = _tables(source, problems)
    if tables is None:
        return None
    parts = [Part(source, fit(tables, Place(source), problems, environ))]
    for place, included in _included(parts[0], problems):
        more = _tables(included, problems, place)
        if more is not None:
            shape = fit(more, Place(included), problems, environ)
            if shape.include:
                text = "stands in an included file; accepted: in the main file only"
                problems.add(Place(included, ("include",)), text)
            parts.append(Part(included, shape))
    assembled = Parts(tuple(parts))
    _once(assembled, problems)
    return assembled


def _tables(source: Source, problems: Problems, asked: Place | None = None) -> dict[str, Any] | None:
    place = Place(source)
    try:
        with source.path.open("rb") as stream:
            content = stream.read(LONGEST + 1)
    except FileNotFoundError:
        hint = "write one with `storywatch init`, or name one with --config FILE"
        problems.add(place, f"does not exist; {hint}" if asked is None else "does not exist")
        return None
    except OSError as error:
        problems.add(place, f"cannot be read ({error.strerror}); accepted: a TOML file")
        return None
    if len(content) > LONGEST:
        problems.add(place, "is longer than 8 MB; accepted: a TOML file written by people")
        return None
    try:
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.add(place, f"line {line}: is not UTF-8; accepted: a TOML file in UTF-8")
    except tomllib.TOMLDecodeError as error:
        problems.add(place, _syntax(str(error)))
    except RecursionError:
        problems.add(place, "is nested too deeply; accepted: a TOML file written by people")
    except ValueError as error:
        # tomllib lets impossible dates and huge numbers through as plain ValueError.
        problems.add(place, f"holds a value that TOML cannot express ({error}); accepted: TOML 1.0")
    return None


def _syntax(text: str) -> str:
    found = _TOML_PLACE.match(text)
    if found:
        what = "a text is not closed on its line" if found["what"] == r"Illegal character '\n'" else found["what"]
        return f"line {found['line']}, column {found['column']}: {what}; accepted: TOML 1.0"
    ended = _TOML_END.match(text)
    what = f"at the end of the file: {ended['what']}" if ended else text
    return f"{what}; accepted: TOML 1.0"


def _included(main: Part, problems: Problems) -> Iterator[tuple[Place, Source]]:
    seen = {main.source.path.resolve()}
    for position, pattern in enumerate(main.shape.include):
        place = main.place("include", position)
        found = sorted(glob.glob(str(main.source.folder / pattern), recursive=True))  # noqa: PTH207 - absolute patterns
        if not found and not glob.has_magic(pattern):
            text = f"{shown(pattern)} does not exist; accepted: a file, or a pattern such as watchlists/*.toml"
            problems.add(place, text)
        for name in found:
            path = Path(name)
            if path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield place, Source(name, path)


def _once(parts: Parts, problems: Problems) -> None:
    """Tell of single tables, targets and aliases that stand in two files."""
    for name in _SINGLE:
        holders = [part for part in parts.all if getattr(part.shape, name) is not None]
        for part in holders[1:]:
            problems.add(part.place(name), f"stands in {holders[0].source.shown} too; accepted: once in all files")
    for table in ("targets", "aliases"):
        first: dict[str, Part] = {}
        for part in parts.all:
            for key in getattr(part.shape, table):
                holder = first.setdefault(key, part)
                if holder is not part:
                    text = f"the name stands in {holder.source.shown} too; accepted: a name of its own"
                    problems.add(part.place(table, key), text)
