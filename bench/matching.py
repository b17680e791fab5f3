"""Matching: documents a second through the index, beside evaluating every query and other ways, in one run.

::

    python -m bench.matching

Texts and queries are those of ``bench.topics``; a document has 400 words and is hit by few queries. Times are CPU times
of one core, the least of a few rounds; the ways that would take hours look at fewer documents, or are left out. All but
the regexes must find the same, which is checked on the way. The 100,000 queries are parsed and indexed in a process of
their own, whose resident memory is that of the whole: interpreter, packages, dictionaries of three languages, parsed
queries, index, and what is remembered of the texts' words. There 20,000 of them take turns with all, for the ratio.
"""

import gc
import multiprocessing
import os
import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alerts.analysis import Analyser
from alerts.forms import family_of
from alerts.index import QueryIndex
from alerts.query import Query, parse
from alerts.reading import Reading
from alerts.types import Document
from bench.rivals import AllTerms, EvaluateAll, Matches, Percolator, Regexes, families_of
from bench.topics import WORDS, Newsroom

_SEED = 20220105
_DOCUMENTS = 600
_SIZES = (10, 1_000, 20_000, 100_000)
_SMALL, _LARGE = _SIZES[-2:]
#: query evaluations that a way which looks at every query may take, and the largest size for a regex a query
_PATIENCE, _REGEXES = 200_000, 1_000
_REGEX_PATIENCE = 5_000

#: the index beside evaluate-all, at 20,000
_LEAST_RATIO = 25.0
#: 100,000 queries beside 20,000
_MOST_SLOWDOWN = 2.0
_MOST_PARSING_S, _MOST_INDEXING_S, _MOST_MB = 120.0, 5.0, 250.0


