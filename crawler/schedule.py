"""Decides when a feed is polled again, and how it fares. Pure: chance and time are handed in.

::

    poll ─┬─ 200, 304 ──after_success──┐
          ├─ failure ───after_failure──┼──▶ Next(next_poll_at, interval, change_gap, failures, state, reason)
          └─ 410 ───────after_gone─────┘
    permanent redirect ──after_redirect──▶ Moved(…, adopted)

**How the interval is learnt.** Polls see a change no finer than they come: what changes twice between two polls is seen
once, so that a plain average of the gaps is too long wherever a feed is faster than its polls (Cho and Garcia-Molina,
"Estimating Frequency of Change", ACM Transactions on Internet Technology 3(3), 2003). So the interval is half of a
moving average of the gaps: while every poll finds something, the gap seen is the interval itself and both halve with
each step, until about every second poll finds nothing. A gap that is still open counts as soon as it is longer than the
average, so that a quiet feed is polled more and more rarely; one long gap (a night) moves the average but little, so
that the morning is met at yesterday's pace. Always within ``min_interval`` and ``max_interval``; an interval that is
configured wins.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from news.types import FeedState, PollHints

#: where nothing is known of a feed
FIRST_INTERVAL = timedelta(minutes=15)
#: a feed that is gone (410) is asked again so often
GONE_INTERVAL = timedelta(days=7)
#: a failing feed's first further try, unless its interval is shorter
FIRST_RETRY = timedelta(minutes=5)
#: what a site may order by Retry-After
RETRY_AFTER_CAP = timedelta(hours=24)
#: a permanent redirect is adopted when it was seen so often, over at least so long
MOVED_COUNT = 3
MOVED_OVER = timedelta(days=2)
#: a feed is silent when it brings nothing for so long, and for so many of its usual gaps
SILENT_AFTER = timedelta(days=3)
SILENT_GAPS = 10
#: and was watched while it did bring something for so long, and for so many gaps
HISTORY = timedelta(days=1)
HISTORY_GAPS = 3

#: part of the newest gap in the moving average
_WEIGHT = 0.2
#: a gap counts as at most so many times the average
_OUTLIER = 4
#: either way, of an interval
_JITTER = 0.1
#: a hint stretches the first interval at most so far: blog software says "hourly" of every site
_STRETCH = 2
#: entries that tell how often a feed published before it was watched
_SEED_ENTRIES = 10
_MAX_DOUBLINGS = 20
#: of Retry-After in seconds: eleven days, beyond the cap already
_MAX_DIGITS = 6
_SHORTEST = timedelta(milliseconds=100)
_NO_HINTS = PollHints()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows."""

    #: no feed is polled oftener
    min_interval: timedelta
    #: nor, while it is well and no interval is configured, more rarely
    max_interval: timedelta
    #: failing feeds are tried at least so often, for ever
    backoff_cap: timedelta = timedelta(hours=12)

    def bounded(self, interval: timedelta) -> timedelta:
        """The interval within both bounds; the lower wins where they cross."""
        return max(min(interval, self.max_interval), self.min_interval, _SHORTEST)


