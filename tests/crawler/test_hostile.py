"""What the other side may do to us: drip, flood, bomb, lie, loop; each is refused in words, the next feed is well."""

import asyncio
import gzip
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from crawling import QUICK, crawling, item, rss, slower
from fakes_tls import make_certificate
from hypothesis import given
from hypothesis import strategies as st
from newsserver import NewsServer, Reply

from crawler import feed, parsing
from crawler.fetch import may_carry_secrets
from crawler.parsing import Job, Parser
from crawler.ports import FetchLimits, user_agent
from crawler.transport import Unpacked
from news.clock import SystemClock
from news.errors import HardError, NotAFeedError, TemporaryError
from news.types import FeedState

SHORT = slower(timeout=timedelta(seconds=0.4))
FEED = rss(item(1))


async def error_of(folder: Path, reply: Reply, *, limits: FetchLimits = QUICK) -> str:
    """Return the error that a reply ends in; a second feed must not be harmed."""
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/feed", reply)
        server.script("/well", Reply(body=FEED))
        url, well = server.url("/feed"), server.url("/well", "127.0.0.2")
        async with crawling(folder, url, well, limits=limits) as world:
            await world.poll()
            assert world.feed(well).state is FeedState.HEALTHY
            row = world.feed(url)
            assert row.state is FeedState.FAILING
            assert world.leased() == []
            return row.error or ""


async def test_a_body_that_drips_is_cut_off_by_the_deadline_of_the_whole_response(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=FEED, drip=0.05), limits=SHORT)
    assert error.endswith("did not answer completely within 0.4 s (fetch.timeout)")


async def test_an_answer_that_never_begins_is_cut_off(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(gate=asyncio.Event()), limits=SHORT)
    assert error.endswith("did not answer completely within 0.4 s (fetch.timeout)")


async def test_a_body_without_end_stops_at_the_limit(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=b"x" * 65_536, endless=True))
    assert error == "the answer is larger than 1,000,000 bytes (fetch.max_size)"


async def test_a_body_longer_than_the_limit_is_refused(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=b"x" * 1_000_001))
    assert error == "the answer is larger than 1,000,000 bytes (fetch.max_size)"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compression_bomb_stops_at_the_limit(tmp_path: Path, encoding: str) -> None:
    zeros = bytes(50_000_000)
    bomb = gzip.compress(zeros) if encoding == "gzip" else zlib.compress(zeros)
    assert len(bomb) < 100_000
    error = await error_of(tmp_path, Reply(body=bomb, headers={"Content-Encoding": encoding}))
    assert error == "the answer is larger than 1,000,000 bytes (fetch.max_size)"


async def test_a_compression_that_was_not_asked_for_is_refused(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=FEED, headers={"Content-Encoding": "br"}))
    assert error == "the answer comes in the encoding 'br', which was not asked for"


async def test_a_damaged_compression_is_refused(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=b"\x1f\x8b\x08 no gzip", headers={"Content-Encoding": "gzip"}))
    assert error.startswith("the answer's compression is damaged")


async def test_a_compressed_body_that_breaks_off_is_no_feed(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=gzip.compress(FEED)[:60], headers={"Content-Encoding": "gzip"}))
    assert error


async def test_a_body_that_breaks_off_is_no_answer(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(body=FEED, cut_at=100))
    assert "broke the connection off" in error


@pytest.mark.parametrize(
    "raw", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 99_999]
)
async def test_what_is_no_http_is_said_so(tmp_path: Path, raw: bytes) -> None:
    error = await error_of(tmp_path, Reply(raw=raw))
    assert "not HTTP" in error or "broke the connection off" in error
    assert len(error) < 400


async def test_nobody_listening_is_said_so(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        url = server.url("/feed")
    async with crawling(tmp_path, url) as world:
        await world.poll()
        assert "cannot be connected to" in (world.feed(url).error or "")


async def test_a_loop_of_redirects_ends(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(status=302, headers={"Location": "/feed"}))
    assert error.startswith("it redirects more than 10 times, at last to http://127.0.0.1:")


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://127.0.0.1/",
        "data:text/xml,<rss/>",
        "ftp://127.0.0.1/x",
        "http://[::1",
    ],
)
async def test_a_redirect_to_anything_but_http_is_refused(tmp_path: Path, target: str) -> None:
    error = await error_of(tmp_path, Reply(status=301, headers={"Location": target}))
    assert error.startswith(f"it redirects to {target!r}, which is ")


async def test_a_redirect_to_an_endless_address_is_refused(tmp_path: Path) -> None:
    error = await error_of(tmp_path, Reply(status=301, headers={"Location": "/" + "a" * 9_000}))
    assert "which is neither http nor https" in error


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_ca_file_makes_it_good(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with NewsServer.open(tls=certificate.context) as server:
        server.script("/feed", Reply(body=FEED))
        url = server.url("/feed")
        assert url.startswith("https://")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert "the certificate of 127.0.0.1" in (world.feed(url).error or "")
            assert "fetch.ca_file" in (world.feed(url).error or "")
        assert not server.seen
        async with crawling(tmp_path, url, limits=slower(ca_file=certificate.ca_file)) as world:
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with NewsServer.open("127.0.0.3", tls=certificate.context) as server:
        url = server.url("/feed", "127.0.0.3")
        async with crawling(tmp_path, url, limits=slower(ca_file=certificate.ca_file)) as world:
            await world.poll()
            assert "cannot be trusted" in (world.feed(url).error or "")
        assert not server.seen


async def test_compressed_answers_are_used(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=gzip.compress(FEED), headers={"Content-Encoding": "gzip"}))
        async with crawling(tmp_path, server.url("/feed")) as world:
            await world.poll()
            assert world.titles() == ["Harbour report 1"]
            assert server.requests("/feed")[0].headers["accept-encoding"] == "gzip, deflate"


