"""Texts and what editors make of them, for ``bench.near_duplicates``: seeded, as lists of words.

Real texts are those of ``pages`` and ``pairs`` under ``STORYWATCH_CORPORA``, where it is set; made ones are drawn by
Zipf's law from invented words.
"""

import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

Words = list[str]

LENGTH = 300
SUMMARY = 40
_SHORTEST_REAL = 150
_MADE_KINDS = 20_000


class LabelledPair(NamedTuple):
    """Two articles of which somebody said whether they report one event."""

    same: bool
    first: Words
    second: Words


def made_texts(count: int, rnd: random.Random) -> list[Words]:
    """Texts of invented words, the n-th most frequent with a share of 1/n."""
    weights = list(accumulate(1 / rank for rank in range(3, _MADE_KINDS + 3)))
    kinds = ["".join(rnd.choices("aeioukrtnsml", k=rnd.randint(2, 9))) for _ in range(_MADE_KINDS)]
    return [rnd.choices(kinds, cum_weights=weights, k=LENGTH) for _ in range(count)]


def real_texts() -> list[Words]:
    """Stretches of 300 words, and whole articles of 150 to 300; empty without the corpora. None stands twice."""
    found: dict[str, Words] = {}
    for words in _articles():
        stretches = [words[start : start + LENGTH] for start in range(0, len(words) - LENGTH + 1, LENGTH + 50)]
        for stretch in stretches or ([words] if len(words) >= _SHORTEST_REAL else []):
            found.setdefault(" ".join(stretch[:20]), stretch)
    return list(found.values())


def labelled_pairs() -> list[LabelledPair]:
    """The labelled pairs; empty without the corpora."""
    return [
        LabelledPair(bool(row["same"]), row["first"]["text"].split(), row["second"]["text"].split())
        for row in _rows("pairs/tgcontest")
    ]


def _articles() -> Iterator[Words]:
    for name in ("pages/aeb", "pages/fundus"):
        yield from (row["gold"]["text"].split() for row in _rows(name))
    for pair in labelled_pairs():
        yield pair.first
        yield pair.second


def _rows(name: str) -> Iterator[dict[str, Any]]:
    root = os.environ.get("STORYWATCH_CORPORA")
    if root:
        with gzip.open(Path(root) / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


class Editor:
    """Does to texts what editors do; new words are drawn from the others' texts."""

    def __init__(self, texts: Sequence[Words], rnd: random.Random) -> None:
        self._vocabulary = [word for text in texts for word in text]
        self._rnd = rnd

    def in_runs(self, words: Words, share: float) -> Words:
        """A share of the words edited in runs of one to four: 60 % other words, 20 % left out, 20 % put before."""
        target, done = int(share * len(words)), 0
        taken = [False] * len(words)
        runs: dict[int, int] = {}
        while done < target:
            length = min(self._rnd.randint(1, 4), target - done)
            start = self._rnd.randrange(len(words) - length + 1)
            if any(taken[start : start + length]):
                continue
            taken[start : start + length] = [True] * length
            runs[start] = length
            done += length
        return self._apply(words, runs)

    def far_apart(self, words: Words, share: float) -> Words:
        """A share of the words exchanged one by one, evenly spread: what no editor does, and breaks most shingles."""
        every = 1 / share
        changed = {int(number * every) for number in range(int(share * len(words)))}
        return [self._new(1)[0] if place in changed else word for place, word in enumerate(words)]

    def wire(self, words: Words) -> Words:
        """A wire's copy: a new lead, 60 to 85 % of the text from its top, local names in it, a new end."""
        kept = words[: int(self._rnd.uniform(0.60, 0.85) * len(words))]
        for _ in range(self._rnd.randint(3, 6)):
            place = self._rnd.randrange(len(kept) + 1)
            kept[place:place] = self._new(self._rnd.randint(1, 3))
        return [*self._new(self._rnd.randint(15, 35)), *kept, *self._new(self._rnd.randint(10, 30))]

    def quoting(self, words: Words, source: Words) -> Words:
        """An original that quotes what another quotes: two to four quotes, 10 to 25 % of its words."""
        told, share = list(words), self._rnd.uniform(0.10, 0.25)
        quotes = self._rnd.randint(2, 4)
        length = int(share * min(len(words), len(source)) / quotes)
        for number in range(quotes):
            part = len(source) // quotes
            there = number * part + self._rnd.randrange(max(1, part - length))
            here = number * (len(told) // quotes)
            told[here : here + length] = source[there : there + length]
        return told

    def _apply(self, words: Words, runs: dict[int, int]) -> Words:
        edited: Words = []
        place = 0
        while place < len(words):
            length = runs.get(place, 0)
            if not length:
                edited.append(words[place])
                place += 1
                continue
            drawn = self._rnd.random()
            if drawn < 0.6 or drawn >= 0.8:
                edited += self._new(length)
            if drawn >= 0.8:
                edited += words[place : place + length]
            place += length
        return edited

    def _new(self, count: int) -> Words:
        return self._rnd.choices(self._vocabulary, k=count)