@dataclass(frozen=True, slots=True)
class PollState:
    """What the store knows of a feed before this poll's outcome."""

    #: as configured; None: learnt
    configured: timedelta | None
    #: the interval of before, without jitter; None before the first poll
    interval: timedelta | None = None
    #: moving average of the time between changes; None before there is one
    change_gap: timedelta | None = None
    #: failed polls in a row
    failures: int = 0
    first_success_at: datetime | None = None
    #: when the feed last brought something new
    last_new_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a feed after a poll."""

    next_poll_at: datetime
    #: before jitter
    interval: timedelta
    change_gap: timedelta | None
    #: failed polls in a row
    failures: int
    state: FeedState
    #: a sentence: why it is in this state; empty while it is healthy
    reason: str


def after_success(
    state: PollState,
    *,
    changed: bool,
    now: datetime,
    limits: Limits,
    random: float,
    hints: PollHints = _NO_HINTS,
    seed: timedelta | None = None,
) -> Next:
    """Decide after an answer with a feed, or 304.

    ``changed``: it brought something new or revised. ``random`` in [0, 1). ``seed``: of ``gap_of``, at the first poll.
    """
    gap = _learnt(state, changed=changed, now=now) or seed
    last_new_at = now if changed or state.last_new_at is None else state.last_new_at
    if state.configured is not None:
        interval = max(state.configured, limits.min_interval, _SHORTEST)
        longest = interval
    else:
        quiet = now - (now if changed else state.last_new_at or state.first_success_at or now)
        interval = limits.bounded(max(gap or 2 * first_interval(limits, hints), quiet) / 2)
        longest = limits.max_interval
    silent = silence(now=now, last_new_at=last_new_at, first_success_at=state.first_success_at, change_gap=gap)
    return Next(
        next_poll_at=now + _jittered(interval, random, limits.min_interval, longest),
        interval=interval,
        change_gap=gap,
        failures=0,
        state=FeedState.SILENT if silent else FeedState.HEALTHY,
        reason=silent or "",
    )


def _learnt(state: PollState, *, changed: bool, now: datetime) -> timedelta | None:
    """The moving average of the time between changes, with this poll's."""
    if not changed or state.last_new_at is None:
        return state.change_gap
    gap = max(now - state.last_new_at, _SHORTEST)
    if state.change_gap is None:
        return gap
    gap = min(gap, _OUTLIER * state.change_gap)
    return max(state.change_gap + _WEIGHT * (gap - state.change_gap), _SHORTEST)


def first_interval(limits: Limits, hints: PollHints = _NO_HINTS, configured: timedelta | None = None) -> timedelta:
    """The interval of a feed of which nothing is learnt; ``ttl`` and ``updatePeriod`` may stretch it only."""
    if configured is not None:
        return max(configured, limits.min_interval, _SHORTEST)
    hint = max(hints.ttl or timedelta(0), hints.update_period or timedelta(0))
    return limits.bounded(max(FIRST_INTERVAL, min(hint, _STRETCH * FIRST_INTERVAL)))


def gap_of(published: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """How far a feed's entries lie apart, from their times at the first poll; None where fewer than three have one.

    The age of the oldest of the ten newest by their number: the rate of a Poisson process as observed up to now.
    """
    newest = sorted((instant for instant in published if instant <= now), reverse=True)[:_SEED_ENTRIES]
    if len(newest) < 3:  # noqa: PLR2004  # two tell nothing of a rhythm
        return None
    return max((now - newest[-1]) / len(newest), _SHORTEST)


def after_failure(
    state: PollState,
    *,
    now: datetime,
    limits: Limits,
    random: float,
    hard: bool = False,
    retry_after: timedelta | None = None,
) -> Next:
    """Decide after a poll that brought nothing usable.

    ``hard``: trying again soon is no use (401, 403, 404, a guarded address). ``retry_after``: what the site ordered; it
    is never asked earlier, within ``RETRY_AFTER_CAP``. Each failure in a row doubles the wait up to ``backoff_cap``; no
    feed is ever given up for good.
    """
    failures = state.failures + 1
    usual = state.configured or state.interval or FIRST_INTERVAL
    first = min(2 * usual if hard else min(usual, FIRST_RETRY), limits.backoff_cap)
    floor = max(limits.min_interval, _SHORTEST)
    wait = max(min(first * 2 ** min(failures - 1, _MAX_DOUBLINGS), limits.backoff_cap), floor)
    wait = _jittered(wait, random, floor, max(limits.backoff_cap, floor))
    if retry_after is not None:
        wait = max(wait, min(retry_after, RETRY_AFTER_CAP))
    return Next(
        next_poll_at=now + wait,
        interval=state.interval or first_interval(limits, configured=state.configured),
        change_gap=state.change_gap,
        failures=failures,
        state=FeedState.FAILING,
        reason="the last poll failed" if failures == 1 else f"the last {failures} polls failed",
    )


def after_gone(state: PollState, *, now: datetime, limits: Limits, random: float) -> Next:
    """Decide after 410 Gone: the feed rests, and is asked again weekly."""
    wait = _jittered(GONE_INTERVAL, random, max(limits.min_interval, _SHORTEST), GONE_INTERVAL * (1 + _JITTER))
    return Next(
        next_poll_at=now + wait,
        interval=state.interval or first_interval(limits, configured=state.configured),
        change_gap=state.change_gap,
        failures=state.failures + 1,
        state=FeedState.RESTING,
        reason="the site says that this feed is gone for good (410); it is asked again weekly",
    )


def _jittered(interval: timedelta, random: float, shortest: timedelta, longest: timedelta) -> timedelta:
    """The interval, up to a tenth shorter or longer, within both bounds, so that feeds do not come in step."""
    return max(min(interval * (1 - _JITTER + 2 * _JITTER * random), longest), shortest, _SHORTEST)


def parse_retry_after(text: str, *, now: datetime) -> timedelta | None:
    """Read the header Retry-After (RFC 9110, section 10.2.3): seconds or an HTTP date; None where it is neither.

    At most ``RETRY_AFTER_CAP``; a date that has passed is no wait.
    """
    text = text.strip()
    if text.isascii() and text.isdecimal():
        digits = text.lstrip("0")
        seconds = int(digits or "0") if len(digits) <= _MAX_DIGITS else RETRY_AFTER_CAP.total_seconds()
        return min(timedelta(seconds=seconds), RETRY_AFTER_CAP)
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)  # HTTP dates are in GMT
    return max(min(instant - now, RETRY_AFTER_CAP), timedelta(0))


