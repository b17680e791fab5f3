"""What the service does beside its queues: tells the operator of troubles, gives up what waited too long, prunes.

::

    a poll, a delivery ──begins──▶ trouble rows ──▶ untold? ──▶ one message to [operator] to
    a disk nearly full ──▶
"""

import asyncio
import logging
import shutil
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import notices
from alerts.deliver import LONGEST_OFF
from alerts.store import dues, outbox
from news.errors import StoreError
from news.store import leases, retention, troubles
from news.store.retention import Pruned
from storywatch.wiring import Parts

log = logging.getLogger("storywatch.service")

LEASE = "upkeep"
_LEASE_LASTS = timedelta(minutes=1)
_DISK = "disk"
#: bytes; below it the operator is told before the disk is full
LITTLE_ROOM = 200_000_000


class Upkeep:
    """The rounds that no story waits for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._failing = False

    def replace(self, parts: Parts) -> None:
        """Work by another configuration from the next round on."""
        self._parts = parts

    # ── troubles ──────────

    async def troubles(self) -> None:
        """Note what is in trouble and tell the operator of what is new, once each."""
        parts, now = self._parts, self._parts.clock.now()
        try:
            room = await asyncio.to_thread(self._room)
            if await parts.store.read(lambda conn: _is_quiet(conn, room)):
                return
            changed = await parts.store.write(lambda conn: self._tell(conn, now, room))
        except (StoreError, OSError) as error:
            if not self._failing:
                log.error("troubles could not be told, and are told later: %s", error)  # noqa: TRY400 - no trace
            self._failing = True
            return
        self._failing = False
        if changed:
            log.warning("%s", _disk_text(room) if _is_little(room) else "there is room again where the database lies")

    def _room(self) -> int | None:
        """Return the bytes that are free where the database lies, or None for a server's."""
        file = self._parts.store.file
        return None if file is None else shutil.disk_usage(file.parent).free

    def _tell(self, conn: Connection, now: datetime, room: int | None) -> bool:
        """Put what is new in the outbox; return whether the disk has begun, or ceased, to be nearly full."""
        if _is_little(room):
            changed = troubles.begin_trouble(conn, _DISK, _disk_text(room), now)
        else:
            changed = troubles.end_trouble(conn, _DISK, now)
        untold = troubles.untold_troubles(conn)
        for target in self._parts.config.operator:
            for message in notices.compose(untold, target, self._parts.voice, now=now) if untold else ():
                outbox.add_message(conn, message, target.name, notices.LISTED, now)
        troubles.mark_told(conn, [one.subject for one in untold], now)
        return changed

    # ── what goes ──────────

    async def tidy(self) -> None:
        """Give up what was held back for too long, and prune what is past its time."""
        try:
            await self._expire()
            await self._prune()
        except StoreError as error:
            log.error("upkeep: %s; it is tried again in an hour", error)  # noqa: TRY400 - the sentence says it all

    async def _expire(self) -> None:
        parts, now = self._parts, self._parts.clock.now()
        count = await parts.store.write(lambda conn: dues.expire(conn, now=now, longest=LONGEST_OFF))
        if count:
            log.warning(
                "%d alerts are not sent any more: what they tell of has waited for %d days for a paused watchlist, or "
                "for a paused, switched-off or removed target",
                count,
                LONGEST_OFF.days,
            )

    async def _prune(self) -> None:
        parts, now = self._parts, self._parts.clock.now()
        limits = parts.config.store

        def work(conn: Connection) -> Pruned | None:
            if leases.take(conn, LEASE, holder=parts.holder, now=now, lasts=_LEASE_LASTS) is None:
                return None
            return retention.prune(
                conn,
                now=now,
                retention=limits.retention,
                retention_matched=limits.retention_matched,
                max_size_bytes=limits.max_size,
                dry_run=False,
            )

        texts = articles = messages = 0
        more = True
        while more:
            pruned = await parts.store.write(work)
            if pruned is None:
                break
            texts, articles = texts + pruned.texts, articles + pruned.articles
            messages += pruned.messages
            more = pruned.more
        if texts or articles or messages:
            words = "retention: took the texts of %d articles, forgot %d articles and the bytes of %d messages"
            log.info(words, texts, articles, messages)


def _is_quiet(conn: Connection, room: int | None) -> bool:
    """Whether there is nothing to note and nothing to tell."""
    lasts = any(one.subject == _DISK for one in troubles.lasting_troubles(conn))
    return lasts == _is_little(room) and not troubles.untold_troubles(conn)


def _is_little(room: int | None) -> bool:
    return room is not None and room < LITTLE_ROOM


def _disk_text(room: int | None) -> str:
    return f"only {(room or 0) // 1_000_000} MB are free where the database lies; make room"
