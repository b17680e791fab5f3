"""What a person sees of the outbox and does with it: list, try again, give up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, select, update

from alerts.types import ChannelKind, DeliveryState, Outcome
from news.store.schema import attempt, delivery, message
from news.urls import listed


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message on its way, as listed."""

    id: int
    #: Message-ID without angle brackets, and webhook-id
    message_id: str
    #: the alert's id
    alert: str
    #: name or names of watchlists
    watchlist: str
    channel: ChannelKind
    #: as listed: never a webhook's secret
    target: str
    #: an address; the webhook's URL, which is secret
    recipient: str
    state: DeliveryState
    attempts: int
    #: the other side's own words, or what it waits for
    reason: str
    #: None: sent or failed
    next_attempt_at: datetime | None
    created_at: datetime
    sent_at: datetime | None

    @property
    def address(self) -> str:
        """The recipient as it may be shown: an address, or the webhook's URL without userinfo and query."""
        return listed(self.recipient) if self.channel is ChannelKind.WEBHOOK else self.recipient

    @property
    def shown(self) -> str:
        """The target, and the address where that says more."""
        return self.target if self.address == self.target else f"{self.target} ({self.address})"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was made."""

    at: datetime
    outcome: Outcome
    reason: str


def list_deliveries(
    conn: Connection, states: Collection[DeliveryState] | None = None, *, limit: int | None = None
) -> list[DeliveryRow]:
    """Return deliveries, oldest first; of ``limit``, the newest."""
    rows = select(
        delivery.c.id,
        message.c.message_id.label("name"),
        *(message.c[name] for name in ("alert_id", "watchlist", "channel", "recipient", "created_at")),
        *(delivery.c[name] for name in ("target", "state", "attempts", "reason", "next_attempt_at", "sent_at")),
    ).join(message, message.c.id == delivery.c.message_id)
    if states is not None:
        rows = rows.where(delivery.c.state.in_([state.value for state in states]))
    newest = conn.execute(rows.order_by(delivery.c.id.desc()).limit(limit)).mappings().all()
    return [
        DeliveryRow(
            id=row["id"],
            message_id=row["name"],
            alert=row["alert_id"],
            watchlist=row["watchlist"],
            channel=ChannelKind(row["channel"]),
            target=row["target"],
            recipient=row["recipient"],
            state=DeliveryState(row["state"]),
            attempts=row["attempts"],
            reason=row["reason"],
            next_attempt_at=row["next_attempt_at"],
            created_at=row["created_at"],
            sent_at=row["sent_at"],
        )
        for row in reversed(newest)
    ]


def count_deliveries(conn: Connection) -> dict[DeliveryState, int]:
    """Return how many deliveries stand in each state; states without any are left out."""
    rows = conn.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    return {DeliveryState(state): count for state, count in rows}


def attempts_of(conn: Connection, id_: int) -> list[Attempt]:
    """Return the attempts of a delivery, first to last."""
    rows = conn.execute(select(attempt).where(attempt.c.delivery_id == id_).order_by(attempt.c.id))
    return [Attempt(at=row.at, outcome=Outcome(row.outcome), reason=row.reason) for row in rows]


def retry(conn: Connection, id_: int, now: datetime) -> str | None:
    """Let a delivery be tried now, with all its attempts anew; return None, or why that cannot be."""
    row = _find(conn, id_)
    if row is None:
        return f"there is no delivery {id_}; `storywatch outbox list` shows what there is"
    if row.state == DeliveryState.SENT.value:
        return f"delivery {id_} was sent; it is not sent again"
    if not row.has_body:
        return f"the message of delivery {id_} is gone, since [store] retention took it"
    if row.lease_holder is not None:
        return f"delivery {id_} is being tried at this moment"
    values: dict[str, object] = {"next_attempt_at": now, "attempts": 0}
    if row.state == DeliveryState.FAILED.value:
        values["state"] = DeliveryState.WAITING.value
    conn.execute(update(delivery).where(delivery.c.id == id_).values(values))
    return None


def discard(conn: Connection, id_: int) -> str | None:
    """Give a delivery up; return None, or why that cannot be.

    Its message stays as proof that it was made, so that nothing makes it anew. An attempt that is being made at
    this moment may still arrive, and its result is dropped.
    """
    row = _find(conn, id_)
    if row is None:
        return f"there is no delivery {id_}; `storywatch outbox list` shows what there is"
    if row.state == DeliveryState.SENT.value:
        return f"delivery {id_} was sent; there is nothing to discard"
    conn.execute(delete(delivery).where(delivery.c.id == id_))
    return None


def _find(conn: Connection, id_: int) -> Row[str, str | None, bool] | None:
    columns = select(delivery.c.state, delivery.c.lease_holder, message.c.body.is_not(None).label("has_body"))
    return conn.execute(
        columns.join(message, message.c.id == delivery.c.message_id).where(delivery.c.id == id_)
    ).first()
