"""A whole watch for tests that kill the service: one feed that grows, one watchlist, mail and webhook, a real process.

::

    async with Newsstand.open(database, folder, victims) as stand:
        stand.publish(3)
        await stand.die(Edge.BEFORE_DOT)       a service that is killed there
        await stand.live()                     a service that sees everything through, then ends in order
        stand.check()
"""

import asyncio
import email
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes_http import HttpSink
from fakes_smtp import SmtpSink
from newsserver import NewsServer, Reply, Seen
from sqlalchemy import Connection
from victims import Victim, Victims

from alerts.store import matches
from alerts.store.deliveries import list_deliveries
from alerts.types import DeliveryState
from crawler.assign import any_unassigned
from news.clock import SystemClock
from news.edges import Edge
from news.store.engine import Store
from news.store.feeds import list_feeds, update_feed

_CONFIG = """\
[service]
database = "{database}"
contact = "tests@example.org"

[fetch]
min_interval = "1s"
delay = "0s"
allow_addresses = ["127.0.0.0/8"]

[delivery]
retry = ["1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s"]
in_doubt = "1s"

[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
sender = "watch@example.org"

[[feeds]]
url = "{feed}"
interval = "1s"

[[watchlists]]
name = "bridges"
query = "bridge"

  [[watchlists.alerts]]
  channel = "email"
  to = ["desk@example.org"]
  schedule = "immediately"

  [[watchlists.alerts]]
  channel = "webhook"
  url = "{hook}"
  schedule = "immediately"
"""

_LONGEST_S = 40.0
#: seconds between two looks at the store
_LOOK_S = 0.05
_HASH_BYTES = 8


class Newsstand:
    """The surroundings of one service."""

    def __init__(
        self, news: NewsServer, smtp: SmtpSink, hook: HttpSink, *, config: Path, store: Store, victims: Victims
    ) -> None:
        self.smtp = smtp
        self.hook = hook
        self._news = news
        self._config = config
        self._store = store
        self._victims = victims
        self._victim: Victim | None = None
        self._reports = 0
        news.script("/feed", self._feed)

    @classmethod
    @asynccontextmanager
    async def open(cls, database: str, folder: Path, victims: Victims) -> AsyncIterator["Newsstand"]:
        """Listen until the end of the block, and kill what still runs then."""
        async with NewsServer.open() as news, SmtpSink() as smtp, HttpSink() as hook:
            config = folder / "storywatch.toml"
            text = _CONFIG.format(database=database, smtp=smtp.port, feed=news.url("/feed"), hook=hook.url)
            config.write_text(text, "utf-8")
            with Store.open(database, SystemClock()) as store:
                stand = cls(news, smtp, hook, config=config, store=store, victims=victims)
                try:
                    yield stand
                finally:
                    await stand._end()

    def publish(self, count: int) -> None:
        """Put more reports in the feed, each a story of its own."""
        self._reports += count

    async def die(self, edge: Edge, nth: int = 1) -> None:
        """Run a service until it kills itself at the ``nth`` crossing of an edge."""
        victim = await self._start(edge.value, str(nth))
        try:
            async with asyncio.timeout(_LONGEST_S):
                code = await victim.wait()
        except TimeoutError:
            raise AssertionError(f"{edge} was not reached:\n{victim.tail}") from None
        assert code == -signal.SIGKILL, f"ended with {code} before {edge}:\n{victim.tail}"

    async def live_for(self, seconds: float) -> None:
        """Run a service and kill it so long after it was started."""
        victim = await self._start()
        # What the service does at that moment is up to chance, which is the point.
        await asyncio.sleep(seconds)
        assert not victim.ended, victim.tail
        victim.kill()
        await victim.wait()

    async def live(self) -> float:
        """Run a service until it has polled and everything published was told, then end it in order.

        Returns how many seconds it took to tell it all.
        """
        began = asyncio.get_running_loop().time()
        polled = len(self._news.requests("/feed"))
        victim = await self._start()
        try:
            async with asyncio.timeout(_LONGEST_S):
                while len(self._news.requests("/feed")) == polled or not await self._store.read(self._is_settled):
                    assert not victim.ended, victim.tail
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            left = await self._store.read(list_deliveries)
            raise AssertionError(f"not all was told: {left}\n{victim.tail}") from None
        took = asyncio.get_running_loop().time() - began
        victim.terminate()
        assert await victim.wait() == 0, victim.tail
        return took

    def check(self, *, repeats: bool) -> None:
        """Assert that each story was told once to each, and that a repeat is one to the byte, if there may be any."""
        mails: defaultdict[str, set[bytes]] = defaultdict(set)
        for mail in self.smtp.received:
            mails[str(email.message_from_bytes(mail.content)["Message-ID"])].add(mail.content)
        posts: defaultdict[str, set[bytes]] = defaultdict(set)
        for post in self.hook.received:
            posts[post.headers["webhook-id"]].add(post.body)
        for told in (mails, posts):
            assert all(len(bodies) == 1 for bodies in told.values())
            everything = b"\n".join(body for bodies in told.values() for body in bodies)
            assert [url for url in self._urls() if url.encode() not in everything] == []
            assert len(told) == self._reports
        if not repeats:
            assert len(self.smtp.received) == len(self.hook.received) == self._reports
        rows = self._store.read_now(list_deliveries)
        assert Counter(row.state for row in rows) == Counter({DeliveryState.SENT: 2 * self._reports})

    def _urls(self) -> list[str]:
        # What stands behind the number keeps 1 from being found in 11.
        return [self._news.url(f"/report-{number}-of-the-town") for number in range(1, self._reports + 1)]

    def _is_settled(self, conn: Connection) -> bool:
        """Whether all that was published is in the store and was told."""
        feeds = list_feeds(conn)
        return (
            len(feeds) == 1
            and feeds[0].first_success_at is not None
            and len(feeds[0].carried) == self._reports * _HASH_BYTES
            and not any_unassigned(conn)
            and not matches.pending(conn, most=1)
            and len(told := list_deliveries(conn)) >= 2 * self._reports
            and all(row.state is DeliveryState.SENT for row in told)
        )

    async def _start(self, *kill: str) -> Victim:
        await self._store.write(self._make_due)
        self._victim = await self._victims.start(str(self._config), *kill)
        return self._victim

    def _make_due(self, conn: Connection) -> None:
        """Let the feed be polled as soon as a service runs."""
        for feed in list_feeds(conn):
            update_feed(conn, feed.id, {"next_poll_at": self._store.clock.now()})

    async def _end(self) -> None:
        if self._victim is not None:
            self._victim.kill()
            await self._victim.wait()

    def _feed(self, _seen: Seen) -> Reply:
        reports = "".join(
            f"<item><title>Bridge {number} is closed for repairs</title><link>{url}"
            f"</link><guid>report-{number}</guid><description>The bridge with the number {number} is closed for "
            "repairs until the end of the month, said the town in a short note.</description></item>"
            for number, url in reversed(list(enumerate(self._urls(), 1)))
        )
        body = (
            f'<rss version="2.0"><channel><title>Town</title><language>en</language>{reports}</channel></rss>'.encode()
        )
        return Reply(body=body, headers={"Content-Type": "application/rss+xml"}, etag=f'"{self._reports}"')
