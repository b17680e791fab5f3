"""Matching: documents a second through the index, against evaluating every query, in one run.

::

    python -m bench.matching

Documents of 400 words are drawn from a vocabulary of made-up words by Zipf's law, as words are in any language; queries
ask for words, phrases, prefixes and NEAR over its rarer part, so that hits are sparse, as a watchlist's are. Both sides
find the same matches, which is checked on the way.
"""

import random
import time
from collections.abc import Callable
from itertools import accumulate

from alerts.analysis import Analyser
from alerts.index import QueryIndex
from alerts.query import Query, parse
from alerts.query.evaluation import evaluate_reading
from alerts.reading import Reading
from alerts.types import Document, Span

_SIZES = (10, 100, 1_000, 10_000)
_VOCABULARY = 60_000
_WORDS = 400
_DOCUMENTS = 600
#: query evaluations that evaluate-all may take at a size
_PATIENCE = 60_000
_SEED = 20220105

Matches = dict[str, tuple[Span, ...]]


def vocabulary(chance: random.Random) -> list[str]:
    """Distinct made-up words, the common ones first and shorter."""
    syllables = [f"{consonant}{vowel}" for consonant in "bcdfghjklmnprstvwyz" for vowel in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        length = 1 + min(len(found) // 40, 2) + chance.randrange(2)
        found["".join(chance.choice(syllables) for _ in range(length)) + chance.choice(["", "n", "s", "k"])] = None
    return list(found)


def documents(words: list[str], chance: random.Random) -> list[Document]:
    """Documents whose words follow Zipf's law."""
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    drawn = []
    for _ in range(_DOCUMENTS):
        text = chance.choices(words, cum_weights=weights, k=_WORDS)
        drawn.append(Document(" ".join(text[:9]), " ".join(text[9:]), "id", None, None, None))
    return drawn


def queries(words: list[str], chance: random.Random, count: int) -> list[Query]:
    """Queries of all shapes over the rarer words."""
    rare = words[5_000:]

    def word() -> str:
        return chance.choice(rare)

    shapes: list[Callable[[], str]] = [
        lambda: f"{word()} {word()}",
        lambda: f"({word()} OR {word()}) ({word()} OR {word()})",
        lambda: f'"{word()} {word()}" OR {word()}',
        lambda: f"({word()} OR {word()}) NEAR/15 ({word()} OR {word()[:5]}*)",
        lambda: f"{word()} -{word()}",
        lambda: f"title:{word()} OR {word()}",
    ]
    return [parse(chance.choice(shapes)()) for _ in range(count)]


def by_evaluating(all_queries: list[Query], listed: list[Document]) -> tuple[float, list[Matches]]:
    """Documents a second, and the matches, of evaluating every query."""
    analyser = Analyser()
    started = time.process_time()
    found = []
    for document in listed:
        reading = Reading(document, analyser)
        spans = ((str(number), evaluate_reading(query.tree, reading)) for number, query in enumerate(all_queries))
        found.append({key: one for key, one in spans if one is not None})
    return len(listed) / (time.process_time() - started), found


def by_index(all_queries: list[Query], listed: list[Document]) -> tuple[float, list[Matches]]:
    """Documents a second, and the matches, of an index that has seen the documents' words once before."""
    index = QueryIndex()
    for number, query in enumerate(all_queries):
        index.add(str(number), query)
    for document in listed:
        index.match(document)
    started = time.process_time()
    found = [index.match(document) for document in listed]
    return len(listed) / (time.process_time() - started), found


def main() -> int:
    """Print the table; 1 if the two ways do not find the same."""
    chance = random.Random(_SEED)  # noqa: S311 - a benchmark repeats itself
    words = vocabulary(chance)
    listed = documents(words, chance)
    print(f"matching: documents of {_WORDS} words a second of CPU time, one core")
    print(f"{'queries':>8} {'evaluate all':>13} {'index':>9} {'ratio':>7} {'matches/doc':>12}")
    for size in _SIZES:
        some = queries(words, chance, size)
        few = listed[: max(5, min(_DOCUMENTS, _PATIENCE // size))]
        slow, expected = by_evaluating(some, few)
        fast, found = by_index(some, listed)
        if found[: len(few)] != expected:
            print(f"{size:>8} the index does not find what evaluating every query finds")
            return 1
        matches = sum(map(len, found)) / len(found)
        print(f"{size:>8,} {slow:>13,.0f} {fast:>9,.0f} {fast / slow:>7.1f} {matches:>12.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
