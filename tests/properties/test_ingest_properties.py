"""What holds of every document."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crawler.ingest import Decision, DecisionKind, KnownArticle, KnownEntries, decide, identity_of, wanted
from news.fingerprint import content_hash
from news.types import Entry

FEED = 1
WORDS = st.sampled_from(["fuel prices double", "fuel prices triple", "airport closed", "снег всю ночь", ""])
ENTRIES = st.builds(
    Entry,
    guid=st.none() | st.sampled_from(["a", "b", "0"]),
    url=st.none()
    | st.sampled_from(
        ["https://example.com/", "https://example.com/1", "https://m.example.com/1?ref=rss", "https://example.com/2"]
    ),
    title=WORDS,
    summary=WORDS,
    content=st.just(""),
    authors=st.just(()),
    published=st.none(),
    updated=st.none(),
    categories=st.just(()),
    language=st.none(),
)
DOCUMENTS = st.lists(st.tuples(ENTRIES, st.binary(min_size=8, max_size=8)), max_size=8)


def remembered(decisions: list[Decision]) -> KnownEntries:
    """What a store knows after a first poll."""
    by_identity: dict[str, KnownArticle] = {}
    led_to: dict[str, set[str]] = {}
    for decision in decisions:
        made = decision.entry
        if decision.kind is DecisionKind.NEW:
            number = len(by_identity) + 1
            says = content_hash(made.title, made.text)
            by_identity[decision.identity] = KnownArticle(number, decision.identity, says, made.title, made.text)
        if made.guid:
            led_to.setdefault(made.guid, set()).add(decision.identity)
    by_guid = {guid: by_identity[next(iter(found))] for guid, found in led_to.items() if len(found) == 1}
    return KnownEntries(by_identity, by_guid)


@given(DOCUMENTS)
def test_each_entry_is_decided_in_order_and_each_article_is_made_once(document: list[tuple[Entry, bytes]]) -> None:
    decisions = decide(document, KnownEntries(), feed_id=FEED)
    assert [(decision.entry, decision.item_hash) for decision in decisions] == document
    made = [decision.identity for decision in decisions if decision.kind is DecisionKind.NEW]
    assert len(made) == len(set(made))
    assert {decision.identity for decision in decisions} == set(made)
    assert {decision.kind for decision in decisions} <= {DecisionKind.NEW, DecisionKind.KNOWN}
    assert set(made) <= wanted(document, feed_id=FEED).identities


@given(DOCUMENTS)
def test_the_same_document_again_brings_nothing_new(document: list[tuple[Entry, bytes]]) -> None:
    known = remembered(decide(document, KnownEntries(), feed_id=FEED))
    again = decide(document, known, feed_id=FEED)
    assert DecisionKind.NEW not in {decision.kind for decision in again}
    for decision in again:
        assert decision.article_id == known.by_identity[decision.identity].article_id


@given(DOCUMENTS)
def test_new_guids_on_entries_with_addresses_bring_nothing_new(document: list[tuple[Entry, bytes]]) -> None:
    document = [(made, item) for made, item in document if made.url and not made.url.endswith(".com/")]
    known = remembered(decide(document, KnownEntries(), feed_id=FEED))
    renamed = [(replace(made, guid=f"new-{place}"), item) for place, (made, item) in enumerate(document)]
    assert DecisionKind.NEW not in {decision.kind for decision in decide(renamed, known, feed_id=FEED)}


@given(ENTRIES, st.binary(min_size=8, max_size=8))
def test_an_identity_belongs_to_its_feed_unless_it_is_an_address(made: Entry, item: bytes) -> None:
    here, there = identity_of(made, 1, item), identity_of(made, 2, item)
    assert (here == there) == here.startswith("https://")
