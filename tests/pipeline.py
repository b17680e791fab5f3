"""The whole way of a story in one process and without a network, for tests of the rules: the service's own code.

::

    publish(feed, document) ─▶ parse, take_in ─▶ assign ─▶ evaluate, backfill ─▶ compose ─▶ outbox rows ─▶ told()

Feeds are documents as bytes at instants of a clock that stands still. What would go out is read back from the outbox:
webhooks as the stories in their JSON, mails as their bytes.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from threading import Barrier
from typing import Any

from digests import alert as make_alert
from scrapy.http import TextResponse
from sqlalchemy import Connection, select
from stores import StillClock

from alerts import compose, evaluate
from alerts.compose import Composition, Looked, Voice
from alerts.store import watchlists as rows
from alerts.store.targets import sync_targets
from alerts.types import Alert, ChannelKind, Event, Message, Target, Watchlist
from crawler import assign, outcomes
from crawler import feed as feeds
from crawler.intake import Taken, brought, take_in
from crawler.recording import write_outcomes
from crawler.schedule import Limits
from news.errors import SoftError
from news.store import leases
from news.store.engine import Store
from news.store.feeds import FeedRow, FeedSettings, get_feed, sync_feeds
from news.store.schema import article, due, match, message
from news.templating import environment
from news.types import FeedOrigin
from news.urls import site_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

HOOK = Target("hook", ChannelKind.WEBHOOK, ("https://hooks.example.org/news",), "secret")
MAIL = Target("desk", ChannelKind.EMAIL, ("desk@example.org",))
VOICE = Voice(environment(), "0", "Storywatch <watch@example.org>", "https://watch.example.org")

#: stands in what ``entry`` says by itself
_REST = "The council will look into the matter."
#: figures would be read as such
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_LIMITS = Limits(5 * MINUTE, HOUR, 12 * HOUR)


# ── what feeds say ──────────


def entry(
    title: str,
    *,
    path: str | None = None,
    url: str | None = None,
    guid: str | None = None,
    at: datetime | None = None,
    text: str | None = None,
    language: str | None = None,
) -> str:
    """Return an RSS item; by default at an address made of its title, with a text that no other title has."""
    if url is None and path is not None:
        url = f"https://outlet.example/{path}"
    elif url is None:
        url = f"https://outlet.example/{title.lower().replace(' ', '-')}"
    body = f"{title}: {_REST} {_words(title)}" if text is None else text
    parts = [f"<title>{escape(title)}</title>", f"<description>{escape(escape(body))}</description>"]
    if url:
        parts.append(f"<link>{escape(url)}</link>")
    if guid is not None:
        parts.append(f'<guid isPermaLink="false">{escape(guid)}</guid>')
    if at is not None:
        parts.append(f"<pubDate>{format_datetime(at)}</pubDate>")
    if language is not None:
        parts.append(f"<dc:language>{language}</dc:language>")
    return f"<item>{''.join(parts)}</item>"


def _words(title: str) -> str:
    """Return words that make a text: at least twelve, and none that another title's text has."""
    drawn = sha256(title.encode()).hexdigest()
    return " ".join(drawn[start : start + 2].translate(_LETTERS) for start in range(0, 64, 2))


def document(*entries: str, title: str = "Outlet", language: str | None = None) -> bytes:
    """Return an RSS document with these items."""
    head = f"<title>{title}</title>" + (f"<language>{language}</language>" if language else "")
    modules = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<rss version="2.0" {modules}><channel>{head}{"".join(entries)}</channel></rss>'.encode()


def feed(name: str, *, tags: Sequence[str] = (), origin: FeedOrigin = FeedOrigin.CONFIG) -> FeedSettings:
    """Return a feed ``https://NAME.example/rss``."""
    url = f"https://{name}.example/rss"
    return FeedSettings(url, site_of(url), origin, name=name, tags=tuple(tags))


# ── what is watched ──────────


def watchlist(id_: str, *queries: str, **changes: Any) -> Watchlist:
    """Return a watchlist; ``queries`` are its id unless they are given."""
    values: dict[str, Any] = {
        "id": id_,
        "name": id_.capitalize(),
        "queries": queries or (id_,),
        "exclude": (),
        "feeds": (),
        "languages": (),
        "backlog_s": DAY.total_seconds(),
    }
    return Watchlist(**(values | changes))


def alert(*lists: str, schedule: str = "immediately", name: str = "hook", **changes: Any) -> Alert:
    """Return an alert of one watchlist, or a digest over several, by webhook; its zone is UTC."""
    combined = len(lists) > 1
    values: dict[str, Any] = {
        "id": f"{'digest' if combined else lists[0]}/{name}/hook",
        "name": name,
        "watchlists": lists,
        "combined": combined,
        "target": HOOK,
        "timezone": "UTC",
    }
    return make_alert(schedule, **(values | changes))


