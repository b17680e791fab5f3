"""The stage ``storywatch try match``: rows in, matches out, by the very index that the service uses.

::

    {id, title, text, language?, source?, url?} ──Document──▶ QueryIndex.match ──▶ {matches: [{query, spans}]}
                       not such an object ──▶ ValueError
"""

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from alerts.index import QueryIndex
from alerts.query import Query
from alerts.types import Document, Span
from news.languages import detect, tag

_OPTIONAL = ("language", "source", "url")


class _RowError(ValueError):
    """A row is not the expected object."""


def matching(queries: Iterable[tuple[object, Query]]) -> Callable[[object], dict[str, object]]:
    """The stage for these queries: pairs of a query's id, handed back as it is, and the query.

    It takes a row, a parsed JSON value, and gives ``{"matches": …}``; it raises ValueError, with what was expected, for
    a row that is not the expected object.
    """
    ids: dict[str, object] = {}
    index = QueryIndex()
    for number, (query_id, query) in enumerate(queries):
        ids[str(number)] = query_id
        index.add(str(number), query)

    def answer(row: object) -> dict[str, object]:
        found = index.match(document_of(row))
        return {"matches": [{"query": ids[key], "spans": list(map(_span, spans))} for key, spans in found.items()]}

    return answer


def document_of(row: object) -> Document:
    """The document that a row describes; raises ValueError with what was expected.

    Without a language, it is detected as the service does. ``source`` may be a name or a host.
    """
    if not isinstance(row, Mapping):
        raise _RowError("expected an object {id, title, text, language?, source?, url?}")
    title, text = (_text(row, key) for key in ("title", "text"))
    language, source, url = (_text(row, key) if row.get(key) is not None else None for key in _OPTIONAL)
    known = tag(language) if language else detect(f"{title}\n{text}")
    return Document(title, text, known, source, _host(url), url)


def _text(row: Mapping[object, object], key: str) -> str:
    """A text of a row; raises ValueError where it is something else."""
    value = row.get(key)
    if not isinstance(value, str):
        raise _RowError(f"expected a text as {key}, found {_kind(value)}")
    return value


def _kind(value: object) -> str:
    """What a JSON value is, for a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _host(url: str | None) -> str | None:
    """The host of an address, in lower case, or None."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None


def _span(span: Span) -> dict[str, object]:
    """A span as JSON has it."""
    return {"field": span.field, "start": span.start, "end": span.end, "term": span.term, "how": span.how}
