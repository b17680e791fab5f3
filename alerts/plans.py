"""What ``alerts.policy`` decides: the plan for one alert at one instant, and the reasons. Frozen, without I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.types import Event


class Reason(StrEnum):
    """Why something is told now, or why nothing is; ``sentence`` says it to people."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    GATHERED = "gathered"
    SCHEDULED = "scheduled"
    EMPTY = "empty"
    HELD_OVERNIGHT = "held_overnight"
    LATE = "late"
    BRAKED = "braked"
    ON_REQUEST = "on_request"
    NOTHING = "nothing"
    NOT_YET = "not_yet"
    GATHERING = "gathering"
    GROUPING = "grouping"
    QUIET = "quiet"
    OVER_RATE = "over_rate"
    HELD = "held"
    MORE = "more"

    @property
    def sentence(self) -> str:
        """The reason as a sentence without its full stop."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.IMMEDIATE: "sent at once, a message a story",
    Reason.URGENT: "matches the urgent query, so it is sent at once whatever the schedule and the hour",
    Reason.GATHERED: "the time to gather is over",
    Reason.SCHEDULED: "the schedule says so",
    Reason.EMPTY: "the schedule says so and the alert wants a line even if there is nothing to tell",
    Reason.HELD_OVERNIGHT: "the quiet hours are over",
    Reason.LATE: "it could not be sent when it was due, so one digest covers the gap",
    Reason.BRAKED: "there were more messages than at_most allows, so one digest tells the rest",
    Reason.ON_REQUEST: "somebody asked for it now",
    Reason.NOTHING: "there is nothing to tell",
    Reason.NOT_YET: "it waits for its schedule",
    Reason.GATHERING: "it waits for company, as gather says",
    Reason.GROUPING: "it waits, a minute at most, until it is known which events its stories are about",
    Reason.QUIET: "it waits for the end of the quiet hours",
    Reason.OVER_RATE: "it waits for the next quarter of an hour, since at_most is reached",
    Reason.HELD: "its target is paused or switched off, so its stories wait",
    Reason.MORE: "more messages follow at once",
}


class Remark(StrEnum):
    """What a digest has to say about itself; ``alerts.wording`` has the sentences."""

    HELD_OVERNIGHT = "held_overnight"
    LATE = "late"
    BRAKED = "braked"
    ON_REQUEST = "on_request"


@dataclass(frozen=True, slots=True)
class OpenDue:
    """A match that the alert has not told for good."""

    id: int
    story_id: int
    created_at: datetime
    urgent: bool
    #: told by an urgent message, still to be listed in the next digest
    urgent_told_at: datetime | None = None
    event: Event = Event.NEW

    @property
    def subject(self) -> tuple[Event, int]:
        """What it is told in one message with: a story with its later copies, or a spike by itself."""
        return (Event.SPIKE, self.id) if self.event is Event.SPIKE else (Event.NEW, self.story_id)


@dataclass(frozen=True, slots=True)
class Send:
    """A digest to compose and put in the outbox now."""

    #: what it tells, oldest first; empty for a digest that has nothing to tell
    due_ids: tuple[int, ...]
    #: unique in its alert: the due time, the story, or the first of several that go together
    due_key: str
    window_from: datetime
    window_to: datetime
    remarks: tuple[str, ...]
    urgent: bool
    reason: Reason
    #: True: its dues are done (``told_at``), and ``told_to`` of the alert becomes ``window_to``. False, for what is
    #: urgent before a digest: they get ``urgent_told_at`` and stay open for it, and the window stays
    final: bool = True
    #: ids of the stories that an urgent message told before, to be marked so; its own plan may hold that message
    already_sent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """A due digest with nothing to tell: ``told_to`` of the alert becomes ``window_to``, and nothing is sent."""

    window_to: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, in this order, and when to look again."""

    sends: tuple[Send, ...]
    #: the next instant worth looking again without news from the evaluation; None: none is known
    wake_at: datetime | None
    #: why what is still open waits, or why there is nothing
    reason: Reason
    skip: Skip | None = None
    #: dues that an urgent message has told and that no digest will list: done (``told_at``) without another message
    settled: tuple[int, ...] = ()
