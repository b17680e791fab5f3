"""``storywatch run``: the service in the foreground.

::

    configuration ──wiring──▶ Parts ──▶ Crawl (APScheduler ticks) ──▶ Queues (stages) ──▶ outside
    SIGTERM, SIGINT: take no new work, see what is in flight through for at most 15 s, leave the rest in the store
    SIGHUP: read the configuration anew; a wrong one is refused, and the one before stays

One asyncio loop holds all of it; the store has its threads.
"""

import asyncio
import logging
import signal
from datetime import timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.outbox import Outbox
from news.clock import Clock
from news.errors import ConfigError, StoreError
from storywatch import __version__, config, wiring
from storywatch.config.values import Config
from storywatch.heartbeat import EVERY, Heartbeat
from storywatch.queues import Queues
from storywatch.upkeep import Upkeep
from storywatch.wiring import Parts

log = logging.getLogger("storywatch.service")

#: what is in flight at the end is seen through for at most so long
_GRACE = timedelta(seconds=15)
_TICK_S = 1.0


class Service:
    """One run of the service, from the first signal handler to the last."""

    def __init__(self, path: Path, first: Config, clock: Clock) -> None:
        self._path = path
        self._config = first
        self._clock = clock
        self._ending = asyncio.Event()
        self._reloads: set[asyncio.Task[None]] = set()
        #: outboxes of configurations before, which see their attempts through
        self._former: list[Outbox] = []

    async def run(self) -> int:
        """Run until a signal ends it; return the exit code. Raises StoreError where the store cannot be opened."""
        store = await asyncio.to_thread(wiring.open_store, self._config, self._clock)
        try:
            store.hold_service()
            self._on_signals()
            parts = wiring.build(self._config, store, self._clock, on_commit=self._committed)
            self._queues = Queues(parts)
            await store.write(wiring.sync(self._config, self._clock))
            await self._serve(parts)
        finally:
            await store.close()
        return 0

    async def _serve(self, parts: Parts) -> None:
        alone = parts.store.dialect == "sqlite"
        await parts.outbox.recover(everyone=alone)
        await parts.crawl.start()
        self._upkeep = Upkeep(parts)
        scheduler = self._scheduler()
        stages = [asyncio.create_task(stage.run(), name=stage.name) for stage in self._queues.stages]
        scheduler.start()
        log.info(
            "ready: storywatch %s watches %d feeds for %d watchlists with %d alerts",
            __version__,
            len(self._config.feeds),
            len(self._config.watchlists),
            len(self._config.alerts),
        )
        try:
            await self._ending.wait()
        finally:
            # Shutting it down at once would cancel the round that is under way.
            scheduler.pause()
            await self._end(stages)
            scheduler.shutdown(wait=False)

    async def _end(self, stages: list[asyncio.Task[None]]) -> None:
        log.info("stopping: what is in flight has %.0f s", _GRACE.total_seconds())
        grace = _GRACE.total_seconds()
        parts = self._queues.parts
        outboxes = [parts.outbox, *self._former]
        await asyncio.gather(parts.crawl.drain(grace), *(outbox.drain(_GRACE) for outbox in outboxes))
        for stage in self._queues.stages:
            stage.stop()
        await asyncio.wait(stages, timeout=grace)
        await parts.crawl.stop()
        log.info("stopped; what is left waits in the store")

    def _scheduler(self) -> AsyncIOScheduler:
        """Ticks only: what is due stands in the store, so a missed tick is nothing to make up for."""
        scheduler = AsyncIOScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}, timezone="UTC"
        )
        scheduler.add_job(self._poll_due, "interval", seconds=_TICK_S, id="poll", next_run_time=self._clock.now())
        scheduler.add_job(self._upkeep.troubles, "interval", seconds=10, id="troubles")
        scheduler.add_job(self._upkeep.retention, "interval", hours=1, id="retention")
        if self._config.service.heartbeat_url:
            beat = Heartbeat(
                self._config.service.heartbeat_url,
                self._queues.stages,
                self._clock,
                agent=f"storywatch/{__version__}",
            )
            scheduler.add_job(beat.beat, "interval", seconds=EVERY.total_seconds(), id="heartbeat")
        return scheduler

    async def _poll_due(self) -> None:
        await self._queues.parts.crawl.poll_due()

    def _committed(self) -> None:
        self._queues.assign.wake()

    def _on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._start_reload)

    def _start_reload(self) -> None:
        task = asyncio.create_task(self._reload(), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self) -> None:
        """Take over a changed configuration between two rounds; what is in flight goes on by the one before."""
        try:
            new = await asyncio.to_thread(config.load, self._path)
        except ConfigError as error:
            log.error("the configuration was not read anew, the one before stays:\n%s", error)  # noqa: TRY400 - no trace
            return
        before = self._config
        for name, changed in (
            ("[service] database", new.service.database != before.service.database),
            ("[service] log", new.service.log != before.service.log),
            ("[service] heartbeat_url", new.service.heartbeat_url != before.service.heartbeat_url),
        ):
            if changed:
                log.warning("%s was changed: that needs a restart, until then the one before stays", name)
        parts = self._queues.parts
        try:
            await parts.store.write(wiring.sync(new, self._clock))
        except StoreError as error:
            log.error("the configuration was not read anew, the one before stays: %s", error)  # noqa: TRY400 - no trace
            return
        self._config = new
        again = wiring.rebuild(parts, new, on_commit=self._committed)
        self._former.append(parts.outbox)
        if again.crawl is not parts.crawl:
            # Another way to fetch is another crawl; no feed is polled in between, and none is forgotten.
            await parts.crawl.drain(_GRACE.total_seconds())
            await parts.crawl.stop()
            await again.crawl.start()
        self._queues.replace(again)
        self._upkeep.replace(again)
        for warning in new.warnings:
            log.warning("%s", warning)
        log.info("the configuration was read anew: %d feeds, %d watchlists", len(new.feeds), len(new.watchlists))


async def run(path: Path, first: Config, clock: Clock) -> int:
    """Run the service until a signal ends it."""
    return await Service(path, first, clock).run()
