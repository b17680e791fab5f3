"""No address inside is reached, however it is written, wherever it comes from: seen at the server that is inside.

Two addresses play the parts: ``OUTSIDE`` is listed in ``allow_addresses`` and stands for the public web, ``INSIDE`` is
not, and has a server all the same, so that a request which gets through is seen.
"""

from ipaddress import ip_network
from pathlib import Path

import pytest
from crawling import crawling, item, rss
from fakes_names import Names
from newsserver import NewsServer, Reply

from crawler import resolver
from news.store.feeds import FeedSettings
from news.types import FeedOrigin, FeedState, RobotsRule

INSIDE = "127.0.0.1"
OUTSIDE = "127.0.0.2"
PUBLIC = (ip_network("127.0.0.2/32"),)

#: 127.0.0.1 and what else stands for this machine or its surroundings, as a host is written
LITERALS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "feeds.localhost",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "169.254.169.254",
    "10.1.2.3",
    "192.168.0.1",
    "100.64.0.1",
]


async def test_a_literal_address_is_refused_and_named_in_every_form(tmp_path: Path) -> None:
    async with NewsServer.open(INSIDE) as server:
        urls = [f"http://{host}:{server.port()}/feed" for host in LITERALS]
        async with crawling(tmp_path, *urls, allowed=()) as world:
            while await world.poll():
                pass
            for host, url in zip(LITERALS, urls, strict=True):
                row = world.feed(url)
                assert row.state is FeedState.FAILING, host
                assert row.error is not None
                assert host.strip("[]").rstrip(".") in row.error, host
                assert "is not reached" in row.error, host
                assert "allow_addresses" in row.error, host
        assert server.connections == 0


async def test_what_is_allowed_is_reached(tmp_path: Path) -> None:
    """The counter-proof: what is refused above is refused by the guard, not because nothing answers there."""
    async with NewsServer.open(INSIDE) as server:
        server.script("/feed", Reply(body=rss(item(1))))
        urls = [f"http://{host}:{server.port()}/feed" for host in ("127.0.0.1", "0x7f000001", "localhost")]
        async with crawling(tmp_path, *urls) as world:
            while await world.poll():
                pass
            assert [world.feed(url).state for url in urls] == [FeedState.HEALTHY] * 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_inside_is_refused_and_named(tmp_path: Path, status: int) -> None:
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        targets = [server.url("/secret"), f"http://2130706433:{server.port()}/secret", f"//localhost:{server.port()}/s"]
        urls = []
        for number, target in enumerate(targets):
            server.script(f"/feed{number}", Reply(status=status, headers={"Location": target}))
            urls.append(server.url(f"/feed{number}", OUTSIDE))
        async with crawling(tmp_path, *urls, allowed=PUBLIC) as world:
            await world.poll()
            for url in urls:
                row = world.feed(url)
                assert row.error is not None
                assert "127.0.0.1" in row.error
                assert "is not reached" in row.error
                assert row.moved_to is None
        assert not server.requests(host=INSIDE)
        assert not server.requests("/secret")
        assert len(server.requests(host=OUTSIDE)) == len(targets)


async def test_a_redirect_over_several_hops_is_guarded_at_each(tmp_path: Path) -> None:
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        server.script("/feed", Reply(status=302, headers={"Location": "/next"}))
        server.script("/next", Reply(status=301, headers={"Location": server.url("/secret")}))
        async with crawling(tmp_path, server.url("/feed", OUTSIDE), allowed=PUBLIC) as world:
            await world.poll()
            error = world.feed(server.url("/feed", OUTSIDE)).error
        assert error is not None
        assert "127.0.0.1 lies in 127.0.0.0/8 (loopback), which is not reached" in error
        assert not server.requests("/secret")


async def test_a_name_that_leads_inside_is_refused_and_named(tmp_path: Path) -> None:
    inside = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.7", "fd00::1"]
    names = Names({f"feeds{number}.example.com": [[address]] for number, address in enumerate(inside)})
    async with NewsServer.open(INSIDE) as server:
        urls = [f"http://feeds{number}.example.com:{server.port()}/feed" for number in range(len(inside))]
        async with crawling(tmp_path, *urls, allowed=(), lookup=names) as world:
            await world.poll()
            for number, url in enumerate(urls):
                error = world.feed(url).error
                assert error is not None
                assert error.startswith(f"the name feeds{number}.example.com leads to a guarded address: ")
                assert inside[number].rpartition(":")[2] in error
                assert "allow_addresses" in error
        assert server.connections == 0


async def test_a_name_with_one_address_inside_among_others_is_refused_as_a_whole(tmp_path: Path) -> None:
    names = Names({"feeds.example.com": [[OUTSIDE, INSIDE]]})
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        url = server.url("/feed", "feeds.example.com", at=OUTSIDE)
        async with crawling(tmp_path, url, allowed=PUBLIC, lookup=names) as world:
            await world.poll()
            error = world.feed(url).error
        assert error is not None
        assert "127.0.0.1" in error
        assert server.connections == 0


async def test_a_name_that_is_rebound_between_two_polls_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each connection asks anew, as it does a minute later.
    monkeypatch.setattr(resolver, "ANSWER_LASTS", 0.0)
    names = Names({"feeds.example.com": [[OUTSIDE], [INSIDE]]})
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed", "feeds.example.com", at=OUTSIDE)
        permitted = FeedSettings(url, "example.com", FeedOrigin.CONFIG, robots=RobotsRule.PERMITTED)
        async with crawling(tmp_path, permitted, allowed=PUBLIC, lookup=names) as world:
            await world.poll()
            assert world.titles() == ["Harbour report 1"]
            await world.later()
            error = world.feed(url).error
        assert error is not None
        assert "the name feeds.example.com leads to a guarded address: 127.0.0.1" in error
        assert len(server.requests("/feed")) == 1
        assert names.asked == ["feeds.example.com"] * 2


async def test_a_name_that_is_rebound_within_a_poll_changes_nothing(tmp_path: Path) -> None:
    """One lookup serves check and connection alike: there is no second answer that could differ."""
    names = Names({"feeds.example.com": [[OUTSIDE], [INSIDE]]})
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed", "feeds.example.com", at=OUTSIDE)
        async with crawling(tmp_path, url, allowed=PUBLIC, lookup=names) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY
        # robots.txt and the feed, both where the first answer pointed.
        assert len(server.seen) == 2
        assert names.asked == ["feeds.example.com"]


async def test_a_redirect_to_a_name_that_leads_inside_is_refused(tmp_path: Path) -> None:
    names = Names({"feeds.example.com": [[OUTSIDE]], "inside.example.org": [[INSIDE]]})
    async with NewsServer.open(INSIDE, OUTSIDE) as server:
        there = server.url("/secret", "inside.example.org", at=INSIDE)
        server.script("/feed", Reply(status=302, headers={"Location": there}))
        url = server.url("/feed", "feeds.example.com", at=OUTSIDE)
        async with crawling(tmp_path, url, allowed=PUBLIC, lookup=names) as world:
            await world.poll()
            error = world.feed(url).error
        assert error is not None
        assert "the name inside.example.org leads to a guarded address" in error
        assert not server.requests("/secret")


async def test_a_name_that_does_not_resolve_is_no_guarded_address(tmp_path: Path) -> None:
    url = "http://nowhere.example.com:8/feed"
    async with crawling(tmp_path, url, lookup=Names({})) as world:
        await world.poll()
        assert world.feed(url).error == (
            "http://nowhere.example.com:8/robots.txt does not answer, which means no: the name nowhere.example.com "
            "does not resolve (Name or service not known); check the address"
        )
