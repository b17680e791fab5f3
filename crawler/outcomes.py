"""What a poll comes to, as the columns of its feed. Pure: the store is written by ``crawler.polls``.

::

    Response ──judged──▶ FetchError, or fine ──▶ unchanged | succeeded | failed | gone ──▶ Outcome(next, values)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scrapy.http import Response

from crawler.ports import FetchLimits
from crawler.schedule import (
    Limits,
    Moved,
    Next,
    PollState,
    after_failure,
    after_gone,
    after_redirect,
    after_success,
    gap_of,
)
from crawler.sniff import sniff
from news.errors import ChallengePageError, HardError, NotAFeedError, SoftError, TemporaryError
from news.store.feeds import FeedRow
from news.types import FeedState, ParsedFeed, PollHints
from news.urls import site_of

#: bytes of an item's hash in ``feed.carried``
HASH = 8
#: longer validators are not worth keeping
VALIDATOR_LENGTH = 1_000
#: failures in a row after which the operator is told, unless trying again soon is no use anyway
TROUBLE_AFTER = 3
#: bytes of an error page that are looked at
LOOKED_AT = 65_536

_MAX_AGE = re.compile(r"(?:^|[,\s])(?:s-maxage|max-age)=(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written of a poll, and told."""

    next: Next
    #: columns of ``feed``
    values: Mapping[str, object]
    #: the sentence of a failure, or None
    error: str | None = None
    #: begins a trouble that the operator should know of; None where none begins
    trouble: str | None = None


def judged(response: Response) -> None:
    """Raise a FetchError for a response that is neither a document nor 304 or 410; each says what to do."""
    status = response.status
    if 200 <= status < 300 or status in (304, 410):  # noqa: PLR2004 - RFC 9110, section 15
        return
    if 300 <= status < 400:  # noqa: PLR2004 - the same
        raise SoftError(f"it answers {status}, a redirect that leads nowhere")
    if page := _challenge(response.body):
        raise SoftError(f"it answers {status}. {page}")
    if status in _SENTENCES:
        raise HardError(f"it answers {status}: {_SENTENCES[status]}")
    if status >= 500 or status in (408, 425, 429):  # noqa: PLR2004 - the same, and RFC 6585
        raise TemporaryError(f"it answers {status}; the trouble is on the site's side")
    raise HardError(f"it answers {status}; check the address")


def _challenge(body: bytes) -> str | None:
    """Return what a challenge or consent page is, in a sentence; None for any other body."""
    start = body[:LOOKED_AT]
    try:
        sniff(start, start)
    except ChallengePageError as error:
        return str(error)
    except NotAFeedError:
        pass
    return None


_SENTENCES = {
    401: "it wants a user name and password; set username and password_file of this feed",
    403: "it refuses us; the address may need headers_file, or the publisher's leave",
    404: "there is nothing at this address; check it",
    407: "the proxy wants a user name and password; set them in fetch.proxy",
    451: "it may not be shown for legal reasons",
}


def poll_state(feed: FeedRow) -> PollState:
    """Return what the schedule wants to know of a feed."""
    return PollState(
        configured=_seconds(feed.configured_interval_s),
        # Before the first success the column holds no more than a first guess.
        interval=_seconds(feed.interval_s),
        change_gap=_seconds(feed.change_gap_s),
        failures=feed.failures,
        first_success_at=feed.first_success_at,
        last_new_at=feed.last_new_at,
    )


def schedule_limits(limits: FetchLimits) -> Limits:
    """Return the part of the limits that the schedule knows."""
    return Limits(limits.min_interval, limits.max_interval, limits.backoff_cap)


def validators(response: Response) -> dict[str, object]:
    """Return the columns that make the next request conditional."""
    found: dict[str, object] = {}
    for column, name in (("etag", b"ETag"), ("last_modified", b"Last-Modified")):
        value = response.headers.get(name)
        text = value.decode("latin-1") if value is not None and len(value) <= VALIDATOR_LENGTH else None
        # What cannot be sent back as it came is not kept.
        found[column] = text if text and text.isascii() and text.isprintable() else None
    return found


def hints_of(parsed: ParsedFeed, response: Response) -> PollHints:
    """Return the feed's own hints; where it names no ``ttl``, Cache-Control's ``max-age`` stands for it."""
    if parsed.hints.ttl is not None:
        return parsed.hints
    cache = (response.headers.get(b"Cache-Control") or b"").decode("latin-1")
    found = _MAX_AGE.search(cache)
    ttl = timedelta(seconds=int(found[1])) if found and int(found[1]) else None
    return PollHints(ttl=ttl, update_period=parsed.hints.update_period)


def carried_hashes(feed: FeedRow) -> tuple[bytes, ...]:
    """Return the hashes of the items that the document carried at the last successful poll."""
    carried = feed.carried
    return tuple(carried[place : place + HASH] for place in range(0, len(carried), HASH))


