"""Mail over SMTP: a few connections to the server, each used for several messages while there are some.

::

    send ─▶ a free connection, or a new one ─▶ Dialogue.send ─▶ Receipt
    rest ─▶ QUIT on all that are free
"""

import asyncio
import ssl

from alerts.channels import Committing
from alerts.channels.dialogue import Dialogue, UnsentError
from alerts.channels.opening import open_dialogue
from alerts.channels.smtp import SmtpSecurity, SmtpSettings, trust
from alerts.types import Cause, Claimed, Outcome, Receipt

__all__ = ["EmailChannel", "SmtpSecurity", "SmtpSettings", "login_check"]

#: messages that one connection carries; servers begin to refuse at about a hundred
_MESSAGES_A_CONNECTION = 50


class EmailChannel:
    """Sends mail through one server."""

    def __init__(self, settings: SmtpSettings, *, connections: int = 2) -> None:
        self._settings = settings
        self._free: list[Dialogue] = []
        self._slots = asyncio.Semaphore(connections)
        self._tls: ssl.SSLContext | None = None

    async def send(self, claimed: Claimed, committing: Committing) -> Receipt:
        """Send one message; see ``Channel.send``."""
        async with self._slots:
            try:
                dialogue = await self._free_dialogue() or await self._open()
            except UnsentError as error:
                return error.receipt
            receipt = await dialogue.send(claimed.message.recipient, claimed.message.body, committing)
            if dialogue.is_open and dialogue.sent < _MESSAGES_A_CONNECTION:
                self._free.append(dialogue)
            else:
                await dialogue.leave()
            return receipt

    async def rest(self) -> None:
        """Close what is free."""
        while self._free:
            await self._free.pop().leave()

    async def _free_dialogue(self) -> Dialogue | None:
        """Return a connection that the server still holds open, or None."""
        while self._free:
            dialogue = self._free.pop()
            if await dialogue.is_ready():
                return dialogue
        return None

    async def _open(self) -> Dialogue:
        if self._tls is None:
            self._tls = await _trust(self._settings)
        return await open_dialogue(self._settings, self._tls)


async def login_check(settings: SmtpSettings) -> str | None:
    """Connect, secure and log in as for a mail, and send none; return None, or what is wrong and what to do."""
    try:
        dialogue = await open_dialogue(settings, await _trust(settings))
    except UnsentError as error:
        return error.receipt.reason
    await dialogue.leave()
    return None


async def _trust(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        return await asyncio.to_thread(trust, settings.ca_file)
    except OSError as error:
        words = f"the certificates in {settings.ca_file} cannot be read: {error.strerror or error}"
        raise UnsentError(Receipt(Outcome.RETRY_LATER, words, cause=Cause.OPERATOR)) from error
