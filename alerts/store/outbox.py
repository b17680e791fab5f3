"""Rows of ``message``, ``delivery`` and ``attempt``: the outbox as a queue with leases.

::

    add_message ─▶ waiting ──claim──▶ (leased) ──committing──▶ (may be accepted) ──record──▶ sent
                      ▲                   │                            │            ├─▶ failed
                      │                   │ lease ran out              │            ├─▶ retrying ─┐
                      └───────────────────┴── recover ◀────────────────┘            └─▶ in_doubt ─┤
                      ▲                                                                           │
                      └───────────────────────── next_attempt_at ◀────────────────────────────────┘

A lease is a holder, a fencing token that grows with every claim, and an end. Its times are the database's on
PostgreSQL, where several machines share them, else the given ``now``; ``next_attempt_at`` is always by the given
``now``. At most one delivery of a target is leased at a time, over all processes, and the oldest that is due goes
first. What a person does with deliveries is in ``alerts.store.deliveries``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from alerts.store.targets import ensure_target, may_be_sent_to, note_error, note_sent, switch_off_target
from alerts.types import ChannelKind, Claimed, DeliveryState, Message, Outcome, Receipt
from news.errors import StaleLeaseError
from news.store.schema import attempt, delivery, message, target
from news.store.sql import insert_or_ignore, storable

#: where nothing more is to be sent
_OVER = (DeliveryState.SENT, DeliveryState.FAILED)

#: code points of another side's words that are kept
_LONGEST_REASON = 1000

#: a delivery that nobody works on
_FREE: dict[str, object] = {"lease_holder": None, "lease_until": None, "committing": False}

#: what is not over. Said as a range because SQLite finds that by the index, and IS NOT NULL by reading every row
_OUTSTANDING = delivery.c.next_attempt_at <= datetime(9999, 1, 1, tzinfo=UTC)

_CLAIMED = (
    *(delivery.c[name] for name in ("id", "lease_token", "target", "attempts")),
    *(message.c[name] for name in ("message_id", "alert_id", "due_key", "part", "recipient", "channel", "body")),
)


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A delivery whose holder went away."""

    id: int
    token: int
    channel: ChannelKind
    #: attempts made before the one that was broken off
    attempts: int
    #: the broken-off attempt may have been accepted
    committing: bool


def add_message(conn: Connection, message_: Message, target_: str, watchlist: str, now: datetime) -> int | None:
    """Store a message with its delivery; return the delivery's id, or None if this message stands there already."""
    values = {
        "message_id": message_.message_id,
        "alert_id": message_.alert_id,
        "due_key": message_.due_key,
        "part": message_.part,
        "recipient": message_.recipient,
        "channel": message_.channel.value,
        "body": message_.body,
        "watchlist": watchlist,
        "created_at": now,
    }
    unless_there = insert_or_ignore(message)[conn.dialect.name]
    added: int | None = conn.execute(unless_there.values(values).returning(message.c.id)).scalar()
    if added is None:
        return None
    ensure_target(conn, target_, message_.channel)
    waiting = insert(delivery).values(
        message_id=added, target=target_, state=DeliveryState.WAITING.value, next_attempt_at=now
    )
    id_: int = conn.execute(waiting.returning(delivery.c.id)).scalar_one()
    return id_


def claim(conn: Connection, holder: str, now: datetime, lasts: timedelta, limit: int) -> list[Claimed]:
    """Lease the oldest due delivery of each of up to ``limit`` targets that may be sent to and have none in flight.

    A lease that ran out still holds until it was taken over (``abandoned``), since only that tells what became of it.
    """
    heads = _heads(now)
    if conn.dialect.name == "postgresql":
        names = [head.target for head in conn.execute(heads.limit(limit))]
        # A second process passes over the targets that this one is looking at, and, once it has the lock itself,
        # sees in a new snapshot what was claimed meanwhile.
        lock = select(target.c.name).where(target.c.name.in_(names)).order_by(target.c.name)
        locked = conn.execute(lock.with_for_update(skip_locked=True)).scalars().all()
        heads = heads.where(delivery.c.target.in_(locked))
    ids = [head.id for head in conn.execute(heads.limit(limit))]
    if not ids:
        return []
    until = _lease_clock(conn, now) + lasts
    lease = {"lease_holder": holder, "lease_until": until, "lease_token": delivery.c.lease_token + 1}
    conn.execute(update(delivery).where(delivery.c.id.in_(ids)).values(lease))
    claimed = select(*_CLAIMED).join(message, message.c.id == delivery.c.message_id)
    rows = conn.execute(claimed.where(delivery.c.id.in_(ids)).order_by(delivery.c.id))
    return [_claimed(row) for row in rows.mappings()]


