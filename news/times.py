"""Times as texts name them: dates, hours, weekdays, and how long ago something was. Pure.

::

    Row(words of a sentence) ──moment(at a word)──▶ Moment(end, key, …) or None

"5 January 2022" and "January 5, 2022" have one key. "2 hours ago" and its like, up to weeks, is written by a page and
not by a reporter: all have the key ``AGO``.
"""

import re
from typing import Final, NamedTuple

from news.changerules import Rules
from news.numerals import Row, numeral, year

AGO: Final = "@ago"
_DAY: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º)?")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-4])[.:]([0-5]\d)")
_HOUR: Final = re.compile(r"([01]?\d|2[0-4])([ap]m|h[0-5]?\d?)")
_MINUTES: Final = re.compile(r"[0-5]\d")
_BETWEEN_DAY_AND_MONTH: Final = frozenset({"of", "de", "del"})
_IDEOGRAPHIC: Final = {"年": (1000, 2999), "月": (1, 12), "日": (1, 31), "号": (1, 31), "號": (1, 31),
                       "时": (0, 24), "時": (0, 24), "点": (0, 24), "點": (0, 24), "分": (0, 59)}  # fmt: skip
_LAST_DAY: Final = 31


class Moment(NamedTuple):
    """A time that begins at a word."""

    #: index behind its last word
    end: int
    key: str


def moment(row: Row, at: int, rules: Rules) -> Moment | None:
    """The time that begins at a word of the row; None where there is none."""
    return _ago(row, at, rules) or (
        _in_figures(row, at, rules) if row.keys[at][:1].isdigit() else _in_words(row, at, rules)
    )


def _ago(row: Row, at: int, rules: Rules) -> Moment | None:
    dates, keys = rules.dates, row.keys
    lead = dates.before_ago.at(keys, at)
    start = at + lead[0] if lead else at
    if start >= len(keys):
        return None
    end = start
    if keys[start] in dates.one or (keys[start][:1].isdigit() and keys[start].isdigit()):
        end = start + 1
    elif dates.moments.at(keys, start) is None and (found := numeral(row, start, rules)):
        end = found.end
    unit = dates.moments.at(keys, end)
    if unit is None and rules.numbers.ideographic and end < len(keys) and keys[end] in ("个", "個"):
        unit = dates.moments.at(keys, end + 1)
        end += 1
    if unit is None:
        return None
    end += unit[0]
    if lead:
        return Moment(end, AGO)
    behind = dates.ago.at(keys, end)
    return Moment(end + behind[0], AGO) if behind else None


def _in_figures(row: Row, at: int, rules: Rules) -> Moment | None:
    keys, dates = row.keys, rules.dates
    first = keys[at]
    if dated := _date_in_figures(row, at):
        return dated
    following = keys[at + 1] if at + 1 < len(keys) else ""
    gap = row.gap(at + 1)
    if rules.numbers.ideographic and first.isdigit() and not gap.strip() and following in _IDEOGRAPHIC:
        low, high = _IDEOGRAPHIC[following]
        return Moment(at + 2, f"@{int(first)}{following}") if len(first) <= 4 and low <= int(first) <= high else None  # noqa: PLR2004
    if gap == ":" and len(first) <= 2 and first.isdigit() and _MINUTES.fullmatch(following):  # noqa: PLR2004
        end = at + 2
        if row.gap(end) == ":" and end < len(keys) and _MINUTES.fullmatch(keys[end]):
            end += 1
        return Moment(_with_clock(row, end, rules), f"@{int(first)}:{following}")
    clocked = not gap.strip() and following in dates.clock
    if (clock := _CLOCK.fullmatch(first)) and (clocked or (at and keys[at - 1] in dates.before_clock)):
        return Moment(_with_clock(row, at + 1, rules), f"@{int(clock[1])}:{clock[2]}")
    if clocked and first.isdigit() and len(first) <= 2:  # noqa: PLR2004
        return Moment(_with_clock(row, at + 1, rules), f"@{int(first)}:{following}")
    if hour := _HOUR.fullmatch(first):
        return Moment(_with_clock(row, at + 1, rules), f"@{int(hour[1])}:{hour[2]}")
    if found := _day_and_month(row, at, rules):
        return found
    return _year(row, at, rules)


