"""Asks ``storywatch why`` of a store that the service's own stages filled (``pipeline``).

::

    made = running(store, clock)                one feed, polled before, and a watchlist for bridges
    made.publish("town", entry("Bridge closed"))
    assert fate(made).fate is Fate.SENDING
"""

from datetime import timedelta
from typing import Any

from pipeline import MINUTE, Pipeline, feed, started, watchlist
from stores import StillClock

from alerts.store import outbox
from alerts.types import Alert, Receipt, Watchlist
from news.store.engine import Store
from storywatch import why as way
from storywatch.why.steps import Answer, ListFate, Sent, State, Step, Told

TOWN = "https://outlet.example/bridge-closed"
MORNING = "daily at 07:00"


def running(store: Store, clock: StillClock, *lists: Watchlist, alerts: list[Alert] | None = None) -> Pipeline:
    """Return a service with one feed, polled before; by default a watchlist that is told at once by webhook."""
    lists = lists or (watchlist("bridge"),)
    return started(store, clock, feeds=[feed("town")], lists=lists, alerts=alerts)


def ask(of: Pipeline, url: str = TOWN) -> Answer:
    """Return the way of an address."""
    now = of.clock.now()
    facts = of.store.read_now(lambda conn: way.gather(conn, url, feeds=of.feeds, alerts=of.alerts, now=now))
    return way.answer(facts, of.lists, of.alerts)


def steps(of: Pipeline, url: str = TOWN) -> list[tuple[str, State]]:
    """Return its steps."""
    return [(one.name, one.state) for one in ask(of, url).steps]


def ended(of: Pipeline, url: str = TOWN) -> Step:
    """Return the first step that was not taken."""
    return next(one for one in ask(of, url).steps if one.state in {State.ENDED, State.WAITS})


def fate(of: Pipeline, url: str = TOWN) -> ListFate:
    """Return what became of it with the only watchlist."""
    (found,) = ask(of, url).watchlists
    return found


def told(of: Pipeline, url: str = TOWN) -> Told:
    """Return what the only alert did with it."""
    (found,) = fate(of, url).alerts
    return found


def sent(of: Pipeline, url: str = TOWN) -> Sent:
    """Return the only message that told it."""
    (found,) = told(of, url).sent
    return found


def attempt(of: Pipeline, receipt: Receipt, *, again: timedelta | None = None) -> None:
    """Let the outbox try what is due once, with this outcome."""
    now = of.clock.now()

    def work(conn: Any) -> None:
        for claim in outbox.claim(conn, "test", now, MINUTE, 10):
            then = None if again is None else now + again
            outbox.record(conn, claim.id, claim.token, receipt, now=now, next_attempt_at=then)

    of.store.write_now(work)
