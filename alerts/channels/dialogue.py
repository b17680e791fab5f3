"""One SMTP connection, driven step by step, so that "may have been accepted" is known as such.

::

    alerts.channels.opening: connect ─▶ EHLO ─▶ STARTTLS ─▶ EHLO ─▶ AUTH
    Dialogue.send: MAIL ─▶ RCPT ─▶ DATA ─▶ body ─▶ committing() ─▶ final dot ─▶ reply
                   └────────── a failure: nothing was accepted ──┘ └─ no reply: in doubt

One recipient a message, so a refused recipient is a refused message. RFC 5321 gives the steps and the ten minutes to
wait for the reply to the final dot (4.5.3.2.6), RFC 1870 SIZE, RFC 6531 SMTPUTF8, RFC 6152 8BITMIME.
``alerts.channels.email`` decides when a connection is opened and reused.
"""

import asyncio
import contextlib
import re
from collections.abc import Coroutine
from typing import Any

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from alerts.channels import Committing
from alerts.channels.smtp import SmtpSettings, envelope_address
from alerts.channels.words import plain
from alerts.types import Cause, Outcome, Receipt

#: RFC 5321, 4.5.3.2.6: giving up earlier makes a mail come twice
_LONGEST_ACCEPTANCE_S = 600.0

#: bytes of a body that are handed to the connection at a time, each under the timeout
_SLICE = 65536

#: seconds that a goodbye is given
_GOODBYE_S = 5.0

#: replies that speak of the login, wherever they come
_LOGIN_CODES = frozenset({530, 534, 535, 538})

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class UnsentError(Exception):
    """A step before the final dot failed: nothing was accepted. Carries the receipt."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.reason)
        self.receipt = receipt


def with_crlf(body: bytes) -> bytes:
    """Return a message with CRLF at each line's end, and at its own."""
    body = _LINE_END.sub(b"\r\n", body)
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def with_dots(body: bytes) -> bytes:
    """Return a message with leading dots doubled (RFC 5321, 4.5.2), without the final dot."""
    return _LEADING_DOT.sub(b"..", body)


