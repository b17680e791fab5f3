"""The index of signatures by day."""

import random
from itertools import combinations

import numpy as np
import pytest

from news.minhash import HASHES, Signature, resemblance, sign
from news.neighbours import _PLACES, BANDS, FLOOR, MOST, Neighbours


def text(seed: int, count: int = 120) -> list[str]:
    rnd = random.Random(seed)  # noqa: S311 - the same words again
    return [f"w{rnd.randrange(20_000)}" for _ in range(count)]


def signed(words: list[str]) -> Signature:
    signature = sign(" ".join(words))
    assert signature is not None
    return signature


def keys(near: Neighbours, signature: Signature) -> list[int]:
    return [found.key for found in near.candidates(signature)]


def test_the_same_text_and_an_edited_one_are_found_nearest_first() -> None:
    near = Neighbours()
    for key in range(300):
        near.add(1, key, signed(text(key)))
    edited = text(7)
    edited[50:54] = ["new", "words", "stand", "here"]
    near.add(2, 1000, signed(edited))
    found = near.candidates(signed(text(7)))
    assert [one.key for one in found] == [7, 1000]
    assert found[0].resemblance == 1.0
    assert found[1].resemblance == resemblance(signed(text(7)), signed(edited))
    assert found[1].size == signed(edited).size
    assert len(near) == 301


def test_nobody_is_near_to_a_stranger() -> None:
    near = Neighbours()
    assert near.candidates(signed(text(1))) == []
    near.add(0, 1, signed(text(2)))
    assert near.candidates(signed(text(1))) == []


def test_a_dropped_day_is_forgotten_and_the_others_stay() -> None:
    near = Neighbours()
    for day in range(14):
        for number in range(40):
            near.add(day, 100 * day + number, signed(text(100 * day + number)))
    for day in range(13):
        near.drop(day)
        assert near.days() == list(range(day + 1, 14))
        assert len(near) == 40 * (13 - day)
        assert keys(near, signed(text(100 * day + 5))) == []
        for later in range(day + 1, 14):
            assert keys(near, signed(text(100 * later + 5))) == [100 * later + 5]


def test_sweeping_frees_room() -> None:
    near = Neighbours()
    held = []
    for day in range(40):
        for number in range(200):
            near.add(day, number, signed(text(1000 * day + number, count=20)))
        if day >= 5:
            near.drop(day - 5)
        held.append(near.bytes_held)
    assert held[-1] == held[10]


def test_a_text_can_be_removed_or_known_by_another_key() -> None:
    near = Neighbours()
    for key in (1, 2, 3):
        near.add(4, key, signed(text(key)))
    near.remove(4, 1)
    near.remove(5, 2)
    near.rename(4, 3, 33)
    assert keys(near, signed(text(1))) == []
    assert keys(near, signed(text(2))) == [2]
    assert keys(near, signed(text(3))) == [33]


def test_a_day_comes_back_from_its_bytes() -> None:
    near, again = Neighbours(), Neighbours()
    for day in (3, 4):
        for number in range(50):
            near.add(day, -number if day == 3 else 2**40 + number, signed(text(100 * day + number)))
    for day in near.days():
        again.load(day, near.dump(day))
    assert again.days() == [3, 4]
    assert again.dump(3) == near.dump(3)
    for seed in (*range(300, 350), *range(400, 450)):
        assert again.candidates(signed(text(seed))) == near.candidates(signed(text(seed)))
    assert len(near.dump(9)) == 8


def test_bytes_that_are_no_day_are_refused() -> None:
    near = Neighbours()
    near.add(0, 1, signed(text(1)))
    stored = near.dump(0)
    for broken in (stored[:-1], stored + b"\0", b"", b"SWN\xff" + stored[4:]):
        with pytest.raises(ValueError, match="day of signatures"):
            Neighbours().load(0, broken)
    with pytest.raises(ValueError, match="negative"):
        near.add(-1, 1, signed(text(1)))


def test_growing_loses_nobody() -> None:
    near = Neighbours()
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2**16, (5000, HASHES), dtype=np.uint16)
    for key, row in enumerate(values):
        near.add(key % 14, key, Signature(300, row))
    assert all(keys(near, Signature(300, row)) == [key] for key, row in enumerate(values))


def test_many_copies_of_one_text_are_bounded() -> None:
    near = Neighbours()
    for key in range(3 * MOST):
        near.add(0, key, signed(text(1)))
    assert len(keys(near, signed(text(1)))) <= MOST


def test_two_bands_share_at_most_one_value() -> None:
    bands = [{int(place[band]) for place in _PLACES} for band in range(BANDS)]
    assert all(len(band) == 3 for band in bands)
    assert all(len(one & other) <= 1 for one, other in combinations(bands, 2))


def test_what_is_found_is_at_the_floor_at_least() -> None:
    near = Neighbours()
    whole = text(1, count=300)
    for key, length in enumerate(range(20, 300, 5)):
        near.add(0, key, signed(whole[:length] + text(50 + key, count=300 - length)))
    found = near.candidates(signed(whole))
    assert len(found) > 10
    assert min(one.resemblance for one in found) >= FLOOR
