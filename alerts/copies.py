"""Later copies: articles that come to a story after a watchlist was told of it, or is about to be.

::

    article that is new, in a story with a match ──▶ match (watchlist, story, copies, article) ──▶ due rows

Told are the alerts that tell of the story itself, each copy once. A digest that tells the story as new lists the copy
with all others, and so says it too (``alerts.policy`` and ``alerts.digest`` put the two together).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from alerts.store import matches, tellings
from alerts.store.matches import Key, KnownMatch, NewDue, NewMatch, Pending
from alerts.store.watchlists import WatchlistRow
from alerts.types import Alert, Event, Span, Watchlist
from alerts.verdicts import Verdict, judge, selects


@dataclass(frozen=True, slots=True)
class Following:
    """What later copies are recognised by."""

    #: the watchlists that are told of them
    watchlists: Sequence[Watchlist]
    rows: Mapping[str, WatchlistRow]
    #: by watchlist id
    alerts: Mapping[str, Sequence[Alert]]
    #: the stories that watchlists knew as new before this round
    known: Mapping[Key, KnownMatch]
    #: what was found in this round: watchlist id and revision id → spans
    found: Mapping[tuple[str, int], tuple[Span, ...]]

    def possible(self, batch: Sequence[Pending]) -> Iterator[tuple[Pending, Watchlist, KnownMatch]]:
        """Yield what may be a later copy of a story that a watchlist was told of, or is to be."""
        for revision in batch:
            for watchlist in self.watchlists:
                match = self.known.get(Key(watchlist.id, revision.story_id))
                if match is not None and match.verdict == Verdict.TELL and selects(watchlist, revision):
                    yield revision, watchlist, match

    def copy(self, revision: Pending, watchlist: Watchlist) -> NewMatch:
        """Return the match of a later copy: one that an edited query or a new feed's backlog silences is not told."""
        return NewMatch(
            watchlist_id=watchlist.id,
            story_id=revision.story_id,
            article_id=revision.article_id,
            revision_id=revision.revision_id,
            spans=self.found.get((watchlist.id, revision.revision_id), ()),
            verdict=judge(watchlist, self.rows[watchlist.id], revision).value,
            event=Event.COPIES,
            occasion=str(revision.article_id),
        )


def later_copies(
    conn: Connection, following: Following, batch: Sequence[Pending], *, now: datetime
) -> tuple[int, list[NewDue]]:
    """Store the later copies in a batch as matches; return how many are new, and what is to be told of them.

    An article is one when the watchlists first meet it, so that a join, a revision or a further feed makes none.
    """
    possible = list(following.possible(batch))
    if not possible:
        return 0, []
    met = tellings.met(conn, {revision.article_id for revision, _, _ in possible})
    by = tellings.told_by(conn, {match.id for _, _, match in possible})
    new: dict[Key, tuple[NewMatch, list[str]]] = {}
    for revision, watchlist, match in possible:
        alerts = [one.id for one in following.alerts[watchlist.id] if one.id in by.get(match.id, ())]
        if alerts and revision.article_id not in met:
            copy = following.copy(revision, watchlist)
            new.setdefault(Key(watchlist.id, copy.story_id, copy.event, copy.occasion), (copy, alerts))
    ids = matches.add_matches(conn, [copy for copy, _ in new.values()], now=now)
    told = [(ids[key], alerts) for key, (copy, alerts) in new.items() if key in ids and copy.verdict == Verdict.TELL]
    return len(ids), [NewDue(alert, match_id, urgent=False) for match_id, alerts in told for alert in alerts]
