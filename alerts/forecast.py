"""What an alert would have sent of stories that a watchlist matches: the service's own plans, played through in time.

::

    matches by time ──dues──▶ alerts.policy.decide at each instant that matters ──▶ messages, stories

Pure. Each target gets the messages that are counted here; parts and recipients count once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.plans import OpenDue, Plan
from alerts.policy import decide
from alerts.schedules import Immediately, parse_schedule
from alerts.types import Alert
from alerts.types import Event as EventKind

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Event:
    """A story that a watchlist has to tell, or one that has become urgent, or a later copy of one."""

    at: datetime
    story_id: int
    #: ids of the alerts whose urgent query holds
    urgent: frozenset[str]
    #: of a later copy its article
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an alert would have sent in a time."""

    alert: Alert
    #: how long that time is
    span: timedelta
    #: stories told, or waiting to be told at its end
    stories: int
    messages: int
    #: stories of the local day that had most
    most_on_a_day: int

    @property
    def days(self) -> float:
        """The time in days."""
        return self.span / _DAY

    @property
    def stories_a_day(self) -> float | None:
        """None for less than a day, which says nothing of other days."""
        return self.stories / self.days if self.span >= _DAY else None

    @property
    def messages_a_day(self) -> float | None:
        """The same of messages."""
        return self.messages / self.days if self.span >= _DAY else None

    @property
    def stories_a_message(self) -> float | None:
        """None without a message."""
        return self.stories / self.messages if self.messages else None


def forecast(alert: Alert, events: Sequence[Event], *, since: datetime, until: datetime) -> Forecast:
    """Play ``events``, which are in order of time, through an alert that stands from ``since`` to ``until``.

    Of a digest over several watchlists it is what it would send for these stories alone.
    """
    played = _Played(alert, since)
    for event in events:
        played.advance(event.at)
        played.take(event)
    played.advance(until)
    zone = ZoneInfo(alert.timezone)
    days: Counter[date] = Counter()
    for at in played.first.values():
        days[at.astimezone(zone).date()] += 1
    return Forecast(alert, until - since, len(played.first), played.messages, max(days.values(), default=0))


class _Played:
    """An alert while time passes."""

    def __init__(self, alert: Alert, since: datetime) -> None:
        self.alert = alert
        self.messages = 0
        #: when each story came
        self.first: dict[int, datetime] = {}
        self._since = since
        self._told_to: datetime | None = None
        self._open: dict[int, OpenDue] = {}
        self._sent: list[datetime] = []
        #: when to look again; None while only a story can change anything
        self._wake_at = since if alert.send_empty else None
        self._scheduled = not isinstance(parse_schedule(alert.schedule), Immediately)

    def advance(self, until: datetime) -> None:
        """Let the time pass up to an instant; what is due right then goes before what comes then."""
        while self._wake_at is not None and self._wake_at <= until:
            self._look(self._wake_at)

    def take(self, event: Event) -> None:
        """Let a story come, or become urgent."""
        known, urgent = self._open.get(event.story_id), self.alert.id in event.urgent
        if event.copy is not None:
            # Told from stories by its sign.
            id_ = -event.copy
            self._begin(event.at)
            self._open[id_] = OpenDue(id_, event.story_id, event.at, urgent=False, event=EventKind.COPIES)
        elif event.story_id in self.first:
            if not urgent or known is None or known.urgent:
                return
            self._open[event.story_id] = replace(known, urgent=True)
        else:
            self._begin(event.at)
            self.first[event.story_id] = event.at
            self._open[event.story_id] = OpenDue(event.story_id, event.story_id, event.at, urgent)
        # Of what waits for a known instant, a further story changes nothing, unless a rate is counted.
        if urgent or self._wake_at is None or self.alert.at_most is not None:
            self._look(event.at)

    def _begin(self, at: datetime) -> None:
        """Let the turns without a story pass, one by one as they did."""
        if self._scheduled and not self._open and not self.alert.send_empty:
            self._told_to = max(self._told_to or self._since, at - _TICK)

    def _look(self, now: datetime) -> None:
        """Carry out what is decided at an instant."""
        while True:
            plan = decide(
                self.alert,
                now=now,
                told_to=self._told_to,
                created_at=self._since,
                open=list(self._open.values()),
                sent_recently=self._sent,
            )
            self._carry_out(plan, now)
            if plan.wake_at is None or plan.wake_at > now:
                break
        waits = bool(self._open) or self.alert.send_empty
        self._wake_at = plan.wake_at if waits else None

    def _carry_out(self, plan: Plan, now: datetime) -> None:
        for send in plan.sends:
            self.messages += 1
            if self.alert.at_most is not None:
                self._sent.append(now)
            for one in send.due_ids:
                if send.final:
                    self._open.pop(one, None)
                elif one in self._open:
                    self._open[one] = replace(self._open[one], urgent_told_at=now)
            if send.final:
                self._told_to = send.window_to
        for one in plan.settled:
            self._open.pop(one, None)
        if plan.skip is not None:
            self._told_to = plan.skip.window_to
        if self._sent and self.alert.at_most is not None:
            oldest = now - timedelta(seconds=self.alert.at_most.per_s)
            self._sent = [at for at in self._sent if at > oldest]
