"""How much is stored, for ``storywatch store status``."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from news.store import retention
from news.store.schema import article, feed, message, story


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows and bytes."""

    #: bytes in use
    size: int
    feeds: int
    articles: int
    stories: int
    messages: int


def count(conn: Connection) -> Counts:
    """Count; reads every key once."""

    def rows(table_key: object) -> int:
        return int(conn.execute(select(func.count(table_key))).scalar_one())  # type: ignore[arg-type]  # any column

    return Counts(
        size=retention.size(conn),
        feeds=rows(feed.c.id),
        articles=rows(article.c.id),
        stories=rows(story.c.id),
        messages=rows(message.c.id),
    )
