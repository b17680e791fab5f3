"""Whether far more is told than usual."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from news.spikes import (
    EVENT_WINDOWS,
    LEAST_DAYS,
    LEAST_EVENTS,
    SLOT,
    WINDOWS,
    Calm,
    Figures,
    Judged,
    Past,
    Quiet,
    Spike,
    judge,
    judge_event,
    slot_of,
)
from news.surges import GROWN, LONGEST, Turn, follow, sharpest

NOW = datetime(2022, 1, 31, 10, 7, tzinfo=UTC)
HOUR, SIX, DAY = WINDOWS


def past(by_day: Sequence[int], *, hour: int = 9, days: int = 40) -> Past:
    """So many stories in an hour of each day before today, yesterday's first."""
    midnight = NOW.replace(hour=0, minute=0)
    begins = [midnight + timedelta(hours=hour, minutes=15) - timedelta(days=day) for day in range(1, len(by_day) + 1)]
    counts = {slot_of(at): count for at, count in zip(begins, by_day, strict=True) if count}
    return Past(counts, NOW - timedelta(days=days))


def of_hour(count: int, before: Past) -> Judged:
    return judge({1: count, 6: count, 24: count}, before, NOW)[0]


def figures(judged: Judged) -> Figures:
    assert judged.figures is not None
    return judged.figures


def test_none_to_three_is_nothing() -> None:
    assert of_hour(3, past([])) == Quiet(Calm.FEW, figures(of_hour(3, past([]))))


def test_a_spike_says_its_numbers() -> None:
    found = of_hour(14, past([2, 1, 3, 2, 2, 4, 1] * 4))
    assert isinstance(found, Spike)
    told = found.figures
    assert (told.count, told.hours, told.usual, told.most, told.days) == (14, 1, 2.1, 4, 28)
    assert told.limit == 11
    assert told.sentence == "14 stories in an hour; usually 2.1 at this time of day, at most 4 (28 days)"
    assert told.bars[-1] == 14


def test_mornings_are_compared_with_mornings() -> None:
    busy = past([12, 14, 13, 11] * 7, hour=9)
    assert isinstance(of_hour(20, busy), Quiet)
    night = past([12, 14, 13, 11] * 7, hour=3)
    assert isinstance(of_hour(20, night), Spike)


def test_what_comes_each_week_is_its_rhythm() -> None:
    weekly = past([0, 0, 0, 0, 0, 0, 20] * 4)
    assert figures(of_hour(20, weekly)).left_out == 0
    assert isinstance(of_hour(25, weekly), Quiet)


def test_days_that_were_spikes_are_left_out() -> None:
    calm = figures(of_hour(9, past([1] * 28)))
    surges = figures(of_hour(9, past([1, 40, 1, 1, 50, 1, 1] + [1] * 21)))
    assert (surges.left_out, surges.most, surges.days) == (2, 1, 26)
    assert surges.limit <= calm.limit + 2


def test_what_went_on_for_a_week_is_the_rhythm() -> None:
    assert isinstance(of_hour(45, past([40] * 7 + [1] * 21)), Quiet)


def test_there_is_no_spike_before_there_is_a_past() -> None:
    for days in range(LEAST_DAYS):
        assert judge({1: 500, 6: 500, 24: 500}, past([], days=days), NOW) == (Quiet(Calm.NO_PAST, None),) * 3
    assert isinstance(of_hour(50, past([], days=LEAST_DAYS + 1)), Spike)


def test_slow_swells_are_seen_in_the_longer_windows() -> None:
    hour, six, day = judge({1: 3, 6: 12, 24: 14}, past([1] * 28), NOW)
    assert isinstance(hour, Quiet)
    assert isinstance(six, Spike)
    assert isinstance(day, Spike)
    assert sharpest([hour, six, day]) == six.figures


counts = st.dictionaries(st.integers(slot_of(NOW) - 40 * 96, slot_of(NOW)), st.integers(0, 300), max_size=60)


@given(counts, st.integers(0, 60), st.lists(st.integers(0, 2000), min_size=2, max_size=2))
def test_more_stories_never_turn_a_spike_into_quiet(slots: dict[int, int], days: int, two: list[int]) -> None:
    before = Past(slots, NOW - timedelta(days=days))
    fewer, more = sorted(two)
    for low, high in zip(
        judge(dict.fromkeys((1, 6, 24), fewer), before, NOW),
        judge(dict.fromkeys((1, 6, 24), more), before, NOW),
        strict=True,
    ):
        assert not (isinstance(low, Spike) and isinstance(high, Quiet))


@given(counts, st.integers(8, 40))
def test_no_past_raises_and_the_limit_is_beyond_it(slots: dict[int, int], days: int) -> None:
    for judged, window in zip(judge({}, Past(slots, NOW - timedelta(days=days)), NOW), WINDOWS, strict=True):
        assert isinstance(judged, Quiet)
        if judged.figures is not None:
            assert judged.figures.limit > judged.figures.most
            assert judged.figures.limit >= window.floor
            assert judged.figures.limit >= 3 * judged.figures.usual - 1