class _Way(Protocol):
    """One way of matching."""

    def match(self, document: Document) -> Matches:
        """The queries that hold."""
        ...


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What 100,000 queries take, in a process of their own."""

    parsing_s: float
    indexing_s: float
    #: for the first texts of three languages: dictionaries apart, the keys of all queries
    learning_s: float
    cold: float
    warm: float
    #: the same of 20,000 of them, in turn with all
    warm_few: float
    matches: float
    candidates: float
    #: of one query, in milliseconds
    adding_ms: float
    removing_ms: float
    #: documents a second where a query comes or goes before each
    changing: float
    #: resident: with the documents' words known and no query yet, and in the end
    before_mb: float
    memory_mb: float


def main() -> int:
    """Print the table; 1 where two ways do not find the same, or a bound is missed."""
    room = Newsroom(_SEED)
    listed = room.documents(_DOCUMENTS)
    print(
        f"matching: documents of {WORDS} words a second of CPU time, one core; words of three languages in their forms"
    )
    print(
        f"{'queries':>8} {'index':>8} {'matches':>8} {'candidates':>10} {'evaluate all':>13} {'a regex each':>13}",
        end="",
    )
    print(f" {'Aho-Corasick':>13} {'mokaccino':>10}")
    speeds: dict[int, float] = {}
    slow: dict[int, float] = {}
    heavy: _Weighed | None = None
    for size in _SIZES:
        written = list(room.queries(size))
        queries = [parse(text) for text in written]
        if size == _LARGE:
            heavy = _weighed(written, listed)
            speeds[size], matches, candidates = heavy.warm, heavy.matches, heavy.candidates
            expected = _through_index(queries, listed[:60])[1]
        else:
            speeds[size], expected, candidates = _through_index(queries, listed)
            matches = sum(map(len, expected)) / len(expected)
        few = listed[: max(2, min(_DOCUMENTS, _PATIENCE // size))]
        every = EvaluateAll(queries)
        every.know(listed)
        slow[size], found = _speed(every, few, rounds=1)
        others = [_of_others(AllTerms(queries, families_of(listed)), listed[: len(expected)], expected)]
        others.append(_percolated(queries, listed[: len(expected)], expected))
        if found != expected[: len(few)] or None in others:
            print(f"{size:>8,} not every way finds the same")
            return 1
        regexes = f"{_by_regexes(queries, few):>13,.1f}" if size <= _REGEXES else f"{'–':>13}"
        print(
            f"{size:>8,} {speeds[size]:>8,.0f} {matches:>8.2f} {candidates:>10.1f} {slow[size]:>13,.2f} {regexes}",
            end="",
        )
        print(f" {others[0]:>13,.0f} " + (f"{others[1]:>10,.0f}" if others[1] else f"{'–':>10}"), flush=True)
    _print_scripts(room, listed)
    assert heavy is not None
    return _verdict(speeds, slow, heavy)


def _verdict(speeds: dict[int, float], slow: dict[int, float], heavy: _Weighed) -> int:
    """Print what has a bound, and what has none; 1 where one is missed."""
    print(f"cold, every word seen for the first time, {_LARGE:,} queries: {heavy.cold:,.0f} documents a second")
    print(f"the first texts of three languages, {_LARGE:,} queries: {heavy.learning_s:.1f} s for the keys of all words")
    print(f"one more query among {_LARGE:,}: {heavy.adding_ms:.3f} ms; one less: {heavy.removing_ms:.3f} ms; ", end="")
    print(f"with a change before every document {heavy.changing:,.0f} documents a second")
    print(f"memory before the first query: {heavy.before_mb:.0f} MB")
    bounds = [
        (f"index beside evaluate all at {_SMALL:,}", speeds[_SMALL] / slow[_SMALL], _LEAST_RATIO, "times", True),
        (f"{_LARGE:,} beside {_SMALL:,}", heavy.warm_few / heavy.warm, _MOST_SLOWDOWN, "times slower", False),
        (f"parsing {_LARGE:,} from text", heavy.parsing_s, _MOST_PARSING_S, "s", False),
        (f"indexing {_LARGE:,} trees", heavy.indexing_s, _MOST_INDEXING_S, "s", False),
        (f"resident with {_LARGE:,}", heavy.memory_mb, _MOST_MB, "MB", False),
    ]
    kept = True
    for name, value, bound, unit, at_least in bounds:
        good = value >= bound if at_least else value <= bound
        kept &= good
        print(f"{'ok    ' if good else 'MISSED'} {name}: {value:,.1f} {unit} ({'≥' if at_least else '≤'} {bound:g})")
    return 0 if kept else 1


def _speed(way: _Way, listed: Sequence[Document], rounds: int = 3) -> tuple[float, list[Matches]]:
    """Documents a second, in the best of some rounds, and what was found."""
    least, found = float("inf"), []
    for _ in range(rounds):
        started = time.process_time()
        found = [way.match(document) for document in listed]
        least = min(least, time.process_time() - started)
    return len(listed) / least, found


def _through_index(queries: Sequence[Query], listed: Sequence[Document]) -> tuple[float, list[Matches], float]:
    """Documents a second of an index that knows the words, what was found, and how many queries were looked at."""
    index = QueryIndex()
    _fill(index, queries, "")
    for document in listed:
        index.match(document)
    speed, found = _speed(index, listed)
    return speed, found, index.evaluated / max(1, index.seen)


def _of_others(way: _Way, listed: Sequence[Document], expected: list[Matches]) -> float | None:
    """Documents a second of a way that must find what is expected; None if it does not."""
    for document in listed:
        way.match(document)
    speed, found = _speed(way, listed, rounds=2)
    return speed if found == expected else None


def _percolated(queries: Sequence[Query], listed: Sequence[Document], expected: list[Matches]) -> float | None:
    """The same of the percolator; 0 where it is not installed."""
    return _of_others(Percolator(queries, families_of(listed)), listed, expected) if Percolator.is_there() else 0.0


def _by_regexes(queries: Sequence[Query], listed: Sequence[Document]) -> float:
    """Documents a second of a regex a query."""
    return _speed(Regexes(queries), listed[: max(2, _REGEX_PATIENCE // len(queries))], rounds=1)[0]


def _print_scripts(room: Newsroom, listed: Sequence[Document]) -> None:
    """What scripts without spaces cost beside others, and what slips do."""
    terms, unspaced = room.unspaced(_SMALL, _DOCUMENTS // 2)
    names = list(room.names(_SMALL))
    latin = [document for document in listed if document.language == "en"]
    rows: list[tuple[str, list[str], Sequence[Document]]] = [
        (f"{_SMALL:,} terms of a script without spaces", terms, unspaced),
        (f"{_SMALL:,} names in a script with spaces", names, latin),
        ("1,000 names", [name for name in names if len(name) > 5][:1000], latin),
        ("1,000 names with a slip", list(room.slips(1000)), latin),
    ]
    for name, written, documents in rows:
        speed, found, _ = _through_index([parse(text) for text in written], documents)
        print(f"{name}: {speed:,.0f} documents a second, {sum(map(len, found)) / len(found):.2f} matches each")


def _weighed(written: Sequence[str], listed: Sequence[Document]) -> _Weighed:
    """Weigh queries and index in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "queries").write_text("\n".join(written))
        (path / "documents").write_bytes(pickle.dumps(listed))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(_weigh, (path,))


