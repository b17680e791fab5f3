"""What was found of each term, as people are told it.

::

    spans, title, text, language ──findings──▶ Finding(term, likeness, words, fields) … in order ──▶ a sentence each

A span says how it was found for programs; people want the words, and a reason only where a word is not plainly the
term: ``kazakhstan~`` that found *Kazakhstan* is no slip. So a slip is told from a form, and a form from the word with
an apostrophe behind it, by the same keys that matching goes by. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from alerts.forms import asked, family_of, given
from alerts.types import Field, How, Span
from news.text import bare_forms, fold, words


class Likeness(Enum):
    """How the words that were found are to the term."""

    #: the word itself: letter case, accents and what clings to it by an apostrophe apart; for a phrase, its words
    ITSELF = auto()
    #: another form of it
    FORM = auto()
    #: one typing slip away from it
    SLIP = auto()
    #: what stands for the term: a word that begins so, a name of a set
    INSTANCE = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """The words by which one term was found in one way."""

    #: as written in the query; without ``~`` unless it stands for nothing else
    term: str
    likeness: Likeness
    #: distinct, as written, in order; empty where the text is gone
    words: tuple[str, ...]
    #: title first
    fields: tuple[Field, ...]


def findings(spans: Iterable[Span], *, title: str, text: str, language: str | None) -> tuple[Finding, ...]:
    """Return what was found, in the order in which it stands in the article, title first.

    Offsets point into ``title`` and ``text``; spans outside them, as of a text that retention took, tell their term
    alone. ``language`` is the text's, or None.
    """
    family = family_of(language)
    gathered: dict[tuple[Likeness, str], tuple[dict[str, str], dict[Field, None]]] = {}
    # A word that stands in a text a hundred times is looked at once.
    known: dict[tuple[How, str, str], tuple[Likeness, str]] = {}
    for span in sorted(spans, key=lambda one: (one.field is not Field.TITLE, one.start, one.end)):
        surface = (title if span.field is Field.TITLE else text)[span.start : span.end]
        asked_for = span.how, span.term, surface
        if asked_for not in known:
            known[asked_for] = _likeness(*asked_for, family)
        found, fields = gathered.setdefault(known[asked_for], ({}, {}))
        fields.setdefault(span.field)
        if surface:
            found.setdefault(fold(surface), surface)
    return tuple(
        Finding(term, likeness, tuple(found.values()), tuple(fields))
        for (likeness, term), (found, fields) in gathered.items()
    )


def _likeness(how: How, term: str, surface: str, family: str) -> tuple[Likeness, str]:
    """How a word is to the term, and the term as it is shown."""
    if not surface:
        return Likeness.ITSELF, term
    match how:
        case How.EXACT | How.FOLDED | How.PHRASE | How.SUBSTRING:
            return Likeness.ITSELF, term
        case How.PREFIX | How.ALIAS:
            return Likeness.INSTANCE, term
        case How.STEM:
            return (Likeness.ITSELF if _is_itself(surface, term) else Likeness.FORM), term
        case How.FUZZY:
            bare = term.removesuffix("~")
            if _is_itself(surface, bare):
                return Likeness.ITSELF, bare
            is_form = not set(asked(bare, family)).isdisjoint(given(surface, family))
            return (Likeness.FORM if is_form else Likeness.SLIP), bare


def _is_itself(surface: str, term: str) -> bool:
    """Whether the words are the term's, but for clitics joined by an apostrophe."""
    found, wanted = words(surface), words(term)
    return len(found) == len(wanted) and all(
        fold(other.surface) in (folded := fold(one.surface), *bare_forms(folded))
        for one, other in zip(found, wanted, strict=True)
    )
