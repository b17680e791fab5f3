"""Stories of one event: which are recognised, in one language and across four, and what it costs.

::

    python -m bench.threads

- *same event*: the labelled pairs of ``STORYWATCH_CORPORA``; F1 of the threshold that is best on four folds over the
  fifth, mean of 20 seeds. The small model is trained anew for every fold, on the other four and the development
  streams. Beside it, in the same folds: cosine of the bare vectors, TF-IDF (Spärck Jones 1972; first six letters of
  words), Jaccard of three-word shingles.
- *across languages*: of each text of ``texts/cross.jsonl``, is the likeliest in another language of the same event?
- *streams*: BCubed (Bagga and Baldwin 1998) of what ``ThreadBook`` makes of stories in order of publication.
  ``texts/stream.jsonl`` is held out: nothing was tuned on it. Each of the two development streams is told by what the
  other one teaches, and, for comparison, by the model as it ships, which was trained on both.
- *cost*: of embedding and of placing a story among ten thousand, on one core.
"""

import math
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.train_threads import (
    STREAMS,
    Centres,
    Labels,
    Matrix,
    Pairs,
    Story,
    across,
    centres,
    common,
    labelled_articles,
    labelled_pairs,
    labelled_rows,
    stories,
    stream_pairs,
    within,
)
from news import threads_affinity
from news.embedding import SIZE, TEXT_WORDS, Engine, available, embeddable, missing
from news.threads import ThreadBook, place
from news.threads_active import Known
from news.threads_affinity import SIGNS, Comparison, Rarity

_SEEDS, _FOLDS = 20, 5
_LEAST_F1, _LEAST_FIRST, _LEAST_BCUBED = 0.88, 0.95, 0.90
_MERGED_EVERY = 50
_ACTIVE = 10_000
_ROUNDS = 200

#: scores of all pairs, by a model that has seen the pairs of these numbers
Scorer = Callable[[NDArray[np.int64]], Matrix]
#: the two articles of each labelled pair
Articles = Sequence[tuple[Story, Story]]


@dataclass(frozen=True)
class _Bound:
    """A bar, and whether it was reached."""

    sentence: str
    kept: bool


def main() -> int:
    """Print the tables; 1 where a bound is missed."""
    if not available():
        print(f"threads: skipped; {missing()}")
        return 0
    engine = Engine()
    bare = [stories(name, engine) for name in STREAMS]
    cross = stories("cross.jsonl", engine)
    rows = labelled_rows()
    articles = labelled_articles(rows, engine)
    bounds = _same_event(rows, articles, bare) + _across([story.centred() for story in cross])
    bounds += _streams(_centred(stories("stream.jsonl", engine)), bare)
    if rows:
        _taught(rows, articles, bare, cross)
    _cost(engine, _centred(bare[0]))
    for bound in bounds:
        print(f"{'ok    ' if bound.kept else 'MISSED'} {bound.sentence}")
    return 0 if all(bound.kept for bound in bounds) else 1


def _centred(listed: Sequence[Story], by: Centres | None = None) -> list[Story]:
    return [story.centred(by) for story in listed]


# ── labelled pairs


def _same_event(rows: Sequence[dict[str, Any]], articles: Articles, bare: Sequence[Sequence[Story]]) -> list[_Bound]:
    if not rows:
        print("same event: STORYWATCH_CORPORA is not set; skipped.")
        return []
    words = common([story for listed in bare for story in listed])
    labelled = labelled_pairs(rows, [(one.centred(), other.centred()) for one, other in articles], words)
    streams = [stream_pairs(_centred(listed), words, across=False) for listed in bare]
    bare_cosines = np.array([float(one.evidence.vector @ other.evidence.vector) for one, other in articles])
    cosines = labelled.signs[:, SIGNS.index("cosine")]
    print(f"same event, {len(rows)} labelled pairs, {_FOLDS} folds, mean of {_SEEDS} seeds")
    scorers: dict[str, Scorer] = {
        "affinity": lambda seen: _scores(labelled, streams, seen),
        "centred vectors": _always(cosines),
        "bare vectors": _always(bare_cosines),
        "TF-IDF": _always(_tfidf(rows)),
        "shingles": _always(np.array([_jaccard(row) for row in rows])),
    }
    reached = {}
    for name, scorer in scorers.items():
        found = [_fold_f1(labelled.same, scorer, seed) for seed in range(_SEEDS)]
        reached[name] = float(np.mean(found))
        print(f"  {name:15} F1 {reached[name]:.3f}   ({min(found):.3f} to {max(found):.3f})", flush=True)
    f1 = reached["affinity"]
    return [_Bound(f"same-event F1 {f1:.3f}, at least {_LEAST_F1}", f1 >= _LEAST_F1)]


