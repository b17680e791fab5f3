"""What tells two reports apart that are told in the same words. Pure.

::

    source, title, text ──Told.of──▶ Told ┐
                                          ├─ differing ──▶ Difference | None      asked of what is judged alike
    source, title, text ──Told.of──▶ Told ┘

Wording alone takes for copies what fills in one form anew: an alert for the next region, a second strike told as the
first was, 164 dead where it said 26. To take two reports for one is the worse mistake, for the second is then told to
nobody. So texts of alike wording are no copies where each says of itself what the other does not know. It is asked both
ways, always: a headline that names more, a local name, a cut tail say something in one of them only, and copies they
stay. What the other text says anywhere counts as known to it, whichever form its words are in, so that a new headline
over the same report tells nothing apart.

It does not matter which of the two is which.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Final, Self

from news.fingerprint import folded
from news.furniture import sentences
from news.headlines import LONG, figures, is_series
from news.minhash import shingled
from news.text import is_unspaced, surfaces

#: characters of a text that are looked at
LONGEST: Final = 20_000
#: titles that share so much of their words, or more, are one headline with other words put in
ALIKE: Final = 1 / 3
#: first sentences that share so much, figures and names aside, are one sentence with others put in
FRAME: Final = 0.5
#: the same for names, within one source
NAMED: Final = 0.8
#: wording at least so alike is a form that is filled in, between two sources; what is less alike was edited
FILLED_IN: Final = 0.45
#: what one source tells under two headlines in wording less alike than this is two reports
RESENT: Final = 0.5
#: of a first sentence, the part that the other text has to know of
KNOWN: Final = 0.5
#: figures that differ by no more are one, rounded: 4,000 of 4,200, not 20 of 26
ROUNDED: Final = 0.05
#: words in quotes that are so many or more are a quotation that two newsrooms may have
QUOTED: Final = 12
#: and nothing else is, where less than this part of what two texts share stands outside of them
OWN: Final = 0.10
#: of texts that have so much beside them, or more
BESIDE: Final = 0.40
#: wording more alike than this has more in common than quotations
QUOTES_AT_MOST: Final = 0.5

#: words of a first sentence at least, what is shorter is a dateline or a cry, and at most
_LEAD: Final = 5
_LEAD_MOST: Final = 40
#: figures of one text that are told apart
_FIGURES: Final = 1_000
#: words of a title that are looked at
_HEADLINE: Final = 60
#: letters of a word that are never taken for its ending, and letters of an ending at most
_STEM: Final = 4
_ENDING: Final = 2
#: M5.9, which the text calls a magnitude of 5.9
_MAGNITUDE: Final = re.compile(r"[^\W\d]\d+[.,]\d")
#: 4,200 and 4.200 and 4 200
_THOUSANDS: Final = re.compile(r"(?<![\d.,:])\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?![\d.,:]?\d)")
_SEPARATOR: Final = re.compile(r"\D")
#: of one report's versions
_VERSION: Final = re.compile(r"^\W*(?:update|wrapup|lead|refile|corrected)\W*\d*\W*[-–—:]", re.IGNORECASE)
_QUOTATION: Final = re.compile(
    r"«[^«»]*»|“[^“”]*”|„[^„“”]*[“”]|「[^「」]*」|『[^『』]*』|(?<!\w)\"[^\"\n]*\"(?!\w)", re.DOTALL
)


class Difference(StrEnum):
    """In what two reports of alike wording differ."""

    FIGURE = "figure"  #: the headlines name figures of which the other report knows nothing
    HEADLINE = "headline"  #: the headlines are one form, filled in with what the other report knows nothing of
    LEAD = "lead"  #: the first sentences are
    SERIES = "series"  #: in nearly all figures of short texts
    RUBRIC = "rubric"  #: one source's, and what they share stands beneath two reports
    QUOTES = "quotes"  #: nothing is common to them but quotations


@dataclass(frozen=True)
class Told:
    """What an article tells; ``of`` makes it."""

    #: whose; "" where that is unknown, which is nobody's own
    source: str
    title: str
    text: str

    @classmethod
    def of(cls, source: str | None, title: str, text: str) -> Self:
        """What is looked at of an article of a source."""
        return cls(source or "", title, text[:LONGEST])

    @cached_property
    def headline(self) -> tuple[str, ...]:
        """The words of the title, without what counts its versions."""
        return tuple(islice(_words(_VERSION.sub("", self.title)), _HEADLINE))

    @cached_property
    def letters(self) -> frozenset[str]:
        """The capital letters that stand alone in a title, from its second word on: Zone A, Group B."""
        return frozenset(word for word in surfaces(self.title)[1:] if len(word) == 1 and word.isupper())

    @cached_property
    def figures(self) -> frozenset[str]:
        """The figures of title and text."""
        return figures(f"{self.title}\n{self.text}")

    @cached_property
    def lead(self) -> str:
        """The first sentence of the text."""
        for start, end in sentences(self.text):
            if sum(1 for _ in _words(self.text[start:end])) >= _LEAD:
                return self.text[start:end]
        return ""

    @cached_property
    def lead_words(self) -> tuple[str, ...]:
        """Its words."""
        return tuple(_words(self.lead))[:_LEAD_MOST]

    @cached_property
    def lead_names(self) -> frozenset[str]:
        """Those of its words, but the first, that begin with a capital letter."""
        named = [word for word in surfaces(self.lead)[1:] if word[0].isupper()]
        return frozenset(_words(" ".join(named)))

    @cached_property
    def text_words(self) -> frozenset[str]:
        """The words of the text and how they begin."""
        return frozenset(_beginnings(_words(self.text)))

    @cached_property
    def first_words(self) -> frozenset[str]:
        """The words of title and first sentence."""
        return frozenset((*self.headline, *self.lead_words))

    @cached_property
    def named_figures(self) -> frozenset[str]:
        """The figures of title and text as words are compared, of very many the least."""
        return frozenset(sorted(word for word in self.all_words if _is_figure(word))[:_FIGURES])

    @cached_property
    def numbers(self) -> tuple[tuple[float, bool], ...]:
        """What these are worth, and whether each is round."""
        return tuple(number for number in map(_number, self.named_figures) if number is not None)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """The same of text and title."""
        return self.text_words.union(_beginnings(self.headline))


def differing(one: Told, other: Told, alike: float, shorter: int) -> Difference | None:
    """In what two reports of alike wording differ; None where nothing tells them apart.

    ``alike`` is how much so, from 0 to 1 (``minhash.resemblance``), ``shorter`` the shingles of the shorter text.
    """
    here = one.source == other.source != ""
    form = _alike(one.headline, other.headline)
    if _both(_headline_figures(one, other, form=form), _headline_figures(other, one, form=form)):
        return Difference.FIGURE
    filled_in = here or alike >= FILLED_IN
    if filled_in and (here or form) and _both(_subject(one, other), _subject(other, one)):
        return Difference.HEADLINE
    if filled_in and form and _both(one.letters - other.letters, other.letters - one.letters):
        return Difference.HEADLINE
    if filled_in and _lead_filled_in(one, other, FRAME):
        return Difference.LEAD
    if shorter < LONG:
        if is_series(one.figures, other.figures, shorter):
            return Difference.SERIES
        if here and _lead_filled_in(one, other, NAMED):
            return Difference.LEAD
        if here and _other_report(one, other, alike):
            return Difference.RUBRIC
    return Difference.QUOTES if alike < QUOTES_AT_MOST and _quotes_only(one, other) else None


# ── rules ──────────


def _new_figures(words: Iterable[str], other: Told) -> list[str]:
    """The figures among words that the other report does not name, rounded or not."""
    # What stands in the other's first words is known without reading on.
    unsure = [one for one in words if _is_figure(one) and one not in other.first_words]
    return [one for one in unsure if one not in other.named_figures and not _rounded(one, other.numbers)]


def _new(words: Collection[str], other: Told) -> list[str]:
    """The words that the other report does not have in any form."""
    unsure = [one for one in words if not _is_figure(one) and one not in other.first_words]
    return _new_figures(words, other) + [one for one in unsure if _beginning(one) not in other.all_words]


def _headline_figures(own: Told, other: Told, *, form: bool) -> list[str]:
    """The figures of a headline that the other report does not name.

    Where the headlines are not one form, they have to stand in their own report: a figure of the headline may stand in
    words in the text.
    """
    return [one for one in _new_figures(own.headline, other) if form or one in own.text_words]


def _subject(own: Told, other: Told) -> list[str]:
    """The words of a headline that its report has and the other does not."""
    return [one for one in _new(own.headline, other) if _is_figure(one) or _beginning(one) in own.text_words]


def _lead_filled_in(one: Told, other: Told, frame: float) -> bool:
    """Whether the first sentences are one with other figures; from ``NAMED`` on names count as figures do."""
    filled = {word for each in (one, other) for word in each.lead_words if _is_figure(word)}
    if frame >= NAMED:
        filled |= one.lead_names | other.lead_names
    frames = [[word for word in each.lead_words if word not in filled] for each in (one, other)]
    if not _alike(frames[0], frames[1], frame):
        return False
    return _both(
        _new([word for word in one.lead_words if word in filled], other),
        _new([word for word in other.lead_words if word in filled], one),
    )


def _other_report(one: Told, other: Told, alike: float) -> bool:
    """Whether what one source's texts share stands beneath two reports: a form, a footer, a greeting."""
    if alike < RESENT and _both(_new(one.headline, other), _new(other.headline, one)):
        return True
    if _alike(one.headline, other.headline):
        return False
    if _subject(one, other) or _subject(other, one):
        return True
    return all(
        len(_new(each.lead_words, another)) > (1 - KNOWN) * len(each.lead_words)
        for each, another in ((one, other), (other, one))
    )


