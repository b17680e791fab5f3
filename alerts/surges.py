"""What became of spikes, and how it is written: the spike, its match, and what alerts have to tell, in one transaction.

::

    alerts.spikes.look ──Seen──▶ tell ──▶ spike, match (event spike, its row as the occasion), dues
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.evaluate import Topics
from alerts.store import matches, spikes
from alerts.store.matches import Key, NewDue, NewMatch
from alerts.store.spikes import Lead, SpikeRow
from alerts.types import Event
from alerts.verdicts import Verdict
from news.spikes import Figures
from news.surges import Turn

_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one spike, to be written."""

    turn: Turn
    watchlist_id: str
    #: None: of the watchlist as a whole
    thread_id: int | None
    #: the one that runs, or None
    row: SpikeRow | None
    #: of what begins or grows
    figures: Figures | None = None
    #: its stories, the lead first
    leads: tuple[Lead, ...] = ()

    @property
    def sentence(self) -> str:
        """What became of it, for the log."""
        what = "its spike" if self.thread_id is None else f"the spike of thread {self.thread_id}"
        if self.figures is None:
            return f"{what} {self.turn.value}"
        return f"{what} {self.turn.value}: {self.figures.sentence}"


def tell(conn: Connection, topics: Topics, seen: Iterable[Seen], *, now: datetime) -> int:
    """Write what became of spikes, with what alerts have to tell; return how many dues are new.

    What another process wrote of a spike since it was looked at stands.
    """
    seen = list(seen)
    running = {(row.watchlist_id, row.thread_id): row.id for row in spikes.running(conn)}
    present = [
        one for one in seen if running.get((one.watchlist_id, one.thread_id)) == (one.row.id if one.row else None)
    ]
    spikes.keep(conn, _ids(present, Turn.LASTS), now=now)
    spikes.end(conn, [*_ids(present, Turn.ENDS), *_ids(present, Turn.GROWS)], now=now)
    dues = [due for one in present if one.figures is not None for due in _begin(conn, topics, one, one.figures, now)]
    matches.add_dues(conn, dues, now=now)
    return len(dues)


def _ids(seen: Collection[Seen], turn: Turn) -> list[int]:
    return [one.row.id for one in seen if one.turn is turn and one.row is not None]


def _begin(conn: Connection, topics: Topics, seen: Seen, figures: Figures, now: datetime) -> list[NewDue]:
    """Store a spike that begins, or has grown on, and its match; return what each alert has to tell."""
    began = seen.row.began_at if seen.row is not None else now
    spike_id = spikes.begin(conn, seen.watchlist_id, seen.thread_id, figures.pack(), began=began, now=now)
    lead = seen.leads[0]
    match = NewMatch(
        seen.watchlist_id,
        lead.story_id,
        lead.article_id,
        lead.revision_id,
        lead.spans,
        Verdict.TELL.value,
        Event.SPIKE,
        str(spike_id),
        _told(figures, seen, began, now),
    )
    key = Key(seen.watchlist_id, lead.story_id, Event.SPIKE, str(spike_id))
    match_id = matches.add_matches(conn, [match], now=now)[key]
    return [NewDue(alert.id, match_id, urgent=False) for alert in topics.alerts[seen.watchlist_id]]


def _told(figures: Figures, seen: Seen, began: datetime, now: datetime) -> dict[str, Any]:
    """Return what messages say of a spike: its figures and its newest stories, as they were then."""
    stories = [
        {"story": str(one.story_id), "title": one.title[:_LONGEST_TITLE], "url": one.url, "source": one.source}
        for one in seen.leads
    ]
    thread = None if seen.thread_id is None else str(seen.thread_id)
    times = {"began_at": began.isoformat(timespec="seconds"), "counted_at": now.isoformat(timespec="seconds")}
    return {**figures.pack(), **times, "thread": thread, "stories": stories}