def _scores(labelled: Pairs, streams: Sequence[Pairs], seen: NDArray[np.int64]) -> Matrix:
    model = within(labelled.of(seen), *streams)
    return np.asarray(labelled.signs @ np.array(model.weights) + model.intercept)


def _always(scores: Matrix) -> Scorer:
    return lambda _: scores


def _fold_f1(same: Labels, scorer: Scorer, seed: int) -> float:
    """F1 over the answers to all folds, each with the threshold that is best on the others."""
    order = np.random.default_rng(seed).permutation(len(same))
    answers = np.zeros(len(same), dtype=bool)
    for fold in range(_FOLDS):
        asked = order[fold::_FOLDS]
        seen = np.setdiff1d(order, asked)
        scores = scorer(seen)
        thresholds = np.unique(scores[seen])
        best = max(thresholds, key=lambda one: (_f1(same[seen], scores[seen] >= one), -one))
        answers[asked] = scores[asked] >= best
    return _f1(same, answers)


def _f1(same: Labels, answers: Labels) -> float:
    return 2 * float((same & answers).sum()) / max(1, int(same.sum() + answers.sum()))


def _words(article: Mapping[str, Any]) -> list[str]:
    return re.findall(r"\w+", f"{article['title']} {article['text']}".casefold())


def _jaccard(row: Mapping[str, Any]) -> float:
    one, other = (
        {tuple(words[at : at + 3]) for at in range(len(words) - 2)}
        for words in (_words(row["first"]), _words(row["second"]))
    )
    return len(one & other) / max(1, len(one | other))


