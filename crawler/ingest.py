"""Decides what each entry of a poll is: New, Known or Revised, and why. Pure.

::

    ParsedFeed ──entries, hashes──▶ wanted ──▶ look up in the store ──▶ KnownEntries
                       └──────────────────────decide◀──────────────────────┘
                                                 └──▶ Decision(kind, reason, entry, item_hash, identity, article_id)

The rules, each with a test named after it:

* An article is known by its canonical URL, whichever feed brings it; without the query keys that its site is seen to
  ignore (``news.ignoredkeys``), unless what stands there is entirely different: then the key tells after all.
* It is known by guid only within its feed, and only where the guid can be trusted: one that stands twice in a document
  with different addresses, or that led to several articles before, cannot.
* A feed that sends everything again with new guids, or with new dates, causes nothing new.
* The same guid at a changed address is the same article, unless title and text are both entirely different: then the
  publisher used the guid again, and it is a new one.
* A revision is made where title or text say something else (``news.fingerprint``), not for dates, guids, categories.
* In one document an article is new or revised at most once: feeds list the newest state first.
* An entry without an address is known by its guid, else by what it says. The address of a site's front page tells no
  article from another, and counts as none.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from news.fingerprint import content_hash, folded
from news.ignoredkeys import Sighting, sighted, without_keys
from news.types import Entry
from news.urls import canonical, is_front_page, site_of

#: titles or texts that share less than this part of their words (Jaccard) are entirely different
_SHARED = 0.2


class DecisionKind(StrEnum):
    """What an entry is to the store."""

    NEW = "new"
    KNOWN = "known"
    REVISED = "revised"


class IngestReason(StrEnum):
    """Why an entry was decided so."""

    NEW_ADDRESS = "new_address"
    NEW_GUID = "new_guid"
    NEW_CONTENT = "new_content"
    REUSED_GUID = "reused_guid"
    SAME_ADDRESS = "same_address"
    SAME_GUID = "same_guid"
    SAME_CONTENT = "same_content"
    TWICE = "twice"
    TEXT_GONE = "text_gone"
    CHANGED = "changed"
    CHANGED_MOVED = "changed_moved"

    @property
    def sentence(self) -> str:
        """The reason in words, for logs and listings."""
        return _SENTENCES[self]


_SENTENCES = {
    IngestReason.NEW_ADDRESS: "no feed has brought this address before",
    IngestReason.NEW_GUID: "it has no address, and its feed has not brought this guid before",
    IngestReason.NEW_CONTENT: "it has neither address nor trusted guid, and its feed has not said this before",
    IngestReason.REUSED_GUID: "its feed has used this guid before, for an entirely different title and text",
    IngestReason.SAME_ADDRESS: "the article at this address is known, and says the same",
    IngestReason.SAME_GUID: "the article with this guid is known in its feed, and says the same",
    IngestReason.SAME_CONTENT: "its feed has said exactly this before",
    IngestReason.TWICE: "the same document carries this article further up",
    IngestReason.TEXT_GONE: "the article is known; its text was given up by retention and cannot be compared",
    IngestReason.CHANGED: "the article is known, and its title or text has changed",
    IngestReason.CHANGED_MOVED: "the article with this guid is known in its feed; its address and text have changed",
}


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What the store knows of an article, as far as deciding needs it."""

    article_id: int
    identity: str
    #: of the latest revision from this feed, else of the latest from any; None where retention took them all
    content_hash: str | None
    #: of the same revision; empty where it is gone
    title: str
    #: of the same revision, or None where it was not looked up
    text: str | None = None


@dataclass(frozen=True, slots=True)
class KnownEntries:
    """What the store knows of the entries of one poll."""

    #: by ``Wanted.identities``, whichever feed brought them
    by_identity: Mapping[str, KnownArticle] = field(default_factory=dict)
    #: by ``Wanted.guids`` within this feed; a guid that led to several articles is left out
    by_guid: Mapping[str, KnownArticle] = field(default_factory=dict)
    #: query keys that sites ignore, as (site, key)
    ignored: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up before deciding."""

    identities: frozenset[str]
    guids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one entry is, and why."""

    kind: DecisionKind
    reason: IngestReason
    entry: Entry
    item_hash: bytes
    #: of its article; two entries with one identity are one article
    identity: str
    #: of a known article; None: it is new, also where it is new further up in this document (``TWICE``)
    article_id: int | None
    #: (site, key) of a key that was taken for ignored, and tells this article from another
    telling: tuple[tuple[str, str], ...] = ()


