"""The steps of an address up to its story, as far as they go. Pure.

::

    known? ─no──▶ how do the feeds of its site fare
           └yes─▶ which feeds brought it ──▶ what it says ──▶ which story it is, with which copies,
                                                                     and about which event ──▶ matched?
"""

from collections.abc import Iterator

from news.store.feed_rows import FeedRow
from news.store.threads import TOO_OLD
from news.store.trails import ArticleTrail
from news.threads import WINDOW
from news.types import Arrival, FeedState, RobotsRule
from news.urls import listed, openable
from storywatch.why.facts import Facts
from storywatch.why.steps import State, Step

#: lines about feeds, and about other articles of a story; the rest is counted
_MOST = 5


def steps(facts: Facts) -> Iterator[Step]:
    """Yield the steps, up to the one that ended the way."""
    if facts.trail is not None:
        yield from _known(facts, facts.trail)
    elif facts.feed is not None:
        yield Step("address", State.OK, facts.feed.created_at, f"the address of the feed {_named(facts.feed)}")
        yield _polled(facts.feed, facts, itself=True)
        yield from _again(facts.feed)
        yield from _gap(facts.feed)
    else:
        yield Step("address", State.NOTE, None, "not known: no feed has brought it")
        yield from _site(facts)


# ── an address that nobody knows ──────────


def _site(facts: Facts) -> Iterator[Step]:
    """Tell what is known instead, and how the feeds of its site fare."""
    for one in facts.alike:
        yield Step("alike", State.NOTE, None, f"known is {one}")
    for new in facts.not_taken_over:
        detail = f"{new.name or listed(new.url)} is configured, and no run has taken it over yet"
        yield Step("feed", State.WAITS, None, detail)
    # Those that explain most come first.
    feeds = sorted(facts.feeds, key=lambda one: (not one.active, one.state is FeedState.HEALTHY, one.url))
    for feed in feeds[:_MOST]:
        yield _polled(feed, facts)
        if feed.error:
            yield from _again(feed)
        yield from _gap(feed)
    if len(feeds) > _MOST:
        yield Step("feed", State.NOTE, None, f"and {len(feeds) - _MOST} more feeds of {facts.site}")
    if facts.feeds or facts.not_taken_over:
        return
    if facts.bringing:
        names = ", ".join(_named(one) for one in facts.bringing[:_MOST])
        detail = f"no feed of {facts.site} is configured; articles of it came with {names}, not this one"
        yield Step("feed", State.ENDED, None, detail)
    else:
        yield Step("feed", State.ENDED, None, f"no feed of {facts.site} is configured; `storywatch feeds add` adds one")


def _polled(feed: FeedRow, facts: Facts, *, itself: bool = False) -> Step:
    """Tell how one feed fares."""
    name = "it" if itself else _named(feed)
    if not feed.active:
        return Step("feed", State.ENDED, feed.state_since, f"{name} is not polled any more: {feed.reason}")
    if feed.last_polled_at is None:
        when = "now" if feed.next_poll_at is None or feed.next_poll_at <= facts.now else "later"
        return Step("feed", State.WAITS, feed.next_poll_at, f"{name} has not been polled yet; it is due {when}")
    if feed.state in {FeedState.FAILING, FeedState.RESTING} or feed.error:
        words = {FeedState.RESTING: "rests"}.get(feed.state, "fails")
        return Step("feed", State.ENDED, feed.last_polled_at, f"{name} {words}: {feed.error or feed.reason}")
    if itself:
        silent = f", and is silent: {feed.reason}" if feed.state is FeedState.SILENT else ""
        return Step("feed", State.OK, feed.last_polled_at, f"it answers{silent}{_leave(feed)}")
    silent = f"; it is silent: {feed.reason}" if feed.state is FeedState.SILENT else ""
    detail = f"{name} answers, and has not carried it{silent}{_leave(feed)}"
    return Step("feed", State.ENDED, feed.last_polled_at, detail)


def _again(feed: FeedRow) -> Iterator[Step]:
    if feed.active and feed.last_polled_at is not None and feed.next_poll_at is not None:
        yield Step("feed", State.NOTE, feed.next_poll_at, "it is polled again")


def _gap(feed: FeedRow) -> Iterator[Step]:
    if feed.gap_at is not None:
        yield Step(
            "gap", State.NOTE, feed.gap_at, f"entries of {_named(feed)} may have been missed before; poll it oftener"
        )


def _leave(feed: FeedRow) -> str:
    return "; polled whatever robots.txt says" if feed.robots is RobotsRule.PERMITTED else ""


