"""Webhooks over a real HTTP server on loopback: what is sent, and what every answer means."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from fakes_http import HttpSink, Received
from fakes_tls import make_certificate
from outboxes import START, claimed, nothing, post
from stores import StillClock

from alerts.channels.smtp import trust
from alerts.channels.webhook import WebhookChannel
from alerts.connector import GuardedAddressError, guarded_connector
from alerts.types import Cause, ChannelKind, Outcome, Receipt, Target
from news.errors import GuardedError, StaleLeaseError
from news.guard import parse_networks

LOOPBACK = parse_networks(["127.0.0.0/8"])


class Names(AbstractResolver):
    """Resolves each name to the addresses that it is given, one answer after the other; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Answer as told."""
        answers = self._answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def channel_to(
    url: str,
    *,
    secret: str | None = None,
    timeout_s: float = 20,
    allowed: tuple[str, ...] = ("127.0.0.0/8",),
    resolver: AbstractResolver | None = None,
    ca_file: Path | None = None,
    clock: StillClock | None = None,
) -> WebhookChannel:
    """Return a channel whose only target is ``hook``."""
    hook = Target("hook", ChannelKind.WEBHOOK, (url,), secret)
    return WebhookChannel(
        lambda name: hook if name == "hook" else None,
        version="9.9",
        clock=clock or StillClock(START),
        timeout=timedelta(seconds=timeout_s),
        allowed=parse_networks(allowed),
        resolver=resolver,
        ca_file=ca_file,
    )


async def send(channel: WebhookChannel, *, target: str = "hook") -> Receipt:
    """Make one attempt."""
    try:
        return await channel.send(claimed(post(), target=target), nothing)
    finally:
        await channel.rest()


def is_signed(request: Received, key: bytes) -> bool:
    """Check a signature as Standard Webhooks 1.0 describes it, by hand."""
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_" + base64.b64encode(b"a key of bytes \x00\xff").decode(), b"a key of bytes \x00\xff"),
        ("кодовое слово", "кодовое слово".encode()),
        ("not/base64 at all", b"not/base64 at all"),
    ],
)
async def test_the_request_is_as_the_contract_says(secret: str, key: bytes) -> None:
    async with HttpSink() as sink:
        receipt = await send(channel_to(sink.url, secret=secret))
    [request] = sink.received
    assert (receipt.outcome, receipt.reason) == (Outcome.SENT, "200 OK")
    assert (request.method, request.path, request.body) == ("POST", "/hook", post().body)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "storywatch/9.9"
    assert request.headers["webhook-id"] == post().message_id
    assert request.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert is_signed(request, key)
    assert json.loads(request.body)["title"] == "Алма"


async def test_without_a_secret_nothing_is_signed() -> None:
    async with HttpSink() as sink:
        await send(channel_to(sink.url))
    assert "webhook-signature" not in sink.received[0].headers
    assert sink.received[0].headers["webhook-id"]


async def test_a_repeat_has_the_same_id_and_bytes_and_its_own_time() -> None:
    clock = StillClock(START)
    async with HttpSink() as sink:
        sink.answer(500)
        channel = channel_to(sink.url, secret="word", clock=clock)
        await channel.send(claimed(post(), target="hook"), nothing)
        clock.advance(timedelta(seconds=30))
        await channel.send(claimed(post(), target="hook", attempts=1), nothing)
        await channel.rest()
    first, second = sink.received
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 30
    assert is_signed(first, b"word")
    assert is_signed(second, b"word")


@pytest.mark.parametrize(
    ("status", "outcome", "cause"),
    [
        (200, Outcome.SENT, None),
        (202, Outcome.SENT, None),
        (204, Outcome.SENT, None),
        (301, Outcome.RETRY_LATER, Cause.OPERATOR),
        (304, Outcome.RETRY_LATER, Cause.OPERATOR),
        (400, Outcome.RETRY_LATER, Cause.MESSAGE),
        (401, Outcome.RETRY_LATER, Cause.OPERATOR),
        (404, Outcome.RETRY_LATER, Cause.OPERATOR),
        (410, Outcome.SWITCHED_OFF, Cause.TARGET),
        (429, Outcome.RETRY_LATER, Cause.TARGET),
        (500, Outcome.RETRY_LATER, Cause.MESSAGE),
        (503, Outcome.RETRY_LATER, Cause.TARGET),
    ],
)
async def test_each_status_says_whether_trying_again_makes_sense(
    status: int, outcome: Outcome, cause: Cause | None
) -> None:
    async with HttpSink() as sink:
        sink.answer(status)
        receipt = await send(channel_to(sink.url))
    assert receipt.outcome is outcome
    assert receipt.reason.startswith(str(status))
    assert cause is None or receipt.cause is cause


async def test_a_redirect_is_not_followed() -> None:
    async with HttpSink() as sink:
        sink.answer(307, headers={"Location": sink.url + "/elsewhere"})
        receipt = await send(channel_to(sink.url))
    assert receipt.outcome is Outcome.RETRY_LATER
    assert [request.path for request in sink.received] == ["/hook"]


@pytest.mark.parametrize(
    ("value", "after_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Mon, 02 Mar 2026 08:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0),
        ("999999999", 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_read_within_reason(status: int, value: str, after_s: float | None) -> None:
    async with HttpSink() as sink:
        sink.answer(status, headers={"Retry-After": value})
        receipt = await send(channel_to(sink.url))
    assert receipt.after_s == after_s


async def test_the_other_sides_words_are_shown_on_one_line_and_cut() -> None:
    async with HttpSink() as sink:
        sink.answer(400, body=b"no such\r\nfield\x1b[31m \xff " + b"x" * 1_000_000)
        receipt = await send(channel_to(sink.url))
    assert receipt.reason.startswith("400 Bad Request: no such field [31m \ufffd xxx")
    assert len(receipt.reason) < 350


@pytest.mark.parametrize("how", ["silent", "dripping"])
async def test_one_deadline_holds_over_the_whole_exchange(how: str) -> None:
    async with HttpSink() as sink:
        if how == "silent":
            sink.hold()
        else:
            sink.drip()
        receipt = await send(channel_to(sink.url, timeout_s=0.3))
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert "within 0.3 s" in receipt.reason


async def test_a_connection_lost_after_the_body_is_tried_again() -> None:
    async with HttpSink() as sink:
        sink.drop()
        receipt = await send(channel_to(sink.url))
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert len(sink.received) == 1


async def test_a_host_that_is_away_is_tried_again() -> None:
    async with HttpSink() as sink:
        pass
    receipt = await send(channel_to(sink.url))
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert f"127.0.0.1:{sink.port}" in receipt.reason


async def test_committing_comes_before_the_request_and_can_forbid_it() -> None:
    async def taken_over() -> None:
        assert not sink.received
        raise StaleLeaseError("taken over")

    async with HttpSink() as sink:
        channel = channel_to(sink.url)
        with pytest.raises(StaleLeaseError):
            await channel.send(claimed(post(), target="hook"), taken_over)
        await channel.rest()
    assert not sink.received


async def test_a_cancelled_attempt_closes_its_connection() -> None:
    async with HttpSink() as sink:
        sink.hold()
        channel = channel_to(sink.url)
        sending = asyncio.create_task(channel.send(claimed(post(), target="hook"), nothing))
        await sink.wait_for(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await channel.rest()


async def test_certificates_are_verified(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with HttpSink(tls=certificate.context) as sink:
        receipt = await send(channel_to(sink.url))
        assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
        assert "is not trusted" in receipt.reason
        assert not sink.received
        trusting = channel_to(sink.url, ca_file=certificate.ca_file)
        assert (await send(trusting)).outcome is Outcome.SENT


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with HttpSink() as proxy, HttpSink() as sink:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert (await send(channel_to(sink.url))).outcome is Outcome.SENT
    assert (len(proxy.received), len(sink.received)) == (0, 1)


async def test_a_webhook_that_is_configured_no_more_is_named() -> None:
    receipt = await send(channel_to("http://127.0.0.1:9/"), target="gone")
    assert receipt.outcome is Outcome.REFUSED
    assert "not in the configuration" in receipt.reason


async def test_a_secret_that_is_no_base64_is_named_and_not_shown() -> None:
    receipt = await send(channel_to("http://127.0.0.1:9/", secret="whsec_a"))
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
    assert "no base64" in receipt.reason
    assert "whsec_a" not in receipt.reason


@pytest.mark.parametrize("url", ["http://user:pw@[broken/?key=secret", "http://127.0.0.1:99999/?key=secret"])
async def test_a_broken_address_is_refused_without_being_shown(url: str) -> None:
    receipt = await send(channel_to(url))
    assert receipt.outcome is not Outcome.SENT
    assert "secret" not in receipt.reason
    assert "pw" not in receipt.reason


LITERALS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",  # noqa: S104 # nothing is bound to it
    "169.254.169.254",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", LITERALS)
async def test_a_guarded_literal_is_refused_and_named(host: str) -> None:
    async with HttpSink() as sink:
        receipt = await send(channel_to(f"http://{host}:{sink.port}/", allowed=()))
    assert (receipt.outcome, receipt.cause) == (Outcome.REFUSED, Cause.OPERATOR)
    assert "allow_addresses" in receipt.reason
    assert not sink.received


@pytest.mark.parametrize("host", LITERALS[:-2])
async def test_the_connection_itself_is_guarded_too(host: str) -> None:
    async with HttpSink() as sink:
        connector = guarded_connector((), trust(None))
        async with aiohttp.ClientSession(connector=connector) as session:
            # aiohttp itself refuses the short and octal spellings.
            with pytest.raises((GuardedError, aiohttp.ClientConnectorError, aiohttp.InvalidURL)) as caught:
                await session.post(f"http://{host}:{sink.port}/", data=b"{}")
    if isinstance(caught.value, aiohttp.ClientConnectorError):
        assert isinstance(caught.value.os_error, GuardedAddressError)
    assert not sink.received


async def test_a_name_that_resolves_privately_is_refused_and_named() -> None:
    async with HttpSink() as sink:
        names = Names(hooks_example_org=[["127.0.0.1", "::1"]])
        receipt = await send(channel_to(f"http://hooks.example.org:{sink.port}/", allowed=(), resolver=names))
    assert (receipt.outcome, receipt.cause) == (Outcome.REFUSED, Cause.OPERATOR)
    assert receipt.reason.startswith("hooks.example.org resolves to an address that is not reached: 127.0.0.1")
    assert not sink.received


async def test_a_name_that_is_rebound_is_refused_at_the_next_attempt() -> None:
    async with HttpSink() as inside, HttpSink(host="127.0.0.2") as outside:
        names = Names(hooks_example_org=[["127.0.0.2"], ["127.0.0.1"]])
        url = f"http://hooks.example.org:{outside.port}/"
        channel = channel_to(url, allowed=("127.0.0.2/32",), resolver=names)
        assert (await send(channel)).outcome is Outcome.SENT
        assert (await send(channel)).outcome is Outcome.REFUSED
    assert (len(outside.received), len(inside.received)) == (1, 0)


async def test_of_several_addresses_only_those_that_may_be_reached_are_used() -> None:
    async with HttpSink(host="127.0.0.2") as outside:
        names = Names(hooks_example_org=[["10.0.0.1", "127.0.0.2", "::1"]])
        url = f"http://hooks.example.org:{outside.port}/"
        channel = channel_to(url, allowed=("127.0.0.2/32",), resolver=names)
        assert (await send(channel)).outcome is Outcome.SENT


async def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    class Nowhere(Names):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            raise OSError(-2, f"Name or service not known: {host}:{port}:{family}")

    receipt = await send(channel_to("http://hooks.example.org/", resolver=Nowhere()))
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert "the name hooks.example.org does not resolve" in receipt.reason


async def test_the_timestamp_is_utc_whatever_the_clocks_zone() -> None:
    class Eastern(StillClock):
        def now(self) -> datetime:
            return super().now().astimezone(datetime.fromisoformat("2026-01-01T00:00:00+07:00").tzinfo)

    async with HttpSink() as sink:
        await send(channel_to(sink.url, secret="word", clock=Eastern(START.astimezone(UTC))))
    assert sink.received[0].headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert is_signed(sink.received[0], b"word")
