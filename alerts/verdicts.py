"""Whether a revision is a watchlist's business, and whether what is found in it is told. Pure.

::

    revision ──selects──▶ within the watchlist's feeds and languages ──judge──▶ told, or taken in silently, and why
"""

from datetime import timedelta
from enum import StrEnum

from alerts.store.matches import Carrier, Pending
from alerts.store.watchlists import WatchlistRow
from alerts.types import Watchlist
from news.languages import same_language
from news.types import Arrival


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
    Verdict.TELL: "told, or about to be told, by every alert of the watchlist",
    Verdict.BACKLOG: "taken in silently: older than the backlog of a new feed or watchlist, or of no known age",
    Verdict.BEFORE_EDIT: "taken in silently: first seen before the query was edited",
}


def selects(watchlist: Watchlist, revision: Pending) -> bool:
    """Whether a revision lies within the watchlist's feeds and languages; an unknown language passes."""
    if watchlist.languages and revision.language is not None:
        known = revision.language
        if not any(same_language(one, known) for one in watchlist.languages):
            return False
    return not watchlist.feeds or bool(_within(watchlist, revision))


def _within(watchlist: Watchlist, revision: Pending) -> list[Carrier]:
    """Return the watchlist's feeds among those that carry the article."""
    return [carrier for carrier in revision.carriers if not _names(carrier).isdisjoint(watchlist.feeds)]


def _names(carrier: Carrier) -> set[str]:
    """Return everything that a watchlist may name a feed by."""
    names = {name for name in (carrier.url, carrier.name, carrier.title) if name}
    names.update(f"tag:{tag}" for tag in carrier.tags)
    return names


def judge(watchlist: Watchlist, row: WatchlistRow, revision: Pending) -> Verdict:
    """Decide whether a match is told. Age is what it was when feed or watchlist were new (DESIGN, rule 5).

    Of an article that several feeds carry those count that the watchlist names; one that is not new to us is enough.
    """
    if row.since is not None and revision.story_first_seen_at < row.since:
        return Verdict.BEFORE_EDIT
    arrival, seen_at = revision.arrival, revision.first_seen_at
    if watchlist.feeds and (carriers := _within(watchlist, revision)):
        first_poll = all(carrier.arrival is Arrival.FIRST_POLL for carrier in carriers)
        arrival = Arrival.FIRST_POLL if first_poll else Arrival.LATER
        seen_at = min(carrier.first_seen_at for carrier in carriers)
    new_to_list = revision.story_first_seen_at < row.created_at
    if arrival is not Arrival.FIRST_POLL and not new_to_list:
        return Verdict.TELL
    published = revision.published_latest
    if published is None and arrival is Arrival.FIRST_POLL:
        return Verdict.BACKLOG
    # It is as old as it was then, however long it waited here.
    if new_to_list:
        age = row.created_at - min(published or seen_at, revision.story_first_seen_at)
    else:
        age = seen_at - (published or seen_at)
    return Verdict.BACKLOG if age > timedelta(seconds=watchlist.backlog_s) else Verdict.TELL