def renew(conn: Connection, claims: Iterable[tuple[int, int]], now: datetime, lasts: timedelta) -> list[int]:
    """Prolong leases given as (id, token); return the ids of those that were lost."""
    until = _lease_clock(conn, now) + lasts
    lost = []
    for id_, token in claims:
        if not conn.execute(update(delivery).where(_held(id_, token)).values(lease_until=until)).rowcount:
            lost.append(id_)
    return lost


def committing(conn: Connection, id_: int, token: int) -> None:
    """Note that from now on the attempt may be accepted. Raises StaleLeaseError if the lease was lost."""
    if not conn.execute(update(delivery).where(_held(id_, token)).values(committing=True)).rowcount:
        raise _stale(id_)


def is_committing(conn: Connection, id_: int, token: int) -> bool:
    """Tell whether the attempt may have been accepted. Raises StaleLeaseError if the lease was lost."""
    return bool(_leased(conn, id_, token).committing)


def record(
    conn: Connection, id_: int, token: int, receipt: Receipt, *, now: datetime, next_attempt_at: datetime | None
) -> DeliveryState:
    """Note what an attempt came to, end its lease, and return where the delivery stands now.

    ``next_attempt_at`` counts where the outcome leaves something to try; None then means that it was the last one.
    Raises StaleLeaseError, and writes nothing, if the lease was lost or the delivery discarded.
    """
    row = _leased(conn, id_, token)
    reason = storable(receipt.reason)[:_LONGEST_REASON]
    state = _state_after(receipt.outcome, DeliveryState(row.state), last=next_attempt_at is None)
    values = _FREE | {"state": state.value, "reason": reason}
    if receipt.outcome is Outcome.SWITCHED_OFF:
        # It goes at once when the target is resumed, with all its attempts.
        values["next_attempt_at"] = now
        switch_off_target(conn, row.target, reason, now)
    else:
        values["next_attempt_at"] = None if state in _OVER else next_attempt_at
        values["attempts"] = row.attempts + 1
    if state is DeliveryState.SENT:
        values["sent_at"] = now
        note_sent(conn, row.target, now)
    else:
        note_error(conn, row.target, reason)
    conn.execute(update(delivery).where(delivery.c.id == id_).values(values))
    made = {"delivery_id": id_, "at": now, "outcome": receipt.outcome.value, "reason": reason}
    conn.execute(insert(attempt).values(made))
    return state


def release(conn: Connection, id_: int, token: int) -> None:
    """Give a claim back as if it had not been made. Raises StaleLeaseError if it was lost."""
    if not conn.execute(update(delivery).where(_held(id_, token)).values(_FREE)).rowcount:
        raise _stale(id_)


def abandoned(conn: Connection, now: datetime, *, everyone: bool = False) -> list[Abandoned]:
    """Return what is leased to holders that went away; with ``everyone``, whatever is leased.

    ``everyone`` is for the start of the only process on an SQLite file.
    """
    gone = and_(_OUTSTANDING, delivery.c.lease_holder.is_not(None))
    if not everyone:
        gone = and_(gone, delivery.c.lease_until <= _lease_clock(conn, now))
    rows = conn.execute(select(delivery, message.c.channel).join(message).where(gone))
    left = (
        Abandoned(row.id, row.lease_token, ChannelKind(row.channel), row.attempts, committing=row.committing)
        for row in rows
    )
    # Sorted here: asked for the order, SQLite reads every delivery ever made in it.
    return sorted(left, key=lambda one: one.id)


def postpone(conn: Connection, target_: str, reason: str, now: datetime, until: datetime) -> None:
    """Let what is due at a target and was never tried wait, since it would fare as the last attempt did."""
    due = and_(_untried(target_), delivery.c.next_attempt_at <= now)
    conn.execute(update(delivery).where(due).values(next_attempt_at=until, reason=reason))


def hasten(conn: Connection, target_: str, now: datetime) -> None:
    """Let what ``postpone`` held back go now, since the target answers again."""
    waiting = and_(_untried(target_), delivery.c.next_attempt_at > now)
    conn.execute(update(delivery).where(waiting).values(next_attempt_at=now, reason=""))


