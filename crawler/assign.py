"""New articles → stories: a queue stage of its own, worked by one holder of a named lease.

::

    unassigned articles ──text_key──▶ known stories of that text ──news.stories.assign──▶ story, joins

Membership is decided once, on an article's first revision; see "Rules of identity" in ``docs/architecture.md``. Two
processes that take in two copies at once make one story, since only one of them assigns.
"""

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

    Nothing is done, and 0 returned, while another process holds the stage.
    """
    if leases.take(conn, LEASE, holder=holder, now=now, lasts=_LEASE_LASTS) is None:
        return 0
    waiting = assignments.unassigned(conn, most)
    keys = {article.id: text_key(article.title, article.text) for article in waiting}
    # A story of this round is known to the articles behind it, as one of an earlier round is.
    assignments.drop_texts(conn, now - WINDOW)
    known = assignments.text_stories(conn, sorted({key for key in keys.values() if key is not None}))
    assigned: list[tuple[int, int, StoryReason]] = []
    texts: dict[str, int] = {}
    for article in waiting:
        story_id, reason = _story_of(conn, article, keys[article.id], known)
        assigned.append((article.id, story_id, reason))
        key = keys[article.id]
        if key is not None:
            known[key] = texts[key] = story_id
    assignments.assign_stories(conn, assigned)
    assignments.put_texts(conn, texts, now)
    return len(assigned)


def _story_of(
    conn: Connection, article: UnassignedArticle, key: str | None, known: dict[str, int]
) -> tuple[int, StoryReason]:
    """Return the story of an article, a new one where it carries a new text."""
    same = [KnownText(known[key], article.first_seen_at)] if key is not None and key in known else []
    decided = assign(by_url=(), by_text=same, seen_at=article.first_seen_at)
    story_id = decided.story_id
    if story_id is None:
        (story_id,) = assignments.create_stories(conn, [article.first_seen_at])
    return story_id, decided.reason
