"""What stood nearest to a term that was not found: another form, one slip, a longer word, a looser phrase.

::

    leaf, find(node) → spans ──▶ "kazakhstan~ would find “Kazakshtan”"         sides of NEAR ──gap──▶ words between

Pure; ``find`` evaluates a query by itself where the term was looked for.
"""

import contextlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from alerts.query.formatting import format_tree
from alerts.query.grammar import parse
from alerts.query.occurrences import Occurrence, occurrences, span_of
from alerts.query.tree import Alias, Exact, Leaf, Near, Node, Or, Phrase, Prefix, Slip, Word
from alerts.reading import Reading
from alerts.snippets import snippets
from alerts.types import Field, Span
from news.errors import QueryError
from news.text import is_unspaced, words

Find = Callable[[Node], tuple[Span, ...] | None]

#: shorter prefixes find anything
_LEAST_PREFIX = 4
#: further words between those of a phrase that are tried
_SLOPS = (1, 2, 3, 4, 5, 7, 10, 15)
#: code points of words that are cited
_WORDS = 60


@dataclass(frozen=True, slots=True)
class Gap:
    """How near two sides of NEAR come to each other."""

    #: words between them
    words: int
    #: from the first word of one to the last of the other
    span: Span


def slip(leaf: Leaf, find: Find, reading: Reading) -> str:
    """Return what is one slip away from a word, and how to find it; empty where nothing is."""
    if isinstance(leaf, Word):
        with contextlib.suppress(QueryError):  # too short for a slip, or of several words
            tree = parse(f"{leaf.text}~").tree
            if isinstance(tree, Slip):
                return _would_find(tree, find, reading)
    return ""


def longer(leaf: Leaf, find: Find, reading: Reading) -> str:
    """Return what begins with a word, and how to find it; that is near by its letters alone. Empty where nothing is."""
    if isinstance(leaf, Word) and not is_unspaced(leaf.text):
        found = words(leaf.text)
        if len(found) == 1 and len(found[0].surface) >= _LEAST_PREFIX:
            return _would_find(Prefix(found[0].surface), find, reading)
    return ""


def _would_find(node: Node, find: Find, reading: Reading) -> str:
    spans = find(node)
    return f"{format_tree(node)} would find {cited(reading, spans[0])}" if spans else ""


def any_form(leaf: Exact) -> Word:
    """Return the word that an exact form is one of."""
    return Word(leaf.text)


def apart(leaf: Phrase) -> list[Phrase]:
    """Return the words of a phrase, each as a phrase of its own."""
    return [Phrase(word) for word in dict.fromkeys(word.surface for word in words(leaf.text))]


def looser(leaf: Phrase, find: Find, reading: Reading) -> str:
    """Return what finds the words of a phrase in other forms, or with others between them; empty where nothing does."""
    surfaces = [word.surface for word in words(leaf.text)]
    tries: list[Node] = [Phrase(leaf.text, slop) for slop in _SLOPS if slop > leaf.slop]
    if len(surfaces) == 1:
        tries = [Word(surfaces[0])]
    elif len(surfaces) == 2:  # noqa: PLR2004 - NEAR has two sides
        tries.insert(0, Near(Word(surfaces[0]), Word(surfaces[1]), leaf.slop, ordered=True))
    for node in tries:
        if spans := find(node):
            whole = Span(spans[0].field, spans[0].start, spans[min(1, len(spans) - 1)].end, "", spans[0].how)
            return f"{format_tree(node)} would find {cited(reading, whole if isinstance(node, Near) else spans[0])}"
    return ""


def gap(near: Near, reading: Reading, field: Field, *, ordered: bool) -> Gap | None:
    """Return how near its sides come in a field, left first if ``ordered``; None where they never follow each other."""
    left, right = ([*_operand(side, reading, field)] for side in (near.left, near.right))
    found = [*_following(left, right, reading, field)]
    if not ordered:
        found += _following(right, left, reading, field)
    if not found:
        return None
    between, first, second = min(found, key=lambda one: (one[0], one[1].first))
    whole = replace(span_of(first, reading, field), end=span_of(second, reading, field).end)
    return Gap(between, whole)


def _operand(node: Node, reading: Reading, field: Field) -> Iterator[Occurrence]:
    """Yield every occurrence of a side of NEAR."""
    if isinstance(node, Or):
        for one in node.nodes:
            yield from _operand(one, reading, field)
    elif isinstance(node, Leaf | Alias):
        yield from occurrences(node, reading, field)


def _following(
    these: Sequence[Occurrence], those: Sequence[Occurrence], reading: Reading, field: Field
) -> Iterator[tuple[int, Occurrence, Occurrence]]:
    """Yield how many words stand between each of these and the next of those behind it."""
    behind = sorted(those, key=lambda one: one.first)
    starts = [one.first for one in behind]
    for one in these:
        number = bisect_right(starts, one.last)
        if number < len(behind):
            yield reading.between(field, one.last, starts[number]), one, behind[number]


def cited(reading: Reading, span: Span, limit: int | None = None) -> str:
    """Return the words of a span in quotes, or with ``limit`` the sentence around them."""
    text = reading.source_text(span.field)
    if limit is not None:
        return f"“{snippets(text, [span], limit)[0]}”"
    found = " ".join(text[span.start : span.end].split())
    return f"“{found if len(found) <= _WORDS else found[: _WORDS - 1] + '…'}”"


def where(fields: Sequence[Field]) -> str:
    """Return the fields as people name them."""
    return "the title" if tuple(fields) == (Field.TITLE,) else "title or text"