def fail_waiting_too_long(conn: Connection, now: datetime, longest: timedelta) -> list[int]:
    """Give up what a switched-off or paused target has held back for longer than ``longest``; return deliveries' ids.

    That is as long as its stories wait that no message was made of yet (``dues.expire``).
    """
    before = now - longest
    paused = and_(not_(may_be_sent_to(now)), target.c.paused_at <= before)
    rows = conn.execute(
        select(delivery.c.id, target.c.off_reason)
        .join(target, target.c.name == delivery.c.target)
        .join(message, message.c.id == delivery.c.message_id)
        .where(
            _OUTSTANDING,
            delivery.c.lease_holder.is_(None),
            or_(target.c.off_at <= before, paused),
            message.c.created_at <= before,
        )
    ).all()
    days = longest / timedelta(days=1)
    for row in rows:
        held = f"switched off: {row.off_reason}" if row.off_reason is not None else "paused"
        reason = f"waited {days:g} days for the target, which is {held}"
        values = {"state": DeliveryState.FAILED.value, "next_attempt_at": None, "reason": reason}
        conn.execute(update(delivery).where(delivery.c.id == row.id).values(values))
    return [row.id for row in rows]


def due_at(conn: Connection) -> datetime | None:
    """Return the earliest instant at which something may be claimed or recovered, or None.

    Of a target with a delivery in flight only the end of that lease counts: its record wakes the outbox earlier.
    """
    in_flight = and_(_OUTSTANDING, delivery.c.lease_holder.is_not(None))
    waiting = (
        select(target.c.paused, target.c.paused_until, func.min(delivery.c.next_attempt_at).label("at"))
        .join(target, target.c.name == delivery.c.target)
        .where(
            _OUTSTANDING,
            target.c.off_at.is_(None),
            or_(target.c.paused.is_(False), target.c.paused_until.is_not(None)),
            delivery.c.target.not_in(select(delivery.c.target).where(in_flight)),
        )
        .group_by(target.c.name, target.c.paused, target.c.paused_until)
    )
    instants = [max(row.at, row.paused_until) if row.paused else row.at for row in conn.execute(waiting)]
    lease_end = conn.execute(select(func.min(delivery.c.lease_until)).where(in_flight)).scalar()
    return min([*instants, *([] if lease_end is None else [lease_end])], default=None)


def _heads(now: datetime) -> Select[str, int]:
    """Select the oldest due delivery of each target that may be sent to and has none in flight."""
    in_flight = and_(_OUTSTANDING, delivery.c.lease_holder.is_not(None))
    return (
        select(delivery.c.target, func.min(delivery.c.id).label("id"))
        .join(target, target.c.name == delivery.c.target)
        .join(message, message.c.id == delivery.c.message_id)
        .where(
            delivery.c.next_attempt_at <= now,
            message.c.body.is_not(None),
            may_be_sent_to(now),
            delivery.c.target.not_in(select(delivery.c.target).where(in_flight)),
        )
        .group_by(delivery.c.target)
        .order_by(func.min(delivery.c.id))
    )


def _state_after(outcome: Outcome, before: DeliveryState, *, last: bool) -> DeliveryState:
    if outcome is Outcome.SENT:
        return DeliveryState.SENT
    if outcome is Outcome.SWITCHED_OFF:
        return before
    if outcome is Outcome.REFUSED or last:
        return DeliveryState.FAILED
    # A doubt stays until an answer: an attempt that fails later does not tell what became of the earlier one.
    doubtful = outcome is Outcome.IN_DOUBT or before is DeliveryState.IN_DOUBT
    return DeliveryState.IN_DOUBT if doubtful else DeliveryState.RETRYING


def _untried(target_: str) -> ColumnElement[bool]:
    return and_(
        delivery.c.target == target_,
        delivery.c.state == DeliveryState.WAITING.value,
        delivery.c.lease_holder.is_(None),
        _OUTSTANDING,
    )


def _held(id_: int, token: int) -> ColumnElement[bool]:
    return and_(delivery.c.id == id_, delivery.c.lease_token == token, delivery.c.lease_holder.is_not(None))


def _leased(conn: Connection, id_: int, token: int) -> Row[str, str, int, bool]:
    columns = select(delivery.c.state, delivery.c.target, delivery.c.attempts, delivery.c.committing)
    row = conn.execute(columns.where(_held(id_, token))).first()
    if row is None:
        raise _stale(id_)
    return row


def _stale(id_: int) -> StaleLeaseError:
    return StaleLeaseError(f"delivery {id_} was taken over or discarded while it was attempted; the result is dropped")


def _lease_clock(conn: Connection, now: datetime) -> datetime:
    if conn.dialect.name != "postgresql":
        return now
    return conn.execute(select(func.now())).scalar_one()


def _claimed(row: RowMapping) -> Claimed:
    message_ = Message(
        message_id=row["message_id"],
        alert_id=row["alert_id"],
        due_key=row["due_key"],
        part=row["part"],
        recipient=row["recipient"],
        body=row["body"],
        channel=ChannelKind(row["channel"]),
    )
    return Claimed(
        id=row["id"], token=row["lease_token"], message=message_, target=row["target"], attempts=row["attempts"]
    )
