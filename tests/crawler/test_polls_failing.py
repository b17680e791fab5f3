"""Polls that bring nothing: the failure in words, the log, the operator, the wait; no feed is given up."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from crawling import crawling, item, rss
from newsserver import NewsServer, Reply

from news.store.troubles import lasting_troubles
from news.types import FeedState


async def test_a_304_for_a_feed_that_never_came_is_a_failure(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=304))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).error == "it answers 304, although nothing of it is known yet"


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(status=401), "it answers 401: it wants a user name and password; set username and password_file"),
        (Reply(status=403), "it answers 403: it refuses us"),
        (Reply(status=404), "it answers 404: there is nothing at this address; check it"),
        (Reply(status=418), "it answers 418; check the address"),
        (Reply(status=429), "it answers 429; the trouble is on the site's side"),
        (Reply(status=502), "it answers 502; the trouble is on the site's side"),
        (Reply(status=302), "it answers 302, a redirect that leads nowhere"),
        (Reply(body=b""), "The answer is empty"),
        (Reply(body=b"<html><title>Harbour News</title><body>Hello</body></html>"), "The answer is an HTML page"),
        (Reply(body=b"\x89PNG\r\n\x1a\n" + bytes(100)), "The answer is a binary file"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else "",
)
async def test_a_failure_is_a_sentence_in_the_feeds_row(tmp_path: Path, reply: Reply, sentence: str) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", reply)
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            row = world.feed(url)
            assert row.error is not None
            assert row.error.startswith(sentence)
            assert row.state is FeedState.FAILING
            assert row.failures == 1
            assert row.next_poll_at is not None
            assert row.next_poll_at > world.clock.now()
            assert world.leased() == []


@pytest.mark.parametrize("status", [200, 403, 503])
async def test_a_challenge_page_is_recognised_whatever_its_status(tmp_path: Path, status: int) -> None:
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cf-chl</body></html>"
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=status, body=page, headers={"Content-Type": "text/html"}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            error = world.feed(url).error
            assert error is not None
            assert "The address answers with" in error
            assert "checks" in error or "challenge" in error


async def test_a_failing_feed_is_logged_when_it_begins_and_when_it_recovers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with NewsServer.open() as server:
        bad = Reply(status=500)
        server.script("/feed", [Reply(body=rss(item(1))), bad, bad, bad, Reply(body=rss(item(2), item(1)))])
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            with caplog.at_level(logging.WARNING):
                await world.poll()
                for _ in range(4):
                    await world.later()
            messages = [record.message for record in caplog.records]
            assert len(messages) == 2
            assert messages[0].startswith(f"feed Harbour News ({url}) is failing: it answers 500; the trouble is on")
            assert messages[1].startswith(f"feed Harbour News ({url}) is healthy: it brings news again")
            assert world.feed(url).failures == 0
            assert world.feed(url).error is None


async def test_the_operator_is_told_of_a_trouble_that_lasts_and_of_its_end(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=500))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            for _ in range(2):
                await world.later()
            assert world.store.read_now(lasting_troubles) == []
            await world.later()
            (trouble,) = world.store.read_now(lasting_troubles)
            assert trouble.subject == f"feed:{url}"
            assert "it answers 500" in trouble.text
            server.script("/feed", Reply(body=rss(item(1))))
            await world.later()
            assert world.store.read_now(lasting_troubles) == []


async def test_a_feed_that_fails_again_and_again_is_never_given_up(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=500))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            for count in range(1, 41):
                await world.later()
                row = world.feed(url)
                assert row.failures == count
                assert row.next_poll_at is not None
                assert row.next_poll_at - world.clock.now() <= timedelta(hours=12, minutes=1)


async def test_a_feed_that_is_gone_rests_and_says_so(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(status=410))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            row = world.feed(url)
            assert row.state is FeedState.RESTING
            assert "gone for good (410)" in row.reason
            assert row.next_poll_at is not None
            assert row.next_poll_at - world.clock.now() > timedelta(days=6)
            assert len(world.store.read_now(lasting_troubles)) == 1
            server.script("/feed", Reply(body=rss(item(1))))
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY


async def test_an_order_to_wait_holds_for_feed_and_site(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed0", Reply(status=429, headers={"Retry-After": "7200"}))
        server.script("/feed1", Reply(body=rss(item(1))))
        urls = [server.url("/feed0"), server.url("/feed1")]
        async with crawling(tmp_path, *urls) as world:
            await world.poll()
            due = world.feed(urls[0]).next_poll_at
            assert due is not None
            assert due - world.clock.now() > timedelta(minutes=119)
            assert not server.requests("/feed1")
            free_at = world.next_request_at("127.0.0.1")
            assert free_at is not None
            assert free_at - world.clock.now() > timedelta(minutes=119)
            assert await world.later(timedelta(minutes=100)) == 0
            assert await world.later(timedelta(minutes=30)) == 1
            assert len(server.requests("/feed1")) == 1
