"""Keys and texts as a database takes them."""

from hypothesis import given
from hypothesis import strategies as st

from news.store.sql import bounded, chunks, storable

_ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=2000)


@given(_ANY)
def test_what_is_storable_can_be_encoded_and_stays_so(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert "\x00" not in stored
    assert storable(stored) == stored


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_what_was_storable_is_not_touched(text: str) -> None:
    assert storable(text) == text


@given(_ANY, st.integers(1, 40))
def test_a_bounded_key_fits_and_short_ones_stay_as_they_are(text: str, times: int) -> None:
    key = bounded(storable(text) * times)
    assert len(key.encode()) <= 1024
    assert bounded(key) == key
    if len((storable(text) * times).encode()) <= 1024:
        assert key == storable(text) * times


def test_long_keys_that_differ_in_their_last_letter_stay_apart() -> None:
    assert bounded("a" * 5000 + "b") != bounded("a" * 5000 + "c")


@given(st.lists(st.integers()), st.integers(1, 10))
def test_chunks_are_the_whole_in_order_and_none_is_empty(values: list[int], size: int) -> None:
    parts = list(chunks(values, size))
    assert [value for part in parts for value in part] == values
    assert all(0 < len(part) <= size for part in parts)
