"""A real HTTP server on loopback that answers as it is told to and keeps what it is sent.

::

    async with HttpSink() as sink:
        sink.answer(503, headers={"Retry-After": "7"})     # the next one; then 200 again
        … POST to sink.url …
        await sink.wait_for(1)
        assert sink.received[0].body == b"{}"
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came in whole."""

    method: str
    #: path and query
    path: str
    #: names in lower case
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class _Order:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    drip: bool = False
    hold: asyncio.Event | None = None


class HttpSink:
    """A server; use it as a context."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        #: every request, whatever was answered, in order
        self.received: list[Received] = []
        self._tls = tls
        self._orders: list[_Order] = []
        self._default = _Order()
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where to post to."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self.host}:{self.port}/hook"

    def answer(self, status: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Answer the next request that has no answer yet so."""
        self._orders.append(_Order(status=status, headers=headers or {}, body=body))

    def answer_all(self, status: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Answer every request so that nothing else is said for."""
        self._default = _Order(status=status, headers=headers or {}, body=body)

    def drop(self) -> None:
        """Take the next request in whole and close the connection."""
        self._orders.append(_Order(drop=True))

    def drip(self, status: int = 500) -> None:
        """Answer the next request by headers and then a byte at a time, for ever."""
        self._orders.append(_Order(status=status, drip=True))

    def hold(self) -> asyncio.Event:
        """Answer the next request only when the returned event is set."""
        gate = asyncio.Event()
        self._orders.append(_Order(hold=gate))
        return gate

    async def wait_for(self, count: int, *, longest_s: float = 30) -> list[Received]:
        """Wait until so many requests came in, and return them all."""
        await self._wait_until(lambda: len(self.received) >= count, longest_s)
        return self.received

    async def _wait_until(self, holds: Callable[[], bool], longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain; {len(self.received)} requests came in") from None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, 0, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        self._ending.set()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, body))
        order = self._orders.pop(0) if self._orders else self._default
        self._changed.set()
        if order.hold is not None:
            await self._first(order.hold)
        if order.drop:
            assert request.transport is not None
            request.transport.abort()
        if order.drip:
            return await self._drip(request, order)
        return web.Response(status=order.status, headers=order.headers, body=order.body)

    async def _first(self, gate: asyncio.Event) -> None:
        """Wait for the gate, or for the end of the server."""
        waits = [asyncio.ensure_future(event.wait()) for event in (gate, self._ending)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _drip(self, request: web.Request, order: _Order) -> web.StreamResponse:
        response = web.StreamResponse(status=order.status)
        await response.prepare(request)
        while not self._ending.is_set() and request.transport is not None:
            try:
                await response.write(b".")
            except ConnectionError:
                break
            await asyncio.sleep(0.01)
        return response
