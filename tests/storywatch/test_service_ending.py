"""The service's end, in this process and with a short patience: what is not through by then waits in the store."""

import asyncio
import logging
import os
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from signal import SIGHUP, SIGTERM

import pytest
from fakes_smtp import SmtpSink, Step
from frontdoor import Desk, rss
from newsserver import NewsServer, Reply

from news.clock import SystemClock
from news.store import leases
from news.store.feeds import list_feeds
from news.store.schema import lease, site
from storywatch import service


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty folder, and a service that waits for less than a second at its end."""
    monkeypatch.setattr(service, "_GRACE", timedelta(seconds=0.5))
    return Desk(tmp_path)


def started(desk: Desk) -> "asyncio.Task[int]":
    return asyncio.create_task(service.run(desk.file, desk.config(), SystemClock()))


async def test_what_hangs_at_the_end_is_left_in_the_store(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        news.script("/feed", Reply(body=rss(news.url(""))))
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        with caplog.at_level(logging.INFO):
            running = started(desk)
            while len(news.requests("/feed")) < 2:
                await news.changed()
            smtp.hold(Step.DOT)
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
            await smtp.wait_for_step(Step.DOT)
            never = asyncio.Event()
            news.script("/feed", Reply(body=rss(news.url("")), gate=never))
            asked = len(news.requests("/feed"))
            while len(news.requests("/feed")) <= asked:
                await news.changed()
            os.kill(os.getpid(), SIGTERM)
            assert await running == 0
        never.set()
    (row,) = desk.rows("outbox", "list")
    # Past the final dot: it may have been accepted.
    assert (row["state"], row["attempts"]) == ("in_doubt", 1)
    assert "may have been accepted" in row["reason"]
    (feed,) = desk.read_now(list_feeds)
    assert (feed.failures, feed.error) == (0, None)
    assert desk.read_now(lambda conn: conn.execute(site.select().where(site.c.lease_holder.is_not(None))).all()) == []
    assert desk.read_now(lambda conn: conn.execute(lease.select().where(lease.c.holder.is_not(None))).all()) == []
    assert "did not answer in time" in caplog.text


async def test_what_is_before_the_final_dot_waits(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        news.script("/feed", Reply(body=rss(news.url(""))))
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        running = started(desk)
        while len(news.requests("/feed")) < 2:
            await news.changed()
        smtp.hold(Step.RCPT)
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
        await smtp.wait_for_step(Step.RCPT)
        os.kill(os.getpid(), SIGTERM)
        assert await running == 0
        (row,) = desk.rows("outbox", "list")
        assert (row["state"], row["attempts"], row["next_attempt_at"] is None) == ("waiting", 0, False)


class Ear(logging.Handler):
    """Hears how often something is said."""

    def __init__(self, words: str, times: int) -> None:
        super().__init__()
        self.said = asyncio.Event()
        self._words = words
        self._left = times

    def emit(self, record: logging.LogRecord) -> None:
        """Count."""
        self._left -= self._words in record.getMessage()
        if self._left <= 0:
            self.said.set()


async def test_signals_during_the_start_wait_for_it(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write()
    ear = Ear("read anew", times=2)
    service.log.addHandler(ear)
    with caplog.at_level(logging.INFO):
        running = started(desk)
        await asyncio.sleep(0)
        os.kill(os.getpid(), SIGHUP)
        os.kill(os.getpid(), SIGHUP)
        try:
            await asyncio.wait_for(ear.said.wait(), 40)
        finally:
            service.log.removeHandler(ear)
            os.kill(os.getpid(), SIGTERM)
            assert await running == 0
    assert caplog.text.index("ready:") < caplog.text.index("read anew")


async def test_a_signal_to_end_during_the_start_ends_in_order(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write()
    with caplog.at_level(logging.INFO):
        running = started(desk)
        await asyncio.sleep(0)
        os.kill(os.getpid(), SIGTERM)
        assert await running == 0
    assert "stopped; what is left waits in the store" in caplog.text


async def test_the_leases_of_a_killed_run_hold_nothing_up(desk: Desk) -> None:
    desk.write()
    now = SystemClock().now()
    desk.write_now(lambda conn: leases.take(conn, "matching", holder="gone", now=now, lasts=timedelta(hours=1)))
    running = started(desk)
    await asyncio.sleep(0)
    os.kill(os.getpid(), SIGTERM)
    assert await running == 0
    later = now + timedelta(seconds=1)
    token = desk.write_now(
        lambda conn: leases.take(conn, "matching", holder="next", now=later, lasts=timedelta(hours=1))
    )
    assert token is not None


async def test_a_database_that_does_not_answer_does_not_keep_the_service(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write()
    ready = Ear("ready:", times=1)
    service.log.addHandler(ready)
    with caplog.at_level(logging.INFO):
        running = started(desk)
        try:
            await asyncio.wait_for(ready.said.wait(), 40)
        finally:
            service.log.removeHandler(ready)
        other = sqlite3.connect(desk.folder / "storywatch.db", isolation_level=None)
        try:
            # A writer that never ends: every other one waits for half a minute.
            other.execute("BEGIN IMMEDIATE")
            os.kill(os.getpid(), SIGTERM)
            assert await running == 0
            assert "the database does not answer" in caplog.text
        finally:
            other.close()
        for thread in threading.enumerate():
            if thread.name.startswith("store-"):
                await asyncio.to_thread(thread.join)
