"""The next poll lies in the future and within the bounds, whatever happened before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.schedule import (
    RETRY_AFTER_CAP,
    Limits,
    PollState,
    after_failure,
    after_gone,
    after_success,
    parse_retry_after,
)
from news.types import PollHints

NOW = datetime(2022, 1, 5, 12, tzinfo=UTC)
SPANS = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=4000))
PAST = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)).map(lambda span: NOW - span)
LIMITS = st.builds(
    Limits,
    min_interval=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=1)),
    max_interval=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30)),
)
STATES = st.builds(
    PollState,
    configured=st.none() | SPANS,
    interval=st.none() | SPANS,
    change_gap=st.none() | SPANS,
    failures=st.integers(min_value=0, max_value=10**6),
    first_success_at=st.none() | PAST,
    last_new_at=st.none() | PAST,
)
RANDOM = st.floats(min_value=0, max_value=1, exclude_max=True)
HINTS = st.builds(PollHints, ttl=st.none() | SPANS, update_period=st.none() | SPANS)


@given(
    state=STATES,
    changed=st.booleans(),
    limits=LIMITS,
    random=RANDOM,
    hints=HINTS,
    seed=st.none() | SPANS,
)
def test_after_success_the_next_poll_is_within_the_bounds(
    *, state: PollState, changed: bool, limits: Limits, random: float, hints: PollHints, seed: timedelta | None
) -> None:
    decided = after_success(state, changed=changed, now=NOW, limits=limits, random=random, hints=hints, seed=seed)
    wait = decided.next_poll_at - NOW
    assert wait >= limits.min_interval
    longest = limits.max_interval if state.configured is None else state.configured
    assert wait <= max(longest, limits.min_interval)
    assert decided.failures == 0
    assert decided.change_gap is None or decided.change_gap > timedelta(0)


@given(
    state=STATES,
    limits=LIMITS,
    random=RANDOM,
    hard=st.booleans(),
    retry_after=st.none() | st.timedeltas(min_value=timedelta(0)),
)
def test_after_failure_the_next_poll_is_never_for_ever(
    *, state: PollState, limits: Limits, random: float, hard: bool, retry_after: timedelta | None
) -> None:
    decided = after_failure(state, now=NOW, limits=limits, random=random, hard=hard, retry_after=retry_after)
    wait = decided.next_poll_at - NOW
    ordered = timedelta(0) if retry_after is None else min(retry_after, RETRY_AFTER_CAP)
    assert max(limits.min_interval, ordered) <= wait <= max(limits.backoff_cap, limits.min_interval, ordered)
    assert decided.failures == state.failures + 1


@given(STATES, LIMITS, RANDOM)
def test_a_feed_that_is_gone_is_asked_again_within_eight_days(state: PollState, limits: Limits, random: float) -> None:
    wait = after_gone(state, now=NOW, limits=limits, random=random).next_poll_at - NOW
    assert timedelta(days=6) <= wait <= timedelta(days=8)


@given(st.text(max_size=60) | st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT")))
def test_retry_after_is_never_negative_never_beyond_its_cap_and_never_raises(text: str) -> None:
    wait = parse_retry_after(text, now=NOW)
    assert wait is None or timedelta(0) <= wait <= RETRY_AFTER_CAP
