"""A folder with a configuration and a store, in which tests run commands and the service as people do.

::

    desk = Desk(tmp_path)
    desk.write(feeds=["https://outlet.example/rss"], watchlists=BRIDGES)
    desk.tell("Bridge closed")                      a story, found and matched, without a crawl
    assert desk.rows("stories")[0]["title"] == "Bridge closed"
    await desk.beside("run", "--once")              the same while servers of the test's loop answer
    async with desk.service() as running:           a real process
        await running.says("ready")
"""

import asyncio
import contextlib
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from signal import Signals
from typing import Any, TypeVar

from commands import Ran, storywatch
from sqlalchemy import Connection

from alerts import evaluate
from crawler import assign
from news.clock import SystemClock
from news.store.articles import NewArticle, NewRevision, add_article, add_revision
from news.store.engine import Store
from news.store.feeds import get_feed, update_feed
from news.types import Arrival
from storywatch import config, wiring
from storywatch.config import Config
from storywatch.opening import open_store

T = TypeVar("T")

#: a watchlist that is told at once, by mail
BRIDGES = """
[[watchlists]]
name = "Bridges"
query = "bridge"

  [[watchlists.alerts]]
  name = "now"
  channel = "email"
  to = ["desk@example.org"]
  schedule = "immediately"
"""

#: the same once a day
DAILY = BRIDGES.replace('"immediately"', '"daily at 07:00"').replace('"now"', '"morning"')

_LONGEST_S = 40.0


