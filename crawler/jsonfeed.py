"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), read by ourselves. Pure."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crawler.entries import SUMMARY_LIMIT, Problems, language_tag, web_address
from crawler.items import ITEM_LIMIT, item_hash
from news.dates import parse_time
from news.errors import NotAFeedError
from news.plain import plain_line, plain_text
from news.types import Entry, FeedKind, ParsedFeed, SourceTime

_MANY = 50


def parse_json(
    document: bytes, *, url: str | None, known: frozenset[bytes], limit: int, now: datetime, problems: Problems
) -> ParsedFeed:
    """Parse a JSON Feed in UTF-8; the new ones of its items, at most ``limit``, become entries.

    Raises NotAFeedError for JSON that is none.
    """
    try:
        feed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(f"The answer looks like JSON but is not: {str(error)[:100]}.") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NotAFeedError("The answer is JSON, but no JSON Feed: it has no list of items.")
    version = _string(feed.get("version"))
    if not version and not (feed.get("title") or feed.get("feed_url")):
        raise NotAFeedError("The answer is JSON, but no JSON Feed: it has neither version nor title.")
    if "jsonfeed.org/version/" not in version:
        problems.add("The JSON Feed does not name its version.")
    items = [item for item in feed["items"][:ITEM_LIMIT] if isinstance(item, dict)]
    carried = tuple(item_hash(json.dumps(item, sort_keys=True).encode()) for item in items)
    new = [place for place, own in enumerate(carried) if own not in known]
    if len(new) > limit:
        problems.add(f"The document carries {len(new)} new entries; {limit} were taken now, the rest later.")
    language = language_tag(_string(feed.get("language")))
    entries = tuple(_entry(items[place], url, language, now, problems) for place in new[:limit])
    return ParsedFeed(
        title=plain_line(_string(feed.get("title")), literal=True),
        language=language,
        kind=FeedKind.JSON,
        url=web_address(_string(feed.get("home_page_url")), url),
        entries=entries,
        hashes=tuple(carried[place] for place in new[:limit]),
        carried=carried,
        problems=problems.told(),
    )


def _entry(item: dict[str, Any], url: str | None, language: str | None, now: datetime, problems: Problems) -> Entry:
    def time(key: str) -> SourceTime | None:
        found, problem = parse_time(_string(item.get(key)), language=language, now=now)
        problems.add(problem)
        return found

    authors = [item.get("author"), *_list(item.get("authors"))]
    names = (author.get("name") for author in authors if isinstance(author, dict))
    media = [item.get("image"), item.get("banner_image")]
    media += [file.get("url") for file in _list(item.get("attachments")) if isinstance(file, dict)]
    html, text = _string(item.get("content_html")), _string(item.get("content_text"))
    # 1.0 allowed numbers as ids.
    guid = item.get("id")
    return Entry(
        guid=plain_line(str(guid) if isinstance(guid, int | float) else _string(guid), literal=True) or None,
        url=web_address(_string(item.get("url")), url) or web_address(_string(item.get("external_url")), url),
        title=plain_line(_string(item.get("title")), literal=True),
        summary=plain_text(_string(item.get("summary")), literal=True)[:SUMMARY_LIMIT].rstrip(),
        content=plain_text(html) if html else plain_text(text, literal=True),
        authors=_lines(names),
        published=time("date_published"),
        updated=time("date_modified"),
        categories=_lines(_list(item.get("tags"))),
        language=language_tag(_string(item.get("language"))),
        media=tuple(dict.fromkeys(found for one in media if (found := web_address(_string(one), url))))[:_MANY],
    )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _lines(values: Iterable[object]) -> tuple[str, ...]:
    found = (plain_line(_string(value), literal=True, limit=200) for value in values)
    return tuple(dict.fromkeys(line for line in found if line))[:_MANY]