class Dialogue:
    """An open connection, ready for messages."""

    def __init__(self, smtp: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
        self._smtp = smtp
        self._settings = settings
        #: messages that went through
        self.sent = 0

    @property
    def is_open(self) -> bool:
        """Tell whether the connection stands, as far as is known without asking."""
        return self._smtp.is_connected

    async def is_ready(self) -> bool:
        """Ask the server whether it takes another message."""
        ready = False
        try:
            await self._smtp.rset()
            ready = True
        except (aiosmtplib.SMTPException, OSError):
            return False
        finally:
            if not ready:
                self.abandon()
        return True

    async def send(self, recipient: str, body: bytes, committing: Committing) -> Receipt:
        """Send one message; whatever happens, say what it means."""
        settled = False
        try:
            receipt = await self._transaction(recipient, body, committing)
            settled = receipt.outcome is not Outcome.IN_DOUBT
        except UnsentError as error:
            settled = error.receipt.cause is Cause.MESSAGE
            return error.receipt
        finally:
            # After a broken dialogue, or when cancelled, nobody knows what the next reply would answer.
            if not settled:
                self.abandon()
        self.sent += 1
        return receipt

    async def _transaction(self, recipient: str, body: bytes, committing: Committing) -> Receipt:
        sender = envelope_address(self._settings.sender)
        recipient = envelope_address(recipient)
        body = with_crlf(body)
        options = self._options(sender, recipient, body)
        encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        await self._step("MAIL", self._smtp.mail(sender, options=options, encoding=encoding))
        await self._step("RCPT", self._smtp.rcpt(recipient, encoding=encoding))
        reply = await self._step("DATA", self._smtp.execute_command(b"DATA"))
        if reply.code != aiosmtplib.SMTPStatus.start_input:
            raise UnsentError(self._refusal(reply.code, reply.message))
        try:
            await self._write(with_dots(body))
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UnsentError(self._broken(error, "the body")) from error
        await committing()
        if not self._smtp.is_connected:
            raise UnsentError(self._broken(None, "the body"))
        return await self._final_dot()

    async def _final_dot(self) -> Receipt:
        longest = max(_LONGEST_ACCEPTANCE_S, self._settings.timeout.total_seconds())
        try:
            reply = await self._smtp.execute_command(b".", timeout=longest)
        except (aiosmtplib.SMTPException, OSError) as error:
            words = f"{self._host} took the whole message and then gave no answer: {plain(error)}"
            return Receipt(Outcome.IN_DOUBT, words, cause=Cause.TARGET)
        if 200 <= reply.code <= 299:  # noqa: PLR2004 # the class of positive replies, RFC 5321, 4.2.1
            return Receipt(Outcome.SENT, f"{reply.code} {plain(reply.message)}")
        if 400 <= reply.code <= 599:  # noqa: PLR2004 # the negative ones
            return self._refusal(reply.code, reply.message)
        words = f"{self._host} answered the whole message by {reply.code} {plain(reply.message)}"
        return Receipt(Outcome.IN_DOUBT, words)

    def _options(self, sender: str, recipient: str, body: bytes) -> list[str]:
        """Return the parameters of MAIL, or raise where the server cannot take this message at all."""
        options = []
        if self._smtp.supports_extension("size"):
            announced = self._smtp.esmtp_extensions["size"].strip()
            most = int(announced) if announced.isdecimal() else 0
            if most and len(body) > most:
                words = f"the message has {len(body)} bytes, {self._host} takes at most {most}"
                raise UnsentError(Receipt(Outcome.REFUSED, words))
            options.append(f"SIZE={len(body)}")
        if not body.isascii():
            if not self._smtp.supports_extension("8bitmime"):
                words = f"the message has 8-bit bytes, and {self._host} does not offer 8BITMIME"
                raise UnsentError(Receipt(Outcome.REFUSED, words))
            options.append("BODY=8BITMIME")
        if not (sender + recipient).isascii():
            if not self._smtp.supports_extension("smtputf8"):
                words = f"the address {recipient} has letters beyond ASCII, and {self._host} does not offer SMTPUTF8"
                raise UnsentError(Receipt(Outcome.REFUSED, words))
            options.append("SMTPUTF8")
        return options

    async def _write(self, wire: bytes) -> None:
        """Write the body, and wait until the other side has taken it, so that no final dot ends half a mail."""
        protocol = self._smtp.protocol
        transport = self._smtp.transport
        if not isinstance(protocol, SMTPProtocol) or not isinstance(transport, asyncio.WriteTransport):
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        transport.set_write_buffer_limits(high=0)
        for start in range(0, len(wire), _SLICE):
            protocol.write(wire[start : start + _SLICE])
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                await protocol._drain_helper()  # noqa: SLF001 # what StreamWriter.drain calls; there is no other way

    async def _step(self, name: str, command: Coroutine[Any, Any, aiosmtplib.SMTPResponse]) -> aiosmtplib.SMTPResponse:
        try:
            return await command
        except aiosmtplib.SMTPResponseException as error:
            raise UnsentError(self._refusal(error.code, error.message)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UnsentError(self._broken(error, name)) from error
        except ValueError as error:
            raise UnsentError(Receipt(Outcome.REFUSED, f"an address that cannot be sent to: {plain(error)}")) from error

    def _refusal(self, code: int, message: str) -> Receipt:
        words = f"{code} {plain(message)}"
        if code in _LOGIN_CODES:
            advice = "check [smtp] username, password and sender"
            words = f"{words} ({self._host} wants another login: {advice})"
            return Receipt(Outcome.RETRY_LATER, words, cause=Cause.OPERATOR)
        if 500 <= code <= 599:  # noqa: PLR2004 # permanent negative, RFC 5321, 4.2.1
            return Receipt(Outcome.REFUSED, words)
        leaving = code == aiosmtplib.SMTPStatus.domain_unavailable or code < 0
        return Receipt(Outcome.RETRY_LATER, words, cause=Cause.TARGET if leaving else Cause.MESSAGE)

    def _broken(self, error: BaseException | None, step: str) -> Receipt:
        if isinstance(error, TimeoutError):
            seconds = self._settings.timeout.total_seconds()
            words = f"{self._host} did not answer {step} within {seconds:g} s"
        else:
            words = f"{self._host} closed the connection during {step}"
        return Receipt(Outcome.RETRY_LATER, words, cause=Cause.TARGET)

    @property
    def _host(self) -> str:
        return self._settings.host

    async def leave(self) -> None:
        """Say goodbye, if anyone listens, and close."""
        try:
            if self._smtp.is_connected:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await self._smtp.quit(timeout=_GOODBYE_S)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close without a word, and without waiting for what is not out yet."""
        if isinstance(self._smtp.transport, asyncio.WriteTransport):
            self._smtp.transport.abort()
        self._smtp.close()
