"""A queue stage of the service: woken when the one before it commits, and looking for itself a second later.

A stage that fails says so once, waits longer each time (a second to half a minute), and says when it is well again.
What it was working on waits in the store meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic

from news.clock import Clock
from news.errors import StorywatchError

log = logging.getLogger("storywatch.service")

_LOOK_S = 1.0
_WAIT_MOST_S = 30.0


class Stage:
    """Runs ``work`` again and again; ``work`` returns True while there is more to do at once.

    Rounds begin at least ``apart_s`` seconds apart otherwise, so that what comes in quick succession is one round's.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[bool]], clock: Clock, *, apart_s: float = 0.0) -> None:
        #: as people read it in the log
        self.name = name
        #: when a round last went well; the heartbeat asks
        self.advanced_at: datetime = clock.now()
        self._work = work
        self._apart_s = apart_s
        self._clock = clock
        self._woken = asyncio.Event()
        self._stopping = False
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last round failed."""
        return self._failures > 0

    def wake(self) -> None:
        """Look at once: the stage before committed something."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the present round and end."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping:
            self._woken.clear()
            began = monotonic()
            more = await self.round()
            if more or self._stopping:
                continue
            wait = min(_LOOK_S * 2**self._failures, _WAIT_MOST_S) if self._failures else _LOOK_S
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue
            if not self._stopping:
                await asyncio.sleep(began + self._apart_s - monotonic())

    async def round(self) -> bool:
        """Work once; return whether there is more to do at once."""
        try:
            more = await self._work()
        except Exception as error:  # noqa: BLE001 - the service goes on whatever a round meets; it is logged and counted
            self._failed(error)
            return False
        if self._failures:
            log.warning("%s: well again after %d failed rounds", self.name, self._failures)
        self._failures = 0
        self.advanced_at = self._clock.now()
        return more

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == 1:
            expected = isinstance(error, StorywatchError)
            log.error("%s: %s; its work waits in the store", self.name, error, exc_info=None if expected else error)
