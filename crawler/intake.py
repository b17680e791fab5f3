"""What polls brought into the store's rows: looked up, decided, added; many polls at once, in their transaction.

::

    Brought ──which_known, lookup──▶ ingest.decide ──New──▶ article, revision, entry
                                                   ──Revised──▶ revision, entry
                                                   ──Known──▶ entry       gone from the document ──▶ entry.gone_at
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from crawler.ingest import Decision, DecisionKind, KnownArticle, KnownEntries, Wanted, decide, sightings, wanted
from crawler.outcomes import carried_hashes
from news.agencies import credited
from news.dates import is_ahead
from news.fingerprint import content_hash
from news.ignoredkeys import Sighting
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
    which_known,
)
from news.store.feeds import FeedRow
from news.store.query_keys import SiteKey, observe, tell
from news.types import Arrival, Entry, ParsedFeed, SourceTime
from news.urls import host_of, openable

#: a feed that last answered two of its turns and this ago was away
_OUTAGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Brought:
    """A document's unseen entries, with what is worked out before the transaction."""

    feed: FeedRow
    #: entry and item hash, in document order
    entries: tuple[tuple[Entry, bytes], ...]
    #: of each entry: its own, else the feed's, else detected
    languages: tuple[str | None, ...]
    #: the item hashes that the feed carried before, and no longer does
    gone: tuple[bytes, ...]
    #: the feed's name, as shown to readers
    source: str
    #: what the addresses of its entries show of their query keys
    sightings: Mapping[SiteKey, Sequence[Sighting]] = field(default_factory=dict)
    #: of each entry: the name of the agency that its text is credited to
    agencies: tuple[str | None, ...] = ()


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
    """Prepare what was parsed; languages and credits take time that a transaction should not."""
    whole = feed.configured_language or parsed.language
    languages = tuple(
        (tag(entry.language) if entry.language else None) or whole or detect(f"{entry.title}\n{entry.text}")
        for entry in parsed.entries
    )
    source = feed.name or parsed.title or feed.shown_name
    gone = set(carried_hashes(feed)).difference(parsed.carried)
    entries = tuple(zip(parsed.entries, parsed.hashes, strict=True))
    agencies = tuple(_agency(entry, language) for entry, language in zip(parsed.entries, languages, strict=True))
    return Brought(feed, entries, languages, tuple(sorted(gone)), source, sightings(entries), agencies)


def _agency(entry: Entry, language: str | None) -> str | None:
    credit = credited(entry.title, entry.text, entry.authors, language)
    return None if credit is None else credit.agency.name


def take_in(conn: Connection, documents: Sequence[Brought], now: datetime) -> list[Taken]:
    """Write what is new, and which items the feeds carry now; return what was new of each document."""
    drop_entries(conn, [(one.feed.id, item_hash) for one in documents for item_hash in one.gone], now)
    ignored = _observed(conn, documents, now)
    return [taken for some in _parted(documents, ignored) for taken in _take_in(conn, some, ignored, now)]


def _observed(conn: Connection, documents: Sequence[Brought], now: datetime) -> frozenset[SiteKey]:
    """Write down what the documents show of query keys; return those that their sites ignore."""
    seen: dict[SiteKey, list[Sighting]] = {}
    for document in documents:
        for place, some in document.sightings.items():
            seen.setdefault(place, []).extend(some)
    return observe(conn, seen, now) if seen else frozenset()


def _parted(documents: Sequence[Brought], ignored: frozenset[SiteKey]) -> Iterator[list[tuple[Brought, Wanted]]]:
    """Part documents where two ask for one article, so that the later one finds what the earlier adds."""
    some: list[tuple[Brought, Wanted]] = []
    asked: set[str] = set()
    for document in documents:
        wants = wanted(document.entries, feed_id=document.feed.id, ignored=ignored)
        if not asked.isdisjoint(wants.identities):
            yield some
            some, asked = [], set()
        some.append((document, wants))
        asked |= wants.identities
    yield some


