"""Pending revisions → matches and what they will send, in one transaction.

::

    revision ──▶ all watchlists at once ──▶ within feeds, languages? ──▶ verdict ──▶ match (watchlist, story) once
        │                                                                            ├─ telling, one an article
        │                                                                            └─ tell ─▶ a due row an alert
        └─ of an article that is new, in a story that is known ─▶ match (watchlist, story, copies, article) ─▶ due rows

A later revision that matches an alert's urgent query makes what is still open urgent. A story that was taken in
silently (backlog, an edited query) has its match all the same: it is known, and never told as new. While a story is
still to be told, every article of it that is found may come to lead (``alerts.store.tellings``). Its later copies are
told to watchlists that ask for them, whether they match or not, by the alerts that tell of the story itself; a digest
that tells it as new says them too. A batch is matched in memory first and stored in a handful of statements.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import query
from alerts.copies import Following, later_copies
from alerts.index import QueryIndex
from alerts.store import matches, tellings, watchlists
from alerts.store.matches import Key, KnownMatch, NewDue, NewMatch, Pending
from alerts.store.tellings import NewTelling
from alerts.store.watchlists import WatchlistRow
from alerts.types import Alert, Document, Event, Span, Watchlist
from alerts.verdicts import Verdict, judge, selects
from news.edges import Edge, reach
from news.store.revisions import mark_evaluated
from news.types import Arrival

#: key in the index of an alert's urgent query; a watchlist's id never holds a NUL
_URGENT = "\0urgent\0"

#: one process at a time evaluates, so that a story is judged by one state of the matches
LEASE = "matching"


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
        index.add(watchlist.id, query.of_watchlist(watchlist))
    by_watchlist: dict[str, list[Alert]] = {watchlist.id: [] for watchlist in lists}
    for alert in alerts:
        if (urgent := query.of_alert(alert)) is not None:
            index.add(_URGENT + alert.id, urgent)
        for watchlist_id in alert.watchlists:
            by_watchlist[watchlist_id].append(alert)
    return Topics({one.id: one for one in lists}, {key: tuple(value) for key, value in by_watchlist.items()}, index)


def document(revision: Pending) -> Document:
    """Return what queries are evaluated against."""
    return Document(
        title=revision.title,
        text=revision.text,
        language=revision.language,
        source=revision.source,
        host=revision.host,
        url=revision.url,
        feeds=tuple(name for carrier in revision.carriers if (name := carrier.name or carrier.title)),
    )


def evaluate_pending(conn: Connection, topics: Topics, *, now: datetime, most: int = 200) -> Evaluated:
    """Match the oldest pending revisions with every watchlist; all of it, or nothing, is committed."""
    waiting = matches.pending(conn, most=most)
    if not waiting:
        return Evaluated(0, 0, 0)
    found, due = _evaluate(conn, topics, watchlists.watchlists(conn), waiting, now=now, arriving=True)
    mark_evaluated(conn, [revision.revision_id for revision in waiting], now)
    reach(Edge.BEFORE_MATCH_COMMIT)
    return Evaluated(len(waiting), found, due)


def backfill(
    conn: Connection, topics: Topics, watchlist_ids: Collection[str], *, now: datetime, after: int, most: int = 200
) -> int:
    """Evaluate new watchlists over evaluated revisions past ``after``; return the last id, or 0 when all are done.

    What is pending meets them with all the others. Stories younger than a watchlist's backlog are told, older ones
    that another's backlog reaches are taken in silently. A crash repeats rounds and changes nothing, since a match is
    unique.
    """
    known = watchlists.watchlists(conn)
    rows = {one: known[one] for one in watchlist_ids}
    since = min(row.created_at - timedelta(seconds=topics.watchlists[one].backlog_s) for one, row in rows.items())
    batch = matches.evaluated(conn, after=after, since=since, most=most)
    _evaluate(conn, topics, rows, batch, now=now, arriving=False)
    if len(batch) == most:
        return batch[-1].revision_id
    for one in rows:
        watchlists.mark_backfilled(conn, one, now=now)
    return 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A watchlist's query found in a revision within its feeds and languages."""

    watchlist: Watchlist
    revision: Pending
    spans: tuple[Span, ...]
    verdict: Verdict
    #: the watchlist's alerts whose urgent query holds as well
    urgent: frozenset[str]

    @property
    def key(self) -> Key:
        """What a match is unique by."""
        return Key(self.watchlist.id, self.revision.story_id)

    @property
    def undated(self) -> bool:
        """Whether it was taken in silently because nobody could say how old it was."""
        undated = self.revision.arrival is Arrival.FIRST_POLL and self.revision.published_latest is None
        return undated and self.verdict is Verdict.BACKLOG

    @property
    def dates(self) -> bool:
        """Whether it shows that its story is a young one after all."""
        published = self.revision.published_latest
        if published is None or self.verdict is not Verdict.TELL:
            return False
        age = self.revision.first_seen_at - min(published, self.revision.story_first_seen_at)
        return age <= timedelta(seconds=self.watchlist.backlog_s)

    def match(self) -> NewMatch:
        """Return the match that leads with this revision."""
        of = self.revision
        verdict = self.verdict.value
        return NewMatch(self.watchlist.id, of.story_id, of.article_id, of.revision_id, self.spans, verdict)

    def telling(self, match_id: int) -> NewTelling:
        """Return what it has to say of a match that it may come to lead."""
        return NewTelling(match_id, self.revision.article_id, self.revision.revision_id, self.spans)

    def dues(self, match_id: int, alerts: Iterable[Alert]) -> list[NewDue]:
        """Return what the alerts have to tell of it; nothing where the watchlist is not to be told what is new."""
        if Event.NEW not in self.watchlist.events:
            return []
        return [NewDue(alert.id, match_id, alert.id in self.urgent) for alert in alerts]


