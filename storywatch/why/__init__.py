"""``storywatch why``: the way of one address from poll to delivery, and where it ended.

::

    address ──gather (one snapshot of the store)──▶ Facts ─┬─ crawled.steps ──▶ address, polls, article, story
                                                           └─ told.fates ─────▶ each watchlist: query, match, alerts

Everything after ``gather`` is pure. ``answer`` puts it together; ``storywatch.cli.why`` shows it.
"""

from collections.abc import Sequence

from alerts.types import Alert, Watchlist
from storywatch.why.crawled import steps
from storywatch.why.facts import Facts, gather
from storywatch.why.steps import Answer
from storywatch.why.told import fate

__all__ = ["Answer", "Facts", "answer", "gather"]


def answer(facts: Facts, lists: Sequence[Watchlist], alerts: Sequence[Alert]) -> Answer:
    """Return what is known of an address, and what each of these watchlists made of it; ``alerts`` are all alerts."""
    return Answer(
        url=facts.url,
        canonical=facts.identity,
        known=facts.trail is not None or facts.feed is not None,
        steps=tuple(steps(facts)),
        watchlists=tuple(fate(facts, one, alerts) for one in lists) if facts.trail is not None else (),
    )
