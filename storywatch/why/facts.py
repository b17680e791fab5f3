"""Everything that the store knows of one address, read in one snapshot; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import compose
from alerts.plans import Plan
from alerts.store import items, matches, spikes, targets, trails, watchlists
from alerts.store.matches import Pending
from alerts.store.spikes import SpikeRow
from alerts.store.targets import TargetRow
from alerts.store.trails import MatchTrail
from alerts.store.watchlists import AlertRow, WatchlistRow
from alerts.tellers import Teller
from alerts.types import Alert
from news import urls
from news.store.feed_rows import FeedRow, FeedSettings
from news.store.trails import ArticleTrail, alike, article_trail, feeds_bringing, feeds_of_site
from storywatch.semantic import without

#: how far back feeds of elsewhere are looked for that have brought something of a site
_BRINGING = timedelta(days=30)
#: addresses that are shown as nearly the one that was asked for
_MOST_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an address."""

    #: as it was asked for
    url: str
    #: its canonical URL
    identity: str
    site: str
    now: datetime
    #: None where no feed has brought the address
    trail: ArticleTrail | None
    #: the feed that the address is, or None
    feed: FeedRow | None
    #: canonical URLs of known articles that differ a little, where the address is not known
    alike: tuple[str, ...]
    #: feeds of its site, likewise
    feeds: tuple[FeedRow, ...]
    #: feeds of elsewhere that have brought something of its site lately, likewise
    bringing: tuple[FeedRow, ...]
    #: configured feeds of its site that no run has taken over yet, likewise
    not_taken_over: tuple[FeedSettings, ...]
    #: the article's revisions as watchlists see them; empty without a story
    revisions: tuple[Pending, ...]
    #: by watchlist id
    matches: Mapping[str, MatchTrail]
    #: what became of the article as a later copy of its story, by watchlist id
    copies: Mapping[str, MatchTrail]
    #: which article of the story leads for whom, by watchlist id and locale
    tellers: Mapping[tuple[str, str], Teller]
    #: the spikes that its story was told to lead
    spikes: Sequence[SpikeRow]
    lists: Mapping[str, WatchlistRow]
    alerts: Mapping[str, AlertRow]
    targets: Mapping[str, TargetRow]
    #: by alert id, of those that have something open of this story
    plans: Mapping[str, Plan]
    #: why stories get no threads here; None where they get them
    threadless: str | None = None


def gather(
    conn: Connection, url: str, *, feeds: Sequence[FeedSettings], alerts: Sequence[Alert], now: datetime
) -> Facts:
    """Read what is known of an address; ``feeds`` and ``alerts`` are those of the configuration."""
    identity = urls.canonical(url)
    site = urls.site_of(url)
    trail = article_trail(conn, identity=identity, address=urls.openable(url) or url)
    near = () if trail is not None else tuple(feeds_of_site(conn, site))
    story_id = None if trail is None else trail.article.story_id
    found = {} if story_id is None else trails.match_trails(conn, story_id)
    copies = {} if story_id is None or trail is None else trails.copy_trails(conn, story_id, trail.article.id)
    waiting = {
        due.alert_id for match in (*found.values(), *copies.values()) for due in match.dues if due.told_at is None
    }
    plans = {one.id: plan for one in alerts if one.id in waiting and (plan := compose.look(conn, one, now=now))}
    known = {one.url for one in near}
    return Facts(
        url=url,
        identity=identity,
        site=site,
        now=now,
        trail=trail,
        feed=next((one for one in near if _is(one, identity)), None),
        alike=() if trail is not None else tuple(alike(conn, identity, most=_MOST_ALIKE)),
        feeds=near,
        bringing=() if trail is not None or near else tuple(feeds_bringing(conn, urls.host_of(url), now - _BRINGING)),
        not_taken_over=tuple(
            one for one in feeds if trail is None and one.url not in known and urls.site_of(one.url) == site
        ),
        revisions=() if story_id is None or trail is None else tuple(matches.of_article(conn, trail.article.id)),
        matches=found,
        copies=copies,
        spikes=() if story_id is None else spikes.of_stories(conn, [story_id]).get(story_id, ()),
        tellers={} if story_id is None else _tellers(conn, story_id, found, alerts),
        lists=watchlists.watchlists(conn),
        alerts=watchlists.alerts(conn),
        targets={one.name: one for one in targets.list_targets(conn)},
        plans=plans,
        threadless=without(),
    )


def _tellers(
    conn: Connection, story_id: int, found: Mapping[str, MatchTrail], alerts: Sequence[Alert]
) -> dict[tuple[str, str], Teller]:
    wanted = {(one, alert.locale) for alert in alerts for one in alert.watchlists if one in found}
    chosen = {key: items.best(conn, found[key[0]].id, story_id, key[1]) for key in sorted(wanted)}
    return {key: one for key, one in chosen.items() if one is not None}


def _is(feed: FeedRow, identity: str) -> bool:
    """Whether an address is that of a feed, or of where the feed has moved to."""
    return any(one is not None and urls.canonical(one) == identity for one in (feed.url, feed.request_url))