async def test_a_header_from_the_other_side_cannot_be_sent_back_in_pieces(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=FEED, headers={"ETag": '"a\x01b"', "Last-Modified": "x" * 2_000}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            row = world.feed(url)
            assert (row.etag, row.last_modified) == (None, None)
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY


# ── decompression by itself ──────────


@given(body=st.binary(max_size=5_000), pieces=st.integers(1, 50), way=st.sampled_from(["gzip", "deflate", "raw", ""]))
def test_a_body_comes_out_as_it_went_in_however_it_is_cut(body: bytes, pieces: int, way: str) -> None:
    packed = {
        "gzip": gzip.compress(body[:2_000]) + gzip.compress(body[2_000:]),
        "deflate": zlib.compress(body),
        "raw": zlib.compress(body, wbits=-15),
        "": body,
    }[way]
    unpacked = Unpacked({"raw": "deflate"}.get(way, way), 5_000)
    for place in range(0, len(packed), pieces):
        unpacked.feed(packed[place : place + pieces])
    assert not unpacked.full
    assert unpacked.take(5_000) == body


@given(size=st.integers(0, 3_000), limit=st.integers(1, 2_000))
def test_no_more_is_unpacked_than_the_limit_and_one(size: int, limit: int) -> None:
    unpacked = Unpacked("gzip", limit)
    unpacked.feed(gzip.compress(b"a" * size))
    assert unpacked.full is (size > limit)
    assert len(unpacked.take(10**6)) == min(size, limit + 1)


def test_an_unknown_encoding_is_a_hard_error_and_a_damaged_one_a_temporary() -> None:
    with pytest.raises(HardError):
        Unpacked("gzip, gzip", 10)
    with pytest.raises(TemporaryError):
        Unpacked("gzip", 10).feed(b"not gzip")


# ── parsing that explodes ──────────


def big(entries: int) -> bytes:
    """Return a feed that is too big for the loop."""
    body = rss(*(item(number, "The council votes. " * 60) for number in range(entries)))
    assert feed.too_big_for_the_loop(body)
    return body


def job(body: bytes) -> Job:
    """Return a document to be parsed."""
    return Job(body, "http://harbour.example/feed", "application/rss+xml", frozenset(), SystemClock().now())


async def test_a_big_document_is_parsed_in_a_process_and_comes_out_the_same() -> None:
    parser = Parser()
    try:
        body = big(300)
        assert await parser.parse(job(body)) == parsing.parse_now(job(body))
    finally:
        parser.close()


async def test_a_document_that_takes_too_long_fails_alone_and_the_next_is_parsed() -> None:
    parser = Parser(seconds=0.01)
    try:
        with pytest.raises(NotAFeedError, match=r"longer than 0\.01 s"):
            await parser.parse(job(big(300)))
        parser._seconds = 20
        assert len((await parser.parse(job(big(300)))).entries) == 300
    finally:
        parser.close()


async def test_a_big_page_that_is_no_feed_is_said_so_from_the_process() -> None:
    parser = Parser()
    try:
        with pytest.raises(NotAFeedError, match="HTML page"):
            await parser.parse(job(b"<html><title>Harbour</title>" + b"<p>text</p>" * 60_000))
    finally:
        parser.close()


async def test_a_mistake_of_the_parser_fails_one_feed_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(*_args: object, **_kwargs: object) -> None:
        raise KeyError("mistaken")

    monkeypatch.setattr(feed, "parse", mistaken)
    with pytest.raises(NotAFeedError, match="KeyError"):
        parsing.parse_now(job(FEED))
    assert "the parser failed on http://harbour.example/feed" in caplog.text


# ── what leaves the house ──────────


@pytest.mark.parametrize(
    ("url", "home", "may"),
    [
        ("http://a.example/x", "http://a.example/feed", True),
        ("https://a.example/x", "http://a.example/feed", True),
        ("http://a.example/x", "https://a.example/feed", False),
        ("http://b.a.example/x", "http://a.example/feed", False),
        ("http://a.example:81/x", "http://a.example/feed", False),
        ("https://a.example:8443/x", "http://a.example:8080/feed", False),
        ("http://a.example@evil.example/x", "http://a.example/feed", False),
    ],
)
def test_secrets_go_to_their_own_origin_or_the_same_host_by_https(url: str, home: str, may: bool) -> None:  # noqa: FBT001 - an expected value
    assert may_carry_secrets(url, home) is may


def test_a_contact_cannot_end_the_header() -> None:
    assert user_agent("1.2", "desk@example.org\r\nX-Evil: 1") == "storywatch/1.2 (+desk@example.orgX-Evil: 1)"
    assert user_agent("1.2", None) == "storywatch/1.2"
