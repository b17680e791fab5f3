"""Through a proxy: every request goes there, TLS stays between us and the site, the login stays with the proxy."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from crawling import crawling, item, rss, slower
from fakes_tls import make_certificate
from newsserver import NewsServer, Reply

from news.errors import ConfigError
from news.types import FeedState


class Tunnel:
    """A proxy that only connects through (RFC 9110, CONNECT), and keeps the heads of what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[str] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, to: tuple[str, int]) -> AsyncIterator["Tunnel"]:
        """Listen until the end of the block; whatever name is asked for, the connection goes to ``to``."""
        tunnel = cls()
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            tunnel.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            there_reader, there_writer = await asyncio.open_connection(*to)
            writers.append(there_writer)
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        tunnel.port = server.sockets[0].getsockname()[1]
        try:
            yield tunnel
        finally:
            server.close()
            for writer in writers:
                writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()


async def test_every_request_goes_to_the_proxy_and_names_are_resolved_there(tmp_path: Path) -> None:
    def lookup(host: str, port: int) -> list[tuple[object, ...]]:
        raise AssertionError(f"{host}:{port} was looked up here")

    async with NewsServer.open() as proxy:
        proxy.script("/feed", Reply(status=302, headers={"Location": "http://www.example.org/there"}))
        proxy.script("/there", Reply(body=rss(item(1))))
        url = "http://feeds.example.com/feed"
        async with crawling(tmp_path, url, allowed=(), lookup=lookup, limits=slower(proxy=proxy.url(""))) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY
        assert [seen.target for seen in proxy.seen] == [
            "http://feeds.example.com/robots.txt",
            "http://feeds.example.com/feed",
            "http://www.example.org/robots.txt",
            "http://www.example.org/there",
        ]


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_is_verified_through_the_tunnel_and_the_login_stays_with_the_proxy(
    tmp_path: Path, *, trusted: bool
) -> None:
    certificate = make_certificate(tmp_path)
    async with (
        NewsServer.open(tls=certificate.context) as server,
        Tunnel.open(("127.0.0.1", server.port())) as tunnel,
    ):
        server.script("/feed", Reply(body=rss(item(1))))
        limits = slower(
            proxy=f"http://clerk:pass-word@127.0.0.1:{tunnel.port}", ca_file=certificate.ca_file if trusted else None
        )
        url = f"https://localhost:{server.port()}/feed"
        async with crawling(tmp_path, url, limits=limits) as world:
            await world.poll()
            row = world.feed(url)
        assert tunnel.heads
        login = base64.b64encode(b"clerk:pass-word").decode()
        for head in tunnel.heads:
            assert head.startswith(f"CONNECT localhost:{server.port()} HTTP/1.1\r\n")
            assert f"Basic {login}" in head
        if trusted:
            assert row.state is FeedState.HEALTHY
            assert all("proxy-authorization" not in seen.headers for seen in server.seen)
        else:
            assert row.error is not None
            assert "certificate" in row.error
            assert "fetch.ca_file" in row.error
            assert "pass-word" not in row.error
            assert not server.seen


async def test_a_proxy_that_wants_a_login_is_named_and_the_feed_waits(tmp_path: Path) -> None:
    async with NewsServer.open() as proxy:
        for path in ("/robots.txt", "/feed"):
            proxy.script(path, Reply(status=407))
        url = "http://feeds.example.com/feed"
        async with crawling(tmp_path, url, allowed=(), limits=slower(proxy=proxy.url(""))) as world:
            await world.poll()
            error = world.feed(url).error
        assert error is not None
        assert "the proxy wants a user name and password; set them in fetch.proxy" in error


async def test_a_proxy_of_the_environment_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, server.url("", "127.0.0.2"))
        server.script("/feed", Reply(body=rss(item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).state is FeedState.HEALTHY
        assert all("://" not in seen.target for seen in server.seen)


@pytest.mark.parametrize("content", [None, b"", b"no certificate at all"])
async def test_a_ca_file_of_no_use_is_named_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "company-ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"fetch.ca_file: .*company-ca.pem cannot be used .* in PEM"):
        async with crawling(tmp_path, limits=slower(ca_file=file)):
            pass