def sightings(entries: Sequence[tuple[Entry, bytes]]) -> dict[tuple[str, str], list[Sighting]]:
    """What a document shows of the query keys in its addresses, by (site, key)."""
    found: defaultdict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for entry, _ in entries:
        address = "" if entry.url is None else canonical(entry.url)
        if "?" in address:
            for key, one in sighted(address, entry.title, entry.text).items():
                found[site_of(address), key].append(one)
    return dict(found)


def identity_of(entry: Entry, feed_id: int, item_hash: bytes, *, trusted: Collection[str] | None = None) -> str:
    """The identity under which an entry's article is kept (``news.types.Article.identity``).

    The canonical URL; without one ``guid:FEED:GUID``; without that, or where ``trusted`` is given and does not hold the
    guid, ``item:FEED:HASH`` of what the entry says, which a new date does not change. ``item_hash`` stands in for an
    entry that says nothing.
    """
    if entry.url is not None:
        address = canonical(entry.url)
        if not is_front_page(address):
            return address
    if entry.guid and (trusted is None or entry.guid in trusted):
        return f"guid:{feed_id}:{entry.guid}"
    return _by_content(entry, feed_id, item_hash)


def _by_content(entry: Entry, feed_id: int, item_hash: bytes) -> str:
    says = content_hash(entry.title, entry.text) if entry.title or entry.text else item_hash.hex()
    return f"item:{feed_id}:{says}"


def trusted_guids(entries: Sequence[Entry]) -> frozenset[str]:
    """The guids of a document that can stand for an article.

    Not those that stand twice with different addresses, or without addresses and with entirely different contents.
    """
    first: dict[str, Entry] = {}
    doubted: set[str] = set()
    for entry in entries:
        if not entry.guid:
            continue
        seen = first.setdefault(entry.guid, entry)
        if seen is entry:
            continue
        moved = (seen.url and canonical(seen.url)) != (entry.url and canonical(entry.url))
        if moved or (entry.url is None and _entirely_different(entry, seen.title, seen.text)):
            doubted.add(entry.guid)
    return frozenset(first) - doubted


def wanted(
    entries: Sequence[tuple[Entry, bytes]], *, feed_id: int, ignored: frozenset[tuple[str, str]] = frozenset()
) -> Wanted:
    """What ``decide`` may ask for: look all of it up in two statements."""
    identities = {identity_of(entry, feed_id, item_hash) for entry, item_hash in entries}
    identities.update(_by_content(entry, feed_id, item_hash) for entry, item_hash in entries if _without_address(entry))
    if ignored:
        identities.update([_without_ignored(identity, ignored)[0] for identity in identities])
    return Wanted(frozenset(identities), frozenset(entry.guid for entry, _ in entries if entry.guid))


