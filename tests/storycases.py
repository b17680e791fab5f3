"""The labelled cases of ``cases/stories``: articles, and which of them are one story.

::

    THEME.toml ──of_file──▶ Case(name, articles, known_gap, why) … ──partition──▶ {{"wire", "daily"}, {"other"}}

A ``[[case]]`` has ``name``, ``why`` (what it is there for), ``language``, and ``known_gap`` where what is expected is
not met yet, and why not. Each ``[[case.article]]`` has ``id``, ``story`` (articles with the same name here are one),
``source``, ``title``, ``text``; ``url`` (the source's own page if absent), ``published`` (unknown if absent),
``language`` (the case's if absent) and ``reason``: why it belongs to its story, in the order as listed.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from news.storybook import Placed, StoryBook

FOLDER = Path(__file__).parent / "cases" / "stories"
_CASE = frozenset({"name", "why", "language", "known_gap", "article"})
_ARTICLE = frozenset({"id", "story", "source", "title", "text", "url", "published", "language", "reason"})

Partition = frozenset[frozenset[str]]


@dataclass(frozen=True)
class Told:
    """One article of a case."""

    id: str
    #: articles of the same name are one story
    story: str
    source: str
    url: str
    title: str
    text: str
    published: datetime | None
    language: str
    #: in the order as listed; None where the case does not say
    reason: str | None


@dataclass(frozen=True)
class Case:
    """One label."""

    name: str
    why: str
    #: why what is expected is not met yet; None where it is
    known_gap: str | None
    articles: tuple[Told, ...]

    @property
    def expected(self) -> Partition:
        """Which articles are one."""
        return grouped((one.id, one.story) for one in self.articles)


def files() -> list[str]:
    """The names of the files of cases."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def of_file(name: str) -> list[Case]:
    """The cases of one file."""
    return [_case(row) for row in tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["case"]]


def place(articles: Sequence[Told]) -> tuple[dict[str, Placed], Partition]:
    """Hand articles to a new book in this order; return each one's place, and which are one in the end."""
    book = StoryBook()
    placed: dict[str, Placed] = {}
    into: dict[str, str] = {}
    for one in articles:
        placed[one.id] = book.add(
            one.id, url=one.url, title=one.title, text=one.text, published=one.published, source=one.source
        )
        stays, *gone = placed[one.id].joins or (placed[one.id].story,)
        into.update(dict.fromkeys(gone, stays))
    return placed, grouped((of, _root(where.story, into)) for of, where in placed.items())


def grouped(pairs: Iterable[tuple[str, str]]) -> Partition:
    """Ids and the names of their groups → the groups."""
    groups: dict[str, set[str]] = {}
    for of, name in pairs:
        groups.setdefault(name, set()).add(of)
    return frozenset(frozenset(one) for one in groups.values())


def _root(story: str, into: Mapping[str, str]) -> str:
    while story in into:
        story = into[story]
    return story


def _case(row: Mapping[str, Any]) -> Case:
    """A case from its row; a row with a key that nobody reads fails here."""
    assert row.keys() <= _CASE, f"{row.get('name')}: {row.keys() - _CASE}"
    return Case(
        name=row["name"],
        why=row["why"],
        known_gap=row.get("known_gap"),
        articles=tuple(_told({"language": row["language"], **article}) for article in row["article"]),
    )


def _told(row: Mapping[str, Any]) -> Told:
    assert row.keys() <= _ARTICLE, f"{row.get('id')}: {row.keys() - _ARTICLE}"
    plain = {key: row[key] for key in ("id", "story", "source", "title", "text", "language")}
    url = row.get("url", f"https://{row['source']}/{row['id']}")
    return Told(url=url, published=row.get("published"), reason=row.get("reason"), **plain)
