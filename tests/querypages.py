"""The examples of the pages on queries, as the tests run them.

::

    Query: `almaty unrest`                     the query of the lines below
    - ✓ Night of **unrest** in **Almaty**      found, and these words are shown
    - ✗ Unrest in Astana (en)                  not found; the text's language
    - ✓ **Almaty** is calm / All of it.        title / text
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from alerts.query import Aliases
from alerts.types import Document

DOCS = Path(__file__).parent.parent / "docs"
_ROW = re.compile(r"\| .*? \| `(.*?)` \| (.*?) \| (.*?) \|")
_TEXT = re.compile(r"(.*?)(?: \((\w\w)\))?")
_BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A text beneath a query."""

    query: str
    document: Document
    #: the words in bold, title and then text; None where the query does not find the text
    found: tuple[str, ...] | None


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text("utf-8")


def examples(name: str) -> list[Example]:
    """The examples of a page in order."""
    found = []
    query = ""
    for line in page(name).splitlines():
        if stated := re.fullmatch(r"Query: `(.*)`", line):
            query = stated[1]
        elif marked := re.fullmatch(r"- ([✓✗]) (.*)", line):
            found.append(_example(query, marked[2], holds=marked[1] == "✓"))
    return found


def rows(name: str) -> list[tuple[str, Document, Document]]:
    """The rows of tables with a query in the second column: it, a text that it finds, and one that it does not."""
    found = [_ROW.fullmatch(line) for line in page(name).splitlines()]
    return [(row[1], _document(row[2], "en"), _document(row[3], "en")) for row in found if row]


def _example(query: str, marked: str, *, holds: bool) -> Example:
    """One example of its line."""
    bold = tuple(re.findall(r"\*\*(.*?)\*\*", marked))
    return Example(query, _document(marked.replace("**", ""), None), bold if holds else None)


def _document(written: str, language: str | None) -> Document:
    """A text as the pages write it; ``language`` where it names none."""
    parts = _TEXT.fullmatch(written)
    assert parts is not None
    title, _, text = parts[1].partition(" / ")
    return Document(title, text, parts[2] or language, None, None, None)


def blocks(name: str) -> list[str]:
    """The pieces of configuration on a page."""
    return _BLOCK.findall(page(name))


def aliases(name: str) -> Aliases:
    """The sets of names that a page makes."""
    return Aliases.of(pair for block in blocks(name) for pair in tomllib.loads(block).get("aliases", {}).items())
