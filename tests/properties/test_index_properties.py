"""The index finds exactly what evaluating every query finds, and offsets are those of the words in the text."""

import unicodedata
from itertools import pairwise

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from querytrees import DOCUMENTS, TREES

from alerts.analysis import Analyser
from alerts.index import QueryIndex, evaluate
from alerts.keymap import KeyMap
from alerts.query import Query
from alerts.query.tree import And, Exact, Near, Node, Not, Or, Phrase, Prefix, Slip, Word
from alerts.reading import Reading
from alerts.slips import Slips, is_slip
from alerts.substrings import Substrings
from alerts.types import Document, Field, Span
from news.text import offsets, surfaces

#: of several scripts and languages, in several forms and spellings, next to what looks alike
_WORDS = (
    "protest", "protests", "Protestant", "kerusuhan", "perusuh", "rusuh", "memprotes", "Kazakhstan", "Kazakshtan",
    "kazakhstan's", "Казахстан", "Казахстане", "Қазақстандағы", "l'Algérie", "Algérie", "cafe\u0301", "café", "CAFE",
    "واحتجاجات", "احتجاج", "هِنْدِيّ", "Straße", "STRASSE", "İstanbul", "ıstanbul", "Kazakh\u00adstan", "می\u200cخواهم",
    "哈萨克斯坦", "抗议", "议", "ประท้วง", "ประ", "カザフスタン", "iPhone手机", "𠀀𠀀", "𝐀lmaty", "US", "us", "1.000",
    "٢٦", "Alma-Ata", "Alma Ata", "x\u0308", "e\u0301", "a'b'", "covid-19",
)  # fmt: skip
_LANGUAGES = (None, "en", "id", "ms", "ru", "kk", "ar", "zh", "th", "tr", "de", "xx", "fr-fr")
_terms = st.sampled_from(_WORDS)
_leaves: st.SearchStrategy[Node] = (
    _terms.map(Word)
    | _terms.map(Slip)
    | _terms.map(Exact)
    | _terms.map(Prefix)
    | st.builds(Phrase, st.lists(_terms, min_size=1, max_size=3).map(" ".join), st.integers(0, 3))
)
_few = st.lists(_leaves, min_size=2, max_size=3).map(tuple)
_sides = _leaves | _few.map(Or)
_nodes: st.SearchStrategy[Node] = (
    _sides
    | _few.map(And)
    | st.builds(Near, _sides, _sides, st.integers(0, 4), st.booleans())
    | st.builds(lambda wanted, unwanted: And((wanted, Not(unwanted))), _sides, _leaves)
)
_glue = st.sampled_from((" ", " ", " ", "", ", ", "\n", "。", "-", "’", "\u200b", " 𝐱 ", "😀", "\u0301"))
_texts = st.lists(st.tuples(_terms, _glue), max_size=10).map(lambda parts: "".join(word + glue for word, glue in parts))
_documents = st.builds(
    Document, _texts, _texts, st.sampled_from(_LANGUAGES), st.none(), st.none(), st.none() | st.just("https://a.b/us")
)


def _each(queries: dict[str, Query], document: Document) -> dict[str, tuple[Span, ...]]:
    """What evaluating every query finds."""
    spans = {key: evaluate(query, document) for key, query in queries.items()}
    return {key: found for key, found in spans.items() if found is not None}


