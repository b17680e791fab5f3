"""A real SMTP server on loopback that answers as it is told to and keeps what it accepts.

::

    async with SmtpSink() as sink:
        sink.reply(Step.RCPT, "550 5.1.1 no such mailbox", times=1)
        … send to (sink.host, sink.port) …
        await sink.wait_for(1)
        assert sink.received[0].rcpt_tos == ["desk@example.org"]
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Step(StrEnum):
    """Where the server can be told what to do."""

    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    #: after 354, before the body is read
    BODY = "BODY"
    #: after the final dot
    DOT = "DOT"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that was accepted."""

    #: address and port of the other side
    peer: tuple[str, int]
    mail_from: str
    rcpt_tos: list[str]
    #: as it came: CRLF, dots undone
    content: bytes
    #: parameters of MAIL, such as SIZE=…
    options: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Order:
    """What to do at a step: say something, close the connection, or wait."""

    reply: str | None = None
    drop: bool = False
    hold: asyncio.Event | None = None
    #: None: from now on
    times: int | None = 1


class SmtpSink:
    """A mail server; use it as a context."""

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        size_limit: int | None = None,
        smtputf8: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self.port = 0
        #: what was accepted, in order; a message whose reply was dropped counts as accepted
        self.received: list[Mail] = []
        #: connections that were made
        self.connections = 0
        #: logins that were tried
        self.logins: list[tuple[str, str]] = []
        #: steps as they were reached
        self.steps: list[Step] = []
        self._starttls = starttls
        self._tls = tls
        self._login = login
        self._size_limit = size_limit
        self._smtputf8 = smtputf8
        self._orders: dict[Step, list[_Order]] = {}
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._protocols: list[SMTP] = []

    # ── what it is told ──────────

    def reply(self, step: Step, text: str, *, times: int | None = 1) -> None:
        """Answer a step by ``text`` instead of accepting it."""
        self._orders.setdefault(step, []).append(_Order(reply=text, times=times))

    def drop(self, step: Step, *, times: int | None = 1) -> None:
        """Close the connection at a step without an answer; at DOT the message counts as accepted."""
        self._orders.setdefault(step, []).append(_Order(drop=True, times=times))

    def hold(self, step: Step, *, times: int | None = 1) -> asyncio.Event:
        """Wait at a step until the returned event is set, then go on as usual."""
        gate = asyncio.Event()
        self._orders.setdefault(step, []).append(_Order(hold=gate, times=times))
        return gate

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for protocol in self._protocols:
            if isinstance(protocol.transport, asyncio.WriteTransport):
                protocol.transport.abort()

    # ── what it saw ──────────

    async def wait_for(self, count: int, *, longest_s: float = 30) -> list[Mail]:
        """Wait until so many messages were accepted, and return them all."""
        await self._wait_until(lambda: len(self.received) >= count, f"{count} mails", longest_s)
        return self.received

    async def wait_for_step(self, step: Step, *, count: int = 1, longest_s: float = 30) -> None:
        """Wait until a step was reached so many times."""
        await self._wait_until(lambda: self.steps.count(step) >= count, f"{count} times {step}", longest_s)

    async def _wait_until(self, holds: Any, what: str, longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {what}; there are {len(self.received)} mails, {self.steps}") from None

    # ── life ──────────

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, self.host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        for protocol in self._protocols:
            if protocol._handler_coroutine is not None:
                protocol._handler_coroutine.cancel()
        await asyncio.gather(
            *(p._handler_coroutine for p in self._protocols if p._handler_coroutine is not None),
            return_exceptions=True,
        )

    def _protocol(self) -> SMTP:
        protocol = _Protocol(
            self,
            hostname="mail.test",
            ident="fake",
            loop=asyncio.get_running_loop(),
            data_size_limit=self._size_limit,
            enable_SMTPUTF8=self._smtputf8,
            tls_context=self._starttls,
            require_starttls=self._starttls is not None,
            auth_required=self._login is not None and self._starttls is not None,
            auth_require_tls=self._starttls is not None,
            authenticator=self._authenticate,
        )
        self.connections += 1
        self._protocols.append(protocol)
        return protocol

    # ── aiosmtpd's hooks ──────────

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        pair = given.login.decode(), given.password.decode()
        self.logins.append(pair)
        self._reached(Step.AUTH)
        order = self._order(Step.AUTH)
        if order is not None and order.reply is not None:
            return AuthResult(success=False, handled=False, message=order.reply)
        return AuthResult(success=pair == self._login, handled=False)

    async def handle_MAIL(  # noqa: N802 # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        said = await self.obey(Step.MAIL, server)
        if said is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said or "250 OK"

    async def handle_RCPT(  # noqa: N802 # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """RCPT TO."""
        said = await self.obey(Step.RCPT, server)
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 # the same
        """Take the whole message, after the final dot."""
        content = envelope.original_content
        assert content is not None
        assert isinstance(session.peer, tuple)
        mail = Mail(
            peer=(session.peer[0], session.peer[1]),
            mail_from=envelope.mail_from or "",
            rcpt_tos=list(envelope.rcpt_tos),
            content=bytes(content),
            options=list(envelope.mail_options),
        )
        said = await self.obey(Step.DOT, server, accept=mail)
        if said is None:
            self._accept(mail)
        return said or "250 2.0.0 OK"

    async def obey(self, step: Step, server: SMTP, accept: Mail | None = None) -> str | None:
        """Do what was ordered for a step; return what to say instead of yes."""
        self._reached(step)
        order = self._order(step)
        if order is None:
            return None
        if order.hold is not None:
            await order.hold.wait()
        if order.drop:
            if accept is not None:
                self._accept(accept)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            # The end of the connection cancels this.
            await asyncio.Event().wait()
        return order.reply

    def _accept(self, mail: Mail) -> None:
        self.received.append(mail)
        self._changed.set()

    def _reached(self, step: Step) -> None:
        self.steps.append(step)
        self._changed.set()

    def _order(self, step: Step) -> _Order | None:
        orders = self._orders.get(step, [])
        if not orders:
            return None
        order = orders[0]
        if order.times is not None:
            order.times -= 1
            if order.times == 0:
                orders.pop(0)
        return order


class _Protocol(SMTP):
    """aiosmtpd's server, with an order before the body is read."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 # aiosmtpd's name
        """Begin the message."""
        sink = self.event_handler
        assert isinstance(sink, SmtpSink)
        if self.envelope is not None and self.envelope.rcpt_tos:
            orders = sink._orders.get(Step.BODY)
            if orders and orders[0].drop:
                await self.push("354 go on")
            said = await sink.obey(Step.BODY, self)
            if said is not None:
                await self.push(said)
                return
        await super().smtp_DATA(arg)
