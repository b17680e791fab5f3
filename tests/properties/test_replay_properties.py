"""A replay finds what evaluating every query by itself finds, whatever the queries and the texts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from querytrees import ALIASES, DOCUMENTS, TREES

from alerts.index import evaluate
from alerts.query import Query, format  # noqa: A004 - the name of the thing
from alerts.query.tree import Node, Or, walk
from alerts.relaxing import Kind, relaxed
from alerts.replay import Replay
from alerts.store.matches import Pending
from alerts.store.replays import Stored
from alerts.types import Document, Watchlist
from news.types import Arrival

START = datetime(2026, 3, 2, tzinfo=UTC)


def stored(number: int, document: Document) -> Stored:
    """Return a document as a revision of a story of its own."""
    of = Pending(
        revision_id=number,
        article_id=number,
        story_id=number,
        title=document.title,
        text=document.text,
        language=document.language,
        source=document.source or "",
        host=document.host or "",
        url=document.url,
        carriers=(),
        published_latest=START,
        first_seen_at=START,
        story_first_seen_at=START,
        arrival=Arrival.LATER,
    )
    return Stored(of, START, None)


def holds(tree: Node, document: Document) -> bool:
    return evaluate(Query("", tree), document) is not None


@given(TREES, st.lists(DOCUMENTS, max_size=6))
def test_hits_and_near_misses_are_those_of_the_queries_by_themselves(tree: Node, documents: Sequence[Document]) -> None:
    documents = [
        Document(one.title, one.text, one.language, one.source or "", one.host or "", one.url) for one in documents
    ]
    pairs = [(name, entries) for name, entries in ALIASES.entries.items()]
    watchlist = Watchlist("w", "W", (format(tree),), (), (), (), 86400.0, aliases=tuple(pairs))
    replay = Replay(watchlist, (), most=10)
    for number, document in enumerate(documents):
        replay.take(stored(number, document))
    report = replay.report(since=START, until=START + timedelta(days=1))
    assert {one.stored.revision.story_id for one in report.hits.shown} == {
        number for number, document in enumerate(documents) if holds(tree, document)
    }
    changed = relaxed(tree)
    near = {one.stored.revision.story_id: group.reason for group in report.near_misses for one in group.shown}
    for number, document in enumerate(documents):
        kinds = [one.reason.kind for one in changed if holds(one.tree, document)]
        if holds(tree, document) or not kinds:
            assert number not in near
        else:
            assert near[number].kind is min(kinds, key=lambda kind: kind.rank)


@given(TREES, DOCUMENTS)
def test_a_change_finds_no_less_where_nothing_falls_away(tree: Node, document: Document) -> None:
    assume(not any(isinstance(node, Or) for node in walk(tree)))
    if holds(tree, document):
        assert all(holds(one.tree, document) for one in relaxed(tree))


@given(TREES)
def test_a_change_names_a_part_of_the_query_as_it_is_written(tree: Node) -> None:
    whole = format(tree)
    for one in relaxed(tree):
        assert format(one.part) in whole
        assert one.reason.part
        if one.reason.kind not in {Kind.SLIP, Kind.EXCLUDED}:
            assert one.reason.part == format(one.part)
