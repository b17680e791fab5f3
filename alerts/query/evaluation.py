"""A tree and the words of one document → the spans that show why it holds, or None.

::

    does it hold? ──no──▶ None
        └─ yes ──▶ the occurrences of its terms, NEAR pairs them ──▶ spans

Whether a tree holds is settled first, and without positions wherever words alone decide; spans are made only for what
holds. A term's spans are all its occurrences in title and text. AND has the spans of its parts, OR those of the
branches that hold, NOT none; NEAR those occurrences that have a partner, each with its own ``how``. A phrase is one
span from its first to its last word. Neither looks beyond the field it began in.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from alerts.query.occurrences import Occurrence, occurrences, runs, span_of
from alerts.query.tree import Alias, And, Exact, Leaf, Near, Node, Not, Or, Phrase, Prefix, Restrict, Scope, Slip, Word
from alerts.reading import Reading
from alerts.types import Field, Span
from news.languages import same_language
from news.text import fold

_BOTH = (Field.TITLE, Field.TEXT)
_Fields = tuple[Field, ...]


def evaluate_reading(tree: Node, reading: Reading) -> tuple[Span, ...] | None:
    """The spans of a query in a document, title first and then in order; None where the query does not hold.

    A query of restrictions alone holds with an empty tuple.
    """
    if not _holds(tree, reading, _BOTH):
        return None
    found = _spans(tree, reading, _BOTH)
    if len(found) == 1:
        return tuple(found)
    return tuple(sorted(found, key=lambda span: (span.field is Field.TEXT, span.start, span.end, span.term, span.how)))


def _holds(node: Node, reading: Reading, fields: _Fields) -> bool:
    """Whether a node holds within some fields."""
    match node:
        case Word() | Phrase() | Prefix() | Slip() | Exact():
            return _stands(node, reading, fields)
        case And():
            return all(_holds(one, reading, fields) for one in node.nodes)
        case Or():
            return any(_holds(one, reading, fields) for one in node.nodes)
        case Not():
            return not _holds(node.node, reading, fields)
        case Near():
            if not (_holds(node.left, reading, fields) and _holds(node.right, reading, fields)):
                return False
            return any(next(_near(node, reading, field), None) is not None for field in fields)
        case Alias():
            return any(_stands(one, reading, fields) for one in node.members)
        case Restrict():
            return _is_within(node, reading)


def _stands(leaf: Leaf, reading: Reading, fields: _Fields) -> bool:
    """Whether a term stands in any of these fields."""
    for atom in leaf.atoms:
        if not reading.has(atom, fields):
            return False
    if len(leaf.atoms) == 1 and not isinstance(leaf, Exact):
        return True
    return any(occurrences(leaf, reading, field) for field in fields)


def _spans(node: Node, reading: Reading, fields: _Fields) -> set[Span]:
    """The spans of a node that holds within some fields."""
    match node:
        case And():
            return {span for one in node.nodes for span in _spans(one, reading, fields)}
        case Or():
            return {span for one in node.nodes if _holds(one, reading, fields) for span in _spans(one, reading, fields)}
        case Not():
            return set()
        case Near():
            return {span_of(one, reading, field) for field in fields for one in _near(node, reading, field)}
        case Restrict():
            return _spans(node.node, reading, (Field.TITLE,)) if node.scope is Scope.TITLE else set()
        case _:
            return {span_of(one, reading, field) for field in fields for one in occurrences(node, reading, field)}


def _is_within(node: Restrict, reading: Reading) -> bool:
    """Whether a restriction is kept."""
    match node.scope:
        case Scope.TITLE:
            return _holds(node.node, reading, (Field.TITLE,))
        case Scope.LANG:
            language = reading.document.language
            return _passes(node.node, lambda leaf: language is not None and same_language(leaf.text, language))
        case Scope.SOURCE:
            return _passes(node.node, lambda leaf: _is_source(leaf, reading))
        case Scope.URL:
            address = reading.of_url()
            return _passes(node.node, lambda leaf: any(True for _ in runs(leaf, address, Field.TEXT)))


def _passes(node: Node, test: Callable[[Leaf], bool]) -> bool:
    """Whether a node holds, where a leaf is a yes or no."""
    match node:
        case And():
            return all(_passes(one, test) for one in node.nodes)
        case Or():
            return any(_passes(one, test) for one in node.nodes)
        case Not():
            return not _passes(node.node, test)
        case Restrict() | Near():
            return False  # the parser lets neither into these fields
        case Alias():
            return any(test(one) for one in node.members)
        case _:
            return test(node)


def _is_source(leaf: Leaf, reading: Reading) -> bool:
    """Whether a document comes from a host, or from the feed of this name."""
    document = reading.document
    if isinstance(leaf, Phrase):
        wanted = _name(leaf.text)
        names = (document.source, document.host, *document.feeds)
        return any(wanted == _name(one) for one in names if one is not None)
    wanted = _host(leaf.text)
    for one in (document.host, document.source):
        if one is not None and "." in one and (host := _host(one)) and (host == wanted or host.endswith(f".{wanted}")):
            return True
    return document.host is not None and _host(document.host) in {wanted, wanted.removeprefix("www.")}


def _name(text: str) -> str:
    """A feed's name as it is compared."""
    return " ".join(fold(text).split())


def _host(text: str) -> str:
    """A host as it is compared: lower case, ASCII."""
    host = text.strip().rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _near(node: Near, reading: Reading, field: Field) -> Iterator[Occurrence]:
    """The occurrences of both sides that have a partner at most ``distance`` words away; some perhaps twice."""
    left = _operand(node.left, reading, field)
    right = _operand(node.right, reading, field) if left else []
    if not right:
        return
    yield from _pairs(left, right, node.distance, reading, field)
    if not node.ordered:
        yield from _pairs(right, left, node.distance, reading, field)


def _operand(node: Node, reading: Reading, field: Field) -> list[Occurrence]:
    """Every occurrence of a side of NEAR."""
    if isinstance(node, Or):
        return [found for one in node.nodes for found in _operand(one, reading, field)]
    return occurrences(node, reading, field) if isinstance(node, Leaf | Alias) else []


def _pairs(
    these: list[Occurrence], those: list[Occurrence], distance: int, reading: Reading, field: Field
) -> Iterator[Occurrence]:
    """Of ``these``, those behind which one of ``those`` begins within the distance; and the latter."""
    starts = sorted(one.first for one in those)
    for one in these:
        number = bisect_right(starts, one.last)
        if number < len(starts) and reading.between(field, one.last, starts[number]) <= distance:
            yield one
    ends = sorted(one.last for one in these)
    for one in those:
        number = bisect_left(ends, one.first) - 1
        if number >= 0 and reading.between(field, ends[number], one.first) <= distance:
            yield one
