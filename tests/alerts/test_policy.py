"""What an alert with a schedule tells now, what waits, and why."""

from datetime import timedelta

from digests import NIGHT, alert, at, due, rate

from alerts.policy import Plan, Reason, Remark, Skip, decide, send_now, upcoming
from alerts.types import Alert

SINCE = at("2022-01-01 00:00")
MORNING = alert("daily at 07:00")  # 00:00 UTC


def plan(of: Alert, now: str, told_to: str | None, *opened: object, **more: object) -> Plan:
    """``decide`` with times as text."""
    told = at(told_to) if told_to else None
    return decide(of, now=at(now), told_to=told, created_at=SINCE, open=opened, **more)  # type: ignore[arg-type]  # as given


def test_a_digest_waits_for_its_turn() -> None:
    waiting = plan(MORNING, "2022-01-05 12:00", "2022-01-05 00:00", due(1, "2022-01-05 11:00"))
    assert waiting == Plan((), at("2022-01-06 00:00"), Reason.NOT_YET)


def test_a_digest_that_is_due_tells_everything_open() -> None:
    now = "2022-01-06 00:00:01"
    told = plan(MORNING, now, "2022-01-05 00:00:02", due(2, "2022-01-05 11:00"), due(1, "2022-01-05 10:00"))
    (one,) = told.sends
    assert one.due_ids == (1, 2)
    assert one.due_key == "2022-01-06T00:00:00+00:00"
    assert (one.window_from, one.window_to) == (at("2022-01-05 00:00:02"), at(now))
    assert (one.remarks, one.reason, one.final, one.urgent) == ((), Reason.SCHEDULED, True, False)
    assert told.wake_at == at("2022-01-07 00:00")


def test_the_first_window_begins_when_the_alert_does() -> None:
    (one,) = plan(MORNING, "2022-01-02 00:00", None, due(1, "2022-01-01 11:00")).sends
    assert one.window_from == SINCE


def test_nothing_to_tell_moves_the_window_silently() -> None:
    silent = plan(MORNING, "2022-01-06 00:00:01", "2022-01-05 00:00")
    assert silent == Plan((), at("2022-01-07 00:00"), Reason.NOTHING, skip=Skip(at("2022-01-06 00:00:01")))
    later = plan(MORNING, "2022-01-06 09:00", "2022-01-06 00:00:01", due(1, "2022-01-06 08:59"))
    assert later.sends == ()


def test_nothing_to_tell_is_a_line_where_it_is_wanted() -> None:
    of = alert("daily at 07:00", send_empty=True)
    (one,) = plan(of, "2022-01-06 00:00:01", "2022-01-05 00:00").sends
    assert (one.due_ids, one.reason) == ((), Reason.EMPTY)


def test_after_downtime_one_digest_covers_the_gap_and_says_so() -> None:
    of = alert("hourly")
    missed = plan(of, "2022-01-05 09:20", "2022-01-05 03:00:01", due(1, "2022-01-05 03:30"), due(2, "2022-01-05 09:19"))
    (one,) = missed.sends
    assert one.due_ids == (1, 2)
    assert one.remarks == (Remark.LATE,)
    assert (one.window_from, one.window_to) == (at("2022-01-05 03:00:01"), at("2022-01-05 09:20"))
    assert missed.wake_at == at("2022-01-05 10:00")


def test_a_round_of_the_service_is_no_gap() -> None:
    (one,) = plan(MORNING, "2022-01-06 00:01:00", "2022-01-05 00:00:02", due(1, "2022-01-05 11:00")).sends
    assert one.remarks == ()


def test_a_schedule_of_seconds_knows_a_gap_of_seconds() -> None:
    of = alert("every 2s")
    on_time = plan(of, "2022-01-05 09:00:03", "2022-01-05 09:00:00", due(1, "2022-01-05 09:00:01"))
    late = plan(of, "2022-01-05 09:00:10", "2022-01-05 09:00:00", due(1, "2022-01-05 09:00:01"))
    assert [one.remarks for one in (*on_time.sends, *late.sends)] == [(), (Remark.LATE,)]


def test_quiet_hours_hold_a_digest_until_their_end() -> None:
    of = alert("hourly", quiet_hours=NIGHT, timezone="UTC")
    opened = (due(1, "2022-01-05 21:30"), due(2, "2022-01-05 23:30"))
    held = plan(of, "2022-01-05 23:40", "2022-01-05 22:00", *opened)
    assert held == Plan((), at("2022-01-06 06:00"), Reason.QUIET)
    released = plan(of, "2022-01-06 06:00:01", "2022-01-05 22:00", *opened)
    (one,) = released.sends
    assert (one.due_ids, one.remarks, one.reason) == ((1, 2), (Remark.HELD_OVERNIGHT,), Reason.HELD_OVERNIGHT)
    assert released.wake_at == at("2022-01-06 07:00")


def test_an_empty_window_moves_on_in_quiet_hours_too() -> None:
    of = alert("hourly", quiet_hours=NIGHT, timezone="UTC")
    assert plan(of, "2022-01-05 23:00:01", "2022-01-05 22:00").skip == Skip(at("2022-01-05 23:00:01"))
    empty_line = alert("hourly", quiet_hours=NIGHT, timezone="UTC", send_empty=True)
    assert plan(empty_line, "2022-01-05 23:00:01", "2022-01-05 22:00").reason is Reason.QUIET


def test_a_digest_due_at_the_end_of_quiet_hours_was_not_held() -> None:
    of = alert("daily at 06:00", quiet_hours=NIGHT, timezone="UTC")
    (one,) = plan(of, "2022-01-06 06:00:01", "2022-01-05 06:00:01", due(1, "2022-01-05 23:30")).sends
    assert one.remarks == ()


