"""A whole watch for tests that kill the service: one feed that grows, one watchlist, mail and webhook, a real process.

::

    async with Newsstand.open(database, folder) as stand:
        stand.publish(3)
        await stand.die(Edge.BEFORE_DOT)       a service that is killed there
        await stand.live()                     a service that sees everything through, then ends in order
        stand.check()
"""

import asyncio
import contextlib
import email
import json
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes_http import HttpSink
from fakes_smtp import SmtpSink
from newsserver import NewsServer, Reply, Seen

from news.edges import Edge

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

_VICTIM = Path(__file__).with_name("victim.py")
_LONGEST_S = 40.0


class Newsstand:
    """The surroundings of one service."""

    def __init__(self, news: NewsServer, smtp: SmtpSink, hook: HttpSink, config: Path) -> None:
        self.smtp = smtp
        self.hook = hook
        self._news = news
        self._config = config
        self._reports = 0
        self._log: list[str] = []
        self._ready = asyncio.Event()
        self._polled = asyncio.Event()
        self._readers: set[asyncio.Task[None]] = set()
        news.script("/feed", self._feed)

    @classmethod
    @asynccontextmanager
    async def open(cls, database: str, folder: Path) -> AsyncIterator["Newsstand"]:
        """Listen until the end of the block."""
        async with NewsServer.open() as news, SmtpSink() as smtp, HttpSink() as hook:
            config = folder / "storywatch.toml"
            text = _CONFIG.format(database=database, smtp=smtp.port, feed=news.url("/feed"), hook=hook.url)
            config.write_text(text, "utf-8")
            yield cls(news, smtp, hook, config)

    def publish(self, count: int) -> None:
        """Put more reports in the feed, each a story of its own."""
        self._reports += count

    async def die(self, edge: Edge, nth: int = 1) -> None:
        """Run a service until it kills itself at the ``nth`` crossing of an edge."""
        process = await self._start(edge.value, str(nth))
        try:
            async with asyncio.timeout(_LONGEST_S):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise AssertionError(f"{edge} was not reached:\n{self._tail()}") from None
        assert code == -signal.SIGKILL, f"ended with {code} before {edge}:\n{self._tail()}"

    async def live_for(self, seconds: float) -> None:
        """Run a service and kill it so long after it was ready."""
        process = await self._start()
        async with asyncio.timeout(_LONGEST_S):
            await self._ready.wait()
        # What the service does at that moment is up to chance, which is the point.
        await asyncio.sleep(seconds)
        process.kill()
        await process.wait()

    async def live(self) -> None:
        """Run a service until everything published was told, then end it in order."""
        process = await self._start()
        polled = len(self._news.requests("/feed"))
        try:
            async with asyncio.timeout(_LONGEST_S):
                # The second request comes after the first one's commit.
                while len(self._news.requests("/feed")) < polled + 2:
                    self._polled.clear()
                    await self._polled.wait()
                while self._untold_mails():
                    await self.smtp.wait_for(len(self.smtp.received) + 1, longest_s=_LONGEST_S)
                while self._untold_posts():
                    await self.hook.wait_for(len(self.hook.received) + 1, longest_s=_LONGEST_S)
        except TimeoutError:
            raise AssertionError(f"not told: {self._untold_mails()} {self._untold_posts()}\n{self._tail()}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            code = await process.wait()
        assert code == 0, self._tail()

    def check(self, *, repeats: bool) -> None:
        """Assert that each story was told once to each, and that a repeat is one to the byte, if there may be any."""
        mails: defaultdict[str, set[bytes]] = defaultdict(set)
        for mail in self.smtp.received:
            mails[str(email.message_from_bytes(mail.content)["Message-ID"])].add(mail.content)
        posts: defaultdict[str, set[bytes]] = defaultdict(set)
        for post in self.hook.received:
            posts[post.headers["webhook-id"]].add(post.body)
        for told in (mails, posts):
            assert len(told) == self._reports
            assert all(len(bodies) == 1 for bodies in told.values())
        if not repeats:
            assert len(self.smtp.received) == len(self.hook.received) == self._reports

    def _urls(self) -> list[str]:
        return [self._news.url(f"/report-{number}") for number in range(1, self._reports + 1)]

    def _untold_mails(self) -> list[str]:
        mails = b"\n".join(mail.content for mail in self.smtp.received)
        return [url for url in self._urls() if url.encode() + b"\r\n" not in mails]

    def _untold_posts(self) -> list[str]:
        posts = {item["url"] for post in self.hook.received for item in json.loads(post.body)["items"]}
        return [url for url in self._urls() if url not in posts]

    async def _start(self, *kill: str) -> asyncio.subprocess.Process:
        self._ready.clear()
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(_VICTIM), str(self._config), *kill, stderr=asyncio.subprocess.PIPE
        )
        reading = asyncio.create_task(self._read(process))
        self._readers.add(reading)
        reading.add_done_callback(self._readers.discard)
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._log.append(line.decode("utf-8", "replace"))
            if b"ready:" in line:
                self._ready.set()

    def _tail(self) -> str:
        return "".join(self._log[-40:])

    def _feed(self, _seen: Seen) -> Reply:
        self._polled.set()
        reports = "".join(
            f"<item><title>Bridge {number} is closed for repairs</title><link>{self._news.url(f'/report-{number}')}"
            f"</link><guid>report-{number}</guid><description>The bridge with the number {number} is closed for "
            "repairs until the end of the month, said the town in a short note.</description></item>"
            for number in range(self._reports, 0, -1)
        )
        body = f'<rss version="2.0"><channel><title>Town</title>{reports}</channel></rss>'.encode()
        return Reply(body=body, headers={"Content-Type": "application/rss+xml"}, etag=f'"{self._reports}"')
