"""Why a query does not hold for a document: which part of it failed, and what stood nearest.

::

    tree, Reading ──explain──▶ Explained (a small tree: each part that failed, with its reason) ──blamed──▶ the parts
                                                                                             to show, smallest first

Pure. Every part is judged by ``evaluate_reading`` itself, within the fields that hold around it, so that an explanation
never says anything else than the evaluation. Only what fails is looked into; it takes a document and a person who asks,
and is no path for thousands of texts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts import nearest
from alerts.nearest import Gap, cited, where
from alerts.query.evaluation import evaluate_reading
from alerts.query.formatting import format_tree
from alerts.query.tree import Alias, And, Exact, Leaf, Near, Node, Not, Or, Phrase, Restrict, Scope
from alerts.reading import Reading
from alerts.types import Field, Span

#: code points of a sentence that is cited
_CITED = 100
_BOTH = (Field.TITLE, Field.TEXT)


class Miss(StrEnum):
    """What kept a part of a query from holding."""

    #: nothing of it stands there
    ABSENT = "absent"
    #: it stands in the text, and ``title:`` asks for the title
    OUTSIDE_TITLE = "outside_title"
    #: it stands there in another form than the one that is asked for
    FORM = "form"
    #: the words of a phrase stand there, not side by side in order
    SPREAD = "spread"
    #: both sides of NEAR stand there, too far apart
    APART = "apart"
    #: the sides of NEAR stand in different fields
    FIELDS = "fields"
    #: the sides of ONEAR stand there the other way round
    ORDER = "order"
    #: what is negated stands there
    EXCLUDED = "excluded"
    #: ``source:``, ``lang:`` or ``url:`` asks for another one
    RESTRICTED = "restricted"
    #: parts of it failed, which are below
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class Explained:
    """A part of a query, and why it does not hold; ``miss`` is None where it holds."""

    part: Node
    #: the fields that it was looked for in
    fields: tuple[Field, ...]
    miss: Miss | None
    #: why, without a full stop
    sentence: str
    #: what would have found something, as a query, and what; empty where nothing is near
    nearest: str = ""
    #: how much of it is missing, from 0 (it holds) to 1 (nothing of it is there)
    missing: float = 1.0
    #: the parts that decide it: all branches of an OR, what failed of an AND
    below: tuple["Explained", ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the query holds."""
        return self.miss is None

    @property
    def written(self) -> str:
        """The part as ``storywatch check`` shows the query."""
        return format_tree(self.part)


def explain(tree: Node, reading: Reading) -> Explained:
    """Explain why a query does not hold for a document."""
    return _explain(tree, reading, _BOTH)


def blamed(explained: Explained) -> tuple[Explained, ...]:
    """Return the smallest parts that failed and would have to hold; of an OR, those of the branch that came nearest.

    An OR of which no branch came near at all is one part. Empty where the query holds.
    """
    if explained.holds:
        return ()
    if explained.miss is not Miss.PARTS:
        return (explained,)
    if not isinstance(explained.part, Or):
        return tuple(part for one in explained.below for part in blamed(one))
    best = min(explained.below, key=lambda one: one.missing)
    return blamed(best) if best.missing < 1 else (explained,)


def find(node: Node, reading: Reading, fields: tuple[Field, ...]) -> tuple[Span, ...] | None:
    """Return the spans of a node by itself within fields: both, or the title."""
    return evaluate_reading(node if fields == _BOTH else Restrict(Scope.TITLE, node), reading)


