"""What the stage that gives articles their stories keeps in memory: who represents a story, and what is furniture.

::

    wording, memory ──catch_up(token)──▶ Window(near, furniture) ──read──▶ crawler.recognition
        ▲                                                                         │
        └────────────────────────── rows that bear the round's token ◀────────────┘

A round reads here and writes rows, and never changes what it reads: each round begins with the rows that bear a mark
greater than the last one that was taken in, its own of the round before among them. So a round that is rolled back, one
that another process did in between, and a start are one case, and what a process recognises does not depend on what
happened to it. Rounds follow one another, since they hold one lease to their commit.

At start the window is read from the table, 14 days, and nothing is signed again. Furniture is read from its last dump
and from what each round after it met; a dump is written once these are ``_DUMP_AFTER`` sentences.
"""

import logging
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from news.furniture import Furniture, Met, pack, unpack
from news.neighbours import Neighbours
from news.store import leases, memories, wordings
from news.stories import WINDOW

log = logging.getLogger("storywatch.stories")

#: under which one process at a time gives articles their stories
LEASE: Final = "stories"
#: days in which a representative is compared with; today is the first
DAYS: Final = WINDOW.days
#: characters of a text by whose wording it is known
LONGEST: Final = 100_000

_FURNITURE: Final = "furniture"
#: sentences that rounds met since the last dump
_DUMP_AFTER: Final = 200_000
#: rows that are linked in one go
_ROWS: Final = 5_000


def day_of(instant: datetime) -> int:
    """Return the day of an aware instant in UTC: days since 1970."""
    return int(instant.timestamp() // 86_400)


class Window:
    """One process's memory of one store; of a round only its thread reads it."""

    def __init__(self) -> None:
        self.near = Neighbours()
        self.furniture = Furniture()
        #: the last round whose rows are taken in; None: nothing was read yet
        self._seen: int | None = None
        #: the day of the last round: days since 1970
        self.today = 0
        #: sentences met since the last dump
        self._met = 0

    def load(self, conn: Connection, now: datetime) -> None:
        """Read the window where nothing was read yet: at start, outside of a round, so that no writer waits for it."""
        if self._seen is None:
            self.catch_up(conn, leases.token(conn, LEASE) + 1, now)

    def catch_up(self, conn: Connection, token: int, now: datetime) -> None:
        """Take in what rounds before ``token`` wrote, and let go of days that are past."""
        today = day_of(now)
        if self._seen is None:
            self._load(conn, today)
        else:
            written = wordings.newer(conn, self._seen)
            self.near.discard({one.article_id for one in written})
            self._take_in([one for one in written if one.day > today - DAYS])
        if today != self.today:
            for day in self.near.days():
                if day <= today - DAYS:
                    self.near.drop(day)
            self.today = today
        self._learn(conn, self._seen or 0, today)
        self._seen = token - 1

    def bare(self, host: str, text: str) -> str:
        """Return a text of a host without what is known to stand under all that it tells.

        Of a text that is nothing else, and where nothing was learnt, the whole.
        """
        text = text[:LONGEST]
        kept, end = [], 0
        for start, stop in self.furniture.bare(host, text).furniture:
            kept.append(text[end:start])
            end = stop
        kept.append(text[end:])
        return "".join(kept).strip() or text

    def keep(self, conn: Connection, met: list[Met], *, token: int, now: datetime) -> None:
        """Write what a round met, and a dump where it is due."""
        if self._met > _DUMP_AFTER:
            # Without what this round met, which may be rolled back.
            memories.put_whole(conn, _FURNITURE, token - 1, self.furniture.dump(), now)
            self._met = 0
        if met:
            memories.put_round(conn, _FURNITURE, token, pack(met), now)

    def _load(self, conn: Connection, today: int) -> None:
        self.near = Neighbours()
        rows: list[wordings.Signed] = []
        for row in wordings.in_window(conn, today - DAYS + 1):
            rows.append(row)
            if len(rows) == _ROWS:
                self._take_in(rows)
                rows = []
        self._take_in(rows)

    def _take_in(self, rows: list[wordings.Signed]) -> None:
        signed = [(one.day, one.article_id, one.signature) for one in rows if one.signature is not None]
        if signed:
            days, keys, signatures = zip(*signed, strict=True)
            self.near.take_in(days, keys, signatures)

    def _learn(self, conn: Connection, mark: int, today: int) -> None:
        for one in memories.newer(conn, _FURNITURE, mark):
            try:
                self._learn_one(one)
            except ValueError as error:
                log.warning("what was learnt of sentences common to a source is learnt anew: %s", error)
        if self._met > _DUMP_AFTER:
            self.furniture.forget(today - DAYS)

    def _learn_one(self, one: memories.Memory) -> None:
        if one.is_whole:
            self.furniture.load(one.body)
            self._met = 0
            return
        for met in unpack(one.body):
            self.furniture.meet(met)
            self._met += len(met.sentences)
