"""Schedules: what is accepted, when it comes, and what the clocks of the world do to it."""

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from digests import NIGHT, at

from alerts.schedules import parse_schedule
from alerts.types import QuietHours
from alerts.wallclock import after_quiet

JAKARTA = ZoneInfo("Asia/Jakarta")
BERLIN = ZoneInfo("Europe/Berlin")


def following(schedule: str, start: str, count: int, zone: tzinfo = UTC) -> list[str]:
    """The next times after ``start`` (UTC), as the clocks of ``zone`` show them."""
    found, moment = [], at(start)
    for _ in range(count):
        coming = parse_schedule(schedule).next_after(moment, zone)
        assert coming is not None
        assert coming > moment
        assert coming.tzinfo is UTC
        moment = coming
        found.append(coming.astimezone(zone).strftime("%a %d %H:%M:%S").removesuffix(":00"))
    return found


def test_immediately_waits_for_no_time() -> None:
    assert parse_schedule("immediately").next_after(at("2022-01-05 00:00"), UTC) is None


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("every 15m", ["Wed 05 10:15", "Wed 05 10:30"]),
        ("every 2s", ["Wed 05 10:07:32", "Wed 05 10:07:34"]),
        ("hourly", ["Wed 05 11:00", "Wed 05 12:00"]),
        ("every 6h", ["Wed 05 12:00", "Wed 05 18:00"]),
        ("every 7h", ["Wed 05 14:00", "Wed 05 21:00", "Thu 06 00:00", "Thu 06 07:00"]),
        ("every 1d", ["Thu 06 00:00"]),
        ("daily at 07:00, 16:00", ["Wed 05 16:00", "Thu 06 07:00", "Thu 06 16:00"]),
        ("Daily  at 16:00,7:00", ["Wed 05 16:00", "Thu 06 07:00"]),
        ("weekdays at 07:00", ["Thu 06 07:00", "Fri 07 07:00", "Mon 10 07:00"]),
        ("weekends at 07:00", ["Sat 08 07:00", "Sun 09 07:00", "Sat 15 07:00"]),
        ("mon, thu at 07:00", ["Thu 06 07:00", "Mon 10 07:00"]),
        ("Monday at 07:00", ["Mon 10 07:00"]),
        ("sat-mon at 07:00", ["Sat 08 07:00", "Sun 09 07:00", "Mon 10 07:00", "Sat 15 07:00"]),
        ("cron: 0 7 * * mon-fri", ["Thu 06 07:00", "Fri 07 07:00", "Mon 10 07:00"]),
        ("cron: */20 10-11 * * *", ["Wed 05 10:20", "Wed 05 10:40", "Wed 05 11:00"]),
        ("cron: 5/20 10 * * *", ["Wed 05 10:25", "Wed 05 10:45", "Thu 06 10:05"]),
        ("cron: 0 0 * * 0", ["Sun 09 00:00", "Sun 16 00:00"]),
        ("cron: 0 0 * * 7", ["Sun 09 00:00", "Sun 16 00:00"]),
        ("cron: 0 0 * * 1", ["Mon 10 00:00"]),
        ("cron: 0 0 * * sat-sun", ["Sat 08 00:00", "Sun 09 00:00", "Sat 15 00:00"]),
        ("cron: 0 0 * * 5-7", ["Fri 07 00:00", "Sat 08 00:00", "Sun 09 00:00", "Fri 14 00:00"]),
        ("cron: 0 0 * * */2", ["Thu 06 00:00", "Sat 08 00:00", "Sun 09 00:00", "Tue 11 00:00"]),
        ("cron: 0 12 13 * fri", ["Fri 07 12:00", "Thu 13 12:00", "Fri 14 12:00"]),
        ("cron: 0 12 1,15 feb *", ["Tue 01 12:00", "Tue 15 12:00"]),
    ],
)
def test_a_schedule_comes_at_its_times(schedule: str, expected: list[str]) -> None:
    assert following(schedule, "2022-01-05 10:07:31", len(expected)) == expected


def test_times_are_those_of_the_alerts_zone() -> None:
    assert following("daily at 07:00", "2022-01-05 00:00", 1, JAKARTA) == ["Thu 06 07:00"]
    assert parse_schedule("daily at 07:00").next_after(at("2022-01-04 23:59"), JAKARTA) == at("2022-01-05 00:00")


def test_every_is_aligned_to_midnight_of_the_zone() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")  # UTC+05:45
    assert parse_schedule("every 6h").next_after(at("2022-01-05 00:00"), kathmandu) == at("2022-01-05 00:15")


