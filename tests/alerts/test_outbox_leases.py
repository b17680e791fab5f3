"""The outbox and its leases: renewed, lost, left behind by a crash, given back in order."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from outboxes import (
    IN_DOUBT,
    REFUSED,
    RETRY,
    SECOND,
    START,
    Gate,
    ScriptedChannel,
    add,
    expire,
    listed,
    mail,
    outbox,
    post,
    states,
)
from stores import StillClock

from alerts.channels import Committing
from alerts.outbox import Outbox
from alerts.types import ChannelKind, DeliveryState, Outcome, Receipt
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
