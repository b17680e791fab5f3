"""The sentence around what matched, and the matched words in it.

::

    text, spans ──excerpt──▶ pieces: plain | marked | plain …

Pure, and bounded: of a long text only the surroundings of a span are looked at. Offsets are code points.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from alerts.types import Span

#: how far from a span its sentence is looked for, in code points
_REACH = 500
#: spans of a text that its excerpt is chosen by
_MOST_SPANS = 60
_ELLIPSIS = "…"
#: a full stop and the like with what closes after it, then a blank; or the end of a paragraph
#: of Latin, Cyrillic and the like, then of scripts that use marks of their own: Arabic and Urdu, Devanagari, Ethiopic
_END = re.compile(r"[.!?…؟۔।።]+[\"'»”’)\]]*(?=\s)|[。！？．။។]+[」』”]*|\n[^\S\n]*\n")
#: what stands before a full stop that ends no sentence
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«“\"'-])(?:\w|Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Lt|No|vs|Inc|Ltd|Jl|Drs|Hj|Ir|им|ул|гг|тыс|млн|млрд|руб|bzw|ca|etc)\.$"
)
_BLANKS = re.compile(r"\s+")
#: join what stands on both sides, in Arabic script, Indic scripts and emoji
_JOINERS = "\u200c\u200d"


class Piece(NamedTuple):
    """A run of text that is all matched words, or has none."""

    text: str
    marked: bool


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of the sentence that holds ``text[start:end]``; of several, where the words span them.

    Where no end of a sentence is within reach, a blank is taken, and where there is none, any place.
    """
    low, high = max(0, start - _REACH), min(len(text), end + _REACH)
    first = next((stop.end() for stop in reversed([*_END.finditer(text, low, start)]) if _ends(text, low, stop)), low)
    if first == low and low > 0:
        blank = text.find(" ", low, start)
        first = blank + 1 if blank >= 0 else _seam(text, low, start)
    last = high
    for stop in _END.finditer(text, end, high):
        if _ends(text, low, stop):
            last = stop.end()
            break
    else:
        if high < len(text):
            blank = text.rfind(" ", end, high)
            last = blank if blank >= 0 else _seam(text, high, len(text))
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def pieces(text: str, spans: Iterable[tuple[int, int]], start: int = 0, end: int | None = None) -> tuple[Piece, ...]:
    """Part ``text[start:end]`` at the spans; those that touch are joined, those out of bounds cut; blanks folded."""
    stop = len(text) if end is None else end
    joined: list[list[int]] = []
    for left, right in sorted(spans):
        low, high = max(left, start), min(right, stop)
        if low >= high:
            continue
        if joined and low <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], high)
        else:
            joined.append([low, high])
    found, at = list[Piece](), start
    for low, high in joined:
        found += [Piece(text[at:low], marked=False), Piece(text[low:high], marked=True)]
        at = high
    found.append(Piece(text[at:stop], marked=False))
    return tuple(Piece(_BLANKS.sub(" ", piece.text), piece.marked) for piece in found if piece.text)


def excerpt(text: str, spans: Sequence[Span], limit: int) -> tuple[Piece, ...]:
    """Return the sentence in which most different terms stand, and one more where it has terms that the first has not.

    ``spans`` are those of the text. Each sentence is cut to ``limit`` code points around its words.
    Empty without spans.
    """
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    looked_at = inside[:_MOST_SPANS]
    if not looked_at or limit <= 0:
        return ()
    sentences: dict[tuple[int, int], set[str]] = {}
    for span, bounds in zip(looked_at, _sentences(text, looked_at), strict=True):
        sentences.setdefault(bounds, set()).add(span.term)
    best = max(sentences, key=lambda bounds: (len(sentences[bounds]), -bounds[0]))
    left_over = {bounds: terms - sentences[best] for bounds, terms in sentences.items() if not _overlap(bounds, best)}
    chosen = [best]
    if left_over and any(left_over.values()):
        chosen.append(max(left_over, key=lambda bounds: (len(left_over[bounds]), -bounds[0])))
    found: list[Piece] = []
    before: int | None = None
    for bounds in sorted(chosen):
        if before is not None:
            next_to_it = not text[before : bounds[0]].strip()
            found.append(Piece(" " if next_to_it else f" {_ELLIPSIS} ", marked=False))
        before = bounds[1]
        found += _cut(text, [(span.start, span.end) for span in inside], bounds, limit)
    return tuple(found)


