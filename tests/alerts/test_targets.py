"""What a target's trouble means for its deliveries, and what the operator is told."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from outboxes import REFUSED, RETRY, START, WRONG_PASSWORD, ScriptedChannel, add, listed, mail, outbox, post, troubles
from stores import StillClock

from alerts.store import targets
from alerts.types import Cause, DeliveryState, Outcome, Receipt
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
