"""Letters under heaps of combining marks: few stay, so that normal forms cost what they should. Pure.

A normal form puts the marks behind a letter in order by insertion, in the square of their number: 100,000 in a row,
which is little to send, take ten seconds. The bound is that of Unicode's Stream-Safe Text Format (UAX 15, section 13);
no language comes near it.
"""

import re
import unicodedata
from functools import cache
from typing import Final

#: marks in a row
MOST: Final = 30

#: where more may stand: no mark is ASCII, and none a letter but for the two half-width ones of Katakana
_HEAP: Final = re.compile(rf"[^\w\s\x00-\x7f]{{{MOST + 1},}}")
_KATAKANA: Final = re.compile(r"[\uff9e\uff9f]")
#: the same with these, at ten times the cost
_KATAKANA_HEAP: Final = re.compile(rf"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){{{MOST + 1},}}")


def few_marks(text: str) -> str:
    """The text with at most ``MOST`` marks in a row, the first; nearly every text is handed back as it is."""
    if text.isascii():
        return text
    return (_KATAKANA_HEAP if _KATAKANA.search(text) else _HEAP).sub(_thinned, text)


def _thinned(heap: re.Match[str]) -> str:
    kept: list[str] = []
    row = 0
    for character in heap[0]:
        marks = _marks(character)
        row = row + marks if marks else 0
        if row <= MOST:
            kept.append(character)
    return "".join(kept)


@cache
def _marks(character: str) -> int:
    """How many marks a character is that is nothing else; a few are made of two."""
    parts = unicodedata.normalize("NFKD", character)
    return len(parts) if all(map(unicodedata.combining, parts)) else 0