def _without_ignored(identity: str, ignored: frozenset[tuple[str, str]]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The identity without the keys that its site ignores, and which it had of them."""
    if not ignored or "?" not in identity or not identity.startswith("https://"):
        return identity, ()
    site = site_of(identity)
    pieces = identity.partition("?")[2].split("&")
    had = sorted({(site, piece.partition("=")[0].casefold()) for piece in pieces} & ignored)
    bare = without_keys(identity, {key for _, key in had})
    return (identity, ()) if is_front_page(bare) else (bare, tuple(had))


def _without_address(entry: Entry) -> bool:
    return entry.url is None or is_front_page(canonical(entry.url))


def decide(entries: Sequence[tuple[Entry, bytes]], known: KnownEntries, *, feed_id: int) -> list[Decision]:
    """Decide each entry of a document, in its order. ``entries`` are pairs of entry and item hash."""
    trusted = trusted_guids([entry for entry, _ in entries])
    #: identities that this document has made new or revised
    settled: set[str] = set()
    decisions = []
    for entry, item_hash in entries:
        decision = _decide(entry, item_hash, known, feed_id=feed_id, trusted=trusted)
        if decision.identity in settled and decision.kind is not DecisionKind.KNOWN:
            decision = Decision(
                DecisionKind.KNOWN, IngestReason.TWICE, entry, item_hash, decision.identity, decision.article_id
            )
        elif decision.kind is not DecisionKind.KNOWN:
            settled.add(decision.identity)
        decisions.append(decision)
    return decisions


def _decide(entry: Entry, item_hash: bytes, known: KnownEntries, *, feed_id: int, trusted: Collection[str]) -> Decision:
    full = identity_of(entry, feed_id, item_hash, trusted=trusted)
    identity, keys = _without_ignored(full, known.ignored)
    by_identity = known.by_identity.get(identity)
    if keys and by_identity is not None and _is_another(entry, by_identity):
        # A key that is ignored leads to something else altogether: it tells articles apart after all.
        told = replace(known, ignored=known.ignored.difference(keys))
        decision = _decide(entry, item_hash, told, feed_id=feed_id, trusted=trusted)
        return replace(decision, telling=keys + decision.telling)
    if keys and by_identity is None and full in known.by_identity:
        # It came before the key was known to be ignored.
        identity, by_identity = full, known.by_identity[full]
    if by_identity is not None and identity.startswith("guid:") and _is_another(entry, by_identity):
        # The guid was used again by a feed without addresses: what it says is all there is to know it by.
        identity = _by_content(entry, feed_id, item_hash)
        by_identity = known.by_identity.get(identity)
        if by_identity is None:
            return Decision(DecisionKind.NEW, IngestReason.REUSED_GUID, entry, item_hash, identity, None)
    if by_identity is not None:
        return _compare(entry, item_hash, by_identity, moved=False)
    by_guid = known.by_guid.get(entry.guid) if entry.guid and entry.guid in trusted else None
    if by_guid is not None and not _is_another(entry, by_guid):
        return _compare(entry, item_hash, by_guid, moved=True)
    if by_guid is not None:
        reason = IngestReason.REUSED_GUID
    elif identity.startswith("guid:"):
        reason = IngestReason.NEW_GUID
    elif identity.startswith("item:"):
        reason = IngestReason.NEW_CONTENT
    else:
        reason = IngestReason.NEW_ADDRESS
    return Decision(DecisionKind.NEW, reason, entry, item_hash, identity, None)


def _compare(entry: Entry, item_hash: bytes, article: KnownArticle, *, moved: bool) -> Decision:
    """Known or Revised, for an entry whose article is known."""
    if article.content_hash is None:
        kind, reason = DecisionKind.KNOWN, IngestReason.TEXT_GONE
    elif content_hash(entry.title, entry.text) != article.content_hash:
        kind, reason = DecisionKind.REVISED, IngestReason.CHANGED_MOVED if moved else IngestReason.CHANGED
    elif moved or article.identity.startswith("guid:"):
        kind, reason = DecisionKind.KNOWN, IngestReason.SAME_GUID
    elif article.identity.startswith("item:"):
        kind, reason = DecisionKind.KNOWN, IngestReason.SAME_CONTENT
    else:
        kind, reason = DecisionKind.KNOWN, IngestReason.SAME_ADDRESS
    return Decision(kind, reason, entry, item_hash, article.identity, article.article_id)


def _is_another(entry: Entry, article: KnownArticle) -> bool:
    """Whether a known guid stands on something else altogether now."""
    if article.content_hash is None or article.content_hash == content_hash(entry.title, entry.text):
        return False
    return _entirely_different(entry, article.title, article.text)


def _entirely_different(entry: Entry, title: str, text: str | None) -> bool:
    """Whether neither title nor text share words; a text that was not looked up says nothing for or against."""
    if _alike(entry.title, title):
        return False
    return text is None or not _alike(entry.text, text)


def _alike(one: str, other: str) -> bool:
    """Whether two texts share a fair part of their words, or of their letter pairs where they are single words."""
    first, second = _pieces(one), _pieces(other)
    if not first or not second:
        return False
    return len(first & second) >= _SHARED * len(first | second)


def _pieces(text: str) -> frozenset[str]:
    words = folded(text).split()
    if len(words) > 1:
        return frozenset(words)
    # One word, or a title in a script without blanks.
    return frozenset(word[place : place + 2] for word in words for place in range(max(1, len(word) - 1)))
