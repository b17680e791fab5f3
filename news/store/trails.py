"""The trail of an address: the feeds of its site, the article it is, who carries that, its revisions, its story.

::

    address ──article_trail──▶ article ─┬─ carriers (feeds)     address's site ──feeds_of_site──▶ feeds
                                        ├─ revisions, evaluated or not          ──feeds_bringing─▶ feeds of elsewhere
                                        └─ story: its other articles

For people who ask after one address; read only. What the watchlists made of a story is in ``alerts.store.trails``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, or_, select

from news.store import threads
from news.store.article_rows import (
    ARTICLE_COLUMNS,
    REVISION_COLUMNS,
    REVISION_WIDTH,
    article_of,
    revision_of,
)
from news.store.feed_rows import FEED_COLUMNS, SELECT_FEEDS, FeedRow, feed_rows
from news.store.memberships import Membership, memberships
from news.store.query_keys import identity_at
from news.store.schema import Instant, article, entry, feed, revision, story
from news.store.sql import bounded, storable
from news.store.threads import ThreadStory
from news.types import Arrival, Article, Revision
from news.urls import site_of

#: stories of an event that are read
_MOST_OF_THREAD = 20


@dataclass(frozen=True, slots=True)
class CarrierTrail:
    """A feed that carries an article, or has carried it."""

    feed: FeedRow
    #: when it first brought the article
    since: datetime
    #: when it had stopped to carry it; None while it does
    gone_at: datetime | None

    @property
    def arrival(self) -> Arrival:
        """Whether it came with the feed's first successful poll."""
        first = self.feed.first_success_at
        # What a feed brings with its first successful poll is stored with that poll.
        return Arrival.FIRST_POLL if first is None or self.since <= first else Arrival.LATER


