"""The demo's surroundings on loopback: the outlets' web servers, a mail server, and a webhook receiver."""

import asyncio
import contextlib
import email
import hashlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from storywatch.demo.bodies import CONTENT_TYPES, body
from storywatch.demo.newsroom import Newsroom, Outlet


def _hosts(count: int) -> list[str]:
    """Return one loopback address an outlet where the system has many, else the one it has."""
    hosts = [f"127.8.0.{number}" for number in range(1, count + 1)]
    with socket.socket() as probe:
        try:
            probe.bind((hosts[0], 0))
        except OSError:
            return ["127.0.0.1"] * count
    return hosts


@dataclass(slots=True)
class Press:
    """Serves every outlet's feed, each on an address of its own, over real HTTP."""

    newsroom: Newsroom
    on_poll: Callable[[str], None]
    #: base address by outlet key, once started
    bases: dict[str, str] = field(default_factory=dict)
    #: answers by status
    answers: dict[int, int] = field(default_factory=dict)
    _runners: list[web.AppRunner] = field(default_factory=list)

    async def start(self) -> None:
        """Listen."""
        outlets = self.newsroom.outlets
        for outlet, host in zip(outlets, _hosts(len(outlets)), strict=True):
            app = web.Application()
            app.router.add_get("/robots.txt", self._robots)
            app.router.add_get("/feed", self._serve(outlet))
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            self._runners.append(runner)
            site = web.TCPSite(runner, host, 0)
            await site.start()
            port = runner.addresses[0][1]
            self.bases[outlet.key] = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Close every server."""
        for runner in self._runners:
            await runner.cleanup()

    async def _robots(self, _request: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /internal/\n")

    def _serve(self, outlet: Outlet) -> Callable[[web.Request], Any]:
        async def feed(request: web.Request) -> web.Response:
            base = self.bases[outlet.key]
            if self.newsroom.is_broken(outlet):
                answer = web.Response(status=500, text="Internal Server Error")
            else:
                content = body(outlet, self.newsroom.entries(outlet, base), base)
                etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
                headers = {"ETag": etag, "Content-Type": CONTENT_TYPES[outlet.kind]}
                unchanged = request.headers.get("If-None-Match") == etag
                answer = web.Response(status=304, headers=headers)
                if not unchanged:
                    answer = web.Response(body=content, headers=headers)
            self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
            self.on_poll(outlet.key)
            return answer

        return feed


@dataclass(slots=True)
class PostOffice:
    """A mail server that keeps what it is given, each mail as a file."""

    folder: Path
    mails: list[EmailMessage] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="mail.demo.invalid"), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the server."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self._server.wait_closed()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.mails.append(mail)
        path = self.folder / f"{len(self.mails):02}.eml"
        await asyncio.to_thread(path.write_bytes, raw)
        self.changed.set()
        return "250 2.0.0 accepted"


@dataclass(slots=True)
class Hook:
    """A webhook receiver that checks the signature of what it is given."""

    secret: str
    payloads: list[dict[str, Any]] = field(default_factory=list)
    #: requests whose signature did not hold
    unsigned: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        """Close the server."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        raw = await request.text()
        try:
            Webhook(self.secret).verify(raw, {key.lower(): value for key, value in request.headers.items()})
        except Exception:  # noqa: BLE001 - whatever does not verify is counted, and the demo fails
            self.unsigned += 1
            return web.Response(status=400)
        self.payloads.append(json.loads(raw))
        self.changed.set()
        return web.Response(text="ok")
