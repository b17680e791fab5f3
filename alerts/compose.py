"""What is due → digests → messages in the outbox.

::

    open dues ──gather──▶ policy.decide ──▶ Composition ──render──▶ messages ──commit──▶ message, delivery; dues told
     (reading)              (pure)                     (a thread)             (one transaction)

One holder of a named lease composes, so nothing but new rows comes between gathering and committing; its token is
checked with the commit. A crash before that repeats the round and arrives at the same keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jinja2 import Environment
from sqlalchemy import Connection

from alerts import digest, policy, render
from alerts.policy import OpenDue, Plan, Send
from alerts.store import dues, items, outbox, targets, watchlists
from alerts.store.dues import Mark, OpenRow
from alerts.store.watchlists import AlertRow, WatchlistRow
from alerts.types import Alert, ChannelKind, Digest, FeedTrouble, Message
from news.store import feeds, leases, threads
from news.types import FeedState

LEASE = "compose"

#: digests after which a round ends; the next follows at once
_MOST_DIGESTS = 100


@dataclass(frozen=True, slots=True)
class Voice:
    """What messages are rendered with."""

    templates: Environment
    version: str
    #: ``Name <address>``; None where nothing goes by email
    sender: str | None
    public_url: str | None


@dataclass(frozen=True, slots=True)
class Composition:
    """What one alert is about to tell, or to leave out."""

    alert: Alert
    plan: Plan
    #: one for each of ``plan.sends``
    digests: tuple[Digest, ...]
    #: the article that leads, by the due that it tells
    tellers: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Looked:
    """Remembers when each alert is next worth a look, so that an idle service asks little."""

    wake_at: dict[str, datetime] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)

    def may_skip(self, alert_id: str, mark: Mark, now: datetime) -> bool:
        """Whether nothing can have changed since the last look."""
        return self.marks.get(alert_id) == mark and now < self.wake_at[alert_id]

    def note(self, alert_id: str, mark: Mark, wake_at: datetime | None, *, most: datetime) -> None:
        """Remember a look that found nothing to do; a pause may begin or end without a word, so never for long."""
        self.marks[alert_id] = mark
        self.wake_at[alert_id] = most if wake_at is None else min(wake_at, most)


def gather(
    conn: Connection,
    alerts: Sequence[Alert],
    *,
    now: datetime,
    looked: Looked | None = None,
    threads_since: datetime | None = None,
) -> list[Composition]:
    """Return what there is to tell, to skip or to settle now; without ``looked``, every alert is looked at.

    ``threads_since`` is since when stories must have been first seen to be given a thread; None where none is. A digest
    by events waits a little for the threads of its stories.
    There may be more: a round is bounded, so that it is rendered before its lease runs out. Ask until nothing comes.
    """
    marks = {} if looked is None else dues.marks(conn)
    wanted = [
        alert
        for alert in alerts
        if looked is None or not looked.may_skip(alert.id, marks.get(alert.id, dues.NOTHING), now)
    ]
    if not wanted:
        return []
    lists, rows = watchlists.watchlists(conn), watchlists.alerts(conn)
    held = _held(conn, now)
    waiting = dues.open_dues(conn, [alert.id for alert in wanted])
    plans: list[tuple[Alert, Plan]] = []
    for alert in wanted:
        row = rows.get(alert.id)
        if row is None:
            continue
        opened = _told_of(alert, waiting.get(alert.id, ()), lists, now)
        grouping = (
            alert.by_thread
            and threads_since is not None
            and threads.any_unplaced(conn, {one.story_id for one in opened}, threads_since)
        )
        plan = _decide(conn, alert, row, opened, lists, held=alert.target.name in held, grouping=grouping, now=now)
        if plan.sends or plan.skip or plan.settled:
            plans.append((alert, plan))
            if sum(len(one.sends) for _, one in plans) >= _MOST_DIGESTS:
                break
        elif looked is not None:
            mark = marks.get(alert.id, dues.NOTHING)
            looked.note(alert.id, mark, plan.wake_at, most=now + timedelta(minutes=1))
    troubles = feed_troubles(conn) if any(plan.sends for _, plan in plans) else ()
    return [_composition(conn, alert, plan, lists, troubles) for alert, plan in plans]


def gather_one(conn: Connection, alert: Alert, *, now: datetime) -> Composition:
    """Return the digest of everything an alert has open, for a preview or to send it now, which ends its window."""
    lists, row = watchlists.watchlists(conn), watchlists.alerts(conn).get(alert.id)
    opened = _told_of(alert, dues.open_dues(conn, [alert.id]).get(alert.id, ()), lists, now)
    send = policy.send_now(
        alert,
        now=now,
        told_to=row.told_to if row else None,
        created_at=row.created_at if row else now,
        open=[_open(one) for one in opened],
    )
    return _composition(conn, alert, Plan((send,), None, send.reason), lists, feed_troubles(conn))


def look(conn: Connection, alert: Alert, *, now: datetime) -> Plan | None:
    """Return what an alert tells now or waits for, and why, and do nothing; None before a run took it over."""
    row = watchlists.alerts(conn).get(alert.id)
    if row is None:
        return None
    lists = watchlists.watchlists(conn)
    opened = _told_of(alert, dues.open_dues(conn, [alert.id]).get(alert.id, ()), lists, now)
    return _decide(conn, alert, row, opened, lists, held=alert.target.name in _held(conn, now), now=now)


def rendered(composition: Composition, voice: Voice) -> list[Message]:
    """Render every digest of a composition for every recipient; takes CPU, belongs in a thread."""
    messages: list[Message] = []
    for one in composition.digests:
        if composition.alert.target.channel is ChannelKind.WEBHOOK:
            messages += render.webhook(one, version=voice.version)
        else:
            for recipient in composition.alert.target.recipients:
                messages += render.email(
                    one,
                    sender=voice.sender or "",
                    recipient=recipient,
                    public_url=voice.public_url,
                    version=voice.version,
                    templates=voice.templates,
                )
    return messages


def commit(
    conn: Connection,
    made: Sequence[tuple[Composition, Sequence[Message]]],
    names: Mapping[str, str],
    *,
    token: int,
    now: datetime,
) -> int:
    """Put messages in the outbox and note what they told, in this transaction; return how many are new.

    ``names`` are watchlists' names by id, for listings. Raises StaleLeaseError if another process composes now.
    """
    leases.check(conn, LEASE, token)
    added = 0
    for composition, messages in made:
        alert = composition.alert
        listed = ", ".join(names.get(one, one) for one in alert.watchlists)
        for message in messages:
            added += outbox.add_message(conn, message, alert.target.name, listed, now) is not None
        for send in composition.plan.sends:
            _note(conn, composition, send, now)
        if composition.plan.settled:
            dues.tell(conn, composition.plan.settled, due_key="settled", now=now, urgent=False)
        if composition.plan.skip is not None:
            watchlists.advance(conn, alert.id, composition.plan.skip.window_to)
    # Given back at once: a command that sends a digest by hand does not wait for the lease to run out.
    leases.release(conn, LEASE, token)
    return added


def _note(conn: Connection, composition: Composition, send: Send, now: datetime) -> None:
    tellers = composition.tellers
    dues.tell(conn, send.due_ids, due_key=send.due_key, now=now, urgent=not send.final, tellers=tellers)
    if send.final:
        watchlists.advance(conn, composition.alert.id, send.window_to)


def _held(conn: Connection, now: datetime) -> set[str]:
    return {row.name for row in targets.list_targets(conn) if row.off_at is not None or row.is_paused(now)}


def _told_of(
    alert: Alert, opened: Sequence[OpenRow], lists: Mapping[str, WatchlistRow], now: datetime
) -> list[OpenRow]:
    """Leave out what belongs to a paused watchlist, or to one that the alert no longer tells of: it waits."""
    told = {one for one in alert.watchlists if one in lists and not lists[one].is_paused(now)}
    return [row for row in opened if row.watchlist_id in told]


def _open(row: OpenRow) -> OpenDue:
    return OpenDue(row.id, row.story_id, row.created_at, row.urgent, row.urgent_told_at, row.event)


def _decide(
    conn: Connection,
    alert: Alert,
    row: AlertRow,
    opened: Sequence[OpenRow],
    lists: Mapping[str, WatchlistRow],
    *,
    held: bool,
    grouping: bool = False,
    now: datetime,
) -> Plan:
    paused = all(one in lists and lists[one].is_paused(now) for one in alert.watchlists)
    recent: list[datetime] = []
    if alert.at_most is not None:
        recent = dues.composed_since(conn, alert.id, now - timedelta(seconds=alert.at_most.per_s))
    return policy.decide(
        alert,
        now=now,
        told_to=row.told_to,
        created_at=row.created_at,
        open=[_open(one) for one in opened],
        sent_recently=recent,
        held=held or paused,
        grouping=grouping,
    )


def _composition(
    conn: Connection,
    alert: Alert,
    plan: Plan,
    lists: Mapping[str, WatchlistRow],
    troubles: Sequence[FeedTrouble],
) -> Composition:
    led = items.items(conn, sorted({one for send in plan.sends for one in send.due_ids}), alert)
    told = {one: (of.watchlist_id, of.item) for one, of in led.items()}
    names = {one: lists[one].name if one in lists else one for one in alert.watchlists}
    digests = tuple(
        digest.compose(alert, send, [told[one] for one in send.due_ids if one in told], troubles, names)
        for send in plan.sends
    )
    return Composition(alert, plan, digests, {one: of.article_id for one, of in led.items()})


def feed_troubles(conn: Connection) -> tuple[FeedTrouble, ...]:
    """Return the feeds that cannot be relied on, for the foot of a digest."""
    return tuple(
        FeedTrouble(row.shown_name, row.url, row.reason or row.error or row.state.value, row.state_since)
        for row in feeds.list_feeds(conn)
        if row.active and row.state in (FeedState.FAILING, FeedState.SILENT, FeedState.RESTING)
    )
