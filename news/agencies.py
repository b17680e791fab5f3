"""Whose text an article is: the news agency that it is credited to. Pure.

::

    title, text, authors ──windows──▶ names (news.agencyrules) ──▶ dateline │ byline │ credit │ attribution

Read are only the authors, the title, the first and the last characters of the text, so that the cost is bounded. What a
name says depends on its place, strongest first:

* **dateline**: ``LONDON, Jan 5 (Reuters) -``, ``АЛМА-АТА, 5 января. /ТАСС/`` (``news.datelines``);
* **byline**: an author who is an agency, or writes for one; a first line that says so;
* **credit**: a last line, bracket or sentence that names nothing but agencies (``(dpa)``, ``Sumber: AFP``, ``mit
  Material von dpa``, ``© 2026 AFP``, ``The Associated Press contributed to this report``);
* **attribution**: ``seperti diberitakan Reuters`` near the beginning or at the end, of one agency alone.

An agency that was merely told something, is quoted deep in the text or is itself what the text is about is no credit;
nor are initials such as ``(ita/ita)``. Where several are credited in one place, the first is taken.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from news.agencyrules import Agency, AgencyRules, Mention, Phrases, Standing, agency_rules
from news.datelines import DASHES, QUOTES, dateline

#: code points of the text's beginning and end that are read
_HEAD = 420
_TAIL = 320
#: the longest line, bracket or sentence that is nothing but a credit
_PIECE = 140
_LONGEST_AUTHOR = 200
_MOST_AUTHORS = 20
#: what is looked at before and after a name
_AROUND = 60
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u3000\t"), " ") | {0xFEFF: " ", 0x200B: " ", 0x0D: "\n"}
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”»)’]*(?:\s*[-–—―]{1,2}\s*|\s+|(?=[^\s\w]|[A-Z]{3}))")
_YEAR = re.compile(r"(?:\s*,?\s*[12]\d{3}(?:\s*[-–]\s*[12]\d{3})?)?\s*$")
_RIGHTS = re.compile(
    r"\s*[.,]?\s*(?:[12]\d{3}\.?)?\s*(?:all rights reserved.{0,60}|alle rechte vorbehalten.{0,30})?\s*", re.IGNORECASE
)
_DESK = re.compile(r"(?:/[a-z]{2,4}){1,3}|(?: [A-Z]{2,4}){1,10}")
_INITIALS = re.compile(r"[a-z]{2,4}/[a-z]{2,4}")
_SUFFIX = re.compile(r"['’]\w{1,4}")
_MALAY = ("id", "ms")


class CreditKind(StrEnum):
    """By what a text is credited, strongest first."""

    DATELINE = "dateline"
    BYLINE = "byline"
    CREDIT = "credit"
    ATTRIBUTION = "attribution"


class CreditField(StrEnum):
    """Where the credit stands."""

    TITLE = "title"
    TEXT = "text"
    AUTHORS = "authors"


@dataclass(frozen=True, slots=True)
class Credit:
    """The agency that a text is credited to."""

    agency: Agency
    kind: CreditKind
    field: CreditField
    #: of the agency's name in code points of the field as given; of authors: of the one who names it
    start: int
    end: int


def credited(title: str, text: str, authors: Sequence[str] = (), language: str | None = None) -> Credit | None:
    """Return the agency that an article is credited to, or None.

    ``text`` is plain, without the title; ``language`` is BCP 47, and settles only what initials mean.
    """
    reader = _Reader(agency_rules(), (language or "").partition("-")[0].lower())
    head = text[:_HEAD].translate(_BLANKS)
    offset = max(0, len(text) - _TAIL)
    tail = text[offset:].translate(_BLANKS)
    named = reader.mentions(head)
    found = dateline(reader.rules, head, named)
    if found is not None:
        return _credit(found, CreditKind.DATELINE, CreditField.TEXT)
    for author in authors[:_MOST_AUTHORS]:
        found = reader.author(author[:_LONGEST_AUTHOR].translate(_BLANKS))
        if found is not None:
            return _credit(found, CreditKind.BYLINE, CreditField.AUTHORS)
    first = reader.first_line(head, whole=len(text) <= len(head))
    if first is not None:
        return _credit(*first, CreditField.TEXT)
    found = reader.ending(tail)
    if found is not None:
        return _credit(found, CreditKind.CREDIT, CreditField.TEXT, offset)
    return _attributed(reader, title, (head, named), (tail, offset))


def _attributed(
    reader: "_Reader", title: str, head: tuple[str, Sequence[Mention]], tail: tuple[str, int]
) -> Credit | None:
    said = reader.headline(title)
    if said is not None:
        return _credit(said, CreditKind.ATTRIBUTION, CreditField.TITLE)
    named = {one.agency.id for one in reader.mentions(title[:_HEAD].translate(_BLANKS))}
    text, offset = tail
    found = [(one, 0) for one in reader.attributions(*head)]
    found += [(one, offset) for one in reader.attributions(text, reader.mentions(text), ending=True)]
    agencies = {one.agency.id for one, _ in found}
    if len(agencies) != 1 or agencies & named:
        return None
    one, at = found[0]
    return _credit(one, CreditKind.ATTRIBUTION, CreditField.TEXT, at)


def _credit(found: Mention, kind: CreditKind, field: CreditField, offset: int = 0) -> Credit:
    return Credit(found.agency, kind, field, found.start + offset, found.end + offset)


class _First(NamedTuple):
    """What a first line says."""

    mention: Mention
    kind: CreditKind


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads places of one article."""

    rules: AgencyRules
    language: str

    def mentions(self, text: str) -> list[Mention]:
        """Return the agencies that a window names, as far as its language knows them by these letters."""
        return [
            one
            for one in self.rules.mentions(text)
            if (one.standing is Standing.NAME or not one.agency.languages or self.language in one.agency.languages)
            and not (self.language in _MALAY and text[one.start : one.end].islower())
        ]

    # ── bylines ──────────

    def author(self, author: str) -> Mention | None:
        """Return the agency that an author is, or writes for."""
        named = self.mentions(author)
        if not named:
            return None
        if (whole := self.piece(author, self.rules.byline_leads)) is not None:
            return whole
        one = named[-1]
        before, after = author[: one.start].rstrip(), author[one.end :].strip(" .)")
        if (after and after.casefold() not in self.rules.attached) or self.rules.photo.anywhere(before.casefold()):
            return None
        apart = before[-1:] in {",", "/", "|", "(", ";", "•", "·"} or before.casefold().endswith(
            (" for", " with", " -", " –", " —")
        )
        whose = one.standing is Standing.NAME and len(before.split()) > 1
        return one if before and (apart or whose) else None

    def first_line(self, head: str, *, whole: bool) -> _First | None:
        """Return what a first line says that is nothing but a byline or a credit; a text of one line has none."""
        line, broken, _ = head.partition("\n")
        if not broken or (whole and not head[len(line) :].strip()):
            return None
        begun = line.strip().casefold()
        found = self.piece(line, self.rules.byline_leads)
        if found is not None:
            return _First(found, CreditKind.BYLINE)
        if self.rules.byline_leads.at_start(begun) is not None and len(line) <= _PIECE:
            author = self.author(line)
            if author is not None and not line.rstrip().endswith((".", "?", "!")):
                return _First(author, CreditKind.BYLINE)
        found = self.piece(line, self.rules.credit_leads)
        return None if found is None else _First(found, CreditKind.CREDIT)

    # ── credits ──────────

    def ending(self, tail: str) -> Mention | None:
        """Return the agency that the end of a text credits."""
        named = self.mentions(tail)
        if not named:
            return None
        for piece in _endings(tail):
            found = self.piece(piece.text, self.rules.credit_leads, alone=piece.alone)
            if found is not None:
                at = piece.start
                return found._replace(start=found.start + at, end=found.end + at)
        return next((one for one in named if self._credited(tail, one)), None)

    def _credited(self, tail: str, one: Mention) -> bool:
        """Whether words beside a name credit it, wherever they stand in the end."""
        line = tail[max(0, one.start - 120) : one.start].rpartition("\n")[2]
        before, _ = self._introduced(line)
        after = tail[one.end : one.end + _AROUND].casefold()
        if self._is_other(after) or self.rules.photo.anywhere(line.casefold()[-40:]):
            return False
        if self.rules.long_leads.at_end(before) is not None or self._labelled(before):
            return True
        if self.rules.copyright.at_end(_YEAR.sub("", before)) is not None:
            return True
        at = self.rules.credit_after.at_start(after.lstrip(" ,"))
        return at is not None and one.standing is not Standing.INITIALS

    def _labelled(self, before: str) -> bool:
        """Whether a name comes after ``Source:`` at the beginning of a line or sentence."""
        bare = before.rstrip(" ")
        if bare[-1:] not in {":", "：", "—", "–", "|"}:
            return False
        bare = bare[:-1].rstrip()
        at = self.rules.labels.at_end(bare)
        return at is not None and (at == 0 or bare[:at].rstrip()[-1:] in set('.!?…»”"(（[|)。'))

    def piece(self, piece: str, leads: Phrases, *, alone: bool = True) -> Mention | None:
        """Return the first agency of a line, bracket or sentence that says nothing but whose the text is.

        ``alone`` says that it stands apart, so that a short name is one.
        """
        if len(piece) > _PIECE:
            return None
        named = self.mentions(piece)
        if not named or not self._begins(piece[: named[0].start], leads):
            return None
        for one, other in pairwise(named):
            between = piece[one.end : other.start].strip().casefold()
            at = self.rules.articles.at_end(between)
            if between not in self.rules.joins and (at is None or between[:at].strip() not in self.rules.joins):
                return None
        rest = piece[named[-1].end :].rstrip(" .)]）】*_\n")
        said = rest.strip(" .,").casefold()
        desk = _DESK.fullmatch(rest) is not None and not _INITIALS.search(piece[: named[-1].start])
        if said and not desk and said not in self.rules.attached and self.rules.credit_after.at_start(said) is None:
            return None
        if self.language == "" and _INITIALS.fullmatch(piece.strip(" ().")):
            return None
        lead = piece[: named[0].start].strip(QUOTES + "([（【-–—―")
        return named[0] if alone or lead or desk or named[0].standing is Standing.NAME else None

    def _begins(self, before: str, leads: Phrases) -> bool:
        """Whether what stands before a piece's first name only leads to it."""
        said, _ = self._introduced(before.lstrip(QUOTES + "([（【-–—―"))
        said = _YEAR.sub("", said).strip()
        if not said or said in leads or said in self.rules.copyright:
            return True
        bare = said.rstrip(":：—–|- ")
        return bare in leads or (bare != said and bare in self.rules.labels) or bare in self.rules.copyright

    # ── attributions ──────────

    def attributions(self, window: str, named: Sequence[Mention], *, ending: bool = False) -> Iterator[Mention]:
        """Yield the agencies whose report a window says it repeats; at an end, only in its last words."""
        for one in named:
            before, kind = self._introduced(window[max(0, one.start - _AROUND) : one.start])
            after = window[one.end : one.end + _AROUND].casefold()
            if ending and after.strip(' .!)»"”\n'):
                continue
            if self._is_other(after) or self.rules.own.anywhere(after):
                continue
            capital = window[one.end : one.end + 2].strip()[:1].isupper() and one.standing is not Standing.NAME
            if one.standing is Standing.INITIALS and not kind:
                continue
            owned = _SUFFIX.match(after)
            behind = after[owned.end() :].lstrip() if owned else after.lstrip(' »"”')
            said = not owned and not capital and self.rules.said_before.at_end(before) is not None
            if said or self.rules.said_after.at_start(behind) is not None:
                yield one

    def headline(self, title: str) -> Mention | None:
        """Return the agency that a title names first or last, set off by a colon or a dash."""
        if len(title) > _HEAD:
            return None
        title = title.translate(_BLANKS)
        for one in self.mentions(title):
            before, after = title[: one.start].rstrip(QUOTES), title[one.end :].strip(QUOTES)
            if one.standing is Standing.INITIALS:
                continue
            if not after and before[-1:] in {*"–—|", "-"} and title[: one.start].rstrip(QUOTES) != title[: one.start]:
                return one
            if not before and after.startswith(":"):
                return one
        return None

    # ── what stands beside a name ──────────

    def _introduced(self, before: str) -> tuple[str, bool]:
        """Return what stands before a name, casefolded, without quotes, articles, "agency"; whether that was said."""
        before, kind = before.casefold(), False
        for _ in range(4):
            before = before.rstrip(" ")
            at = self.rules.kinds.at_end(before)
            if at is not None:
                before, kind = before[:at], True
                continue
            at = self.rules.articles.at_end(before)
            if at is None or before[:at].strip() == "":
                bare = before.rstrip(QUOTES)
                if at is None and bare == before:
                    break
                before = bare if at is None else ""
            else:
                before = before[:at]
        return before.rstrip(" "), kind

    def _is_other(self, after: str) -> bool:
        """Whether a name goes on to be somebody else's: a photo, a poll, a reporter."""
        after = after.lstrip(" ")
        owned = _SUFFIX.match(after)
        return self.rules.others.at_start(after[owned.end() :].lstrip() if owned else after) is not None


class _Piece(NamedTuple):
    """A stretch at the end of a text."""

    text: str
    start: int
    #: a line or a bracket of its own, or set off by a dash
    alone: bool


def _endings(tail: str) -> Iterator[_Piece]:
    """Yield what can be nothing but a credit at a text's end: last lines, the last bracket, what follows a sentence."""
    until = len(tail.rstrip())
    for _ in range(3):
        start = tail.rfind("\n", 0, until) + 1
        line = tail[start:until]
        yield _Piece(line, start, alone=start > 0)
        at = max(line.rfind("("), line.rfind("（"), line.rfind("["))
        if at >= 0 and line.rstrip(" .*_")[-1:] in {")", "）", "]"}:
            yield _Piece(line[at:], start + at, alone=True)
        ends = [found for found in _SENTENCE_END.finditer(line) if found.end() < len(line)]
        for found in ends[-1:]:
            yield _Piece(line[found.end() :], start + found.end(), alone=found.group().strip(" ")[-1] in DASHES)
        until = len(tail[:start].rstrip())
        if until <= 0:
            return
