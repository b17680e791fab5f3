"""A tree and the words of one document → the spans that show why it holds, or None.

::

    leaf ──places of its atoms──▶ occurrences (first word, last word, span) ──NEAR pairs them──▶ spans

A term's spans are all its occurrences in title and text. AND has the spans of its parts, OR those of the branches that
hold, NOT none; NEAR those occurrences that have a partner, each with its own ``how``. A phrase is one span from its
first to its last word. Neither looks beyond the field it began in.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from alerts.analysis import Reading, has_upper
from alerts.query.tree import Alias, And, Exact, Leaf, Near, Node, Not, Or, Phrase, Prefix, Restrict, Scope, Slip, Word
from alerts.types import Field, How, Span
from news.languages import same_language
from news.text import fold, written_form

_BOTH = (Field.TITLE, Field.TEXT)


class _Occurrence(NamedTuple):
    """A term found in a field."""

    #: the numbers of its first and last word in the field
    first: int
    last: int
    span: Span


def evaluate_reading(tree: Node, reading: Reading) -> tuple[Span, ...] | None:
    """The spans of a query in a document, title first and then in order; None where the query does not hold.

    A query of restrictions alone holds with an empty tuple.
    """
    found = _evaluate(tree, reading, _BOTH)
    if found is None:
        return None
    return tuple(sorted(found, key=lambda span: (span.field is Field.TEXT, span.start, span.end, span.term, span.how)))


def _evaluate(node: Node, reading: Reading, fields: tuple[Field, ...]) -> set[Span] | None:
    """The spans of a node within some fields."""
    match node:
        case Word() | Slip() | Exact() | Prefix() | Phrase() | Alias():
            return {one.span for field in fields for one in _operand(node, reading, field)} or None
        case And():
            return _all(node.nodes, reading, fields)
        case Or():
            branches = [found for one in node.nodes if (found := _evaluate(one, reading, fields)) is not None]
            return set().union(*branches) if branches else None
        case Not():
            return set() if _evaluate(node.node, reading, fields) is None else None
        case Near():
            return {span for field in fields for span in _near(node, reading, field)} or None
        case Restrict():
            return _restricted(node, reading)


def _all(nodes: Iterable[Node], reading: Reading, fields: tuple[Field, ...]) -> set[Span] | None:
    """The spans of parts that must all hold."""
    gathered: set[Span] = set()
    for one in nodes:
        found = _evaluate(one, reading, fields)
        if found is None:
            return None
        gathered |= found
    return gathered


def _restricted(node: Restrict, reading: Reading) -> set[Span] | None:
    """The spans of a restriction: those in the title, or none of its own."""
    match node.scope:
        case Scope.TITLE:
            return _evaluate(node.node, reading, (Field.TITLE,))
        case Scope.LANG:
            language = reading.document.language
            holds = _holds(node.node, lambda leaf: language is not None and same_language(leaf.text, language))
        case Scope.SOURCE:
            holds = _holds(node.node, lambda leaf: _is_source(leaf, reading))
        case Scope.URL:
            address = reading.of_url()
            holds = _holds(node.node, lambda leaf: next(_runs(leaf, address, Field.TEXT), None) is not None)
    return set() if holds else None


def _holds(node: Node, test: Callable[[Leaf], bool]) -> bool:
    """Whether a node holds, where a leaf is a yes or no."""
    match node:
        case And():
            return all(_holds(one, test) for one in node.nodes)
        case Or():
            return any(_holds(one, test) for one in node.nodes)
        case Not():
            return not _holds(node.node, test)
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


def _occurrences(leaf: Leaf, reading: Reading, field: Field) -> Iterator[_Occurrence]:
    """Where a term stands in a field, in order."""
    text = reading.source_text(field)
    for first, last in _runs(leaf, reading, field):
        offsets = reading.offsets(field)
        start, end = offsets[first][0], offsets[last][1]
        how = _how(leaf, text[start:end])
        if how is not None:
            yield _Occurrence(first, last, Span(field, start, end, leaf.written or leaf.text, how))


def _how(leaf: Leaf, surface: str) -> How | None:
    """How a term was found in these words; None where they only looked like it."""
    match leaf:
        case Prefix():
            return How.PREFIX
        case Slip():
            return How.FUZZY
        case Phrase():
            return How.PHRASE
        case Word():
            if leaf.is_unspaced:
                return How.SUBSTRING
            return How.EXACT if surface == leaf.core else How.FOLDED
        case Exact():
            if surface == leaf.core:
                return How.EXACT
            wanted, found = written_form(leaf.core), written_form(surface)
            same = wanted == found if has_upper(wanted) else wanted.casefold() == found.casefold()
            return How.FOLDED if same else None


def _runs(leaf: Leaf, reading: Reading, field: Field) -> Iterator[tuple[int, int]]:
    """The first and last words of every place where a term's atoms are answered in order."""
    slop = leaf.slop if isinstance(leaf, Phrase) else 0
    places = []
    for atom in leaf.atoms:
        found = reading.places(atom, field)
        if not found:
            return
        places.append(found)
    if len(places) == 1:
        yield from ((place, place) for place in places[0])
    elif slop:
        yield from _loose_runs(places, slop)
    else:
        # The rarest word of a phrase decides how much there is to look at.
        anchor = min(range(len(places)), key=lambda number: len(places[number]))
        others = [(number - anchor, set(places[number])) for number in range(len(places)) if number != anchor]
        for place in places[anchor]:
            if all(place + offset in found for offset, found in others):
                yield place - anchor, place - anchor + len(places) - 1


