"""robots.txt by RFC 9309: for feeds too, with a lifetime, over restarts and redirects."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crawling import crawling, item, rss
from hypothesis import given
from hypothesis import strategies as st
from newsserver import NewsServer, Reply
from scrapy.http import Response

from crawler.robots import LASTS, LASTS_LEAST, LASTS_MOST, MEMORY, NO_LASTS, SIZE_LIMIT, RobotsBook, lasts, origin_of
from news.errors import GuardedError, TemporaryError
from news.store.feeds import FeedSettings
from news.types import FeedOrigin, FeedState, RobotsRule

NO_FEEDS = b"User-agent: *\nDisallow: /feed\n"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class StillClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """Return the instant."""
        return NOW

    async def sleep(self, seconds: float) -> None:
        """Wait for nothing."""


async def verdict_of(body: bytes, url: str = "https://harbour.example/feed", status: int = 200) -> tuple[bool, str]:
    """Return what a robots.txt means for an address."""

    async def get(address: str) -> Response:
        assert address == "https://harbour.example/robots.txt"
        return Response(address, status=status, body=body)

    verdict = await RobotsBook(None, StillClock()).verdict(url, get)
    return verdict.allowed, verdict.reason


async def test_what_is_disallowed_is_not_requested_and_the_reason_says_what_to_do(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(body=NO_FEEDS))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert not server.requests("/feed")
            row = world.feed(url)
            assert row.state is FeedState.FAILING
            assert row.error is not None
            assert "robots.txt disallows this address to storywatch" in row.error
            assert 'robots = "permitted"' in row.error


async def test_with_the_publishers_leave_robots_txt_is_not_asked(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(body=NO_FEEDS))
        server.script("/feed", Reply(body=rss(item(1))))
        permitted = FeedSettings(server.url("/feed"), "127.0.0.1", FeedOrigin.CONFIG, robots=RobotsRule.PERMITTED)
        async with crawling(tmp_path, permitted) as world:
            await world.poll()
            assert world.titles() == ["Harbour report 1"]
            assert not server.requests("/robots.txt")


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"", True),
        (b"User-agent: *\nDisallow: /\n", False),
        (b"User-agent: otherbot\nDisallow: /\n", True),
        (b"User-agent: StoryWatch\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False),
        (b"User-agent: storywatch\nAllow: /\n\nUser-agent: *\nDisallow: /\n", True),
        (b"User-agent: *\nDisallow: /\nAllow: /feed$\n", True),
        (b"User-agent: *\nDisallow: /*feed\n", False),
        (b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /feed\r\n", False),
        (b"<html>not rules at all</html>", True),
        (b"\xff\xfe\x00garbage\nUser-agent: *\nDisallow: /feed", False),
    ],
)
async def test_the_group_of_our_product_token_counts_else_that_of_all(body: bytes, allowed: bool) -> None:  # noqa: FBT001 - an expected value
    assert (await verdict_of(body))[0] is allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
async def test_a_4xx_means_that_there_are_no_rules(status: int) -> None:
    assert await verdict_of(NO_FEEDS, status=status) == (True, "")


@pytest.mark.parametrize("status", [429, 500, 503, 599])
async def test_a_5xx_means_no_for_now(tmp_path: Path, status: int) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(status=status))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert not server.requests("/feed")
            assert (
                world.feed(url).error
                == f"{url.removesuffix('/feed')}/robots.txt answers {status}, which means no for now"
            )
            server.script("/robots.txt", Reply(status=404))
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY


async def test_a_robots_txt_that_does_not_answer_means_no(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(raw=b"\x00\x01\x02 no HTTP at all\r\n\r\n"))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            error = world.feed(url).error
            assert error is not None
            assert error.startswith(f"{url.removesuffix('/feed')}/robots.txt does not answer, which means no: ")


async def test_redirects_of_robots_txt_are_followed_to_another_site_too(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/robots.txt", Reply(status=301, headers={"Location": "/r2"}), host="127.0.0.1")
        server.script("/r2", Reply(status=302, headers={"Location": server.url("/r3", "127.0.0.2")}))
        server.script("/r3", Reply(body=NO_FEEDS))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert "disallows" in (world.feed(url).error or "")
            assert world.leased() == []


async def test_more_than_five_redirects_of_robots_txt_are_as_if_there_were_none(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(status=301, headers={"Location": "/robots.txt"}))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY
            assert len(server.requests("/robots.txt")) == 6


async def test_the_origin_that_a_redirect_leads_to_is_asked_as_well(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/robots.txt", Reply(body=NO_FEEDS), host="127.0.0.2")
        server.script("/feed", Reply(status=302, headers={"Location": server.url("/feed", "127.0.0.2")}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert not server.requests("/feed", "127.0.0.2")
            assert "disallows" in (world.feed(url).error or "")


async def test_robots_txt_is_kept_over_a_restart_and_asked_again_when_it_expires(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /private\n"))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later(timedelta(hours=3))
        assert len(server.requests("/robots.txt")) == 1
        async with crawling(tmp_path, url) as world:
            await world.later(timedelta(hours=8))
            assert len(server.requests("/robots.txt")) == 1
            await world.later(timedelta(hours=8))
            assert len(server.requests("/robots.txt")) == 2
            assert len(server.requests("/feed")) == 4


async def test_only_so_much_of_a_robots_txt_is_read(tmp_path: Path) -> None:
    padding = b"# a line of no meaning\n" * (SIZE_LIMIT // 23 + 1)
    async with NewsServer.open() as server:
        server.script(
            "/robots.txt", Reply(body=b"User-agent: *\nDisallow: /private\n" + padding + b"Disallow: /feed\n")
        )
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY


async def test_a_robots_txt_without_end_is_cut(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /feed\n" * 500, endless=True))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert "disallows" in (world.feed(url).error or "")


async def test_memory_for_rules_is_bounded() -> None:
    book = RobotsBook(None, StillClock())
    body = b"User-agent: *\nDisallow: /x\n" + b"#" * 100_000

    async def get(address: str) -> Response:
        return Response(address, body=body)

    for number in range(200):
        await book.verdict(f"https://site{number}.example/feed", get)
    assert book._weight <= MEMORY
    assert len(book._known) < 200
    assert book._weight == sum(rules.weight for rules in book._known.values())


async def test_a_guarded_address_is_told_as_such_and_kept_in_no_book() -> None:
    book = RobotsBook(None, StillClock())

    async def get(address: str) -> Response:
        raise GuardedError(f"{address} is private")

    with pytest.raises(GuardedError):
        await book.verdict("https://harbour.example/feed", get)
    assert not book._known


async def test_a_site_that_does_not_answer_is_asked_again_after_some_minutes() -> None:
    asked = []

    async def get(address: str) -> Response:
        asked.append(address)
        raise TemporaryError("no answer")

    book = RobotsBook(None, StillClock())
    verdict = await book.verdict("https://harbour.example/feed", get)
    assert (verdict.allowed, verdict.temporary) == (False, True)
    await book.verdict("https://harbour.example/other", get)
    assert len(asked) == 1
    assert next(iter(book._known.values())).expires_at == NOW + NO_LASTS


@given(status=st.integers(200, 599), age=st.integers(0, 10**9))
def test_no_answer_is_used_for_more_than_a_day(status: int, age: int) -> None:
    assert timedelta(0) < lasts(status, f"public, max-age={age}") <= timedelta(hours=24)


def test_cache_control_moves_the_lifetime_within_bounds() -> None:
    assert lasts(200, "") == LASTS
    assert lasts(200, "max-age=0") == LASTS_LEAST
    assert lasts(404, "private, max-age=99999999") == LASTS_MOST
    assert lasts(200, "max-age=7200") == timedelta(hours=2)
    assert lasts(200, "s-maxage=60") == LASTS


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("http://user:pw@Harbour.Example:8080/feed?a=b") == "http://harbour.example:8080"
    assert origin_of("https://harbour.example/") == "https://harbour.example"
