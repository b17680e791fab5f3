"""What holds of every schedule, zone and plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digests import alert, rate
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.policy import OpenDue, decide
from alerts.schedules import parse_schedule
from alerts.types import Alert, Event, QuietHours
from alerts.wallclock import after_quiet

ZONES = st.sampled_from(
    [
        "UTC",
        "Asia/Jakarta",
        "Europe/Berlin",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Africa/Casablanca",
        "America/St_Johns",
    ]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001  # given a zone at once
TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
EVERY = st.builds("every {}{}".format, st.integers(1, 60), st.sampled_from("sm")) | st.builds(
    "every {}h".format, st.integers(1, 24)
)
DAILY = st.builds("daily at {}".format, st.lists(TIMES, min_size=1, max_size=4).map(", ".join))
CRON = st.builds(
    "cron: {} {} * * {}".format,
    st.integers(0, 59),
    st.sampled_from(["*", "*/5", "2", "1-3", "0,12"]),
    st.sampled_from(["*", "mon-fri", "0", "7", "sat,sun"]),
)


@settings(deadline=None)
@given(EVERY | DAILY | CRON, INSTANTS, ZONES)
def test_the_next_time_is_later_and_within_bounds(schedule: str, after: datetime, zone: ZoneInfo) -> None:
    coming = parse_schedule(schedule).next_after(after, zone)
    assert coming is not None
    # A week for the rarest of these, and two days for what clocks and calendars were set to.
    assert after < coming <= after + timedelta(days=9)


@settings(deadline=None)
@given(EVERY | DAILY | CRON, INSTANTS, ZONES, st.floats(0.01, 0.99))
def test_no_time_is_passed_over(schedule: str, after: datetime, zone: ZoneInfo, part: float) -> None:
    parsed = parse_schedule(schedule)
    coming = parsed.next_after(after, zone)
    assert coming is not None
    between = after + (coming - after) * part
    if between < coming:
        assert parsed.next_after(between, zone) == coming


@settings(deadline=None)
@given(DAILY, INSTANTS, ZONES)
def test_a_daily_time_comes_once_a_day(schedule: str, after: datetime, zone: ZoneInfo) -> None:
    times = len(set(schedule.removeprefix("daily at ").split(", ")))
    parsed, moment, found = parse_schedule(schedule), after, 0
    while (coming := parsed.next_after(moment, zone)) is not None and coming <= after + timedelta(days=10):
        moment, found = coming, found + 1
    # Ten days of 24 hours hold nine or ten whole local days, or eleven begun ones.
    assert 9 * times - times <= found <= 11 * times


@settings(deadline=None)
@given(INSTANTS, ZONES, st.integers(0, 1439), st.integers(0, 1439))
def test_quiet_hours_end_later_and_within_a_day(at: datetime, zone: ZoneInfo, start: int, end: int) -> None:
    released = after_quiet(at, QuietHours(start, end), zone)
    assert at <= released <= at + timedelta(hours=50)


DUES = st.lists(
    st.builds(
        OpenDue,
        id=st.integers(1, 10_000),
        story_id=st.integers(1, 20),
        created_at=st.integers(0, 30 * 3600).map(lambda s: datetime(2022, 1, 5, tzinfo=UTC) + timedelta(seconds=s)),
        urgent=st.booleans(),
        event=st.sampled_from([Event.NEW, Event.COPIES, Event.COPIES, Event.SPIKE]),
    ).map(lambda due: due if due.event is Event.NEW else replace(due, urgent=False)),
    max_size=12,
    unique_by=lambda due: due.id,
)
ALERTS = st.builds(
    lambda schedule, gather, most, quiet, combined: alert(
        schedule, gather_s=gather, at_most=most, quiet_hours=quiet, combined=combined, timezone="UTC"
    ),
    st.sampled_from(["immediately", "every 15m", "hourly", "daily at 07:00"]),
    st.sampled_from([0.0, 60.0]),
    st.sampled_from([None, rate(2), rate(1, 60)]),
    st.sampled_from([None, QuietHours(22 * 60, 6 * 60)]),
    st.booleans(),
)


@settings(deadline=None)
@given(ALERTS, DUES, st.integers(5, 90))
def test_followed_from_wake_to_wake_everything_is_told_once(of: Alert, dues: list[OpenDue], step_minutes: int) -> None:
    """Simulate a service that wakes as told, or every few minutes, for three days."""
    now = datetime(2022, 1, 5, tzinfo=UTC)
    end, told_to, sent = now + timedelta(days=3), None, list[datetime]()
    done, urgent_told, keys = dict[int, int](), dict[int, datetime](), list[str]()
    while now < end:
        opened = [
            replace(due, urgent_told_at=urgent_told.get(due.id))
            for due in dues
            if due.created_at <= now and due.id not in done
        ]
        plan = decide(
            of, now=now, told_to=told_to, created_at=datetime(2022, 1, 1, tzinfo=UTC), open=opened, sent_recently=sent
        )
        for send in plan.sends:
            keys.append(send.due_key)
            sent.append(now)
            assert send.window_from <= send.window_to == now
            if of.quiet_hours is not None and not send.urgent:
                assert 6 <= now.hour < 22
            for one in send.due_ids:
                if send.final:
                    assert one not in done
                    done[one] = 1
                else:
                    assert one not in urgent_told
                    urgent_told[one] = now
            if send.final:
                told_to = now
        told_to = plan.skip.window_to if plan.skip is not None else told_to
        assert plan.wake_at is None or plan.wake_at > now
        step = now + timedelta(minutes=step_minutes)
        now = min(step, plan.wake_at) if plan.wake_at is not None else step
    assert set(done) == {due.id for due in dues}
    # The identity of a message is its key: two that share one would be taken for the same.
    new = [due.story_id for due in dues if due.event is Event.NEW]
    if of.combined or len(set(new)) == len(new):
        assert len(keys) == len(set(keys))