def test_a_leap_day_is_waited_for() -> None:
    assert parse_schedule("cron: 0 0 29 2 *").next_after(at("2022-01-05 00:00"), UTC) == at("2024-02-29 00:00")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("daily at 02:30", ["Sun 29 03:00", "Mon 30 02:30"]),
        ("daily at 02:30, 03:00", ["Sun 29 03:00", "Mon 30 02:30"]),
        ("cron: */20 2 * * *", ["Sun 29 03:00", "Mon 30 02:00"]),
        ("hourly", ["Sun 29 01:00", "Sun 29 03:00", "Sun 29 04:00"]),
        ("every 2h", ["Sun 29 03:00", "Sun 29 04:00", "Sun 29 06:00"]),
        ("every 6h", ["Sun 29 06:00", "Sun 29 12:00"]),
    ],
)
def test_a_time_in_the_gap_comes_once_right_after_it(schedule: str, expected: list[str]) -> None:
    # 02:00 to 03:00 is jumped over in Berlin on 29 March 2026.
    assert following(schedule, "2026-03-28 23:00", len(expected), BERLIN) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("daily at 02:30", ["Sun 25 02:30", "Mon 26 02:30"]),
        ("cron: */30 2 * * *", ["Sun 25 02:00", "Sun 25 02:30", "Mon 26 02:00"]),
        ("every 2h", ["Sun 25 02:00", "Sun 25 04:00"]),
        ("every 1d", ["Mon 26 00:00", "Tue 27 00:00"]),
    ],
)
def test_a_time_in_the_fold_comes_once(schedule: str, expected: list[str]) -> None:
    # 02:00 to 03:00 comes twice in Berlin on 25 October 2026.
    assert following(schedule, "2026-10-24 22:30", len(expected), BERLIN) == expected


def test_what_fits_into_the_fold_goes_on_through_it() -> None:
    moment, found = at("2026-10-24 23:40"), []
    for _ in range(8):
        moment = parse_schedule("every 15m").next_after(moment, BERLIN) or moment
        found.append(moment)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}


def test_a_day_that_a_zone_skipped_falls_on_the_next_moment() -> None:
    apia = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    assert following("daily at 07:00", "2011-12-29 18:00", 2, apia) == ["Sat 31 00:00", "Sat 31 07:00"]


@pytest.mark.parametrize(
    ("schedule", "wrong"),
    [
        ("sometimes", "it is not understood"),
        ("", "it is not understood"),
        ("every 0s", "from 1s to 24h"),
        ("every 30d", "from 1s to 24h"),
        ("daily at 25:00", "'25:00' is no time of day"),
        ("daily at 07:60", "'07:60' is no time of day"),
        ("daily at 07:00,", "'' is no time of day"),
        ("funday at 07:00", "'funday' is no day of the week"),
        ("mon- at 07:00", "'' is no day of the week"),
        ("cron: 0 7 * *", "cron has five fields"),
        ("cron: 60 7 * * *", "cron field minute: '60' is not 0 to 59"),
        ("cron: 0 24 * * *", "cron field hour: '24'"),
        ("cron: 0 7 * * 8", "cron field day of the week: '8'"),
        ("cron: 0 7 * dezember *", "or a name (jan, feb"),
        ("cron: 30-10 7 * * *", "the range 30-10 runs backwards"),
        ("cron: */0 7 * * *", "a step of 0 never comes"),
        ("cron: 5, 7 * * *", "is not a number, a range, a list"),
        ("cron: 0 0 30 2 *", "no month has such a day"),
        ("cron: 0 0 31 4,6,9,11 *", "no month has such a day"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_is_accepted(schedule: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="accepted are immediately") as refused:
        parse_schedule(schedule)
    assert wrong in str(refused.value)
    assert "cron: 0 7 * * mon-fri" in str(refused.value)


@pytest.mark.parametrize(
    ("hours", "moment", "end"),
    [
        (NIGHT, "2022-01-05 21:59", None),
        (NIGHT, "2022-01-05 22:00", "2022-01-06 06:00"),
        (NIGHT, "2022-01-06 05:59", "2022-01-06 06:00"),
        (NIGHT, "2022-01-06 06:00", None),
        (QuietHours(12 * 60, 14 * 60), "2022-01-06 13:30", "2022-01-06 14:00"),
        (QuietHours(12 * 60, 14 * 60), "2022-01-06 14:00", None),
        (QuietHours(22 * 60, 0), "2022-01-05 23:00", "2022-01-06 00:00"),
        (QuietHours(60, 60), "2022-01-05 01:00", None),
        (None, "2022-01-05 01:00", None),
    ],
)
def test_quiet_hours_hold_from_their_start_to_before_their_end(
    hours: QuietHours | None, moment: str, end: str | None
) -> None:
    assert after_quiet(at(moment), hours, UTC) == at(end or moment)


def test_quiet_hours_end_after_the_gap_and_in_the_second_turn_of_the_fold() -> None:
    hours = QuietHours(22 * 60, 2 * 60 + 30)
    assert after_quiet(at("2026-03-29 00:30"), hours, BERLIN) == at("2026-03-29 01:00")
    in_second_turn = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert after_quiet(in_second_turn, hours, BERLIN) == at("2026-10-25 01:30")
