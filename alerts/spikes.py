"""Spikes of watchlists, and of events within them: seen, followed, told once a surge.

::

    stories of each watchlist ──counted──▶ above the floor? ──news.spikes.judge──▶ begins | grows | lasts | ends
                                 (index)                      (the past, kept)          │
                                                   spike, match (event spike) and its dues, one transaction

``look`` reads and judges; ``alerts.surges.tell`` writes what it came to, under a lease: what another process told in
between is left to that one. Which stories count: those that the watchlist tells as new, published and seen within the
window, or little before it. What an outage's end, a feed's first poll, or a feed of less than a week brings makes none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from alerts.evaluate import Topics
from alerts.store import spikes, watchlists
from alerts.store.spikes import Counted, Lead, SpikeRow
from alerts.store.watchlists import WatchlistRow
from alerts.surges import Seen
from alerts.types import Event
from news.spikes import (
    EVENT_WINDOWS,
    LEAST_DAYS,
    PAST_DAYS,
    WINDOWS,
    Judged,
    Past,
    Spike,
    Window,
    judge,
    judge_event,
    slot_of,
)
from news.surges import Turn, follow, grown, sharpest
from news.types import Arrival

#: one process at a time tells
LEASE = "spikes"

#: stories that a spike shows
SHOWN = 5

_PAST = timedelta(days=PAST_DAYS + 2)
#: a feed that has answered for less is no part of the rhythm yet
_YOUNG = timedelta(days=7)
#: so many watchlists' pasts are kept
_MOST_KEPT = 500
#: and so many are read in one look, for that others wait for the database meanwhile; the rest have their turn next time
_MOST_READ = 50
#: that a spike lasts is written so often
_KEEP = timedelta(minutes=10)
#: stories among which the lead is looked for
_LEADS_OF = 50
_BARS = 24


@dataclass(slots=True)
class Remembered:
    """What was read of the past, so that it is not read each minute; a new one knows nothing, and is as good."""

    #: watchlist → the hour in which it was read, since when, what; what is compared with is a day old by then
    pasts: dict[str, tuple[int, datetime, Mapping[int, int]]] = field(default_factory=dict)
    #: watchlist → the quarter of an hour in which it was read, what
    events: dict[str, tuple[int, Mapping[int, Mapping[int, int]]]] = field(default_factory=dict)
    #: whose past was read last: the next look begins behind it
    last: str = ""


def look(
    conn: Connection, topics: Topics, *, now: datetime, kept: timedelta | None, remembered: Remembered
) -> list[Seen]:
    """Return what became of every spike, and which begin; nothing where all is as it was.

    ``kept`` is for how long matched stories are kept, None for ever: before that nothing is known.
    """
    rows = watchlists.watchlists(conn)
    asked = {one for one, list_ in topics.watchlists.items() if Event.SPIKE in list_.events and one in rows}
    running: dict[str, list[SpikeRow]] = {}
    for row in spikes.running(conn):
        running.setdefault(row.watchlist_id, []).append(row)
    seen = [
        Seen(Turn.ENDS, row.watchlist_id, row.thread_id, row)
        for name, its in running.items()
        if name not in asked
        for row in its
    ]
    wanted = [one for one in asked if rows[one].backfilled_at is not None and not rows[one].is_paused(now)]
    if not wanted:
        return seen
    counts = spikes.counted(conn, wanted, [window.hours for window in WINDOWS], now)
    ends = spikes.last_ends(conn, now - _PAST)
    read = 0
    for one in _in_turn(sorted(wanted), remembered.last):
        counted = counts.get(one, {})
        if one not in running and all(counted.get(window.hours, 0) < window.floor for window in WINDOWS):
            continue
        since = _since(rows[one], now, kept)
        if one not in running and now - since < timedelta(days=LEAST_DAYS):
            continue
        watched = _Watched(conn, one, since, now, counted, running.get(one, []), ends, remembered)
        if read >= _MOST_READ and not watched.remembers:
            continue
        if not watched.remembers:
            read, remembered.last = read + 1, one
        seen += watched.turns()
    return seen


def _in_turn(names: Sequence[str], last: str) -> list[str]:
    """Return names in their order, from the one behind the last on."""
    return [*(one for one in names if one > last), *(one for one in names if one <= last)]


def _since(row: WatchlistRow, now: datetime, kept: timedelta | None) -> datetime:
    """Return since when a watchlist finds what it finds today."""
    begins = [row.created_at, now - _PAST, *(at for at in (row.since, row.backfilled_at) if at is not None)]
    return max(begins if kept is None else [*begins, now - kept])


@dataclass(slots=True)
class _Watched:
    """One watchlist that has enough stories, or a spike, to be looked at closely."""

    conn: Connection
    id: str
    since: datetime
    now: datetime
    counted: Mapping[int, int]
    running: Sequence[SpikeRow]
    ends: Mapping[tuple[str, int | None], datetime]
    remembered: Remembered
    _stories: list[Counted] | None = None

    def turns(self) -> list[Seen]:
        """Return what became of its spikes."""
        own = next((row for row in self.running if row.thread_id is None), None)
        of_events = [row for row in self.running if row.thread_id is not None]
        seen, told = self._whole(own, of_events)
        found = [seen] if seen is not None else []
        # What the watchlist is told of as a whole is not told again of an event in it.
        return found + self._events(of_events, may_begin=not told)

    def _whole(self, own: SpikeRow | None, of_events: Sequence[SpikeRow]) -> tuple[Seen | None, bool]:
        """Return what became of the spike of the watchlist, and whether it has one now."""
        past = Past(self._past(), self.since)
        if own is None and not _spikes(judge(self.counted, past, self.now)):
            return None, False
        apart = {row.thread_id for row in of_events}
        stories = [one for one in self.stories if one.thread_id is None or one.thread_id not in apart]
        counted = {window.hours: self._count(stories, window, None) for window in WINDOWS}
        verdicts = judge(counted, past, self.now)
        if _spikes(verdicts):
            # It may be told: its picture is of now.
            verdicts = judge(counted, Past(self._past(anew=True), self.since), self.now)
        turn = follow(own.told if own else None, own.began_at if own else None, verdicts, self.now)
        return self._seen(turn, None, own, verdicts, stories), turn not in (Turn.NOTHING, Turn.ENDS)

    def _events(self, running: Sequence[SpikeRow], *, may_begin: bool) -> list[Seen]:
        if not running and not (may_begin and spikes.any_threads(self.conn)):
            return []
        threads: dict[int, list[Counted]] = {row.thread_id: [] for row in running if row.thread_id is not None}
        for one in self.stories:
            if one.thread_id is not None:
                threads.setdefault(one.thread_id, []).append(one)
        rows = {row.thread_id: row for row in running}
        least = min(window.floor for window in EVENT_WINDOWS)
        seen = []
        for thread_id, stories in sorted(threads.items()):
            row = rows.get(thread_id)
            if row is None and (not may_begin or len(stories) < least):
                continue
            verdicts = [self._event(thread_id, stories, window) for window in EVENT_WINDOWS]
            turn = follow(row.told if row else None, row.began_at if row else None, verdicts, self.now)
            if turn is Turn.GROWS and not may_begin:
                turn = Turn.LASTS
            one_seen = self._seen(turn, thread_id, row, verdicts, stories)
            seen += [] if one_seen is None else [one_seen]
        return seen

    def _event(self, thread_id: int, stories: Sequence[Counted], window: Window) -> Judged:
        history = self._history()
        first = int((self.now - window.length).timestamp() // 3600)
        own = {hour: count for hour, count in history.get(thread_id, {}).items() if hour < first}
        peaks = [_peak(hours, window.hours) for other, hours in history.items() if other != thread_id]
        last = self._hour
        whole = history.get(thread_id, {})
        bars = [whole.get(hour, 0) for hour in range(last - _BARS + 1, last + 1)]
        days = min(PAST_DAYS, (self.now - self.since).days)
        count = self._count(stories, window, thread_id)
        return judge_event(count, window, peaks, _peak(own, window.hours), days=days, bars=bars)

    def _seen(
        self,
        turn: Turn,
        thread_id: int | None,
        row: SpikeRow | None,
        verdicts: Sequence[Judged],
        stories: Sequence[Counted],
    ) -> Seen | None:
        """Return what is to be written of a turn; None where nothing is."""
        if turn is Turn.NOTHING or (turn is Turn.LASTS and row is not None and self.now - row.last_at < _KEEP):
            return None
        if turn not in (Turn.BEGINS, Turn.GROWS):
            return Seen(turn, self.id, thread_id, row)
        figures = sharpest(verdicts)
        if turn is Turn.GROWS and row is not None:
            before = row.told
            larger = [one.figures for one in verdicts if isinstance(one, Spike) and grown(before, one.figures)]
            figures = replace(larger[0], told=before.count)
        if figures is None:
            return None
        leads = self._leads(stories, figures.hours, thread_id)
        return Seen(turn, self.id, thread_id, row, figures, leads) if leads else None

    def _leads(self, stories: Sequence[Counted], hours: int, thread_id: int | None) -> tuple[Lead, ...]:
        """Return what is shown of a window: the story that most have taken up, then the newest."""
        window = next(one for one in WINDOWS if one.hours == hours)
        newest = [one.story_id for one in stories if self._counts(one, window, thread_id)][:_LEADS_OF]
        found = spikes.leads(self.conn, self.id, newest)
        if not found:
            return ()
        lead = max(found, key=lambda one: one.articles)
        return (lead, *[one for one in found if one is not lead][: SHOWN - 1])

    # ── what counts ──────────

    @property
    def stories(self) -> list[Counted]:
        """The stories of the longest window, newest first; read when they are first asked for."""
        if self._stories is None:
            self._stories = spikes.window(self.conn, self.id, self.now - max(one.length for one in WINDOWS))
        return self._stories

    def _count(self, stories: Sequence[Counted], window: Window, thread_id: int | None) -> int:
        """Return how many of these stories count; where not all could be read, those before them do as well."""
        counting = sum(self._counts(one, window, thread_id) for one in stories)
        if len(self.stories) < spikes.MOST_STORIES or thread_id is not None:
            return counting
        read = sum(one.matched_at > self.now - window.length for one in self.stories)
        return counting + max(0, self.counted.get(window.hours, 0) - read)

    def _counts(self, one: Counted, window: Window, thread_id: int | None) -> bool:
        begins = self.now - window.length
        ended = self.ends.get((self.id, thread_id))
        if ended is not None and ended > begins:
            # What an earlier spike was about is no part of another one.
            begins = ended
        return one.matched_at > begins and counts(one, window, self.now)

    @property
    def remembers(self) -> bool:
        """Whether its past need not be read."""
        known = self.remembered.pasts.get(self.id)
        # A past that begins later is of another query; one that begins with the days that are looked at moves on.
        return known is not None and known[0] == self._hour and self.since - known[1] <= timedelta(hours=1)

    @property
    def _hour(self) -> int:
        return int(self.now.timestamp() // 3600)

    def _past(self, *, anew: bool = False) -> Mapping[int, int]:
        kept = self.remembered.pasts
        if anew or not self.remembers:
            _make_room(kept)
            kept[self.id] = (self._hour, self.since, spikes.past(self.conn, self.id, self.since))
        return kept[self.id][2]

    def _history(self) -> Mapping[int, Mapping[int, int]]:
        kept = self.remembered.events
        known = kept.get(self.id)
        if known is None or known[0] != slot_of(self.now):
            _make_room(kept)
            found = spikes.events(self.conn, self.id, max(self.since, self.now - timedelta(days=PAST_DAYS)))
            kept[self.id] = known = (slot_of(self.now), found)
        return known[1]


def _spikes(verdicts: Iterable[Judged]) -> bool:
    return any(isinstance(one, Spike) for one in verdicts)


def _make_room(kept: dict[str, Any]) -> None:
    while len(kept) >= _MOST_KEPT:
        kept.pop(next(iter(kept)))


def counts(one: Counted, window: Window, now: datetime) -> bool:
    """Whether a story is one of those that came in a window, seen and published within it or little before.

    What an outage kept back was published before; where the source has no time for it, when it came says nothing. What
    a feed brings with its first poll is what it had, and a feed of a few days was no part of the past.
    """
    if one.arrival is Arrival.FIRST_POLL or one.feed_since is None or now - one.feed_since < _YOUNG:
        return False
    if one.published_latest is None and one.arrival is Arrival.CATCH_UP:
        return False
    came = one.first_seen_at if one.published_latest is None else min(one.published_latest, one.first_seen_at)
    return came >= now - window.length - max(timedelta(hours=1), window.length / 4)


def _peak(hours: Mapping[int, int], length: int) -> int:
    """Return the most stories in any ``length`` hours on end."""
    if not hours:
        return 0
    if length == 1:
        return max(hours.values())
    first, last = min(hours), max(hours)
    if len(hours) == 1 or last - first < length:
        return sum(hours.values())
    sums = [0, *accumulate(hours.get(hour, 0) for hour in range(first, last + 1))]
    return max(sums[at] - sums[max(0, at - length)] for at in range(1, len(sums)))
