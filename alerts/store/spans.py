"""Spans as they are stored with a match: JSON, and no more of them than anybody reads."""

from collections.abc import Sequence
from typing import Any

from alerts.types import Field, How, Span

#: spans that are stored of a match; a long text may hold thousands of hits
MOST_SPANS = 200


def packed(spans: Sequence[Span]) -> list[dict[str, str | int]]:
    """Return spans as they are stored."""
    return [pack_span(span) for span in capped(spans)]


def capped(spans: Sequence[Span]) -> list[Span]:
    """Return at most ``MOST_SPANS`` of the spans, in order: the first of the title, then the first of the text."""
    if len(spans) <= MOST_SPANS:
        return list(spans)
    title = [span for span in spans if span.field is Field.TITLE][:MOST_SPANS]
    text = [span for span in spans if span.field is Field.TEXT][: MOST_SPANS - len(title)]
    return sorted([*title, *text])


def pack_span(span: Span) -> dict[str, str | int]:
    """Return a span as it is stored."""
    return {"field": span.field.value, "start": span.start, "end": span.end, "term": span.term, "how": span.how.value}


def unpack_span(stored: dict[str, Any]) -> Span:
    """Return a stored span."""
    return Span(Field(stored["field"]), stored["start"], stored["end"], stored["term"], How(stored["how"]))
