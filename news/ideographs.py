"""Numbers in Chinese characters. Pure.

::

    "一", "百", "六", "十", "四" ──ideographs──▶ 5 characters, 164
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

_ROWS: Final = ("零〇", "一壹", "二两兩贰", "三叁", "四", "五", "六", "七", "八", "九")
_DIGITS: Final = {character: value for value, row in enumerate(_ROWS) for character in row}
_TIMES: Final = {"十": 10, "百": 100, "千": 1000}
_MYRIAD: Final = 10_000
#: what multiplies all before it; a myriad, what is before it since the last of these
MYRIADS: Final = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}


def ideographs(characters: Sequence[str]) -> tuple[int, Decimal]:
    """How many of the first characters are one number, and its value; 0 where none is."""
    total = current = digit = 0
    for end, character in enumerate(characters):
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TIMES:
            current, digit = current + (digit or 1) * _TIMES[character], 0
        elif character in MYRIADS and end:
            section = (total if MYRIADS[character] > _MYRIAD else 0) + current + digit
            total, current, digit = (0 if MYRIADS[character] > _MYRIAD else total) + section * MYRIADS[character], 0, 0
        else:
            return end, Decimal(total + current + digit)
    return len(characters), Decimal(total + current + digit)
