"""New articles → stories: a queue stage of its own, worked by one holder of a named lease.

::

    unassigned articles ──▶ crawler.window: what earlier rounds wrote ──▶ crawler.recognition ──▶ rows of this round

Membership is decided once, on an article's first revision; see "Rules of identity" in ``docs/architecture.md``. Two
processes that take in two copies at once make one story, since only one of them assigns.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from crawler.recognition import Recognition
from crawler.window import DAYS, LEASE, Window, day_of
from news.headlines import REMEMBERED
from news.store import assignments, leases
from news.store.headlines import drop_headlines
from news.store.wordings import drop_wordings
from news.stories import WINDOW

_LEASE_LASTS = timedelta(seconds=30)


def any_unassigned(conn: Connection) -> bool:
    """Whether an article waits for its story."""
    return bool(assignments.unassigned(conn, 1))


def assign_pending(
    conn: Connection, *, holder: str, now: datetime, most: int = 200, window: Window | None = None
) -> int:
    """Give the oldest waiting articles their stories, in this transaction; return how many.

    Nothing is done, and 0 returned, while another process is at it. ``window`` is what this process remembers of
    earlier rounds; without one it is read anew.
    """
    token = leases.take(conn, LEASE, holder=holder, now=now, lasts=_LEASE_LASTS)
    if token is None:
        return 0
    window = Window() if window is None else window
    assignments.drop_texts(conn, now - WINDOW)
    drop_headlines(conn, now - REMEMBERED)
    drop_wordings(conn, day_of(now) - DAYS + 1)
    window.catch_up(conn, token, now)
    waiting = assignments.unassigned(conn, most)
    recognition = Recognition(conn, window, waiting)
    for article in waiting:
        recognition.decide(article)
    done = recognition.write(token, now)
    # Given back at once, so that nobody waits for it to run out: the transaction is what keeps others away.
    leases.release(conn, LEASE, token)
    return done
