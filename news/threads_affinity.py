"""How likely two articles report one event: a small model over what their evidence shares. Pure.

::

    Evidence, Evidence, Rarity ──signs──▶ seven numbers ──logistic regression──▶ 0 … 1

The coefficients are data (``rules/threads.toml``), made by ``python -m bench.train_threads``, which says from what.
There are two sets: articles in one language share words, and articles in two do not, so that their vectors lie further
apart and names and figures have to say more.

**Rarity** is the document frequency of words, names and figures among the stories of the window: what a hundred stories
say tells none of them apart. It is counted from exactly the stories that are active, so that a restart that loads them
counts the same.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from news.rules import load
from news.threads_evidence import Evidence

#: the numbers that an affinity is made of, in the order of the coefficients
SIGNS: Final = ("cosine", "words", "names", "figures", "figures_apart", "names_apart", "days")

#: stories that are thought to stand beside those of the window, so that the first ones have something to be rare among
_IMAGINED: Final = 100
#: what sets are thought to weigh beside what they hold, so that one name that two short texts share is not all: the
#: square of the rarity of two or three names
_RESERVE: Final = 20.0
#: and what names in two languages must weigh so that they are not apart: one that few share; a country is not enough
_NAMED_ALIKE: Final = 10.0
#: days apart that are told from each other
_MOST_DAYS: Final = 7.0


class Rarity:
    """How many active stories have a word, name or figure. Grows and shrinks with them.

    ``common`` are words that any news has, with the share of articles that have them; as a rule, those that ship.
    """

    def __init__(self, common: Mapping[str, float] | None = None) -> None:
        self._stories = 0
        self._having: Counter[str] = Counter()
        self._common = _commons() if common is None else common

    def __len__(self) -> int:
        return self._stories

    def add(self, one: Evidence) -> None:
        """Count an article in."""
        self._stories += 1
        self._having.update(one.terms)

    def remove(self, one: Evidence) -> None:
        """Count out an article that was counted in."""
        self._stories -= 1
        for term in one.terms:
            left = self._having[term] - 1
            if left > 0:
                self._having[term] = left
            else:
                del self._having[term]

    def of(self, term: str) -> float:
        """How rare a term is: 0 where all have it; the logarithm of one in so many (Spärck Jones, 1972)."""
        having = self._having.get(term, 0) + self._common.get(term, 0.0) * _IMAGINED
        return math.log((self._stories + _IMAGINED + 1) / (having + 1))

    def mass(self, terms: Iterable[str]) -> float:
        """The squares of how rare terms are, together; their order does not matter."""
        return math.fsum([self.of(term) ** 2 for term in terms])


@cache
def _commons() -> Mapping[str, float]:
    """Words that are common in any news, and the share of articles that have them."""
    return {word: float(share) for share, listed in _table()["common"].items() for word in str(listed).split()}


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression over ``SIGNS``."""

    intercept: float
    weights: tuple[float, ...]

    def of(self, signs: Sequence[float]) -> float:
        """The probability that two articles with these signs report one event."""
        total = self.intercept + math.fsum(weight * sign for weight, sign in zip(self.weights, signs, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def shipped() -> tuple[Model, Model]:
    """The models for articles in two languages and in one."""
    table = _table()
    across, within = (
        Model(float(one["intercept"]), tuple(float(one[sign]) for sign in SIGNS))
        for one in (table["across"], table["within"])
    )
    return across, within


class Comparison:
    """One article beside many: what it weighs itself is counted once."""

    def __init__(self, one: Evidence, rarity: Rarity, models: tuple[Model, Model] | None = None) -> None:
        self._one = one
        self._rarity = rarity
        self._across, self._within = models or shipped()
        self._masses = tuple(_masses(one, rarity, within=within) for within in (False, True))

    def affinity(self, other: Evidence) -> float:
        """How likely both articles report one event, from 0 to 1; it does not matter which is which."""
        model = self._within if self._one.language == other.language else self._across
        return model.of(self.signs(other))

    def signs(self, other: Evidence) -> tuple[float, ...]:
        """What both share, as ``SIGNS``; the same from either side."""
        one, rarity = self._one, self._rarity
        within = one.language == other.language
        mine, theirs = self._masses[within], _masses(other, rarity, within=within)
        words, names, figures = (
            rarity.mass(shared) / math.sqrt(my_mass * their_mass)
            for shared, my_mass, their_mass in zip(_shared(one, other), mine, theirs, strict=True)
        )
        return (
            float(one.vector @ other.vector),
            words,
            names,
            figures,
            1.0 if one.figures and other.figures and not one.figures & other.figures else 0.0,
            _names_apart(one, other, rarity),
            _days(one, other),
        )


def affinity(one: Evidence, other: Evidence, rarity: Rarity) -> float:
    """How likely two articles report one event, from 0 to 1; it does not matter which is which."""
    return Comparison(one, rarity).affinity(other)


def _named(one: Evidence, *, within: bool) -> frozenset[str]:
    """The names. Between two languages little but names sounds alike, so that one that begins a sentence counts."""
    return one.names if within else one.names | one.openers


def _masses(one: Evidence, rarity: Rarity, *, within: bool) -> tuple[float, ...]:
    """What words, names and figures weigh."""
    return tuple(rarity.mass(terms) + _RESERVE for terms in (one.words, _named(one, within=within), one.figures))


def _shared(one: Evidence, other: Evidence) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Words, names and figures that both have; of two openers that sound alike neither need be a name."""
    if one.language == other.language:
        names = one.names & other.names
    else:
        names = (one.names | one.openers) & (other.names | other.openers) & (one.names | other.names)
    return one.words & other.words, names, one.figures & other.figures


def _names_apart(one: Evidence, other: Evidence, rarity: Rarity) -> float:
    """Whether both name something, and nothing that the other does: 1, and less by what they share."""
    within = one.language == other.language
    if not (_named(one, within=within) and _named(other, within=within)):
        return 0.0
    shared = _shared(one, other)[1]
    if within:
        return 0.0 if shared else 1.0
    return max(0.0, 1.0 - rarity.mass(shared) / _NAMED_ALIKE)


def _days(one: Evidence, other: Evidence) -> float:
    """Days between two articles, ``_MOST_DAYS`` at most; none where a time is unknown."""
    if one.at is None or other.at is None:
        return 0.0
    return min(abs(one.at - other.at).total_seconds() / 86_400, _MOST_DAYS)


@cache
def _table() -> Mapping[str, dict[str, float | str]]:
    """The coefficients as they ship."""
    return load("threads")
