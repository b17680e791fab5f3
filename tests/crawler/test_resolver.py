"""The address guard: by literal in every spelling, by redirect, by name, by a name that changes its mind."""

import socket
from ipaddress import ip_network
from pathlib import Path

import pytest
from crawling import LOOPBACK, crawling, item, rss, settings, slower
from newsserver import NewsServer, Reply

from crawler import resolver
from crawler.resolver import GuardedAddressError, GuardedResolver, guarded_socket
from news.types import FeedState

PUBLIC = "93.184.215.14"


def found(*addresses: str) -> list[tuple[object, ...]]:
    """Return what getaddrinfo would."""
    return [
        (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
        for address in addresses
    ]


SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "LOCALHOST.",
    "127.0.0.1.",
    "0",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.1.2.3",
    "169.254.169.254",
    "192.168.1.1",
    "100.64.0.1",
    "[fd00::1]",
    "[fe80::1]",
]


@pytest.mark.parametrize("host", SPELLINGS)
async def test_a_guarded_address_is_refused_and_named_however_it_is_spelt(tmp_path: Path, host: str) -> None:
    async with NewsServer.open() as server:
        url = f"http://{host}:{server.port()}/feed"
        async with crawling(tmp_path, url, allowed=()) as world:
            await world.poll()
            row = world.feed(url)
            assert row.state is FeedState.FAILING
            assert row.error is not None
            assert "allow_addresses" in row.error
            assert "lies in" in row.error
        assert server.connections == 0


@pytest.mark.parametrize("host", SPELLINGS[:14])
async def test_a_redirect_to_a_guarded_address_is_refused(tmp_path: Path, host: str) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.9") as server:
        url = server.url("/feed", "127.0.0.9")
        server.script("/feed", Reply(status=302, headers={"Location": f"http://{host}:{server.port()}/inside"}))
        async with crawling(tmp_path, url, allowed=(ip_network("127.0.0.9/32"),)) as world:
            await world.poll()
            error = world.feed(url).error
            assert error is not None
            assert "allow_addresses" in error
        assert {seen.host for seen in server.seen} == {"127.0.0.9"}


async def test_a_robots_txt_that_redirects_inside_is_refused(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.9") as server:
        url = server.url("/feed", "127.0.0.9")
        server.script("/robots.txt", Reply(status=302, headers={"Location": server.url("/inside")}), host="127.0.0.9")
        async with crawling(tmp_path, url, allowed=(ip_network("127.0.0.9/32"),)) as world:
            await world.poll()
            assert "127.0.0.1 lies in" in (world.feed(url).error or "")
        assert not server.requests("/inside")
        assert not server.requests("/feed")


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), (PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), ("::ffff:10.0.0.1",)]
)
async def test_a_name_that_leads_inside_is_refused_and_named(tmp_path: Path, addresses: tuple[str, ...]) -> None:
    async with NewsServer.open() as server:
        url = server.url("/feed", "rebound.example", at="127.0.0.1")
        async with crawling(tmp_path, url, allowed=(), lookup=lambda _host, _port: found(*addresses)) as world:
            await world.poll()
            error = world.feed(url).error
            assert error is not None
            assert error.startswith("the name rebound.example leads to a guarded address: ")
        assert server.connections == 0


async def test_a_name_that_changes_its_mind_between_two_requests_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "ANSWER_LASTS", 0.0)
    answers = iter(["127.0.0.9", "127.0.0.9", "127.0.0.1"])
    async with NewsServer.open("127.0.0.1", "127.0.0.9") as server:
        server.script("/feed", [Reply(body=rss(item(1)), headers={"Connection": "close"})])
        server.script("/robots.txt", Reply(status=404, headers={"Connection": "close"}))
        # Both listen on the same port, as a rebinding attacker needs it; the second is found by its own socket.
        url = server.url("/feed", "rebound.example", at="127.0.0.9")
        allowed = (ip_network("127.0.0.9/32"),)
        async with crawling(tmp_path, url, allowed=allowed, lookup=lambda _host, _port: found(next(answers))) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY
            # Within the lifetime of robots.txt, so that the next request is the feed's.
            row = world.feed(url)
            assert row.next_poll_at is not None
            world.clock.forward(row.next_poll_at - world.clock.now())
            await world.poll()
            assert "the name rebound.example leads to a guarded address: 127.0.0.1" in (world.feed(url).error or "")


