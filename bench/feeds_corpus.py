"""Feeds of the corpora, parsed and compared with what their collections expect.

Reads ``feeds/*.jsonl.gz`` under ``STORYWATCH_CORPORA``; says so and skips where it is unset. Expectations state another
library's values, so they are normalised as the contract says first: titles to plain text, addresses that are not http
to none, times to instants, or to local times where the source names no offset.
"""

import base64
import gzip
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any

from crawler.feed import parse
from news.errors import NotAFeedError
from news.types import Entry, ParsedFeed, SourceTime

#: the share of feedparser's rows with a check on title, link, published or updated that must agree
AGREEMENT = 0.98
#: unified rows of gofeed that state what storywatch does otherwise, each with the reason
KNOWN_DIFFERENCES = {
    "gofeed/translator/atom/feed_item_updated_-_atom03_feed_entry_modified.xml": (
        "an Atom entry with a time of change alone has no time of publication: taking the one for the other is a guess"
    ),
}
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_LIVE = re.compile(r"<\s*/?\s*script|<[^<>]+\bon[a-z]+\s*=|(?:java|vb)script:", re.IGNORECASE)
_SLOW = 5.0

Row = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What came of the rows of one collection."""

    #: folder → rows with checks, and of these those that agree
    strict: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: the same over every check that has a counterpart
    wide: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)


def main() -> int:
    """Print the shares by folder and what disagrees; return 0 if the bars are met or there is nothing to read."""
    root = os.environ.get("STORYWATCH_CORPORA")
    if not root:
        print("feeds_corpus: STORYWATCH_CORPORA is not set; skipped.")
        return 0
    feedparser = _measure(list(_rows(Path(root) / "feeds" / "feedparser.jsonl.gz")), _feedparser_checks)
    gofeed = _measure(list(_rows(Path(root) / "feeds" / "gofeed.jsonl.gz")), _gofeed_checks)
    outside = _sum(counts for folder, counts in feedparser.strict.items() if "sanitize" not in folder)
    unified = gofeed.strict["unified"]
    unlisted = [line for line in gofeed.wrong if line.partition(" ")[0] not in KNOWN_DIFFERENCES]
    for name, tally in (("feedparser", feedparser), ("gofeed", gofeed)):
        _print(name, tally)
    share = outside["agree"] / max(outside["rows"], 1)
    print(f"feedparser, entry title, link, published, updated outside sanitize: {share:.1%} (bar {AGREEMENT:.0%})")
    print(f"gofeed, unified rows: {unified['agree']} of {unified['rows']}, {len(unlisted)} disagree without a reason")
    alive = feedparser.live + gofeed.live
    broken = feedparser.broken + gofeed.broken
    print(f"raised or slow: {len(broken)}; with a script, handler or script address left: {len(alive)}")
    return 0 if share >= AGREEMENT and not unlisted and not alive and not broken else 1


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _measure(rows: list[Row], checks_of: Any) -> Tally:
    tally = Tally()
    for row in rows:
        folder, strict, wide = checks_of(row)
        found = _parsed(row, tally)
        if found is not None and _LIVE.search(json.dumps(_texts(found), ensure_ascii=False)):
            tally.live.append(row["id"])
        for counts, checks in ((tally.strict[folder], strict), (tally.wide[folder], [*strict, *wide])):
            if not checks:
                continue
            failed = [(name, wanted) for name, wanted in checks if not _holds(found, name, wanted)]
            counts["rows"] += 1
            counts["agree"] += not failed
            if failed and checks is strict:
                tally.wrong.append(f"{row['id']} {failed}")
    return tally


def _parsed(row: Row, tally: Tally) -> ParsedFeed | None:
    body = base64.b64decode(row["body_base64"])
    headers = {name.lower(): value for name, value in row.get("headers", {}).items()}
    url = headers.get("content-location") or row.get("url")
    started = time.perf_counter()
    try:
        return parse(body, url=url, content_type=row.get("content_type"), now=_NOW)
    except NotAFeedError:
        return None
    except Exception as error:  # noqa: BLE001 (that nothing else is raised is what is measured)
        tally.broken.append(f"{row['id']} {type(error).__name__}: {error}")
        return None
    finally:
        if time.perf_counter() - started > _SLOW:
            tally.broken.append(f"{row['id']} took {time.perf_counter() - started:.1f} s")


def _texts(found: ParsedFeed) -> list[Any]:
    texts: list[Any] = [found.title, found.url, found.language, found.problems]
    for entry in found.entries:
        texts += [entry.guid, entry.url, entry.title, entry.summary, entry.content]
        texts += [entry.authors, entry.categories, entry.language, entry.media]
    return texts


def _feedparser_checks(row: Row) -> tuple[str, list[tuple[str, Any]], list[tuple[str, Any]]]:
    folder = "/".join(row["id"].split("/")[1:-1])
    strict, wide = [], []
    for check in row["expected"]["checks"]:
        if "equals" not in check:
            continue
        path = ".".join(str(step) for step in check["path"])
        names = re.fullmatch(r"entries\.0\.(title|link|published|updated|published_parsed|updated_parsed)", path)
        if names:
            strict.append((names[1], check["equals"]))
        elif path in _COUNTERPARTS:
            wide.append((_COUNTERPARTS[path], check["equals"]))
    return folder, strict, wide


_COUNTERPARTS = {
    "feed.title": "feed.title",
    "feed.language": "feed.language",
    "entries.0.id": "guid",
    "entries.0.guid": "guid",
    "entries.0.title_detail.value": "title",
    "entries.0.summary": "summary",
    "entries.0.description": "summary",
    "entries.0.content.0.value": "content",
    "entries.0.author_detail.name": "author",
    "entries.0.tags.0.term": "category",
}


def _gofeed_checks(row: Row) -> tuple[str, list[tuple[str, Any]], list[tuple[str, Any]]]:
    expected = row["expected"]
    if expected["model"] == "kind":
        return "unified", [("kind", expected["kind"])], []
    if expected["model"] != "gofeed":
        return expected["model"].removeprefix("gofeed."), [], []
    strict: list[tuple[str, Any]] = []
    wide = [(f"feed.{key}", expected["feed"][key]) for key in ("title", "language") if key in expected["feed"]]
    for number, item in enumerate(expected["feed"].get("items", [])):
        keys = [key for key in ("title", "link", "publishedParsed", "updatedParsed") if key in item]
        strict += [(f"{number}:{key.removesuffix('Parsed')}", item[key]) for key in keys]
        wide += [(f"{number}:{name}", item[key]) for key, name in _GOFEED_FIELDS.items() if key in item]
    return "unified", strict, wide


_GOFEED_FIELDS = {"guid": "guid", "description": "summary", "content": "content"}


def _holds(found: ParsedFeed | None, name: str, wanted: Any) -> bool:
    if name == "kind":
        return bool((found.kind.value if found else None) == wanted)
    if found is None:
        return False
    if name.startswith("feed."):
        got = found.title if name == "feed.title" else found.language
        return got in {*_as_text(wanted), str(wanted).lower()}
    number, _, name = name.rpartition(":")
    if len(found.entries) <= int(number or 0):
        return False
    return _entry_holds(found.entries[int(number or 0)], name, wanted)


def _entry_holds(entry: Entry, name: str, wanted: Any) -> bool:
    if name in {"published", "updated", "published_parsed", "updated_parsed"}:
        got = entry.published if name.startswith("published") else entry.updated
        return _same_time(got, wanted)
    if name == "link":
        web = re.match(r"https?://", wanted, re.IGNORECASE)
        return bool(entry.url == (wanted.strip() if web else None))
    texts = {
        "title": (entry.title,),
        "guid": (entry.guid or "",),
        # feedparser repeats a content as the summary; storywatch keeps it once
        "summary": (entry.summary, entry.content),
        "content": (entry.content, entry.summary),
        "author": entry.authors,
        "category": entry.categories,
    }
    return any(" ".join(text.split()) in _as_text(wanted) for text in texts[name])


def _as_text(markup: str) -> set[str]:
    """Return what a reader may see: the text taken as markup, and taken literally."""
    seen = unescape(re.sub(r"<[^<>]+>", " ", markup))
    return {
        " ".join(text.split()) for text in (seen, unescape(re.sub(r"<[^<>]+>", "", markup)), unescape(markup), markup)
    }


def _same_time(got: SourceTime | None, wanted: Any) -> bool:
    if got is None:
        return False
    if isinstance(wanted, list):
        year, month, day, hour, minute, second = wanted[:6]
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    else:
        try:
            moment = datetime.fromisoformat(wanted)
        except ValueError:
            moment = parsedate_to_datetime(wanted)
    if got.instant is None:
        return got.text in {moment.replace(tzinfo=None).isoformat(), moment.date().isoformat()}
    return got.instant == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _sum(all_counts: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in all_counts:
        total.update(counts)
    return total


def _print(name: str, tally: Tally) -> None:
    print(f"{name}: rows that agree / rows with a check, in title, link, published, updated | in every counterpart")
    for folder in sorted(tally.wide):
        strict, wide = tally.strict[folder], tally.wide[folder]
        print(f"  {folder:28} {strict['agree']:4} / {strict['rows']:4} | {wide['agree']:4} / {wide['rows']:4}")
    for line in [*tally.wrong, *tally.broken, *(f"{row} is alive" for row in tally.live)]:
        reason = KNOWN_DIFFERENCES.get(line.partition(" ")[0])
        print(f"  differs: {line[:200]}" + (f"  ({reason})" if reason else ""))


if __name__ == "__main__":
    sys.exit(main())
