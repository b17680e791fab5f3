"""Each folder of ``cases/feeds`` is a feed and what is understood of it."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.feed import parse
from news.types import ParsedFeed

CASES = Path(__file__).parents[1] / "cases" / "feeds"
NOW = datetime(2022, 1, 10, tzinfo=UTC)


def understood(found: ParsedFeed) -> dict[str, Any]:
    """Return a parsed feed as the case files show it: times as text, nothing that is empty."""
    feed = {"title": found.title, "language": found.language, "kind": found.kind.value, "url": found.url}
    hints = {name: value.total_seconds() for name, value in asdict(found.hints).items() if value is not None}
    entries = []
    for entry in found.entries:
        fields = asdict(entry) | {
            "published": entry.published and entry.published.text,
            "updated": entry.updated and entry.updated.text,
        }
        entries.append({name: value for name, value in fields.items() if value})
    return {"feed": feed | hints, "entries": entries, "problems": list(found.problems)}


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_feed(case: Path) -> None:
    body = next(case.glob("input.*")).read_bytes()
    found = parse(body, url="https://feeds.example.org/rss", content_type=None, now=NOW)
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(understood(found))) == expected


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_every_entry_can_be_parsed_alone(case: Path) -> None:
    body = next(case.glob("input.*")).read_bytes()
    everything = parse(body, url="https://feeds.example.org/rss", content_type=None, now=NOW)
    for place, own in enumerate(everything.carried):
        others = frozenset(everything.carried) - {own}
        alone = parse(body, url="https://feeds.example.org/rss", content_type=None, known=others, now=NOW)
        assert alone.entries == (everything.entries[place],)
        assert alone.carried == everything.carried
