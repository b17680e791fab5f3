"""A digest → the JSON of webhooks, in parts of at most a hundred stories or 256 KB, as the contract has it.

The same digest gives the same bytes: keys stand in a fixed order, texts are UTF-8.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from alerts.identity import identity
from alerts.snippets import shortened, snippets
from alerts.types import ChannelKind, Digest, Field, Item, Message, Span

LARGEST_BODY = 256 * 1024
MOST_ITEMS = 100
#: room for what stands around the items
_ENVELOPE = 4 * 1024
_LONGEST_SNIPPET = 500
_LONGEST_SUMMARY = 4000
_MOST_MATCHED = 50
_MOST_COPIES = 200
_SURROGATES = re.compile("[\ud800-\udfff]")


class _Matched(TypedDict):
    field: str
    start: int
    end: int
    term: str
    how: str
    snippet: str


class _Copy(TypedDict):
    source: str
    url: str | None


class _Item(TypedDict):
    event: str
    story: str
    title: str
    url: str | None
    source: str
    language: str | None
    watchlists: list[str]
    published: str | None
    first_seen: str
    summary: str
    matched: list[_Matched]
    copies: list[_Copy]
    agency: str | None
    thread: str | None
    urgent: bool
    already_sent: bool
    #: of a spike: see ``news.spikes.Figures``, with the newest stories
    figures: NotRequired[Mapping[str, Any]]


def webhook(
    digest: Digest,
    *,
    version: str = "",  # noqa: ARG001  # a renderer is told who renders; here the User-Agent of the channel says it
    recipient: str | None = None,
) -> list[Message]:
    """Return the parts that carry all stories of ``digest``; one without items if it has none.

    ``recipient`` is the target's name unless given: its URL may hold a secret, and stands in no message.
    """
    whom = recipient if recipient is not None else digest.alert.target.name
    parts = _parted([_bytes(_item(item)) for item in digest.items])
    messages = []
    for number, items in enumerate(parts, start=1):
        webhook_id = identity(digest.alert.id, digest.due_key, number, whom)
        head = _bytes(_envelope(digest, webhook_id, number, len(parts)))
        body = head[:-1] + b',"items":[' + b",".join(items) + b"]}"
        messages.append(
            Message(webhook_id, digest.alert.id, digest.due_key, number, whom, body, ChannelKind.WEBHOOK),
        )
    return messages


def _envelope(digest: Digest, webhook_id: str, part: int, parts: int) -> dict[str, object]:
    several = len(digest.alert.watchlists) > 1 or len(digest.sections) != 1
    return {
        "type": "digest",
        "version": 1,
        "test": digest.test,
        "id": webhook_id,
        "part": part,
        "parts": parts,
        "alert": digest.alert.name,
        "watchlist": None if several else digest.sections[0].watchlist,
        "window": {"from": _time(digest.window_from), "to": _time(digest.window_to)},
        "total": len(digest.items),
        "remarks": list(digest.remarks),
    }


def _item(item: Item) -> _Item:
    record: _Item = {
        "event": item.event.value,
        "story": str(item.story_id),
        "title": item.title,
        "url": item.url,
        "source": item.source,
        "language": item.language,
        "watchlists": list(item.watchlists),
        "published": item.published.text if item.published is not None else None,
        "first_seen": _time(item.first_seen_at),
        "summary": shortened(item.summary, _LONGEST_SUMMARY),
        "matched": _matched(item),
        "copies": [{"source": copy.source, "url": copy.url} for copy in item.copies[:_MOST_COPIES]],
        "agency": item.agency,
        "thread": None if item.thread_id is None else str(item.thread_id),
        "urgent": item.urgent,
        "already_sent": item.already_sent,
    }
    if item.figures is not None:
        record["figures"] = item.figures
    return record


def _matched(item: Item) -> list[_Matched]:
    found: list[_Matched] = []
    for field, text in ((Field.TITLE, item.title), (Field.TEXT, item.text)):
        spans = sorted((span for span in item.spans if span.field is field), key=_place)[:_MOST_MATCHED]
        for span, snippet in zip(spans, snippets(text, spans, _LONGEST_SNIPPET), strict=True):
            found.append(
                {
                    "field": span.field.value,
                    "start": span.start,
                    "end": span.end,
                    "term": span.term,
                    "how": span.how.value,
                    "snippet": snippet,
                }
            )
    return found


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _parted(items: Sequence[bytes]) -> list[list[bytes]]:
    """Part items so that no body is larger than may be; an item that alone is larger has a part of its own."""
    parts: list[list[bytes]] = [[]]
    size = _ENVELOPE
    for item in items:
        if parts[-1] and (len(parts[-1]) >= MOST_ITEMS or size + len(item) + 1 > LARGEST_BODY):
            parts.append([])
            size = _ENVELOPE
        parts[-1].append(item)
        size += len(item) + 1
    return parts


def _bytes(record: Mapping[str, object]) -> bytes:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate has no UTF-8; one code point stands for one, so that offsets hold.
    return _SURROGATES.sub("\ufffd", text).encode()


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