def _quotes_only(one: Told, other: Told) -> bool:
    """Whether next to all that two texts share stands in quotations, and both say much beside them."""
    bare = [_without_quotations(each.text) for each in (one, other)]
    if bare[0] == one.text or bare[1] == other.text:
        return False
    own, whole = ([set(shingled(folded(text)).tolist()) for text in texts] for texts in (bare, (one.text, other.text)))
    if any(len(part) < BESIDE * len(all_) for part, all_ in zip(own, whole, strict=True)):
        return False
    return len(own[0] & own[1]) < OWN * len(whole[0] & whole[1])


def _without_quotations(text: str) -> str:
    return _QUOTATION.sub(lambda quotation: " " if len(surfaces(quotation[0])) >= QUOTED else quotation[0], text)


def _both(one: Collection[str], other: Collection[str]) -> bool:
    return bool(one) and bool(other)


# ── words ──────────


def _words(text: str) -> Iterator[str]:
    """The words of a text as they are compared: folded; pairs of letters in scripts without spaces; figures plain."""
    before = ""
    for word in folded(_THOUSANDS.sub(lambda figure: _SEPARATOR.sub("", figure[0]), text)).split():
        if word.isascii() or not any(map(is_unspaced, word)):
            before = ""
            yield _plain_figure(word) if _is_figure(word) else word
            continue
        for part in surfaces(word):
            if not is_unspaced(part):
                before = ""
                yield _plain_figure(part) if _is_figure(part) else part
                continue
            if before:
                yield before + part
            before = part
        before = ""


