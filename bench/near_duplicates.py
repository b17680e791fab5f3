"""Copies of a text, edited and cut: which are found, what is joined wrongly, what it costs; beside others, in one run.

::

    python -m bench.near_duplicates

Texts are real ones (``STORYWATCH_CORPORA``, where it is set) and made ones, of 300 words; every copy is looked for
among all originals. Edits are those of ``bench.near_texts``, seeded. False joins are looked for between originals that
share a tenth to a quarter of their words as quotes, with no band to save them: are two signatures judged copies?

datasketch is taken along where it is installed; it has the bound where it is handed shingle by shingle, as in its
documentation, and all shingles at once is printed beside it. Times are CPU times of one core, the least of a few
rounds. The million of stories is made of signatures whose values are shared within topics (Jaccard .05), in a process
of its own.
"""

import gc
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from bench.near_texts import SUMMARY, Editor, Words, labelled_pairs, made_texts, real_texts
from bench.near_ways import Way, ways
from news.fingerprint import folded
from news.membership import similar
from news.minhash import HASHES, Signature, sign
from news.neighbours import BANDS, Neighbours
from news.storybook import StoryBook

_SEED = 20220105
_MADE = 400
_ROUNDS = 3
#: copies and the recall that they must have; None: printed only
_KINDS: tuple[tuple[str, float | None], ...] = (
    ("10 % in runs", 0.99),
    ("20 % in runs", 0.99),
    ("30 % in runs", 0.95),
    ("wire copies", 0.99),
    ("summaries, 20 %", 0.97),
    ("10 % far apart", None),
    ("20 % far apart", None),
    ("30 % far apart", None),
)
_QUOTING_PAIRS = 20_000
_MOST_FALSE = 1 / 1000
_LEAST_FASTER = 4.0
_FEW, _MANY = 100_000, 1_000_000
_MOST_SLOWER, _MOST_MB = 1.5, 1000.0
_DAYS = 14
_ORDERS, _ORDERED, _MOST_MOVED = 20, 150, 0.005
_TOPIC = 100
_TOPIC_SHARE = 0.22


def main() -> int:
    """Print the tables; 1 where a bound is missed."""
    rnd = random.Random(_SEED)  # noqa: S311 - a seeded draw
    real, made = real_texts(), made_texts(_MADE, rnd)
    if not real:
        print("near_duplicates: STORYWATCH_CORPORA is not set; made texts only.")
    texts = [*real, *made]
    editor = Editor(texts, rnd)
    print(f"copies found, of {len(real)} real and {len(made)} made texts, {_ROUNDS} of each")
    bounds = _recall(texts, editor)
    bounds.append(_false_joins(texts, editor, rnd))
    if real:
        _print_labelled()
    bounds.append(_moved(texts, editor, rnd))
    bounds += _costs(texts)
    bounds += _weighed()
    for bound in bounds:
        print(f"{'ok    ' if bound.kept else 'MISSED'} {bound.sentence}")
    return 0 if all(bound.kept for bound in bounds) else 1


@dataclass(frozen=True, slots=True)
class _Bound:
    """Something that must hold."""

    sentence: str
    kept: bool


def _least(name: str, value: float, bound: float, shape: str = ".4f") -> _Bound:
    return _Bound(f"{name}: {value:{shape}} (≥ {bound:g})", value >= bound)


def _most(name: str, value: float, bound: float, shape: str = ".4f") -> _Bound:
    return _Bound(f"{name}: {value:{shape}} (≤ {bound:g})", value <= bound)


def _copies(kind: str, words: Words, editor: Editor) -> Words:
    share = 0 if kind == "wire copies" else int(kind.partition(" %")[0].rpartition(" ")[2]) / 100
    if kind == "wire copies":
        return editor.wire(words)
    return editor.far_apart(words, share) if kind.endswith("apart") else editor.in_runs(words, share)


def _recall(texts: Sequence[Words], editor: Editor) -> list[_Bound]:
    """Print the share of copies that each way finds; the bounds of ours."""
    summaries = [text[:SUMMARY] for text in texts]
    whole, short = _filled(texts), _filled(summaries)
    print(f"{'':18}" + "".join(f"{way.name:>22}" for way in whole))
    bounds = []
    for kind, bound in _KINDS:
        originals, listed = (summaries, short) if kind.startswith("summaries") else (texts, whole)
        edited = [
            (key, folded(" ".join(_copies(kind, text, editor))))
            for _ in range(_ROUNDS)
            for key, text in enumerate(originals)
        ]
        shares = [_share_found(way, edited) for way in listed]
        print(f"{kind:18}" + "".join(f"{share:>22.4f}" for share in shares), flush=True)
        if bound is not None:
            bounds.append(_least(f"recall, {kind}", shares[0], bound))
    return bounds


def _filled(texts: Sequence[Words]) -> list[Way]:
    listed, _ = ways()
    for way in listed:
        for key, text in enumerate(texts):
            way.add(key, way.sign(folded(" ".join(text))))
    return listed