def _with_clock(row: Row, end: int, rules: Rules) -> int:
    while end < len(row.keys) and row.keys[end] in rules.dates.clock and not row.gap(end).strip(" \u00a0."):
        end += 1
    return end


def _date_in_figures(row: Row, at: int) -> Moment | None:
    """2022-01-05, 05.01.2022, 5/1/22: three groups of digits with one sign between."""
    if at + 3 > len(row.keys):
        return None
    sign = row.gap(at + 1)
    parts = row.keys[at : at + 3]
    if len(sign) != 1 or sign not in "-./–" or row.gap(at + 2) != sign or not all(map(str.isdigit, parts)):
        return None
    lengths = tuple(map(len, parts))
    if not (max(lengths[:2]) <= 2 and lengths[2] in (2, 4)) and not (lengths[0] == 4 and max(lengths[1:]) <= 2):  # noqa: PLR2004
        return None
    return Moment(at + 3, f"@{'.'.join(str(int(part)) for part in parts)}")


def _day_and_month(row: Row, at: int, rules: Rules) -> Moment | None:
    """5 January 2022, 5th of May, 5. Januar, 5 de enero de 2022, with or without its year."""
    day = _DAY.fullmatch(row.keys[at])
    if day is None or not 1 <= int(day[1]) <= _LAST_DAY:
        return None
    where = at + 1
    if where < len(row.keys) and row.keys[where] in _BETWEEN_DAY_AND_MONTH:
        where += 1
    if where >= len(row.keys) or row.keys[where] not in rules.dates.months or row.gap(where).strip(" \u00a0."):
        return None
    if row.gap(at + 1).strip(" \u00a0."):
        return None
    return _with_year(row, where + 1, int(day[1]), rules.dates.months[row.keys[where]], rules)


def _with_year(row: Row, end: int, day: int, month: int, rules: Rules) -> Moment:
    where = end
    if where < len(row.keys) and row.keys[where] in _BETWEEN_DAY_AND_MONTH:
        where += 1
    if where < len(row.keys) and year(row.keys[where]) and not row.gap(where).strip(" \u00a0.,"):
        return Moment(_after_year(row, where + 1, rules), f"@{day}-{month}-{row.keys[where]}")
    return Moment(end, f"@{day}-{month}")


def _after_year(row: Row, end: int, rules: Rules) -> int:
    if end < len(row.keys) and row.keys[end] in rules.dates.after_year and not row.gap(end).strip():
        return end + 1
    return end


def _in_words(row: Row, at: int, rules: Rules) -> Moment | None:
    if named := rules.dates.days.at(row.keys, at):
        return Moment(at + named[0], f"@{named[1]}")
    word = row.keys[at]
    month = rules.dates.months.get(word)
    if month is None:
        return None
    end = at + 1
    if end < len(row.keys) and not row.gap(end).strip(" \u00a0."):
        if year(row.keys[end]):
            return Moment(_after_year(row, end + 1, rules), f"@-{month}-{row.keys[end]}")
        day = _DAY.fullmatch(row.keys[end])
        behind = row.keys[end + 1] if end + 1 < len(row.keys) else ""
        if day and 1 <= int(day[1]) <= _LAST_DAY and behind not in rules.numbers.scales:
            return _with_year(row, end + 1, int(day[1]), month, rules)
    if len(word) > 3 and word not in rules.dates.not_months:  # noqa: PLR2004 - not "mar", "sun"
        return Moment(end, f"@-{month}")
    return None


def _year(row: Row, at: int, rules: Rules) -> Moment | None:
    """Four figures that count nothing, or whose year is named as one."""
    figures = row.keys[at]
    if not year(figures):
        return None
    end = _after_year(row, at + 1, rules)
    if end == at + 1 and not (at and row.keys[at - 1] in rules.dates.before_year):
        found = numeral(row, at, rules)
        if found is None or found.figures != figures:
            return None
    following = row.keys[end] if end < len(row.keys) and not row.gap(end).strip() else ""
    if end == at + 1 and following in rules.numbers.counted | rules.numbers.scales.keys():
        return None
    return Moment(end, f"@{figures}")
