"""A real HTTP server on loopback, whose every answer is scripted and whose every request is kept.

::

    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=b"…", etag='"1"'))
        … poll server.url("/feed") …
        assert server.most_at_once("127.0.0.1") == 1

It is written on bare streams, so that it can misbehave: drip, stall, send too much, break off, speak no HTTP.
"""

import asyncio
import contextlib
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from news.urls import site_of


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    method: str
    #: as sent; absolute where it came through a proxy
    target: str
    host: str
    headers: Mapping[str, str]
    #: loop time at which its head was complete
    at: float

    @property
    def path(self) -> str:
        """The path without what stands before it."""
        return "/" + self.target.split("/", 3)[3] if "://" in self.target else self.target


@dataclass(frozen=True, slots=True)
class Reply:
    """A scripted answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: with these, a conditional request that names them is answered by 304
    etag: str | None = None
    last_modified: str | None = None
    #: seconds before the answer begins
    after: float = 0.0
    #: seconds between two bytes of the body; 0 sends it at once
    drip: float = 0.0
    #: send no length, keep sending the body again until the other side hangs up
    endless: bool = False
    #: close the connection after so many bytes of the body
    cut_at: int | None = None
    #: send these bytes in place of an HTTP answer
    raw: bytes | None = None
    #: answer only once this is set
    gate: asyncio.Event | None = None


Script = Reply | list[Reply] | Callable[[Seen], Reply]

NOT_FOUND = Reply(status=404, body=b"not here")


class NewsServer:
    """Answers by script; a path without one is 404, which for robots.txt means that all is allowed."""

    def __init__(self) -> None:
        self._scripts: dict[tuple[str, str], Script] = {}
        self._running: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._ports: dict[str, int] = {}
        self._scheme = "http"
        self.seen: list[Seen] = []
        #: seconds that each answer takes, so that requests at once would meet
        self.slowness = 0.0
        #: loop times at which a site's answers were complete
        self.answered: defaultdict[str, list[float]] = defaultdict(list)
        self.connections = 0
        self._came = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, *addresses: str, tls: ssl.SSLContext | None = None) -> AsyncIterator["NewsServer"]:
        """Listen on these addresses of 127.0.0.0/8 until the end of the block."""
        server = cls()
        server._scheme = "https" if tls else "http"
        listening = []
        try:
            for address in addresses or ("127.0.0.1",):
                one = await asyncio.start_server(server._serve, address, 0, ssl=tls)
                listening.append(one)
                server._ports[address] = one.sockets[0].getsockname()[1]
            yield server
        finally:
            for one in listening:
                one.close()
            for writer in tuple(server._writers):
                writer.transport.abort()

    def url(self, path: str, host: str = "127.0.0.1", *, at: str | None = None) -> str:
        """Return an address of this server; ``at`` is the listening address of a host that is a name."""
        return f"{self._scheme}://{host}:{self.port(at or host)}{path}"

    def port(self, address: str = "127.0.0.1") -> int:
        """Return the port on an address."""
        return self._ports[address]

    def script(self, path: str, script: Script, host: str = "*") -> None:
        """Answer requests for a path so; a list is used up, its last reply stays."""
        self._scripts[host, path] = script

    def requests(self, path: str | None = None, host: str | None = None) -> list[Seen]:
        """Return what was requested so far, robots.txt left out unless asked for."""
        return [
            one
            for one in self.seen
            if (one.path == path if path is not None else one.path != "/robots.txt") and host in (None, one.host)
        ]

    async def until(self, count: int, path: str | None = None) -> None:
        """Wait until so many requests have come in, robots.txt left out unless asked for."""
        while len(self.requests(path)) < count:
            self._came.clear()
            await self._came.wait()

    async def changed(self) -> None:
        """Wait for the next request."""
        self._changed.clear()
        await self._changed.wait()

    def most_at_once(self, site: str) -> int:
        """Return the most requests to a site that were being answered at one moment."""
        return self._most[site]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            while True:
                seen = _parsed(await reader.readuntil(b"\r\n\r\n"))
                if not await self._answer(seen, writer):
                    break
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        self.seen.append(seen)
        self._changed.set()
        self._came.set()
        site = site_of(f"http://{seen.host}/")
        self._running[site] += 1
        self._most[site] = max(self._most[site], self._running[site])
        try:
            reply = self._reply(seen)
            if self.slowness or reply.after:
                await asyncio.sleep(self.slowness + reply.after)
            if reply.gate is not None:
                await reply.gate.wait()
            return await _send(writer, seen, reply)
        finally:
            self._running[site] -= 1
            self.answered[site].append(asyncio.get_running_loop().time())

    def _reply(self, seen: Seen) -> Reply:
        script = self._scripts.get((seen.host, seen.path)) or self._scripts.get(("*", seen.path), NOT_FOUND)
        if callable(script):
            reply = script(seen)
        elif isinstance(script, list):
            reply = script.pop(0) if len(script) > 1 else script[0]
        else:
            reply = script
        same = reply.etag is not None and seen.headers.get("if-none-match") == reply.etag
        same = same or (
            reply.last_modified is not None and seen.headers.get("if-modified-since") == reply.last_modified
        )
        return Reply(status=304, etag=reply.etag, last_modified=reply.last_modified) if same else reply


async def _send(writer: asyncio.StreamWriter, seen: Seen, reply: Reply) -> bool:
    """Send a reply; return whether the connection may be used again."""
    if reply.raw is not None:
        writer.write(reply.raw)
        await writer.drain()
        return False
    headers = {"Content-Type": "application/rss+xml", **reply.headers}
    if reply.etag is not None:
        headers["ETag"] = reply.etag
    if reply.last_modified is not None:
        headers["Last-Modified"] = reply.last_modified
    if not reply.endless and reply.status != 304:
        headers.setdefault("Content-Length", str(len(reply.body)))
    head = f"HTTP/1.1 {reply.status} Scripted\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(head.encode() + b"\r\n")
    if reply.status == 304 or seen.method == "HEAD":
        await writer.drain()
        return True
    if reply.drip:
        for place in range(len(reply.body)):
            writer.write(reply.body[place : place + 1])
            await writer.drain()
            await asyncio.sleep(reply.drip)
        return True
    while reply.endless:
        writer.write(reply.body)
        await writer.drain()
    writer.write(reply.body if reply.cut_at is None else reply.body[: reply.cut_at])
    await writer.drain()
    return reply.cut_at is None and seen.headers.get("connection") != "close"


def _parsed(head: bytes) -> Seen:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    return Seen(method, target, host, headers, asyncio.get_running_loop().time())
