"""What an entry is to the store. Each rule of ``crawler.ingest`` has a test named after it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b

from crawler.ingest import (
    Decision,
    DecisionKind,
    IngestReason,
    KnownArticle,
    KnownEntries,
    decide,
    identity_of,
    trusted_guids,
    wanted,
)
from news.fingerprint import content_hash
from news.types import Entry, SourceTime

FEED = 7
NEW, KNOWN, REVISED = DecisionKind.NEW, DecisionKind.KNOWN, DecisionKind.REVISED


def entry(number: int = 1, **changes: object) -> Entry:
    made = Entry(
        guid=f"guid-{number}",
        url=f"https://www.example.com/{number}",
        title=f"Fuel prices double in district {number}",
        summary=f"Drivers blocked road number {number} until noon.",
        content="",
        authors=(),
        published=None,
        updated=None,
        categories=(),
        language=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # named fields of Entry


def item_hash(made: Entry) -> bytes:
    return blake2b(repr(made).encode(), digest_size=8).digest()


@dataclass
class Store:
    """What a store remembers between polls, as ``crawler.ingest`` asks for it."""

    #: by identity
    articles: dict[str, KnownArticle] = field(default_factory=dict)
    #: (feed, guid) → identities that came under it
    guids: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    def poll(self, *entries: Entry, feed: int = FEED) -> list[Decision]:
        """Decide and remember one document."""
        pairs = [(made, item_hash(made)) for made in entries]
        ask = wanted(pairs, feed_id=feed)
        by_guid = {}
        for guid in ask.guids:
            led_to = self.guids.get((feed, guid), set())
            if len(led_to) == 1:
                by_guid[guid] = self.articles[next(iter(led_to))]
        by_identity = {identity: self.articles[identity] for identity in ask.identities if identity in self.articles}
        decisions = decide(pairs, KnownEntries(by_identity, by_guid), feed_id=feed)
        for decision in decisions:
            self.remember(decision, feed)
        return decisions

    def remember(self, decision: Decision, feed: int) -> None:
        """Carry a decision out."""
        made, identity = decision.entry, decision.identity
        if decision.kind is not KNOWN:
            number = decision.article_id or len(self.articles) + 1
            says = content_hash(made.title, made.text)
            assert (identity in self.articles) == (decision.kind is REVISED), "an identity is made once"
            self.articles[identity] = KnownArticle(number, identity, says, made.title, made.text)
        assert decision.article_id in {None, self.articles[identity].article_id}
        if made.guid:
            self.guids.setdefault((feed, made.guid), set()).add(identity)


def kinds(decisions: list[Decision]) -> list[DecisionKind]:
    return [decision.kind for decision in decisions]


def reasons(decisions: list[Decision]) -> list[IngestReason]:
    return [decision.reason for decision in decisions]


def at(text: str) -> SourceTime:
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return SourceTime(text + "Z", instant, instant)


def test_an_article_is_known_by_its_canonical_url_whichever_feed_brings_it() -> None:
    store = Store()
    assert kinds(store.poll(entry())) == [NEW]
    elsewhere = entry(url="http://m.example.com/1?utm_source=rss#top", guid="another").url
    assert elsewhere is not None
    store.poll(entry(2, url="https://example.com/1"))
    decided = store.poll(entry(2, url=elsewhere, guid="another"), feed=8)
    assert reasons(decided) == [IngestReason.SAME_ADDRESS]
    assert kinds(decided) == [KNOWN]


def test_an_article_is_known_by_guid_only_within_its_feed() -> None:
    store = Store()
    store.poll(entry(url=None))
    assert reasons(store.poll(entry(url=None))) == [IngestReason.SAME_GUID]
    assert kinds(store.poll(entry(url=None), feed=8)) == [NEW]
    store.poll(entry(2))
    assert kinds(store.poll(entry(2, url="https://www.example.com/moved"), feed=8)) == [NEW]


def test_feed_that_resends_everything_with_new_guids_causes_nothing_new() -> None:
    store = Store()
    document = [entry(number) for number in range(20)]
    store.poll(*document)
    again = store.poll(*(replace(made, guid=f"v2-{made.guid}") for made in document))
    assert kinds(again) == [KNOWN] * 20
    without = store.poll(*(replace(made, guid=None) for made in document))
    assert kinds(without) == [KNOWN] * 20


def test_feed_that_redates_old_entries_causes_nothing_new() -> None:
    store = Store()
    document = [entry(number, published=at("2022-01-01T08:00:00")) for number in range(20)]
    document += [entry(number, url=None, guid=None, published=at("2022-01-01T08:00:00")) for number in range(20, 30)]
    store.poll(*document)
    now = at("2022-01-05T08:00:00")
    assert kinds(store.poll(*(replace(made, published=now, updated=now) for made in document))) == [KNOWN] * 30


def test_an_entry_under_two_guids_is_one_article() -> None:
    store = Store()
    decided = store.poll(entry(), entry(guid="the same under another guid"))
    assert kinds(decided) == [NEW, KNOWN]
    assert reasons(decided)[1] is IngestReason.TWICE
    assert decided[0].identity == decided[1].identity
    assert len(store.articles) == 1


def test_the_same_guid_at_a_changed_address_is_the_same_article() -> None:
    store = Store()
    (first,) = store.poll(entry())
    (moved,) = store.poll(entry(url="https://www.example.com/better-slug"))
    assert (moved.kind, moved.reason) == (KNOWN, IngestReason.SAME_GUID)
    assert moved.identity == first.identity


def test_the_same_guid_at_a_changed_address_with_an_edited_title_is_a_revision() -> None:
    store = Store()
    store.poll(entry())
    (moved,) = store.poll(entry(url="https://www.example.com/x", title="Fuel prices triple in district 1"))
    assert (moved.kind, moved.reason) == (REVISED, IngestReason.CHANGED_MOVED)
    assert moved.article_id == 1
    (kept_text,) = store.poll(entry(url="https://www.example.com/y", title="Airport closed"))
    assert kept_text.kind is REVISED


def test_a_guid_that_is_used_again_for_an_entirely_different_article_is_a_new_one() -> None:
    store = Store()
    store.poll(entry())
    (other,) = store.poll(
        entry(url="https://www.example.com/z", title="Airport closed", summary="Snow fell all night.")
    )
    assert (other.kind, other.reason) == (NEW, IngestReason.REUSED_GUID)
    assert other.identity == "https://www.example.com/z"


def test_a_guid_that_is_used_again_in_a_feed_without_addresses_is_a_new_article() -> None:
    store = Store()
    store.poll(entry(url=None))
    changed = entry(url=None, title="Airport closed", summary="Snow fell all night.")
    (other,) = store.poll(changed)
    assert (other.kind, other.reason) == (NEW, IngestReason.REUSED_GUID)
    assert kinds(store.poll(changed)) == [KNOWN]
    assert kinds(store.poll(entry(url=None))) == [KNOWN]


def test_a_guid_that_stands_twice_with_different_addresses_is_not_trusted() -> None:
    document = [entry(1, guid="x"), entry(2, guid="x"), entry(3), entry(3)]
    assert trusted_guids(document) == {"guid-3"}
    store = Store()
    assert kinds(store.poll(*document)) == [NEW, NEW, NEW, KNOWN]


def test_a_guid_that_stands_twice_without_addresses_on_different_contents_is_not_trusted() -> None:
    store = Store()
    one = entry(url=None, guid="0")
    other = entry(url=None, guid="0", title="Airport closed", summary="Snow fell all night.")
    assert kinds(store.poll(one, other)) == [NEW, NEW]
    assert kinds(store.poll(one, other)) == [KNOWN, KNOWN]
    # Only what is unseen is parsed at the next poll, so that the guid stands there once.
    third = entry(url=None, guid="0", title="Power cuts tonight", summary="Substations were switched off.")
    assert kinds(store.poll(third)) == [NEW]
    assert kinds(store.poll(third)) == [KNOWN]


def test_a_guid_that_led_to_several_articles_is_not_trusted_later() -> None:
    store = Store()
    store.poll(entry(1, guid="0"), entry(2, guid="0"))
    assert kinds(store.poll(entry(3, guid="0"))) == [NEW]


def test_revised_only_where_title_or_text_say_something_else() -> None:
    store = Store()
    made = entry()
    store.poll(made)
    later = at("2022-01-06T08:00:00")
    same = [
        replace(made, published=later, updated=later),
        replace(made, guid="new"),
        replace(made, categories=("economy",), authors=("Newsroom",), media=("https://www.example.com/1.jpg",)),
        replace(made, language="en"),
        replace(made, title=made.title.upper() + " – "),
        replace(made, summary=made.summary.replace(" ", "  ")),
        replace(made, url="https://www.example.com/1?utm_source=rss"),
    ]
    for variant in same:
        assert kinds(store.poll(variant)) == [KNOWN], variant
    for variant in (replace(made, title=made.title + " today"), replace(made, summary="Drivers left."), made):
        (decision,) = store.poll(variant)
        assert (decision.kind, decision.reason) == (REVISED, IngestReason.CHANGED)
        assert decision.article_id == 1


def test_one_document_makes_an_article_new_or_revised_at_most_once() -> None:
    store = Store()
    assert kinds(store.poll(entry(), entry(title="Fuel prices triple"))) == [NEW, KNOWN]
    decided = store.poll(entry(title="Fuel prices fall"), entry(title="Fuel prices rise"), entry())
    assert kinds(decided) == [REVISED, KNOWN, KNOWN]
    assert store.articles["https://www.example.com/1"].title == "Fuel prices fall"


def test_an_article_whose_text_was_given_up_stays_known() -> None:
    made = entry()
    identity = identity_of(made, FEED, b"")
    known = KnownArticle(3, identity, None, "")
    for looked_up in (KnownEntries({identity: known}), KnownEntries({}, {"guid-1": known})):
        (decision,) = decide([(replace(made, title="Anything"), b"")], looked_up, feed_id=FEED)
        assert (decision.kind, decision.reason, decision.article_id) == (KNOWN, IngestReason.TEXT_GONE, 3)


def test_the_address_of_a_front_page_tells_no_article_from_another() -> None:
    store = Store()
    document = [entry(number, url="https://www.example.com/") for number in range(3)]
    assert kinds(store.poll(*document)) == [NEW] * 3
    assert kinds(store.poll(*document)) == [KNOWN] * 3
    bare = [replace(made, guid=None) for made in document]
    assert kinds(store.poll(*bare)) == [NEW] * 3


def test_identities() -> None:
    made = entry()
    assert identity_of(made, FEED, b"h") == "https://www.example.com/1"
    assert identity_of(replace(made, url=None), FEED, b"h") == "guid:7:guid-1"
    by_content = f"item:7:{content_hash(made.title, made.text)}"
    assert identity_of(replace(made, url=None, guid=None), FEED, b"h") == by_content
    assert identity_of(replace(made, url=None), FEED, b"h", trusted=()) == by_content
    empty = entry(url=None, guid=None, title="", summary="")
    assert identity_of(empty, FEED, b"h") == "item:7:68"


def test_every_reason_has_a_sentence() -> None:
    sentences = [reason.sentence for reason in IngestReason]
    assert all(sentences)
    assert len(set(sentences)) == len(sentences)