@dataclass(frozen=True, slots=True)
class _Decided:
    """A document with what its entries are."""

    document: Brought
    decisions: Sequence[Decision]
    #: known articles that this feed carries for the first time
    spread: Sequence[int]

    @property
    def articles(self) -> set[int]:
        """The known articles among them."""
        return {decision.article_id for decision in self.decisions if decision.article_id is not None}

    @property
    def taken(self) -> Taken:
        """What was new."""
        new = sum(decision.kind is DecisionKind.NEW for decision in self.decisions)
        revised = sum(decision.kind is DecisionKind.REVISED for decision in self.decisions)
        known = sum(decision.article_id is not None for decision in self.decisions)
        return Taken(new, revised, known, spread=len(self.spread))


def _take_in(
    conn: Connection, documents: Sequence[tuple[Brought, Wanted]], ignored: frozenset[SiteKey], now: datetime
) -> list[Taken]:
    """Write documents that ask for no article in common."""
    decided = _decided(conn, documents, ignored)
    known = [article for one in decided for article in one.articles]
    if len(known) > len(set(known)):
        # One article under two addresses, known by the feeds' own guids: what the first changes the second must see.
        return [taken for one in documents for taken in _take_in(conn, [one], ignored, now)]
    new = [article for one in decided for article in _new(one, now)]
    articles = dict(zip((article.identity for article in new), add_articles(conn, new), strict=True))
    revisions: list[NewRevision] = []
    entries: list[NewEntry] = []
    for one in decided:
        feed = one.document.feed
        of = articles | {each.identity: each.article_id for each in one.decisions if each.article_id is not None}
        revisions += (
            _revision(feed, decision, of[decision.identity], language, now)
            for decision, language in zip(one.decisions, one.document.languages, strict=True)
            if decision.kind is not DecisionKind.KNOWN
        )
        # An item that stands twice in a document is one row.
        items = {decision.item_hash: decision for decision in one.decisions}
        entries += (
            NewEntry(feed.id, item_hash, decision.entry.guid, of[decision.identity], now)
            for item_hash, decision in items.items()
        )
    add_revisions(conn, revisions)
    put_entries(conn, entries)
    reopen(conn, sorted({article for one in decided for article in one.spread}))
    tell(conn, [place for one in decided for decision in one.decisions for place in decision.telling], now)
    return [one.taken for one in decided]


def _decided(
    conn: Connection, documents: Sequence[tuple[Brought, Wanted]], ignored: frozenset[SiteKey]
) -> list[_Decided]:
    """Look up what is known of the documents' entries, and decide each."""
    known, known_guids = which_known(
        conn,
        {identity for _, wants in documents for identity in wants.identities},
        {(document.feed.id, guid) for document, wants in documents for guid in wants.guids},
    )
    decided = []
    for document, wants in documents:
        feed_id = document.feed.id
        identities = sorted(wants.identities & known)
        guids = sorted(guid for guid in wants.guids if (feed_id, guid) in known_guids)
        by_identity, by_guid = lookup(conn, feed_id, identities, guids) if identities or guids else ({}, {})
        entries = KnownEntries(_known(by_identity), _known(by_guid), ignored)
        decisions = decide(document.entries, entries, feed_id=feed_id)
        spread = _spread(decisions, [*by_identity.values(), *by_guid.values()])
        decided.append(_Decided(document, decisions, spread))
    return decided


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


def _new(decided: _Decided, now: datetime) -> Iterator[NewArticle]:
    """Return the new articles of a document."""
    document, feed = decided.document, decided.document.feed
    arrival = _arrival(feed, now)
    agencies = document.agencies or (None,) * len(document.entries)
    for decision, language, agency in zip(decided.decisions, document.languages, agencies, strict=True):
        if decision.kind is DecisionKind.NEW:
            yield NewArticle(
                identity=decision.identity,
                url=openable(decision.entry.url) if decision.entry.url else None,
                feed_id=feed.id,
                source=document.source,
                host=host_of(decision.entry.url or feed.url),
                language=language,
                published=_publication(decision.entry, now),
                first_seen_at=now,
                arrival=arrival,
                agency=agency,
            )


def _arrival(feed: FeedRow, now: datetime) -> Arrival:
    """Return how what a feed brings now has come: an outage, of the feed or of the service, brings hours at once."""
    if feed.first_success_at is None:
        return Arrival.FIRST_POLL
    usual = timedelta(seconds=2 * max(feed.interval_s, feed.configured_interval_s or 0.0)) + _OUTAGE
    away = feed.last_success_at is not None and now - feed.last_success_at > usual
    return Arrival.CATCH_UP if away else Arrival.LATER


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