async def test_what_is_allowed_is_reached(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, settings(url), allowed=LOOPBACK) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY


async def test_through_a_proxy_literal_addresses_stay_guarded_and_the_proxy_itself_is_not(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        limits = slower(proxy=server.url(""))
        named, literal = "http://harbour.example/feed", "http://10.0.0.1/feed"

        def nobody(host: str, _port: int) -> list[tuple[object, ...]]:
            raise AssertionError(f"{host} is the proxy's to resolve")

        async with crawling(tmp_path, named, literal, allowed=(), limits=limits, lookup=nobody) as world:
            await world.poll()
            assert world.feed(named).error is None
            assert "10.0.0.1 lies in" in (world.feed(literal).error or "")
        assert {seen.target for seen in server.seen} == {
            "http://harbour.example/robots.txt",
            "http://harbour.example/feed",
        }


async def test_a_proxy_that_is_away_is_named(tmp_path: Path) -> None:
    url = "http://harbour.example/feed"
    limits = slower(proxy="http://127.0.0.1:9")
    async with crawling(tmp_path, url, limits=limits) as world:
        await world.poll()
        error = world.feed(url).error or ""
        assert error.startswith("http://harbour.example/robots.txt does not answer, which means no: the proxy does not")
        assert error.endswith("check fetch.proxy")


async def test_a_name_that_does_not_resolve_is_a_sentence() -> None:
    def unknown(_host: str, _port: int) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    one = GuardedResolver((), unknown)
    with pytest.raises(OSError, match="Name or service not known"):
        await one.resolve("nowhere.example", 80)
    await one.close()


async def test_answers_and_failures_are_remembered_for_a_while_and_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "CACHE_SIZE", 3)
    asked: list[str] = []

    def lookup(host: str, _port: int) -> list[tuple[object, ...]]:
        asked.append(host)
        if host.startswith("no"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found(PUBLIC)

    one = GuardedResolver((), lookup)
    for name in ("a.example", "a.example", "b.example", "c.example", "d.example", "a.example"):
        assert [result["host"] for result in await one.resolve(name, 80)] == [PUBLIC]
    assert asked == ["a.example", "b.example", "c.example", "d.example", "a.example"]
    for _ in range(2):
        with pytest.raises(OSError, match="not known"):
            await one.resolve("no.example", 80)
    assert asked.count("no.example") == 1
    assert len(one._cache) == 3
    monkeypatch.setattr(resolver, "ANSWER_LASTS", 0.0)
    await one.resolve("e.example", 80)
    await one.resolve("e.example", 80)
    assert asked.count("e.example") == 2
    await one.close()


async def test_a_host_name_that_is_none_is_refused() -> None:
    one = GuardedResolver((), socket.getaddrinfo)
    with pytest.raises(OSError, match="not a host name"):
        await one.resolve("a" * 64 + ".example", 80)
    await one.close()


async def test_ipv6_and_ipv4_answers_are_both_given() -> None:
    one = GuardedResolver((), lambda _host, _port: found("2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC))
    results = await one.resolve("both.example", 80)
    assert [result["family"] for result in results] == [socket.AF_INET6, socket.AF_INET]
    await one.close()


def test_no_socket_is_made_for_a_guarded_address() -> None:
    make = guarded_socket(())
    with pytest.raises(GuardedAddressError, match=r"127\.0\.0\.1 lies in"):
        make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
    with pytest.raises(GuardedAddressError, match="link-local"):
        make((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", 80, 0, 2)))
    make((socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 80))).close()
