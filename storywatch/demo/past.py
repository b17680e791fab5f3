"""What some outlets told in the four weeks before the demo begins: a spike is measured by a past.

::

    outlets with ``watched`` ──their feeds, as they were then──▶ parse, take in ──▶ story ──▶ match

The reports go the way that all go, by a clock that is set to each of their times. Nobody is told of them, since no
alert was there yet.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from scrapy.http import TextResponse
from sqlalchemy import Connection

from alerts import evaluate
from alerts.store.watchlists import sync_watchlists
from crawler import assign, outcomes
from crawler import feed as feeds
from crawler.intake import brought, take_in
from crawler.recording import write_outcomes
from crawler.schedule import Limits
from news.store.feeds import get_feed, sync_feeds
from storywatch.config.values import Config
from storywatch.demo.bodies import CONTENT_TYPES, body
from storywatch.demo.newsroom import Newsroom, Outlet
from storywatch.opening import open_store

#: after which a report is found
_POLLED_AFTER = timedelta(minutes=3)
_LAST_POLL = timedelta(minutes=1)
#: as the configuration of the demo has them, so that all are polled again when it begins
_LIMITS = Limits(timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=12))


class _Then:
    """A clock that is set."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant that it is set to."""
        return self.instant

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.instant += timedelta(seconds=seconds)


def live(config: Config, newsroom: Newsroom, bases: Mapping[str, str], *, now: datetime) -> int:
    """Live through the past of the outlets that have one, in the configured store; return how many reports came."""
    known = {outlet.key: outlet for outlet in newsroom.outlets if outlet.watched is not None}
    polls = sorted((at, key) for key, outlet in known.items() for at in _polled_at(newsroom, outlet, now))
    clock = _Then(polls[0][0])
    urls = {f"{bases[key]}/feed" for key in known}
    topics = evaluate.compile_topics(config.watchlists, ())

    def begin(conn: Connection) -> None:
        watched = [feed for feed in config.feeds if feed.url in urls]
        sync_feeds(conn, watched, now=clock.now(), first_interval=config.fetch.min_interval)
        sync_watchlists(conn, config.watchlists, now=clock.now())
        evaluate.backfill(conn, topics, [one.id for one in config.watchlists], now=clock.now(), after=0)

    def poll(conn: Connection) -> int:
        _poll(conn, known[key], newsroom, bases[key], clock.now())
        assign.assign_pending(conn, holder="past", now=clock.now())
        return evaluate.evaluate_pending(conn, topics, now=clock.now()).revisions

    found = 0
    with open_store(config, clock) as store:
        store.write_now(begin)
        for clock.instant, key in polls:  # noqa: B007 - what ``poll`` reads
            found += store.write_now(poll)
    return found


def _polled_at(newsroom: Newsroom, outlet: Outlet, now: datetime) -> list[datetime]:
    """Return when an outlet was polled: at first, after each of its reports, and just now."""
    out = [entry.published for entry in newsroom.entries(outlet, "") if entry.published is not None]
    since = now - (outlet.watched or timedelta())
    return [since, *(published + _POLLED_AFTER for published in out), now - _LAST_POLL]


def _poll(conn: Connection, outlet: Outlet, newsroom: Newsroom, base: str, then: datetime) -> None:
    """Take in what an outlet's feed served at an instant."""
    row = get_feed(conn, f"{base}/feed")
    if row is None:
        raise LookupError(f"{outlet.key} is not configured")
    out = [one for one in newsroom.entries(outlet, base) if one.published is None or one.published <= then]
    served = body(outlet, out, base)
    carried = frozenset(outcomes.carried_hashes(row))
    parsed = feeds.parse(served, url=row.url, content_type=CONTENT_TYPES[outlet.kind], known=carried, now=then)
    (taken,) = take_in(conn, [brought(row, parsed)], then)
    outcome = outcomes.succeeded(
        row,
        parsed,
        TextResponse(row.url, body=served),
        body_hash=feeds.body_hash(served),
        changed=taken.changed,
        lost=False,
        moved_to=None,
        now=then,
        limits=_LIMITS,
        random=0.5,
    )
    write_outcomes(conn, [(row, outcome)], then)
