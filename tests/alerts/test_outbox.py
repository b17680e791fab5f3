"""The outbox at work: attempts side by side, back-off, what fails, real connections on both databases."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fakes_http import HttpSink
from fakes_smtp import SmtpSink, Step
from outboxes import (
    AWAY,
    IN_DOUBT,
    LATER,
    MAIL,
    REFUSED,
    RETRY,
    SECOND,
    START,
    Gate,
    ScriptedChannel,
    add,
    listed,
    mail,
    outbox,
    post,
    states,
    troubles,
)
from sqlalchemy import Connection
from stores import StillClock

from alerts.channels import Channel, Committing
from alerts.channels.email import EmailChannel, SmtpSecurity, SmtpSettings
from alerts.channels.webhook import WebhookChannel
from alerts.outbox import Outbox
from alerts.types import ChannelKind, DeliveryState, Outcome, Receipt, Target
from news.errors import StoreError
from news.guard import parse_networks
from news.store.engine import Store


@pytest.fixture
def clock() -> StillClock:
    """A clock that is moved by hand."""
    return StillClock(START)


@pytest.fixture
def file(sqlite_url: str, clock: StillClock) -> Iterator[Store]:
    """A store on SQLite: what differs between the databases stands in tests/contracts."""
    with Store.open(sqlite_url, clock) as opened:
        yield opened


async def test_everything_due_is_sent_in_order_and_connections_are_let_go(file: Store, clock: StillClock) -> None:
    for number in range(1, 6):
        add(file, mail(number))
    channel = ScriptedChannel()
    assert await outbox(file, clock, channel).run_due() == 5
    assert [one.message for one in channel.seen] == [mail(number) for number in range(1, 6)]
    assert set(states(file)) == {DeliveryState.SENT}
    assert channel.rests > 0


async def test_the_limit_of_a_run_holds(file: Store, clock: StillClock) -> None:
    for number in range(5):
        add(file, mail(number))
    channel = ScriptedChannel()
    assert await outbox(file, clock, channel).run_due(limit=3) == 3
    assert len(channel.seen) == 3


async def test_at_most_eight_targets_at_a_time_and_one_message_each(file: Store, clock: StillClock) -> None:
    gates = [Gate(commits=True) for _ in range(8)]
    for number in range(20):
        add(file, mail(number), f"target-{number % 10}")
    channel = ScriptedChannel(*gates)
    sender = outbox(file, clock, channel)
    running = asyncio.create_task(sender.run_due())
    await asyncio.gather(*(gate.reached.wait() for gate in gates))
    assert await sender.start_due() == set()
    assert sorted(one.target for one in channel.seen) == [f"target-{number}" for number in range(8)]
    for gate in gates:
        gate.open.set()
    assert await running == 20
    assert set(states(file)) == {DeliveryState.SENT}


async def test_a_slow_target_holds_up_no_other(file: Store, clock: StillClock) -> None:
    gate = Gate(commits=True)
    add(file, mail(1), "slow")
    channel = ScriptedChannel(gate)
    sender = outbox(file, clock, channel)
    slow = asyncio.create_task(sender.run_due())
    await gate.reached.wait()
    add(file, mail(2), "quick")
    assert await sender.run_due() == 1
    assert states(file) == [DeliveryState.WAITING, DeliveryState.SENT]
    assert channel.rests == 0, "a connection in use must not be closed"
    gate.open.set()
    assert await slow == 1
    assert states(file) == [DeliveryState.SENT] * 2


async def test_failures_back_off_and_are_kept_and_shown_in_the_end(
    file: Store, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    add(file, mail(1))
    channel = ScriptedChannel(*[LATER] * 4)
    sender = outbox(file, clock, channel)
    waits = []
    caplog.set_level(logging.INFO)
    while (wake := await sender.next_wake()) is not None:
        waits.append(wake - clock.now())
        clock.advance(wake - clock.now())
        assert await sender.run_due() == 1
    assert waits == [timedelta(), *RETRY]
    [row] = listed(file)
    assert (row.state, row.attempts, row.reason) == (DeliveryState.FAILED, 4, LATER.reason)
    assert {one.message for one in channel.seen} == {mail(1)}, "every attempt has the same bytes and Message-ID"
    [trouble] = troubles(file)
    assert f"storywatch outbox retry {row.id}" in trouble.text
    levels = [line.levelno for line in caplog.records if LATER.reason in line.getMessage()]
    assert levels == [logging.INFO, logging.WARNING, logging.WARNING], "not yet, a trouble, failed"


async def test_a_target_that_is_away_is_asked_once_and_all_goes_when_it_is_back(file: Store, clock: StillClock) -> None:
    for number in range(1, 5):
        add(file, mail(number))
    channel = ScriptedChannel(AWAY)
    sender = outbox(file, clock, channel)
    assert await sender.run_due() == 1
    assert [row.next_attempt_at for row in listed(file)] == [START + RETRY[0]] * 4
    assert {row.reason for row in listed(file)} == {AWAY.reason}
    clock.advance(RETRY[0])
    assert await sender.run_due() == 4
    assert [one.message.due_key for one in channel.seen] == [f"story-{number}" for number in (1, 1, 2, 3, 4)]


async def test_a_refused_message_holds_up_no_other(file: Store, clock: StillClock) -> None:
    add(file, mail(1, recipient="gone@example.org"))
    add(file, mail(2))
    assert await outbox(file, clock, ScriptedChannel(REFUSED)).run_due() == 2
    assert states(file) == [DeliveryState.FAILED, DeliveryState.SENT]


async def test_a_channel_that_is_not_configured_keeps_its_messages(file: Store, clock: StillClock) -> None:
    add(file, mail(1))
    sender = Outbox(file, clock, {}, retry=RETRY, in_doubt=IN_DOUBT, holder="one", random=lambda: 0.0)
    await sender.run_due()
    assert states(file) == [DeliveryState.RETRYING]
    assert "email" in listed(file)[0].reason


async def test_a_defect_of_a_channel_stops_nothing(
    file: Store, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def after_committing(committing: Committing) -> Receipt:
        await committing()
        raise KeyError("a defect")

    add(file, mail(1))
    add(file, mail(2), "two")
    add(file, post(3), "three")
    add(file, mail(4), "four")
    channel = ScriptedChannel(ValueError("a defect"), after_committing, after_committing)
    with caplog.at_level(logging.ERROR):
        assert await outbox(file, clock, channel).run_due() == 4
    assert states(file) == [
        DeliveryState.RETRYING,
        DeliveryState.IN_DOUBT,
        DeliveryState.RETRYING,
        DeliveryState.SENT,
    ]
    assert "KeyError" in caplog.text


async def test_a_result_that_cannot_be_written_at_first_is_written_later(
    file: Store, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.outbox._RECORDING_WAITS_S", (0.0, 0.0, 0.0))
    failures = [StoreError("the disk is full")] * 2
    accepted = asyncio.Event()

    async def accept(committing: Committing) -> Receipt:
        await committing()
        accepted.set()
        return Receipt(Outcome.SENT, "250 OK")

    class Failing:
        async def write(self, work: Callable[[Connection], object]) -> object:
            if accepted.is_set() and failures:
                raise failures.pop()
            return await file.write(work)

        async def read(self, work: Callable[[Connection], object]) -> object:
            return await file.read(work)

    add(file, mail(1))
    await Outbox(
        Failing(),  # type: ignore[arg-type] # object in place of the type variable
        clock,
        {ChannelKind.EMAIL: ScriptedChannel(accept)},
        retry=RETRY,
        in_doubt=IN_DOUBT,
        holder="one",
        random=lambda: 0.0,
    ).run_due()
    assert not failures
    assert states(file) == [DeliveryState.SENT]


def real_channels(smtp: SmtpSink, http: HttpSink, clock: StillClock) -> dict[ChannelKind, Channel]:
    """Return channels to servers on loopback."""
    hook = Target("hook", ChannelKind.WEBHOOK, (http.url,), "word")
    return {
        ChannelKind.EMAIL: EmailChannel(
            SmtpSettings(
                host=smtp.host, port=smtp.port, security=SmtpSecurity.NONE, sender="Storywatch <watch@example.org>"
            )
        ),
        ChannelKind.WEBHOOK: WebhookChannel(
            {"hook": hook}.get, version="9.9", clock=clock, allowed=parse_networks(["127.0.0.0/8"])
        ),
    }


async def test_mail_and_webhook_over_real_connections(store: Store) -> None:
    clock = StillClock(START)
    async with SmtpSink() as smtp, HttpSink() as http:
        smtp.drop(Step.DOT)
        http.answer(503, headers={"Retry-After": "45"})
        add(store, mail(1))
        add(store, post(2, body=b"{}"), "hook")
        sender = Outbox(
            store,
            clock,
            real_channels(smtp, http, clock),
            retry=RETRY,
            in_doubt=IN_DOUBT,
            holder="one",
            random=lambda: 0.0,
        )
        assert await sender.run_due() == 2
        assert states(store) == [DeliveryState.IN_DOUBT, DeliveryState.RETRYING]
        assert [row.next_attempt_at for row in listed(store)] == [START + IN_DOUBT, START + 45 * SECOND]
        clock.advance(IN_DOUBT)
        assert await sender.run_due() == 2
        assert states(store) == [DeliveryState.SENT] * 2
        assert [got.content for got in smtp.received] == [MAIL, MAIL]
        assert [got.body for got in http.received] == [b"{}", b"{}"]
        assert len({got.headers["webhook-id"] for got in http.received}) == 1
