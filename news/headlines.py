"""What headlines and figures say about whether two texts are one: short texts, series, boilerplate. Pure.

::

    title ──headline_key──▶ key | None ──look up──▶ Sighting …  ──told_before──▶ the stories of that headline
    text ──figures──▶ {"5.2", "12:30"}      figures, figures ──is_series──▶ the same form filled in anew: no copy

A text that is too short to be known by its wording (``minhash.LEAST`` shingles) is known by its headline, word for word
after folding, with time and source:

* in other sources the headline is the same report within ``ELSEWHERE``, where it has ``WORDS_ELSEWHERE`` words or more;
* in the same source it is an entry sent again within ``AGAIN``, where it has ``WORDS_AGAIN`` words or more;
* a headline under which one source tells different stories ``RUBRIC`` apart or more is a rubric ("Weather", "Morning
  briefing") and tells of no copy, nor does one whose texts name figures and have none in common.

A headline that names other figures is another headline: figures are words. Short texts are not compared with long ones,
for a headline that stands over two long reports would make one of them.
"""

import re
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from news.fingerprint import digest, folded
from news.stories import count_words

#: between two sources
ELSEWHERE: Final = timedelta(hours=24)
WORDS_ELSEWHERE: Final = 5
#: within one
AGAIN: Final = timedelta(hours=6)
WORDS_AGAIN: Final = 4
#: what one source heads different stories with, so far apart or farther, is no headline of a report
RUBRIC: Final = timedelta(hours=18)
#: how long a headline is remembered, so that a weekly rubric is known for one
REMEMBERED: Final = timedelta(days=14)

#: titles of one source that share this part of their words or more may stand over one report
ALIKE: Final = 1 / 3
#: texts that name so many figures or more can be told apart by them
TOLD_APART: Final = 3
#: and are, where less than this part of the fewer figures stands in both
COMMON: Final = 1 / 3
#: shingles from which a text is no form that is filled in anew, whatever its figures
LONG: Final = 150

_FIGURE: Final = re.compile(r"(?<!\w)\d+(?:[.,:]\d+)*")
#: figures of one text that count: a table has more
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """A short text under a headline."""

    story: int
    #: whose: its host, or what the caller calls it
    source: str
    #: when it was published, else first seen; None: unknown
    at: datetime | None
    figures: AbstractSet[str]


def headline_key(title: str) -> str | None:
    """The versioned key of a headline; None for one of too few words to tell of a copy."""
    words = folded(title)
    return digest("headline", words) if count_words(words) >= WORDS_AGAIN else None


def told_before(newcomer: Sighting, known: Sequence[Sighting], title: str) -> tuple[int, ...]:
    """The stories that a short text is told again of, among the sightings of its headline; ``story`` counts not."""
    if _is_rubric(newcomer, known):
        return ()
    words = count_words(folded(title))
    return tuple(sorted({one.story for one in known if _is_again(newcomer, one, words)}))


def _is_again(newcomer: Sighting, one: Sighting, words: int) -> bool:
    here = newcomer.source == one.source
    if words < (WORDS_AGAIN if here else WORDS_ELSEWHERE) or newcomer.at is None or one.at is None:
        return False
    if newcomer.figures and one.figures and not newcomer.figures & one.figures:
        return False
    return abs(newcomer.at - one.at) <= (AGAIN if here else ELSEWHERE)


def _is_rubric(newcomer: Sighting, known: Sequence[Sighting]) -> bool:
    """Whether a source heads different stories with it, on one day and on another."""
    times: dict[str, list[tuple[datetime, int | None]]] = {}
    for one in known:
        if one.at is not None:
            times.setdefault(one.source, []).append((one.at, one.story))
    if newcomer.at is not None:
        times.setdefault(newcomer.source, []).append((newcomer.at, None))
    for seen in times.values():
        seen.sort(key=lambda one: one[0])
        (first, story), (last, other) = seen[0], seen[-1]
        if last - first >= RUBRIC and story != other:
            return True
    return False


def figures(text: str) -> frozenset[str]:
    """The different figures that a text names, a comma as a point; of very many the first."""
    found: set[str] = set()
    for figure in _FIGURE.finditer(text):
        found.add(figure[0].replace(",", "."))
        if len(found) == _MOST:
            break
    return frozenset(found)


def is_series(one: AbstractSet[str], other: AbstractSet[str], shorter: int) -> bool:
    """Whether two texts of alike wording are one form with other figures: two earthquakes, the price of two days.

    ``one`` and ``other`` are the ``figures`` of texts with their titles, ``shorter`` the shingles of the shorter text.
    """
    fewer = min(len(one), len(other))
    return shorter < LONG and fewer >= TOLD_APART and len(one & other) < COMMON * fewer


def is_boilerplate(title: str, told: Collection[str], shingles: int = 0) -> bool:
    """Whether one source carries one text under unlike titles: then the text is the source's, not a report's.

    ``told`` are the titles under which this source has carried the text before; unlike are titles that share less than
    a third of their words (Jaccard). A tagline or "Subscribe to our newsletter" in place of a summary must not make
    one story of everything that a feed brings. A text of ``LONG`` shingles or more is a report, sent again under
    another headline; ``shingles`` are the text's.
    """
    return shingles < LONG and bool(told) and not any(_alike(folded(title), folded(one)) for one in told)


def _alike(one: str, other: str) -> bool:
    if one == other or not one or not other:
        return True
    first, second = set(one.split()), set(other.split())
    return len(first & second) >= ALIKE * len(first | second)
