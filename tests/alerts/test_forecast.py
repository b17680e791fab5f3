"""What an alert would have sent: stories and messages of each kind of schedule, and of too short a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from digests import NIGHT, alert, at, rate

from alerts.forecast import Event, Forecast, forecast

MONDAY = at("2022-01-03 00:00")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def told(schedule: str, *times: str, urgent: Sequence[int] = (), days: int = 4, **changes: Any) -> tuple[int, int]:
    """Return stories and messages of an alert in UTC from Monday on, a story at each time (``mon 07:30``)."""
    one = alert(schedule, timezone="UTC", **changes)
    events = [
        Event(_time(text), number, frozenset({one.id} if number in urgent else ())) for number, text in enumerate(times)
    ]
    found = forecast(one, events, since=MONDAY, until=MONDAY + days * DAY)
    return found.stories, found.messages


def _time(text: str) -> datetime:
    day, _, clock = text.partition(" ")
    hours, minutes = clock.split(":")
    days = ("mon", "tue", "wed", "thu", "fri").index(day)
    return MONDAY + timedelta(days=days, hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize(
    ("schedule", "times", "expected"),
    [
        ("immediately", ["mon 07:00", "mon 07:00", "tue 09:30"], (3, 3)),
        ("hourly", ["mon 07:05", "mon 07:55", "mon 08:05"], (3, 2)),
        ("every 15m", ["mon 07:05", "mon 07:14", "mon 07:16"], (3, 2)),
        ("daily at 07:00", ["mon 06:00", "mon 08:00", "tue 06:00", "thu 06:00"], (4, 3)),
        ("daily at 07:00", ["mon 06:00", "thu 08:00"], (2, 1)),
        ("daily at 07:00", [], (0, 0)),
        ("mon, thu at 07:00", ["mon 08:00", "tue 08:00", "wed 08:00"], (3, 1)),
    ],
)
def test_messages_follow_the_schedule(schedule: str, times: list[str], expected: tuple[int, int]) -> None:
    assert told(schedule, *times) == expected


def test_what_gathers_goes_in_one_message() -> None:
    assert told("immediately", "mon 07:00", "mon 07:05", "mon 07:30", gather_s=600.0) == (3, 2)


def test_the_quiet_hours_hold_stories_back_for_one_digest() -> None:
    assert told("immediately", "mon 21:00", "mon 23:00", "tue 02:00", "tue 07:00", quiet_hours=NIGHT) == (4, 3)


def test_beyond_the_rate_stories_go_together() -> None:
    times = [f"mon 07:{minute:02}" for minute in range(6)]
    assert told("immediately", *times, at_most=rate(2)) == (6, 3)


def test_an_empty_digest_counts_where_it_is_asked_for() -> None:
    assert told("daily at 07:00", "tue 06:00", send_empty=True) == (1, 4)
    assert told("daily at 07:00", "tue 06:00") == (1, 1)


def test_what_is_urgent_goes_at_once_and_stands_in_the_digest_again() -> None:
    assert told("daily at 07:00", "mon 08:00", "mon 09:00", urgent=[1]) == (2, 2)
    assert told("immediately", "mon 23:00", "mon 23:30", urgent=[1], quiet_hours=NIGHT) == (2, 2)


def test_a_story_that_becomes_urgent_counts_once() -> None:
    one = alert("daily at 07:00", timezone="UTC")
    events = [
        Event(_time("mon 08:00"), 1, frozenset()),
        Event(_time("mon 09:00"), 1, frozenset({one.id})),
        Event(_time("mon 10:00"), 1, frozenset({one.id})),
    ]
    found = forecast(one, events, since=MONDAY, until=MONDAY + 2 * DAY)
    assert (found.stories, found.messages) == (1, 2)


def test_what_was_told_does_not_become_urgent() -> None:
    one = alert("immediately", timezone="UTC")
    events = [Event(_time("mon 08:00"), 1, frozenset()), Event(_time("mon 09:00"), 1, frozenset({one.id}))]
    found = forecast(one, events, since=MONDAY, until=MONDAY + 2 * DAY)
    assert (found.stories, found.messages) == (1, 1)


def figures(*times: str, span: timedelta, timezone: str = "UTC") -> Forecast:
    events = [Event(_time(text), number, frozenset()) for number, text in enumerate(times)]
    return forecast(alert("hourly", timezone=timezone), events, since=MONDAY, until=MONDAY + span)


def test_figures_are_averages_over_the_days() -> None:
    found = figures("mon 07:05", "mon 07:30", "mon 09:30", "wed 07:30", span=4 * DAY)
    assert (found.days, found.stories_a_day, found.messages_a_day) == (4.0, 1.0, 0.75)
    assert found.stories_a_message == pytest.approx(4 / 3)


def test_less_than_a_day_says_nothing_of_other_days() -> None:
    found = figures("mon 07:30", span=20 * HOUR)
    assert (found.stories, found.messages) == (1, 1)
    assert (found.stories_a_day, found.messages_a_day) == (None, None)
    assert figures(span=20 * HOUR).stories_a_message is None


def test_the_busiest_day_is_one_of_the_alerts_zone() -> None:
    times = ("mon 16:00", "mon 18:00", "tue 02:00", "tue 15:00")
    assert figures(*times, span=4 * DAY).most_on_a_day == 2
    assert figures(*times, span=4 * DAY, timezone="Asia/Jakarta").most_on_a_day == 3