def test_urgent_goes_at_once_whatever_schedule_and_hour() -> None:
    of = alert("daily at 07:00", quiet_hours=NIGHT)
    opened = (due(1, "2022-01-05 18:00"), due(2, "2022-01-05 19:00", urgent=True))  # 02:00 in Jakarta
    told = plan(of, "2022-01-05 19:00:01", "2022-01-05 00:00", *opened)
    (one,) = told.sends
    assert (one.due_ids, one.urgent, one.final, one.reason) == ((2,), True, False, Reason.URGENT)
    assert told.wake_at == at("2022-01-06 00:00")


def test_urgent_is_listed_as_already_sent_in_the_next_digest() -> None:
    opened = (due(1, "2022-01-05 18:00"), due(2, "2022-01-05 19:00", urgent=True, told="2022-01-05 19:00:01"))
    (one,) = plan(MORNING, "2022-01-06 00:00", "2022-01-05 00:00", *opened).sends
    assert (one.due_ids, one.already_sent, one.urgent) == ((1, 2), (2,), False)


def test_urgent_that_comes_with_the_digest_goes_before_it_and_is_marked_in_it() -> None:
    opened = (due(1, "2022-01-05 18:00"), due(2, "2022-01-05 23:59", story=9, urgent=True))
    first, second = plan(MORNING, "2022-01-06 00:00", "2022-01-05 00:00", *opened).sends
    assert (first.due_ids, first.urgent, first.due_key) == ((2,), True, "urgent-9")
    assert (second.due_ids, second.already_sent, second.final) == ((1, 2), (9,), True)


def test_urgent_is_told_once() -> None:
    opened = due(2, "2022-01-05 19:00", urgent=True, told="2022-01-05 19:00:01")
    assert plan(MORNING, "2022-01-05 20:00", "2022-01-05 00:00", opened).sends == ()


def test_nothing_goes_to_a_target_that_is_held() -> None:
    opened = (due(1, "2022-01-05 18:00"), due(2, "2022-01-05 19:00", urgent=True))
    for of in (MORNING, alert("immediately")):
        assert plan(of, "2022-01-06 00:00", "2022-01-05 00:00", *opened, held=True) == Plan((), None, Reason.HELD)


def test_a_rate_holds_digests_until_the_next_quarter() -> None:
    of = alert("every 1m", at_most=rate(2))
    recent = [at("2022-01-05 09:01"), at("2022-01-05 09:02")]
    opened = due(1, "2022-01-05 09:02:30")
    waiting = plan(of, "2022-01-05 09:03", "2022-01-05 09:02", opened, sent_recently=recent)
    assert waiting == Plan((), at("2022-01-05 09:15"), Reason.OVER_RATE)
    (one,) = plan(of, "2022-01-05 09:15", "2022-01-05 09:02", opened, sent_recently=recent).sends
    assert (one.remarks, one.reason) == ((Remark.BRAKED,), Reason.BRAKED)


def test_a_turn_that_never_comes_waits_without_waking() -> None:
    # 29 February on a Monday comes once in 28 years, and is found; what never comes is refused when it is read.
    of = alert("cron: 0 0 29 2 *", timezone="UTC")
    assert plan(of, "2022-01-05 00:00", None, due(1, "2022-01-04 00:00")).wake_at == at("2024-02-29 00:00")


def test_send_now_takes_everything_open_and_ends_the_window() -> None:
    opened = [due(2, "2022-01-05 11:00", told="2022-01-05 11:01", urgent=True), due(1, "2022-01-05 10:00", urgent=True)]
    one = send_now(MORNING, now=at("2022-01-05 12:00"), told_to=None, created_at=SINCE, open=opened)
    assert (one.due_ids, one.final, one.reason) == ((1, 2), True, Reason.ON_REQUEST)
    assert one.already_sent == (2,)
    assert one.due_key == "now-2022-01-05T12:00:00+00:00"


def test_upcoming_is_what_will_be_sent() -> None:
    assert upcoming(MORNING, at("2022-01-05 12:00"), 2) == [at("2022-01-06 00:00"), at("2022-01-07 00:00")]
    assert upcoming(alert("immediately"), at("2022-01-05 12:00"), 2) == []


def test_upcoming_knows_the_quiet_hours() -> None:
    of = alert("hourly", quiet_hours=NIGHT, timezone="UTC")
    expected = [at("2022-01-05 21:00"), at("2022-01-06 06:00"), at("2022-01-06 07:00")]
    assert upcoming(of, at("2022-01-05 20:30"), 3) == expected
    often = alert("every 2s", quiet_hours=NIGHT, timezone="UTC")
    assert upcoming(often, at("2022-01-05 21:59:57"), 2) == [at("2022-01-05 21:59:58"), at("2022-01-06 06:00")]


def test_every_reason_has_a_sentence() -> None:
    assert all(reason.sentence for reason in Reason)
    assert len({reason.sentence for reason in Reason}) == len(Reason)


def test_a_plan_is_bounded_and_the_rest_follows_at_once() -> None:
    opened = [due(number, "2022-01-05 12:00") for number in range(1, 251)]
    now = "2022-01-05 12:00:01"
    first = plan(alert("immediately"), now, None, *opened)
    assert (len(first.sends), first.wake_at, first.reason) == (100, at(now), Reason.MORE)
    told = {one for sent in first.sends for one in sent.due_ids}
    left = [one for one in opened if one.id not in told]
    assert timedelta(0) == at(now) - (first.wake_at or SINCE)
    assert len(plan(alert("immediately"), now, now, *left).sends) == 100
