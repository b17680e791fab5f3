"""``storywatch run``: the service in the foreground.

::

    configuration ──wiring──▶ Parts ──▶ Crawl (APScheduler ticks) ──▶ Queues (stages) ──▶ outside
    SIGTERM, SIGINT: take no new work, see what is in flight through for at most 15 s, leave the rest in the store
    SIGHUP: read the configuration anew; a wrong one is refused, and the one before stays

One asyncio loop holds all of it; the store has its threads.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.crawl import Crawl
from news.clock import Clock
from news.errors import ConfigError, StoreError
from news.store import leases
from news.store.engine import Store
from storywatch import __version__, config, wiring
from storywatch.config.values import Config
from storywatch.heartbeat import EVERY, Heartbeat, Polling
from storywatch.opening import open_store, take_over
from storywatch.queues import Queues
from storywatch.upkeep import Upkeep

log = logging.getLogger("storywatch.service")

#: what is in flight at the end is seen through for so long
_GRACE = timedelta(seconds=13)
#: more, for writing down what was broken off then; and after it for closing the store: 15 s in all, whatever hangs
_WRITING_S = 1.0
_CLOSING_S = 1.0
_TICK_S = 1.0
#: seconds between two tries to bring up another crawl while the store fails
_CRAWL_AGAIN_S = 5.0


class Service:
    """One run of the service, from the first signal handler to the last."""

    def __init__(self, path: Path, first: Config, clock: Clock) -> None:
        self._path = path
        self._config = first
        self._clock = clock
        self._ending = asyncio.Event()
        #: one change of the configuration after another, and none before the service is ready
        self._changing = asyncio.Lock()
        self._reloads: set[asyncio.Task[None]] = set()
        #: no poll is begun: one crawl takes over from another
        self._between_crawls = False

    async def run(self) -> int:
        """Run until a signal ends it; return the exit code. Raises StoreError where the store cannot be opened."""
        self._on_signals()
        async with self._changing:
            store = await asyncio.to_thread(open_store, self._config, self._clock)
            try:
                await self._prepare(store)
            except BaseException:
                await _close(store)
                raise
        try:
            await self._serve()
        finally:
            await _close(store)
        return 0

    async def _prepare(self, store: Store) -> None:
        """Build everything, and take over what a run before has left."""
        store.hold_service()
        await take_over(store, self._clock)
        await store.write(wiring.sync(self._config, self._clock))
        parts = await asyncio.to_thread(
            wiring.build,
            self._config,
            store,
            self._clock,
            on_commit=self._committed,
            on_record=self._recorded,
        )
        self._queues = Queues(parts)
        self._upkeep = Upkeep(parts)
        self._crawl: Crawl = parts.crawl
        self._polling = Polling(self._clock)
        self._heartbeat = Heartbeat(
            parts, (self._polling, *self._queues.stages), self._clock, agent=f"storywatch/{__version__}"
        )
        await parts.outbox.recover(everyone=store.dialect == "sqlite")
        await parts.crawl.start()

    async def _serve(self) -> None:
        # What stands by now stays: the collector, which took an eighth of the CPU, need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        scheduler = self._scheduler()
        stages = [asyncio.create_task(stage.run(), name=stage.name) for stage in self._queues.stages]
        scheduler.start()
        log.info(
            "ready: storywatch %s; feeds configured: %d, watchlists: %d, alerts: %d",
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
        log.info("stopping: what is in flight has %g s", _GRACE.total_seconds())
        try:
            async with asyncio.timeout(_GRACE.total_seconds() + _WRITING_S):
                await self._drain(stages)
        except TimeoutError:
            log.error("the database does not answer; what was in flight is taken up by the next run")  # noqa: TRY400 - no trace
        finally:
            self._queues.close()
        log.info("stopped; what is left waits in the store")

    async def _drain(self, stages: list[asyncio.Task[None]]) -> None:
        for reload in tuple(self._reloads):
            reload.cancel()
        await asyncio.gather(*self._reloads, return_exceptions=True)
        for stage in self._queues.stages:
            stage.stop()
        endings = await asyncio.gather(
            self._crawl.drain(_GRACE.total_seconds()),
            *(outbox.drain(_GRACE) for outbox in self._queues.outboxes),
            _ended(stages, _GRACE),
            return_exceptions=True,
        )
        await self._crawl.stop()
        endings += await asyncio.gather(self._release(), return_exceptions=True)
        for error in endings:
            if error is not None:
                expected = isinstance(error, StoreError)
                log.error("stopping: %s", error, exc_info=None if expected else error)

    async def _release(self) -> None:
        """Give back what this process holds, so that no other, and no next run, waits until it runs out."""
        parts = self._queues.parts
        await parts.store.write(lambda conn: leases.release_holder(conn, parts.holder))

    def _scheduler(self) -> AsyncIOScheduler:
        """Ticks only: what is due stands in the store, so a missed tick is nothing to make up for."""
        scheduler = AsyncIOScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}, timezone="UTC"
        )
        now = self._clock.now()
        soon = now + timedelta(minutes=1)
        scheduler.add_job(self._poll_due, "interval", seconds=_TICK_S, id="poll", next_run_time=now)
        scheduler.add_job(self._upkeep.troubles, "interval", seconds=10, id="troubles")
        scheduler.add_job(self._upkeep.tidy, "interval", hours=1, id="tidy", next_run_time=soon)
        seconds = EVERY.total_seconds()
        scheduler.add_job(self._heartbeat.beat, "interval", seconds=seconds, id="heartbeat", next_run_time=now)
        return scheduler

    async def _poll_due(self) -> None:
        if not self._between_crawls:
            await self._crawl.poll_due()
            self._polling.look(self._crawl)

    def _committed(self) -> None:
        self._queues.assign.wake()

    def _recorded(self) -> None:
        self._queues.deliver.wake()

    # ── signals ──────────

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
        async with self._changing:
            try:
                new = await asyncio.to_thread(config.load, self._path)
                await self._take_over(new)
            except (ConfigError, StoreError) as error:
                log.error("the configuration was not read anew, the one before stays:\n%s", error)  # noqa: TRY400 - no trace
            except Exception:
                log.exception("the configuration was not read anew, the one before stays")

    async def _take_over(self, new: Config) -> None:
        before, parts = self._config, self._queues.parts
        again = await asyncio.to_thread(wiring.rebuild, parts, new, on_commit=self._committed, on_record=self._recorded)
        await self._queues.replace(again, wiring.sync(new, self._clock))
        self._config = new
        self._upkeep.replace(again)
        self._heartbeat.replace(again)
        for name, changed in (
            ("[service] database", new.service.database != before.service.database),
            ("[service] log", new.service.log != before.service.log),
        ):
            if changed:
                log.warning("%s was changed: that needs a restart, until then the one before stays", name)
        for warning in new.warnings:
            log.warning("%s", warning)
        log.info("the configuration was read anew: %d feeds, %d watchlists", len(new.feeds), len(new.watchlists))
        if again.crawl is not self._crawl:
            await self._fetch_by(again.crawl)

    async def _fetch_by(self, crawl: Crawl) -> None:
        """Let another crawl, with other limits or secrets, take over; no feed is polled in between, none forgotten."""
        self._between_crawls = True
        await self._crawl.drain(_GRACE.total_seconds())
        await self._crawl.stop()
        self._crawl = crawl
        failed = False
        while True:
            try:
                await crawl.start()
                break
            except StoreError as error:
                if not failed:
                    log.error("polling waits, since the store fails, and goes on by itself: %s", error)  # noqa: TRY400 - no trace
                failed = True
                await self._clock.sleep(_CRAWL_AGAIN_S)
        self._between_crawls = False


async def _ended(tasks: Sequence[asyncio.Task[None]], within: timedelta) -> None:
    """Wait for tasks that have been told to end, and cancel those that do not."""
    _, late = await asyncio.wait(tasks, timeout=within.total_seconds())
    for task in late:
        task.cancel()


async def _close(store: Store) -> None:
    """Close the store, and wait for it so long as a database that answers can need.

    One that does not keeps only a daemon's thread waiting, which does not outlive the process.
    """
    loop, closed = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        store.close_now()
        with contextlib.suppress(RuntimeError):
            # The loop has ended: nobody waits any more.
            loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=close, name="store-closing", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(closed.wait(), _CLOSING_S)


async def run(path: Path, first: Config, clock: Clock) -> int:
    """Run the service until a signal ends it."""
    return await Service(path, first, clock).run()