# ── what was told ──────────


@dataclass(frozen=True)
class Told:
    """A message of the outbox."""

    alert: str
    due_key: str
    message_id: str
    recipient: str
    at: datetime
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """A webhook's body."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def items(self) -> list[dict[str, Any]]:
        """The stories of a webhook's body."""
        found: list[dict[str, Any]] = self.json["items"]
        return found

    @property
    def titles(self) -> list[str]:
        """The titles of its stories, in its order."""
        return [one["title"] for one in self.items]


# ── the way ──────────


class Pipeline:
    """One process at work on a store; a second one on the same store is another process."""

    def __init__(self, store: Store, clock: StillClock, *, holder: str = "one") -> None:
        self.store = store
        self.clock = clock
        self.holder = holder
        self.feeds: tuple[FeedSettings, ...] = ()
        self.lists: tuple[Watchlist, ...] = ()
        self.alerts: tuple[Alert, ...] = ()
        self.looked = Looked()

    def configure(
        self,
        *,
        feeds: Sequence[FeedSettings] | None = None,
        lists: Sequence[Watchlist] | None = None,
        alerts: Sequence[Alert] | None = None,
    ) -> None:
        """Read the configuration, as at a start; what is not given stays. An alert for each list without alerts."""
        self.feeds = self.feeds if feeds is None else tuple(feeds)
        self.lists = self.lists if lists is None else tuple(lists)
        if alerts is None and lists is not None:
            alerts = [alert(one.id) for one in self.lists]
        follows = frozenset(one.id for one in self.lists if Event.COPIES in one.events)
        self.alerts = tuple(
            replace(one, follows=follows.intersection(one.watchlists))
            for one in (self.alerts if alerts is None else alerts)
        )
        now = self.clock.now()

        def work(conn: Connection) -> None:
            sync_feeds(conn, self.feeds, now=now, first_interval=5 * MINUTE)
            rows.sync_watchlists(conn, self.lists, now=now)
            rows.sync_alerts(conn, self.alerts, now=now)
            sync_targets(conn, list({one.target.name: one.target for one in self.alerts}.values()))

        self.store.write_now(work)
        self.topics = evaluate.compile_topics(self.lists, self.alerts)
        self.looked = Looked()

    def feed(self, name: str) -> FeedRow:
        """Return a feed's row by the name of ``pipeline.feed``."""
        row = self.store.read_now(lambda conn: get_feed(conn, f"https://{name}.example/rss"))
        assert row is not None, name
        return row

    # one stage each

    def poll(self, name: str, body: bytes) -> Taken:
        """Take in what a feed serves now."""
        row, now = self.feed(name), self.clock.now()
        known = frozenset(outcomes.carried_hashes(row))
        parsed = feeds.parse(body, url=row.url, content_type="application/rss+xml", known=known, now=now)
        entries = brought(row, parsed)
        response = TextResponse(row.url, body=body)

        def work(conn: Connection) -> Taken:
            (taken,) = take_in(conn, [entries], now)
            outcome = outcomes.succeeded(
                row,
                parsed,
                response,
                body_hash=feeds.body_hash(body),
                changed=taken.changed,
                lost=False,
                moved_to=None,
                now=now,
                limits=_LIMITS,
                random=0.5,
            )
            write_outcomes(conn, [(row, outcome)], now)
            return taken

        return self.store.write_now(work)

    def fail(self, name: str) -> None:
        """Let a poll fail."""
        row, now = self.feed(name), self.clock.now()
        error = SoftError("it answers nothing")
        outcome = outcomes.failed(row, error, retry_after=None, now=now, limits=_LIMITS, random=0.5)
        self.store.write_now(lambda conn: write_outcomes(conn, [(row, outcome)], now))

    def assign(self) -> int:
        """Give articles their stories."""
        return self.store.write_now(lambda conn: assign.assign_pending(conn, holder=self.holder, now=self.clock.now()))

    def evaluate(self) -> int:
        """Match what waits, new watchlists with what is stored; return how many revisions waited."""
        now = self.clock.now()
        new = [one.id for one in self.store.read_now(rows.watchlists).values() if one.backfilled_at is None]
        after = 0
        while new and (after := self.backfill(*new, after=after)):
            pass
        return self.store.write_now(lambda conn: evaluate.evaluate_pending(conn, self.topics, now=now)).revisions

    def backfill(self, *watchlist_ids: str, after: int = 0, most: int = 200) -> int:
        """Evaluate new watchlists over a part of what is stored; return where it ended, or 0."""
        now = self.clock.now()
        return self.store.write_now(
            lambda conn: evaluate.backfill(conn, self.topics, watchlist_ids, now=now, after=after, most=most)
        )

    def take_lease(self) -> int | None:
        """Take the composing stage's lease."""
        now = self.clock.now()
        return self.store.write_now(
            lambda conn: leases.take(conn, compose.LEASE, holder=self.holder, now=now, lasts=30 * MINUTE)
        )

    def gather(self, *, looked: bool = False) -> list[Composition]:
        """Return what there is to tell now; ``looked`` as the service's stage does, which remembers."""
        memory = self.looked if looked else None
        return self.store.read_now(lambda conn: compose.gather(conn, self.alerts, now=self.clock.now(), looked=memory))

    def render(self, gathered: Sequence[Composition]) -> list[tuple[Composition, list[Message]]]:
        """Render what is to be told."""
        return [(one, compose.rendered(one, VOICE)) for one in gathered]

    def commit(self, made: Sequence[tuple[Composition, Sequence[Message]]], token: int) -> int:
        """Put it in the outbox; return how many messages are new."""
        names = {one.id: one.name for one in self.lists}
        return self.store.write_now(lambda conn: compose.commit(conn, made, names, token=token, now=self.clock.now()))

    def compose(self) -> int:
        """Tell what is to be told now, as the service's stage does; return how many messages are new."""
        if not self.gather(looked=True):
            return 0
        token = self.take_lease()
        return 0 if token is None else self.commit(self.render(self.gather()), token)

    # all of them

    def run(self) -> list[Told]:
        """Let every stage work until nothing is left; return what was told meanwhile."""
        before = len(self.told())
        while self.assign():
            pass
        while self.evaluate():
            pass
        # A round may settle what needs no message, and a plan may go on: the stage is asked until it finds nothing.
        while self.gather(looked=True):
            self.compose()
        return self.told()[before:]

    def publish(self, name: str, *entries: str, after: timedelta = MINUTE) -> list[Told]:
        """Let time pass, poll a feed that serves these entries, and return what is told thereupon."""
        self.clock.advance(after)
        self.poll(name, document(*entries))
        return self.run()

    def wait(self, passes: timedelta) -> list[Told]:
        """Let time pass and return what is told at its end."""
        self.clock.advance(passes)
        return self.run()

    # what came of it

    def told(self) -> list[Told]:
        """Return every message of the outbox, in its order."""
        m = message.c
        columns = (m.alert_id, m.due_key, m.message_id, m.recipient, m.created_at, m.body)
        return self.store.read_now(lambda conn: [Told(*row) for row in conn.execute(select(*columns).order_by(m.id))])

    def partition(self) -> set[frozenset[str]]:
        """Return the stories as sets of their articles' identities."""
        statement = select(article.c.story_id, article.c.identity)
        stories: dict[int | None, set[str]] = {}
        for story_id, identity in self.store.read_now(lambda conn: conn.execute(statement).all()):
            stories.setdefault(story_id, set()).add(identity)
        return {frozenset(one) for one in stories.values()}

    def verdicts(self) -> dict[str, list[str]]:
        """Return each watchlist's verdicts, in the order of its matches."""
        statement = select(match.c.watchlist_id, match.c.verdict).order_by(match.c.id)
        found: dict[str, list[str]] = {}
        for watchlist_id, verdict in self.store.read_now(lambda conn: conn.execute(statement).all()):
            found.setdefault(watchlist_id, []).append(verdict)
        return found

    def open(self) -> int:
        """Return how many due rows are open."""
        statement = select(due.c.id).where(due.c.told_at.is_(None))
        return len(self.store.read_now(lambda conn: conn.execute(statement).all()))


def by_mail(of: Alert, **changes: Any) -> Alert:
    """Return the alert sent by mail instead."""
    return replace(of, target=MAIL, **changes)


def started(
    store: Store,
    clock: StillClock,
    *,
    feeds: Sequence[FeedSettings],
    lists: Sequence[Watchlist],
    alerts: Sequence[Alert] | None = None,
    holder: str = "one",
) -> Pipeline:
    """Return a service that has run for a while: each feed was polled before, and was empty."""
    made = Pipeline(store, clock, holder=holder)
    made.configure(feeds=feeds, lists=lists, alerts=alerts)
    for one in feeds:
        made.poll(one.name or "", document())
    assert made.run() == []
    return made


def at_once(*works: Callable[[], object]) -> None:
    """Run each in a thread of its own, all let go at the same moment."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(run, work) for work in works]:
            done.result()