def _loose_runs(places: list[list[int]], slop: int) -> Iterator[tuple[int, int]]:
    """Runs in order with at most ``slop`` further words between; of those that end alike, the shortest."""
    pending: tuple[int, int] | None = None
    for first in places[0]:
        last = first
        for following in places[1:]:
            number = bisect_right(following, last)
            if number == len(following):
                break
            last = following[number]
        else:
            if pending is not None and pending[1] != last:
                yield pending
            pending = (first, last) if last - first - (len(places) - 1) <= slop else None
            continue
        break
    if pending is not None:
        yield pending


def _near(node: Near, reading: Reading, field: Field) -> Iterator[Span]:
    """The spans of both sides that have a partner at most ``distance`` words away."""
    left, right = _operand(node.left, reading, field), _operand(node.right, reading, field)
    if not left or not right:
        return
    reach = node.distance + 1
    yield from _followed(left, right, reach)
    yield from _preceded(right, left, reach)
    if not node.ordered:
        yield from _followed(right, left, reach)
        yield from _preceded(left, right, reach)


def _operand(node: Node, reading: Reading, field: Field) -> list[_Occurrence]:
    """Every occurrence of a side of NEAR."""
    if isinstance(node, Or):
        return [found for one in node.nodes for found in _operand(one, reading, field)]
    if isinstance(node, Alias):
        return [_as_alias(found, node) for one in node.members for found in _occurrences(one, reading, field)]
    return list(_occurrences(node, reading, field)) if isinstance(node, Leaf) else []


def _as_alias(found: _Occurrence, alias: Alias) -> _Occurrence:
    """An occurrence of a member as one of its set."""
    return found._replace(span=replace(found.span, term=alias.written or f"@{alias.text}", how=How.ALIAS))


def _followed(these: list[_Occurrence], by: list[_Occurrence], reach: int) -> Iterator[Span]:
    """The spans of ``these`` behind whose last word one of ``by`` begins within reach."""
    starts = sorted(one.first for one in by)
    for one in these:
        number = bisect_right(starts, one.last)
        if number < len(starts) and starts[number] <= one.last + reach:
            yield one.span


def _preceded(these: list[_Occurrence], by: list[_Occurrence], reach: int) -> Iterator[Span]:
    """The spans of ``these`` before whose first word one of ``by`` ends within reach."""
    ends = sorted(one.last for one in by)
    for one in these:
        number = bisect_left(ends, one.first) - 1
        if number >= 0 and ends[number] >= one.first - reach:
            yield one.span
