"""``storywatch run`` as a process: ready, reloaded, stopped, with a full disk. All waits are for what it does."""

import asyncio
import json
import resource
from email import message_from_bytes, policy
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM

import pytest
from fakes_http import HttpSink
from fakes_smtp import SmtpSink, Step
from frontdoor import BRIDGES, Desk, Running, rss
from newsserver import NewsServer, Reply

from news.store.feeds import list_feeds

pytestmark = pytest.mark.timeout(120)

HARBOURS = BRIDGES.replace("Bridges", "Harbours").replace('"bridge"', '"harbour"')


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path)


async def polled(news: NewsServer, path: str = "/feed", *, more: int = 1) -> None:
    """Wait until a feed was requested again, so often that what stood in it before is committed."""
    target = len(news.requests(path)) + more
    async with asyncio.timeout(40):
        while len(news.requests(path)) < target:
            await news.changed()


def subjects(sink: SmtpSink) -> list[str]:
    return [str(message_from_bytes(mail.content, policy=policy.default)["Subject"]) for mail in sink.received]


async def test_the_service_is_ready_polls_beats_and_ends_in_order(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp, HttpSink() as monitor:
        news.script("/feed", Reply(body=rss(news.url(""))))
        beat = f'heartbeat_url = "{monitor.url}?key=hush"\nlog = "json"'
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port, service=beat)
        async with desk.service() as running:
            await running.says("ready: storywatch")
            await monitor.wait_for(1)
            await polled(news, more=2)
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
            await smtp.wait_for(1)
            refused = await desk.beside("run", "--once")
            assert refused.code == 1
            assert f"held by process {running.process.pid}" in refused.err
            assert (await desk.beside("feeds", "health")).code == 0
            assert await running.ends(by=SIGINT) == 0
    assert "Bridge closed" in subjects(smtp)[0]
    lines = [json.loads(line) for line in running.lines]
    assert lines[-1]["message"] == "stopped; what is left waits in the store"
    assert {line["level"] for line in lines} == {"INFO"}
    assert "hush" not in running.log
    assert (desk.folder / "storywatch.db").stat().st_mode & 0o777 == 0o600


async def test_sigterm_sees_what_is_in_flight_through_and_takes_no_new_work(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        news.script("/feed", Reply(body=rss(news.url(""))))
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        async with desk.service() as running:
            await polled(news, more=2)
            dot = smtp.hold(Step.DOT)
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
            await smtp.wait_for_step(Step.DOT)
            gate = asyncio.Event()
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed", "Bridge open"), gate=gate))
            await polled(news)
            running.tell(SIGTERM)
            await running.says("stopping")
            gate.set()
            dot.set()
            assert await running.ends() == 0
    (subject,) = subjects(smtp)
    assert "Bridge closed" in subject
    assert [row["state"] for row in desk.rows("outbox", "list")] == ["sent"]
    # What the poll brought is stored, and is told by the next run.
    titles = desk.read_now(lambda conn: conn.exec_driver_sql("SELECT title FROM revision ORDER BY id").scalars().all())
    assert titles == ["Bridge closed", "Bridge open"]


async def test_sighup_takes_a_changed_configuration_over_and_refuses_a_wrong_one(desk: Desk) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as news, SmtpSink() as smtp:
        first, second = news.url("/feed"), news.url("/other", "127.0.0.2")
        for path in ("/feed", "/other"):
            news.script(path, Reply(body=rss(news.url(""))))
        desk.write(feeds=[first], smtp=smtp.port)
        async with desk.service() as running:
            await polled(news, more=2)
            await _wrong_is_refused(desk, running, first, smtp)
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
            await smtp.wait_for(1)
            # Another [fetch] needs another crawl; what is in flight by the old one is not dropped.
            gate = asyncio.Event()
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed", "Harbour closed"), gate=gate))
            await polled(news)
            fetch = 'timeout = "20s"\nallow_addresses = ["127.0.0.0/8"]'
            desk.write(feeds=[first, second], smtp=smtp.port, watchlists=BRIDGES + HARBOURS, fetch=fetch)
            running.tell(SIGHUP)
            await running.says("read anew: 2 feeds, 2 watchlists")
            gate.set()
            await smtp.wait_for(2)
            await polled(news, "/other", more=2)
            news.script("/other", Reply(body=rss(news.url(""), "x", "x", "x", "Bridge open")))
            await smtp.wait_for(3)
            assert await running.ends(by=SIGTERM) == 0
    told = subjects(smtp)
    assert [title in subject for title, subject in zip(("closed", "Harbour", "open"), told, strict=True)] == [True] * 3


async def _wrong_is_refused(desk: Desk, running: Running, feed: str, smtp: SmtpSink) -> None:
    desk.write(feeds=[feed], smtp=smtp.port, watchlists=BRIDGES.replace('"bridge"', '"(bridge OR"'))
    running.tell(SIGHUP)
    await running.says("the one before stays")
    await running.says("storywatch.toml: watchlists.0.query: column")
    desk.file.unlink()
    running.tell(SIGHUP)
    await running.says("the one before stays", times=2)


async def test_a_disk_that_takes_nothing_is_one_line_and_the_service_goes_on(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        news.script("/feed", Reply(body=rss(news.url(""))))
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        async with desk.service() as running:
            await polled(news, more=2)
            # The kernel refuses every write to a file beyond its first byte.
            unlimited = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
            news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
            said = await running.says("polling waits, since the store fails")
            assert "check the disk and its free space" in said
            resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, unlimited)
            await running.says("the store works again; polling goes on")
            await smtp.wait_for(1)
            assert await running.ends(by=SIGTERM) == 0
    assert running.log.count("since the store fails") == 1
    assert "Traceback" not in running.log
    assert [row.failures for row in desk.read_now(list_feeds)] == [0]