@dataclass(frozen=True, slots=True)
class Moved:
    """A permanent redirect (301, 308) that is watched before it is believed."""

    to: str | None = None
    first_at: datetime | None = None
    #: polls in a row that were sent there
    count: int = 0
    #: seen often and long enough: ``to`` is requested from now on
    adopted: bool = False


def after_redirect(seen: Moved, *, to: str | None, now: datetime) -> Moved:
    """Count a poll that brought a feed: by a permanent redirect to ``to``, or without one (None), which starts anew.

    A redirect by mistake, by a login or by a parked domain passes within days; a move stays.
    """
    if to is None:
        return Moved()
    if seen.to != to or seen.first_at is None:
        return Moved(to, now, 1)
    count = seen.count + 1
    return Moved(to, seen.first_at, count, adopted=count >= MOVED_COUNT and now - seen.first_at >= MOVED_OVER)


def silence(
    *,
    now: datetime,
    last_new_at: datetime | None,
    first_success_at: datetime | None,
    change_gap: timedelta | None,
) -> str | None:
    """A sentence where a feed answers but has fallen silent against its own rhythm, else None."""
    if last_new_at is None or first_success_at is None or change_gap is None:
        return None
    if last_new_at - first_success_at < max(HISTORY, HISTORY_GAPS * change_gap):
        return None
    quiet = now - last_new_at
    if quiet <= max(SILENT_AFTER, SILENT_GAPS * change_gap):
        return None
    return f"it has brought nothing new for {_in_words(quiet)}; usually something comes every {_in_words(change_gap)}"


def lost_between(before: Collection[bytes], carried: Sequence[bytes], *, known: int) -> bool:
    """Whether entries may have come and gone unseen between two polls: nothing that stood there stands there still.

    ``before`` and ``carried`` are item hashes; ``known`` is how many entries of this poll belong to articles that were
    known already, so that a feed that only prints its items anew is not suspected.
    """
    return len(before) > 1 and bool(carried) and known == 0 and set(before).isdisjoint(carried)


def _in_words(span: timedelta) -> str:
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        number = round(span / unit)
        if span >= unit * 2 or (number >= 1 and span >= unit):
            return f"{number} {name}{'' if number == 1 else 's'}"
    number = max(1, round(span.total_seconds()))
    return f"{number} second{'' if number == 1 else 's'}"
