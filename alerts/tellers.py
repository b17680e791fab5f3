"""Which of a story's articles leads a digest: the best teller among those that the watchlist found. Pure.

::

    articles that matched, agencies credited, reader's language ──choose──▶ Teller (article, why)

The articles of a story carry the same text, whole or cut, under titles of their own. In this order, the first point in
which two differ decides:

1. **opens**: it has words and an address that a reader can open.
2. **full**: it carries the text and not a teaser of it: at least half as long as the longest. A report beats the
   twenty words that another outlet put out a minute earlier, and those of the agency itself.
3. **original**: it stands in the outlet of an agency that the story is credited to. Of ``LONDON (Reuters) –`` in the
   Herald and the same at reuters.com it is the latter, also where the Herald put it out first: agencies give their
   texts to customers before they show them. An agency's outlet that nobody credits may have copied like any other.
4. **language**: where the articles differ in language, the reader's; one whose language is not known comes between.
5. **earliest**: it was published first. A known time beats an unknown one, and a day alone counts by its end, so that
   nothing is the earliest by a guess.
6. **fullest**: nearly the whole text (nine tenths of the longest) beats a cut one. Ten words more decide nothing.
7. **first**: it came first.

Lengths are compared with the longest of the same story, so that they mean the same in every script; the order is total
and does not depend on the order in which the articles are given.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from news.agencyrules import own_sites
from news.languages import same_language

#: of the longest text: what has less is a teaser
_FULL = 0.5
#: of the longest text: what has less was cut
_FULLEST = 0.9
_NEVER = datetime.max.replace(tzinfo=UTC)


class Lead(StrEnum):
    """Why an article leads."""

    ONLY = "only"
    OPENS = "opens"
    FULL = "full"
    ORIGINAL = "original"
    LANGUAGE = "language"
    EARLIEST = "earliest"
    FULLEST = "fullest"
    FIRST = "first"

    @property
    def sentence(self) -> str:
        """The reason as people read it, without its full stop."""
        return _SENTENCES[self]


_SENTENCES = {
    Lead.ONLY: "no other article of the story matched",
    Lead.OPENS: "it has words and an address that can be opened",
    Lead.FULL: "it carries the text, of which others have a teaser",
    Lead.ORIGINAL: "it stands in the outlet of the agency that the text is credited to",
    Lead.LANGUAGE: "it is in the reader's language",
    Lead.EARLIEST: "it was published first, as far as is known",
    Lead.FULLEST: "it carries more of the text than others",
    Lead.FIRST: "it came first",
}

#: what each place of a rank stands for
_POINTS = (Lead.OPENS, Lead.FULL, Lead.ORIGINAL, Lead.LANGUAGE, Lead.EARLIEST, Lead.FULLEST, Lead.FIRST)
_Rank = tuple[bool, bool, bool, int, datetime, bool, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article of a story that a watchlist found."""

    article_id: int
    #: in lower case
    host: str
    #: BCP 47, or None
    language: str | None
    #: the latest instant that its source's time can mean, or None
    published: datetime | None
    #: code points of the text that matched
    length: int
    #: it has words and an address
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Teller:
    """The article that leads."""

    article_id: int
    why: Lead


def choose(candidates: Collection[Candidate], *, agencies: Iterable[str], locale: str) -> Teller:
    """Return the article that tells a story best.

    ``candidates``, at least one, are of different articles; ``agencies`` are the names of those that the story's
    articles are credited to, whether they matched or not. Raises ValueError for no candidates.
    """
    sites = tuple(site for name in set(agencies) for site in own_sites().get(name, ()))
    languages = _Languages(candidates, locale)
    longest = max(one.length for one in candidates)

    def rank(one: Candidate) -> _Rank:
        """What is smaller leads."""
        return (
            not one.opens,
            one.length < _FULL * longest,
            not _within(one.host, sites),
            languages.rank(one.language),
            one.published or _NEVER,
            one.length < _FULLEST * longest,
            one.article_id,
        )

    first, *others = sorted(map(rank, candidates))
    return Teller(first[-1], _why(first, others[0]) if others else Lead.ONLY)


def _why(first: _Rank, second: _Rank) -> Lead:
    """Return the point in which the best differs from the next."""
    pairs = zip(first, second, _POINTS, strict=True)
    return next((point for one, other, point in pairs if one != other), Lead.FIRST)


class _Languages:
    """How the languages of a story's articles stand to a reader's."""

    def __init__(self, candidates: Iterable[Candidate], locale: str) -> None:
        self._locale = locale.replace("_", "-")
        known = {self._is_readers(one.language) for one in candidates if one.language is not None}
        self._differ = len(known) > 1

    def rank(self, language: str | None) -> int:
        """Return 0 for the reader's, 1 for an unknown one, 2 for another; 0 where there is no choice."""
        if not self._differ:
            return 0
        if language is None:
            return 1
        return 0 if self._is_readers(language) else 2

    def _is_readers(self, language: str | None) -> bool:
        return language is not None and same_language(language, self._locale)


def _within(host: str, sites: Sequence[str]) -> bool:
    return any(host == site or host.endswith(f".{site}") for site in sites)
