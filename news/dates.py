"""The times that sources write, read without a guess.

::

    text ─▶ date (ISO, 8 Jan 2022, 08.01.2022, 2022年1月8日) ─▶ time of day ─▶ zone ─▶ SourceTime, problem

RFC 822 and 5322, RFC 3339, ISO 8601's calendar dates, W3CDTF, and the looser forms that feeds and pages use, with the
names of months and zones as a table (``news/rules/dates.toml``). A zone that is missing, unknown or ambiguous leaves a
local time without offset; a day and month that could stand for each other leave nothing. Pure; called for each time of
each entry.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from news.rules import load
from news.types import SourceTime
from news.zones import apply_zone, find_zone, months

#: a time further ahead than this is a problem, and no time of publication
AHEAD_LIMIT = timedelta(minutes=10)
#: a time further ahead than this is unknown
AHEAD_UNKNOWN = timedelta(days=1)
_LONGEST = 200
_SHOWN = 60
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: the offsets furthest west and east that are in use
_WEST, _EAST = timedelta(hours=12), timedelta(hours=14)
#: RFC 5322 section 4.3: two figures from here on are of the last century
_PIVOT = 50
_MONTHS, _HOURS, _MINUTES = 12, 24, 60

_YMD = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?)?(?=$|[^\d])", re.IGNORECASE)
_CJK = re.compile(r"(\d{4})()\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_DMY = re.compile(r"(?<![\d.])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?![\d.])")
_TIME = re.compile(
    r"(?<![\d.+-])t?(\d{1,2})\s?(?::|h|\.|時|시)\s?(\d\d)(?:분|分)?"
    r"(?:[:.](\d\d)(?:[.,](\d{1,9})\d*)?)?(?!\d)",
    re.IGNORECASE,
)
_MERIDIEM = re.compile(r"\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_STAMP = re.compile(r"\d{10}(?:\d{3})?")


class _UnreadableError(ValueError):
    """The text names no instant, local time or day; the message ends a sentence that begins "The time …"."""


@cache
def _day_orders() -> tuple[frozenset[str], frozenset[str]]:
    order = load("dates")["order"]
    return frozenset(order["day_first"].split()), frozenset(order["month_first"].split())


def parse_time(text: str, *, language: str | None = None, now: datetime) -> tuple[SourceTime | None, str | None]:
    """Read a time as its source wrote it; return it, or None, and a sentence on what was odd, or None.

    ``language`` (BCP 47) settles 8/1/2022 and zone names that differ by country. A time more than ten minutes ahead
    of ``now`` comes with a problem and is no time of publication; more than a day ahead it is None.
    """
    if not text or not text.strip():
        return None, None
    shown = " ".join(text[:_LONGEST].split())
    shown = f'The time "{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"}"'
    found: SourceTime | None = None
    try:
        found, odd = _read(text, (language or "").lower())
    except _UnreadableError as error:
        odd = str(error)
    except (ValueError, OverflowError):
        odd = "does not exist in the calendar"
    if found is not None and _earliest(found) > now + AHEAD_UNKNOWN:
        found, odd = None, "is more than a day ahead; it is not used"
    elif found is not None and is_ahead(found, now):
        odd = "is ahead of now; it is not used as the time of publication"
    return found, f"{shown} {odd}." if odd else None


def is_ahead(value: SourceTime, now: datetime) -> bool:
    """Tell whether a time is too far ahead of ``now`` to be the time of a publication."""
    return _earliest(value) > now + AHEAD_LIMIT


def _earliest(value: SourceTime) -> datetime:
    """Return the earliest instant that a time can mean: in UTC+14, and at the start of a whole day."""
    if value.instant is not None:
        return value.instant
    whole_day = timedelta(days=1) if "T" not in value.text else timedelta()
    return value.latest - whole_day - _WEST - _EAST


def _read(text: str, language: str) -> tuple[SourceTime, str | None]:
    if len(text) > _LONGEST:
        raise _UnreadableError("is too long to be one")
    text = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    if _STAMP.fullmatch(text):
        # Seconds or milliseconds since 1970 are UTC by definition.
        return _complete(_EPOCH + timedelta(seconds=int(text[:10])), "Z"), None
    day, clock, rest = _date_in_figures(text, language)
    if clock is not None:
        head, tail = "", rest
    elif match := _TIME.search(rest):
        head = rest[: match.start()]
        clock, tail = _clock(match, rest[match.end() :])
    else:
        return _whole_day(day or _date_in_words(rest)), None
    zone = find_zone(tail, language)
    return _dated(day or _date_in_words(head + " " + zone.rest), clock, zone.offset), zone.problem


def _date_in_figures(text: str, language: str) -> tuple[date | None, timedelta | None, str]:
    """Find a date without names; return it, the time of day if it is joined to it, and the rest of the text."""
    if match := _YMD.search(text) or _CJK.search(text):
        found = date(int(match[1]), int(match[3]), int(match[4]))
        return found, None, text[: match.start()] + " " + text[match.end() :]
    if match := _COMPACT.match(text):
        found, clock = date(int(match[1]), int(match[2]), int(match[3])), None
        if match[4] is not None:
            clock = _time_of_day(int(match[4]), int(match[5]), int(match[6] or 0))
        return found, clock, text[match.end() :]
    if match := _DMY.search(text):
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if _day_first(first, second, match[2], language) else (second, first)
        return date(_full_year(match[4]), month, day), None, text[: match.start()] + " " + text[match.end() :]
    return None, None, text


def _day_first(first: int, second: int, separator: str, language: str) -> bool:
    day_first, month_first = _day_orders()
    if first > _MONTHS or first == second or separator == ".":
        return True
    if second > _MONTHS or language in month_first:
        return False
    if language in day_first or language.partition("-")[0] in day_first:
        return True
    raise _UnreadableError("can be read with the day or the month first; it is not used")


def _date_in_words(text: str) -> date:
    names = months()
    named = [names[word] for word in _WORD.findall(text.replace(".", " ").casefold()) if word in names]
    numbers = _NUMBER.findall(text)
    years = [number for number in numbers if len(number) == 4]  # noqa: PLR2004 (figures of a year)
    small = [number for number in numbers if len(number) <= 2]  # noqa: PLR2004 (figures of a day)
    if not named:
        raise _UnreadableError("could not be read")
    if not years and len(small) > 1:
        years = [small.pop()]
    if not years or not small:
        raise _UnreadableError("names no day")
    # The last name is the month: in "Mar, 04 ene 2022" the first is a Tuesday.
    return date(_full_year(years[0]), named[-1], int(small[0]))


def _full_year(figures: str) -> int:
    year = int(figures)
    if len(figures) > 2:  # noqa: PLR2004 (figures of a short year)
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _clock(match: re.Match[str], tail: str) -> tuple[timedelta, str]:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if meridiem := _MERIDIEM.match(tail):
        tail = tail[meridiem.end() :]
        if 1 <= hour <= _HOURS // 2:
            hour = hour % 12 + (12 if meridiem[1] in "pP" else 0)
    fraction = int((match[4] or "0")[:6].ljust(6, "0"))
    return _time_of_day(hour, minute, second) + timedelta(microseconds=fraction), tail


def _time_of_day(hour: int, minute: int, second: int) -> timedelta:
    """Return the time since midnight; 24:00 is allowed, and a leap second becomes the second before it."""
    if hour > _HOURS or minute >= _MINUTES or second > _MINUTES or (hour == _HOURS and (minute or second)):
        raise _UnreadableError("names an hour that does not exist")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, _MINUTES - 1))


def _dated(day: date, clock: timedelta, offset: str | None) -> SourceTime:
    moment = datetime.combine(day, time()) + clock
    _check_year(moment.year)
    if offset is None:
        return SourceTime(_written(moment), None, moment.replace(tzinfo=UTC) + _WEST)
    return _complete(*apply_zone(moment, offset))


def _complete(moment: datetime, offset: str) -> SourceTime:
    _check_year(moment.year)
    instant = moment.astimezone(UTC)
    if instant == _EPOCH:
        raise _UnreadableError("is the zero of a computer's clock")
    return SourceTime(_written(moment.replace(tzinfo=None)) + offset, instant, instant)


def _written(moment: datetime) -> str:
    text = moment.isoformat()
    return text.rstrip("0") if "." in text else text


def _whole_day(day: date) -> SourceTime:
    _check_year(day.year)
    return SourceTime(day.isoformat(), None, datetime.combine(day, time(23, 59, 59), tzinfo=UTC) + _WEST)


def _check_year(year: int) -> None:
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        raise _UnreadableError("lies in a year that cannot be meant")
