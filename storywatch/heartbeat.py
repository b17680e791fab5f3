"""The dead man's switch: a request each minute while every queue advances, and none when one does not."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import aiohttp

from news.clock import Clock
from storywatch.stages import Stage

log = logging.getLogger("storywatch.service")

EVERY = timedelta(minutes=1)
#: a stage that has not had a good round for this long does not advance
_STANDSTILL = timedelta(minutes=2)
_TIMEOUT_S = 20.0


class Heartbeat:
    """Requests ``url`` while all ``stages`` advance. The URL is a secret: it is never logged."""

    def __init__(self, url: str, stages: Sequence[Stage], clock: Clock, *, agent: str) -> None:
        self._url = url
        self._stages = stages
        self._clock = clock
        self._agent = agent
        self._failing = False

    async def beat(self) -> None:
        """Request once, if all is well."""
        now = self._clock.now()
        still = [stage.name for stage in self._stages if now - stage.advanced_at > _STANDSTILL]
        if still:
            log.error("heartbeat: held back, since these stand still: %s", ", ".join(still))
            return
        problem = await self._request()
        if problem and not self._failing:
            log.warning("heartbeat: the address of heartbeat_url does not answer well: %s", problem)
        self._failing = problem is not None

    async def _request(self) -> str | None:
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                aiohttp.ClientSession(headers={"User-Agent": self._agent}) as session,
                session.get(self._url, allow_redirects=False) as answer,
            ):
                return None if answer.ok else f"HTTP {answer.status}"
        except (aiohttp.ClientError, OSError) as error:
            # Their texts may hold the address.
            return type(error).__name__
