"""Which story an article belongs to by its wording: an edited copy, a cut one, or a text of its own. Pure.

::

    Signature, Signature ──similar──▶ Alike(reason, score) | None
    newcomer, the representatives that it is like ──place──▶ Placement(story | None, joins, whether it represents now)

**One article represents a story**, and whoever joins is compared with that one alone, so that no chain of copies of
copies leads from one report to another. It is the one that *ranks* first of those that belong, by what the articles
bring and not by when they came in: the one published first, for the others can only have copied from it; then the one
that says most; then by the hash of its text, so that no two rank alike. One without a time ranks behind all with one.
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
from typing import Final

from news.minhash import Signature, contained, resemblance
from news.neighbours import Neighbours

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


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article belongs by its wording."""

    #: the story that it joins; None: it begins one
    story: int | None
    #: to the representative that it is most like
    alike: Alike | None
    #: younger stories that this article shows to be the same
    joins: tuple[int, ...]
    #: whether the article represents the story from now on; else the one of these stories does that ranks first
    represents: bool


def place(newcomer: Standing, near: Sequence[Representative]) -> Placement:
    """Decide where an article belongs among the stories that it is like. The least story id is the oldest."""
    if not near:
        return Placement(None, None, (), represents=True)
    stories = sorted({one.story for one in near})
    first = represents(newcomer, [one.standing for one in near])
    return Placement(stories[0], most_like(near).alike, tuple(stories[1:]), represents=first)


def represents(newcomer: Standing, others: Iterable[Standing]) -> bool:
    """Whether an article ranks before all others of its story that could represent it."""
    return all(newcomer.rank < one.rank for one in others)


def most_like(near: Sequence[Representative]) -> Representative:
    """The representative that an article is most like: it is said to be a copy of that one."""
    return max(near, key=lambda one: (one.alike.score, -one.story))


class Wordings:
    """Stories by their wording alone, in memory: the rules above over articles that are handed in one by one.

    Lives as long as one command or measurement, and grows with its input.
    """

    def __init__(self, neighbours: Neighbours | None = None) -> None:
        self._near = Neighbours() if neighbours is None else neighbours
        #: of each story that was not joined to another: its representative's day and standing
        self._represented: dict[int, tuple[int, Standing]] = {}
        self._joined: dict[int, int] = {}
        self._stories = 0

    def add(self, day: int, standing: Standing, signature: Signature) -> tuple[int, Placement]:
        """Place an article; return its story and why. Of a joined story, ``story_of`` knows what it became."""
        near: list[Representative] = []
        for found in self._near.candidates(signature):
            alike = judged(found.resemblance, found.size, signature.size)
            if alike is not None:
                near.append(Representative(found.key, self._represented[found.key][1], alike))
        placement = place(standing, near)
        if placement.story is None:
            self._stories += 1
            story = self._stories
        else:
            story = placement.story
            self._settle(story, near, represents=placement.represents)
        if placement.represents:
            self._represented[story] = (day, standing)
            self._near.add(day, story, signature)
        return story, placement

    def story_of(self, story: int) -> int:
        """The story that a story is part of now."""
        while story in self._joined:
            story = self._joined[story]
        return story

    def _settle(self, story: int, near: Sequence[Representative], *, represents: bool) -> None:
        """Join what is one story, and let go of who represents none any more."""
        first = None if represents else min(near, key=lambda one: one.standing.rank)
        for one in near:
            if one is not first:
                self._near.remove(self._represented[one.story][0], one.story)
        if first is not None:
            self._near.rename(self._represented[first.story][0], first.story, story)
            self._represented[story] = self._represented[first.story]
        for one in near:
            if one.story != story:
                self._joined[one.story] = story
                del self._represented[one.story]