@given(st.lists(st.integers(0, 40), min_size=28, max_size=28), st.integers(2, 20))
def test_a_larger_watchlist_needs_more_and_not_more_than_in_proportion(by_day: list[int], times: int) -> None:
    small = figures(of_hour(0, past(by_day)))
    large = figures(of_hour(0, past([count * times for count in by_day])))
    if small.left_out == large.left_out == 0:
        assert small.limit <= large.limit <= times * small.limit + times


@given(counts, st.integers(-400, 400))
def test_the_zone_of_now_is_nothing(slots: dict[int, int], minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    before = Past(slots, NOW - timedelta(days=40))
    elsewhere = at.astimezone(tz=None)
    assert judge({1: 9}, before, at) == judge({1: 9}, before, elsewhere)


@given(st.lists(st.integers(0, 30), max_size=24), st.integers(1, 400))
def test_figures_come_back_from_the_store_as_they_were(bars: list[int], count: int) -> None:
    made = Figures(count, 6, 1.5, 4, 9, 28, 1, 30, tuple(bars), told=3)
    assert Figures.unpack({**made.pack(), "later": 1}) == made


# ── events ──────────

SMALL = EVENT_WINDOWS[1]
EVENTS = [1] * 150 + [2] * 40 + [3] * 8 + [5, 12]


def test_an_event_is_compared_with_the_other_events() -> None:
    found = judge_event(9, SMALL, EVENTS, 1, days=28)
    assert isinstance(found, Spike)
    assert (found.figures.usual, found.figures.most, found.figures.limit) == (2.0, 3, 6)
    assert (found.figures.events, found.figures.left_out) == (198, 2)
    assert isinstance(judge_event(5, SMALL, EVENTS, 1, days=28), Quiet)


def test_an_event_that_was_as_large_before_is_no_spike_again() -> None:
    assert isinstance(judge_event(9, SMALL, EVENTS, 8, days=28), Quiet)
    assert isinstance(judge_event(9, SMALL, EVENTS, 3, days=28), Spike)


def test_with_few_events_none_is_unusual() -> None:
    few = judge_event(90, SMALL, EVENTS[: LEAST_EVENTS - 1], 0, days=28)
    young = judge_event(90, SMALL, EVENTS, 0, days=LEAST_DAYS - 1)
    assert few == young == Quiet(Calm.NO_PAST, None)


@given(st.lists(st.integers(1, 500), max_size=60), st.integers(0, 500), st.integers(0, 500), st.integers(0, 30))
def test_more_stories_never_turn_an_events_spike_into_quiet(peaks: list[int], count: int, own: int, days: int) -> None:
    low, high = (judge_event(one, SMALL, peaks, own, days=days) for one in (count, count + 1))
    assert not (isinstance(low, Spike) and isinstance(high, Quiet))


# ── once a surge ──────────


def verdict(count: int, *, hours: int = 1, limit: int = 10) -> Judged:
    of = Figures(count, hours, 2.0, 4, limit, 28, 0)
    return Spike(of) if count >= limit else Quiet(Calm.USUAL, of)


def turn(told: int | None, *verdicts: Judged, age: timedelta = timedelta(hours=1)) -> Turn:
    return follow(None if told is None else figures(verdict(told)), None if told is None else NOW - age, verdicts, NOW)


def test_a_spike_begins_lasts_and_ends_once() -> None:
    assert turn(None, verdict(9)) is Turn.NOTHING
    assert turn(None, verdict(10)) is Turn.BEGINS
    assert turn(12, verdict(9)) is Turn.LASTS
    assert turn(12, verdict(5)) is Turn.LASTS
    assert turn(12, verdict(4)) is Turn.ENDS
    assert turn(12, verdict(4), verdict(9, hours=6)) is Turn.LASTS


def test_a_spike_is_told_again_only_when_it_has_grown_clearly() -> None:
    assert turn(12, verdict(35)) is Turn.LASTS
    assert turn(12, verdict(int(12 * GROWN))) is Turn.GROWS
    assert turn(12, verdict(5), verdict(100, hours=6)) is Turn.LASTS


def test_what_does_not_end_becomes_the_rhythm() -> None:
    assert turn(12, verdict(20), age=LONGEST + SLOT) is Turn.ENDS
    assert turn(12, Quiet(Calm.NO_PAST, None)) is Turn.ENDS


@given(st.one_of(st.none(), st.integers(5, 50)), st.lists(st.integers(0, 200), max_size=3))
def test_every_turn_is_one_that_its_state_allows(told: int | None, found: list[int]) -> None:
    allowed = {Turn.NOTHING, Turn.BEGINS} if told is None else {Turn.LASTS, Turn.GROWS, Turn.ENDS}
    assert turn(told, *(verdict(count) for count in found)) in allowed
