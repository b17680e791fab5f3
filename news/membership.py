"""Which story an article belongs to by its wording: an edited copy, a cut one, or a text of its own. Pure.

::

    Signature, Signature ──similar──▶ Alike(reason, score) | None
    articles of a story ──representing──▶ those that others are compared with

**One article represents a story**, and whoever joins is compared with that one alone, so that no chain of copies of
copies leads from one report to another. It is the one that *ranks* first of those that belong, by what the articles
bring and not by when they came in: the one published first, for the others can only have copied from it; then the one
that says most; then by the hash of its text, so that no two rank alike. One without a time ranks behind all with one.
Where times do not tell which was first, since the first has none or others have the same, up to ``LEADERS`` of these
represent the story: any of them may be what the others were copied from, and one alone loses a copy in ten.

An article that ranks before the representative of the story that it joins represents the story from then on. One that
is like the representatives of several stories joins them: the oldest id stays.

So the partition does not depend on the order of arrival wherever resemblance is unambiguous, that is, where each report
has an article that ranks before its copies and that they are all like, and no two articles of different reports are
alike. While that one is missing each story is part of one report only; the article is like the representative of each,
so that it joins them all, and represents them from then on; whoever comes later is compared with it. Where two copies
are both like a third, not like each other, and the third ranks behind them, what joins what does depend on the order;
the share of such articles is measured by ``bench.near_duplicates``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from news.minhash import Signature, contained, resemblance

#: Jaccard from which texts are one, edited. A copy with 30 % of its words edited in runs has .32 to .45; two reports
#: that share a quarter of their words as quotes have .14. With an error of .04 this lies nearly three from both.
EDITED: Final = 0.25
#: the same for texts of fewer than ``SHORT`` shingles, where an office's full name is a quarter of the text
EDITED_SHORT: Final = 0.50
SHORT: Final = 30
#: a text of which so much stands in a longer one is cut from it: a text with half of it in quotes stays below, errors
#: included
CUT: Final = 0.70
#: and the Jaccard that this must rest on: below, the error is too large a part of it
CUT_LEAST: Final = 0.20

#: articles that represent a story together, where times do not tell which was first
LEADERS: Final = 3

_LATEST: Final = datetime.max.replace(tzinfo=UTC)


class Likeness(StrEnum):
    """In which way a text is a copy of another."""

    EDITED = "edited_copy"
    CUT = "cut_copy"


@dataclass(frozen=True, slots=True)
class Alike:
    """That two texts tell one report, and why."""

    reason: Likeness
    #: from 0 to 1: of an edited copy the Jaccard similarity, of a cut one how much of it stands in the longer
    score: float


def similar(one: Signature, other: Signature) -> Alike | None:
    """Whether two texts are copies; None where they are not. It does not matter which is which."""
    return judged(resemblance(one, other), one.size, other.size)


def judged(jaccard: float, one: int, other: int) -> Alike | None:
    """The same for an estimated resemblance and the sizes in shingles."""
    shorter = min(one, other)
    if jaccard >= (EDITED if shorter >= SHORT else EDITED_SHORT):
        return Alike(Likeness.EDITED, jaccard)
    if shorter >= SHORT and jaccard >= CUT_LEAST and (share := contained(jaccard, one, other)) >= CUT:
        return Alike(Likeness.CUT, share)
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an article is ranked by."""

    #: aware; None: unknown
    published: datetime | None
    #: shingles of its text
    size: int
    #: ``stories.text_key`` of its text
    text_key: str

    @property
    def rank(self) -> tuple[datetime, int, str]:
        """Less ranks first."""
        return self.published or _LATEST, -self.size, self.text_key


@dataclass(frozen=True, slots=True)
class Representative:
    """A story that an article is like, in its representative."""

    story: int
    standing: Standing
    alike: Alike


class Ranked(Protocol):
    """Whatever has a standing."""

    @property
    def standing(self) -> Standing:
        """What it is ranked by."""
        ...


R = TypeVar("R", bound=Ranked)


def representing(told: Iterable[R]) -> list[R]:
    """Those of a story's articles that represent it, the first by rank first; no text twice."""
    ranked = sorted(told, key=lambda one: one.standing.rank)
    by_text: dict[str, R] = {}
    for one in ranked:
        if one.standing.published == ranked[0].standing.published:
            by_text.setdefault(one.standing.text_key, one)
    return list(by_text.values())[:LEADERS]


def most_like(near: Sequence[Representative]) -> Representative:
    """The representative that an article is most like: it is said to be a copy of that one."""
    return max(near, key=lambda one: (one.alike.score, -one.story))