def _is_figure(word: str) -> bool:
    return word[0].isdigit() or (word[1:2].isdigit() and _MAGNITUDE.match(word) is not None)


def _plain_figure(word: str) -> str:
    """A figure in European digits, with a point."""
    word = word[1:] if _MAGNITUDE.match(word) else word
    digits = "".join(str(int(each)) if each.isdecimal() else each for each in word)
    return digits.replace(",", ".")


def _beginning(word: str) -> str:
    """A word without what may be its ending."""
    return word if _is_figure(word) else word[: max(_STEM, len(word) - _ENDING)]


def _beginnings(words: Iterable[str]) -> Iterator[str]:
    """Each word and what it may be without an ending."""
    for word in words:
        yield word
        if not _is_figure(word):
            for length in range(max(_STEM, len(word) - 2 * _ENDING), len(word)):
                yield word[:length]


def _number(figure: str) -> tuple[float, bool] | None:
    """What a figure is worth, and whether it is round; None for a time or a date."""
    try:
        return float(figure), figure.endswith("0") and figure.isdigit()
    except ValueError:
        return None


def _rounded(figure: str, numbers: Iterable[tuple[float, bool]]) -> bool:
    """Whether a figure is one of the numbers rounded, or one of them is the figure rounded."""
    known = _number(figure)
    if known is None:
        return False
    worth, is_round = known
    return any(
        abs(worth - other) <= ROUNDED * max(worth, other) for other, round_too in numbers if is_round or round_too
    )


def _alike(one: Sequence[str], other: Sequence[str], share: float = ALIKE) -> bool:
    first, second = set(one), set(other)
    return not first or not second or len(first & second) >= share * len(first | second)
