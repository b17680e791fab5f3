"""Whether far more is told than usual, of a watchlist or of one event within it. Pure.

::

    stories a quarter of an hour, of 28 days ──samples──▶ the same window of each day ──limit──▶ a count
    stories in the window that ends now ──judge──▶ Spike | Quiet, each with its figures ──▶ news.surges

**A watchlist** is compared with itself: what came in the last hour with what came in the same hour of the 28 days
before, so that mornings are compared with mornings; the same for six hours and for a day, in which small watchlists
swell. The count from which it is a spike, its *limit*, is what none of these passes: a floor (none to three is
nothing), three times the usual, a quarter more than the most of any day, and ``SIGMAS`` standard deviations above the
usual on the scale of Anscombe (2·√(x + 3/8), on which counts have the same spread whatever their level), widened by how
much more these days differ than chance would have them. Up to a ninth of the days, those that were spikes themselves,
are left out; fewer than there are weeks, so that what comes each week stays in. Before ``LEAST_DAYS`` there is none.

**An event** has no such past. It is compared with the other events of its watchlist: how many stories each of them
gathered at most in such a window, and with the most that it gathered itself before.

Sources: F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948); the
quasi-Poisson dispersion and the leaving out of past outbreaks follow C. P. Farrington and others, "A statistical
algorithm for the early detection of outbreaks of infectious disease", J. R. Stat. Soc. A 159 (1996). Why these and not
others: ``docs/adr/0010-what-is-a-spike.md``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from operator import mul
from typing import Final

#: the past is counted in quarters of an hour
SLOT: Final = timedelta(minutes=15)
#: days that are compared with
PAST_DAYS: Final = 28
#: and how many there must be
LEAST_DAYS: Final = 7
#: events that there must be to compare an event with
LEAST_EVENTS: Final = 20
#: standard deviations above the usual
SIGMAS: Final = 3.2
#: at least so many times the usual
TIMES: Final = 3.0
#: and so many times the most of any day
ABOVE_MOST: Final = 1.25
#: one day of so many may be left out
LEFT_OUT: Final = 9
#: one event of so many, the largest, is left out
LEFT_OUT_EVENTS: Final = 100

_DAY_HOURS: Final = 24
_DAY_SLOTS: Final = 96
_HOUR_SLOTS: Final = 4
_WEEK_DAYS: Final = 7
_MOST_BARS: Final = 24


@dataclass(frozen=True, slots=True)
class Window:
    """A length of time that ends now."""

    hours: int
    #: fewer stories are never a spike
    floor: int
    #: the most of a day is looked for this much earlier and later too: mornings come early and late
    shift: int

    @property
    def length(self) -> timedelta:
        """As a duration."""
        return timedelta(hours=self.hours)

    @property
    def slots(self) -> int:
        """In quarters of an hour."""
        return self.hours * _HOUR_SLOTS


#: what a watchlist is counted in, shortest first
WINDOWS: Final = (Window(1, 5, 4), Window(6, 6, 8), Window(24, 8, 0))
#: what an event is counted in: it is news for a day at most
EVENT_WINDOWS: Final = (Window(1, 5, 0), Window(6, 6, 0))


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted and what is usual; stored, and told."""

    #: stories in the window
    count: int
    #: its length
    hours: int
    #: how many there usually are: the mean of the days; of an event, what nine events of ten stay at
    usual: float
    #: and at most
    most: int
    #: from how many on it is a spike
    limit: int
    #: days that were compared with
    days: int
    #: days, or events, that were left out of them as spikes of their own
    left_out: int
    #: other events that were compared with; None of a watchlist
    events: int | None = None
    #: stories in spans of ``bar_hours``, the newest last
    bars: tuple[int, ...] = ()
    bar_hours: int = 1
    #: of a spike that grew on: what was told before
    told: int | None = None

    @property
    def sentence(self) -> str:
        """What was counted and what is usual, for logs and listings."""
        stories = f"{self.count} stories in {'an hour' if self.hours == 1 else f'{self.hours} hours'}"
        if self.events is None:
            when = "" if self.hours == _DAY_HOURS else " at this time of day"
            return f"{stories}; usually {self.usual:g}{when}, at most {self.most} ({self._past})"
        return (
            f"{stories} about one event; of {self.events} others nine in ten had at most {self.usual:g}, "
            f"none more than {self.most} ({self._past})"
        )

    @property
    def _past(self) -> str:
        left_out = f", {self.left_out} more left out as spikes" if self.left_out else ""
        return f"{self.days} days{left_out}"

    def pack(self) -> dict[str, object]:
        """Return them as they are stored."""
        return {name: getattr(self, name) for name in _FIELDS} | {"bars": list(self.bars)}

    @classmethod
    def unpack(cls, stored: Mapping[str, object]) -> "Figures":
        """Return stored figures; keys that are not known are passed over."""
        known = {name: stored[name] for name in _FIELDS if name in stored}
        bars = known.pop("bars", ())
        whole = tuple(bars) if isinstance(bars, (list, tuple)) else ()
        return cls(**known, bars=whole)  # type: ignore[arg-type]  # as ``pack`` has written them