def _evaluate(
    conn: Connection,
    topics: Topics,
    rows: Mapping[str, WatchlistRow],
    batch: Sequence[Pending],
    *,
    now: datetime,
    arriving: bool,
) -> tuple[int, int]:
    """Match revisions, in their order; return how many matches are new, and how many dues are new or became urgent.

    ``arriving`` says that the watchlists meet them for the first time: only then is there a later copy among them.
    """
    found = [hit for one in batch for hit in hits(topics, rows, one, topics.index.match(document(one)))]
    following = [
        one for one in topics.watchlists.values() if arriving and one.id in rows and Event.COPIES in one.events
    ]
    known = matches.known(conn, {one.story_id for one in (batch if following else [hit.revision for hit in found])})
    new: dict[Key, Hit] = {}
    due, telling = 0, list[NewTelling]()
    for hit in found:
        match = known.get(hit.key)
        if match is not None:
            due += _again(conn, topics, match, hit, now=now)
            telling += [hit.telling(match.id)] if match.open or match.undated else []
        else:
            new[hit.key] = _of_two(new[hit.key], hit) if hit.key in new else hit
    ids = matches.add_matches(conn, [hit.match() for hit in new.values()], now=now)
    tellings.put_tellings(conn, [*telling, *(hit.telling(ids[hit.key]) for hit in found if hit.key in ids)])
    told = [(hit, ids[key]) for key, hit in new.items() if key in ids and hit.verdict is Verdict.TELL]
    dues = [one for hit, match_id in told for one in hit.dues(match_id, topics.alerts[hit.watchlist.id])]
    copies, later = 0, list[NewDue]()
    if following:
        spans = {(hit.watchlist.id, hit.revision.revision_id): hit.spans for hit in found}
        copies, later = later_copies(conn, Following(following, rows, topics.alerts, known, spans), batch, now=now)
    matches.add_dues(conn, [*dues, *later], now=now)
    return len(ids) + copies, due + len(dues) + len(later)


def hits(
    topics: Topics, rows: Mapping[str, WatchlistRow], revision: Pending, held: Mapping[str, tuple[Span, ...]]
) -> Iterator[Hit]:
    """Yield the watchlists of ``rows`` that a revision matches; ``held`` is what the index found in it."""
    for watchlist_id, spans in held.items():
        row = rows.get(watchlist_id)
        watchlist = topics.watchlists.get(watchlist_id)
        if row is None or watchlist is None or not selects(watchlist, revision):
            continue
        urgent = frozenset(alert.id for alert in topics.alerts[watchlist_id] if _URGENT + alert.id in held)
        yield Hit(watchlist, revision, spans, judge(watchlist, row, revision), urgent)


def _of_two(first: Hit, later: Hit) -> Hit:
    """Return what leads of two hits of one story that nothing was stored of yet."""
    if first.undated and later.dates:
        return later
    becomes_urgent = later.urgent - first.urgent
    renews = later.revision.article_id == first.revision.article_id and later.urgent == first.urgent
    if first.verdict is Verdict.TELL and (becomes_urgent or renews):
        return replace(later, verdict=first.verdict, urgent=first.urgent | later.urgent)
    return first


def _again(conn: Connection, topics: Topics, match: KnownMatch, hit: Hit, *, now: datetime) -> int:
    """Take in a further hit of a story that the watchlist knows; return how many dues are new or became urgent.

    Where nobody could say how old a story of a new feed is, the first article with a time says it. What becomes urgent
    leads with the words that made it so; what nobody was told of yet, with its article's newest words that match.
    """
    if match.undated and match.verdict == Verdict.BACKLOG and hit.dates:
        matches.move_match(conn, match.id, hit.match())
        dues = hit.dues(match.id, topics.alerts[hit.watchlist.id])
        matches.add_dues(conn, dues, now=now)
        return len(dues)
    count = matches.make_urgent(conn, match.id, hit.urgent) if hit.urgent else 0
    if count:
        matches.move_match(conn, match.id, replace(hit, verdict=Verdict(match.verdict)).match())
    else:
        matches.renew_match(conn, match.id, hit.match())
    return count
