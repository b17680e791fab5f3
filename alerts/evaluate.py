"""Pending revisions → matches and what they will send, in one transaction.

::

    revision ──▶ all watchlists at once ──▶ within feeds, languages? ──▶ verdict ──▶ match (watchlist, story) once
                                                                                         └─ tell ─▶ a due row an alert

A later revision that matches an alert's urgent query makes what is still open urgent. A story that was taken in
silently (backlog, an edited query) has its match all the same: it is known, and never told as new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from alerts import query
from alerts.index import QueryIndex
from alerts.store import matches, watchlists
from alerts.store.matches import Carrier, NewMatch, Pending
from alerts.store.watchlists import WatchlistRow
from alerts.types import Alert, Document, Watchlist
from news.edges import Edge, reach
from news.languages import same_language
from news.types import Arrival

#: key in the index of an alert's urgent query; a watchlist's id never holds a NUL
_URGENT = "\0urgent\0"

#: one process at a time evaluates, so that a story is judged by one state of the matches
LEASE = "matching"


class Verdict(StrEnum):
    """What becomes of a match, and why."""

    TELL = "tell"
    BACKLOG = "backlog"
    BEFORE_EDIT = "before_edit"

    @property
    def sentence(self) -> str:
        """The reason as people read it."""
        return _SENTENCES[self]


_SENTENCES = {
    Verdict.TELL: "told to every alert of the watchlist",
    Verdict.BACKLOG: "taken in silently: older than the backlog of a new feed or watchlist",
    Verdict.BEFORE_EDIT: "taken in silently: first seen before the query was edited",
}


@dataclass(frozen=True, slots=True)
class Topics:
    """All watchlists ready to be matched: one index over their queries and their alerts' urgent queries."""

    watchlists: Mapping[str, Watchlist]
    #: alerts by watchlist id; one over several watchlists stands with each
    alerts: Mapping[str, tuple[Alert, ...]]
    index: QueryIndex


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a round came to."""

    revisions: int
    matches: int
    due: int


def compile_topics(lists: Sequence[Watchlist], alerts: Iterable[Alert]) -> Topics:
    """Parse every query into one index; raises QueryError, which the configuration has ruled out before."""
    index = QueryIndex()
    for watchlist in lists:
        wanted = [query.parse(text) for text in watchlist.queries]
        index.add(watchlist.id, query.combine(wanted, [query.parse(text) for text in watchlist.exclude]))
    by_watchlist: dict[str, list[Alert]] = {watchlist.id: [] for watchlist in lists}
    for alert in alerts:
        if alert.urgent is not None:
            index.add(_URGENT + alert.id, query.parse(alert.urgent))
        for watchlist_id in alert.watchlists:
            by_watchlist[watchlist_id].append(alert)
    return Topics({one.id: one for one in lists}, {key: tuple(value) for key, value in by_watchlist.items()}, index)


def selects(watchlist: Watchlist, revision: Pending) -> bool:
    """Whether a revision lies within the watchlist's feeds and languages; an unknown language passes."""
    if watchlist.languages and revision.language is not None:
        known = revision.language
        if not any(same_language(one, known) for one in watchlist.languages):
            return False
    if not watchlist.feeds:
        return True
    return any(not _names(carrier).isdisjoint(watchlist.feeds) for carrier in revision.carriers)


def _names(carrier: Carrier) -> set[str]:
    """Return everything that a watchlist may name a feed by."""
    names = {name for name in (carrier.url, carrier.name, carrier.title) if name}
    names.update(f"tag:{tag}" for tag in carrier.tags)
    return names


def judge(watchlist: Watchlist, row: WatchlistRow, revision: Pending, *, now: datetime) -> Verdict:
    """Decide whether a match is told. Age is now − published, else now − first seen (DESIGN, rule 5)."""
    if row.since is not None and revision.story_first_seen_at < row.since:
        return Verdict.BEFORE_EDIT
    new_to_list = revision.story_first_seen_at < row.created_at
    if revision.arrival is not Arrival.FIRST_POLL and not new_to_list:
        return Verdict.TELL
    # What a new feed brought is as old as it was when it came, however long it waited here.
    at = now if new_to_list else revision.first_seen_at
    if revision.published_latest is not None:
        age = at - revision.published_latest
    elif revision.arrival is Arrival.FIRST_POLL:
        return Verdict.BACKLOG
    else:
        age = at - revision.first_seen_at
    return Verdict.BACKLOG if age > timedelta(seconds=watchlist.backlog_s) else Verdict.TELL


def document(revision: Pending) -> Document:
    """Return what queries are evaluated against."""
    return Document(
        title=revision.title,
        text=revision.text,
        language=revision.language,
        source=revision.source,
        host=revision.host,
        url=revision.url,
    )


def evaluate_pending(conn: Connection, topics: Topics, *, now: datetime, most: int = 200) -> Evaluated:
    """Match the oldest pending revisions with every watchlist; all of it, or nothing, is committed."""
    waiting = matches.pending(conn, most=most)
    if not waiting:
        return Evaluated(0, 0, 0)
    rows = watchlists.watchlists(conn)
    found = due = 0
    for revision in waiting:
        new, given = _evaluate(conn, topics, rows, revision, now=now)
        found += new
        due += given
    matches.mark_evaluated(conn, (revision.revision_id for revision in waiting), now=now)
    reach(Edge.BEFORE_MATCH_COMMIT)
    return Evaluated(len(waiting), found, due)


def backfill(conn: Connection, topics: Topics, watchlist_id: str, *, now: datetime, after: int, most: int = 200) -> int:
    """Evaluate a new watchlist over stored revisions past ``after``; return the last id, or 0 when all are done.

    Stories younger than its backlog are told; a crash repeats a round and changes nothing, since a match is unique.
    """
    rows = watchlists.watchlists(conn)
    watchlist, row = topics.watchlists[watchlist_id], rows[watchlist_id]
    since = min(row.created_at, now) - timedelta(seconds=watchlist.backlog_s)
    batch = matches.stored(conn, after=after, since=since, most=most)
    only = {watchlist_id: row}
    for revision in batch:
        _evaluate(conn, topics, only, revision, now=now)
    if len(batch) == most:
        return batch[-1].revision_id
    watchlists.mark_backfilled(conn, watchlist_id, now=now)
    return 0


def _evaluate(
    conn: Connection, topics: Topics, rows: Mapping[str, WatchlistRow], revision: Pending, *, now: datetime
) -> tuple[int, int]:
    held = topics.index.match(document(revision))
    found = due = 0
    for watchlist_id, spans in held.items():
        row = rows.get(watchlist_id)
        watchlist = topics.watchlists.get(watchlist_id)
        if row is None or watchlist is None or not selects(watchlist, revision):
            continue
        verdict = judge(watchlist, row, revision, now=now)
        match_id = matches.add_match(
            conn,
            NewMatch(watchlist_id, revision.story_id, revision.article_id, revision.revision_id, spans, verdict.value),
            now=now,
        )
        alerts = topics.alerts[watchlist_id]
        urgent = {alert.id for alert in alerts if _URGENT + alert.id in held}
        if match_id is None:
            if urgent:
                matches.make_urgent(conn, watchlist_id, revision.story_id, sorted(urgent))
            continue
        found += 1
        if verdict is Verdict.TELL:
            matches.add_due(conn, match_id, [(alert.id, alert.id in urgent) for alert in alerts], now=now)
            due += len(alerts)
    return found, due