_FIELDS: Final = tuple(Figures.__dataclass_fields__)


class Calm(StrEnum):
    """Why there is no spike."""

    #: too few days, or too few events, to know what is usual
    NO_PAST = "no_past"
    #: fewer stories than are ever one
    FEW = "few"
    #: not beyond the limit
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Spike:
    """Far more than usual."""

    figures: Figures


@dataclass(frozen=True, slots=True)
class Quiet:
    """No more than may be."""

    why: Calm
    #: None where there is nothing to compare with
    figures: Figures | None


Judged = Spike | Quiet


def slot_of(at: datetime) -> int:
    """Return the quarter of an hour, since 1970, that an instant lies in."""
    return int(at.timestamp() // SLOT.total_seconds())


@dataclass(frozen=True, slots=True)
class Past:
    """What came before: stories by quarter of an hour, from ``since`` on; quarters without any may be missing."""

    counts: Mapping[int, int]
    since: datetime


@dataclass(frozen=True, slots=True)
class _Day:
    """One window of the past."""

    #: stories in it
    level: int
    #: the most in it and in those shortly before and after
    most: int
    #: whether it is of the same day of the week
    same: bool


@dataclass(frozen=True, slots=True)
class _Limit:
    count: int
    usual: float
    most: int
    days: int
    left_out: int


def judge(counted: Mapping[int, int], past: Past, now: datetime) -> tuple[Judged, ...]:
    """Judge a watchlist, a verdict for each of ``WINDOWS``.

    ``counted`` has the stories of each window that ends now, by its hours; what is missing is none.
    """
    sums = _sums(past, now)
    verdicts: list[Judged] = []
    for window in WINDOWS:
        count = counted.get(window.hours, 0)
        days = _days(sums, window, past, now)
        limit = _limit(days, window, _unrest(sums, window, len(days)))
        if limit is None:
            verdicts.append(Quiet(Calm.NO_PAST, None))
            continue
        bars, hours = _bars(sums, window, count)
        figures = Figures(
            count, window.hours, round(limit.usual, 1), limit.most, limit.count, limit.days, limit.left_out,
            bars=bars, bar_hours=hours,
        )  # fmt: skip
        verdicts.append(_verdict(figures, window))
    return tuple(verdicts)


def judge_event(
    count: int, window: Window, peaks: Sequence[int], before: int, *, days: int, bars: Sequence[int] = ()
) -> Judged:
    """Judge an event of a watchlist.

    ``peaks`` are the most stories that each other event of the last ``days`` gathered in such a window, ``before`` the
    most that this one did before the window began.
    """
    if len(peaks) < LEAST_EVENTS or days < LEAST_DAYS:
        return Quiet(Calm.NO_PAST, None)
    ranked = sorted(peaks)
    out = len(ranked) // LEFT_OUT_EVENTS
    usual, most = ranked[len(ranked) * 9 // 10], ranked[len(ranked) - 1 - out]
    limit = max(window.floor, math.ceil(TIMES * usual), most + 1, math.ceil(TIMES * before))
    kept = tuple(bars[-_MOST_BARS:])
    figures = Figures(count, window.hours, float(usual), most, limit, days, out, len(ranked) - out, kept)
    return _verdict(figures, window)


def _verdict(figures: Figures, window: Window) -> Judged:
    if figures.count < window.floor:
        return Quiet(Calm.FEW, figures)
    return Spike(figures) if figures.count >= figures.limit else Quiet(Calm.USUAL, figures)


def _sums(past: Past, now: datetime) -> list[int]:
    """Return how many came before each quarter of the last days; the last is the quarter that begins now or next."""
    end = _end(now)
    first = end - (PAST_DAYS + 1) * _DAY_SLOTS - _DAY_SLOTS
    slots = [0] * (end - first)
    for slot, count in past.counts.items():
        if first <= slot < end:
            slots[slot - first] = count
    return list(accumulate(slots, initial=0))


def _end(now: datetime) -> int:
    """Return the quarter of an hour whose beginning is nearest to now."""
    return slot_of(now + SLOT / 2)


def _days(sums: Sequence[int], window: Window, past: Past, now: datetime) -> list[_Day]:
    known = _end(now) - slot_of(past.since + SLOT)
    last, slots = len(sums) - 1, window.slots
    days = []
    for day in range(1, PAST_DAYS + 1):
        if day * _DAY_SLOTS + slots + window.shift > known:
            break
        end = last - day * _DAY_SLOTS
        counts = [sums[at] - sums[at - slots] for at in (end, end - window.shift, end + window.shift)]
        days.append(_Day(counts[0], max(counts), day % _WEEK_DAYS == 0))
    return days


def _unrest(sums: Sequence[int], window: Window, days: int) -> float:
    """Return by how much more than by chance a watchlist's counts differ from day to day.

    That is the dispersion κ of a negative binomial, whose variance is μ + κ·μ², by the method of moments, over every
    hour of the day: at one hour alone four weeks say too little of it. The quarter of the hours in which the days
    differ most is left out, so that one surge of the past does not hide the next.
    """
    if days < LEAST_DAYS:
        return 0.0
    moments = []
    number, slots, last = days - 1, window.slots, len(sums) - 1
    for end in range(last - _DAY_SLOTS, last - 2 * _DAY_SLOTS, -_HOUR_SLOTS):
        # The same end of each day, yesterday's first.
        ends, begins = sums[end::-_DAY_SLOTS], sums[end - slots :: -_DAY_SLOTS]
        counts = [after - before for after, before in zip(ends[:number], begins, strict=False)]
        mean = sum(counts) / number
        excess = (sum(map(mul, counts, counts)) - mean * mean * number) / (number - 1) - mean
        moments.append((excess, mean * mean))
    moments.sort(key=lambda one: one[0] / (one[1] + 1))
    kept = moments[: _DAY_HOURS * 3 // 4]
    squares = sum(square for _, square in kept)
    return max(0.0, sum(excess for excess, _ in kept) / squares) if squares else 0.0


def _limit(days: Sequence[_Day], window: Window, unrest: float) -> _Limit | None:
    """Return the limit that days set; None where they are too few.

    As many are left out as may be and are spikes against all that stay, the least of them too: one cannot hide another
    (as in B. Rosner's generalised test of many outliers).
    """
    if len(days) < LEAST_DAYS:
        return None
    ranked = sorted(days, key=lambda day: day.most)
    for out in range(len(ranked) // LEFT_OUT, 0, -1):
        limit = _of(ranked[:-out], window, unrest, out)
        if ranked[-out].most >= limit.count:
            return limit
    return _of(ranked, window, unrest, 0)


def _of(days: Sequence[_Day], window: Window, unrest: float, left_out: int) -> _Limit:
    number, total = len(days), sum(day.level for day in days)
    mean, most = total / number, days[-1].most
    same = [day.level for day in days if day.same]
    # One story more than was seen: that none came so far does not say that none ever will.
    level = max((total + 1) / number, (sum(same) + 4 * mean) / (len(same) + 4))
    spread = math.sqrt(1 + unrest * level)
    root = math.sqrt(level + 0.375) + SIGMAS * spread * (1 + 2 / number) / 2
    count = max(
        window.floor, math.ceil(TIMES * level), math.floor(ABOVE_MOST * most) + 1, math.ceil(root * root - 0.375)
    )
    return _Limit(count, mean, most, number, left_out)


def _bars(sums: Sequence[int], window: Window, count: int) -> tuple[tuple[int, ...], int]:
    """Return what a picture shows: the last day hour by hour, or two weeks day by day."""
    hours, number = (24, 14) if window.hours == _DAY_HOURS else (1, _MOST_BARS)
    step, last = hours * _HOUR_SLOTS, len(sums) - 1
    ends = [last - place * step for place in range(number - 1, -1, -1)]
    bars = [sums[end] - sums[end - step] for end in ends]
    if hours == window.hours:
        bars[-1] = count
    return tuple(bars), hours
