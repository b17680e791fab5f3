"""Stories on their way to a thread, and what the next ones are compared with.

::

    waiting ──▶ embedded and placed (news.threads, pure) ──▶ create_threads, put ──▶ active, evidence_of ──▶ the next

A story waits in ``story.thread_id IS NULL``, until it is placed, is passed over (``thread_reason`` says so then) or
grows too old. Threads that turn out to be one event are joined, and the older id stays. Worked by one holder of a named
lease at a time; two stories that are joined, and what retention takes, change these rows at any time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)

from news.store.schema import Instant, article, match, revision, spike, story, story_evidence, thread
from news.store.sql import chunks, insert_or_ignore

#: stand in ``story.thread_reason`` of a story that is in no thread
PASSED_OVER = "its text could not be embedded"
NO_TEXT = "there is no text of it"
TOO_OLD = "it is older than the days in which events are looked for"


@dataclass(frozen=True, slots=True)
class WaitingStory:
    """A story without a thread, with the text of its first article."""

    id: int
    first_seen_at: datetime
    #: its source's time where it gave an instant
    published_at: datetime | None
    language: str | None
    title: str
    text: str
    #: the host of the article, whose furniture may stand in the text
    host: str


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """What a story that has a thread is compared by, as it is stored."""

    story_id: int
    thread_id: int
    vector: bytes
    features: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A story with its thread, about to be stored."""

    story_id: int
    thread_id: int
    #: None where it began the thread
    score: float | None
    reason: str | None
    #: news.embedding.MODEL
    model: str
    vector: bytes
    features: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ThreadStory:
    """A story of a thread, as listings show it: by its first article that still has a text."""

    id: int
    title: str
    source: str
    url: str | None
    language: str | None
    first_seen_at: datetime
    score: float | None
    reason: str | None


# ── what waits ──────────


def any_waiting(conn: Connection, since: datetime) -> bool:
    """Whether a story first seen since an instant waits for its thread."""
    return conn.execute(_WAITING.limit(1), {"since": since}).first() is not None


def waiting(conn: Connection, *, since: datetime, most: int) -> list[WaitingStory]:
    """Return stories that wait: those that a watchlist matched first, then the newest.

    One whose texts retention took has an empty one.
    """
    ids = list(conn.execute(_MATCHED.limit(most), {"since": since}).scalars())
    if len(ids) < most:
        # As many more as are in hand already, for those stand among the newest too.
        newest = conn.execute(_WAITING.limit(most + len(ids)), {"since": since}).scalars()
        ids = list(dict.fromkeys((*ids, *newest)))[:most]
    found: dict[int, WaitingStory] = {}
    for part in chunks(ids):
        for row in conn.execute(_TEXTS, {"ids": part}):
            if row.id not in found:
                found[row.id] = WaitingStory(*row)
    return [found[one] for one in ids if one in found]


def any_unplaced(conn: Connection, story_ids: Collection[int], since: datetime) -> bool:
    """Whether one of these stories, first seen since an instant, waits for its thread."""
    return any(
        conn.execute(_UNPLACED, {"ids": part, "since": since}).first() is not None for part in chunks(sorted(story_ids))
    )


def pass_over(conn: Connection, story_ids: Collection[int], why: str) -> None:
    """Let stories wait no longer: ``PASSED_OVER``, ``NO_TEXT`` or ``TOO_OLD``."""
    for part in chunks(sorted(story_ids)):
        conn.execute(_PASS_OVER, {"ids": part, "why": why})


# ── what is active ──────────


def active(conn: Connection, *, model: str, since: datetime, most: int) -> dict[int, int]:
    """Return the threads of the newest stories that others are compared with, by story."""
    rows = conn.execute(_ACTIVE, {"model": model, "since": since, "most": most})
    return {int(story_id): int(thread_id) for story_id, thread_id in rows}


def evidence_of(conn: Connection, story_ids: Collection[int]) -> list[StoredEvidence]:
    """Return what these stories are compared by, in the order of their ids."""
    return [
        StoredEvidence(*row) for part in chunks(sorted(story_ids)) for row in conn.execute(_EVIDENCE, {"ids": part})
    ]


