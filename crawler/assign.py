"""New articles → stories: a queue stage of its own, worked by one holder of a named lease.

::

    unassigned articles ──text_key──▶ known stories of that text ──news.stories.assign──▶ story, joins

Membership is decided once, on an article's first revision; see "Rules of identity" in ``docs/architecture.md``. Two
processes that take in two copies at once make one story, since only one of them assigns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from news.store import assignments, leases
from news.store.assignments import UnassignedArticle
from news.stories import WINDOW, KnownText, assign, text_key
from news.types import StoryReason

LEASE = "stories"
_LEASE_LASTS = timedelta(seconds=30)


def any_unassigned(conn: Connection) -> bool:
    """Whether an article waits for its story."""
    return bool(assignments.unassigned(conn, 1))


def assign_pending(conn: Connection, *, holder: str, now: datetime, most: int = 200) -> int:
    """Give the oldest waiting articles their stories, in this transaction; return how many.

    Nothing is done, and 0 returned, while another process is at it.
    """
    token = leases.take(conn, LEASE, holder=holder, now=now, lasts=_LEASE_LASTS)
    if token is None:
        return 0
    waiting = assignments.unassigned(conn, most)
    keys = [text_key(article.title, article.text) for article in waiting]
    assignments.drop_texts(conn, now - WINDOW)
    known = assignments.text_stories(conn, sorted({key for key in keys if key is not None}))
    assigned, begun = _assigned(waiting, keys, known)
    # A story of this round stands as a negative number until it has its id: all are made in one statement.
    ids = assignments.create_stories(conn, begun)
    stories = [(article, ids[-story - 1] if story < 0 else story, reason) for article, story, reason in assigned]
    assignments.assign_stories(conn, stories)
    texts = {key: story for key, (_, story, _) in zip(keys, stories, strict=True) if key is not None}
    assignments.put_texts(conn, texts, now)
    # Given back at once, so that nobody waits for it to run out: the transaction is what keeps others away.
    leases.release(conn, LEASE, token)
    return len(stories)


def _assigned(
    waiting: Sequence[UnassignedArticle], keys: Sequence[str | None], known: dict[str, int]
) -> tuple[list[tuple[int, int, StoryReason]], list[datetime]]:
    """Decide each article's story; return (article, story, why), and when those that begin now were first seen.

    The n-th story that begins has the number -n. It is known to the articles behind it as one of an earlier round is.
    """
    assigned: list[tuple[int, int, StoryReason]] = []
    begun: list[datetime] = []
    for article, key in zip(waiting, keys, strict=True):
        same = [KnownText(known[key], article.first_seen_at)] if key is not None and key in known else []
        decided = assign(by_url=(), by_text=same, seen_at=article.first_seen_at)
        story = decided.story_id
        if story is None:
            begun.append(article.first_seen_at)
            story = -len(begun)
        assigned.append((article.id, story, decided.reason))
        if key is not None:
            known[key] = story
    return assigned, begun
