"""A watchlist, or a changed one, over stored revisions: what it would have found, nearly found, and told.

::

    revision ──one index: the query, the present one, all relaxed ones──▶ hit ──▶ Event ──▶ alerts.forecast
                                                                      └─▶ near miss, with the reason

The revisions come in the order in which the service met them, and what is a hit, what leads and what is told follows
``alerts.evaluate``, as if the watchlist had stood all along: a story counts once, and what a new feed brought of old
stories is silent. Pure. Memory is bounded: of each story a few numbers are kept, and of the newest their texts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerts.evaluate import Hit, compile_topics, document, hits
from alerts.forecast import Event, forecast
from alerts.near_misses import Misses
from alerts.replayed import Found, Newest, Report, Shown
from alerts.store.replays import Stored
from alerts.store.watchlists import WatchlistRow
from alerts.types import Alert, Watchlist
from alerts.types import Event as EventKind
from alerts.verdicts import Verdict, judge, selects

#: ids of the two watchlists while they are compared
_ASKED, _PRESENT = "asked", "present"


class Replay:
    """Takes revisions one by one, and tells at the end what they came to."""

    def __init__(
        self, asked: Watchlist, alerts: Iterable[Alert], *, present: Watchlist | None = None, most: int
    ) -> None:
        """Get ready to replay ``asked``, beside the watchlist as it is at ``present``; raises QueryError.

        ``most`` stories of each kind are kept to be shown.
        """
        lists = [replace(asked, id=_ASKED)]
        if present is not None:
            lists.append(replace(present, id=_PRESENT))
        ids = tuple(one.id for one in lists)
        self._alerts = tuple(alerts)
        self._topics = compile_topics(lists, [replace(one, watchlists=ids) for one in self._alerts])
        self._rows = {one: _always(one) for one in ids}
        self._trails = {one: _Trail(most) for one in ids}
        self._added, self._lost = Newest[Shown](most), Newest[Shown](most)
        self._misses = Misses(lists[0], self._topics, most)
        self._stories: set[int] = set()
        #: the articles met so far, where later copies are told
        self._met: set[int] = set()
        self._follows = any(EventKind.COPIES in one.events for one in lists)
        self._revisions = 0
        self._first: datetime | None = None

    def take(self, stored: Stored) -> None:
        """Take in the next revision."""
        revision = stored.revision
        self._revisions += 1
        self._first = self._first or stored.created_at
        self._stories.add(revision.story_id)
        if self._follows and revision.article_id not in self._met:
            self._met.add(revision.article_id)
            self._later(stored)
        held = self._topics.index.match(document(revision))
        if not held:
            return
        for hit in hits(self._topics, self._rows, revision, held):
            self._trails[hit.watchlist.id].take(hit, stored)
        if revision.story_id in self._trails[_ASKED].known:
            self._misses.drop(revision.story_id)
        else:
            self._misses.take(stored, held)
        if _PRESENT in self._trails:
            self._compare(revision.story_id)

    def _later(self, stored: Stored) -> None:
        """Take in an article that is new, where it comes to a story that a watchlist was told of."""
        for id_, trail in self._trails.items():
            watchlist = self._topics.watchlists[id_]
            known = trail.known.get(stored.revision.story_id)
            if known is None or not known.told or EventKind.COPIES not in watchlist.events:
                continue
            row = self._rows[id_]
            if selects(watchlist, stored.revision) and judge(watchlist, row, stored.revision) is Verdict.TELL:
                event = Event(stored.created_at, stored.revision.story_id, frozenset(), stored.revision.article_id)
                trail.events.append(event)

    def report(self, *, since: datetime, until: datetime) -> Report:
        """Tell what the revisions of a time came to."""
        begin = max(since, self._first) if self._first is not None else since
        asked = self._trails[_ASKED]
        told = [forecast(one, asked.events, since=begin, until=until) for one in self._alerts]
        report = Report(
            since=begin,
            until=until,
            stories=len(self._stories),
            revisions=self._revisions,
            hits=asked.found(asked.known.keys(), asked.newest),
            near_misses=self._misses.told(),
            forecasts=tuple(told),
        )
        present = self._trails.get(_PRESENT)
        if present is None:
            return report
        return replace(
            report,
            added=asked.found(asked.known.keys() - present.known.keys(), self._added),
            lost=present.found(present.known.keys() - asked.known.keys(), self._lost),
            present=tuple(forecast(one, present.events, since=begin, until=until) for one in self._alerts),
        )

    def _compare(self, story: int) -> None:
        """Keep what to show of a story that only one of the two queries finds so far."""
        asked, present = self._trails[_ASKED], self._trails[_PRESENT]
        for one, other, newest in ((asked, present, self._added), (present, asked, self._lost)):
            if story in other.known or story not in one.known:
                newest.drop(story)
            elif (shown := one.newest.get(story)) is not None:
                newest.put(story, shown)


@dataclass(slots=True)
class _Known:
    """What a watchlist has matched of a story so far."""

    #: it is told, or about to be
    told: bool
    undated: bool
    urgent: frozenset[str]


class _Trail:
    """What one query has found, and what of it is told."""

    def __init__(self, most: int) -> None:
        self.known: dict[int, _Known] = {}
        self.events: list[Event] = []
        self.newest = Newest[Shown](most)

    def take(self, hit: Hit, stored: Stored) -> None:
        """Take in a hit, of a story that may be known; what it changes leads."""
        story = hit.revision.story_id
        known = self.known.get(story)
        told = hit.verdict is Verdict.TELL
        shown = Shown(stored, hit.spans, hit.verdict)
        if known is None:
            self.known[story] = _Known(told, hit.undated, hit.urgent)
            self.newest.put(story, shown)
        elif not known.told and known.undated and hit.dates:
            known.told, known.urgent = True, hit.urgent
            told = True
        elif known.told and hit.urgent - known.urgent:
            known.urgent |= hit.urgent
            told = True
        else:
            return
        if self.newest.get(story) is not None:
            self.newest.put(story, replace(shown, verdict=Verdict.TELL if told else hit.verdict))
        if told:
            self.events.append(Event(stored.created_at, story, hit.urgent))

    def found(self, stories: Iterable[int], newest: Newest[Shown]) -> Found:
        """Count stories, and show the newest."""
        told = [self.known[one].told for one in stories]
        return Found(len(told), told.count(False), newest.newest_first())


def _always(watchlist_id: str) -> WatchlistRow:
    """A watchlist that has stood all along."""
    return WatchlistRow(
        id=watchlist_id,
        name=watchlist_id,
        created_at=datetime.min.replace(tzinfo=UTC),
        since=None,
        backfilled_at=None,
        paused=False,
        paused_until=None,
    )