# ── what is decided ──────────


def still_waiting(conn: Connection, story_ids: Collection[int]) -> set[int]:
    """Return those of these stories that wait yet: none joined another, was placed or forgotten meanwhile."""
    return {int(one) for part in chunks(sorted(story_ids)) for one in conn.execute(_STILL, {"ids": part}).scalars()}


def present(conn: Connection, thread_ids: Collection[int]) -> dict[int, int]:
    """Return what these threads are by now: themselves, or the thread that each joined; none for one that is gone."""
    return {
        int(one): int(joined or one)
        for part in chunks(sorted(thread_ids))
        for one, joined in conn.execute(_PRESENT, {"ids": part})
    }


def create_threads(conn: Connection, first_seen: Sequence[datetime]) -> list[int]:
    """Make a thread for each of these instants and return their ids in the same order."""
    # One at a time: a round has few, and only so are the ids surely in order.
    return [int(conn.execute(_CREATE, {"first_seen_at": instant}).scalar_one()) for instant in first_seen]


def put(conn: Connection, placed: Sequence[Placed]) -> None:
    """Put stories into their threads, with what the next ones are compared with."""
    if not placed:
        return
    conn.execute(
        _PUT,
        [{"of": one.story_id, "to": one.thread_id, "score": one.score, "why": one.reason} for one in placed],
    )
    rows = [
        {"story_id": one.story_id, "model": one.model, "vector": one.vector, "features": one.features, "at": one.at}
        for one in placed
    ]
    conn.execute(_KEEP[conn.dialect.name], rows)


def join_threads(conn: Connection, one: int, other: int) -> int:
    """Make two threads one and return the id that stays: the older. Threads that had joined either follow."""
    older, younger = min(one, other), max(one, other)
    if older != younger:
        ids = {"older": older, "younger": younger}
        conn.execute(_MOVE_STORIES, ids)
        conn.execute(_MOVE_SPIKES, ids)
        conn.execute(_AGE, ids)
        conn.execute(_POINT, ids)
    return older


def join_stories(conn: Connection, older: int, younger: int) -> None:
    """Leave one thread to two stories that turned out to be one: the older's, else the younger's.

    The same for what it is compared by. A thread that has no story left goes.
    """
    ids = [older, younger]
    rows = {row.id: row for row in conn.execute(_BOTH, {"ids": ids})}
    if younger not in rows or older not in rows or rows[younger].thread_id is None:
        return
    kept, gone = rows[older], rows[younger]
    if kept.thread_id is None:
        values = {"to": gone.thread_id, "score": gone.thread_score, "why": gone.thread_reason}
        conn.execute(_PUT, {"of": older, **values})
    # Read behind the lock: what was placed while this waited for it is seen.
    evident = set(conn.execute(_EVIDENT, {"ids": ids}).scalars())
    if older in evident or younger not in evident:
        conn.execute(_DROP_EVIDENCE_OF, {"ids": [younger]})
    else:
        conn.execute(_MOVE_EVIDENCE, {"older": older, "younger": younger})
    conn.execute(_PUT, {"of": younger, "to": None, "score": None, "why": None})
    drop_empty(conn, [gone.thread_id])


# ── what goes ──────────


def drop_evidence(conn: Connection, before: datetime) -> int:
    """Forget what no new story is compared with any more; return how much that was."""
    return conn.execute(_DROP_EVIDENCE, {"before": before}).rowcount


def drop_evidence_of(conn: Connection, story_ids: Sequence[int]) -> set[int]:
    """Forget what stories that go are compared by, and return the threads that they were in, for ``drop_empty``."""
    conn.execute(_DROP_EVIDENCE_OF, {"ids": story_ids})
    return {int(one) for one in conn.execute(_THREADS_OF, {"ids": story_ids}).scalars()}


