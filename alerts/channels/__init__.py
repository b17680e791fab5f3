"""Ways out: one module a channel, each with the Channel protocol.

::

    alerts.deliver ──claimed──▶ Channel.send ──bytes──▶ the other side
                   ◀─committing─┘         └──▶ Receipt: sent, retry_later, refused, in_doubt, switched_off
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from alerts.types import Claimed, Receipt

#: notes in the store that from now on the message may be accepted; raises if it must not be sent any more
Committing = Callable[[], Awaitable[None]]


class Channel(Protocol):
    """Carries messages to one kind of target."""

    async def send(self, claimed: Claimed, committing: Committing) -> Receipt:
        """Make one attempt, and say whether another makes sense.

        Awaits ``committing`` right before the step after which the other side may accept: the final dot of a mail,
        the request of a webhook. What that raises passes through, with nothing sent. May be cancelled at any point
        and leaves no connection behind then. Everything that the other side does is a Receipt, never an exception.
        """
        ...

    async def rest(self) -> None:
        """Let go of connections: nothing more is due now."""
        ...
