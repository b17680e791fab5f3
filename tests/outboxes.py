"""Messages and an outbox for tests: what is the same in all of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from alerts.channels import Committing
from alerts.outbox import Outbox, Rows
from alerts.types import ChannelKind, Claimed, Message, Outcome, Receipt
from news.clock import Clock

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
