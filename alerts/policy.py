"""What an alert tells now, what waits, and why.

::

    alert, now, what is open, what was last sent ──decide──▶ Plan ──┬─▶ Send …   compose and put in the outbox, now
                                                                    ├─▶ Skip     nothing to tell: the window moves on
                                                                    └─▶ wake_at  look again then at the latest

Pure: no clock, no store. The caller carries a plan out in one transaction, so that a plan that was cut short by a crash
is made again from the same facts, with the same keys. When a digest is due follows from its schedule and from
``told_to``, the end of what was last told: boot, sleep, crash and daylight saving need no cases of their own.

Which rule wins, from the strongest: held (the target is paused or off), urgent, quiet hours, the rate of ``at_most``,
the schedule or ``gather``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from alerts.plans import OpenDue, Plan, Reason, Remark, Send, Skip
from alerts.schedules import Every, Immediately, Schedule, parse_schedule
from alerts.types import Alert, Event
from alerts.wallclock import after_quiet

__all__ = ["OpenDue", "Plan", "Reason", "Remark", "Send", "Skip", "decide", "parse_schedule", "send_now", "upcoming"]

#: what is later than this was kept back by something else than the service's own round of at most a minute
_LATE = timedelta(minutes=5)
#: the same for schedules of seconds: two of their turns, and at least this
_LATE_AT_LEAST = timedelta(seconds=5)
#: a digest by events waits so long, after it is due, for the events of its stories
_GROUPING = timedelta(minutes=1)
#: while it waits it is looked at so often
_GROUPED_SOON = timedelta(seconds=1)
#: beyond ``at_most``, one digest each quarter of an hour, aligned to midnight like any other
_BRAKE = Every(timedelta(minutes=15))
#: messages of one plan; the rest follow in the next, at once
_MOST_SENDS = 100
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The arguments of ``decide`` with what follows from them at once."""

    alert: Alert
    zone: tzinfo
    schedule: Schedule
    now: datetime
    #: end of what was last told, else since when the alert stands
    base: datetime
    #: messages left before ``at_most`` is reached; None without a limit
    left: int | None
    #: when its last message was composed, as far as is known
    last_sent: datetime | None
    #: it tells by events, and a story of what is open waits for its own
    grouping: bool

    def released(self, at: datetime) -> datetime:
        """When what is ready at ``at`` may go, seen from the quiet hours."""
        return after_quiet(at, self.alert.quiet_hours, self.zone)

    @property
    def quiet(self) -> bool:
        """Whether the quiet hours hold now."""
        return self.released(self.now) > self.now

    def ready(self, due: OpenDue) -> datetime:
        """When an immediate alert would tell ``due``, but for quiet hours and rate."""
        return due.created_at + timedelta(seconds=self.alert.gather_s)

    def braked_until(self, ready: datetime) -> datetime:
        """When what has been ready since ``ready`` may go although ``at_most`` is reached."""
        last = max(ready, self.last_sent) if self.last_sent is not None else ready
        return _BRAKE.next_after(last, self.zone) or last


def decide(
    alert: Alert,
    *,
    now: datetime,
    told_to: datetime | None,
    created_at: datetime,
    open: Sequence[OpenDue],  # noqa: A002  # the word of the schema: ix_due_open
    sent_recently: Sequence[datetime] = (),
    held: bool = False,
    grouping: bool = False,
) -> Plan:
    """Decide what ``alert`` tells at ``now``.

    ``told_to`` is the end of the last window told or skipped, ``created_at`` when the alert was first configured.
    ``open`` holds every due that is not done. ``sent_recently`` are the times at which the alert's messages of at
    least the last ``at_most.per_s`` seconds were composed, one a Send whatever its parts and recipients; it is looked
    at only where ``at_most`` is set. ``held`` says that nothing may go to the target now; ``grouping`` that the alert
    tells by events, and that one of its stories waits for its own: a digest on a schedule then waits a little.
    """
    if held:
        return Plan((), None, Reason.HELD)
    dues = sorted(open, key=_age)
    facts = _facts(alert, now, told_to or created_at, sent_recently, grouping=grouping)
    immediate = isinstance(facts.schedule, Immediately)
    fresh = [due for due in dues if due.urgent and due.urgent_told_at is None]
    urgent_stories = {due.story_id for due in fresh}
    # What came later of a story that goes at once stands in its message.
    along = [
        due
        for due in dues
        if due.event is Event.COPIES and due.story_id in urgent_stories and due.urgent_told_at is None
    ]
    urgents = _urgent(facts, sorted([*fresh, *along], key=_age), final=immediate)
    if facts.left is not None:
        facts = replace(facts, left=max(0, facts.left - len(urgents)))
    if immediate:
        told = tuple(due.id for due in dues if due.urgent_told_at is not None)
        gone = {due.id for due in (*fresh, *along)}
        rest = _immediate(facts, [due for due in dues if due.id not in gone and due.urgent_told_at is None])
        rest = replace(rest, settled=told)
    else:
        rest = _scheduled(facts, dues)
    sends = (*urgents, *rest.sends)
    if len(sends) > _MOST_SENDS:
        return replace(rest, sends=sends[:_MOST_SENDS], skip=None, wake_at=now, reason=Reason.MORE)
    return replace(rest, sends=sends)


