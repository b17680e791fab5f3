"""What an immediate alert tells: a message a story, with ``gather``, quiet hours and ``at_most``."""

from dataclasses import replace
from datetime import datetime

from digests import NIGHT, alert, at, due, rate

from alerts.policy import OpenDue, Plan, Reason, Remark, decide
from alerts.types import Alert, Event

SINCE = at("2022-01-01 00:00")
NOW = "2022-01-05 12:00:01"


def plan(of: Alert, now: str, *opened: OpenDue, recent: list[datetime] | None = None) -> Plan:
    """``decide`` with times as text."""
    return decide(of, now=at(now), told_to=None, created_at=SINCE, open=opened, sent_recently=recent or [])


def told(made: Plan) -> list[tuple[int, ...]]:
    """The ids of each message."""
    return [one.due_ids for one in made.sends]


def test_each_story_is_a_message() -> None:
    made = plan(alert(), NOW, due(1, "2022-01-05 12:00"), due(2, "2022-01-05 12:00"))
    assert told(made) == [(1,), (2,)]
    assert [one.due_key for one in made.sends] == ["story-1", "story-2"]
    assert {one.reason for one in made.sends} == {Reason.IMMEDIATE}
    assert made.sends[0].window_from == at("2022-01-05 12:00")
    assert (made.wake_at, made.reason) == (None, Reason.NOTHING)


def test_later_copies_of_a_story_are_a_message_with_a_key_of_its_own_each_time() -> None:
    first, second = (replace(due(n, "2022-01-05 12:00", story=7), event=Event.COPIES) for n in (2, 3))
    made = plan(alert(), NOW, first, second)
    assert (told(made), made.sends[0].due_key) == ([(2, 3)], "copies-7-2")
    assert plan(alert(), NOW, second).sends[0].due_key == "copies-7-3"


def test_what_came_later_of_a_story_goes_with_it_while_it_is_new_or_urgent() -> None:
    later = replace(due(2, "2022-01-05 12:00", story=7), event=Event.COPIES)
    made = plan(alert(), NOW, due(1, "2022-01-05 12:00", story=7), later)
    assert (told(made), made.sends[0].due_key) == ([(1, 2)], "story-7")
    urgent = due(1, "2022-01-05 12:00", story=7, urgent=True)
    daily = plan(alert("daily at 07:00"), NOW, urgent, later)
    assert (told(daily)[0], daily.sends[0].due_key, daily.sends[0].final) == ((1, 2), "urgent-7", False)
    at_once = plan(alert(gather_s=600.0), NOW, urgent, later)
    assert (told(at_once), at_once.sends[0].urgent) == ([(1, 2)], True)


def test_a_spike_is_a_message_by_itself() -> None:
    spike = replace(due(2, "2022-01-05 12:00", story=7), event=Event.SPIKE)
    made = plan(alert(), NOW, due(1, "2022-01-05 12:00", story=7), spike)
    assert [(one.due_ids, one.due_key) for one in made.sends] == [((1,), "story-7"), ((2,), "spike-7-2")]


def test_a_story_of_several_lists_is_one_message_whose_key_allows_another() -> None:
    of = alert(combined=True, watchlists=("a", "b"))
    made = plan(of, NOW, due(1, "2022-01-05 12:00", story=7), due(2, "2022-01-05 12:00", story=7))
    assert told(made) == [(1, 2)]
    again = plan(of, NOW, due(3, "2022-01-05 12:00", story=7))
    assert made.sends[0].due_key != again.sends[0].due_key


def test_gather_waits_for_company_from_the_first_story() -> None:
    of = alert(gather_s=60)
    opened = (due(1, "2022-01-05 12:00"), due(2, "2022-01-05 12:00:50"))
    assert plan(of, "2022-01-05 12:00:59", *opened) == Plan((), at("2022-01-05 12:01"), Reason.GATHERING)
    made = plan(of, "2022-01-05 12:01", *opened)
    assert told(made) == [(1, 2)]
    assert (made.sends[0].reason, made.sends[0].remarks) == (Reason.GATHERED, ())


def test_urgent_does_not_gather() -> None:
    of = alert(gather_s=60)
    made = plan(of, "2022-01-05 12:00:01", due(1, "2022-01-05 12:00"), due(2, "2022-01-05 12:00", urgent=True))
    assert told(made) == [(2,)]
    assert made.sends[0].urgent
    assert made.sends[0].final
    assert made.wake_at == at("2022-01-05 12:01")


def test_quiet_hours_hold_until_their_end_then_one_digest_says_so() -> None:
    of = alert(quiet_hours=NIGHT, timezone="UTC")
    night = (due(1, "2022-01-05 22:00"), due(2, "2022-01-06 05:59:59"))
    assert plan(of, "2022-01-06 03:00", *night) == Plan((), at("2022-01-06 06:00"), Reason.QUIET)
    fresh = due(3, "2022-01-06 06:00")
    made = plan(of, "2022-01-06 06:00:01", *night, fresh)
    assert told(made) == [(1, 2), (3,)]
    assert [one.remarks for one in made.sends] == [(Remark.HELD_OVERNIGHT,), ()]


def test_one_story_held_overnight_says_so_too() -> None:
    of = alert(quiet_hours=NIGHT, timezone="UTC")
    (one,) = plan(of, "2022-01-06 06:00:01", due(1, "2022-01-05 23:00")).sends
    assert (one.remarks, one.due_key) == ((Remark.HELD_OVERNIGHT,), "story-1")