def _weigh(folder: Path) -> _Weighed:
    """Parse, index and match; in a process that has done nothing else."""
    listed: list[Document] = pickle.loads((folder / "documents").read_bytes())  # noqa: S301 - our own
    _read(listed)
    before = _resident()
    queries: list[Query] = []
    with (folder / "queries").open() as lines:
        parsing = _timed(lambda: queries.extend(parse(line.rstrip("\n")) for line in lines))
    index = QueryIndex()
    indexing = _timed(lambda: _fill(index, queries, ""))
    # The index has the trees, as in the service, which keeps nothing else.
    some, few_queries = queries[:1000], queries[:_SMALL]
    queries.clear()
    one_each = list({family_of(document.language): document for document in listed}.values())
    learning = _timed(lambda: [index.match(document) for document in one_each])
    cold = _timed(lambda: [index.match(document) for document in listed])
    found = _speed(index, listed, rounds=1)[1]
    candidates = index.evaluated / index.seen
    gc.collect()
    memory = _resident()
    few = QueryIndex()
    _fill(few, few_queries, "")
    for document in listed:
        few.match(document)
    turns = [[_speed(one, listed, rounds=1)[0] for one in (few, index)] for _ in range(4)]
    adding = _timed(lambda: _fill(index, some, "more"))
    removing = _timed(lambda: _empty(index, len(some), "more"))
    changing = _timed(lambda: _change(index, listed[:200]))
    return _Weighed(
        parsing_s=parsing,
        indexing_s=indexing,
        learning_s=learning,
        cold=len(listed) / cold,
        warm=max(all_of_them for _, all_of_them in turns),
        warm_few=max(some_of_them for some_of_them, _ in turns),
        matches=sum(map(len, found)) / len(found),
        candidates=candidates,
        adding_ms=adding,
        removing_ms=removing,
        changing=200 / changing,
        before_mb=before,
        memory_mb=memory,
    )


def _fill(index: QueryIndex, queries: Sequence[Query], prefix: str) -> None:
    """Add queries."""
    for number, query in enumerate(queries):
        index.add(f"{prefix}{number}", query)


def _empty(index: QueryIndex, count: int, prefix: str) -> None:
    """Remove queries."""
    for number in range(count):
        index.remove(f"{prefix}{number}")


def _change(index: QueryIndex, listed: Sequence[Document]) -> None:
    """Add a query with a word of its own before each document, and take it away behind it."""
    for number, document in enumerate(listed):
        index.add("passing", parse(f"passing{number} almaty*"))
        index.match(document)
        index.remove("passing")


def _read(listed: Sequence[Document]) -> None:
    """Read texts with no query, as the first process of a day does: dictionaries are loaded, nothing else is kept."""
    analyser = Analyser()
    for document in listed[:3]:
        reading = Reading(document, analyser)
        for surface in reading.types:
            analyser.word_type(surface, reading.family)


def _timed(what: Callable[[], object]) -> float:
    """The seconds of CPU time that something takes."""
    started = time.process_time()
    what()
    return time.process_time() - started


def _resident() -> float:
    """Megabytes of resident memory of this process (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