@dataclass(frozen=True, slots=True)
class RevisionTrail:
    """A revision, and when it met the watchlists."""

    revision: Revision
    #: None while it waits
    evaluated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a story, and why it belongs there."""

    article: Article
    #: None while it has no story
    membership: Membership | None


@dataclass(frozen=True, slots=True)
class ArticleTrail:
    """An article with everything that the crawling half knows of it."""

    article: Article
    #: None while it has no story
    membership: Membership | None
    #: oldest first
    carriers: tuple[CarrierTrail, ...]
    #: oldest first; at least one
    revisions: tuple[RevisionTrail, ...]
    #: when the story was first seen; None without a story
    story_seen_at: datetime | None
    #: the other articles of its story, oldest first
    others: tuple[Member, ...]
    #: the event that its story is about, how likely that is and what spoke for it, or why there is none
    thread_id: int | None
    thread_score: float | None
    thread_reason: str | None
    #: the newest other stories of that event, newest first
    thread_stories: tuple[ThreadStory, ...]


def article_trail(conn: Connection, *, identity: str, address: str) -> ArticleTrail | None:
    """Return the trail of the article of a canonical URL, else of one that is opened at ``address``."""
    article_id = conn.execute(_BY_IDENTITY, {"key": bounded(storable(identity))}).scalar()
    if article_id is None:
        article_id = conn.execute(_BY_IDENTITY, {"key": bounded(storable(identity_at(conn, identity)))}).scalar()
    if article_id is None:
        article_id = conn.execute(_BY_ADDRESS, {"key": address}).scalar()
    if article_id is None:
        return None
    row = conn.execute(_ARTICLE, {"of": article_id}).one()
    found = article_of(row)
    members = [] if found.story_id is None else list(conn.execute(_OTHERS, {"story": found.story_id, "of": found.id}))
    others = [article_of(one) for one in members]
    why_there = memberships(conn, [found.id, *(one.id for one in others)])
    carriers = conn.execute(_CARRIERS, {"of": found.id}).all()
    feeds = feed_rows([one[2:] for one in carriers])
    thread_id, score, why = (None, None, None) if found.story_id is None else threads.place_of(conn, found.story_id)
    event = () if thread_id is None else threads.stories_of(conn, thread_id, most=_MOST_OF_THREAD)
    return ArticleTrail(
        article=found,
        membership=why_there.get(found.id),
        carriers=tuple(CarrierTrail(of, one[0], one[1]) for of, one in zip(feeds, carriers, strict=True)),
        revisions=tuple(
            RevisionTrail(revision_of(one), one[REVISION_WIDTH]) for one in conn.execute(_REVISIONS, {"of": found.id})
        ),
        story_seen_at=row.story_seen_at,
        others=tuple(Member(one, why_there.get(one.id)) for one in others),
        thread_id=thread_id,
        thread_score=score,
        thread_reason=why,
        thread_stories=tuple(one for one in event if one.id != found.story_id),
    )


def alike(conn: Connection, identity: str, *, most: int) -> list[str]:
    """Return the identities of articles that differ from one by a last slash or by what follows ``?`` alone."""
    bare = identity.partition("?")[0].rstrip("/")
    named = [article.c.identity.startswith(f"{bare}{mark}?", autoescape=True) for mark in ("", "/")]
    found = select(article.c.identity).where(or_(article.c.identity.in_([bare, f"{bare}/"]), *named))
    return list(conn.execute(found.order_by(article.c.id.desc()).limit(most)).scalars())


def feeds_of_site(conn: Connection, site: str) -> list[FeedRow]:
    """Return the feeds at a site, or that say they are of it, by address; those that rest too."""
    named = [column.contains(site, autoescape=True) for column in (feed.c.url, feed.c.home_url, feed.c.request_url)]
    rows = feed_rows(conn.execute(SELECT_FEEDS.where(or_(feed.c.site == site, *named)).order_by(feed.c.url)))
    return [one for one in rows if site in {one.site, *map(site_of, (one.url, one.home_url or ""))}]


def feeds_bringing(conn: Connection, host: str, since: datetime) -> list[FeedRow]:
    """Return the feeds that have brought articles of a host, with or without ``www.``, since an instant."""
    bare = host.removeprefix("www.")
    found = conn.execute(_BRINGING, {"hosts": [bare, f"www.{bare}"], "since": since}).scalars().all()
    return feed_rows(conn.execute(SELECT_FEEDS.where(feed.c.id.in_(found)).order_by(feed.c.url))) if found else []


_BY_IDENTITY = select(article.c.id).where(article.c.identity == bindparam("key"))
_BY_ADDRESS = select(article.c.id).where(article.c.url == bindparam("key")).order_by(article.c.id.desc()).limit(1)
_ARTICLE = (
    select(*ARTICLE_COLUMNS, story.c.first_seen_at.label("story_seen_at"))
    .join_from(article, story, story.c.id == article.c.story_id, isouter=True)
    .where(article.c.id == bindparam("of"))
)
_OTHERS = (
    select(*ARTICLE_COLUMNS)
    .where(article.c.story_id == bindparam("story"), article.c.id != bindparam("of"))
    .order_by(article.c.id)
)
_REVISIONS = (
    select(*REVISION_COLUMNS, revision.c.evaluated_at)
    .where(revision.c.article_id == bindparam("of"))
    .order_by(revision.c.number)
)
# An entry that is re-sent stands there again under another hash: carried as long as any of them is.
_sights = (
    select(
        entry.c.feed_id,
        func.min(entry.c.first_seen_at).label("since"),
        func.count(entry.c.gone_at).label("gone"),
        func.count().label("all"),
        func.max(entry.c.gone_at).label("gone_at"),
    )
    .where(entry.c.article_id == bindparam("of"))
    .group_by(entry.c.feed_id)
    .subquery("sights")
)
_CARRIERS = (
    select(
        _sights.c.since,
        case((_sights.c.gone == _sights.c.all, _sights.c.gone_at), else_=None).label("gone_at"),
        *FEED_COLUMNS,
    )
    .join_from(_sights, feed, feed.c.id == _sights.c.feed_id)
    .order_by(_sights.c.since, feed.c.id)
)
_BRINGING = (
    select(article.c.feed_id)
    .where(
        article.c.first_seen_at >= bindparam("since", type_=Instant),
        article.c.host.in_(bindparam("hosts", expanding=True)),
    )
    .distinct()
)
