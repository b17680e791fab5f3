"""Makes the coefficients of threads: ``python -m bench.train_threads`` prints ``news/rules/threads.toml``.

::

    labelled pairs (STORYWATCH_CORPORA) ┐
    bench/texts/dev.jsonl, its pairs    ┴─▶ signs ──logistic regression──▶ within, across ; words that are common

Two models over ``news.threads_affinity.SIGNS``: *within* a language, from the labelled pairs and those of the
development stream that are near enough to be compared; *across* languages, from the stream alone. Ridge regression
(Hoerl and Kennard 1970; by Newton's method) on signs brought to one scale, so that few pairs do not make a small sign
say much. A sign may not speak against its meaning (two articles that share a name are no less likely one event): one
that would is left out. Common are the first letters of words that many of the stream's events have in a language.

The held-out stream ``bench/texts/stream.jsonl`` is not read here.
"""

import gzip
import json
import os
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from news.embedding import Engine, embeddable
from news.threads import WINDOW, Evidence, Rarity, evidence
from news.threads_active import FLOOR
from news.threads_affinity import SIGNS, Comparison, Model

Matrix = NDArray[np.float64]
Labels = NDArray[np.bool_]

TEXTS = Path(__file__).parent / "texts"
#: how much the signs are held back
_RIDGE = 1.0
#: what a labelled pair weighs beside one of the stream: that has many more, and is invented
_WEIGHT = 8.0
#: signs that may only speak for one event, and against
_FOR = ("cosine", "words", "names", "figures")
#: part of a language's events that have a word which is common
_COMMON = 0.15


@dataclass(frozen=True)
class Story:
    """A row of one of the files, with its evidence."""

    id: str
    event: str
    language: str
    evidence: Evidence


@dataclass(frozen=True)
class Pairs:
    """Pairs of articles: their signs, and whether they report one event."""

    signs: Matrix
    same: Labels

    def of(self, chosen: NDArray[Any]) -> "Pairs":
        """Some of them."""
        return Pairs(self.signs[chosen], self.same[chosen])


def stories(name: str, engine: Engine) -> list[Story]:
    """The rows of one of the project's own files; empty where there is none."""
    path = TEXTS / name
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    vectors = engine.embed([embeddable(row["title"], row["text"]) for row in rows])
    return [
        Story(
            row["id"],
            row["event"],
            row["language"],
            evidence(row["title"], row["text"], row["language"], datetime.fromisoformat(row["published"]), vector),
        )
        for row, vector in zip(rows, vectors, strict=True)
    ]


