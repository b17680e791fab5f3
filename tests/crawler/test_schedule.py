"""When a feed is polled again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.schedule import (
    FIRST_INTERVAL,
    Limits,
    Moved,
    Next,
    PollState,
    after_failure,
    after_gone,
    after_redirect,
    after_success,
    first_interval,
    gap_of,
    lost_between,
    parse_retry_after,
    silence,
)
from news.types import FeedState, PollHints

NOW = datetime(2022, 1, 5, 12, tzinfo=UTC)
LIMITS = Limits(min_interval=timedelta(minutes=5), max_interval=timedelta(hours=1))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: the random number that changes nothing
MIDDLE = 0.5


def watch(
    changes_every: timedelta, *, lasts: timedelta, limits: Limits = LIMITS, quiet: tuple[int, int] | None = None
) -> list[tuple[datetime, Next, bool]]:
    """Poll a feed that changes with this beat, outside of the hours of ``quiet``, as often as the schedule says."""
    state, now, last_change = PollState(configured=None), NOW, NOW
    polls: list[tuple[datetime, Next, bool]] = []
    while now < NOW + lasts:
        due = last_change + changes_every
        while quiet and quiet[0] <= due.hour < quiet[1]:
            due += MINUTE
        changed = not polls or due <= now
        while due <= now:
            last_change, due = due, due + changes_every
        decided = after_success(state, changed=changed, now=now, limits=limits, random=MIDDLE)
        polls.append((now, decided, changed))
        state = PollState(
            configured=None,
            interval=decided.interval,
            change_gap=decided.change_gap,
            first_success_at=NOW,
            last_new_at=now if changed else state.last_new_at,
        )
        now = decided.next_poll_at
    return polls


def test_the_first_interval_is_a_quarter_of_an_hour_within_the_bounds() -> None:
    assert first_interval(LIMITS) == FIRST_INTERVAL == 15 * MINUTE
    assert first_interval(Limits(20 * MINUTE, HOUR)) == 20 * MINUTE
    assert first_interval(Limits(MINUTE, 10 * MINUTE)) == 10 * MINUTE
    decided = after_success(PollState(configured=None), changed=True, now=NOW, limits=LIMITS, random=MIDDLE)
    assert decided.next_poll_at == NOW + 15 * MINUTE
    assert decided.change_gap is None


def test_hints_stretch_the_first_interval_and_never_shorten_it() -> None:
    assert first_interval(LIMITS, PollHints(ttl=MINUTE)) == 15 * MINUTE
    assert first_interval(LIMITS, PollHints(ttl=20 * MINUTE)) == 20 * MINUTE
    assert first_interval(LIMITS, PollHints(update_period=HOUR)) == 30 * MINUTE
    assert first_interval(LIMITS, PollHints(ttl=365 * DAY)) == 30 * MINUTE
    assert first_interval(Limits(MINUTE, 20 * MINUTE), PollHints(ttl=HOUR)) == 20 * MINUTE


def test_hints_count_for_nothing_once_a_rhythm_is_learnt() -> None:
    state = PollState(None, change_gap=20 * MINUTE, first_success_at=NOW - DAY, last_new_at=NOW - 20 * MINUTE)
    decided = after_success(state, changed=True, now=NOW, limits=LIMITS, random=MIDDLE, hints=PollHints(ttl=DAY))
    assert decided.interval == 10 * MINUTE


def test_a_feed_that_changes_fast_is_polled_at_the_least_interval() -> None:
    polls = watch(2 * MINUTE, lasts=DAY)
    assert polls[-1][1].interval == LIMITS.min_interval


def test_a_feed_that_changes_each_half_hour_is_polled_about_twice_in_between() -> None:
    late = [decided for _, decided, _ in watch(30 * MINUTE, lasts=3 * DAY)][-50:]
    mean = sum((decided.interval for decided in late), timedelta(0)) / len(late)
    assert 12 * MINUTE < mean < 20 * MINUTE


def test_a_feed_that_hardly_changes_is_polled_at_the_greatest_interval() -> None:
    assert watch(5 * DAY, lasts=12 * DAY)[-1][1].interval == LIMITS.max_interval


def test_a_quiet_night_is_polled_rarely_and_the_morning_met_at_yesterdays_pace() -> None:
    polls = watch(20 * MINUTE, lasts=3 * DAY, quiet=(0, 7))
    night = [decided.interval for now, decided, _ in polls if now.day == 8 and 3 <= now.hour < 7]
    assert all(interval == LIMITS.max_interval for interval in night)
    morning = [decided.interval for now, decided, _ in polls if now.day == 8 and 9 <= now.hour < 12]
    assert max(morning) <= 25 * MINUTE


def test_a_configured_interval_wins_within_the_least() -> None:
    state = PollState(configured=10 * MINUTE, change_gap=DAY, first_success_at=NOW - DAY, last_new_at=NOW - HOUR)
    for configured, interval in ((10 * MINUTE, 10 * MINUTE), (MINUTE, 5 * MINUTE), (6 * HOUR, 6 * HOUR)):
        made = replace(state, configured=configured)
        decided = after_success(made, changed=False, now=NOW, limits=LIMITS, random=MIDDLE)
        assert decided.interval == interval
        assert decided.next_poll_at == NOW + interval


def test_rehearsals_poll_each_second() -> None:
    limits = Limits(timedelta(seconds=1), HOUR)
    state = PollState(configured=timedelta(seconds=1))
    for random in (0.0, MIDDLE, 0.999):
        decided = after_success(state, changed=False, now=NOW, limits=limits, random=random)
        assert timedelta(seconds=1) <= decided.next_poll_at - NOW <= timedelta(seconds=1.1)
    failed = after_failure(state, now=NOW, limits=limits, random=MIDDLE)
    assert failed.next_poll_at - NOW == timedelta(seconds=1)


def test_jitter_is_a_tenth_either_way() -> None:
    state = PollState(configured=20 * MINUTE)
    waits = [
        after_success(state, changed=False, now=NOW, limits=LIMITS, random=random).next_poll_at - NOW
        for random in (0.0, MIDDLE)
    ]
    assert waits == [18 * MINUTE, 20 * MINUTE]


def test_the_times_of_entries_tell_the_rhythm_before_it_is_seen() -> None:
    assert gap_of([NOW - number * HOUR for number in range(1, 31)], now=NOW) == HOUR
    assert gap_of([NOW - 10 * DAY] * 10, now=NOW) == DAY
    assert gap_of([NOW - HOUR, NOW - 2 * HOUR], now=NOW) is None
    assert gap_of([NOW + HOUR] * 9, now=NOW) is None
    seed = gap_of([NOW - 40 * number * MINUTE for number in range(1, 11)], now=NOW)
    decided = after_success(PollState(None), changed=True, now=NOW, limits=LIMITS, random=MIDDLE, seed=seed)
    assert decided.interval == 20 * MINUTE
    assert decided.change_gap == 40 * MINUTE


def failing(*, hard: bool = False, interval: timedelta = 15 * MINUTE) -> list[timedelta]:
    state = PollState(None, interval=interval)
    waits = []
    for _ in range(12):
        decided = after_failure(state, now=NOW, limits=LIMITS, random=MIDDLE, hard=hard)
        waits.append(decided.next_poll_at - NOW)
        state = replace(state, failures=decided.failures)
    return waits


def test_a_failing_feed_is_tried_soon_then_ever_more_rarely_up_to_twelve_hours_for_ever() -> None:
    waits = failing()
    assert waits[:4] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-3:] == [12 * HOUR] * 3


def test_where_trying_again_soon_is_no_use_the_first_wait_is_longer() -> None:
    assert failing(hard=True)[:3] == [30 * MINUTE, HOUR, 2 * HOUR]
    assert failing(hard=True)[-1] == 12 * HOUR


def test_a_feed_that_failed_for_years_is_still_asked() -> None:
    state = PollState(None, interval=HOUR, failures=10**9)
    assert after_failure(state, now=NOW, limits=LIMITS, random=MIDDLE).next_poll_at == NOW + 12 * HOUR


def test_a_failing_feed_says_so_and_forgets_when_it_is_well() -> None:
    one = after_failure(PollState(None, interval=20 * MINUTE, change_gap=HOUR), now=NOW, limits=LIMITS, random=MIDDLE)
    assert (one.state, one.reason, one.failures) == (FeedState.FAILING, "the last poll failed", 1)
    assert (one.interval, one.change_gap) == (20 * MINUTE, HOUR)
    more = after_failure(PollState(None, failures=2), now=NOW, limits=LIMITS, random=MIDDLE)
    assert more.reason == "the last 3 polls failed"
    well = after_success(PollState(None, failures=3), changed=False, now=NOW, limits=LIMITS, random=MIDDLE)
    assert (well.state, well.reason, well.failures) == (FeedState.HEALTHY, "", 0)


def test_retry_after_is_an_order_within_a_day() -> None:
    state = PollState(None, interval=15 * MINUTE)

    def wait(retry_after: timedelta) -> timedelta:
        decided = after_failure(state, now=NOW, limits=LIMITS, random=0.0, retry_after=retry_after)
        return decided.next_poll_at - NOW

    assert wait(2 * HOUR) == 2 * HOUR
    assert wait(30 * DAY) == DAY
    assert wait(timedelta(0)) == 5 * MINUTE


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("120", 2 * MINUTE),
        (" 0 ", timedelta(0)),
        ("0000000000120", 2 * MINUTE),
        ("9" * 5000, DAY),
        ("Wed, 05 Jan 2022 12:30:00 GMT", 30 * MINUTE),
        ("Wednesday, 05-Jan-22 12:30:00 GMT", 30 * MINUTE),
        ("Wed Jan  5 12:30:00 2022", 30 * MINUTE),
        ("Wed, 05 Jan 2022 11:00:00 GMT", timedelta(0)),
        ("Wed, 05 Jan 2033 11:00:00 GMT", DAY),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("١٢٠", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, wait: timedelta | None) -> None:
    assert parse_retry_after(text, now=NOW) == wait


def test_a_feed_that_is_gone_rests_says_so_and_is_asked_again_weekly() -> None:
    decided = after_gone(PollState(None, interval=HOUR), now=NOW, limits=LIMITS, random=MIDDLE)
    assert decided.state is FeedState.RESTING
    assert "410" in decided.reason
    assert decided.next_poll_at == NOW + 7 * DAY
    back = after_success(
        PollState(None, interval=HOUR, failures=decided.failures), changed=True, now=NOW, limits=LIMITS, random=MIDDLE
    )
    assert back.state is FeedState.HEALTHY


def test_a_permanent_redirect_is_adopted_after_three_sightings_over_two_days() -> None:
    to = "https://www.example.com/new.xml"
    seen = after_redirect(Moved(), to=to, now=NOW)
    assert seen == Moved(to, NOW, 1)
    for hours in range(1, 48):
        seen = after_redirect(seen, to=to, now=NOW + hours * HOUR)
        assert not seen.adopted
    assert after_redirect(seen, to=to, now=NOW + 48 * HOUR).adopted
    rarely = after_redirect(after_redirect(Moved(), to=to, now=NOW), to=to, now=NOW + 9 * DAY)
    assert not rarely.adopted


def test_a_permanent_redirect_that_stops_or_changes_is_counted_anew() -> None:
    seen = Moved("https://www.example.com/new.xml", NOW - 9 * DAY, 9)
    assert after_redirect(seen, to=None, now=NOW) == Moved()
    assert after_redirect(seen, to="https://example.net/", now=NOW) == Moved("https://example.net/", NOW, 1)


def quiet_for(span: timedelta, *, gap: timedelta | None = HOUR, watched: timedelta = 5 * DAY) -> str | None:
    last = NOW - span
    return silence(now=NOW, last_new_at=last, first_success_at=last - watched, change_gap=gap)


def test_a_feed_is_silent_after_three_days_and_ten_of_its_gaps() -> None:
    assert quiet_for(3 * DAY) is None
    assert quiet_for(4 * DAY) == "it has brought nothing new for 4 days; usually something comes every 1 hour"
    assert quiet_for(8 * DAY, gap=DAY) is None
    assert quiet_for(11 * DAY, gap=DAY) is not None


def test_silence_is_told_only_of_a_feed_with_a_history() -> None:
    assert quiet_for(30 * DAY, gap=None) is None
    assert quiet_for(30 * DAY, watched=12 * HOUR) is None
    assert quiet_for(90 * DAY, gap=3 * DAY, watched=8 * DAY) is None
    assert silence(now=NOW, last_new_at=None, first_success_at=NOW - DAY, change_gap=HOUR) is None


def test_a_silent_feed_is_in_that_state_until_it_speaks() -> None:
    state = PollState(None, change_gap=HOUR, first_success_at=NOW - 20 * DAY, last_new_at=NOW - 5 * DAY)
    still = after_success(state, changed=False, now=NOW, limits=LIMITS, random=MIDDLE)
    assert still.state is FeedState.SILENT
    assert "5 days" in still.reason
    assert after_success(state, changed=True, now=NOW, limits=LIMITS, random=MIDDLE).state is FeedState.HEALTHY


def test_entries_may_be_lost_where_nothing_overlaps() -> None:
    assert lost_between({b"1", b"2"}, [b"3", b"4"], known=0)
    assert not lost_between({b"1", b"2"}, [b"2", b"3"], known=0)
    assert not lost_between({b"1", b"2"}, [b"3", b"4"], known=1)
    assert not lost_between((), [b"3"], known=0)
    assert not lost_between({b"1", b"2"}, [], known=0)
    assert not lost_between({b"1"}, [b"2"], known=0)
