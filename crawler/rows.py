"""An entry as a row of JSON, for ``storywatch try feed`` and ``scrapy crawl feeds``."""

from typing import Any

from news.types import Entry


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return the row; times are RFC 3339 as the source gave them, unknown is None."""
    return {
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "authors": list(entry.authors),
        "published": entry.published and entry.published.text,
        "updated": entry.updated and entry.updated.text,
        "categories": list(entry.categories),
        "language": entry.language,
    }
