"""Messages and an outbox for tests: what is the same in all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from alerts.channels import Committing
from alerts.outbox import Outbox, Rows
from alerts.store import deliveries
from alerts.store import outbox as rows
from alerts.store.deliveries import DeliveryRow
from alerts.types import Cause, ChannelKind, Claimed, DeliveryState, Message, Outcome, Receipt
from news.clock import Clock
from news.store.engine import Store
from news.store.schema import delivery
from news.store.troubles import Trouble, lasting_troubles

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

RETRY = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600))
IN_DOUBT = timedelta(minutes=15)

MAIL = (
    b"From: Storywatch <watch@example.org>\r\nTo: desk@example.org\r\nSubject: Protests\r\n"
    b"Message-ID: <one@storywatch>\r\n\r\nTwo reports.\r\n.a line that begins with a dot\r\n..two dots\r\n"
)


def mail(number: int = 1, *, recipient: str = "desk@example.org", body: bytes = MAIL) -> Message:
    """Return a mail that differs from others by its number."""
    return _message(number, ChannelKind.EMAIL, recipient, body)


def post(
    number: int = 1, *, body: bytes = b'{"type": "digest", "title": "\xd0\x90\xd0\xbb\xd0\xbc\xd0\xb0"}'
) -> Message:
    """Return a webhook's message that differs from others by its number."""
    return _message(number, ChannelKind.WEBHOOK, "https://hooks.example.org/news?key=secret", body)


def _message(number: int, channel: ChannelKind, recipient: str, body: bytes) -> Message:
    return Message(
        message_id=f"message-{number}@storywatch",
        alert_id="kz/desk",
        due_key=f"story-{number}",
        part=1,
        recipient=recipient,
        body=body,
        channel=channel,
    )


def claimed(message: Message, *, target: str = "desk", attempts: int = 0) -> Claimed:
    """Return a claim as the outbox hands it to a channel."""
    return Claimed(id=1, token=1, message=message, target=target, attempts=attempts)


async def nothing() -> None:
    """Commit nothing."""


class ScriptedChannel:
    """A channel that plays what it is told, and keeps what it was asked to send.

    A step of its script is a receipt, an exception, or a function that is awaited with ``committing``.
    """

    def __init__(self, *script: "Receipt | Exception | Callable[[Committing], Awaitable[Receipt]]") -> None:
        self._script = list(script)
        self.seen: list[Claimed] = []
        self.rests = 0

    async def send(self, claimed: Claimed, committing: Committing) -> Receipt:
        """Play the next step; after the last, accept."""
        self.seen.append(claimed)
        step = self._script.pop(0) if self._script else Receipt(Outcome.SENT, "250 OK")
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Receipt):
            await committing()
            return step
        return await step(committing)

    async def rest(self) -> None:
        """Count."""
        self.rests += 1


def outbox(
    store: Rows,
    clock: Clock,
    channel: ScriptedChannel,
    *,
    holder: str = "one",
    retry: Sequence[timedelta] = RETRY,
    chance: float = 0.0,
) -> Outbox:
    """Return an outbox that sends both mails and webhooks by one scripted channel."""
    return Outbox(
        store,
        clock,
        {ChannelKind.EMAIL: channel, ChannelKind.WEBHOOK: channel},
        retry=retry,
        in_doubt=IN_DOUBT,
        holder=holder,
        random=lambda: chance,
    )


SECOND = timedelta(seconds=1)
LATER = Receipt(Outcome.RETRY_LATER, "451 4.3.0 later")
AWAY = Receipt(Outcome.RETRY_LATER, "no connection", cause=Cause.TARGET)
WRONG_PASSWORD = Receipt(Outcome.RETRY_LATER, "535 wrong password", cause=Cause.OPERATOR)
REFUSED = Receipt(Outcome.REFUSED, "550 5.1.1 no such mailbox")


def add(store: Store, message: Message, target: str = "desk", now: datetime = START) -> int:
    """Store a message for a target."""
    id_ = store.write_now(lambda conn: rows.add_message(conn, message, target, "Kazakhstan", now))
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


LEASE = timedelta(minutes=2)


def claim(
    store: Store, *, holder: str = "one", now: datetime = START, lasts: timedelta = LEASE, limit: int = 10
) -> list[Claimed]:
    """Claim what is due."""
    return store.write_now(lambda conn: rows.claim(conn, holder, now, lasts, limit))


def record(
    store: Store, one: Claimed, receipt: Receipt, *, now: datetime = START, again: datetime | None = None
) -> DeliveryState:
    """Record an attempt."""
    return store.write_now(lambda conn: rows.record(conn, one.id, one.token, receipt, now=now, next_attempt_at=again))


def take_over(store: Store) -> None:
    """Free what nobody holds any more."""

    def work(conn: Connection) -> None:
        for left in rows.abandoned(conn, START):
            rows.release(conn, left.id, left.token)

    store.write_now(work)
