"""What follows from a receipt: when to try again, and whether the operator must know."""

from datetime import timedelta

import pytest
from outboxes import AWAY, IN_DOUBT, LATER, REFUSED, RETRY, START, WRONG_PASSWORD, mail, post

from alerts.deliver import Rules, decide
from alerts.types import Cause, ChannelKind, Claimed, Outcome, Receipt


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
