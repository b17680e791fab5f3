"""Wall-clock times of a zone as instants, through every change of the clocks.

A wall time that the clocks jump over (a gap) is the instant right after the jump. One that comes twice (a fold) is
its first occurrence. All instants are aware and in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import ceil, floor

from alerts.types import QuietHours

DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def instant(day: date, since_midnight: timedelta, zone: tzinfo) -> datetime:
    """Return when the clocks of ``zone`` show ``since_midnight`` (less than a day) on ``day``."""
    wall = datetime.combine(day, time()) + since_midnight
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # In a gap fold=1 reads the wall time by the later offset, which gives an instant before the jump.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return change_between(before, found, zone) or found


def change_between(early: datetime, late: datetime, zone: tzinfo) -> datetime | None:
    """Return the instant in (early, late] at which the offset of ``zone`` changes, or None.

    At most one change is expected between the two: they lie within a day or two of each other.
    """
    old = early.astimezone(zone).utcoffset()
    if late.astimezone(zone).utcoffset() == old:
        return None
    # Changes fall on whole seconds.
    low, high = floor(early.timestamp()), ceil(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def since_midnight(local: datetime) -> timedelta:
    """Return what the clock shows, as the time since midnight."""
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def after_quiet(at: datetime, hours: QuietHours | None, zone: tzinfo) -> datetime:
    """Return the end of the quiet hours that ``at`` lies in, or ``at`` itself.

    The start belongs to the quiet hours, the end does not. Hours that start when they end never hold.
    """
    if hours is None or hours.start == hours.end:
        return at
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    overnight = hours.start > hours.end
    begun, unfinished = minute >= hours.start, minute < hours.end
    if not (begun or unfinished if overnight else begun and unfinished):
        return at
    day = local.date() + DAY if overnight and minute >= hours.start else local.date()
    end = instant(day, hours.end * _MINUTE, zone)
    if end > at:
        return end
    # The clocks went back over the end, and ``at`` lies before its second coming.
    return (datetime.combine(day, time()) + hours.end * _MINUTE).replace(tzinfo=zone, fold=1).astimezone(UTC)
