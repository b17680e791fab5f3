"""Text of a query → tree, by an LALR(1) grammar with lark.

::

    text ──tokens (quotes, parentheses, operators, fields, runs of characters)──▶ parser ──_Build──▶ _named ──▶ Query
                                                                          │                             │
                          QueryError: column, caret, what was expected ◀──┴──────── Aliases ─▶ @name ───┘

Precedence from the tightest: NOT and -, NEAR, AND (also by standing side by side), OR. The parser is built once and
holds no state of a query; so a set is looked up once its tree stands. Length and nesting are bounded, so that no query
can exhaust the stack.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken
from lark.lark import PostLex

from alerts.query import fields, terms
from alerts.query.aliases import BUILT_IN, Aliases, alias_key
from alerts.query.formatting import NEAR_DISTANCE, STRAIGHT_LIKE, format_tree
from alerts.query.messages import NO_WORD, TERM, RefusalError, on_characters, on_token
from alerts.query.tree import Alias, And, Leaf, Near, Node, Not, Or, Query, Restrict, Scope, is_positive, needs_a_term
from news.errors import QueryError

#: code points of a query
LONGEST = 10_000
#: parentheses within parentheses
DEEPEST = 50

_STOP = rf"\s()（）«»{STRAIGHT_LIKE}"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
#: ``wor?d`` and ``word^2``, as Lucene has them
_WILDCARD_OR_BOOST = re.compile(r"(?<=\w)(?:\?(?=\w)|\^(?=\d))")
#: how others write NEAR: AROUND(5) of Google, whose parenthesis is a group of its own here, w/5 and pre/5 of archives
_FOREIGN_NEAR = re.compile(r"AROUND|(?:[Ww]|(?P<ordered>[Pp][Rr][Ee]))/(?P<distance>\d+)")
_FIELD = r"[^\W\d_][\w-]*:"

_GRAMMAR = rf"""
?start: either
either: both (OR both)*
both: close (AND? close)*
close: single (NEAR single)*
?single: (NOT | MINUS) single -> negated
       | value
       | FIELD value          -> restricted
       | FIELD_RUN            -> restricted_run
?value: RUN                   -> run
      | PHRASE                -> phrase
      | LPAR either RPAR      -> group

AND.9: /AND(?![^{_STOP}])/
OR.9: /OR(?![^{_STOP}])/
NOT.9: /NOT(?![^{_STOP}])/
NEAR.9: /O?NEAR(\/[^{_STOP}]*)?(?![^{_STOP}])/
PHRASE.8: /([{STRAIGHT_LIKE}][^{STRAIGHT_LIKE}]*[{STRAIGHT_LIKE}]|«[^«»]*»|»[^«»]*«)(~[0-9]+)?/
LPAR.8: /[(（]/
RPAR.8: /[)）]/
MINUS.7: /[-{_DASHES}](?=[^\s)）])/
FIELD_RUN.6: /{_FIELD}[^{_STOP}]+/
FIELD.5: /{_FIELD}/
RUN.1: /[^{_STOP}]+/
%ignore /\s+/
"""


@dataclass(frozen=True, slots=True)
class _Named:
    """An ``@name`` that is still to be looked up."""

    #: as it stands in the query
    written: str
    column: int
    #: the field that it stands in, and where that begins
    scope: Scope | None = None
    field_column: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A node under construction, with what later checks need."""

    node: Node
    #: where it begins, from 1
    column: int
    #: it stood in parentheses
    grouped: bool = False
    #: where AND and OR were mixed below it
    mixed: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    #: sets of names in it, whose nodes have no members yet
    named: tuple[_Named, ...] = ()


class _Depth(PostLex):
    """Counts parentheses while tokens pass."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass tokens on; refuse nesting that nobody writes."""
        depth = 0
        for token in stream:
            depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            if depth > DEEPEST:
                raise RefusalError(
                    f"parentheses are nested deeper than {DEEPEST}: write the groups flatter", _column(token)
                )
            yield token


def parse(text: str, aliases: Aliases = BUILT_IN) -> Query:
    """Parse a query; ``aliases`` are the sets that ``@name`` can stand for, the built-in ones unless given.

    Raises QueryError, and nothing else whatever the text, with the column, a caret and what was expected there.
    """
    try:
        return _finish(text, _with_members(_read(text), aliases))
    except RefusalError as refusal:
        raise QueryError(refusal.message, text, refusal.column) from None


def _read(text: str) -> _Part:
    """Run the parser; raises RefusalError."""
    if len(text) > LONGEST:
        raise RefusalError(f"a query has at most {LONGEST} characters, and this has {len(text)}", LONGEST + 1)
    try:
        return cast("_Part", _PARSER.parse(text))
    except UnexpectedCharacters as error:
        raise on_characters(error, text) from None
    except UnexpectedToken as error:
        try:
            tokens = list(_PARSER.lex(text))
        except UnexpectedCharacters as later:
            raise on_characters(later, text) from None
        raise on_token(error, tokens) from None