def drop_empty(conn: Connection, thread_ids: Iterable[int]) -> None:
    """Forget those of these threads that have neither a story nor a spike, with the threads that had joined them."""
    for part in chunks(sorted(set(thread_ids))):
        gone = list(conn.execute(_EMPTY, {"ids": part}).scalars())
        if gone:
            conn.execute(_DROP_JOINED, {"ids": gone})
            conn.execute(_DROP, {"ids": gone})


# ── what is shown ──────────


def stories_of(conn: Connection, thread_id: int, *, most: int) -> list[ThreadStory]:
    """Return the newest stories of a thread, or of the one that it joined, newest first."""
    ids = present(conn, [thread_id])
    if thread_id not in ids:
        return []
    wanted = list(conn.execute(_STORIES_OF, {"of": ids[thread_id], "most": most}).scalars())
    found: dict[int, ThreadStory] = {}
    for part in chunks(wanted):
        for row in conn.execute(_SHOWN, {"ids": part}):
            if row.id not in found:
                found[row.id] = ThreadStory(*row)
    return [found[one] for one in wanted if one in found]


def place_of(conn: Connection, story_id: int) -> tuple[int | None, float | None, str | None]:
    """Return a story's thread, how likely it belongs there, and what spoke for it."""
    row = conn.execute(_PLACE, {"of": story_id}).first()
    return (None, None, None) if row is None else (row.thread_id, row.thread_score, row.thread_reason)


def count_stories(conn: Connection, thread_ids: Collection[int]) -> Mapping[int, int]:
    """Return how many stories these threads have."""
    found: dict[int, int] = {}
    for part in chunks(sorted(thread_ids)):
        found.update((int(of), int(count)) for of, count in conn.execute(_COUNT, {"ids": part}))
    return found


