"""Rows for the tests of the store: whole values with the one thing that a test is about."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from stores import START

from news.store.articles import NewArticle, NewRevision, add_article, add_revision, assign_story
from news.store.engine import Store
from news.store.feeds import FeedSettings, get_feed, sync_feeds
from news.types import Arrival, FeedOrigin, SourceTime, StoryReason

FIRST_INTERVAL = timedelta(minutes=15)
LEASE = timedelta(seconds=60)


def settings(name: str, *, site: str | None = None, origin: FeedOrigin = FeedOrigin.CONFIG) -> FeedSettings:
    """Return a feed ``https://NAME.example/rss`` on its own site."""
    return FeedSettings(f"https://{name}.example/rss", site or f"{name}.example", origin, name=name)


def add_feeds(conn: Connection, *names: str, now: datetime = START) -> list[int]:
    """Configure feeds and return their ids."""
    wanted = [settings(name) for name in names]
    sync_feeds(conn, wanted, now=now, first_interval=FIRST_INTERVAL)
    return [row.id for one in wanted if (row := get_feed(conn, one.url))]


def new_article(name: str, feed_id: int, *, now: datetime = START) -> NewArticle:
    """Return an article ``//outlet.example/NAME``."""
    return NewArticle(
        identity=f"https://outlet.example/{name}",
        url=f"https://www.outlet.example/{name}?id=1",
        feed_id=feed_id,
        source="Outlet",
        host="outlet.example",
        language="en",
        published=SourceTime("2026-03-02T07:30:00+00:00", START - timedelta(minutes=30), START - timedelta(minutes=30)),
        first_seen_at=now,
        arrival=Arrival.LATER,
    )


def new_revision(article_id: int, feed_id: int, title: str = "Bridge closed", *, now: datetime = START) -> NewRevision:
    """Return a revision with a title."""
    return NewRevision(
        article_id=article_id,
        feed_id=feed_id,
        title=title,
        text=f"{title}: the bridge over the river stays closed until the inspectors have been there.",
        summary="The bridge stays closed.",
        authors=("Staff",),
        categories=("Traffic",),
        language="en",
        published=None,
        content_hash=f"1:{title}",
        created_at=now,
    )


def add_told(conn: Connection, name: str, feed_id: int, *, title: str = "Bridge closed", now: datetime = START) -> int:
    """Add an article with its first revision and return its id."""
    article_id = add_article(conn, new_article(name, feed_id, now=now))
    add_revision(conn, new_revision(article_id, feed_id, title, now=now))
    return article_id


def tell(store: Store, name: str, feed_id: int, *, title: str = "Bridge closed", now: datetime = START) -> int:
    """Add an article with its first revision in a transaction of its own and return its id."""
    return store.write_now(lambda conn: add_told(conn, name, feed_id, title=title, now=now))


def own_story(store: Store, article_id: int, *, now: datetime = START) -> int:
    """Put an article into a story of its own and return the story's id."""
    return store.write_now(
        lambda conn: assign_story(conn, article_id, story_id=None, reason=StoryReason.NEW, first_seen_at=now)
    )