def unchanged(
    feed: FeedRow, response: Response, *, moved_to: str | None, now: datetime, limits: Limits, random: float
) -> Outcome:
    """Return the outcome of a 304, or of the same bytes as before."""
    hints = PollHints(ttl=_seconds(feed.ttl_s), update_period=_seconds(feed.update_period_s))
    then = after_success(poll_state(feed), changed=False, now=now, limits=limits, random=random, hints=hints)
    values = _well(feed, then, now) | _moved(feed, moved_to, now)
    # A 304 need not repeat its validators (RFC 9110, section 15.4.5): what it leaves out stays.
    fresh = {name: value for name, value in validators(response).items() if value is not None}
    values |= {name: value for name, value in fresh.items() if value != getattr(feed, name)}
    return Outcome(then, values, trouble=_silent_trouble(feed, then))


def succeeded(
    feed: FeedRow,
    parsed: ParsedFeed,
    response: Response,
    *,
    body_hash: bytes,
    changed: bool,
    lost: bool,
    moved_to: str | None,
    now: datetime,
    limits: Limits,
    random: float,
) -> Outcome:
    """Return the outcome of a document that was parsed; ``changed`` if something in it was new or revised."""
    hints = hints_of(parsed, response)
    seed = None
    if feed.first_success_at is None:
        instants = [entry.published.instant for entry in parsed.entries if entry.published is not None]
        seed = gap_of([instant for instant in instants if instant is not None], now=now)
    then = after_success(
        poll_state(feed), changed=changed, now=now, limits=limits, random=random, hints=hints, seed=seed
    )
    values = _well(feed, then, now) | _moved(feed, moved_to, now) | validators(response)
    # A document with more new entries than one poll takes is asked for again as a whole, until all were taken.
    taken = {*carried_hashes(feed), *parsed.hashes}
    kept = [item_hash for item_hash in parsed.carried if item_hash in taken]
    if len(kept) < len(parsed.carried):
        values |= dict.fromkeys(validators(response))
    values |= {
        "title": parsed.title or feed.title,
        "language": parsed.language,
        "kind": parsed.kind,
        "home_url": parsed.url,
        "body_hash": body_hash if len(kept) == len(parsed.carried) else None,
        "carried": b"".join(kept),
        "ttl_s": _plain(hints.ttl),
        "update_period_s": _plain(hints.update_period),
    }
    if changed or feed.last_new_at is None:
        values["last_new_at"] = now
    if feed.first_success_at is None:
        values["first_success_at"] = now
    if lost:
        values["gap_at"] = now
    return Outcome(then, values, trouble=_silent_trouble(feed, then))


def failed(
    feed: FeedRow, error: Exception, *, retry_after: timedelta | None, now: datetime, limits: Limits, random: float
) -> Outcome:
    """Return the outcome of a poll that brought nothing usable."""
    hard = isinstance(error, HardError)
    then = after_failure(poll_state(feed), now=now, limits=limits, random=random, hard=hard, retry_after=retry_after)
    sentence = str(error)
    begins = then.failures == TROUBLE_AFTER or (hard and then.failures == 1)
    return Outcome(then, _ill(feed, then, sentence, now), error=sentence, trouble=sentence if begins else None)


def gone(feed: FeedRow, *, now: datetime, limits: Limits, random: float) -> Outcome:
    """Return the outcome of a 410."""
    then = after_gone(poll_state(feed), now=now, limits=limits, random=random)
    sentence = "it answers 410: the feed is gone for good; look for its successor, or remove it"
    begins = feed.state is not FeedState.RESTING
    return Outcome(then, _ill(feed, then, sentence, now), error=sentence, trouble=sentence if begins else None)


def _well(feed: FeedRow, then: Next, now: datetime) -> dict[str, object]:
    return {
        **_scheduled(feed, then, now),
        "change_gap_s": _plain(then.change_gap),
        "last_success_at": now,
        "error": None,
    }


def _ill(feed: FeedRow, then: Next, error: str, now: datetime) -> dict[str, object]:
    return {**_scheduled(feed, then, now), "error": error}


def _scheduled(feed: FeedRow, then: Next, now: datetime) -> dict[str, object]:
    return {
        "next_poll_at": then.next_poll_at,
        "interval_s": then.interval.total_seconds(),
        "failures": then.failures,
        "state": then.state,
        "reason": then.reason,
        "state_since": feed.state_since if then.state is feed.state and feed.state_since else now,
        "last_polled_at": now,
    }


def _moved(feed: FeedRow, to: str | None, now: datetime) -> dict[str, object]:
    """Count a permanent redirect, or forget one that is no longer seen; nothing where there is neither."""
    if to is None and feed.moved_to is None:
        return {}
    moved = after_redirect(Moved(feed.moved_to, feed.moved_first_at, feed.moved_count), to=to, now=now)
    if moved.adopted and moved.to is not None:
        return {
            "request_url": moved.to,
            "site": site_of(moved.to),
            "moved_to": None,
            "moved_first_at": None,
            "moved_count": 0,
        }
    return {"moved_to": moved.to, "moved_first_at": moved.first_at, "moved_count": moved.count}


def _silent_trouble(feed: FeedRow, then: Next) -> str | None:
    return then.reason if then.state is FeedState.SILENT and feed.state is not FeedState.SILENT else None


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def _plain(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()
