"""What follows from a receipt: when to try again, whether the operator must know. Pure, but for ``book``.

::

    Receipt ─▶ decide ─▶ Verdict ─▶ book: delivery, attempt, target and trouble in one transaction
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection

from alerts.store import outbox
from alerts.store.outbox import Abandoned
from alerts.types import Cause, ChannelKind, Claimed, DeliveryState, Outcome, Receipt
from news.store.troubles import begin_trouble, end_trouble

#: part of a wait that chance adds, so that what failed together does not come back together
_JITTER = 0.1

#: attempts after which a passing trouble is one that the operator is told of
_PATIENCE = 3

#: for how long stories wait for a target that switched itself off
LONGEST_OFF = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rules:
    """``[delivery]``, as far as it says when to try again."""

    #: waits after failed attempts; after the last one a failure is final
    retry: Sequence[timedelta]
    #: before a mail that may have been accepted is sent again
    in_doubt: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done about a receipt."""

    #: None: no further attempt
    next_attempt_at: datetime | None
    #: what is due for the same target and was never tried waits until then; None: it need not
    postpone_until: datetime | None
    #: the operator is told
    trouble: bool


class Novelty(Enum):
    """What a reader of the log has not read yet; its value is the level of the line."""

    SENT = logging.INFO, "sent"
    #: a first attempt that did not get through
    FIRST = logging.INFO, "not yet"
    #: the same as before: a trouble is told once
    AGAIN = logging.DEBUG, "still not"
    #: a trouble began
    TROUBLE = logging.WARNING, "does not get through"
    #: the last attempt was made
    FAILED = logging.WARNING, "failed"

    def __init__(self, level: int, words: str) -> None:
        self.level = level
        self.words = words


@dataclass(frozen=True, slots=True)
class Booked:
    """What stands in the store after an attempt."""

    state: DeliveryState
    novelty: Novelty


def decide(receipt: Receipt, claimed: Claimed, rules: Rules, *, now: datetime, chance: float) -> Verdict:
    """Return what follows from a receipt; ``chance`` lies in [0, 1)."""
    if receipt.outcome is Outcome.SENT:
        return Verdict(None, None, trouble=False)
    if receipt.outcome is Outcome.REFUSED:
        return Verdict(None, None, trouble=True)
    if receipt.outcome is Outcome.SWITCHED_OFF:
        return Verdict(now, None, trouble=True)
    wait = _wait(receipt, claimed.attempts, rules, chance)
    lasting = receipt.cause is Cause.OPERATOR or claimed.attempts + 1 >= _PATIENCE
    return Verdict(
        next_attempt_at=None if wait is None else now + wait,
        postpone_until=_postponed(receipt, wait, rules, now),
        trouble=lasting or wait is None,
    )


def _wait(receipt: Receipt, attempts: int, rules: Rules, chance: float) -> timedelta | None:
    """Return the wait after one more failed attempt, or None after the last."""
    if attempts >= len(rules.retry):
        return None
    if receipt.outcome is Outcome.IN_DOUBT:
        return rules.in_doubt
    asked = timedelta(seconds=receipt.after_s or 0)
    # Retry-After is the earliest that the other side wants; the table is the earliest that we want.
    return max(rules.retry[attempts], asked) * (1 + _JITTER * chance)


def _postponed(receipt: Receipt, wait: timedelta | None, rules: Rules, now: datetime) -> datetime | None:
    if receipt.cause is Cause.MESSAGE:
        return None
    first = rules.retry[0] if rules.retry else timedelta(seconds=30)
    if receipt.cause is Cause.OPERATOR:
        # Nothing changes before a person has acted, and a server may lock out who logs in wrongly again and again.
        return now + (first if wait is None else wait)
    return now + max(first, timedelta(seconds=receipt.after_s or 0))


def book(conn: Connection, claimed: Claimed, receipt: Receipt, verdict: Verdict, now: datetime) -> Booked:
    """Write down what an attempt came to.

    Raises StaleLeaseError, and writes nothing, if the lease was lost meanwhile.
    """
    state = outbox.record(conn, claimed.id, claimed.token, receipt, now=now, next_attempt_at=verdict.next_attempt_at)
    if state is DeliveryState.SENT:
        outbox.hasten(conn, claimed.target, now)
        for subject in _subjects(claimed):
            end_trouble(conn, subject, now)
        return Booked(state, Novelty.SENT)
    if verdict.postpone_until is not None:
        outbox.postpone(conn, claimed.target, receipt.reason, now, verdict.postpone_until)
    if not verdict.trouble:
        return Booked(state, Novelty.FIRST if claimed.attempts == 0 else Novelty.AGAIN)
    began = begin_trouble(conn, subject_of(claimed, receipt), _told(claimed, receipt, state), now)
    if state is DeliveryState.FAILED:
        return Booked(state, Novelty.FAILED)
    return Booked(state, Novelty.TROUBLE if began else Novelty.AGAIN)


def subject_of(claimed: Claimed, receipt: Receipt) -> str:
    """Return what a trouble is about: the mail server as a whole, or this target."""
    if claimed.message.channel is ChannelKind.EMAIL and receipt.cause is not Cause.MESSAGE:
        return "smtp"
    return _subjects(claimed)[0]


def leave(
    conn: Connection, left: Claimed | Abandoned, rules: Rules, *, doubtful: bool, reason: str, now: datetime
) -> None:
    """Write down that an attempt was broken off: it may have been accepted, or it waits as before.

    Raises StaleLeaseError, and writes nothing, if the lease was lost meanwhile.
    """
    if not doubtful:
        outbox.release(conn, left.id, left.token)
        return
    again = now + rules.in_doubt if left.attempts < len(rules.retry) else None
    outbox.record(conn, left.id, left.token, Receipt(Outcome.IN_DOUBT, reason), now=now, next_attempt_at=again)


def _subjects(claimed: Claimed) -> tuple[str, ...]:
    """Return every subject that a success proves to be well; first the target's own."""
    if claimed.message.channel is not ChannelKind.EMAIL:
        return (f"target:{claimed.target}",)
    recipient = claimed.message.recipient
    own = claimed.target if recipient == claimed.target else f"{claimed.target} ({recipient})"
    return (f"target:{own}", "smtp")


def _told(claimed: Claimed, receipt: Receipt, state: DeliveryState) -> str:
    number = f"delivery {claimed.id}"
    if receipt.outcome is Outcome.SWITCHED_OFF:
        days = f"{LONGEST_OFF / timedelta(days=1):g} days"
        return (
            f"{claimed.target} has switched itself off ({receipt.reason}); what is for it waits {days} for "
            f"`storywatch targets resume {claimed.target}`"
        )
    if state is DeliveryState.FAILED:
        return (
            f"{number} to {claimed.target} failed: {receipt.reason}; `storywatch outbox retry {claimed.id}` tries it "
            "again"
        )
    return f"{number} to {claimed.target} does not get through: {receipt.reason}; it is tried again"
