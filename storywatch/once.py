"""``storywatch run --once``: one round of everything, for cron and for trying things out.

::

    poll all that may be polled ──▶ stories ──▶ matches ──▶ what is immediate or due ──▶ outbox empty or backing off
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from alerts.store.deliveries import list_deliveries
from alerts.types import DeliveryState
from news.clock import Clock
from news.store import feeds
from news.types import FeedState
from storywatch import wiring
from storywatch.config.values import Config
from storywatch.queues import Queues
from storywatch.stages import Stage
from storywatch.upkeep import Upkeep

log = logging.getLogger("storywatch.service")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    polled: int
    #: active feeds that are not healthy afterwards
    unhealthy: tuple[str, ...]
    #: whether any feed answered in this round
    answered: bool
    #: deliveries that failed for good in this round
    failed: int


async def run_once(config: Config, clock: Clock) -> Round:
    """Do one round. Raises StoreError where the store cannot be opened or is held by the service."""
    store = await asyncio.to_thread(wiring.open_store, config, clock)
    try:
        store.hold_service()
        began = clock.now()
        failed_before = {row.id for row in await store.read(list_deliveries) if row.state is DeliveryState.FAILED}
        parts = wiring.build(config, store, clock, on_commit=lambda: None)
        await store.write(wiring.sync(config, clock))
        await parts.outbox.recover(everyone=store.dialect == "sqlite")
        await parts.crawl.start()
        polled = await parts.crawl.poll_all_once()
        await parts.crawl.drain(0)
        await parts.crawl.stop()
        queues = Queues(parts)
        for stage in (queues.assign, queues.evaluate, queues.compose):
            await _empty(stage)
        await parts.outbox.run_due(limit=1_000_000)
        await Upkeep(parts).troubles()
        await parts.outbox.run_due(limit=1_000_000)
        rows = [row for row in await store.read(feeds.list_feeds) if row.active]
        deliveries = await store.read(list_deliveries)
    finally:
        await store.close()
    failed = [row for row in deliveries if row.state is DeliveryState.FAILED and row.id not in failed_before]
    return Round(
        polled=polled,
        unhealthy=tuple(row.url for row in rows if row.state is not FeedState.HEALTHY),
        answered=not polled or any(_answered(row, began) for row in rows),
        failed=len(failed),
    )


def _answered(row: feeds.FeedRow, since: datetime) -> bool:
    return row.last_success_at is not None and row.last_success_at >= since


async def _empty(stage: Stage) -> None:
    """Work until nothing is left; a failed round has been logged and ends it."""
    while await stage.round():
        pass
