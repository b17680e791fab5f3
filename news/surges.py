"""A surge is told once: when its spike begins, grows clearly, lasts, and ends. Pure.

::

    what was told of the spike that runs, the verdicts of news.spikes now ──follow──▶ Turn
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from news.spikes import Figures, Judged, Spike

#: so many times what was told of a spike make another of it
GROWN: Final = 3.0
#: what goes on for longer is the rhythm
LONGEST: Final = timedelta(days=7)

_HOLD_LEAST: Final = 3


class Turn(StrEnum):
    """What becomes of a watchlist's, or an event's, spike."""

    NOTHING = "nothing"
    BEGINS = "begins"
    GROWS = "grows"
    LASTS = "lasts"
    ENDS = "ends"


def follow(told: Figures | None, began_at: datetime | None, verdicts: Sequence[Judged], now: datetime) -> Turn:
    """Decide what becomes of a spike; ``told`` are the figures of the one that runs, or None.

    It lasts while any window has half of its limit, and grows where the window that it was told of has ``GROWN`` times
    what was told.
    """
    if told is None or began_at is None:
        return Turn.BEGINS if any(isinstance(one, Spike) for one in verdicts) else Turn.NOTHING
    if now - began_at > LONGEST:
        return Turn.ENDS
    if any(isinstance(one, Spike) and grown(told, one.figures) for one in verdicts):
        return Turn.GROWS
    held = any(one.figures is not None and one.figures.count >= _hold(one.figures) for one in verdicts)
    return Turn.LASTS if held else Turn.ENDS


def grown(told: Figures, figures: Figures) -> bool:
    """Whether figures are so far beyond those that were told that people want to hear of it again."""
    return figures.hours == told.hours and figures.count >= GROWN * told.count


def _hold(figures: Figures) -> int:
    return max(_HOLD_LEAST, math.ceil(figures.limit / 2))


def sharpest(verdicts: Sequence[Judged]) -> Figures | None:
    """Return the figures of the spike in the shortest window, which says most of now; None without one."""
    return min((one.figures for one in verdicts if isinstance(one, Spike)), key=lambda one: one.hours, default=None)
