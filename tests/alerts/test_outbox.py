"""The outbox at work: attempts side by side, back-off, recovery, stopping, and what the operator is told."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fakes_http import HttpSink
from fakes_smtp import SmtpSink, Step
from outboxes import IN_DOUBT, MAIL, RETRY, START, ScriptedChannel, mail, outbox, post
from sqlalchemy import Connection, update
from stores import StillClock

from alerts.channels import Channel, Committing
from alerts.channels.email import EmailChannel, SmtpSecurity, SmtpSettings
from alerts.channels.webhook import WebhookChannel
from alerts.deliver import Rules, decide
from alerts.outbox import Outbox
from alerts.store import deliveries, targets
from alerts.store import outbox as rows
from alerts.store.deliveries import DeliveryRow
from alerts.types import Cause, ChannelKind, Claimed, DeliveryState, Message, Outcome, Receipt, Target
from news.errors import StoreError
from news.guard import parse_networks
from news.store.engine import Store
from news.store.schema import delivery
from news.store.troubles import Trouble, lasting_troubles

SECOND = timedelta(seconds=1)
LATER = Receipt(Outcome.RETRY_LATER, "451 4.3.0 later")
AWAY = Receipt(Outcome.RETRY_LATER, "no connection", cause=Cause.TARGET)
WRONG_PASSWORD = Receipt(Outcome.RETRY_LATER, "535 wrong password", cause=Cause.OPERATOR)
REFUSED = Receipt(Outcome.REFUSED, "550 5.1.1 no such mailbox")


@pytest.fixture
def clock() -> StillClock:
    """A clock that is moved by hand."""
    return StillClock(START)


@pytest.fixture
def file(sqlite_url: str, clock: StillClock) -> Iterator[Store]:
    """A store on SQLite: what differs between the databases stands in tests/contracts."""
    with Store.open(sqlite_url, clock) as opened:
        yield opened


def add(store: Store, message: Message, target: str = "desk") -> int:
    """Store a message for a target."""
    id_ = store.write_now(lambda conn: rows.add_message(conn, message, target, "Kazakhstan", START))
    assert id_ is not None
    return id_


def listed(store: Store) -> list[DeliveryRow]:
    """Return every delivery."""
    return store.read_now(deliveries.list_deliveries)


def states(store: Store) -> list[DeliveryState]:
    """Return where every delivery stands."""
    return [row.state for row in listed(store)]


def troubles(store: Store) -> list[Trouble]:
    """Return what lasts."""
    return store.read_now(lasting_troubles)


def expire(store: Store) -> None:
    """End every lease."""

    def work(conn: Connection) -> None:
        conn.execute(update(delivery).where(delivery.c.lease_holder.is_not(None)).values(lease_until=START - SECOND))

    store.write_now(work)


class Gate:
    """A step of a script that stops before or after ``committing`` until it is opened."""

    def __init__(self, *, commits: bool) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self._commits = commits

    async def __call__(self, committing: Committing) -> Receipt:
        """Wait."""
        if self._commits:
            await committing()
        self.reached.set()
        await self.open.wait()
        return Receipt(Outcome.SENT, "250 OK")


# ── what follows from a receipt ──────────


def claim_of(attempts: int, channel: ChannelKind = ChannelKind.EMAIL) -> Claimed:
    """Return a claim with a history."""
    message = mail() if channel is ChannelKind.EMAIL else post()
    return Claimed(id=1, token=1, message=message, target="desk", attempts=attempts)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 30), (1, 120), (2, 600), (3, None), (9, None)], ids=str)
def test_the_waits_are_those_of_the_table_and_end_with_it(attempts: int, seconds: int | None) -> None:
    verdict = decide(LATER, claim_of(attempts), Rules(RETRY, IN_DOUBT), now=START, chance=0.0)
    assert verdict.next_attempt_at == (None if seconds is None else START + timedelta(seconds=seconds))


def test_jitter_only_ever_adds_and_at_most_a_tenth() -> None:
    waits = [
        decide(LATER, claim_of(1), Rules(RETRY, IN_DOUBT), now=START, chance=chance).next_attempt_at
        for chance in (0.0, 0.5, 0.999999)
    ]
    assert waits[0] == START + timedelta(seconds=120)
    assert waits[1] == START + timedelta(seconds=126)
    assert waits[2] is not None
    assert waits[2] <= START + timedelta(seconds=132)


@pytest.mark.parametrize(("after_s", "seconds"), [(7.0, 30), (3600.0, 3600), (0.0, 30)])
def test_retry_after_is_the_earliest_that_the_other_side_wants(after_s: float, seconds: int) -> None:
    receipt = Receipt(Outcome.RETRY_LATER, "429", after_s, Cause.TARGET)
    verdict = decide(receipt, claim_of(0), Rules(RETRY, IN_DOUBT), now=START, chance=0.0)
    assert verdict.next_attempt_at == START + timedelta(seconds=seconds)
    assert verdict.postpone_until == START + timedelta(seconds=seconds)


def test_a_doubt_waits_exactly_as_long_as_configured_and_not_for_ever() -> None:
    receipt = Receipt(Outcome.IN_DOUBT, "no answer")
    rules = Rules(RETRY, IN_DOUBT)
    assert decide(receipt, claim_of(0), rules, now=START, chance=0.9).next_attempt_at == START + IN_DOUBT
    assert decide(receipt, claim_of(3), rules, now=START, chance=0.9).next_attempt_at is None


@pytest.mark.parametrize(
    ("receipt", "attempts", "told"),
    [
        (Receipt(Outcome.SENT, "250"), 0, False),
        (LATER, 0, False),
        (LATER, 1, False),
        (LATER, 2, True),
        (AWAY, 0, False),
        (WRONG_PASSWORD, 0, True),
        (REFUSED, 0, True),
        (Receipt(Outcome.SWITCHED_OFF, "410 Gone", cause=Cause.TARGET), 0, True),
        (LATER, 3, True),
    ],
)
def test_the_operator_is_told_of_what_does_not_pass_by_itself(receipt: Receipt, attempts: int, *, told: bool) -> None:
    verdict = decide(receipt, claim_of(attempts), Rules(RETRY, IN_DOUBT), now=START, chance=0.0)
    assert verdict.trouble is told


# ── at work ──────────


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


async def test_a_stale_result_is_dropped_and_logged(
    file: Store, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(commits=False)
    add(file, mail(1))
    slow = asyncio.create_task(outbox(file, clock, ScriptedChannel(gate), holder="slow").run_due())
    await gate.reached.wait()
    expire(file)
    other = ScriptedChannel(REFUSED)
    assert await outbox(file, clock, other, holder="other").run_due() == 1
    gate.open.set()
    with caplog.at_level(logging.WARNING):
        await slow
    assert states(file) == [DeliveryState.FAILED]
    assert "taken over" in caplog.text


async def test_a_lost_lease_is_noticed_before_the_final_dot(file: Store, clock: StillClock) -> None:
    reached, proceed = asyncio.Event(), asyncio.Event()
    accepted = []

    async def slowly(committing: Committing) -> Receipt:
        reached.set()
        await proceed.wait()
        await committing()
        accepted.append("slow")
        return Receipt(Outcome.SENT, "250 OK")

    add(file, mail(1))
    slow = asyncio.create_task(outbox(file, clock, ScriptedChannel(slowly), holder="slow").run_due())
    await reached.wait()
    expire(file)
    await outbox(file, clock, ScriptedChannel(), holder="other").run_due()
    proceed.set()
    await slow
    assert (accepted, states(file)) == ([], [DeliveryState.SENT])


async def test_leases_are_renewed_while_an_attempt_lasts(file: Store, clock: StillClock) -> None:
    gate = Gate(commits=True)
    add(file, mail(1))
    lease = timedelta(milliseconds=60)
    sender = Outbox(
        file,
        clock,
        {ChannelKind.EMAIL: ScriptedChannel(gate)},
        retry=RETRY,
        in_doubt=IN_DOUBT,
        holder="one",
        random=lambda: 0.0,
        lease=lease,
    )
    running = asyncio.create_task(sender.run_due())
    await gate.reached.wait()
    first_end = await sender.next_wake()
    assert first_end == START + lease
    clock.advance(SECOND)
    while await sender.next_wake() == first_end:  # noqa: ASYNC110 # a renewal tells nobody
        await asyncio.sleep(0.01)
    assert await sender.next_wake() == START + SECOND + lease
    gate.open.set()
    await running
    assert states(file) == [DeliveryState.SENT]


async def test_its_own_late_lease_is_no_abandoned_one(file: Store, clock: StillClock) -> None:
    gate = Gate(commits=True)
    add(file, mail(1))
    sender = outbox(file, clock, ScriptedChannel(gate))
    running = asyncio.create_task(sender.run_due())
    await gate.reached.wait()
    expire(file)
    assert await sender.recover() == 0
    gate.open.set()
    await running
    assert states(file) == [DeliveryState.SENT]


# ── after a crash ──────────


async def crash(store: Store, clock: StillClock, *, commits: bool) -> None:
    """Begin an attempt and vanish in the middle."""
    gate = Gate(commits=commits)
    dying = asyncio.create_task(outbox(store, clock, ScriptedChannel(gate), holder="dead").run_due())
    await gate.reached.wait()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(dying, return_exceptions=True)


@pytest.mark.parametrize("everyone", [True, False])
async def test_a_crash_before_the_dot_leaves_it_due(file: Store, clock: StillClock, *, everyone: bool) -> None:
    add(file, mail(1))
    await crash(file, clock, commits=False)
    if not everyone:
        expire(file)
    sender = outbox(file, clock, ScriptedChannel(), holder="next")
    assert await sender.recover(everyone=everyone) == 1
    assert (states(file), listed(file)[0].attempts) == ([DeliveryState.WAITING], 0)
    assert await sender.run_due() == 1


@pytest.mark.parametrize("everyone", [True, False])
async def test_a_crash_after_the_dot_is_a_doubt_and_repeats_the_same_bytes(
    file: Store, clock: StillClock, *, everyone: bool
) -> None:
    add(file, mail(1))
    await crash(file, clock, commits=True)
    if not everyone:
        expire(file)
    channel = ScriptedChannel()
    sender = outbox(file, clock, channel, holder="next")
    assert await sender.recover(everyone=everyone) == 1
    [row] = listed(file)
    assert (row.state, row.next_attempt_at, row.attempts) == (DeliveryState.IN_DOUBT, START + IN_DOUBT, 1)
    assert await sender.run_due() == 0
    clock.advance(IN_DOUBT)
    assert await sender.run_due() == 1
    assert channel.seen[0].message == mail(1)
    assert states(file) == [DeliveryState.SENT]


async def test_a_crash_in_a_webhook_is_tried_again_at_once(file: Store, clock: StillClock) -> None:
    add(file, post(1), "hook")
    await crash(file, clock, commits=True)
    sender = outbox(file, clock, ScriptedChannel(), holder="next")
    await sender.recover(everyone=True)
    assert await sender.run_due() == 1
    assert states(file) == [DeliveryState.SENT]


# ── stopping ──────────


async def test_stopping_sees_through_what_is_in_flight_and_begins_nothing_new(file: Store, clock: StillClock) -> None:
    gate = Gate(commits=True)
    add(file, mail(1))
    add(file, mail(2))
    channel = ScriptedChannel(gate)
    sender = outbox(file, clock, channel)
    running = asyncio.create_task(sender.run_due())
    await gate.reached.wait()
    stopping = asyncio.create_task(sender.drain(timedelta(seconds=30)))
    await asyncio.sleep(0)
    gate.open.set()
    await stopping
    await running
    assert states(file) == [DeliveryState.SENT, DeliveryState.WAITING]
    assert await sender.run_due() == 0


async def test_when_the_time_is_over_the_phase_decides(file: Store, clock: StillClock) -> None:
    before, after, hook = Gate(commits=False), Gate(commits=True), Gate(commits=True)
    add(file, mail(1), "one")
    add(file, mail(2), "two")
    add(file, post(3), "three")
    channel = ScriptedChannel(before, after, hook)
    sender = outbox(file, clock, channel)
    running = asyncio.create_task(sender.run_due())
    await asyncio.gather(*(gate.reached.wait() for gate in (before, after, hook)))
    await sender.drain(timedelta(0))
    await running
    first, second, third = listed(file)
    assert (first.state, first.attempts, first.next_attempt_at) == (DeliveryState.WAITING, 0, START)
    assert (second.state, second.attempts, second.next_attempt_at) == (DeliveryState.IN_DOUBT, 1, START + IN_DOUBT)
    assert (third.state, third.next_attempt_at) == (DeliveryState.WAITING, START)
    # The next process need not wait for any lease.
    assert await outbox(file, clock, ScriptedChannel(), holder="next").run_due() == 2


# ── targets and troubles ──────────


async def test_a_410_switches_off_tells_once_and_resumes_with_everything(file: Store, clock: StillClock) -> None:
    add(file, post(1), "hook")
    add(file, post(2), "hook")
    channel = ScriptedChannel(Receipt(Outcome.SWITCHED_OFF, "410 Gone", cause=Cause.TARGET))
    sender = outbox(file, clock, channel)
    assert await sender.run_due() == 1
    assert await sender.next_wake() is None
    [trouble] = troubles(file)
    assert trouble.subject == "target:hook"
    assert "storywatch targets resume hook" in trouble.text
    clock.advance(timedelta(days=6))
    assert await sender.run_due() == 0
    file.write_now(lambda conn: targets.resume_target(conn, "hook"))
    assert await sender.run_due() == 2
    assert troubles(file) == []


async def test_what_waits_for_a_switched_off_target_fails_after_a_week(file: Store, clock: StillClock) -> None:
    add(file, post(1), "hook")
    channel = ScriptedChannel(Receipt(Outcome.SWITCHED_OFF, "410 Gone", cause=Cause.TARGET))
    sender = outbox(file, clock, channel)
    await sender.run_due()
    clock.advance(timedelta(days=7))
    await sender.run_due()
    [row] = listed(file)
    assert row.state is DeliveryState.FAILED
    assert "410 Gone" in row.reason


async def test_a_wrong_password_is_told_once_whatever_waits_for_it(
    file: Store, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 4):
        add(file, mail(number), f"target-{number}")
    channel = ScriptedChannel(*[WRONG_PASSWORD] * 3)
    sender = outbox(file, clock, channel)
    with caplog.at_level(logging.INFO):
        await sender.run_due()
    assert [trouble.subject for trouble in troubles(file)] == ["smtp"]
    assert len([line for line in caplog.records if "535" in line.getMessage()]) == 1
    assert {row.reason for row in listed(file)} == {WRONG_PASSWORD.reason}
    clock.advance(RETRY[0])
    await sender.run_due()
    assert troubles(file) == []


async def test_two_recipients_of_a_target_have_troubles_of_their_own(file: Store, clock: StillClock) -> None:
    add(file, mail(1, recipient="gone@example.org"))
    add(file, mail(2))
    await outbox(file, clock, ScriptedChannel(REFUSED)).run_due()
    assert [trouble.subject for trouble in troubles(file)] == ["target:desk (gone@example.org)"]


# ── over real connections, on both databases ──────────


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