class Desk:
    """One configuration in a folder of its own, with an SQLite file beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "storywatch.toml"
        self.database = "sqlite:///storywatch.db"
        #: what commands find in the environment beside what any finds
        self.environment: dict[str, str] = {}

    def write(
        self,
        *,
        feeds: Sequence[str] = (),
        watchlists: str = BRIDGES,
        service: str = "",
        fetch: str = "",
        smtp: int | None = 2525,
        every: str = "1s",
        more: str = "",
    ) -> None:
        """Write the configuration: addresses of feeds, polled each second, and TOML for the rest."""
        polled = "".join(f'[[feeds]]\nurl = "{url}"\ninterval = "{every}"\n' for url in feeds)
        # By default a round right after another may poll again.
        least = "0.001s" if every == "1s" else every
        mail = "" if smtp is None else _SMTP.format(port=smtp)
        self.file.write_text(
            f'[service]\ndatabase = "{self.database}"\ncontact = "tests@example.org"\ntimezone = "Asia/Jakarta"\n'
            f'{service}\n[fetch]\nmin_interval = "{least}"\ndelay = "0s"\n'
            f"{fetch or _LOOPBACK}\n{mail}{polled}{watchlists}{more}",
            "utf-8",
        )

    # ── commands ──────────

    def run(self, *args: str) -> Ran:
        """Run a command in this process."""
        with _own_log():
            return storywatch(*args, cwd=self.folder, env=self.environment)

    def rows(self, *args: str) -> Any:
        """Run a command with ``--json`` and return what it answers."""
        return json.loads(self.run(*args, "--json").out)

    async def beside(self, *args: str) -> Ran:
        """Run a command in a thread, while the servers of this loop answer."""
        return await asyncio.to_thread(self.run, *args)

    @asynccontextmanager
    async def service(self, *, program: Sequence[str] = ("-m", "storywatch")) -> AsyncIterator["Running"]:
        """Run the service as a process of its own; what still runs at the end of the block is killed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *program, "run", cwd=self.folder, stderr=asyncio.subprocess.PIPE
        )
        running = Running(process)
        try:
            yield running
        finally:
            await running.close()

    # ── the store ──────────

    def config(self) -> Config:
        """Return the configuration as it is read."""
        return config.load(self.file)

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store, with the configuration taken over."""
        settings = self.config()
        with open_store(settings, SystemClock()) as store:
            store.write_now(wiring.sync(settings, SystemClock()))
            yield store

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Change the store."""
        with self.store() as store:
            return store.write_now(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Look into the store as it is, with nothing taken over."""
        with open_store(self.config(), SystemClock()) as store:
            return store.read_now(work)

    def change_feed(self, url: str, **values: object) -> None:
        """Set columns of a feed."""

        def work(conn: Connection) -> None:
            row = get_feed(conn, url)
            assert row is not None
            update_feed(conn, row.id, values)

        self.write_now(work)

    def tell(
        self,
        title: str,
        text: str = "",
        *,
        age: timedelta = timedelta(),
        path: str | None = None,
        agency: str | None = None,
    ) -> None:
        """Let the first feed bring an article, give it its story, and match it."""
        settings = self.config()
        now = SystemClock().now()
        topics = evaluate.compile_topics(settings.watchlists, settings.alerts)

        def work(conn: Connection) -> None:
            row = get_feed(conn, settings.feeds[0].url)
            assert row is not None
            slug = path or re.sub(r"\W+", "-", title.lower())
            article = add_article(conn, replace(_article(row.id, slug, now - age), agency=agency))
            add_revision(conn, _revision(article, row.id, title, text or _text(title), now - age))
            assign.assign_pending(conn, holder="test", now=now)
            evaluate.evaluate_pending(conn, topics, now=now)

        self.write_now(work)


class Running:
    """A service process, known by what it writes on standard error."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._more = asyncio.Event()
        self._ended = False
        self._reading = asyncio.create_task(self._read())

    async def says(self, words: str, *, times: int = 1) -> str:
        """Wait for a line that holds ``words``, for the nth such line, and return it."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                while len(found := [line for line in self.lines if words in line]) < times:
                    assert not self._ended, f"ended without {words!r}:\n{self.log}"
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"did not say {words!r}:\n{self.log}") from None
        return found[times - 1]

    def tell(self, number: Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ends(self, *, by: Signals | None = None) -> int:
        """Wait for its end, after a signal where one is given, and return the exit code."""
        if by is not None:
            self.tell(by)
        async with asyncio.timeout(_LONGEST_S):
            await self._reading
            return await self.process.wait()

    async def close(self) -> None:
        """Kill it, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self._reading
        await self.process.wait()

    @property
    def log(self) -> str:
        """Everything that it has written so far."""
        return "\n".join(self.lines)

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            self._more.set()
        self._ended = True
        self._more.set()


#: figures would be read as such
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_LOOPBACK = 'allow_addresses = ["127.0.0.0/8"]'
_SMTP = '[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "watch@example.org"\n'


def rss(base: str, *titles: str, name: str = "Town") -> bytes:
    """Return a feed with an entry a title, none of which has a time."""
    items = "".join(
        f"<item><title>{title}</title><link>{base}/{number}</link><guid>{number}</guid>"
        f"<description>{_text(title)}</description></item>"
        for number, title in reversed(list(enumerate(titles, 1)))
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


def _text(title: str) -> str:
    """Return a text that is like no other title's."""
    drawn = sha256(title.encode()).hexdigest().translate(_LETTERS)
    words = " ".join(drawn[start : start + 2] for start in range(0, 64, 2))
    return f"{title}, said the town in a short note: {words}."


def _article(feed: int, slug: str, seen: Any) -> NewArticle:
    return NewArticle(
        identity=f"https://outlet.example/{slug}",
        url=f"https://outlet.example/{slug}",
        feed_id=feed,
        source="Outlet",
        host="outlet.example",
        language="en",
        published=None,
        first_seen_at=seen,
        arrival=Arrival.LATER,
    )


def _revision(article: int, feed: int, title: str, text: str, seen: Any) -> NewRevision:
    return NewRevision(
        article_id=article,
        feed_id=feed,
        title=title,
        text=text,
        summary=text,
        authors=(),
        categories=(),
        language="en",
        published=None,
        content_hash=f"1:{title}",
        created_at=seen,
    )


@contextlib.contextmanager
def _own_log() -> Iterator[None]:
    """Take back what a command does to the logging of this process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