def _explain(node: Node, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    if find(node, reading, fields) is not None:
        return Explained(node, fields, None, "it holds", missing=0)
    match node:
        case And():
            return _all(node, reading, fields)
        case Or():
            return _any(node, reading, fields)
        case Not():
            return _excluded(node, reading, fields)
        case Near():
            return _near(node, reading, fields)
        case Restrict():
            return _title(node, reading) if node.scope is Scope.TITLE else _elsewhere(node, reading, fields)
        case Alias():
            return _alias(node, reading, fields)
        case _:
            return _term(node, reading, fields)


def _all(node: And, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    every = [_explain(one, reading, fields) for one in node.nodes]
    failed = tuple(one for one in every if not one.holds)
    sentence = f"{len(failed)} of its {len(every)} parts do not hold" if len(failed) > 1 else "a part does not hold"
    # What is only not excluded says nothing of how near the rest came.
    asked = [one for one in every if not isinstance(one.part, Not)] or every
    missing = max(sum(one.missing for one in asked) / len(asked), min(one.missing for one in failed) / len(every))
    return Explained(node, fields, Miss.PARTS, sentence, missing=missing, below=failed)


def _any(node: Or, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    branches = tuple(_explain(one, reading, fields) for one in node.nodes)
    missing = min(one.missing for one in branches)
    hints = _hints(branches)
    if all(isinstance(one, Leaf | Alias) for one in node.nodes):
        best = min(branches, key=lambda one: one.missing)
        sentence = f"{best.written}: {best.sentence}"
        if best.miss is Miss.ABSENT:
            sentence = f"nothing of it stands in {where(fields)}"
        return Explained(node, fields, best.miss, sentence, hints, missing, branches)
    sentence = f"none of its {len(branches)} branches holds"
    if missing == 1:
        sentence += f", and nothing of them stands in {where(fields)}"
    return Explained(node, fields, Miss.PARTS, sentence, hints, missing, branches)


def _excluded(node: Not, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    spans = find(node.node, reading, fields)
    sentence = "excludes it"
    if spans:
        first = spans[0]
        sentence = f"excludes it, found in the {first.field}: {cited(reading, first, _CITED)}"
    return Explained(node, fields, Miss.EXCLUDED, sentence, missing=0.5)


def _title(node: Restrict, reading: Reading) -> Explained:
    inner = _explain(node.node, reading, (Field.TITLE,))
    if inner.miss is Miss.PARTS:
        sentence = "a part does not hold in the title"
        return Explained(node, _BOTH, Miss.PARTS, sentence, inner.nearest, inner.missing, (inner,))
    return Explained(node, _BOTH, inner.miss, inner.sentence, inner.nearest, inner.missing, inner.below)


def _elsewhere(node: Restrict, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    document = reading.document
    match node.scope:
        case Scope.LANG:
            found = f"its language is {document.language}" if document.language else "its language is not known"
        case Scope.URL:
            found = f"its address is {document.url}" if document.url else "it has no address"
        case _:
            names = dict.fromkeys(f"“{one}”" for one in (document.source, *document.feeds) if one)
            found = f"it comes from {', '.join(one for one in (document.host, *names) if one) or 'nowhere known'}"
    return Explained(node, fields, Miss.RESTRICTED, found)


def _near(node: Near, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    sides = [_explain(one, reading, fields) for one in (node.left, node.right)]
    failed = tuple(one for one in sides if not one.holds)
    if failed:
        missing = 0.5 + sum(one.missing for one in failed) / 4
        sentence = "one of its sides does not hold" if len(failed) == 1 else "neither of its sides holds"
        return Explained(node, fields, Miss.PARTS, sentence, missing=missing, below=failed)
    left, right = ([span.field for span in find(one, reading, fields) or ()] for one in (node.left, node.right))
    shared = [field for field in fields if field in left and field in right]
    if not shared:
        sentence = f"one side stands in the {left[0]} and the other in the {right[0]}, not both in one"
        return Explained(node, fields, Miss.FIELDS, sentence, missing=0.4)
    operator = f"{'O' if node.ordered else ''}NEAR/{node.distance}"
    if node.ordered and find(Near(node.left, node.right, node.distance), reading, fields) is not None:
        sentence = f"both stand there, the other way round than {operator} asks"
        return Explained(node, fields, Miss.ORDER, sentence, missing=0.25)
    least = _least(node, shared, reading, ordered=node.ordered)
    if least is None and _least(node, shared, reading, ordered=False) is not None:
        return Explained(node, fields, Miss.ORDER, "both stand there, only the other way round", missing=0.4)
    if least is None:
        return Explained(node, fields, Miss.APART, "the same words are both of its sides", missing=0.4)
    apart = f"{least.words} words" if least.words != 1 else "1 word"
    sentence = f"both stand there, nearest {apart} apart, where {operator} allows {node.distance}"
    return Explained(node, fields, Miss.APART, sentence, cited(reading, least.span, _CITED), 0.25)


def _least(node: Near, shared: Sequence[Field], reading: Reading, *, ordered: bool) -> Gap | None:
    """Return where two sides come nearest to each other, over the fields that have both."""
    gaps = [nearest.gap(node, reading, one, ordered=ordered) for one in shared]
    return min((one for one in gaps if one is not None), key=lambda one: one.words, default=None)


def _alias(node: Alias, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    members = [_term(one, reading, fields) for one in node.members]
    best = min(members, key=lambda one: one.missing, default=None)
    if best is not None and best.miss is not Miss.ABSENT:
        return Explained(node, fields, best.miss, f"{best.written}: {best.sentence}", _hints(members), best.missing)
    count = f"none of its {len(members)} names stands" if len(members) > 1 else "nothing of it stands"
    return Explained(node, fields, Miss.ABSENT, f"{count} in {where(fields)}", _hints(members))


def _term(leaf: Leaf, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    """Explain a term that is not found within ``fields``."""
    if fields != _BOTH and find(leaf, reading, _BOTH) is not None:
        return Explained(leaf, fields, Miss.OUTSIDE_TITLE, "it stands in the text only", missing=0.4)
    if isinstance(leaf, Phrase):
        return _phrase(leaf, reading, fields)
    if isinstance(leaf, Exact) and (spans := find(nearest.any_form(leaf), reading, fields)):
        sentence = f"another form stands in the {spans[0].field}, {cited(reading, spans[0])}"
        return Explained(leaf, fields, Miss.FORM, sentence, missing=0.4)
    sentence = f"nothing of it stands in {where(fields)}"
    if slip := nearest.slip(leaf, lambda node: find(node, reading, fields), reading):
        return Explained(leaf, fields, Miss.ABSENT, sentence, slip, 0.8)
    longer = nearest.longer(leaf, lambda node: find(node, reading, fields), reading)
    return Explained(leaf, fields, Miss.ABSENT, sentence, longer)


def _phrase(leaf: Phrase, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    loose = nearest.looser(leaf, lambda node: find(node, reading, fields), reading)
    alone = {one.text: find(one, reading, fields) is not None for one in nearest.apart(leaf)}
    if all(alone.values()):
        sentence = "its words stand there, but not side by side in this order"
        return Explained(leaf, fields, Miss.SPREAD, sentence, loose, 0.4)
    if loose:
        return Explained(leaf, fields, Miss.FORM, "its words stand there in other forms", loose, 0.4)
    lacking = [word for word, found in alone.items() if not found]
    if len(lacking) == len(alone):
        return Explained(leaf, fields, Miss.ABSENT, f"nothing of it stands in {where(fields)}")
    names = " and ".join(f"“{word}”" for word in lacking)
    sentence = f"{names} {'stands' if len(lacking) == 1 else 'stand'} nowhere in {where(fields)}"
    return Explained(leaf, fields, Miss.ABSENT, sentence, missing=0.9)


def _hints(parts: Iterable[Explained]) -> str:
    """Return what the nearest of several parts came near to: the first that came near."""
    return next((one.nearest for one in sorted(parts, key=lambda one: one.missing) if one.nearest), "")
