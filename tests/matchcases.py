"""The labelled cases of ``cases/match``: what a query must find in a text, and what it must not.

::

    LANGUAGE.toml, THEME.toml ──of_file──▶ Case(name, query, document, found, how, why) …

A file names its ``language``, and its ``aliases`` if its queries use any of their own. A ``[[case]]`` has:

``query``, ``title`` and ``text`` (empty if absent), ``language`` (the file's; "" is unknown), ``source``, ``url``;
``found``: the words shown, in order (empty for a query of restrictions alone), or ``matches = false``;
``how``: one for all the words, or a list; left out where it does not matter; ``why``: what the case is there for.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.query import Aliases, Query, parse
from alerts.try_match import document_of
from alerts.types import Document

FOLDER = Path(__file__).parent / "cases" / "match"
_KEYS = frozenset({"query", "title", "text", "language", "source", "url", "found", "matches", "how", "why"})


@dataclass(frozen=True)
class Case:
    """One label."""

    #: the file and the number within it, from 1
    name: str
    query: Query
    document: Document
    #: of the text, as labelled; "" if unknown
    language: str
    #: the words of the text that are shown, title first; None where the query does not hold
    found: tuple[str, ...] | None
    #: how each of them was found; None where the case does not say
    how: tuple[str, ...] | None
    why: str


def files() -> list[str]:
    """The names of the files of cases."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def of_file(name: str) -> list[Case]:
    """The cases of one file."""
    listed = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    aliases = Aliases.of(listed.get("aliases", {}).items())
    rows = enumerate(listed["case"], start=1)
    return [_case(f"{name}-{number}", {"language": listed["language"], **row}, aliases) for number, row in rows]


def _case(name: str, row: Mapping[str, Any], aliases: Aliases) -> Case:
    """A case from its row; a row that contradicts itself fails here."""
    assert row.keys() <= _KEYS, f"{name}: {row.keys() - _KEYS}"
    assert ("found" in row) != (row.get("matches") is False), f"{name}: expected either found or matches = false"
    found = tuple(row["found"]) if "found" in row else None
    how = row.get("how")
    if found is not None and isinstance(how, str):
        how = (how,) * len(found)
    return Case(
        name=name,
        query=parse(row["query"], aliases),
        document=document_of({"title": "", "text": "", **row, "language": row["language"] or None}),
        language=row["language"],
        found=found,
        how=None if how is None else tuple(how),
        why=row["why"],
    )
