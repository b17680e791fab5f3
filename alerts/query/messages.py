"""What is said of a query that does not parse: what was expected there, and how to put it right.

Raised inside the parser as ``RefusalError`` and turned into ``news.errors.QueryError`` with the caret by ``parse``.
"""

import difflib
from typing import NoReturn

from lark import Token, UnexpectedCharacters, UnexpectedToken

from alerts.query.tree import Scope
from news.errors import StorywatchError

#: what can stand where something to look for is missing
TERM = 'a word, a "phrase", a field such as title:word, or a group in parentheses'
#: operators that need something to their right
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "MINUS"})
#: of those, the ones that need something to their left as well
_BINARY = frozenset({"AND", "OR", "NEAR"})
#: of a query that would match without any word; said of what is looked for, not of what is excluded
NO_WORD = "no word is asked for: everything within the restrictions matches"
#: fields of other query languages, and how they are written here
_FOREIGN_FIELDS = {
    "allintitle": Scope.TITLE,
    "headline": Scope.TITLE,
    "intitle": Scope.TITLE,
    "allinurl": Scope.URL,
    "inurl": Scope.URL,
    "domain": Scope.SOURCE,
    "feed": Scope.SOURCE,
    "site": Scope.SOURCE,
    "language": Scope.LANG,
}
#: operators of other query languages, and how they are written here
FOREIGN = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT", "+": "AND"}


class RefusalError(StorywatchError):
    """A part of a query cannot be accepted; ``column`` counts code points from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


def known_fields() -> str:
    """The fields there are, for a sentence."""
    *first, last = (f"{scope}:" for scope in Scope)
    return f"{', '.join(first)} and {last}"


def unknown_field(name: str, column: int) -> NoReturn:
    """Refuse ``name:x``."""
    meant = _FOREIGN_FIELDS.get(name.lower()) or next(iter(difflib.get_close_matches(name.lower(), Scope, n=1)), None)
    nearest = f"{meant}: is meant? " if meant else ""
    raise RefusalError(
        f"there is no field {name}: — {nearest}the fields are {known_fields()}; to search for the text itself, put it "
        "in quotes",
        column,
    )


def on_characters(error: UnexpectedCharacters, text: str) -> RefusalError:
    """What to say where no token begins: only a quote without its partner is left over by the grammar."""
    position = error.pos_in_stream or 0
    closing = {"«": "»", "»": "«"}.get(text[position : position + 1], '"')
    return RefusalError(f"this quote is never closed: expected {closing} behind the phrase's last word", position + 1)


def on_token(error: UnexpectedToken, tokens: list[Token]) -> RefusalError:
    """What to say of a token that cannot stand where it is; ``tokens`` are all of the query."""
    found = error.token
    at_end = found.type == "$END"
    before = tokens if at_end else [token for token in tokens if _start(token) < _start(found)]
    previous = before[-1] if before else None
    if previous is not None and previous.type in _OPERATORS and (at_end or found.type == "RPAR"):
        return RefusalError(f"{previous} has nothing to its right: expected {TERM} behind it", _start(previous) + 1)
    if previous is not None and previous.type == "FIELD" and (at_end or found.type in {"RPAR", *_BINARY}):
        return RefusalError(
            f"{previous} has nothing behind it: expected a word, a phrase or a group, as in {previous}word",
            _start(previous) + 1,
        )
    if at_end:
        return _end(before)
    return _inside(found, previous, _open(before))


def _end(tokens: list[Token]) -> RefusalError:
    """What to say where the query ends too early."""
    if not tokens:
        return RefusalError(f"the query is empty: expected {TERM}", 1)
    still_open = _open(tokens)
    if tokens[-1].type == "LPAR":
        return RefusalError(f"nothing stands in this parenthesis: expected {TERM}, and )", _start(still_open[-1]) + 1)
    column = _start(still_open[-1] if still_open else tokens[-1]) + 1
    return RefusalError("this parenthesis is never closed: expected ) where its group ends", column)


def _inside(found: Token, previous: Token | None, still_open: list[Token]) -> RefusalError:
    """What to say of a token inside the query."""
    column = _start(found) + 1
    if found.type == "RPAR" and previous is not None and previous.type == "LPAR":
        return RefusalError(f"nothing stands in these parentheses: expected {TERM}", column)
    if found.type == "RPAR" and not still_open:
        return RefusalError(
            "no parenthesis is open that this one could close: leave it out, or open one before", column
        )
    if found.type in _BINARY and (previous is None or previous.type == "LPAR"):
        return RefusalError(f"{found} has nothing to its left: expected {TERM} before it", column)
    if found.type in _BINARY:
        return RefusalError(
            f"expected {TERM} here, between {previous} and {found}; to search for the word {found}, put it in quotes",
            column,
        )
    if previous is not None and previous.type == "FIELD":
        return _in_field(found, previous)
    return RefusalError(f"{found} cannot stand here: expected {TERM}", column)


def _in_field(found: Token, field: Token) -> RefusalError:
    """What to say of an operator or a field directly behind a field's colon."""
    column = _start(found) + 1
    if found.type in {"MINUS", "NOT"}:
        return RefusalError(f"a negation stands before its field: write -{field}word", column)
    return RefusalError(f"a field cannot stand in a field: expected a word, a phrase or a group behind {field}", column)


def _open(tokens: list[Token]) -> list[Token]:
    """The opening parentheses that are not closed, outermost first."""
    found: list[Token] = []
    for token in tokens:
        if token.type == "LPAR":
            found.append(token)
        elif token.type == "RPAR" and found:
            found.pop()
    return found


def _start(token: Token) -> int:
    """Where a token begins, from 0."""
    return token.start_pos or 0
