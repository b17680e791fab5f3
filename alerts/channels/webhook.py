"""Webhooks: one signed POST over a guarded connection, within one deadline.

::

    target ─▶ refuse_url ─▶ committing() ─▶ POST, signed at this instant ─▶ status ─▶ Receipt

Signatures are by Standard Webhooks 1.0 (https://www.standardwebhooks.com): ``webhook-id`` stays the same over repeats,
``webhook-timestamp`` is the attempt's. A connection that is lost after the body went out is tried again by the retry
table and is never in doubt: the other side drops the repeat by its id.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver
from standardwebhooks.webhooks import Webhook

from alerts.channels import Committing
from alerts.channels.smtp import trust
from alerts.channels.words import plain
from alerts.connector import GuardedAddressError, guarded_connector
from alerts.types import Cause, Claimed, Outcome, Receipt, Target
from news.clock import Clock
from news.errors import GuardedError
from news.guard import Network, refuse_url

#: bytes of an answer that are read
_LONGEST_ANSWER = 65536

#: seconds; a longer Retry-After is taken for this
_LONGEST_REST_S = 86400.0

_SWITCHED_OFF = 410

#: the other side asks for a rest, and for how long
_RESTING = frozenset({429, 503})

#: the other side as a whole is away
_AWAY = _RESTING | {502, 504}

#: wrong address or secret: it takes a person
_MISCONFIGURED = frozenset({401, 403, 404, 405})


class WebhookChannel:
    """Posts to webhooks.

    ``targets`` gives a target by its name, as it is configured now: its URL and secret stand in no message.
    """

    def __init__(
        self,
        targets: Callable[[str], Target | None],
        *,
        version: str,
        clock: Clock,
        timeout: timedelta = timedelta(seconds=20),
        allowed: Sequence[Network] = (),
        ca_file: Path | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._targets = targets
        self._version = version
        self._clock = clock
        self._timeout = timeout
        self._allowed = tuple(allowed)
        self._ca_file = ca_file
        self._resolver = resolver
        self._tls: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None

    async def send(self, claimed: Claimed, committing: Committing) -> Receipt:
        """Post one message; see ``Channel.send``."""
        target = self._targets(claimed.target)
        if target is None:
            words = "this webhook is not in the configuration any more; discard the delivery, or configure it again"
            return Receipt(Outcome.REFUSED, words, cause=Cause.OPERATOR)
        url = target.recipients[0]
        refusal = refuse_url(url, self._allowed)
        if refusal is not None:
            return Receipt(Outcome.REFUSED, refusal, cause=Cause.OPERATOR)
        try:
            headers = self._headers(claimed, target.secret)
            session = await self._open()
        except (ValueError, OSError) as error:
            return Receipt(Outcome.RETRY_LATER, plain(error), cause=Cause.OPERATOR)
        await committing()
        try:
            async with (
                asyncio.timeout(self._timeout.total_seconds()),
                session.post(url, data=claimed.message.body, headers=headers, allow_redirects=False) as response,
            ):
                return await self._answer(response)
        except (aiohttp.ClientError, GuardedError, OSError, ValueError) as error:
            return self._failure(error)

    async def rest(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self) -> aiohttp.ClientSession:
        if self._tls is None:
            self._tls = await asyncio.to_thread(trust, self._ca_file)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=guarded_connector(self._allowed, self._tls, self._resolver),
                # One deadline holds over all of it; see send.
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                # A proxy of the environment would be connected to instead, and resolve the name unguarded.
                trust_env=False,
                auto_decompress=False,
            )
        return self._session

    def _headers(self, claimed: Claimed, secret: str | None) -> dict[str, str]:
        now = self._clock.now().astimezone(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"storywatch/{self._version}",
            "Accept-Encoding": "identity",
            "webhook-id": claimed.message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
        }
        if secret:
            body = claimed.message.body.decode()
            headers["webhook-signature"] = _signer(secret).sign(claimed.message.message_id, now, body)
        return headers

    async def _answer(self, response: aiohttp.ClientResponse) -> Receipt:
        status = response.status
        words = f"{status} {plain(response.reason or '')}".strip()
        if 200 <= status <= 299:  # noqa: PLR2004 # the class of successes, RFC 9110, 15.3
            return Receipt(Outcome.SENT, words)
        if status == _SWITCHED_OFF:
            return Receipt(Outcome.SWITCHED_OFF, words, cause=Cause.TARGET)
        if 300 <= status <= 399:  # noqa: PLR2004 # redirections, RFC 9110, 15.4
            words += "; a redirect is not followed: set the webhook's url to where it leads"
            return Receipt(Outcome.RETRY_LATER, words, cause=Cause.OPERATOR)
        words = f"{words}: {await _said(response)}".removesuffix(": ")
        after_s = _rest(response.headers.get("Retry-After"), self._clock.now()) if status in _RESTING else None
        cause = Cause.TARGET if status in _AWAY else Cause.MESSAGE
        return Receipt(Outcome.RETRY_LATER, words, after_s, Cause.OPERATOR if status in _MISCONFIGURED else cause)

    def _failure(self, error: Exception) -> Receipt:
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, GuardedAddressError):
            error = error.os_error
        if isinstance(error, GuardedError | GuardedAddressError):
            return Receipt(Outcome.REFUSED, plain(error), cause=Cause.OPERATOR)
        if isinstance(error, aiohttp.InvalidURL):
            # Its words would repeat the address, which is a secret.
            return Receipt(Outcome.REFUSED, "the webhook's url is not a valid address", cause=Cause.OPERATOR)
        cause = Cause.TARGET
        if isinstance(error, TimeoutError):
            words = f"no complete answer within {self._timeout.total_seconds():g} s"
        elif isinstance(error, aiohttp.ClientConnectorCertificateError):
            words = f"the certificate of {error.host} is not trusted: {plain(error.certificate_error)}"
            cause = Cause.OPERATOR
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            words = f"the name {error.host} does not resolve: {plain(error.os_error.strerror or error.os_error)}"
        elif isinstance(error, aiohttp.ClientConnectorError):
            words = f"no connection to {error.host}:{error.port}: {plain(error.os_error.strerror or error.os_error)}"
        elif isinstance(error, aiohttp.ClientResponseError):
            # Its own text would repeat the address.
            words = f"the answer is no proper HTTP: {plain(error.message)}"
        else:
            words = f"the connection broke: {plain(error) or type(error).__name__}"
        return Receipt(Outcome.RETRY_LATER, words, cause=cause)


def _signer(secret: str) -> Webhook:
    """Return the signer of a secret: ``whsec_`` and base64, as Standard Webhooks writes them, else the text's bytes."""
    try:
        return Webhook(secret if secret.startswith("whsec_") else secret.encode())
    except ValueError as error:
        raise ValueError("the webhook's secret begins with whsec_, and what follows is no base64") from error


async def _said(response: aiohttp.ClientResponse) -> str:
    """Return the beginning of an answer's body as words."""
    body = bytearray()
    while len(body) < _LONGEST_ANSWER:
        chunk = await response.content.read(_LONGEST_ANSWER - len(body))
        if not chunk:
            break
        body += chunk
    return plain(body.decode("utf-8", "replace"))


def _rest(value: str | None, now: datetime) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3), seconds or a date, as seconds from now; None if unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdecimal() else (_date(value) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_REST_S)


def _date(value: str) -> datetime:
    date = parsedate_to_datetime(value)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