def send_now(
    alert: Alert,  # noqa: ARG001  # what goes on request may come to depend on its alert
    *,
    now: datetime,
    told_to: datetime | None,
    created_at: datetime,
    open: Sequence[OpenDue],  # noqa: A002  # as in decide
) -> Send:
    """Return the digest of everything open, for a preview, or since somebody asks for it now. It ends the window."""
    dues = sorted(open, key=_age)
    told = tuple({due.story_id: None for due in dues if due.urgent_told_at is not None})
    send = _send(dues, f"now-{_iso(now)}", told_to or created_at, now, Reason.ON_REQUEST)
    return replace(send, already_sent=told)


def upcoming(alert: Alert, now: datetime, n: int) -> list[datetime]:
    """Return the next ``n`` instants, in UTC, at which the alert's digests go, quiet hours included.

    Empty for what is immediate; shorter where a schedule comes no more.
    """
    zone, schedule = ZoneInfo(alert.timezone), parse_schedule(alert.schedule)
    found: list[datetime] = []
    at = now
    while len(found) < n:
        due = schedule.next_after(at, zone)
        if due is None:
            break
        release = after_quiet(due, alert.quiet_hours, zone)
        if not found or release > found[-1]:
            found.append(release)
        # What comes due in the quiet hours goes at their end, together with what is due right then.
        at = max(due, release - _TICK)
    return found


def _facts(alert: Alert, now: datetime, base: datetime, sent_recently: Sequence[datetime], *, grouping: bool) -> _Facts:
    left = None
    if alert.at_most is not None:
        since = now - timedelta(seconds=alert.at_most.per_s)
        left = max(0, alert.at_most.count - sum(1 for sent in sent_recently if sent > since))
    zone, schedule = ZoneInfo(alert.timezone), parse_schedule(alert.schedule)
    return _Facts(alert, zone, schedule, now, base, left, max(sent_recently, default=None), grouping)


def _urgent(facts: _Facts, dues: Sequence[OpenDue], *, final: bool) -> list[Send]:
    """Send what is urgent at once: a message a story, or all in one where ``at_most`` would be passed."""
    stories = _by_subject(dues)
    if facts.left is not None and len(stories) > max(1, facts.left):
        stories = [list(dues)]
    sends = []
    for group in stories:
        first = group[0].created_at
        send = _send(group, _key("urgent", facts.alert, group, first), first, facts.now, Reason.URGENT)
        sends.append(replace(send, urgent=True, final=final))
    return sends


def _immediate(facts: _Facts, dues: Sequence[OpenDue]) -> Plan:
    """Plan what an immediate alert tells of ``dues``, none of which is urgent."""
    if not dues:
        return Plan((), None, Reason.NOTHING)
    if facts.quiet:
        return Plan((), facts.released(facts.now), Reason.QUIET)
    first = facts.released(facts.ready(dues[0]))
    if first > facts.now:
        return Plan((), first, Reason.QUIET if first > facts.ready(dues[0]) else Reason.GATHERING)
    together, remarks, reason = _together(facts, dues)
    ids = {due.id for due in together}
    stories = _by_subject([due for due in dues if due.id not in ids])
    sends, left = list[Send](), facts.left
    if together and left != 0:
        sends.append(_group(facts, together, remarks, reason))
        together, remarks = [], ()
        left = left - 1 if left is not None else None
    alone = len(stories) if left is None else min(left, len(stories))
    for story in stories[:alone]:
        at = story[0].created_at
        sends.append(_send(story, _key("story", facts.alert, story, at), at, facts.now, Reason.IMMEDIATE))
    rest = sorted([*together, *(due for story in stories[alone:] for due in story)], key=_age)
    if not rest:
        return Plan(tuple(sends), None, Reason.NOTHING)
    until = facts.braked_until(facts.now if sends else facts.released(facts.ready(rest[0])))
    if until > facts.now:
        return Plan(tuple(sends), until, Reason.OVER_RATE)
    braked = _group(facts, rest, (*remarks, Remark.BRAKED), Reason.BRAKED)
    return Plan((*sends, braked), None, Reason.NOTHING)


