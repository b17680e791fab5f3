"""What commands send by hand: a digest now, a test to a target. Delivered through the outbox, like everything else."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import compose, digest
from alerts.compose import Composition
from alerts.plans import Plan, Reason, Remark
from alerts.store import deliveries, watchlists
from alerts.store import outbox as rows
from alerts.store.deliveries import DeliveryRow, list_deliveries
from alerts.types import Alert, DeliveryState, Message, Target
from news.clock import Clock
from news.errors import StoreError
from news.store import leases
from news.store.engine import Store
from storywatch import wiring
from storywatch.config.values import Config
from storywatch.holders import holder_name

_LEASE_LASTS = timedelta(seconds=30)
#: seconds to wait for a service that is composing at this moment
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a digest sent by hand."""

    #: its deliveries after their first attempt
    deliveries: list[DeliveryRow]
    #: the alerts that had nothing to tell, and do not tell that either; their windows stay
    nothing_new: list[Alert]


async def send_digest(config: Config, store: Store, alerts: Sequence[Alert], clock: Clock) -> Sent:
    """Send what these alerts have open, now; nothing where that is nothing, unless an alert sends empty digests.

    Raises StoreError where a running service composes at this moment and does not come to an end.
    """
    known = await store.read(watchlists.alerts)
    if any(alert.id not in known for alert in alerts):
        # Configured since the service has read its configuration, or never run yet.
        await store.write(wiring.sync(config, clock))
    token = await _lease(store, clock)
    now = clock.now()
    gathered = [
        _on_request(one)
        for one in await store.read(lambda conn: [compose.gather_one(conn, alert, now=now) for alert in alerts])
    ]
    told = [one for one in gathered if one.alert.send_empty or any(each.items for each in one.digests)]
    voice = wiring.voice(config)
    made: list[tuple[Composition, list[Message]]] = [
        (one, await asyncio.to_thread(compose.rendered, one, voice)) for one in told
    ]
    names = {one.id: one.name for one in config.watchlists}
    await store.write(lambda conn: compose.commit(conn, made, names, token=token, now=now))
    found = await _deliver(config, store, clock, [message for _, messages in made for message in messages])
    return Sent(found, [one.alert for one in gathered if one not in told])


def _on_request(composition: Composition) -> Composition:
    """Have the digests say why they come before their time."""
    return replace(
        composition,
        digests=tuple(replace(one, remarks=(*one.remarks, Remark.ON_REQUEST)) for one in composition.digests),
    )


async def send_test(config: Config, store: Store, target: Target, clock: Clock) -> list[DeliveryRow]:
    """Send a marked test message to a target; return how its deliveries fared in their only attempt.

    What was not accepted is not tried again: whoever asked for it has seen why.
    """
    now = clock.now()
    like = next((one for one in config.alerts if one.target.name == target.name), None)
    alert = Alert(
        id=f"test/{target.name}",
        name="test",
        watchlists=like.watchlists if like else (),
        combined=False,
        target=target,
        schedule="immediately",
        timezone=like.timezone if like else config.service.timezone,
        locale=like.locale if like else "en",
    )
    names = {one.id: one.name for one in config.watchlists}
    trial = digest.trial(alert, names, now=now)
    messages = compose.rendered(Composition(alert, Plan((), None, Reason.ON_REQUEST), (trial,)), wiring.voice(config))

    def work(conn: Connection) -> None:
        for message in messages:
            rows.add_message(conn, message, target.name, "(test)", now)

    await store.write(work)
    tried = await _deliver(config, store, clock, messages)

    def discard(conn: Connection) -> None:
        for row in tried:
            if row.state is not DeliveryState.SENT:
                deliveries.discard(conn, row.id)

    await store.write(discard)
    return tried


async def _lease(store: Store, clock: Clock) -> int:
    """Take the composing stage's lease, waiting for a service that is at it."""
    holder = holder_name()
    begun = clock.now()
    while True:
        now = clock.now()
        take = _take(holder, now)
        token = await store.write(take)
        if token is not None:
            return token
        if (now - begun).total_seconds() > _PATIENCE_S + _LEASE_LASTS.total_seconds():
            raise StoreError("a running service composes digests at this moment; try again in a minute")
        await clock.sleep(0.5)


def _take(holder: str, now: datetime) -> Callable[[Connection], int | None]:
    return lambda conn: leases.take(conn, compose.LEASE, holder=holder, now=now, lasts=_LEASE_LASTS)


async def _deliver(config: Config, store: Store, clock: Clock, messages: Sequence[Message]) -> list[DeliveryRow]:
    """Attempt what is due until these messages were tried; a running service may take them first."""
    wanted = {message.message_id for message in messages}
    outbox = wiring.outbox(config, store, clock, holder_name())
    begun = clock.now()
    while True:
        await outbox.run_due()
        found = [row for row in await store.read(list_deliveries) if row.message_id in wanted]
        untried = [row for row in found if row.attempts == 0 and row.next_attempt_at is not None and not row.reason]
        waited = (clock.now() - begun).total_seconds()
        if not untried or waited > _PATIENCE_S:
            return found
        await clock.sleep(0.2)
