"""What the service does beside its queues: troubles told to the operator, old texts pruned.

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
from alerts.store import outbox
from news.errors import StoreError
from news.store import leases, retention, troubles
from storywatch.wiring import Parts

log = logging.getLogger("storywatch.service")

LEASE = "upkeep"
_LEASE_LASTS = timedelta(minutes=1)
_DISK = "disk"
#: bytes; below it the operator is told before the disk is full
_LITTLE_ROOM = 200_000_000


class Upkeep:
    """The rounds that no story waits for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._failing = False

    def replace(self, parts: Parts) -> None:
        """Work by another configuration from the next round on."""
        self._parts = parts

    async def troubles(self) -> None:
        """Note what is in trouble and tell the operator of what is new, once each."""
        parts, now = self._parts, self._parts.clock.now()
        room = await asyncio.to_thread(self._room)
        try:
            if await parts.store.read(lambda conn: self._is_quiet(conn, room)):
                return
            await parts.store.write(lambda conn: self._tell(conn, now, room))
        except StoreError as error:
            if not self._failing:
                log.error("troubles could not be told: %s", error)  # noqa: TRY400 - the sentence says it all
            self._failing = True
        else:
            self._failing = False

    async def retention(self) -> None:
        """Prune what is past its time."""
        parts, now = self._parts, self._parts.clock.now()
        limits = parts.config.store

        def work(conn: Connection) -> retention.Pruned | None:
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

        try:
            more = True
            while more:
                pruned = await parts.store.write(work)
                more = pruned is not None and pruned.more
                if pruned is not None and (pruned.texts or pruned.articles or pruned.messages):
                    log.info(
                        "retention: took the texts of %d articles, forgot %d articles and %d messages' bytes",
                        pruned.texts,
                        pruned.articles,
                        pruned.messages,
                    )
        except StoreError as error:
            log.error("retention: %s; it is tried again in an hour", error)  # noqa: TRY400 - the sentence says it all

    def _room(self) -> int | None:
        """Return the bytes that are free where the database lies, or None for a server's."""
        file = self._parts.store.file
        return None if file is None else shutil.disk_usage(file.parent).free

    def _is_quiet(self, conn: Connection, room: int | None) -> bool:
        """Whether there is nothing to note and nothing to tell."""
        lasts = any(one.subject == _DISK for one in troubles.lasting_troubles(conn))
        return lasts == _is_little(room) and not troubles.untold_troubles(conn)

    def _tell(self, conn: Connection, now: datetime, room: int | None) -> None:
        if _is_little(room):
            text = f"only {(room or 0) // 1_000_000} MB are free where the database lies; make room"
            if troubles.begin_trouble(conn, _DISK, text, now):
                log.warning("%s", text)
        elif troubles.end_trouble(conn, _DISK, now):
            log.warning("there is room again where the database lies")
        untold = troubles.untold_troubles(conn)
        for target in self._parts.config.operator:
            for message in notices.compose(untold, target, self._parts.voice, now=now) if untold else ():
                outbox.add_message(conn, message, target.name, notices.LISTED, now)
        troubles.mark_told(conn, [one.subject for one in untold], now)


def _is_little(room: int | None) -> bool:
    return room is not None and room < _LITTLE_ROOM
