"""Columns of ``article`` and ``revision`` ↔ ``news.types``: in one place, so that all readers build the same values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from news.store.schema import article, revision
from news.types import Arrival, Article, Revision, SourceTime

#: in the order that ``article_of`` reads
ARTICLE_COLUMNS: tuple[ColumnElement[Any], ...] = (
    article.c.id.label("article_id"),
    article.c.identity,
    article.c.url,
    article.c.feed_id.label("article_feed_id"),
    article.c.source,
    article.c.host,
    article.c.language.label("article_language"),
    article.c.published.label("article_published"),
    article.c.published_at.label("article_published_at"),
    article.c.published_latest.label("article_published_latest"),
    article.c.first_seen_at,
    article.c.arrival,
    article.c.story_id,
    article.c.agency,
)

#: in the order that ``revision_of`` reads
REVISION_COLUMNS: tuple[ColumnElement[Any], ...] = (
    revision.c.id.label("revision_id"),
    revision.c.article_id.label("revision_article_id"),
    revision.c.number,
    revision.c.feed_id.label("revision_feed_id"),
    revision.c.title,
    revision.c.text,
    revision.c.summary,
    revision.c.authors,
    revision.c.categories,
    revision.c.language.label("revision_language"),
    revision.c.published.label("revision_published"),
    revision.c.published_at.label("revision_published_at"),
    revision.c.published_latest.label("revision_published_latest"),
    revision.c.content_hash,
    revision.c.created_at,
)

ARTICLE_WIDTH = len(ARTICLE_COLUMNS)
REVISION_WIDTH = len(REVISION_COLUMNS)

_ARRIVALS = {arrival.value: arrival for arrival in Arrival}


def article_of(row: Sequence[Any], start: int = 0) -> Article:
    """Return the article whose columns begin at ``start`` of a row."""
    (id_, identity, url, feed_id, source, host, language, text, instant, latest, seen, arrival, *rest) = row[
        start : start + ARTICLE_WIDTH
    ]
    published = source_time(text, instant, latest)
    return Article(id_, identity, url, feed_id, source, host, language, published, seen, _ARRIVALS[arrival], *rest)


def revision_of(row: Sequence[Any], start: int = 0) -> Revision:
    """Return the revision whose columns begin at ``start`` of a row."""
    (id_, article_id, number, feed_id, title, text, summary, authors, categories, language, said, at, latest, *rest) = (
        row[start : start + REVISION_WIDTH]
    )
    return Revision(
        id=id_,
        article_id=article_id,
        number=number,
        feed_id=feed_id,
        title=title,
        text=text,
        summary=summary,
        authors=tuple(authors),
        categories=tuple(categories),
        language=language,
        published=source_time(said, at, latest),
        content_hash=rest[0],
        created_at=rest[1],
    )


def source_time(text: str | None, instant: datetime | None, latest: datetime | None) -> SourceTime | None:
    """Return the three columns of a source's time as one value."""
    if text is None or latest is None:
        return None
    return SourceTime(text, instant, latest)
