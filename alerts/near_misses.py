"""What a watchlist has nearly found in a replay: each story under the most telling reason that there was.

::

    revision, keys that the index found ──take──▶ story → reason ──told──▶ NearMisses, with the newest stories of each

A near miss is one change away from a hit (``alerts.relaxing``), or a hit outside of the watchlist's languages or feeds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from alerts.analysis import Analyser
from alerts.evaluate import Topics, document
from alerts.explain import explain
from alerts.query import Query, of_watchlist
from alerts.query.evaluation import evaluate_reading
from alerts.query.tree import Alias
from alerts.reading import Reading
from alerts.relaxing import Kind, Reason, Relaxed, relaxed
from alerts.replayed import NearMisses, Newest, Shown
from alerts.store.matches import Pending
from alerts.store.replays import Stored
from alerts.types import Span, Watchlist
from alerts.verdicts import selects

#: key in the index of a relaxed query; a watchlist's id never holds a NUL
_NEAR = "\0near\0"
#: stories of one reason that are shown, where there are many reasons
_LEAST_SHOWN = 3

#: kinds of which each story has something of its own to tell
_TOLD_APART = frozenset({Kind.DISTANCE, Kind.ORDER, Kind.FORM, Kind.EXCLUDED, Kind.RESTRICTION})


class Misses:
    """What a watchlist has nearly found: each story under the most telling reason there was."""

    def __init__(self, asked: Watchlist, topics: Topics, most: int) -> None:
        self._asked = asked
        self._most = most
        self._relaxed: dict[str, Relaxed] = {}
        self._tree = of_watchlist(asked).tree
        for number, one in enumerate(relaxed(self._tree)):
            key = f"{_NEAR}{number}"
            self._relaxed[key] = one
            topics.index.add(key, Query("", one.tree))
        # A watchlist without its languages, and one without its feeds, to tell which of them kept a story out.
        self._wider = {
            Reason(Kind.LANGUAGES, ", ".join(asked.languages)): replace(asked, languages=()),
            Reason(Kind.FEEDS, ", ".join(asked.feeds)): replace(asked, feeds=()),
        }
        reasons = dict.fromkeys([*(one.reason for one in self._relaxed.values()), *self._wider])
        self._reasons = sorted(reasons, key=lambda reason: reason.kind.rank)
        self._ranks = {reason: rank for rank, reason in enumerate(self._reasons)}
        self._stories: dict[int, int] = {}
        self._newest: dict[int, Newest[tuple[Stored, Relaxed | None]]] = {}

    def take(self, stored: Stored, held: Mapping[str, tuple[Span, ...]]) -> None:
        """Take in a revision of a story that was not found."""
        nearest = self._nearest(stored.revision, held)
        if nearest is None:
            return
        rank, one = nearest
        story = stored.revision.story_id
        known = self._stories.get(story)
        if known is not None and known <= rank:
            return
        self.drop(story)
        self._stories[story] = rank
        self._newest.setdefault(rank, Newest(self._most)).put(story, (stored, one))

    def drop(self, story: int) -> None:
        """Forget a story, which was found after all."""
        rank = self._stories.pop(story, None)
        if rank is not None:
            self._newest[rank].drop(story)

    def told(self) -> tuple[NearMisses, ...]:
        """Return the reasons with their stories: of one kind, those with the fewest first, since they tell most."""
        counts = Counter(self._stories.values())
        ranks = sorted(counts, key=lambda rank: (self._reasons[rank].kind.rank, counts[rank], rank))
        left, groups = self._most, list[NearMisses]()
        each = max(_LEAST_SHOWN, self._most // max(1, len(ranks)))
        analyser = Analyser()
        for rank in ranks:
            reason = self._reasons[rank]
            chosen = self._newest[rank].newest_first()[: min(each, left)]
            left -= len(chosen)
            shown = tuple(self._shown(stored, one, reason, analyser) for stored, one in chosen)
            groups.append(NearMisses(reason, counts[rank], shown))
        return tuple(groups)

    def _nearest(self, revision: Pending, held: Mapping[str, object]) -> tuple[int, Relaxed | None] | None:
        """The most telling reason for which a revision is a near miss, with the query that finds it."""
        if self._asked.id in held:
            wider = [self._ranks[reason] for reason, one in self._wider.items() if selects(one, revision)]
            return (wider[0], None) if wider else None
        near = [one for key in held if (one := self._relaxed.get(key)) is not None]
        if not near or not selects(self._asked, revision):
            return None
        best = min(near, key=lambda one: self._ranks[one.reason])
        return self._ranks[best.reason], best

    def _shown(self, stored: Stored, one: Relaxed | None, reason: Reason, analyser: Analyser) -> Shown:
        """What is shown of a near miss: the words that were found, and what of this story kept it from being a hit."""
        of = stored.revision
        reading = Reading(document(of), analyser)
        spans = evaluate_reading(self._tree if one is None else one.tree, reading) or ()
        return Shown(stored, spans, None, _of_the_watchlist(of, reason) if one is None else _of_the_query(one, reading))


def _of_the_query(one: Relaxed, reading: Reading) -> str:
    """What the part that failed has to say of this document, or ""."""
    if one.reason.kind is Kind.SLIP and isinstance(one.part, Alias):
        return explain(one.part, reading).nearest
    if one.reason.kind not in _TOLD_APART:
        return ""
    failed = explain(one.part, reading)
    return "" if failed.holds else failed.sentence.removeprefix("excludes it, ")


def _of_the_watchlist(of: Pending, reason: Reason) -> str:
    """What a revision has instead of the languages or feeds that are asked for."""
    if reason.kind is Kind.LANGUAGES:
        return f"its language is {of.language}"
    names = dict.fromkeys(one.name or one.title or one.url for one in of.carriers)
    return f"it comes from {', '.join(names) or of.source}"
