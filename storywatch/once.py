"""``storywatch run --once``: one round of everything, for cron and for trying things out.

::

    poll all that may be polled ──▶ stories ──▶ matches ──▶ threads ──▶ what is immediate or due
                                                            ──▶ outbox empty or backing off
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.store.deliveries import list_deliveries
from alerts.types import DeliveryState
from crawler.crawl import may_be_polled
from news.clock import Clock
from news.errors import StoreError
from news.store import feeds, leases
from news.types import FeedState
from storywatch import wiring
from storywatch.config.values import Config
from storywatch.opening import open_store, take_over
from storywatch.queues import Queues
from storywatch.stages import Stage
from storywatch.upkeep import Upkeep
from storywatch.wiring import Parts

#: attempts of one call; the outbox is asked again until nothing is due
_MANY = 1_000_000
#: seconds between two reports of how far the polls are
_REPORT_S = 0.2

#: feeds polled so far
Report = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    polled: int
    #: healthy feeds that were left out, since they were polled less than ``min_interval`` ago
    recent: int
    #: addresses of active feeds that are not healthy afterwards
    unhealthy: tuple[str, ...]
    #: whether any feed answered in this round; true where there was none to ask
    answered: bool
    #: deliveries that failed for good in this round
    failed: int
    #: names of stages that broke down; the log says why
    broken: tuple[str, ...]


async def run_once(config: Config, clock: Clock, report: Report) -> Round:
    """Do one round. Raises StoreError where the store cannot be opened, fails, or is held by the service."""
    store = await asyncio.to_thread(open_store, config, clock)
    try:
        store.hold_service()
        await take_over(store, clock)
        await store.write(wiring.sync(config, clock))
        parts = await asyncio.to_thread(wiring.build, config, store, clock, on_commit=lambda: None)
        await parts.outbox.recover(everyone=store.dialect == "sqlite")
        try:
            return await _round(parts, report)
        finally:
            with contextlib.suppress(StoreError):
                await store.write(lambda conn: leases.release_holder(conn, parts.holder))
    finally:
        await store.close()


async def _round(parts: Parts, report: Report) -> Round:
    store, began = parts.store, parts.clock.now()
    failed_before = {row.id for row in await store.read(list_deliveries) if row.state is DeliveryState.FAILED}
    recent = _recent(parts, await store.read(feeds.list_feeds))
    polled = await _poll(parts, report)
    queues = Queues(parts)
    stages = [one for one in queues.stages if one is not queues.deliver]
    try:
        for stage in stages:
            await _empty(stage)
    finally:
        queues.close()
    await parts.outbox.run_due(limit=_MANY)
    await Upkeep(parts).troubles()
    await parts.outbox.run_due(limit=_MANY)
    rows = [row for row in await store.read(feeds.list_feeds) if row.active]
    failed = [row for row in await store.read(list_deliveries) if row.state is DeliveryState.FAILED]
    return Round(
        polled=polled,
        recent=recent,
        unhealthy=tuple(row.url for row in rows if row.state is not FeedState.HEALTHY),
        answered=not rows or bool(recent) or any(_answered(row, began) for row in rows),
        failed=sum(row.id not in failed_before for row in failed),
        broken=tuple(stage.name for stage in stages if stage.failing),
    )


def _recent(parts: Parts, rows: Sequence[feeds.FeedRow]) -> int:
    """Count the feeds that are well and were polled just now, as by a round right before."""
    now, least = parts.clock.now(), parts.config.fetch.min_interval
    well = [row for row in rows if row.active and row.state is FeedState.HEALTHY and not row.failures]
    return sum(not may_be_polled(row, now, least) for row in well)


async def _poll(parts: Parts, report: Report) -> int:
    crawl = parts.crawl
    try:
        await crawl.start()
        async with _reporting(lambda: report(crawl.polls.counts.polls)):
            polled = await crawl.poll_all_once()
        await crawl.drain(0)
    finally:
        await crawl.stop()
    return polled


@contextlib.asynccontextmanager
async def _reporting(report: Callable[[], None]) -> AsyncIterator[None]:
    """Report again and again as long as the block lasts, and once at its end."""

    async def again() -> None:
        while True:
            report()
            await asyncio.sleep(_REPORT_S)

    reporting = asyncio.create_task(again())
    try:
        yield
    finally:
        reporting.cancel()
        report()


def _answered(row: feeds.FeedRow, since: datetime) -> bool:
    return row.last_success_at is not None and row.last_success_at >= since


async def _empty(stage: Stage) -> None:
    """Work until nothing is left; a failed round has been logged and ends it."""
    while await stage.round():
        pass
