"""Takes from a text's vector what every text of its language has, so that what is left is what it is about. Pure.

::

    Vector, language ──centred──▶ Vector of length one

The vectors of one language lie together, whatever they tell: two floods told in one language may be nearer to each
other than two reports of one flood in two. So the mean vector of the language is taken away (Mu and Viswanath,
"All-but-the-Top", 2018; by language as Libovický and others, "How Language-Neutral is Multilingual BERT?", 2019).

The means are data (``rules/centres.npz``: an array for each language, and one without a name for every other), made by
``python -m bench.train_threads``. What the model's vectors become with other means or
another share is something else: ``news.embedding.MODEL`` moves with them.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import numpy as np

from news.embedding import Vector
from news.languages import bucket

#: part of a mean that is taken away: all of it leaves the least of what a text shares with all others, and too little
SHARE: Final = 0.7
#: the name under which the mean for every other language stands
ANY: Final = "any"


def centred(vector: Vector, language: str | None, centres: Mapping[str, Vector] | None = None) -> Vector:
    """A text's vector without what its language adds; ``language`` is a tag, None where it is unknown.

    ``centres`` are means by language, as a rule those that ship.
    """
    known = shipped() if centres is None else centres
    centre = known.get((language and bucket(language)) or ANY, known[ANY])
    left = vector - np.float32(SHARE) * centre
    length = float(np.linalg.norm(left))
    # What is nothing but its centre has no direction of its own.
    return vector if length == 0.0 else np.asarray(left / np.float32(length), dtype=np.float32)


@cache
def shipped() -> Mapping[str, Vector]:
    """The means that ship, by language."""
    stored = files("news.rules").joinpath("centres.npz").read_bytes()
    with np.load(BytesIO(stored), allow_pickle=False) as table:
        return {language: table[language].astype(np.float32) for language in table.files}
