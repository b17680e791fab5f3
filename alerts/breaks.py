"""Where words end in texts of scripts without spaces, by ICU's dictionaries: used to count words, never to find them.

This is the one place that knows PyICU, whose import takes a moment that most texts need not wait for.
"""

from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icu import BreakIterator

_LAST_OF_BASIC_PLANE = "\uffff"


def breaks(text: str) -> set[int]:
    """The code point offsets at which a word of a text ends (Unicode Standard Annex 29, with dictionaries)."""
    iterator = _iterator()
    iterator.setText(text)
    ends = set(iterator)  # in UTF-16 code units
    if not text or max(text) <= _LAST_OF_BASIC_PLANE:
        return ends
    units = accumulate(2 if character > _LAST_OF_BASIC_PLANE else 1 for character in text)
    return {place for place, unit in enumerate(units, start=1) if unit in ends}


@cache
def _iterator() -> "BreakIterator":
    """The rules of no language in particular: the dictionaries go by script."""
    from icu import BreakIterator, Locale  # noqa: PLC0415

    return BreakIterator.createWordInstance(Locale.getRoot())
