"""Where the lines and sentences of a text begin and end, so that nothing of the text is lost between them. Pure.

::

    text ──lines──▶ Span … ──sentences──▶ Span …        "".join(text[span.start:span.end] for span in …) == text

A sentence ends at a stop, a question or exclamation mark with the quotes and brackets that close behind it, and a blank
after which no small letter follows; a full stop of scripts without blanks needs none. A full stop behind an
abbreviation of the language, an initial, or figures where the language writes ordinals so, ends nothing.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from news.changerules import Rules, key

_LINE: Final = re.compile(r"[^\r\n\u2028\u2029]*(?:[\r\n\u2028\u2029]\s*|$)")
_STOP: Final = re.compile(
    r"[.!?…؟۔।]+[\"'”’»“)\]]*[^\S\r\n]+(?=\S)|[。！？]+[”’」』）\")]*[^\S\r\n]*(?=\S)", re.UNICODE
)
_LAST_WORD: Final = re.compile(r"(?:\w\.)*\w+\Z")
#: no word before a stop is longer
_BEHIND: Final = 24
#: a sentence of more characters is cut at a blank: comparing takes time
_LONGEST: Final = 12_000
_OPENING: Final = "\"'“”„«‹([‘¿¡—–- "


class Span(NamedTuple):
    """A piece of a text, with the blanks behind it."""

    start: int
    #: where its words end
    stop: int
    #: where the next piece begins
    end: int


def lines(text: str) -> list[Span]:
    """The lines of a text, each with the breaks and empty lines behind it; those before the first belong to it."""
    found = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
    spans = [_span(text, start, end) for start, end in found]
    if len(spans) > 1 and spans[0].stop == spans[0].start:
        spans[:2] = [Span(spans[0].start, spans[1].stop, spans[1].end)]
    return spans


def sentences(text: str, line: Span, rules: Rules) -> Iterator[Span]:
    """The sentences of a line; one at least."""
    start = line.start
    for gap in _STOP.finditer(text, line.start, line.stop):
        if gap.end() - start > _LONGEST:
            yield from _cut(text, start, gap.end())
            start = gap.end()
        elif _ends(text, gap, start, rules):
            yield _span(text, start, gap.end())
            start = gap.end()
    yield from _cut(text, start, line.end)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """One sentence, or several where it is longer than any; cut at blanks where there are some."""
    while end - start > _LONGEST:
        blank = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
        middle = start + _LONGEST if blank < 0 else blank + 1
        yield _span(text, start, middle)
        start = middle
    if start < end:
        yield _span(text, start, end)


def _span(text: str, start: int, end: int) -> Span:
    return Span(start, start + len(text[start:end].rstrip()), end)


def _ends(text: str, gap: re.Match[str], start: int, rules: Rules) -> bool:
    """Whether a sentence ends at a stop."""
    following = gap.end()
    while following < len(text) and following < gap.end() + 3 and text[following] in _OPENING:
        following += 1
    if following < len(text) and text[following].islower() and text[gap.end()] not in "([":
        return False
    if text[gap.start()] != "." or text[gap.start() : gap.start() + 2] == "..":
        return True
    before = _LAST_WORD.search(text, max(start, gap.start() - _BEHIND), gap.start())
    if before is None:
        return True
    word = before[0]
    if word.isdigit():
        return not (rules.ordinal_stop and len(word) <= 2)  # noqa: PLR2004 - a day, or an ordinal
    return not (len(word) == 1 and word.isalpha()) and key(word) not in rules.abbreviations