def _with_members(part: _Part, aliases: Aliases) -> _Part:
    """Look the sets up; raises RefusalError for one that does not exist or cannot stand in its field."""
    if not part.named:
        return part
    members: dict[str, tuple[Leaf, ...]] = {}
    warnings = list(part.warnings)
    for named in part.named:
        found = members[named.written] = aliases.members(named.written, named.column)
        if named.scope is not None:
            warnings += _doubts_inside(named.scope, named, found)
    return replace(part, node=_replaced(part.node, members), warnings=tuple(dict.fromkeys(warnings)))


def _doubts_inside(scope: Scope, named: _Named, members: Iterable[Leaf]) -> list[str]:
    """Check the members of a set that stands in a field; the answer are warnings."""
    found = []
    for leaf in members:
        try:
            doubt = fields.check_inside(scope, leaf, named.field_column)
        except RefusalError as refusal:
            shown = format_tree(leaf)
            raise RefusalError(f"{refusal.message}; {named.written} holds {shown}", refusal.column) from None
        found += [doubt] if doubt else []
    return found


def _replaced(node: Node, members: Mapping[str, tuple[Leaf, ...]]) -> Node:
    """A tree whose sets have their members."""
    match node:
        case Alias():
            return replace(node, members=members[node.written])
        case And():
            return And(tuple(_replaced(one, members) for one in node.nodes))
        case Or():
            return Or(tuple(_replaced(one, members) for one in node.nodes))
        case Not():
            return Not(_replaced(node.node, members))
        case Restrict():
            return Restrict(node.scope, _replaced(node.node, members))
        case Near():
            return replace(node, left=_replaced(node.left, members), right=_replaced(node.right, members))
        case _:
            return node


def _finish(text: str, part: _Part) -> Query:
    """Check the whole and gather the warnings."""
    if not is_positive(part.node):
        raise RefusalError(
            f"a query cannot be only negation: expected {TERM} beside it that must be there", part.column
        )
    warnings = list(part.warnings)
    if part.mixed:
        read = format_tree(part.node)
        warnings.append(f"column {part.mixed[0]}: AND and OR are mixed without parentheses; read as {read}")
    if not needs_a_term(part.node):
        warnings.append(NO_WORD)
    return Query(text, part.node, tuple(warnings))


class _Build(Transformer[Token, _Part]):
    """Builds the tree from below, checking as it goes; called by the parser itself, so it needs no stack."""

    def run(self, children: list[Token]) -> _Part:
        """A word, with or without operators attached."""
        (token,) = children
        text, column = str(token), _column(token)
        if text.startswith("@"):
            return _set(text, column)
        return _Part(terms.leaf(text, column), column, warnings=_doubts(text, column))

    def phrase(self, children: list[Token]) -> _Part:
        """A quoted phrase."""
        (token,) = children
        column = _column(token)
        warnings = (f"column {column}: * inside quotes is not an operator",) if "*" in token else ()
        return _Part(terms.phrase(str(token), column), column, warnings=warnings)

    def group(self, children: list[Token | _Part]) -> _Part:
        """A group in parentheses: only its shape stays."""
        return replace(_parts(children)[0], column=_column(_token(children[0])), grouped=True)

    def restricted_run(self, children: list[Token]) -> _Part:
        """``field:word``."""
        (token,) = children
        name, _, text = token.partition(":")
        column = _column(token)
        which = fields.scope(name, column)
        value = fields.field_value(which, text, column + len(name) + 1)
        part = _set(value, column + len(name) + 1) if isinstance(value, str) else _Part(value, column)
        return _restrict(which, part, column)

    def restricted(self, children: list[Token | _Part]) -> _Part:
        """``field:"phrase"`` and ``field:(group)``."""
        token, (part,) = _token(children[0]), _parts(children)
        column = _column(token)
        return _restrict(fields.scope(str(token)[:-1], column), part, column)

    def negated(self, children: list[Token | _Part]) -> _Part:
        """``NOT x`` and ``-x``."""
        token, (part,) = _token(children[0]), _parts(children)
        column = _column(token)
        if isinstance(part.node, Not):
            raise RefusalError("two negations cancel each other: expected one, or none", column)
        if not is_positive(part.node):
            raise RefusalError(f"what is excluded cannot itself be only negation: expected {TERM} in it", part.column)
        warnings = part.warnings
        if str(token) in _DASHES:
            warnings = (*warnings, f"column {column}: the dash {token} before a word is read as - (NOT)")
        return _Part(Not(part.node), column, mixed=part.mixed, warnings=warnings, named=part.named)

    def close(self, children: list[Token | _Part]) -> _Part:
        """``a NEAR b``."""
        parts = _parts(children)
        if len(parts) == 1:
            return parts[0]
        operator, *more = (child for child in children if isinstance(child, Token))
        if more:
            raise RefusalError("NEAR joins two sides, not more: write (a NEAR b) AND (b NEAR c)", _column(more[0]))
        name, slash, digits = operator.partition("/")
        distance = terms.between(digits, _column(operator) + len(name) + 1) if slash else NEAR_DISTANCE
        left, right = (_side(part, str(operator)) for part in parts)
        return _join(Near(left, right, distance, name == "ONEAR"), parts)

    def both(self, children: list[Token | _Part]) -> _Part:
        """``a AND b`` and ``a b``."""
        parts = _parts(children)
        return parts[0] if len(parts) == 1 else _join(And(tuple(part.node for part in parts)), parts)

    def either(self, children: list[Token | _Part]) -> _Part:
        """``a OR b``."""
        parts = _parts(children)
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            if not is_positive(part.node):
                raise RefusalError(f"a branch of OR cannot be only negation: expected {TERM} beside it", part.column)
        joined = _join(Or(tuple(part.node for part in parts)), parts)
        loose = tuple(part.column for part in parts if isinstance(part.node, And) and not part.grouped)
        return replace(joined, mixed=(*joined.mixed, *loose))


