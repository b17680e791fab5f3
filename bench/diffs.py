"""What comparing two versions of an article costs, beside difflib over all words, in one run.

::

    python -m bench diffs

The article is made, of 3,000 words in paragraphs of three sentences; edits change words and numbers of some sentences,
seeded. Times are CPU times of one core, the least of a few rounds, in milliseconds. The last table is of hostile input,
100,000 words and more, once each.
"""

import difflib
import random
import time
from collections.abc import Callable, Sequence

from news.changerules import masked
from news.changes import Version, applied, compare

_SEED = 20220105
_WORDS = 3_000
_SENTENCE = 17
_ROUNDS = 12
_HOSTILE = 100_000


def _words(rng: random.Random) -> list[str]:
    common = ["the", "a", "of", "in", "and", "to", "was", "by"] * 100
    return common + ["".join(rng.choices("abdegiklmnoprstu", k=rng.randint(4, 9))) for _ in range(3_000)]


def _sentence(rng: random.Random, words: Sequence[str]) -> list[str]:
    made = rng.choices(words, k=_SENTENCE)
    if rng.random() < 0.4:
        made[5] = str(rng.randrange(1_000))
    if rng.random() < 0.4:
        made[8] = made[8].capitalize()
    return [made[0].capitalize(), *made[1:]]


def _written(sentences: Sequence[Sequence[str]], between: str = "\n\n") -> str:
    whole = [" ".join(one) + "." for one in sentences]
    return between.join(" ".join(whole[at : at + 3]) for at in range(0, len(whole), 3))


def _edited(rng: random.Random, sentences: Sequence[Sequence[str]], count: int) -> list[list[str]]:
    made = [list(one) for one in sentences]
    for at in rng.sample(range(len(made)), count):
        made[at][3], made[at][9] = "quickly", str(rng.randrange(1_000))
    return made


def _least(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    best = float("inf")
    for _ in range(rounds):
        masked.cache_clear()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1_000


def _compared(old: str, new: str) -> float:
    return _least(lambda: compare(Version("T", old), Version("T", new), "en"))


def _article(rng: random.Random) -> None:
    words = _words(rng)
    sentences = [_sentence(rng, words) for _ in range(_WORDS // _SENTENCE)]
    old = _written(sentences)
    print(f"{'an article of 3,000 words':44}{'ms':>8}")
    for count in (1, 5, 20, len(sentences)):
        print(f"{f'{count} sentences edited':44}{_compared(old, _written(_edited(rng, sentences, count))):8.2f}")
    moved = sentences[:]
    rng.shuffle(moved)
    print(f"{'every sentence moved':44}{_compared(old, _written(moved)):8.2f}")
    one = _written(_edited(rng, sentences, 5), " ")
    print(f"{'5 edited, without paragraphs':44}{_compared(_written(sentences, ' '), one):8.2f}")
    print(f"{'every quote and dash set anew':44}{_compared(old, old.replace('.', ' –')):8.2f}")
    five = _written(_edited(rng, sentences, 5))
    flat = _least(lambda: difflib.SequenceMatcher(None, old.split(), five.split(), autojunk=False).get_opcodes(), 2)
    print(f"{'difflib over all words, 5 edited':44}{flat:8.2f}")


def _hostile(rng: random.Random) -> None:
    words = _words(rng)
    texts = {
        "all equal sentences": ("Same one. " * (_HOSTILE // 2), "Same one. " * (_HOSTILE // 2 - 7)),
        "two sentences in turn": ("A b c.\nD e f.\n" * (_HOSTILE // 6), "D e f.\nA b c.\n" * (_HOSTILE // 6)),
        "one sentence of other words": (
            " ".join(rng.choices(words, k=_HOSTILE)),
            " ".join(rng.choices(words, k=_HOSTILE)),
        ),
        "nothing but numbers": ("1 " * _HOSTILE, "2 " * _HOSTILE),
        "nothing but names": ("Aa Bb " * (_HOSTILE // 2), "Bb Cc " * (_HOSTILE // 2)),
        "a line a word, turned round": ("\n".join(words * 20), "\n".join(reversed(words * 20))),
        "one word": ("a" * 1_000_000, "b" * 1_000_000),
    }
    print(f"\n{'hostile':44}{'ms':>8}")
    for name, (old, new) in texts.items():
        start = time.process_time()
        diff = compare(Version("T", old), Version("T", new), "en")
        print(f"{name:44}{(time.process_time() - start) * 1_000:8.0f}")
        assert applied(old, diff.text) == new


def main() -> None:
    """Print the tables."""
    rng = random.Random(_SEED)  # noqa: S311 - seeded, so that a run can be repeated
    compare(Version("T", "A b."), Version("T", "A c."), "en")
    _article(rng)
    _hostile(rng)


if __name__ == "__main__":
    main()