_ids: BindParameter[Any] = bindparam("ids", expanding=True)
#: written as the partial index of ``schema`` has it
_WAITS = and_(story.c.thread_id.is_(None), story.c.thread_reason.is_(None), story.c.joined_into.is_(None))
_SINCE = story.c.first_seen_at >= bindparam("since", type_=Instant)
_WAITING = select(story.c.id).where(_WAITS, _SINCE).order_by(story.c.first_seen_at.desc(), story.c.id.desc())
_MATCHED = _WAITING.where(exists().where(match.c.story_id == story.c.id))
_UNPLACED = select(story.c.id).where(story.c.id.in_(_ids), _WAITS, _SINCE).limit(1)
# Held to the commit on PostgreSQL: nobody joins or forgets them in between.
_STILL = select(story.c.id).where(story.c.id.in_(_ids), _WAITS).order_by(story.c.id).with_for_update()
_EMPTIED = and_(revision.c.title == "", revision.c.text == "")
_own = revision.alias("own")
_FIRST = select(func.min(_own.c.number)).where(_own.c.article_id == article.c.id).scalar_subquery()
_NEWEST = select(func.max(_own.c.number)).where(_own.c.article_id == article.c.id).scalar_subquery()
_ARTICLES = story.join(article, article.c.story_id == story.c.id).join(revision, revision.c.article_id == article.c.id)
_TEXTS = (
    select(
        story.c.id,
        story.c.first_seen_at,
        article.c.published_at,
        revision.c.language,
        revision.c.title,
        revision.c.text,
        article.c.host,
    )
    .select_from(_ARTICLES)
    .where(story.c.id.in_(_ids), revision.c.number == _FIRST)
    .order_by(case((_EMPTIED, 1), else_=0), article.c.id)
)
_PASS_OVER = update(story).where(story.c.id.in_(_ids), _WAITS).values(thread_reason=bindparam("why"))
_ACTIVE = (
    select(story_evidence.c.story_id, story.c.thread_id)
    .join_from(story_evidence, story, story.c.id == story_evidence.c.story_id)
    .where(
        story_evidence.c.at >= bindparam("since", type_=Instant),
        story_evidence.c.model == bindparam("model"),
        story.c.thread_id.is_not(None),
    )
    .order_by(story_evidence.c.at.desc(), story_evidence.c.story_id.desc())
    .limit(bindparam("most"))
)
_EVIDENCE = (
    select(
        story_evidence.c.story_id,
        story.c.thread_id,
        story_evidence.c.vector,
        story_evidence.c.features,
        story_evidence.c.at,
    )
    .join_from(story_evidence, story, story.c.id == story_evidence.c.story_id)
    .where(story_evidence.c.story_id.in_(_ids), story.c.thread_id.is_not(None))
    .order_by(story_evidence.c.story_id)
)
_PRESENT = select(thread.c.id, thread.c.joined_into).where(thread.c.id.in_(_ids))
_CREATE = insert(thread).returning(thread.c.id)
_PUT = (
    update(story)
    .where(story.c.id == bindparam("of"))
    .values(thread_id=bindparam("to"), thread_score=bindparam("score"), thread_reason=bindparam("why"))
)
_KEEP = insert_or_ignore(story_evidence)
_MOVE_STORIES = update(story).where(story.c.thread_id == bindparam("younger")).values(thread_id=bindparam("older"))
_MOVE_SPIKES = update(spike).where(spike.c.thread_id == bindparam("younger")).values(thread_id=bindparam("older"))
_other = thread.alias("other")
_younger_seen = select(_other.c.first_seen_at).where(_other.c.id == bindparam("younger")).scalar_subquery()
_AGE = (
    update(thread)
    .where(thread.c.id == bindparam("older"))
    .values(first_seen_at=case((thread.c.first_seen_at < _younger_seen, thread.c.first_seen_at), else_=_younger_seen))
)
# Threads that had joined the younger follow it, so that an old id is one step from the present one.
_POINT = (
    update(thread)
    .where((thread.c.id == bindparam("younger")) | (thread.c.joined_into == bindparam("younger")))
    .values(joined_into=bindparam("older"))
)
#: held to the commit on PostgreSQL: who places them now goes first, or finds them joined
_BOTH = (
    select(story.c.id, story.c.thread_id, story.c.thread_score, story.c.thread_reason)
    .where(story.c.id.in_(_ids))
    .order_by(story.c.id)
    .with_for_update()
)
_EVIDENT = select(story_evidence.c.story_id).where(story_evidence.c.story_id.in_(_ids))
_MOVE_EVIDENCE = (
    update(story_evidence).where(story_evidence.c.story_id == bindparam("younger")).values(story_id=bindparam("older"))
)
_DROP_EVIDENCE = delete(story_evidence).where(story_evidence.c.at < bindparam("before", type_=Instant))
_DROP_EVIDENCE_OF = delete(story_evidence).where(story_evidence.c.story_id.in_(_ids))
_THREADS_OF = select(story.c.thread_id).where(story.c.id.in_(_ids), story.c.thread_id.is_not(None)).distinct()
_EMPTY = select(thread.c.id).where(
    thread.c.id.in_(_ids),
    thread.c.joined_into.is_(None),
    not_(exists().where(story.c.thread_id == thread.c.id)),
    not_(exists().where(spike.c.thread_id == thread.c.id)),
)
_DROP_JOINED = delete(thread).where(thread.c.joined_into.in_(_ids))
_DROP = delete(thread).where(thread.c.id.in_(_ids))
_STORIES_OF = (
    select(story.c.id)
    .where(story.c.thread_id == bindparam("of"), story.c.joined_into.is_(None))
    .order_by(story.c.first_seen_at.desc(), story.c.id.desc())
    .limit(bindparam("most"))
)
_SHOWN = (
    select(
        story.c.id,
        revision.c.title,
        article.c.source,
        article.c.url,
        revision.c.language,
        story.c.first_seen_at,
        story.c.thread_score,
        story.c.thread_reason,
    )
    .select_from(_ARTICLES)
    .where(story.c.id.in_(_ids), revision.c.number == _NEWEST)
    .order_by(case((_EMPTIED, 1), else_=0), article.c.id)
)
_PLACE = select(story.c.thread_id, story.c.thread_score, story.c.thread_reason).where(story.c.id == bindparam("of"))
_COUNT = (
    select(story.c.thread_id, func.count())
    .where(story.c.thread_id.in_(_ids), story.c.joined_into.is_(None))
    .group_by(story.c.thread_id)
)