def _set(written: str, column: int) -> _Part:
    """An ``@name``, whose members are still to be looked up."""
    return _Part(Alias(alias_key(written[1:]), (), written), column, named=(_Named(written, column),))


def _restrict(which: Scope, part: _Part, column: int) -> _Part:
    """A field around a part."""
    if not is_positive(part.node):
        raise RefusalError(f"a field cannot hold only negation: write -{which}:word", part.column)
    doubt = fields.check_inside(which, part.node, column)
    warnings = part.warnings if doubt is None else (*part.warnings, doubt)
    named = tuple(replace(one, scope=which, field_column=column) for one in part.named)
    return _Part(Restrict(which, part.node), column, mixed=part.mixed, warnings=warnings, named=named)


def _side(part: _Part, operator: str) -> Node:
    """A side of NEAR: a term, a phrase, or an OR group of these."""
    waiting = [part.node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Or):
            waiting.extend(node.nodes)
        elif not isinstance(node, Leaf | Alias):
            hint = {
                Restrict: f"put the field around both, as in title:(a {operator} b)",
                Not: f"put the negation around both, as in NOT (a {operator} b)",
                And: "words that stand together go in quotes, and others are joined by OR",
                Near: f"write (a {operator} b) AND (b {operator} c)",
            }[type(node)]
            raise RefusalError(f"a side of {operator} is a term, a phrase or an OR group of these: {hint}", part.column)
    return part.node


def _doubts(text: str, column: int) -> tuple[str, ...]:
    """Warnings about a bare word that looks like an operator, here or elsewhere."""
    if foreign := _WILDCARD_OR_BOOST.search(text):
        at = column + foreign.start()
        return (f"column {at}: {foreign[0][0]} is no operator here; {text} is searched for as adjacent words",)
    if foreign := _FOREIGN_NEAR.fullmatch(text):
        here = f"{'ONEAR' if foreign['ordered'] else 'NEAR'}/{foreign['distance'] or 5}"
        return (f"column {column}: {text} is searched for as a word; the operator is {here}",)
    operator = text.partition("/")[0].upper() if "/" in text else text.upper()
    reserved = {"NEAR", "ONEAR"} if "/" in text else {"AND", "OR", "NOT"}
    if operator not in reserved:
        return ()
    return (f"column {column}: {text} is searched for as a word; the operator is {text.upper()}",)


def _join(node: Node, parts: Iterable[_Part]) -> _Part:
    """A node over several parts."""
    listed = list(parts)
    return _Part(
        node,
        listed[0].column,
        mixed=tuple(column for part in listed for column in part.mixed),
        warnings=tuple(warning for part in listed for warning in part.warnings),
        named=tuple(one for part in listed for one in part.named),
    )


def _parts(children: Iterable[Token | _Part]) -> list[_Part]:
    """The parts among a rule's children."""
    return [child for child in children if isinstance(child, _Part)]


def _token(child: Token | _Part) -> Token:
    """A child that the grammar says is a token."""
    return cast("Token", child)


def _column(token: Token) -> int:
    """Where a token begins, in code points from 1."""
    return (token.start_pos or 0) + 1


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Build(), postlex=_Depth(), keep_all_tokens=False)
