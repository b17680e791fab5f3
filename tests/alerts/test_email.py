"""Mail over a real SMTP server on loopback: what every answer means, and what stands on the line."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes_smtp import SmtpSink, Step
from fakes_tls import make_certificate
from outboxes import MAIL, claimed, mail, nothing

from alerts.channels.email import EmailChannel, SmtpSecurity, SmtpSettings, login_check
from alerts.channels.opening import open_dialogue
from alerts.types import Cause, Outcome
from news.errors import StaleLeaseError


def settings(sink: SmtpSink, *, timeout_s: float = 20, **changes: object) -> SmtpSettings:
    """Return settings for a fake server."""
    values: dict[str, object] = {
        "host": sink.host,
        "port": sink.port,
        "security": SmtpSecurity.NONE,
        "sender": "Storywatch <watch@example.org>",
        "timeout": timedelta(seconds=timeout_s),
    }
    return SmtpSettings(**(values | changes))  # type: ignore[arg-type] # keyword arguments of a test


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    """A server without any security."""
    async with SmtpSink() as started:
        yield started


async def test_the_bytes_arrive_as_stored_with_their_envelope(sink: SmtpSink) -> None:
    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(mail()), nothing)
    await channel.rest()
    [got] = sink.received
    assert (receipt.outcome, receipt.reason) == (Outcome.SENT, "250 2.0.0 OK")
    assert (got.mail_from, got.rcpt_tos, got.content) == ("watch@example.org", ["desk@example.org"], MAIL)


async def test_bare_line_ends_become_crlf(sink: SmtpSink) -> None:
    body = b"Subject: x\n\nfirst\rsecond\n\n.\nlast"
    channel = EmailChannel(settings(sink))
    await channel.send(claimed(mail(body=body)), nothing)
    await channel.rest()
    assert sink.received[0].content == b"Subject: x\r\n\r\nfirst\r\nsecond\r\n\r\n.\r\nlast\r\n"


async def test_committing_is_awaited_before_the_final_dot_and_after_the_body(sink: SmtpSink) -> None:
    reached: list[list[Step]] = []

    async def committing() -> None:
        await sink.wait_for_step(Step.BODY)
        reached.append(list(sink.steps))
        assert not sink.received

    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(mail()), committing)
    await channel.rest()
    assert receipt.outcome is Outcome.SENT
    assert reached == [[Step.MAIL, Step.RCPT, Step.BODY]]


async def test_a_lost_lease_sends_no_final_dot(sink: SmtpSink) -> None:
    async def committing() -> None:
        raise StaleLeaseError("taken over")

    channel = EmailChannel(settings(sink))
    with pytest.raises(StaleLeaseError):
        await channel.send(claimed(mail()), committing)
    # The next message goes over a new connection, and is the only one that was accepted.
    await channel.send(claimed(mail(body=b"Subject: second\r\n\r\n")), nothing)
    await channel.rest()
    assert [got.content for got in sink.received] == [b"Subject: second\r\n\r\n"]
    assert sink.connections == 2


@pytest.mark.parametrize(
    ("step", "reply", "outcome", "cause"),
    [
        (Step.RCPT, "550 5.1.1 no such mailbox", Outcome.REFUSED, Cause.MESSAGE),
        (Step.RCPT, "450 4.2.1 greylisted, come again", Outcome.RETRY_LATER, Cause.MESSAGE),
        (Step.RCPT, "421 4.3.2 going down", Outcome.RETRY_LATER, Cause.TARGET),
        (Step.MAIL, "553 5.7.1 sender not allowed", Outcome.REFUSED, Cause.MESSAGE),
        (Step.MAIL, "530 5.7.0 authentication required", Outcome.RETRY_LATER, Cause.OPERATOR),
        (Step.BODY, "554 5.5.1 no valid recipients", Outcome.REFUSED, Cause.MESSAGE),
        (Step.BODY, "451 4.3.0 disk trouble", Outcome.RETRY_LATER, Cause.MESSAGE),
        (Step.DOT, "554 5.7.1 looks like spam", Outcome.REFUSED, Cause.MESSAGE),
        (Step.DOT, "452 4.3.1 no space", Outcome.RETRY_LATER, Cause.MESSAGE),
        (Step.DOT, "399 nobody knows", Outcome.IN_DOUBT, Cause.MESSAGE),
    ],
)
async def test_each_answer_says_whether_trying_again_makes_sense(
    sink: SmtpSink, step: Step, reply: str, outcome: Outcome, cause: Cause
) -> None:
    sink.reply(step, reply)
    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(mail()), nothing)
    assert (receipt.outcome, receipt.cause) == (outcome, cause)
    assert reply in receipt.reason
    assert not sink.received
    # And it harms nothing that comes after it.
    assert (await channel.send(claimed(mail()), nothing)).outcome is Outcome.SENT
    await channel.rest()


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.BODY])
async def test_a_connection_lost_before_the_dot_was_not_accepted(sink: SmtpSink, step: Step) -> None:
    sink.drop(step)
    channel = EmailChannel(settings(sink))
    # Larger than what the two kernels take in, so that the loss shows before the end of the body.
    receipt = await channel.send(claimed(mail(body=MAIL + b"one line\r\n" * 500_000)), nothing)
    await channel.rest()
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert "closed the connection" in receipt.reason
    assert not sink.received


async def test_a_connection_lost_while_committing_is_known_as_not_accepted(sink: SmtpSink) -> None:
    dialogue = await open_dialogue(settings(sink), ssl.create_default_context())

    async def committing() -> None:
        await sink.wait_for_step(Step.BODY)
        sink.hang_up()
        while dialogue.is_open:  # noqa: ASYNC110 # nothing else tells that the loop has taken it in
            await asyncio.sleep(0)

    receipt = await dialogue.send("desk@example.org", MAIL, committing)
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert not sink.received


async def test_a_connection_lost_after_the_dot_is_in_doubt(sink: SmtpSink) -> None:
    sink.drop(Step.DOT)
    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(mail()), nothing)
    await channel.rest()
    assert receipt.outcome is Outcome.IN_DOUBT
    assert len(sink.received) == 1


async def test_a_slow_reply_is_given_up_before_the_dot(sink: SmtpSink) -> None:
    sink.hold(Step.RCPT)
    channel = EmailChannel(settings(sink, timeout_s=0.2))
    receipt = await channel.send(claimed(mail()), nothing)
    await channel.rest()
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert "did not answer RCPT within 0.2 s" in receipt.reason


async def test_the_reply_to_the_dot_is_waited_for_longer_than_the_timeout(sink: SmtpSink) -> None:
    gate = sink.hold(Step.DOT)
    channel = EmailChannel(settings(sink, timeout_s=0.2))
    sending = asyncio.create_task(channel.send(claimed(mail()), nothing))
    await sink.wait_for_step(Step.DOT)
    done, _ = await asyncio.wait({sending}, timeout=0.6)
    assert not done, "the timeout of other replies ended the wait"
    gate.set()
    assert (await sending).outcome is Outcome.SENT
    await channel.rest()


async def test_a_cancelled_attempt_leaves_no_connection(sink: SmtpSink) -> None:
    sink.hold(Step.DOT)
    channel = EmailChannel(settings(sink))
    sending = asyncio.create_task(channel.send(claimed(mail()), nothing))
    await sink.wait_for_step(Step.DOT)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not channel._free
    assert (await channel.send(claimed(mail()), nothing)).outcome is Outcome.SENT
    await channel.rest()
    assert sink.connections == 2


async def test_one_connection_carries_several_messages(sink: SmtpSink) -> None:
    channel = EmailChannel(settings(sink))
    for number in range(3):
        await channel.send(claimed(mail(number)), nothing)
    await channel.rest()
    assert (len(sink.received), sink.connections) == (3, 1)


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced(sink: SmtpSink) -> None:
    channel = EmailChannel(settings(sink))
    await channel.send(claimed(mail(1)), nothing)
    sink.hang_up()
    receipt = await channel.send(claimed(mail(2)), nothing)
    await channel.rest()
    assert receipt.outcome is Outcome.SENT
    assert len(sink.received) == 2


async def test_few_connections_at_a_time(sink: SmtpSink) -> None:
    gate = sink.hold(Step.DOT, times=None)
    channel = EmailChannel(settings(sink), connections=2)
    sends = [asyncio.create_task(channel.send(claimed(mail(number)), nothing)) for number in range(5)]
    await sink.wait_for_step(Step.DOT, count=2)
    assert sink.connections == 2
    gate.set()
    receipts = await asyncio.gather(*sends)
    await channel.rest()
    assert {receipt.outcome for receipt in receipts} == {Outcome.SENT}
    assert (len(sink.received), sink.connections) == (5, 2)


async def test_a_message_above_the_announced_size_is_refused_before_it_is_sent() -> None:
    async with SmtpSink(size_limit=100) as sink:
        channel = EmailChannel(settings(sink))
        receipt = await channel.send(claimed(mail()), nothing)
        await channel.rest()
    assert receipt.outcome is Outcome.REFUSED
    assert "takes at most 100" in receipt.reason
    assert sink.steps == []


async def test_the_size_is_told_to_a_server_that_asks_for_it() -> None:
    async with SmtpSink(size_limit=100_000) as sink:
        channel = EmailChannel(settings(sink))
        await channel.send(claimed(mail(body=b"Subject: x\n\n.\n")), nothing)
        await channel.rest()
    # Three bytes more than stored, for the line ends; a doubled dot does not count (RFC 1870, 3).
    assert sink.received[0].options == ["SIZE=17"]


async def test_an_address_beyond_ascii_needs_smtputf8(sink: SmtpSink) -> None:
    message = mail(recipient="редакция@example.org")
    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(message), nothing)
    await channel.rest()
    assert receipt.outcome is Outcome.REFUSED
    assert "SMTPUTF8" in receipt.reason
    async with SmtpSink(smtputf8=True) as able:
        channel = EmailChannel(settings(able))
        assert (await channel.send(claimed(message), nothing)).outcome is Outcome.SENT
        await channel.rest()
        assert able.received[0].rcpt_tos == ["редакция@example.org"]


async def test_a_domain_beyond_ascii_goes_as_idna(sink: SmtpSink) -> None:
    channel = EmailChannel(settings(sink))
    await channel.send(claimed(mail(recipient="desk@münchen.example")), nothing)
    await channel.rest()
    assert sink.received[0].rcpt_tos == ["desk@xn--mnchen-3ya.example"]


@pytest.mark.parametrize("recipient", ["desk@example.org\r\nRCPT TO:<x@example.org>", "desk\x00@example.org"])
async def test_an_address_cannot_smuggle_a_command(sink: SmtpSink, recipient: str) -> None:
    channel = EmailChannel(settings(sink))
    receipt = await channel.send(claimed(mail(recipient=recipient)), nothing)
    await channel.rest()
    assert receipt.outcome is Outcome.REFUSED or sink.received[0].rcpt_tos == ["desk@example.org"]
    assert sink.steps.count(Step.RCPT) <= 1


async def test_a_server_that_is_away_is_tried_again() -> None:
    async with SmtpSink() as sink:
        pass
    receipt = await EmailChannel(settings(sink)).send(claimed(mail()), nothing)
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)
    assert f"127.0.0.1:{sink.port}" in receipt.reason


async def test_starttls_verifies_the_certificate(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with SmtpSink(starttls=certificate.context, login=("watch", "right")) as sink:
        secure = settings(sink, security=SmtpSecurity.STARTTLS, username="watch", password="right")
        receipt = await EmailChannel(secure).send(claimed(mail()), nothing)
        assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
        assert "is not trusted" in receipt.reason
        assert sink.logins == []
        trusted = settings(
            sink,
            security=SmtpSecurity.STARTTLS,
            username="watch",
            password="right",
            ca_file=certificate.ca_file,
        )
        channel = EmailChannel(trusted)
        assert (await channel.send(claimed(mail()), nothing)).outcome is Outcome.SENT
        await channel.rest()
        assert sink.logins == [("watch", "right")]
        assert await login_check(trusted) is None


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with SmtpSink(tls=certificate.context) as sink:
        channel = EmailChannel(settings(sink, security=SmtpSecurity.TLS, ca_file=certificate.ca_file))
        assert (await channel.send(claimed(mail()), nothing)).outcome is Outcome.SENT
        await channel.rest()
        untrusted = await login_check(settings(sink, security=SmtpSecurity.TLS))
    assert untrusted is not None
    assert "is not trusted" in untrusted


async def test_a_server_without_starttls_gets_neither_mail_nor_password(sink: SmtpSink) -> None:
    secure = settings(sink, security=SmtpSecurity.STARTTLS, username="watch", password="right")
    receipt = await EmailChannel(secure).send(claimed(mail()), nothing)
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
    assert "STARTTLS" in receipt.reason
    assert (sink.logins, sink.steps) == ([], [])


async def test_a_wrong_password_says_which_keys_to_check_and_is_tried_once() -> None:
    async with SmtpSink(login=("watch", "right")) as sink:
        wrong = settings(sink, username="watch", password="wrong")
        receipt = await EmailChannel(wrong).send(claimed(mail()), nothing)
        assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
        assert "535" in receipt.reason
        assert "[smtp] username and password" in receipt.reason
        assert "wrong" not in receipt.reason
        assert sink.logins == [("watch", "wrong")]
        assert await login_check(wrong) == receipt.reason
        assert await login_check(settings(sink, username="watch", password="right")) is None


async def test_a_login_that_fails_for_now_is_no_wrong_password() -> None:
    async with SmtpSink(login=("watch", "right")) as sink:
        sink.reply(Step.AUTH, "454 4.7.0 try later")
        receipt = await EmailChannel(settings(sink, username="watch", password="right")).send(claimed(mail()), nothing)
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.TARGET)


async def test_plaintext_beyond_this_machine_needs_leave(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    # No test may leave loopback, so here loopback is what counts as beyond this machine.
    monkeypatch.setattr("alerts.channels.opening.is_loopback", lambda _address: False)
    receipt = await EmailChannel(settings(sink)).send(claimed(mail()), nothing)
    assert (receipt.outcome, receipt.cause) == (Outcome.RETRY_LATER, Cause.OPERATOR)
    assert "allow_plaintext" in receipt.reason
    assert sink.steps == []
    channel = EmailChannel(settings(sink, allow_plaintext=True))
    assert (await channel.send(claimed(mail()), nothing)).outcome is Outcome.SENT
    await channel.rest()


async def test_a_certificate_file_that_is_none_is_named(sink: SmtpSink, tmp_path: Path) -> None:
    problem = await login_check(settings(sink, security=SmtpSecurity.STARTTLS, ca_file=tmp_path / "missing.pem"))
    assert problem is not None
    assert "missing.pem" in problem
