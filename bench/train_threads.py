"""Makes the figures of threads: ``python -m bench.train_threads`` writes ``centres.npz``, prints ``threads.toml``.

::

    bench/texts/dev, dev2, cross, labelled pairs ──mean by language──▶ centres (both in news/rules)
    labelled pairs (STORYWATCH_CORPORA)      ┐
    bench/texts/dev and dev2, their pairs    ┴─▶ signs ──logistic regression──▶ within, across ; words that are common

Two models over ``news.threads_affinity.SIGNS``: *within* a language, from the labelled pairs and those of the
two development streams that are near enough to teach; *across* languages, from the streams alone. Ridge regression
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
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from news.centring import ANY, centred
from news.embedding import Engine, Vector, embeddable
from news.threads import WINDOW, Evidence, Rarity, evidence
from news.threads_affinity import SIGNS, Comparison, Model

Matrix = NDArray[np.float64]
Labels = NDArray[np.bool_]

Centres = Mapping[str, Vector]

TEXTS = Path(__file__).parent / "texts"
RULES = Path(__file__).parent.parent / "news" / "rules"
#: the streams that everything is chosen by
STREAMS = ("dev.jsonl", "dev2.jsonl")
#: cosine of centred vectors from which a pair of a stream teaches: below the least that is compared, so that the model
#: knows what unlike is
_TEACHES = 0.35
#: how much the signs are held back
_RIDGE = 1.0
#: what a labelled pair weighs beside one of the stream: that has many more, and is invented
_WEIGHT = 6.0
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

    def centred(self, centres: Centres | None = None) -> "Story":
        """The same with the vector that threads go by; by the means that ship unless told others."""
        vector = centred(self.evidence.vector, self.language, centres)
        return replace(self, evidence=replace(self.evidence, vector=vector))


@dataclass(frozen=True)
class Pairs:
    """Pairs of articles: their signs, and whether they report one event."""

    signs: Matrix
    same: Labels

    def of(self, chosen: NDArray[Any]) -> "Pairs":
        """Some of them."""
        return Pairs(self.signs[chosen], self.same[chosen])


def stories(name: str, engine: Engine) -> list[Story]:
    """The rows of one of the project's own files, with bare vectors; empty where there is none."""
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


def labelled_articles(rows: Sequence[dict[str, Any]], engine: Engine) -> list[tuple[Story, Story]]:
    """The articles of labelled pairs, with bare vectors."""
    sides = [row[side] for row in rows for side in ("first", "second")]
    vectors = engine.embed([embeddable(one["title"], one["text"]) for one in sides])
    told = [
        Story("", "", row["language"], evidence(one["title"], one["text"], row["language"], None, vector))
        for row, one, vector in zip([row for row in rows for _ in range(2)], sides, vectors, strict=True)
    ]
    return list(zip(told[::2], told[1::2], strict=True))


def labelled_pairs(
    rows: Sequence[dict[str, Any]], articles: Sequence[tuple[Story, Story]], common: Mapping[str, float]
) -> Pairs:
    """The signs of labelled pairs, among all of whose texts rarity is counted."""
    rarity = Rarity(common)
    for story in (one for both in articles for one in both):
        rarity.add(story.evidence)
    found = [Comparison(one.evidence, rarity).signs(other.evidence) for one, other in articles]
    return Pairs(np.array(found).reshape(-1, len(SIGNS)), np.array([bool(row["same"]) for row in rows]))


def stream_pairs(listed: Sequence[Story], common: Mapping[str, float], *, across: bool) -> Pairs:
    """The pairs of a stream that are near enough in meaning and in time to teach, in one language or in two."""
    rarity = Rarity(common)
    for story in listed:
        rarity.add(story.evidence)
    signs: list[tuple[float, ...]] = []
    same: list[bool] = []
    for place, one in enumerate(listed):
        beside = Comparison(one.evidence, rarity)
        for other in listed[:place]:
            near = float(one.evidence.vector @ other.evidence.vector) >= _TEACHES
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


def within(labelled: Pairs, *streams: Pairs) -> Model:
    """The model of articles in one language: what speaks how much is learnt from both, how likely from the streams.

    Of labelled pairs half are one event, of those that threads compare few, so that the first model's log odds are
    scaled and moved for these (Platt, "Probabilistic outputs", 1999); that changes no order.
    """
    first = fit([(labelled, _WEIGHT), *((stream, 1.0) for stream in streams)])
    odds = np.concatenate([stream.signs for stream in streams]) @ np.array(first.weights) + first.intercept
    same = np.concatenate([stream.same for stream in streams]).astype(float)
    moved, scale = _newton(odds[:, None], same, np.ones(len(same)))
    return Model(float(moved + scale * first.intercept), tuple(float(scale * weight) for weight in first.weights))


def across(*streams: Pairs) -> Model:
    """The model of articles in two languages."""
    return fit([(stream, 1.0) for stream in streams])


def centres(listed: Sequence[Story]) -> dict[str, Vector]:
    """The mean vector of each language, and that of these for every other."""
    spoken = defaultdict(list)
    for story in listed:
        spoken[story.language].append(story.evidence.vector)
    found = {language: np.mean(vectors, axis=0) for language, vectors in sorted(spoken.items())}
    return found | {ANY: np.mean(list(found.values()), axis=0)}


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
    """Write the means and print the table; 1 where the labelled pairs are not at hand."""
    rows = labelled_rows()
    if not rows:
        print("train_threads: STORYWATCH_CORPORA is not set.", file=sys.stderr)
        return 1
    engine = Engine()
    bare = [stories(name, engine) for name in STREAMS]
    labelled = labelled_articles(rows, engine)
    told = [one for both in labelled for one in both]
    means = centres([*bare[0], *bare[1], *stories("cross.jsonl", engine), *told])
    table: dict[str, Any] = {language: mean.astype("<f2") for language, mean in means.items()}
    np.savez(RULES / "centres.npz", **table)
    articles = [(one.centred(means), other.centred(means)) for one, other in labelled]
    streams = [[story.centred(means) for story in listed] for listed in bare]
    words = common([story for listed in streams for story in listed])
    models = {
        "within": within(
            labelled_pairs(rows, articles, words), *(stream_pairs(one, words, across=False) for one in streams)
        ),
        "across": across(*(stream_pairs(one, words, across=True) for one in streams)),
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
