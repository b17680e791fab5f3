"""New articles → stories: a queue stage of its own, worked by one holder of a named lease.

::

    unassigned articles ──text_key──▶ known stories of that text, no boilerplate ──news.stories.assign──▶ story

Membership is decided once, on an article's first revision; see "Rules of identity" in ``docs/architecture.md``. Two
processes that take in two copies at once make one story, since only one of them assigns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from news.store import assignments, leases
from news.store.assignments import UnassignedArticle
from news.stories import WINDOW, KnownText, assign, is_boilerplate, own_key, text_key
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
    keys = [_Keys(text_key(one.title, one.text), own_key(one.title, one.text)) for one in waiting]
    assignments.drop_texts(conn, now - WINDOW)
    known = assignments.text_stories(conn, sorted({key for both in keys for key in both if key is not None}))
    titles = assignments.titles_of(conn, sorted(set(known.values())))
    assigned, begun = _assigned(waiting, keys, known, titles)
    # A story of this round stands as a negative number until it has its id: all are made in one statement.
    ids = assignments.create_stories(conn, begun)
    stories = [(article, ids[-story - 1] if story < 0 else story, reason) for article, story, reason in assigned]
    assignments.assign_stories(conn, stories)
    # Of a text the story that had it first stays the one it leads to.
    texts: dict[str, int] = {}
    for both, (_, story, _) in zip(keys, stories, strict=True):
        for key in both:
            if key is not None:
                texts.setdefault(key, story)
    assignments.put_texts(conn, texts, now)
    # Given back at once, so that nobody waits for it to run out: the transaction is what keeps others away.
    leases.release(conn, LEASE, token)
    return len(stories)


class _Keys(NamedTuple):
    """What an article's text is known by."""

    text: str | None
    #: with its title
    own: str | None


def _assigned(
    waiting: Sequence[UnassignedArticle],
    keys: Sequence[_Keys],
    known: dict[str, int],
    titles: dict[tuple[int, int], set[str]],
) -> tuple[list[tuple[int, int, StoryReason]], list[datetime]]:
    """Decide each article's story; return (article, story, why), and when those that begin now were first seen.

    The n-th story that begins has the number -n. It is known to the articles behind it as one of an earlier round is.
    """
    assigned: list[tuple[int, int, StoryReason]] = []
    begun: list[datetime] = []
    for article, both in zip(waiting, keys, strict=True):
        same = _same(article, both, known, titles)
        by_text = [] if same is None else [KnownText(same, article.first_seen_at)]
        decided = assign(by_url=(), by_text=by_text, seen_at=article.first_seen_at)
        story = decided.story_id
        if story is None:
            begun.append(article.first_seen_at)
            story = -len(begun)
        assigned.append((article.id, story, decided.reason))
        titles.setdefault((story, article.feed_id), set()).add(article.title)
        for key in both:
            if key is not None:
                known.setdefault(key, story)
    return assigned, begun


def _same(
    article: UnassignedArticle, keys: _Keys, known: dict[str, int], titles: dict[tuple[int, int], set[str]]
) -> int | None:
    """Return the story of the same text; what a feed says under every title makes no story."""
    if keys.own is not None and keys.own in known:
        return known[keys.own]
    story = None if keys.text is None else known.get(keys.text)
    if story is None or is_boilerplate(article.title, titles.get((story, article.feed_id), ())):
        return None
    return story