def _share_found(way: Way, edited: Sequence[tuple[int, str]]) -> float:
    found = 0
    for key, text in edited:
        signature = way.sign(text)
        found += signature is not None and key in way.found(signature)
    return found / len(edited)


def _signed(words: Words) -> Signature:
    signature = sign(folded(" ".join(words)))
    assert signature is not None
    return signature


def _false_joins(texts: Sequence[Words], editor: Editor, rnd: random.Random) -> _Bound:
    """Originals that share quotes, judged without an index; and how many unrelated ones would be looked at."""
    signatures = [_signed(text) for text in texts]
    joined = drawn = 0
    while drawn < _QUOTING_PAIRS:
        one, other = rnd.randrange(len(texts)), rnd.randrange(len(texts))
        # Stretches of one article, or two reports of one event, may be copies by right.
        if one == other or (signatures[one].values == signatures[other].values).mean() > 0.03:
            continue
        drawn += 1
        joined += similar(signatures[one], _signed(editor.quoting(texts[other], texts[one]))) is not None
    values = np.array([one.values for one in signatures])
    loads = []
    for number, own in enumerate(values):
        agreeing = np.count_nonzero(values[number + 1 :] == own, axis=1)
        agreeing = agreeing[agreeing < 0.2 * HASHES]
        # The chance that three given values agree, without the bias of a cubed estimate.
        thrice = agreeing * (agreeing - 1) * (agreeing - 2) / (HASHES * (HASHES - 1) * (HASHES - 2))
        loads.append(BANDS * thrice)
    load = float(np.concatenate(loads).mean()) * _MANY
    print(f"{joined} of {drawn:,} pairs of originals with common quotes are joined", end="; ")
    print(f"of a million unrelated ones some {load:.1f} would be looked at")
    return _most("false joins of originals that share quotes", joined / drawn, _MOST_FALSE, ".5f")


def _print_labelled() -> None:
    """What is joined of the labelled pairs; copies among those of one event are right, others are read through."""
    counted: Counter[tuple[bool, bool]] = Counter()
    for pair in labelled_pairs():
        one, other = sign(folded(" ".join(pair.first))), sign(folded(" ".join(pair.second)))
        counted[pair.same, one is not None and other is not None and similar(one, other) is not None] += 1
    one_event, two_events = (counted[same, True] + counted[same, False] for same in (True, False))
    print(f"labelled pairs joined: {counted[True, True]} of {one_event} of one event, ", end="")
    print(f"{counted[False, True]} of {two_events} of two")


def _moved(texts: Sequence[Words], editor: Editor, rnd: random.Random) -> _Bound:
    """Originals with an edited copy of each kind, in shuffled orders: how many articles change company."""
    noon = datetime(2022, 1, 5, 12, tzinfo=UTC)
    articles: list[tuple[str, datetime]] = []
    for text in rnd.sample(list(texts), min(_ORDERED, len(texts))):
        for later, words in enumerate([text, *(_copies(kind, text, editor) for kind, _ in _KINDS[:4])]):
            articles.append((" ".join(words), noon + timedelta(minutes=later and rnd.randint(1, 3000))))
    untimed = _share_moved([(text, None) for text, _ in articles], rnd)
    print(f"articles that change company where none has a time: {untimed:.4f}")
    moved = _share_moved(articles, rnd)
    return _most(f"articles that change company in {_ORDERS} orders", moved, _MOST_MOVED)


def _share_moved(articles: Sequence[tuple[str, datetime | None]], rnd: random.Random) -> float:
    ranked = sorted(range(len(articles)), key=lambda one: (articles[one][1] is None, articles[one][1] or 0, one))
    expected = _companies(articles, ranked)
    moved = 0
    for _ in range(_ORDERS):
        order = list(range(len(articles)))
        rnd.shuffle(order)
        moved += _differences(expected, _companies(articles, order))
    return moved / _ORDERS / len(articles)


def _companies(articles: Sequence[tuple[str, datetime | None]], order: Sequence[int]) -> dict[int, str]:
    """The stories that ``try stories`` makes of articles in this order, each of an outlet of its own."""
    book, joined = StoryBook(), dict[str, str]()
    stories = {}
    for one in order:
        text, published = articles[one]
        placed = book.add(one, url=f"https://outlet{one}.example/report", title="", text=text, published=published)
        stories[one] = placed.story
        joined.update(dict.fromkeys(placed.joins[1:], placed.story))
    return {one: _root(story, joined) for one, story in stories.items()}


def _root(story: str, joined: dict[str, str]) -> str:
    while story in joined:
        story = joined[story]
    return story