def _together(facts: _Facts, dues: Sequence[OpenDue]) -> tuple[list[OpenDue], tuple[Remark, ...], Reason]:
    """Return what goes in one message: what gathered, slept, or could not go when it should have; and why."""
    patience = _LATE if facts.alert.at_most is None else _LATE + _BRAKE.step
    slept, late = set[tuple[Event, int]](), set[tuple[Event, int]]()
    for due in dues:
        release = facts.released(facts.ready(due))
        if release > facts.ready(due):
            slept.add(due.subject)
        if facts.now - release > patience:
            late.add(due.subject)
    remarks = (Remark.HELD_OVERNIGHT,) * bool(slept) + (Remark.LATE,) * bool(late)
    reason = Reason(remarks[0].value) if remarks else Reason.GATHERED
    gathered = facts.alert.gather_s > 0
    return [due for due in dues if gathered or due.subject in slept or due.subject in late], remarks, reason


def _scheduled(facts: _Facts, dues: Sequence[OpenDue]) -> Plan:
    """Plan the digest of an alert with a schedule."""
    due = facts.schedule.next_after(facts.base, facts.zone)
    if due is None:
        return Plan((), None, Reason.NOT_YET)
    release = facts.released(due)
    if due > facts.now:
        return Plan((), release, Reason.NOT_YET)
    after = facts.schedule.next_after(facts.now, facts.zone)
    wake_at = facts.released(after) if after is not None else None
    if not dues and not facts.alert.send_empty:
        return Plan((), wake_at, Reason.NOTHING, skip=Skip(facts.now))
    if facts.quiet:
        return Plan((), facts.released(facts.now), Reason.QUIET)
    braked = facts.left == 0
    if braked and facts.braked_until(release) > facts.now:
        return Plan((), facts.braked_until(release), Reason.OVER_RATE)
    if facts.grouping and facts.now - release < _GROUPING:
        return Plan((), facts.now + _GROUPED_SOON, Reason.GROUPING)
    remarks = (Remark.HELD_OVERNIGHT,) * (release > due)
    if braked:
        remarks += (Remark.BRAKED,)
    elif facts.now - release > _patience(facts, due):
        remarks += (Remark.LATE,)
    reason = Reason(remarks[0].value) if remarks else Reason.SCHEDULED if dues else Reason.EMPTY
    send = _send(dues, _iso(due), facts.base, facts.now, reason)
    # What is urgent and was not told yet goes in this very plan, before the digest.
    told = tuple({one.story_id: None for one in dues if one.urgent or one.urgent_told_at is not None})
    return Plan((replace(send, remarks=remarks, already_sent=told),), wake_at, Reason.NOT_YET)


def _patience(facts: _Facts, due: datetime) -> timedelta:
    """Return how much later than due a digest may go without saying so."""
    after = facts.schedule.next_after(due, facts.zone)
    return min(_LATE, max(2 * (after - due), _LATE_AT_LEAST)) if after is not None else _LATE


def _group(facts: _Facts, dues: Sequence[OpenDue], remarks: tuple[Remark, ...], reason: Reason) -> Send:
    key = _key("story", facts.alert, dues, facts.released(facts.ready(dues[0])))
    return replace(_send(dues, key, dues[0].created_at, facts.now, reason), remarks=remarks)


def _send(dues: Sequence[OpenDue], key: str, start: datetime, now: datetime, reason: Reason) -> Send:
    return Send(
        due_ids=tuple(due.id for due in dues),
        due_key=key,
        window_from=min(start, now),
        window_to=now,
        remarks=(),
        urgent=False,
        reason=reason,
    )


def _by_subject(dues: Sequence[OpenDue]) -> list[list[OpenDue]]:
    """Part dues by what each message is about, in the order of each one's first."""
    subjects: dict[tuple[Event, int], list[OpenDue]] = {}
    for due in dues:
        subjects.setdefault(due.subject, []).append(due)
    return list(subjects.values())


def _key(kind: str, alert: Alert, dues: Sequence[OpenDue], at: datetime) -> str:
    """Return the due key of a message that is no turn of a schedule.

    For one story it is the story; a digest over several watchlists may tell a story again for another of them, so
    there it names the due as well, as what comes after a story was told does: its later copies, a spike. For several it
    is when they were ready to go, and the first due, which no other message tells.
    """
    first = dues[0]
    if len({due.subject for due in dues}) > 1:
        return f"{kind}-{_iso(at)}-{first.id}"
    new = next((due for due in dues if due.event is Event.NEW), None)
    if new is None:
        return f"{first.event}-{first.story_id}-{first.id}"
    return f"{kind}-{new.story_id}-{new.id}" if alert.combined else f"{kind}-{new.story_id}"


def _age(due: OpenDue) -> tuple[datetime, int]:
    return due.created_at, due.id


def _iso(at: datetime) -> str:
    return at.isoformat()
