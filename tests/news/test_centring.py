"""What a language adds to every vector is taken away, and the table of means is whole."""

import numpy as np
import pytest

from news.centring import ANY, SHARE, centred, shipped
from news.embedding import SIZE


def axis(number: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    found = np.zeros(SIZE, dtype=np.float32)
    found[number] = 1.0
    return found


def test_what_two_languages_add_no_longer_parts_one_subject() -> None:
    subject, centres = axis(0), {"en": axis(1), "ru": axis(2), ANY: axis(3)}
    english, russian = (0.4 * subject + SHARE * centres[language] for language in ("en", "ru"))
    assert float(centred(english, "en-GB", centres) @ centred(russian, "ru", centres)) == pytest.approx(1.0)


@pytest.mark.parametrize("language", [None, "xx", "", "no tag at all", "any"])
def test_a_language_without_a_mean_has_that_of_all(language: str | None) -> None:
    assert np.array_equal(centred(axis(0), language), centred(axis(0), ANY))


def test_what_is_nothing_but_its_centre_stays() -> None:
    bare = np.float32(SHARE) * axis(1)
    assert np.array_equal(centred(bare, "en", {"en": axis(1), ANY: axis(1)}), bare)


def test_the_means_that_ship_are_of_the_models_vectors() -> None:
    assert set(shipped()) == {"en", "id", "kk", "ru", ANY}
    assert all(mean.shape == (SIZE,) and 0.5 < float(np.linalg.norm(mean)) < 1.0 for mean in shipped().values())