def _tfidf(rows: Sequence[Mapping[str, Any]]) -> Matrix:
    counted = [[Counter(word[:6] for word in _words(row[side])) for side in ("first", "second")] for row in rows]
    having = Counter(term for pair in counted for one in pair for term in one)

    def weighed(one: Counter[str]) -> dict[str, float]:
        weights = {term: (1 + math.log(count)) * math.log(2 * len(rows) / having[term]) for term, count in one.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {term: weight / length for term, weight in weights.items()}

    vectors = [(weighed(first), weighed(second)) for first, second in counted]
    return np.array([sum(weight * other.get(term, 0.0) for term, weight in one.items()) for one, other in vectors])


# ── across languages


def _across(listed: Sequence[Story]) -> list[_Bound]:
    rarity = Rarity()
    for story in listed:
        rarity.add(story.evidence)
    languages = sorted({story.language for story in listed})
    events = {story.event for story in listed}
    print(f"\nacross languages, {len(listed)} texts of {len(events)} events in {', '.join(languages)}")
    reached = {}
    for name in ("affinity", "vectors"):
        right = Counter[str]()
        for story in listed:
            beside = Comparison(story.evidence, rarity)

            def likeness(other: Story, story: Story = story, beside: Comparison = beside, name: str = name) -> float:
                if name == "affinity":
                    return beside.affinity(other.evidence)
                return float(story.evidence.vector @ other.evidence.vector)

            others = [other for other in listed if other.language != story.language]
            right[story.language] += max(others, key=likeness).event == story.event
        told = Counter(story.language for story in listed)
        reached[name] = right.total() / len(listed)
        shares = "  ".join(f"{language} {right[language] / told[language]:.3f}" for language in languages)
        print(f"  {name:15} first is right {reached[name]:.3f}   {shares}", flush=True)
    first = reached["affinity"]
    return [_Bound(f"top-1 across languages {first:.3f}, at least {_LEAST_FIRST}", first >= _LEAST_FIRST)]


# ── streams


@dataclass(frozen=True)
class _BCubed:
    """How a partition fits the events: of each story, how much of its thread is its event, and the other way about."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def _streams(held_out: Sequence[Story], bare: Sequence[Sequence[Story]]) -> list[_Bound]:
    print(f"\nstreams, BCubed {'stories':>18}{'events':>8}{'threads':>9}{'precision':>11}{'recall':>8}{'F1':>7}")
    reached = _told("held out", held_out) if held_out else 0.0
    for name, listed in zip(STREAMS, bare, strict=True):
        _told(f"trained on: {name}", _centred(listed))
    return [
        _Bound(f"BCubed F1 of the held-out stream {reached:.3f}, at least {_LEAST_BCUBED}", reached >= _LEAST_BCUBED)
    ]


def _taught(
    rows: Sequence[dict[str, Any]], articles: Articles, bare: Sequence[Sequence[Story]], cross: Sequence[Story]
) -> None:
    """Let each development stream be told by what the other one teaches: means, common words and coefficients."""
    for name, listed, teacher in zip(STREAMS, bare, reversed(bare), strict=True):
        means = centres([*teacher, *cross, *(one for both in articles for one in both)])
        taught, words = _centred(teacher, means), common(teacher)
        labelled = labelled_pairs(rows, [(one.centred(means), other.centred(means)) for one, other in articles], words)
        models = (
            across(stream_pairs(taught, words, across=True)),
            within(labelled, stream_pairs(taught, words, across=False)),
        )
        with (
            patch.object(threads_affinity, "shipped", lambda models=models: models),
            patch.object(threads_affinity, "_commons", lambda words=words: words),
        ):
            _told(f"by the other: {name}", _centred(listed, means))


def _told(name: str, listed: Sequence[Story]) -> float:
    """Print how well a stream is told into threads, in order and with each day shuffled; return F1 in order."""
    orders = {"": sorted(range(len(listed)), key=lambda one: (_published(listed[one]), listed[one].id))}
    mixed = list(orders[""])
    random.Random(1).shuffle(mixed)  # noqa: S311 - a seeded draw
    orders[", by day"] = sorted(mixed, key=lambda one: _published(listed[one]).date())
    events = len({story.event for story in listed})
    reached = []
    for order, places in orders.items():
        threads = _threads(listed, places)
        found = _bcubed(threads, [story.event for story in listed])
        reached.append(found.f1)
        print(
            f"  {name + order:32}{len(listed):4}{events:8}{len(set(threads)):9}"
            f"{found.precision:11.3f}{found.recall:8.3f}{found.f1:7.3f}",
            flush=True,
        )
    return reached[0]


def _published(story: Story) -> datetime:
    assert story.evidence.at is not None
    return story.evidence.at.astimezone(UTC)


def _threads(listed: Sequence[Story], places: Sequence[int]) -> list[Hashable]:
    """The thread of each story, handed to a book in this order, with a look for merges now and then."""
    book = ThreadBook()
    for count, at in enumerate(places, 1):
        book.add(at, listed[at].evidence)
        if count % _MERGED_EVERY == 0:
            book.merge()
    book.merge()
    return [book.thread_of(at) for at in range(len(listed))]


def _bcubed(threads: Sequence[Hashable], events: Sequence[str]) -> _BCubed:
    both = Counter(zip(threads, events, strict=True))
    by_thread, by_event = Counter(threads), Counter(events)
    pairs = list(zip(threads, events, strict=True))
    return _BCubed(
        sum(both[pair] / by_thread[pair[0]] for pair in pairs) / len(pairs),
        sum(both[pair] / by_event[pair[1]] for pair in pairs) / len(pairs),
    )


# ── cost


def _cost(engine: Engine, dev: Sequence[Story]) -> None:
    text = "Warga diminta menjauh dari lereng gunung sejauh lima kilometer setelah letusan pagi tadi. " * 10
    line = embeddable("Gunung meletus, warga mengungsi", text)
    embedding = _least_ms(lambda: engine.embed([line]), 5)
    rng = np.random.default_rng(7)
    kinds = np.array([f"word{number}" for number in range(20_000)])
    book = ThreadBook()
    began = datetime(2026, 3, 9, tzinfo=UTC)
    for number in range(_ACTIVE):
        one = dev[number % len(dev)].evidence
        vector = one.vector + rng.normal(0, 0.02, SIZE).astype(np.float32)
        several = frozenset(rng.choice(kinds, 60).tolist()) | one.words
        book.active.put(
            Known(
                number // 5,
                number,
                replace(
                    one,
                    vector=vector / np.float32(np.linalg.norm(vector)),
                    words=several,
                    at=began + timedelta(minutes=number / 2),
                ),
            )
        )
    newcomers = [known.evidence for known in book.active.stories()][-_ROUNDS:]
    active = book.active
    began_s = time.process_time()
    near = [active.near(one) for one in newcomers]
    halfway_s = time.process_time()
    for one, known in zip(newcomers, near, strict=True):
        place(one, known, active.rarity)
    ended_s = time.process_time()
    looked, placed = (halfway_s - began_s) / _ROUNDS * 1e3, (ended_s - halfway_s) / _ROUNDS * 1e3
    print(
        f"\ncost: {embedding:.0f} ms to embed a title with {TEXT_WORDS} words; among {_ACTIVE:,} active stories "
        f"{looked:.1f} ms to find the near ones and {placed:.1f} ms to decide"
    )


def _least_ms(work: Callable[[], object], rounds: int) -> float:
    """CPU time of one call, the least of some."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found) * 1e3


if __name__ == "__main__":
    sys.exit(main())