def _differences(expected: dict[int, str], got: dict[int, str]) -> int:
    """The articles outside of what each story shares most with one of the other partition."""
    met: dict[str, Counter[str]] = defaultdict(Counter)
    back: dict[str, Counter[str]] = defaultdict(Counter)
    for one, story in got.items():
        met[story][expected[one]] += 1
        back[expected[one]][story] += 1
    split = sum(sum(counted.values()) - max(counted.values()) for counted in back.values())
    return split + sum(sum(counted.values()) - max(counted.values()) for counted in met.values())


def _cpu(work: Callable[[], object], rounds: int = 3) -> float:
    """Seconds of CPU, in the best of some rounds."""
    least = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    return least


def _all(work: Callable[[Any], object], given: Sequence[Any]) -> None:
    for one in given:
        work(one)


def _costs(texts: Sequence[Words]) -> list[_Bound]:
    """What a signature and a query cost in each way."""
    listed = _filled(texts)
    few = [folded(" ".join(text)) for text in texts[:: max(1, len(texts) // 200)]]
    times: dict[str, float] = {}
    print(f"{'microseconds':20} {'signature':>10} {'query':>8}   of a folded text, among {len(texts)}")
    for way in listed:
        made = [way.sign(text) for text in few]
        signing = _cpu(partial(_all, way.sign, few)) / len(few) * 1e6
        asking = _cpu(partial(_all, way.found, made)) / len(few) * 1e6
        times[way.name] = signing + asking
        print(f"{way.name:20} {signing:>10.0f} {asking:>8.0f}", flush=True)
    if "datasketch" not in times:
        print("datasketch is not installed: not compared")
        return []
    ours = times["storywatch"]
    batched = times["datasketch, batched"] / ours
    print(f"{batched:.1f} times as fast as datasketch where that is handed all shingles at once")
    return [
        _least("signature and query, times faster than datasketch", times["datasketch"] / ours, _LEAST_FASTER, ".1f"),
    ]


@dataclass(frozen=True, slots=True)
class _Weight:
    """What a million of stories takes."""

    resident_mb: float
    adding_us: float
    dumping_s: float
    loading_s: float
    dropping_s: float
    few_us: float
    many_us: float


def _weighed() -> list[_Bound]:
    """What a million of stories takes, beside 100,000, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        weight: _Weight = pool.apply(_weigh)
    print(f"{_MANY:,} stories: {weight.adding_us:.0f} µs to make and add one;")
    print(f"  a day of {_DAYS} to bytes in {weight.dumping_s:.2f} s")
    print(f"  and back in {weight.loading_s:.2f} s; to drop two days {weight.dropping_s:.1f} s, the sweep included;")
    print(f"  a query {weight.many_us:.0f} µs, among {_FEW:,} {weight.few_us:.0f} µs")
    return [
        _most(f"resident with {_MANY:,} stories, MB", weight.resident_mb, _MOST_MB, ".0f"),
        _most(f"a query beside {_FEW:,}, times", weight.many_us / weight.few_us, _MOST_SLOWER, ".2f"),
    ]


def _weigh() -> _Weight:
    rng = np.random.default_rng(_SEED)
    began = time.process_time()
    many, asked_many = _index_of(_MANY, rng)
    adding = (time.process_time() - began) / _MANY
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    few, asked_few = _index_of(_FEW, rng)
    gc.collect()
    times: dict[int, list[float]] = {_FEW: [], _MANY: []}
    for _ in range(7):
        for size, near, asked in ((_FEW, few, asked_few), (_MANY, many, asked_many)):
            times[size].append(_cpu(partial(_all, near.candidates, asked), rounds=1) / len(asked))
    began = time.process_time()
    day = many.dump(3)
    dumped = time.process_time()
    fresh = Neighbours()
    fresh.load(3, day)
    loaded = time.process_time()
    many.drop(0)
    many.drop(1)
    dropped = time.process_time()
    medians = {size: sorted(listed)[len(listed) // 2] * 1e6 for size, listed in times.items()}
    return _Weight(
        resident_mb=resident,
        adding_us=adding * 1e6,
        dumping_s=dumped - began,
        loading_s=loaded - dumped,
        dropping_s=dropped - loaded,
        few_us=medians[_FEW],
        many_us=medians[_MANY],
    )


def _index_of(stories: int, rng: Any) -> tuple[Neighbours, list[Signature]]:
    """An index of stories in topics, and 1,000 to ask for: half of them copies, with four values in ten kept."""
    near, asked = Neighbours(), []
    topics = rng.integers(0, 2**16, (stories // _TOPIC, HASHES), dtype=np.uint16)
    every = stories // 500
    for key in range(stories):
        own = rng.integers(0, 2**16, HASHES, dtype=np.uint16)
        values = np.where(rng.random(HASHES) < _TOPIC_SHARE, topics[key % len(topics)], own)
        near.add(key * _DAYS // stories, key, Signature(300, values))
        if key % every == 0:
            asked.append(Signature(300, np.where(rng.random(HASHES) < 0.4, values, own + np.uint16(1))))
            asked.append(Signature(300, own + np.uint16(2)))
    return near, asked


if __name__ == "__main__":
    sys.exit(main())
