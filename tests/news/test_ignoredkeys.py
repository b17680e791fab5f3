"""Keys that a site ignores: learnt from the same texts under several values, given up where two texts meet."""

from hypothesis import given
from hypothesis import strategies as st

from news.ignoredkeys import KeyState, Sighting, judge, judge_again, sighted, without_keys

TEXT = "The old bridge over the river is closed to lorries until the inspectors have been there."

SIGHTINGS = st.lists(
    st.builds(Sighting, rest=st.sampled_from("abcd"), value=st.sampled_from("123"), text=st.sampled_from("xyz")),
    max_size=14,
)


def article(name: str, *values: str) -> list[Sighting]:
    return [Sighting(rest=name, value=value, text=f"text of {name}") for value in values]


def test_three_articles_under_three_values_each_the_same_text_are_enough() -> None:
    learnt = [*article("a", "1", "2"), *article("b", "2", "3"), *article("c", "1", "3")]
    assert judge(learnt) is KeyState.IGNORED


def test_two_articles_or_two_values_are_not_enough() -> None:
    assert judge([*article("a", "1", "2", "3"), *article("b", "1", "2", "3")]) is KeyState.WATCHED
    assert judge([*article("a", "1", "2"), *article("b", "1", "2"), *article("c", "1", "2")]) is KeyState.WATCHED
    alone = [one for name in "abcdef" for one in article(name, name)]
    assert judge(alone) is KeyState.WATCHED


def test_one_stock_text_under_many_articles_counts_once() -> None:
    same = [Sighting(rest, value, "stock") for rest in "abcd" for value in "123"]
    assert judge(same) is KeyState.WATCHED


def test_a_different_text_under_an_address_that_differs_by_the_key_alone_tells() -> None:
    learnt = [*article("a", "1", "2"), *article("b", "2", "3"), *article("c", "1", "3")]
    assert judge([*learnt, Sighting("a", "4", "another text")]) is KeyState.TELLING


def test_an_article_that_changes_under_one_value_says_nothing() -> None:
    learnt = [*article("a", "1", "2"), *article("b", "2", "3"), *article("c", "1", "3")]
    assert judge([*learnt, Sighting("d", "1", "old"), Sighting("d", "1", "new")]) is KeyState.IGNORED


def test_a_telling_key_stays_so_and_an_ignored_one_until_a_document_contradicts_itself() -> None:
    learnt = [*article("a", "1", "2"), *article("b", "2", "3"), *article("c", "1", "3")]
    assert judge_again(KeyState.TELLING, [], learnt) is KeyState.TELLING
    assert judge_again(KeyState.IGNORED, [], article("d", "1")) is KeyState.IGNORED
    assert judge_again(KeyState.IGNORED, [], [Sighting("d", "1", "x"), Sighting("d", "2", "y")]) is KeyState.TELLING
    assert judge_again(KeyState.WATCHED, learnt[:4], learnt[4:]) is KeyState.IGNORED


@given(SIGHTINGS, st.randoms(use_true_random=False), SIGHTINGS)
def test_the_order_of_sightings_does_not_count_and_a_contradiction_is_never_outweighed(
    sightings: list[Sighting], random: st.DrawFn, more: list[Sighting]
) -> None:
    turned = list(sightings)
    random.shuffle(turned)  # type: ignore[attr-defined]  # a random.Random
    assert judge(turned) is judge(sightings)
    if judge(sightings) is KeyState.TELLING:
        assert judge([*sightings, *more]) is KeyState.TELLING


def test_keys_that_name_no_parameter_are_not_looked_at() -> None:
    assert set(sighted("https://paper.example/a?S=1&b_c=2", "Bridge", TEXT)) == {"s", "b_c"}
    assert sighted("https://paper.example/a?241858=", "Bridge", TEXT) == {}
    assert sighted("https://paper.example/a?7=x&article68790=", "Bridge", TEXT) == {}
    assert sighted("https://paper.example/a", "Bridge", TEXT) == {}
    assert sighted("https://paper.example/a?s=1", "Bridge", "Closed.") == {}
    assert sighted("https://paper.example/a?" + "&".join(f"k{n}x=1" for n in range(7)), "Bridge", TEXT) == {}


def test_a_sighting_knows_the_address_without_the_key() -> None:
    one = sighted("https://paper.example/a?b=2&s=1", "Bridge", TEXT)["s"]
    other = sighted("https://paper.example/a?b=2&s=9", "Bridge", TEXT)["s"]
    elsewhere = sighted("https://paper.example/a?b=3&s=1", "Bridge", TEXT)["s"]
    assert (one.rest, one.text) == (other.rest, other.text)
    assert one.value != other.value
    assert one.rest != elsewhere.rest


def test_keys_are_taken_off_whatever_their_case() -> None:
    assert without_keys("https://paper.example/a?S=1&b=2&s=3", {"s"}) == "https://paper.example/a?b=2"
    assert without_keys("https://paper.example/a?S=1", {"s"}) == "https://paper.example/a"
    assert without_keys("https://paper.example/a", {"s"}) == "https://paper.example/a"