def test_two_nights_digests_never_share_a_key() -> None:
    of = alert(quiet_hours=NIGHT, timezone="UTC")
    first = plan(of, "2022-01-06 06:00", due(1, "2022-01-05 23:00"), due(2, "2022-01-05 23:00"))
    # Written a moment later by a process whose round began before the end of the quiet hours.
    second = plan(of, "2022-01-06 06:00:02", due(3, "2022-01-05 23:00"), due(4, "2022-01-05 23:00"))
    assert first.sends[0].due_key != second.sends[0].due_key


def test_urgent_goes_in_quiet_hours_and_the_rest_waits() -> None:
    of = alert(quiet_hours=NIGHT, timezone="UTC")
    made = plan(of, "2022-01-06 03:00", due(1, "2022-01-06 02:59", urgent=True), due(2, "2022-01-06 02:59"))
    assert told(made) == [(1,)]
    assert (made.wake_at, made.reason) == (at("2022-01-06 06:00"), Reason.QUIET)


def test_a_gathering_that_ends_in_quiet_hours_is_held() -> None:
    of = alert(quiet_hours=NIGHT, timezone="UTC", gather_s=600)
    waiting = plan(of, "2022-01-05 21:58", due(1, "2022-01-05 21:55"))
    assert waiting == Plan((), at("2022-01-06 06:00"), Reason.QUIET)
    (one,) = plan(of, "2022-01-06 06:00", due(1, "2022-01-05 21:55")).sends
    assert one.remarks == (Remark.HELD_OVERNIGHT,)


def test_what_could_not_go_in_time_goes_in_one_digest_that_says_so() -> None:
    made = plan(alert(), NOW, due(1, "2022-01-05 09:00"), due(2, "2022-01-05 10:00"), due(3, "2022-01-05 12:00"))
    assert told(made) == [(1, 2), (3,)]
    assert made.sends[0].remarks == (Remark.LATE,)


def test_beyond_the_rate_one_digest_goes_each_quarter() -> None:
    of = alert(at_most=rate(2), timezone="UTC")
    opened = [due(number, "2022-01-05 12:00") for number in range(1, 6)]
    made = plan(of, NOW, *opened)
    assert told(made) == [(1,), (2,)]
    assert (made.wake_at, made.reason) == (at("2022-01-05 12:15"), Reason.OVER_RATE)
    recent = [at(NOW), at(NOW)]
    assert plan(of, "2022-01-05 12:07", *opened[2:], recent=recent).sends == ()
    braked = plan(of, "2022-01-05 12:15", *opened[2:], due(9, "2022-01-05 12:14"), recent=recent)
    assert told(braked) == [(3, 4, 5, 9)]
    assert braked.sends[0].remarks == (Remark.BRAKED,)
    waits = plan(of, "2022-01-05 12:15:10", due(10, "2022-01-05 12:15:09"), recent=[*recent, at("2022-01-05 12:15")])
    assert waits.wake_at == at("2022-01-05 12:30")


def test_messages_older_than_the_rates_span_do_not_count() -> None:
    of = alert(at_most=rate(1), timezone="UTC")
    assert told(plan(of, NOW, due(1, "2022-01-05 12:00"), recent=[at("2022-01-05 11:00")])) == [(1,)]
    assert told(plan(of, NOW, due(1, "2022-01-05 12:00"), recent=[at("2022-01-05 11:30")])) == []


def test_urgent_beyond_the_rate_goes_at_once_in_one_message() -> None:
    of = alert(at_most=rate(2), timezone="UTC")
    opened = [due(number, "2022-01-05 12:00", urgent=True) for number in range(1, 6)]
    made = plan(of, NOW, *opened, recent=[at("2022-01-05 11:59")])
    assert told(made) == [(1, 2, 3, 4, 5)]
    assert made.sends[0].urgent


def test_urgent_uses_up_the_rate() -> None:
    of = alert(at_most=rate(2), timezone="UTC")
    opened = [due(1, "2022-01-05 12:00", urgent=True), due(2, "2022-01-05 12:00"), due(3, "2022-01-05 12:00")]
    made = plan(of, NOW, *opened)
    assert told(made) == [(1,), (2,)]
    assert made.reason is Reason.OVER_RATE


def test_a_night_beyond_the_rate_waits_for_the_quarter_with_both_remarks() -> None:
    of = alert(at_most=rate(1), quiet_hours=NIGHT, timezone="UTC")
    night = (due(1, "2022-01-06 01:00"), due(2, "2022-01-06 02:00"))
    recent = [at("2022-01-06 05:50")]
    assert plan(of, "2022-01-06 06:00:01", *night, recent=recent).wake_at == at("2022-01-06 06:15")
    (one,) = plan(of, "2022-01-06 06:15", *night, recent=recent).sends
    assert one.remarks == (Remark.HELD_OVERNIGHT, Remark.BRAKED)


def test_what_an_urgent_message_told_before_the_schedule_became_immediate_is_settled() -> None:
    made = plan(alert(), NOW, due(1, "2022-01-05 11:00", urgent=True, told="2022-01-05 11:01"))
    assert made == Plan((), None, Reason.NOTHING, settled=(1,))