def _named(feed: FeedRow) -> str:
    """Return a feed's name with its address, without what may be secret."""
    address = listed(feed.url)
    return feed.shown_name if feed.shown_name == address else f"{feed.shown_name} ({address})"


# ── an article ──────────


def _known(facts: Facts, trail: ArticleTrail) -> Iterator[Step]:
    article = trail.article
    same = article.url is not None and article.url == openable(facts.url)
    as_what = "known by this address" if same else f"known as {article.identity}"
    yield Step("address", State.OK, article.first_seen_at, as_what)
    for one in trail.carriers[:_MOST]:
        how = "with its first poll" if one.arrival is Arrival.FIRST_POLL else "with a later poll"
        gone = "" if one.gone_at is None else "; it carries it no longer"
        yield Step("feed", State.OK, one.since, f"{_named(one.feed)} brought it {how}{gone}")
    if len(trail.carriers) > _MOST:
        yield Step("feed", State.OK, None, f"and {len(trail.carriers) - _MOST} more feeds")
    yield _article(trail)
    yield from _story(trail)
    yield from _thread(facts, trail)
    yield from _evaluated(trail)


def _article(trail: ArticleTrail) -> Step:
    latest = trail.revisions[-1].revision
    if is_emptied(trail):
        return Step("article", State.NOTE, latest.created_at, "its text is gone, since [store] retention took it")
    published = trail.article.published
    parts = [f"“{latest.title}”", trail.article.source, latest.language or "language unknown"]
    parts.append(f"published {published.text}" if published else "no time given")
    if trail.article.agency:
        parts.append(f"credited to {trail.article.agency}")
    parts.append("taken in" if len(trail.revisions) == 1 else f"{len(trail.revisions)} revisions, the last taken in")
    return Step("article", State.OK, latest.created_at, ", ".join(parts))


def is_emptied(trail: ArticleTrail) -> bool:
    """Whether retention took the article's text."""
    return not any(one.revision.title or one.revision.text for one in trail.revisions)


def _story(trail: ArticleTrail) -> Iterator[Step]:
    if trail.article.story_id is None:
        detail = "it waits for its story, which a running service gives it within a second"
        yield Step("story", State.WAITS, None, detail)
        return
    why = "" if trail.membership is None else trail.membership.sentence
    if trail.others and trail.membership is not None and not trail.membership.copies:
        why = "its first article"
    yield Step("story", State.OK, trail.story_seen_at, f"{trail.article.story_id}{why and f': {why}'}")
    for one in trail.others[:_MOST]:
        how = f", {one.membership.sentence}" if one.membership is not None and one.membership.copies else ""
        detail = f"also {one.article.source}: {one.article.url or one.article.identity}{how}"
        yield Step("copy", State.NOTE, one.article.first_seen_at, detail)
    if len(trail.others) > _MOST:
        yield Step("copy", State.NOTE, None, f"and {len(trail.others) - _MOST} more articles of it")


def _thread(facts: Facts, trail: ArticleTrail) -> Iterator[Step]:
    """Tell which event its story is about and why, or why none."""
    if trail.article.story_id is None:
        return
    if trail.thread_id is None:
        yield _threadless(facts, trail)
        return
    why = trail.thread_reason or "it began with this story"
    yield Step("thread", State.OK, None, f"{trail.thread_id}: {why}")
    for one in trail.thread_stories[:_MOST]:
        yield Step("thread", State.NOTE, one.first_seen_at, f"also {one.source}: “{one.title}” (story {one.id})")
    if len(trail.thread_stories) > _MOST:
        yield Step("thread", State.NOTE, None, f"`storywatch stories --thread {trail.thread_id}` lists all of it")


def _threadless(facts: Facts, trail: ArticleTrail) -> Step:
    if trail.thread_reason is not None:
        return Step("thread", State.NOTE, None, f"none: {trail.thread_reason}")
    if trail.story_seen_at is not None and trail.story_seen_at < facts.now - WINDOW:
        return Step("thread", State.NOTE, None, f"none: {TOO_OLD}")
    if facts.threadless is not None:
        return Step("thread", State.NOTE, None, f"none: {facts.threadless}")
    return Step("thread", State.WAITS, None, "it waits for its event, which a running service looks for within seconds")


def _evaluated(trail: ArticleTrail) -> Iterator[Step]:
    if trail.article.story_id is None:
        return
    waiting = [one for one in trail.revisions if one.evaluated_at is None]
    if waiting:
        detail = "it waits to be matched, which a running service does within a second"
        yield Step("matching", State.WAITS, None, detail)
    else:
        yield Step("matching", State.OK, trail.revisions[-1].evaluated_at, "looked at for every watchlist")
