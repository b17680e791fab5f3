"""What a poll brought into the store's rows: looked up, decided, added. Runs inside the poll's transaction.

::

    Brought ──lookup──▶ ingest.decide ──New──▶ article, revision, entry
                                      ──Revised──▶ revision, entry
                                      ──Known──▶ entry                gone from the document ──▶ entry.gone_at
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from crawler.ingest import Decision, DecisionKind, KnownArticle, KnownEntries, decide, wanted
from crawler.outcomes import carried_hashes
from news.dates import is_ahead
from news.fingerprint import content_hash
from news.languages import detect, tag
from news.store.articles import (
    KnownRow,
    NewArticle,
    NewEntry,
    NewRevision,
    add_articles,
    add_revisions,
    drop_entries,
    lookup,
    put_entries,
    reopen,
)
from news.store.feeds import FeedRow
from news.types import Arrival, Entry, ParsedFeed, SourceTime
from news.urls import host_of, openable


@dataclass(frozen=True, slots=True)
class Brought:
    """A document's unseen entries, with what is worked out before the transaction."""

    #: entry and item hash, in document order
    entries: tuple[tuple[Entry, bytes], ...]
    #: of each entry: its own, else the feed's, else detected
    languages: tuple[str | None, ...]
    #: every item hash that the document carries
    carried: tuple[bytes, ...]
    #: the feed's name, as shown to readers
    source: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was new in a poll."""

    new: int = 0
    revised: int = 0
    #: entries of articles that were known before
    known: int = 0
    #: known articles that this feed carries for the first time
    spread: int = 0

    @property
    def changed(self) -> bool:
        """Whether there is something for the next stage."""
        return bool(self.new or self.revised or self.spread)


def brought(feed: FeedRow, parsed: ParsedFeed) -> Brought:
    """Prepare what was parsed; detecting a language takes time that a transaction should not."""
    whole = feed.configured_language or parsed.language
    languages = tuple(
        (tag(entry.language) if entry.language else None) or whole or detect(f"{entry.title}\n{entry.text}")
        for entry in parsed.entries
    )
    source = feed.name or parsed.title or feed.shown_name
    return Brought(tuple(zip(parsed.entries, parsed.hashes, strict=True)), languages, parsed.carried, source)


def take_in(conn: Connection, feed: FeedRow, what: Brought, now: datetime) -> Taken:
    """Write what is new, and which items the feed carries now."""
    gone = set(carried_hashes(feed)).difference(what.carried)
    if gone:
        drop_entries(conn, feed.id, sorted(gone), now)
    if not what.entries:
        return Taken()
    wants = wanted(what.entries, feed_id=feed.id)
    by_identity, by_guid = lookup(conn, feed.id, sorted(wants.identities), sorted(wants.guids))
    decisions = decide(what.entries, KnownEntries(_known(by_identity), _known(by_guid)), feed_id=feed.id)
    articles = _add_new(conn, feed, what, decisions, now)
    revisions = [
        _revision(feed, decision, articles[decision.identity], language, now)
        for decision, language in zip(decisions, what.languages, strict=True)
        if decision.kind is not DecisionKind.KNOWN
    ]
    add_revisions(conn, revisions)
    # An item that stands twice in a document is one row.
    entries = {
        decision.item_hash: NewEntry(feed.id, decision.item_hash, decision.entry.guid, articles[decision.identity], now)
        for decision in decisions
    }
    put_entries(conn, list(entries.values()))
    spread = _spread(decisions, [*by_identity.values(), *by_guid.values()])
    reopen(conn, spread)
    new = sum(decision.kind is DecisionKind.NEW for decision in decisions)
    revised = sum(decision.kind is DecisionKind.REVISED for decision in decisions)
    known = sum(decision.article_id is not None for decision in decisions)
    return Taken(new, revised, known, spread=len(spread))


def _spread(decisions: Sequence[Decision], rows: Sequence[KnownRow]) -> list[int]:
    """Return the known articles that this feed carries for the first time: a watchlist of this feed may want them."""
    elsewhere = {row.article_id for row in rows if not row.here}
    told = {decision.article_id for decision in decisions if decision.kind is DecisionKind.KNOWN}
    return sorted(article for article in told if article in elsewhere and article is not None)


def _known(rows: Mapping[str, KnownRow]) -> dict[str, KnownArticle]:
    return {
        key: KnownArticle(row.article_id, row.identity, row.content_hash, row.title, row.text)
        for key, row in rows.items()
    }


def _add_new(
    conn: Connection, feed: FeedRow, what: Brought, decisions: Sequence[Decision], now: datetime
) -> dict[str, int]:
    """Add the new articles; return the article of every identity in the document."""
    arrival = Arrival.FIRST_POLL if feed.first_success_at is None else Arrival.LATER
    new = [
        NewArticle(
            identity=decision.identity,
            url=openable(decision.entry.url) if decision.entry.url else None,
            feed_id=feed.id,
            source=what.source,
            host=host_of(decision.entry.url or feed.url),
            language=language,
            published=_publication(decision.entry, now),
            first_seen_at=now,
            arrival=arrival,
        )
        for decision, language in zip(decisions, what.languages, strict=True)
        if decision.kind is DecisionKind.NEW
    ]
    articles = {decision.identity: decision.article_id for decision in decisions if decision.article_id is not None}
    articles.update(zip((one.identity for one in new), add_articles(conn, new), strict=True))
    return articles


def _revision(feed: FeedRow, decision: Decision, article_id: int, language: str | None, now: datetime) -> NewRevision:
    entry = decision.entry
    return NewRevision(
        article_id=article_id,
        feed_id=feed.id,
        title=entry.title,
        text=entry.text,
        summary=entry.summary,
        authors=entry.authors,
        categories=entry.categories,
        language=language,
        published=_publication(entry, now),
        content_hash=content_hash(entry.title, entry.text),
        created_at=now,
    )


def _publication(entry: Entry, now: datetime) -> SourceTime | None:
    """Return when an entry was published; a time ahead of the clock says nothing about that."""
    return None if entry.published is None or is_ahead(entry.published, now) else entry.published