def labelled_rows() -> list[dict[str, Any]]:
    """The labelled pairs of the corpora; empty where these are not at hand."""
    root = os.environ.get("STORYWATCH_CORPORA")
    if root is None:
        return []
    with gzip.open(Path(root) / "pairs" / "tgcontest.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled_pairs(rows: Sequence[dict[str, Any]], engine: Engine, common: Mapping[str, float]) -> Pairs:
    """The signs of labelled pairs, among all of whose texts rarity is counted."""
    rarity = Rarity(common)
    both: list[list[Evidence]] = []
    for row in rows:
        articles = [row["first"], row["second"]]
        vectors = engine.embed([embeddable(one["title"], one["text"]) for one in articles])
        both.append(
            [
                evidence(one["title"], one["text"], row["language"], None, vector)
                for one, vector in zip(articles, vectors, strict=True)
            ]
        )
        for one in both[-1]:
            rarity.add(one)
    found = [Comparison(one, rarity).signs(other) for one, other in both]
    return Pairs(np.array(found).reshape(-1, len(SIGNS)), np.array([bool(row["same"]) for row in rows]))


def stream_pairs(listed: Sequence[Story], common: Mapping[str, float], *, across: bool) -> Pairs:
    """The pairs of a stream that are compared in it: near in meaning and in time, in one language or in two."""
    rarity = Rarity(common)
    for story in listed:
        rarity.add(story.evidence)
    signs: list[tuple[float, ...]] = []
    same: list[bool] = []
    for place, one in enumerate(listed):
        beside = Comparison(one.evidence, rarity)
        for other in listed[:place]:
            near = float(one.evidence.vector @ other.evidence.vector) >= FLOOR
            first, second = one.evidence.at, other.evidence.at
            soon = first is None or second is None or abs(first - second) <= WINDOW
            if near and soon and (one.language != other.language) == across:
                signs.append(beside.signs(other.evidence))
                same.append(one.event == other.event)
    return Pairs(np.array(signs).reshape(-1, len(SIGNS)), np.array(same, dtype=bool))


def fit(parts: Sequence[tuple[Pairs, float]]) -> Model:
    """A model of pairs, each part with what one of its pairs weighs."""
    signs = np.concatenate([pairs.signs for pairs, _ in parts])
    same = np.concatenate([pairs.same for pairs, _ in parts]).astype(float)
    weight = np.concatenate([np.full(len(pairs.same), one) for pairs, one in parts])
    mean = np.average(signs, axis=0, weights=weight)
    spread = np.sqrt(np.average((signs - mean) ** 2, axis=0, weights=weight)) + 1e-9
    allowed = np.array([1.0 if sign in _FOR else -1.0 for sign in SIGNS])
    kept = np.ones(len(SIGNS), dtype=bool)
    while True:
        found = _newton((signs[:, kept] - mean[kept]) / spread[kept], same, weight)
        wrong = found[1:] * allowed[kept] < 0
        if not wrong.any():
            break
        # The one that contradicts most, then another look: signs lean on each other.
        worst = int(np.argmin(found[1:] * allowed[kept]))
        kept[np.flatnonzero(kept)[worst]] = False
    weights = np.zeros(len(SIGNS))
    weights[kept] = found[1:] / spread[kept]
    return Model(float(found[0] - weights @ mean), tuple(float(one) for one in weights))


def _newton(signs: Matrix, same: Matrix, weight: Matrix) -> Matrix:
    """The coefficients of a ridge logistic regression, the intercept first and free."""
    rows = np.column_stack([np.ones(len(signs)), signs])
    ridge = np.diag([1e-6] + [_RIDGE] * signs.shape[1])
    found = np.zeros(rows.shape[1])
    for _ in range(60):
        likely = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (weight * (likely - same)) + ridge @ found
        curve = (rows.T * (weight * likely * (1 - likely) + 1e-9)) @ rows + ridge
        step = np.linalg.solve(curve, slope)
        found -= step * min(1.0, 5.0 / (1e-9 + float(np.abs(step).max())))
        if float(np.abs(step).max()) < 1e-8:
            break
    return found


def within(labelled: Pairs, stream: Pairs) -> Model:
    """The model of articles in one language."""
    return fit([(labelled, _WEIGHT), (stream, 1.0)])


def across(stream: Pairs) -> Model:
    """The model of articles in two languages."""
    return fit([(stream, 1.0)])


def common(listed: Sequence[Story]) -> dict[str, float]:
    """Words that many of the stream's events have in a language, with the share of articles that have them."""
    events = defaultdict(set)
    having: Counter[tuple[str, str]] = Counter()
    for language, event in {(story.language, story.event) for story in listed}:
        told = [one for one in listed if (one.language, one.event) == (language, event)]
        events[language].add(event)
        having.update((language, term) for term in {term for one in told for term in one.evidence.terms})
    shares: dict[str, float] = defaultdict(float)
    for (language, term), count in having.items():
        if count >= _COMMON * len(events[language]):
            shares[term] += count / len(events[language]) / len(events)
    return {term: max(0.05, round(share * 20) / 20) for term, share in sorted(shares.items())}


def main() -> int:
    """Print the table; 1 where the labelled pairs are not at hand."""
    rows = labelled_rows()
    if not rows:
        print("train_threads: STORYWATCH_CORPORA is not set.", file=sys.stderr)
        return 1
    engine = Engine()
    listed = stories("dev.jsonl", engine)
    words = common(listed)
    models = {
        "within": within(labelled_pairs(rows, engine, words), stream_pairs(listed, words, across=False)),
        "across": across(stream_pairs(listed, words, across=True)),
    }
    print("# Made by python -m bench.train_threads, which says from what; not edited by hand.")
    for name, model in models.items():
        print(f"\n[{name}]\nintercept = {model.intercept:.3f}")
        for sign, weight in zip(SIGNS, model.weights, strict=True):
            print(f"{sign} = {weight:.3f}")
    print("\n# Share of articles, and the first letters of words that so many have.\n[common]")
    for share in sorted(set(words.values()), reverse=True):
        print(f'"{share:.2f}" = """\\')
        lines = textwrap.wrap(" ".join(term for term, one in words.items() if one == share), 118)
        print("\n".join(f"{line} \\" for line in lines) + '\n"""')
    return 0


if __name__ == "__main__":
    sys.exit(main())
