"""What a server can do with headers, encodings and validators, and what comes of it."""

import gzip
from pathlib import Path

import pytest
from crawling import crawling, item, rss, slower
from newsserver import NewsServer, Reply, Seen

from crawler.transport import MEMBERS, Unpacked
from news.errors import HardError, TemporaryError
from news.types import FeedState

FEED = rss(item(1))


@pytest.mark.parametrize(
    "etag", ['W/"weak"', '"with, comma and \\"quotes\\""', "unquoted", '"' + "x" * 900 + '"', '"&<>%41"']
)
async def test_a_validator_goes_back_byte_for_byte(tmp_path: Path, etag: str) -> None:
    async with NewsServer.open() as server:
        date = "Sat, 08 Jan 2022 10:08:00 GMT"
        server.script("/feed", Reply(body=FEED, etag=etag, last_modified=date))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY
        first, second = server.requests("/feed")
        assert "if-none-match" not in first.headers
        assert "if-modified-since" not in first.headers
        assert (second.headers["if-none-match"], second.headers["if-modified-since"]) == (etag, date)


@pytest.mark.parametrize("etag", ['"caf\u00e9"', '"' + "x" * 2_000 + '"', ""])
async def test_a_validator_that_cannot_go_back_as_it_came_is_not_kept(tmp_path: Path, etag: str) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=FEED, headers={"ETag": etag}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).etag is None
            await world.later()
        assert all("if-none-match" not in seen.headers for seen in server.requests("/feed"))


async def test_a_304_may_renew_a_validator_and_a_document_without_one_ends_it(tmp_path: Path) -> None:
    asked: list[str | None] = []

    def answer(seen: Seen) -> Reply:
        asked.append(seen.headers.get("if-none-match"))
        return [
            Reply(body=FEED, headers={"ETag": '"1"'}),
            Reply(status=304, headers={"ETag": '"2"'}),
            Reply(status=304),
            Reply(body=rss(item(2))),
            Reply(body=rss(item(2))),
        ][len(asked) - 1]

    async with NewsServer.open() as server:
        server.script("/feed", answer)
        async with crawling(tmp_path, server.url("/feed")) as world:
            for _ in range(5):
                await world.later()
            assert world.titles() == ["Harbour report 1", "Harbour report 2"]
    assert asked == [None, '"1"', '"2"', '"2"', None]


async def test_a_validator_belongs_to_the_last_document_that_was_a_feed(tmp_path: Path) -> None:
    page = Reply(body=b"<html><title>Maintenance</title></html>", headers={"ETag": '"page"'})
    async with NewsServer.open() as server:
        server.script("/feed", [Reply(body=FEED, headers={"ETag": '"feed"'}), page, Reply(body=FEED)])
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            for _ in range(3):
                await world.later()
            assert world.feed(url).state is FeedState.HEALTHY
        assert [seen.headers.get("if-none-match") for seen in server.requests("/feed")] == [None, '"feed"', '"feed"']


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000 + b": 1\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(50_000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 50_000 + b"\r\na\r\n0\r\n\r\n",
    ],
    ids=["value", "name", "status", "many", "lengths", "chunk", "extension"],
)
async def test_headers_without_measure_fail_the_feed_alone(tmp_path: Path, head: bytes) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/feed", Reply(raw=head), host="127.0.0.1")
        server.script("/feed", Reply(body=FEED), host="127.0.0.2")
        urls = [server.url("/feed"), server.url("/feed", "127.0.0.2")]
        async with crawling(tmp_path, *urls, limits=slower()) as world:
            await world.poll()
            row = world.feed(urls[0])
            assert row.state is FeedState.FAILING
            assert row.error
            assert "polling it failed" not in row.error
            assert world.feed(urls[1]).state is FeedState.HEALTHY


async def test_a_304_that_names_an_encoding_is_fine(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        packed = Reply(body=gzip.compress(FEED), headers={"Content-Encoding": "gzip", "ETag": '"1"'})
        server.script("/feed", [packed, Reply(status=304, headers={"Content-Encoding": "gzip"})])
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later()
            assert world.feed(url).state is FeedState.HEALTHY


def test_a_gzip_body_of_some_parts_is_read_whole_and_one_of_very_many_refused() -> None:
    unpacked = Unpacked("gzip", 1_000)
    unpacked.feed(b"".join(gzip.compress(part) for part in (b"one ", b"", b"two")))
    unpacked.end()
    assert unpacked.take(1_000) == b"one two"
    with pytest.raises(HardError, match=f"more than {MEMBERS} parts"):
        Unpacked("gzip", 1_000).feed(gzip.compress(b"") * (MEMBERS + 1))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_that_stops_short_is_no_answer_and_an_empty_one_is(encoding: str) -> None:
    Unpacked(encoding, 1_000).end()
    unpacked = Unpacked(encoding, 1_000)
    unpacked.feed(gzip.compress(FEED)[:-9] if encoding == "gzip" else b"\x78\x9c\x4b")
    with pytest.raises(TemporaryError, match="ends in the middle"):
        unpacked.end()