@given(st.lists(TREES, max_size=12), st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_the_index_finds_what_evaluating_every_query_finds(trees: list[Node], documents: list[Document]) -> None:
    queries = {str(number): Query("", tree) for number, tree in enumerate(trees)}
    index = QueryIndex()
    for key, query in queries.items():
        index.add(key, query)
    for document in documents:
        assert index.match(document) == _each(queries, document)


@given(st.lists(_nodes, min_size=1, max_size=10), st.lists(_documents, min_size=1, max_size=4))
def test_so_it_does_in_every_script_and_language(trees: list[Node], documents: list[Document]) -> None:
    queries = {str(number): Query("", tree) for number, tree in enumerate(trees)}
    index = QueryIndex()
    for number, (key, query) in enumerate(queries.items()):
        index.add(key, query)
        if number % 3 == 0:  # texts come between, so that later queries meet what is remembered of words
            index.match(documents[0])
    for document in documents:
        assert index.match(document) == _each(queries, document)


@given(st.lists(_nodes, min_size=1, max_size=6), _documents, st.randoms(use_true_random=False))
def test_spans_do_not_depend_on_the_order_of_queries(trees: list[Node], document: Document, chance: object) -> None:
    queries = [(str(number), Query("", tree)) for number, tree in enumerate(trees)]
    found = []
    for order in (queries, sorted(queries, key=lambda _: chance.random())):  # type: ignore[attr-defined]
        index = QueryIndex()
        for key, query in order:
            index.add(key, query)
        found.append(index.match(document))
    assert found[0] == found[1]


@given(_nodes, _documents)
def test_spans_cut_whole_words_out_of_the_text_as_given(tree: Node, document: Document) -> None:
    for span in evaluate(Query("", tree), document) or ():
        text = document.title if span.field is Field.TITLE else document.text
        places = offsets(text)
        assert span.start in {start for start, _ in places}
        assert span.end in {end for _, end in places}
        assert span.start < span.end


@given(_leaves, _documents)
def test_the_normal_form_of_a_text_changes_nothing_but_offsets(leaf: Node, document: Document) -> None:
    composed, decomposed = (
        Document(
            unicodedata.normalize(form, document.title), unicodedata.normalize(form, document.text), document.language,
            None, None, None,
        )
        for form in ("NFC", "NFD")
    )  # fmt: skip
    if isinstance(leaf, Exact | Phrase):
        return
    found = [evaluate(Query("", leaf), one) for one in (composed, decomposed)]
    assert (found[0] is None) == (found[1] is None)


@given(st.text() | _texts, st.text() | _texts, st.sampled_from(_LANGUAGES), st.lists(_nodes, min_size=1, max_size=4))
@example("\ud800", "a\0b\x01c\x02", "en", [Word("a"), Word("议"), Slip("kazakhstan")])
def test_no_text_makes_it_raise(title: str, text: str, language: str | None, trees: list[Node]) -> None:
    index = QueryIndex()
    queries = {str(number): Query("", tree) for number, tree in enumerate(trees)}
    for key, query in queries.items():
        index.add(key, query)
    document = Document(title, text, language, None, None, None)
    assert index.match(document) == _each(queries, document)


@given(st.text() | _texts)
def test_places_are_the_offsets_of_the_words(text: str) -> None:
    reading = Reading(Document("", text, None, None, None, None), Analyser())
    assert reading.offsets(Field.TEXT) == offsets(text)
    assert [text[start:end] for start, end in reading.offsets(Field.TEXT)] == surfaces(text)


@given(_texts)
def test_words_between_are_never_more_than_there_are(text: str) -> None:
    reading = Reading(Document("", text, None, None, None, None), Analyser())
    count = len(surfaces(text))
    between = [reading.between(Field.TEXT, one, other) for one, other in pairwise(range(count))]
    assert all(one == 0 for one in between)
    assert count < 2 or reading.between(Field.TEXT, 0, count - 1) <= count - 2


@given(st.lists(st.text("abc", min_size=1, max_size=7), max_size=8), st.text("abc", min_size=1, max_size=7))
def test_deletes_find_every_slip(watched: list[str], word: str) -> None:
    slips = Slips()
    atoms = {one: Word(one).atoms[0] for one in watched}
    for one, atom in atoms.items():
        slips.add(one, atom)
    assert set(slips.near((word,))) == {atom for one, atom in atoms.items() if is_slip(one, word)}
    for one, atom in atoms.items():
        slips.discard(one, atom)
    assert not slips.near((word,))
    assert not slips._by_delete


@given(st.lists(st.tuples(st.booleans(), st.text("哈萨克", min_size=1, max_size=3)), max_size=30), st.text("哈萨克x"))
def test_runs_come_and_go(steps: list[tuple[bool, str]], text: str) -> None:
    substrings, wanted = Substrings(), set()
    for adds, run in steps:
        if adds:
            substrings.add(run)
            wanted.add(run)
        elif run in wanted:
            substrings.discard(run)
            wanted.discard(run)
        assert set(substrings.search(text)) & wanted == {one for one in wanted if one in text}


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 2**32 - 1)), max_size=40), st.integers(0, 40))
def test_keys_lead_to_all_their_numbers(pairs: list[tuple[str, int]], settled_at: int) -> None:
    keys = KeyMap(least=3)
    for place, (key, number) in enumerate(pairs):
        if place == settled_at:
            keys.settle()
        keys.put(key, number)
    for key in "abcdefghi":
        assert sorted(keys.find(key)) == sorted(number for one, number in pairs if one == key)
    assert len(keys) == len(pairs)


class ChangingIndex(RuleBasedStateMachine):
    """Queries come and go between documents, and anchors are moved at odd times."""

    def __init__(self) -> None:
        super().__init__()
        self.index = QueryIndex()
        self.queries: dict[str, Query] = {}

    @rule(key=st.sampled_from("abcdef"), tree=TREES | _nodes)
    def add(self, key: str, tree: Node) -> None:
        """Add or replace a query."""
        self.queries.pop(key, None)
        self.queries[key] = Query("", tree)
        self.index.add(key, self.queries[key])

    @rule(key=st.sampled_from("abcdef"))
    def remove(self, key: str) -> None:
        """Remove a query if it is there."""
        if self.queries.pop(key, None) is not None:
            self.index.remove(key)

    @rule(document=DOCUMENTS | _documents)
    def match(self, document: Document) -> None:
        """Compare with evaluating every query."""
        assert self.index.match(document) == _each(self.queries, document)

    @rule(document=DOCUMENTS | _documents)
    def make_common(self, document: Document) -> None:
        """Let a document's words look common, and settle."""
        for posting in {one for listed in self.index._postings.answered(self._types(document), "") for one in listed}:
            posting.hits += 100
        self.index._settle()

    @rule()
    def number_anew(self) -> None:
        """Do what many removals lead to."""
        self.index._postings._number_anew()

    def _types(self, document: Document) -> set[str]:
        return Reading(document, Analyser()).types

    @invariant()
    def counts_agree(self) -> None:
        """The index knows as many queries as there are."""
        assert len(self.index) == len(self.queries)

    def teardown(self) -> None:
        """Nothing is left of queries that are gone."""
        for key in list(self.queries):
            self.remove(key)
        assert not self.index._postings
        assert not self.index._anchored
        assert not self.index._unanchored


# How long it takes to draw steps depends on what else the machine does, and says nothing about the index.
ChangingIndex.TestCase.settings = settings(
    max_examples=30, stateful_step_count=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
TestChangingIndex = ChangingIndex.TestCase
