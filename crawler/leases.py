"""The sites that this process holds, counted, so that a redirect may lead to a site that is claimed already.

::

    claim_sites ──▶ hold(site, token) ──▶ polls ──▶ let_go ──▶ released with the instant it may be asked again
    redirect ─────▶ borrow(site): held already, else claim_one_site, waiting a while

Within the process the downloader's turns keep requests to one site apart; the lease does so between processes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from news.clock import Clock
from news.errors import StoreError, TemporaryError
from news.store.engine import Store
from news.store.feeds import claim_one_site, release_site

#: seconds between two tries to claim the site that a redirect leads to, and how often it is tried
TRY_EVERY = 1.0
TRIES = 20


@dataclass(slots=True)
class _Held:
    """A site of ours."""

    token: int
    #: works and redirects that need it
    users: int = 1


class SiteLeases:
    """What this process holds."""

    def __init__(
        self, store: Store, clock: Clock, *, holder: str, lasts: timedelta, pause_left: Callable[[str], float]
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._lasts = lasts
        self._pause_left = pause_left
        self._held: dict[str, _Held] = {}
        #: sites whose release failed: token, and when they may be asked again
        self._left: dict[str, tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, site: str, token: int) -> None:
        """Take over a site that was claimed.

        One that is held already ran out and was claimed anew: the new token counts, the old one's work will be refused.
        """
        held = self._held.get(site)
        if held is None:
            self._held[site] = _Held(token)
        else:
            held.token = token
            held.users += 1

    def free_at(self, site: str) -> datetime:
        """Return when the site may be asked again."""
        return self._clock.now() + timedelta(seconds=self._pause_left(site))

    def let_go(self, site: str) -> int | None:
        """Count one user less; return the token if it was the last and the lease is to be released."""
        held = self._held[site]
        held.users -= 1
        if held.users:
            return None
        del self._held[site]
        return held.token

    async def release(self, site: str) -> None:
        """Count one user less; the last gives the site back, with the instant it may be asked again.

        Where the store fails it is given back later, and StoreError is raised.
        """
        token = self.let_go(site)
        if token is None:
            return
        free_at = self.free_at(site)
        try:
            await self._store.write(lambda conn: release_site(conn, site, token, next_request_at=free_at))
        except StoreError:
            self._left[site] = (token, free_at)
            raise

    async def release_left(self) -> None:
        """Give back what could not be given back before."""
        if not self._left:
            return
        left = dict(self._left)

        def all_of_them(conn: Connection) -> None:
            for site, (token, free_at) in left.items():
                release_site(conn, site, token, next_request_at=free_at)

        await self._store.write(all_of_them)
        for site, was in left.items():
            if self._left.get(site) == was:
                del self._left[site]

    @asynccontextmanager
    async def borrow(self, site: str) -> AsyncIterator[None]:
        """Hold a site that a redirect leads to.

        Raises TemporaryError where another process keeps it for too long, or it may not be asked for a while.
        """
        await self._take(site)
        try:
            yield
        finally:
            await self.release(site)

    async def _take(self, site: str) -> None:
        for attempt in range(TRIES):
            if attempt:
                await self._clock.sleep(TRY_EVERY)
            if site in self._held:
                self._held[site].users += 1
                return
            claim = partial(claim_one_site, name=site, holder=self._holder, now=self._clock.now(), lasts=self._lasts)
            token = await self._store.write(claim)
            if token is not None:
                self._held[site] = _Held(token)
                return
        raise TemporaryError(f"{site} is not to be asked just now: another process does, or it has ordered a pause")
