"""Cron expressions of five fields: minute, hour, day of the month, month, day of the week.

Read as Vixie cron reads them (crontab(5)): names of months and weekdays, ``*``, lists, ranges, steps; 0 and 7 are both
Sunday; where day of the month and day of the week are both restricted, a day on which either holds counts.
"""

import re
from dataclasses import dataclass
from datetime import date

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PART = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,4}))?")
_FIELDS = 5
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which a schedule comes."""

    #: 1 to 12
    months: frozenset[int]
    #: 1 to 31
    month_days: frozenset[int]
    #: 0 is Sunday, 6 is Saturday
    weekdays: frozenset[int]
    #: True: one of month day and weekday is enough; False: both must hold
    either: bool = False

    def hold(self, day: date) -> bool:
        """Return whether the schedule comes on ``day``."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.month_days, day.isoweekday() % _SUNDAY in self.weekdays
        return in_month or in_week if self.either else in_month and in_week


EVERY_MONTH = frozenset(range(1, 13))
EVERY_MONTH_DAY = frozenset(range(1, 32))


def parse(expression: str) -> tuple[tuple[int, ...], Days]:
    """Read an expression: its times of day in minutes after midnight, sorted, and its days.

    Raises ValueError with what is wrong and what is accepted.
    """
    fields = expression.lower().split()
    if len(fields) != _FIELDS:
        raise ValueError(
            f"cron has five fields (minute, hour, day of the month, month, weekday), this one has {len(fields)}"
        )
    minutes = _field(fields[0], "minute", 0, 59)
    hours = _field(fields[1], "hour", 0, 23)
    month_days = _field(fields[2], "day of the month", 1, 31)
    months = _field(fields[3], "month", 1, 12, _MONTHS)
    weekdays = frozenset(value % _SUNDAY for value in _field(fields[4], "day of the week", 0, _SUNDAY, WEEKDAYS))
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    times = tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes))
    return times, Days(months, month_days, weekdays, either)


def weekdays_between(first: str, last: str) -> frozenset[int]:
    """Return the weekdays of a range of names: ``mon`` to ``fri``, or ``sat`` to ``mon`` over the week's end."""
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return frozenset(day % _SUNDAY for day in range(start, end + 1 if start <= end else end + 1 + _SUNDAY))


def _field(text: str, name: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"cron field {name}: {part!r} is not a number, a range, a list, * or */step")
        step = int(found["step"] or 1)
        if step == 0:
            raise ValueError(f"cron field {name}: a step of 0 never comes")
        if found["all"]:
            # Seven is another name of Sunday, not an eighth day to step on.
            first, last = low, high - 1 if high == _SUNDAY else high
        else:
            first = _value(found["first"], name, low, high, names)
            last = _value(found["last"], name, low, high, names) if found["last"] else first
            if found["step"] and not found["last"]:
                last = high
            if high == _SUNDAY and last == 0 and first > 0:
                last = _SUNDAY
        if first > last:
            raise ValueError(f"cron field {name}: the range {part} runs backwards")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _value(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + (1 if low == 1 else 0)
    if text.isascii() and text.isdigit() and low <= int(text[:4]) <= high:
        return int(text)
    accepted = f"{low} to {high}" + (f" or a name ({', '.join(names)})" if names else "")
    raise ValueError(f"cron field {name}: {text!r} is not {accepted}")
