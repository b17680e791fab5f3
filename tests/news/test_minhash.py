"""What is kept of a text's wording, and what two of them say of each other."""

import random

import pytest

from news.fingerprint import folded
from news.minhash import (
    HASHES,
    LEAST,
    SIGNATURE_BYTES,
    Signature,
    contained,
    containment,
    resemblance,
    shingled,
    sign,
)

REPORT = (
    "The council of Northport voted on Monday to close the old harbour bridge to lorries until the spring, after "
    "divers found cracks in two of its seven piers. Buses will use the ferry, which is to run every ten minutes."
)


def words(count: int, seed: int, kinds: int = 5000) -> list[str]:
    rnd = random.Random(seed)  # noqa: S311 - the same words again
    return [f"w{rnd.randrange(kinds)}" for _ in range(count)]


def signed(text: str) -> Signature:
    signature = sign(folded(text))
    assert signature is not None
    return signature


def test_a_version_s_signature_never_changes() -> None:
    # What is stored was made by an earlier run, or on another machine: other numbers need another VERSION.
    signature = signed(REPORT)
    assert (signature.size, signature.values[:4].tolist()) == (38, [11883, 13648, 13609, 17574])


def test_setting_and_case_do_not_count() -> None:
    assert signed(REPORT) == signed(REPORT.upper().replace(",", " –").replace(".", "!"))


def test_the_order_of_words_counts() -> None:
    turned = " ".join(reversed(REPORT.split()))
    assert resemblance(signed(REPORT), signed(turned)) < 0.05


def test_too_short_a_text_has_no_signature() -> None:
    enough = words(LEAST + 2, seed=1)
    assert sign(" ".join(enough)) is not None
    assert sign(" ".join(enough[1:])) is None
    assert sign("") is None
    assert sign("again " * 500) is None


@pytest.mark.parametrize("shared", [0, 30, 100, 200, 300])
def test_the_estimate_is_near_the_truth(shared: int) -> None:
    one, other = words(300, seed=2), words(300, seed=3)
    other[:shared] = one[:shared]
    mine, theirs = " ".join(one), " ".join(other)
    first, second = set(shingled(mine).tolist()), set(shingled(theirs).tolist())
    truth = len(first & second) / len(first | second)
    # Four standard errors of 128 draws.
    assert abs(resemblance(signed(mine), signed(theirs)) - truth) <= 4 * (truth * (1 - truth) / HASHES) ** 0.5


def test_a_text_of_many_blocks_is_signed_as_one() -> None:
    long = words(4000, seed=4, kinds=100_000)
    first, second = signed(" ".join(long[:2500])), signed(" ".join(long[2498:]))
    assert signed(" ".join(long)).values.tolist() != first.values.tolist()
    assert resemblance(signed(" ".join(long)), first) == pytest.approx(0.625, abs=0.18)
    assert resemblance(signed(" ".join(long)), second) == pytest.approx(0.375, abs=0.18)


def test_a_beginning_is_contained_in_its_whole() -> None:
    whole = words(300, seed=5)
    assert containment(signed(" ".join(whole[:150])), signed(" ".join(whole))) > 0.8
    assert contained(1.0, 40, 40) == 1.0
    assert contained(0.5, 100, 200) == pytest.approx(1.0)
    assert contained(0.0, 12, 4000) == 0.0


def test_scripts_without_spaces_count_by_characters() -> None:
    rnd = random.Random(6)  # noqa: S311 - the same letters again
    letters = [chr(0x4E00 + rnd.randrange(3000)) for _ in range(200)]
    text, cut = "".join(letters), "".join(letters[:150])
    assert signed(text).size == 196
    assert containment(signed(cut), signed(text)) > 0.8
    assert resemblance(signed(text), signed(" ".join(letters))) == 1.0


def test_a_name_in_another_script_does_not_make_a_text_one_without_spaces() -> None:
    text = " ".join([*words(40, seed=7), "北京"])
    assert signed(text).size == 40


def test_a_lone_surrogate_stops_nothing() -> None:
    assert sign(" ".join([*words(30, seed=8), "\ud800"])) is not None


def test_bytes_and_back() -> None:
    signature = signed(REPORT)
    stored = signature.to_bytes()
    assert len(stored) == SIGNATURE_BYTES
    assert Signature.from_bytes(stored) == signature
    assert hash(Signature.from_bytes(stored)) == hash(signature)
    with pytest.raises(ValueError, match="bytes"):
        Signature.from_bytes(stored[:-1])
