"""A feed server for benchmarks, in a process of its own: a thousand addresses, thirty entries each.

::

    python -m bench.feedserver ──▶ prints its port, answers until it is killed

Each address of 127.0.0.0/8 is a feed of its own. Its polls are answered in turn by a document with one new entry and
by 304; a poll that should get the 304 and does not send the ETag is an error, so nobody measures less than a
conditional request.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

ENTRIES = 30

_TEXT = (
    "The council of the district voted on the plan for the harbour on Tuesday, after a debate of three hours in which "
    "engineers, fishermen and shopkeepers were heard. The costs are put at four million and are to be shared with the "
    "province; a decision on the eastern quay is to follow next month, when the survey of the seabed is finished."
)


def document(address: str, version: int) -> bytes:
    """Return a feed whose newest entry is number ``version + ENTRIES``."""
    items = "".join(
        f"<item><title>Harbour plan of {address}: report number {number}</title>"
        f"<link>http://{address}/news/{number}</link><guid isPermaLink='false'>{address}-{number}</guid>"
        f"<description><![CDATA[<p>Report {number} of {address}. {_TEXT}</p>]]></description>"
        f"<pubDate>Tue, 04 Jan 2022 09:{number % 60:02d}:00 +0700</pubDate><category>local</category></item>"
        for number in range(version + ENTRIES, version, -1)
    )
    head = f"<title>News of {address}</title><link>http://{address}/</link><language>en</language>"
    head += "<description>All of it</description>"
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, polls: Counter[str], asked: Callable[[str], None]
) -> None:
    address = writer.get_extra_info("sockname")[0]
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"/robots.txt" in head.partition(b"\r\n")[0]:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                asked(address)
                writer.write(_answer(address, polls[address], head))
                polls[address] += 1
            await writer.drain()
            if b"connection: close" in head:
                break
    writer.close()


def _answer(address: str, polls: int, head: bytes) -> bytes:
    version = polls // 2
    etag = b'"%d"' % version
    if polls % 2:
        if b"if-none-match: " + etag not in head:
            return b"HTTP/1.1 500 Not Conditional\r\nContent-Length: 0\r\n\r\n"
        return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
    body = document(address, version)
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nETag: %b\r\nContent-Length: %d\r\n\r\n"
        % (etag, len(body))
    ) + body


@contextlib.asynccontextmanager
async def listening(asked: Callable[[str], None] = lambda _address: None) -> AsyncIterator[int]:
    """Answer in this loop until the end of the block; its port. ``asked`` is called with the address of each poll."""
    polls: Counter[str] = Counter()
    everywhere = "0.0.0.0"  # noqa: S104 - all of 127.0.0.0/8 by one socket, while a benchmark runs
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, polls, asked), everywhere, 0, backlog=4096
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _main() -> None:
    async with listening() as port:
        print(port, flush=True)
        await asyncio.Event().wait()


def addresses(count: int) -> list[str]:
    """Return so many addresses of loopback."""
    return [f"127.{1 + place // 62_500}.{place // 250 % 250}.{place % 250 + 1}" for place in range(count)]


@contextlib.contextmanager
def running() -> Iterator[int]:
    """Run the server in a process until the end of the block; its port."""
    command = [sys.executable, "-m", "bench.feedserver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}) as process:  # noqa: S603 - ourselves
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_main())
