"""Which states of an article are told, and what makes a change the same elsewhere."""

from collections.abc import Sequence

import pytest

from news.changekinds import Weight
from news.changes import Version, compare
from news.retelling import Retelling, fingerprint, retell, state


@pytest.mark.parametrize(
    ("states", "reverted", "new", "weight", "expected"),
    [
        (["a"], [], "b", Weight.MAJOR, Retelling.NEW_STATE),
        (["a"], [], "b", Weight.MINOR, Retelling.NEW_STATE),
        (["a"], [], "a", Weight.NONE, Retelling.SAME_STATE),
        (["a", "b"], [], "a", Weight.MAJOR, Retelling.REVERTED),
        (["a", "b"], [], "a", Weight.MODERATE, Retelling.RETURNED),
        (["a", "b", "a"], ["a"], "b", Weight.MAJOR, Retelling.REVERTED),
        (["a", "b", "a", "b"], ["a", "b"], "a", Weight.MAJOR, Retelling.FLAPPING),
        (["a", "b"], ["a"], "c", Weight.MAJOR, Retelling.NEW_STATE),
    ],
)
def test_a_state_is_told_once_and_a_return_once(
    states: Sequence[str], reverted: Sequence[str], new: str, weight: Weight, expected: Retelling
) -> None:
    found = retell(states, reverted, new, weight)
    assert found is expected
    assert found.told == (expected in (Retelling.NEW_STATE, Retelling.REVERTED))
    assert found.reverted == (expected is Retelling.REVERTED)


def test_a_flapping_page_is_told_three_times_at_most() -> None:
    states, reverted, told = ["a"], list[str](), 0
    for new in "babababab":
        found = retell(states, reverted, new, Weight.MAJOR)
        told += found.told
        reverted += [new] if found.reverted else []
        states.append(new)
    assert told == 3


def test_a_state_does_not_know_boilerplate_quotes_and_blanks() -> None:
    plain = state("Quay closed", 'The quay is "closed".\n\nThe crew waits.', "en")
    assert (
        state("QUAY  closed", "The quay is “closed”.\n\nAdvertisement\n\nThe crew  waits.\n\n2 hours ago", "en")
        == plain
    )
    assert state("Quay closed", "The quay is open.\n\nThe crew waits.", "en") != plain
    assert state("Quay open", 'The quay is "closed".\n\nThe crew waits.', "en") != plain


def test_the_same_change_in_a_copy_has_the_same_fingerprint() -> None:
    first = compare(
        Version("Fire", "At least 26 people died. The quay is closed."),
        Version("Fire", "At least 164 people died. The quay is closed."),
        "en",
    )
    copy = compare(
        Version("Blaze", "A fire broke out.\n\nAt least 26 people died."),
        Version("Blaze", "A fire broke out.\n\nAt least 164 people died."),
        "en",
    )
    other = compare(Version("Fire", "At least 26 boats sank."), Version("Fire", "At least 164 boats sank."), "en")
    assert fingerprint(first.changes[0]) == fingerprint(copy.changes[0])
    assert fingerprint(first.changes[0]) != fingerprint(other.changes[0])