def headline(text: str, spans: Sequence[Span], limit: int) -> tuple[Piece, ...]:
    """Return a title with its matched words, cut behind a word to about ``limit`` code points."""
    words = [(span.start, span.end) for span in spans if 0 <= span.start < span.end]
    if len(text) <= limit:
        return pieces(text, words)
    return (*pieces(text, words, 0, _end_within(text, words, limit // 2, limit)), Piece(_ELLIPSIS, marked=False))


def snippets(text: str, spans: Sequence[Span], limit: int) -> list[str]:
    """Return for each span the sentence around it as plain text, cut to about ``limit`` code points."""
    found = []
    for span, bounds in zip(spans, _sentences(text, spans), strict=True):
        words = [(span.start, span.end)]
        found.append("".join(piece.text for piece in _cut(text, words, bounds, limit)) if bounds[1] else "")
    return found


def shortened(text: str, limit: int) -> str:
    """Return the beginning of ``text`` with blanks folded, cut at a blank to at most ``limit`` code points."""
    plain = _BLANKS.sub(" ", text[: 4 * limit + 100]).strip()
    if len(plain) <= limit:
        return plain
    blank = plain.rfind(" ", limit // 2, limit)
    return plain[: blank if blank > 0 else limit - 1].rstrip(" ,;:–—-") + _ELLIPSIS


def _sentences(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the bounds of each span's sentence, looking for each sentence once; (0, 0) for a span out of bounds."""
    found: list[tuple[int, int]] = []
    known: dict[tuple[int, int], None] = {}
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            found.append((0, 0))
            continue
        bounds = next((one for one in known if one[0] <= span.start and span.end <= one[1]), None)
        if bounds is None:
            bounds = sentence(text, span.start, span.end)
            known[bounds] = None
        found.append(bounds)
    return found


def _cut(text: str, spans: Sequence[tuple[int, int]], bounds: tuple[int, int], limit: int) -> list[Piece]:
    """Cut a sentence that is too long to a window that begins a little before its first matched word.

    No word of a span is cut, unless one alone is longer than ``limit``.
    """
    first, last = bounds
    if last - first <= limit:
        return list(pieces(text, spans, first, last))
    begin, end = min(
        ((left, right) for left, right in spans if first <= left and right <= last), default=(first, first)
    )
    low = max(first, min(begin - limit // 3, last - limit))
    high = min(last, low + limit)
    if low > first:
        blank = text.find(" ", low, begin)
        low = blank + 1 if blank >= 0 else _seam(text, low, begin)
    if high < last:
        high = _end_within(text, spans, end if end <= high else begin + 1, high)
    cut = list(pieces(text, spans, low, high))
    if low > first:
        cut.insert(0, Piece(_ELLIPSIS, marked=False))
    if high < last:
        cut.append(Piece(_ELLIPSIS, marked=False))
    return cut


def _end_within(text: str, spans: Sequence[tuple[int, int]], least: int, most: int) -> int:
    """Where to end a cut between two places: at a blank, else at any seam; before a span rather than inside it."""
    blank = text.rfind(" ", least, most)
    end = blank if blank >= 0 else _seam(text, most, len(text))
    while inside := [left for left, right in spans if least <= left < end < right]:
        end = min(inside)
    return end


def _seam(text: str, at: int, most: int) -> int:
    """Return the first place from ``at`` that parts no letter from its marks; ``most`` at the latest."""
    while at < most and (unicodedata.category(text[at])[0] == "M" or text[at] in _JOINERS):
        at += 1
    return at


def _ends(text: str, low: int, stop: re.Match[str]) -> bool:
    """Whether a sentence ends here: no abbreviation, initial or number before it, no small letter after it."""
    mark = stop.group()
    if "\n" in mark or mark[0] in "。！？．။។":
        return True
    if mark.startswith(".") and _ABBREVIATION.search(text[max(low, stop.start() - 8) : stop.start() + 1]):
        return False
    after = text[stop.end() : stop.end() + 3].lstrip()
    return not after[:1].islower()


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
