"""When an alert is due, as written in its ``schedule``.

::

    text ──parse──▶ Schedule ──next_after(instant, zone)──▶ instant

Pure. All instants are aware and in UTC. Wall-clock times follow ``alerts.wallclock``: one in the gap of a clock set
forward comes once, right after it; one that comes twice when the clock is set back comes at the first.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from alerts import cron
from alerts.wallclock import DAY, change_between, instant, since_midnight

ACCEPTED = (
    "immediately | every 15m (1s to 24h) | hourly | daily at 07:00, 16:00 | weekdays at 07:00 | mon, thu at 07:00 "
    "| cron: 0 7 * * mon-fri"
)

#: a leap day on a given weekday is at most forty years away (the year 2100 has none)
_FARTHEST = timedelta(days=366 * 40)
_MINUTE = timedelta(minutes=1)
_SHORTEST = timedelta(seconds=1)
_UNITS = {"s": timedelta(seconds=1), "m": _MINUTE, "h": timedelta(hours=1), "d": DAY}
_EVERY = re.compile(r"every\s+([0-9]{1,6})\s*([smhd])")
_AT = re.compile(r"(?P<days>.+?)\s+at\s+(?P<times>.+)")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_FULL_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAYS = {
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(1, 6)),
    "weekends": frozenset({0, 6}),
}


@dataclass(frozen=True, slots=True)
class Immediately:
    """At once, a message a story."""

    def next_after(self, after: datetime, zone: tzinfo) -> datetime | None:  # noqa: ARG002  # the shape of a Schedule
        """Return None: what is immediate waits for no time."""
        return None


@dataclass(frozen=True, slots=True)
class Every:
    """Whenever the clock shows a multiple of ``step`` since midnight."""

    #: 1 s to 24 h
    step: timedelta

    def next_after(self, after: datetime, zone: tzinfo) -> datetime | None:
        """Return the first instant later than ``after`` at which the clock shows a multiple of the step.

        When the clock is set back, a time of day that comes again counts again only if the step fits between.
        """
        at = after
        while True:
            shown = since_midnight(at.astimezone(zone))
            coming = at + min((shown // self.step + 1) * self.step, DAY) - shown
            change = change_between(at, coming, zone)
            if change is None:
                if not self._repeats(coming, zone):
                    return coming
                at = coming
                continue
            jump = _offset(change, zone) - _offset(at, zone)
            if jump > timedelta(0):
                # ``coming`` is a reading of the old clock: was it jumped over, or shown right after the jump?
                if coming <= change + jump:
                    return change
            elif not since_midnight(change.astimezone(zone)) % self.step and not self._repeats(change, zone):
                return change
            at = change

    def _repeats(self, at: datetime, zone: tzinfo) -> bool:
        local = at.astimezone(zone)
        if not local.fold:
            return False
        first, second = local.replace(fold=0).utcoffset(), local.utcoffset()
        return first is not None and second is not None and self.step > first - second


@dataclass(frozen=True, slots=True)
class Calendar:
    """At times of day on certain days."""

    #: minutes after midnight, sorted
    times: tuple[int, ...]
    days: cron.Days

    def next_after(self, after: datetime, zone: tzinfo) -> datetime | None:
        """Return the first instant later than ``after``, or None where none comes in forty years."""
        # Two days back: a day that a zone skipped whole falls on the next one.
        day = after.astimezone(zone).date() - 2 * DAY
        last = day + _FARTHEST
        while day < last:
            if self.days.hold(day):
                for minutes in self.times:
                    at = instant(day, minutes * _MINUTE, zone)
                    if at > after:
                        return at
            day += DAY
        return None


Schedule = Immediately | Every | Calendar


@lru_cache(maxsize=1024)
def parse_schedule(text: str) -> Schedule:
    """Read a schedule as written in the configuration; case does not count.

    Raises ValueError that says what is wrong and what is accepted.
    """
    plain = " ".join(text.lower().split())
    try:
        return _parse(plain)
    except ValueError as error:
        raise ValueError(f"{text!r} is no schedule: {error}; accepted are {ACCEPTED}") from None


def _parse(plain: str) -> Schedule:
    if plain == "immediately":
        return Immediately()
    if plain == "hourly":
        return Every(timedelta(hours=1))
    if every := _EVERY.fullmatch(plain):
        step = int(every[1]) * _UNITS[every[2]]
        if not _SHORTEST <= step <= DAY:
            raise ValueError("the time between two digests must be from 1s to 24h")
        return Every(step)
    if plain.startswith("cron:"):
        times, days = cron.parse(plain.removeprefix("cron:"))
        return _that_comes(Calendar(times, days))
    if at := _AT.fullmatch(plain):
        days = cron.Days(cron.EVERY_MONTH, cron.EVERY_MONTH_DAY, _weekdays(at["days"]))
        return Calendar(tuple(sorted({_time(part) for part in at["times"].split(",")})), days)
    raise ValueError("it is not understood")


def _that_comes(schedule: Calendar) -> Calendar:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    days = schedule.days
    if not days.either and all(min(days.month_days) > longest.get(month, 31) for month in days.months):
        raise ValueError("no month has such a day")
    return schedule


def _weekdays(text: str) -> frozenset[int]:
    if text in _DAYS:
        return _DAYS[text]
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start = _weekday(first)
        days |= cron.weekdays_between(start, _weekday(last) if dash else start)
    return frozenset(days)


def _weekday(text: str) -> str:
    name = text.strip()
    if name in _FULL_NAMES:
        name = name[:3]
    if name not in cron.WEEKDAYS:
        raise ValueError(f"{text.strip()!r} is no day of the week ({', '.join(cron.WEEKDAYS)}), daily or weekdays")
    return name


def _time(text: str) -> int:
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004  # hours and minutes of a clock
        raise ValueError(f"{text.strip()!r} is no time of day such as 07:00")
    return int(found[1]) * 60 + int(found[2])


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)
