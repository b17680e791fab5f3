"""One poll of one feed, from the request to the commit. Every poll ends in a write: what came, or why nothing did.

::

    FeedRow ──Fetch──▶ 304, the same bytes ───────────────────────────────▶ unchanged ─┐
                  ├──▶ bytes ──Parser (unseen items only)──▶ entries ──▶ new, revised ─┼─▶ Recorder ──▶ on_commit
                  ├──▶ 410 ──────────────────────────────────────────────────▶ gone ───┤
                  └──▶ a FetchError, a NotAFeedError ────────────────────────▶ failed ─┘

Called by ``crawler.spiders.watch``, a site's feeds one after another.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from scrapy.http import Response

from crawler import feed as feeds
from crawler import outcomes
from crawler.fetch import Answer, Ask, Fetch
from crawler.intake import Brought, Taken, brought
from crawler.leases import SiteLeases
from crawler.outcomes import Outcome
from crawler.parsing import Job, Parser
from crawler.ports import Ports
from crawler.recording import Finished, Pause, Recorder, named
from crawler.schedule import lost_between, parse_retry_after
from news.edges import Edge, reach
from news.errors import FetchError, NotAFeedError, SoftError, StaleLeaseError, StoreError
from news.store.feeds import FeedRow, SiteWork
from news.types import ParsedFeed
from news.urls import listed, site_of

logger = logging.getLogger(__name__)

#: statuses whose Retry-After is an order for the whole site (RFC 9110, RFC 6585)
BUSY = frozenset((429, 503))
#: seconds between requests beyond which a site is given back after each feed, and claimed anew for the next
LONG_PAUSE = 10.0
#: how long nothing is begun after the store failed
STORE_RESTS = timedelta(seconds=10)


@dataclass(slots=True)
class Counts:
    """What has been done since the start."""

    polls: int = 0
    failed: int = 0
    new: int = 0
    revised: int = 0
    last_poll_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Document:
    """What a poll brought, before it is stored."""

    parsed: ParsedFeed
    answer: Answer
    body_hash: bytes
    entries: Brought


@dataclass(frozen=True, slots=True)
class _Poll:
    """One poll as it came out; exactly one of the three says how."""

    #: a 304, the same bytes, a 410: decided already
    outcome: Outcome | None = None
    document: _Document | None = None
    error: Exception | None = None
    #: what was ordered by Retry-After
    pause: Pause | None = None
    #: seconds that robots.txt wants between requests
    delay: float = 0.0


class Polls:
    """Polls feeds for one crawl, and keeps count."""

    def __init__(
        self,
        ports: Ports,
        *,
        fetch: Fetch,
        parser: Parser,
        leases: SiteLeases,
        on_commit: Callable[[], None] | None,
        on_end: Callable[[], None],
    ) -> None:
        self._ports = ports
        self._limits = outcomes.schedule_limits(ports.limits)
        self._fetch = fetch
        self._parser = parser
        self._leases = leases
        self._recorder = Recorder(ports.store, ports.clock)
        self._on_commit = on_commit
        self._on_end = on_end
        self._store_rests_until: datetime | None = None
        self.counts = Counts()

    @property
    def at_once(self) -> int:
        """Requests at once to one site."""
        return self._ports.limits.per_site

    # ── a site ──────────

    def begin(self, work: SiteWork) -> None:
        """Take a claimed site over."""
        self._leases.hold(work.site, work.token)

    async def end(self, work: SiteWork, *, released: bool) -> None:
        """Give a site back, unless the last poll's commit has done so."""
        try:
            if not released:
                await self._leases.release(work.site)
        except StoreError as error:
            self.store_failed(error)
        finally:
            self._on_end()

    async def release_later(self) -> None:
        """Give back the sites that could not be, because the store failed."""
        await self._leases.release_left()

    def store_rests(self) -> bool:
        """Whether nothing is to be begun, because the store has just failed."""
        return self._store_rests_until is not None and self._ports.clock.now() < self._store_rests_until

    def store_failed(self, error: StoreError) -> None:
        """Wait a little before anything is begun; say so once."""
        if self._store_rests_until is None:
            logger.error("polling waits, since the store fails, and goes on by itself: %s", error)
        self._store_rests_until = self._ports.clock.now() + STORE_RESTS

    def store_works(self) -> None:
        """Say once that the store works again."""
        if self._store_rests_until is not None:
            logger.warning("the store works again; polling goes on")
            self._store_rests_until = None

    # ── a feed ──────────

    async def poll(self, feed: FeedRow, work: SiteWork, *, last: bool) -> bool:
        """Poll one feed and commit what came of it; return whether the site was released with it.

        It is released after its ``last`` feed, and where it is not to be asked again soon. Raises StaleLeaseError if
        the site went to another process, StoreError where not even the failure could be written.
        """
        try:
            with self._recorder.coming():
                poll = await self._ask(feed, last=last)
        except StoreError:
            raise
        except Exception as error:
            # Unwritten, the feed would be due again at once, and the site be asked without end.
            logger.exception("polling %s failed", listed(feed.url))
            poll = _Poll(error=SoftError(f"polling it failed: {error}"))
        release = last or poll.delay > LONG_PAUSE or (poll.pause is not None and poll.pause.site == feed.site)
        self.counts.polls += 1
        self.counts.last_poll_at = self._ports.clock.now()
        try:
            await self._commit(feed, work, poll, release=release)
        except StaleLeaseError:
            raise
        except Exception as error:
            # What came cannot be stored: a full disk, or something in this document. The second is this feed's failure.
            if not isinstance(error, StoreError):
                logger.exception("storing what %s brought failed", listed(feed.url))
            await self._commit(
                feed, work, _Poll(error=SoftError(f"what it brought cannot be stored: {error}")), release=release
            )
        return release

    async def _ask(self, feed: FeedRow, *, last: bool) -> _Poll:
        """Request a feed and parse what came; nothing is written."""
        headers = {}
        if feed.etag:
            headers["If-None-Match"] = feed.etag
        if feed.last_modified:
            headers["If-Modified-Since"] = feed.last_modified
        ask = Ask(
            url=feed.request_url or feed.url,
            site=feed.site,
            headers=headers,
            robots=feed.robots,
            credentials=self._ports.credentials(feed.url),
            credentials_for=feed.url,
            last=last,
        )
        try:
            answer = await self._fetch.get(ask)
        except FetchError as error:
            return _Poll(error=error)
        pause = self._pause(answer.response)
        try:
            outcomes.judged(answer.response)
            poll = await self._read(feed, answer)
        except (FetchError, NotAFeedError) as error:
            return _Poll(error=error, pause=pause, delay=answer.delay)
        return poll

    async def _read(self, feed: FeedRow, answer: Answer) -> _Poll:
        """Parse a response, as far as it is new."""
        response, now, chance = answer.response, self._ports.clock.now(), self._ports.random()
        if response.status == 410:  # noqa: PLR2004 - Gone, RFC 9110
            return _Poll(outcomes.gone(feed, now=now, limits=self._limits, random=chance))
        body_hash = None if response.status == 304 else feeds.body_hash(response.body)  # noqa: PLR2004 - Not Modified
        if body_hash is None or body_hash == feed.body_hash:
            if feed.first_success_at is None:
                raise SoftError("it answers 304, although nothing of it is known yet")
            outcome = outcomes.unchanged(
                feed, response, moved_to=answer.moved_to, now=now, limits=self._limits, random=chance
            )
            return _Poll(outcome, delay=answer.delay)
        kind = response.headers.get(b"Content-Type")
        job = Job(
            body=response.body,
            url=response.url,
            content_type=kind.decode("latin-1") if kind else None,
            known=frozenset(outcomes.carried_hashes(feed)),
            now=now,
        )
        parsed = await self._parser.parse(job)
        return _Poll(document=_Document(parsed, answer, body_hash, brought(feed, parsed)), delay=answer.delay)

    def _pause(self, response: Response) -> Pause | None:
        value = response.headers.get(b"Retry-After") if response.status in BUSY else None
        wait = parse_retry_after(value.decode("latin-1"), now=self._ports.clock.now()) if value else None
        return Pause(site_of(response.url), wait) if wait else None

    # ── the commit ──────────

    async def _commit(self, feed: FeedRow, work: SiteWork, poll: _Poll, *, release: bool) -> None:
        """Write a poll's outcome, release the site with it, tell what changed."""
        given_back = False

        def give_back() -> tuple[int, datetime] | None:
            nonlocal given_back
            given_back = release
            token = self._leases.let_go(work.site) if release else None
            return None if token is None else (token, self._leases.free_at(work.site))

        finished = Finished(
            feed=feed,
            site=work.site,
            token=work.token,
            document=None if poll.document is None else poll.document.entries,
            outcome=partial(self._outcome, feed, poll, self._ports.random()),
            pause=poll.pause,
        )
        reach(Edge.BEFORE_POLL_COMMIT)
        try:
            recorded = await self._recorder.write(finished, give_back)
        except BaseException:
            if given_back:
                self._leases.hold(work.site, work.token)
            raise
        outcome, taken = recorded.outcome, recorded.taken
        reach(Edge.AFTER_POLL_COMMIT)
        self.store_works()
        self.counts.failed += outcome.error is not None
        self.counts.new += taken.new
        self.counts.revised += taken.revised
        _tell(feed, outcome)
        if taken.changed and self._on_commit is not None:
            self._on_commit()

    def _outcome(self, feed: FeedRow, poll: _Poll, chance: float, taken: Taken, now: datetime) -> Outcome:
        if poll.outcome is not None:
            return poll.outcome
        if poll.document is None:
            error = poll.error or SoftError("nothing came")
            return outcomes.failed(
                feed,
                error,
                retry_after=poll.pause.wait if poll.pause else None,
                now=now,
                limits=self._limits,
                random=chance,
            )
        document = poll.document
        before = outcomes.carried_hashes(feed)
        return outcomes.succeeded(
            feed,
            document.parsed,
            document.answer.response,
            body_hash=document.body_hash,
            changed=taken.changed,
            lost=lost_between(before, document.parsed.carried, known=taken.known),
            moved_to=document.answer.moved_to,
            now=now,
            limits=self._limits,
            random=chance,
        )


def _tell(feed: FeedRow, outcome: Outcome) -> None:
    """Log a feed's change of state, once; how it fares meanwhile stands in ``feeds health``."""
    then = outcome.next
    if then.state is feed.state:
        return
    what = outcome.error or then.reason or "it brings news again"
    logger.warning(
        "feed %s is %s: %s; polled again at %s",
        named(feed),
        then.state.value,
        what,
        then.next_poll_at.isoformat(timespec="seconds"),
    )
