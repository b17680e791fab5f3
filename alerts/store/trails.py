"""What the watchlists made of a story: matches, what each alert had to tell of it, and what became of the messages.

::

    story ──match_trails──▶ match (watchlist) ──▶ due (alert) ──▶ message (part, recipient) ──▶ delivery

For people who ask after one address; read only. ``news.store.trails`` has what came before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from alerts.store.spans import unpack_span
from alerts.types import ChannelKind, DeliveryState, Event, Span
from news.store import schema as s
from news.urls import listed

_m, _d, _a, _r, _p = s.match.c, s.due.c, s.article.c, s.revision.c, s.message.c


@dataclass(frozen=True, slots=True)
class MessageTrail:
    """A message for one recipient, and where its delivery stands."""

    #: Message-ID without angle brackets, and webhook-id
    message_id: str
    #: from 1
    part: int
    #: as it may be shown: an address, or the webhook's URL without userinfo and query
    recipient: str
    created_at: datetime
    #: the delivery's number in ``storywatch outbox``; None once a person discarded it
    delivery_id: int | None
    #: as listed; None as above
    target: str | None
    state: DeliveryState | None
    attempts: int
    #: the other side's own words, or what it waits for
    reason: str
    next_attempt_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueTrail:
    """What an alert had to tell of a match."""

    id: int
    alert_id: str
    urgent: bool
    created_at: datetime
    #: None until a digest took it
    told_at: datetime | None
    #: of the digest that took it, else what stands there in its place (``dues.EXPIRED``, "settled")
    due_key: str | None
    urgent_told_at: datetime | None
    #: the article that led when it was told first; it may be forgotten since
    teller_id: int | None
    #: stories that the digest told in all, this one with them
    told_with: int
    #: those of an urgent message, then those of the digest, by part and recipient
    messages: tuple[MessageTrail, ...]


@dataclass(frozen=True, slots=True)
class MatchTrail:
    """A match with the article that led to it."""

    id: int
    watchlist_id: str
    #: alerts.verdicts.Verdict
    verdict: str
    matched_at: datetime
    article_id: int
    #: of the revision that matched; empty once retention took its text
    title: str
    text: str
    language: str | None
    url: str | None
    source: str
    spans: tuple[Span, ...]
    dues: tuple[DueTrail, ...]


def match_trails(conn: Connection, story_id: int) -> dict[str, MatchTrail]:
    """Return what matched a story, by watchlist id; of watchlists that are gone from the configuration too."""
    new = _MATCHES.where(_m.story_id == story_id, _m.event == Event.NEW.value)
    return {row.watchlist_id: _match(conn, story_id, row) for row in conn.execute(new)}


def copy_trails(conn: Connection, story_id: int, article_id: int) -> dict[str, MatchTrail]:
    """Return what became of an article as a later copy of its story, by watchlist id."""
    own = and_(_m.event == Event.COPIES.value, _m.occasion == str(article_id))
    found = conn.execute(_MATCHES.where(_m.story_id == story_id, own))
    return {row.watchlist_id: _match(conn, story_id, row) for row in found}


def _match(conn: Connection, story_id: int, row: Any) -> MatchTrail:
    dues = conn.execute(select(s.due).where(_d.match_id == row.id).order_by(_d.id)).all()
    return MatchTrail(
        id=row.id,
        watchlist_id=row.watchlist_id,
        verdict=row.verdict,
        matched_at=row.matched_at,
        article_id=row.article_id,
        title=row.title,
        text=row.text,
        language=row.language,
        url=row.url,
        source=row.source,
        spans=tuple(unpack_span(span) for span in row.spans),
        dues=tuple(_due(conn, story_id, one) for one in dues),
    )


def _due(conn: Connection, story_id: int, row: Any) -> DueTrail:
    digest = _MESSAGES.where(_p.alert_id == row.alert_id, _p.due_key == row.due_key)
    messages = _urgent(conn, story_id, row) if row.urgent_told_at is not None else []
    messages += conn.execute(digest).all() if row.told_at is not None else []
    stories = select(func.count(_m.story_id.distinct())).join_from(s.due, s.match, _m.id == _d.match_id)
    count = stories.where(_d.alert_id == row.alert_id, _d.due_key == row.due_key)
    return DueTrail(
        id=row.id,
        alert_id=row.alert_id,
        urgent=row.urgent,
        created_at=row.created_at,
        told_at=row.told_at,
        due_key=row.due_key,
        urgent_told_at=row.urgent_told_at,
        teller_id=row.teller_id,
        told_with=int(conn.execute(count).scalar_one()) if row.told_at is not None else 0,
        messages=tuple(_message(one) for one in messages),
    )


def _urgent(conn: Connection, story_id: int, row: Any) -> list[Any]:
    """Return the urgent messages that an alert made when a due row was told: its story's own, if there is one."""
    made = and_(_p.alert_id == row.alert_id, _p.created_at == row.urgent_told_at, _p.due_key.startswith("urgent-"))
    found = list(conn.execute(_MESSAGES.where(made)).all())
    own = {f"urgent-{story_id}", f"urgent-{story_id}-{row.id}"}
    return [one for one in found if one.due_key in own] or found


def _message(row: Any) -> MessageTrail:
    webhook = row.channel == ChannelKind.WEBHOOK.value
    return MessageTrail(
        message_id=row.name,
        part=row.part,
        recipient=listed(row.recipient) if webhook else row.recipient,
        created_at=row.created_at,
        delivery_id=row.id,
        target=row.target,
        state=None if row.state is None else DeliveryState(row.state),
        attempts=row.attempts or 0,
        reason=row.reason or "",
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
    )


_MATCHES: Select[Any] = (
    select(
        _m.id,
        _m.watchlist_id,
        _m.verdict,
        _m.matched_at,
        _m.article_id,
        _m.spans,
        _r.title,
        _r.text,
        _r.language,
        _a.url,
        _a.source,
    )
    .join(s.article, _a.id == _m.article_id)
    .join(s.revision, _r.id == _m.revision_id)
    .order_by(_m.id)
)
_MESSAGES: Select[Any] = (
    select(
        _p.message_id.label("name"),
        *(_p[name] for name in ("part", "recipient", "channel", "created_at", "due_key")),
        *(s.delivery.c[name] for name in ("id", "target", "state", "attempts", "reason", "next_attempt_at", "sent_at")),
    )
    .join_from(s.message, s.delivery, s.delivery.c.message_id == _p.id, isouter=True)
    .order_by(_p.part, _p.recipient)
)
