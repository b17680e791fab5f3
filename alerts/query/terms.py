"""One token to one leaf of the tree, and what may stand inside a field; refuses what is no term."""

import re
from collections.abc import Iterator

from alerts.query.formatting import STRAIGHT_LIKE
from alerts.query.messages import FOREIGN, NOT_YET, RefusalError, unknown_field
from alerts.query.tree import And, Exact, Leaf, Near, Node, Not, Or, Phrase, Prefix, Restrict, Scope, Word
from news.languages import tag
from news.text import fold, is_unspaced, words

#: of a prefix, in scripts with spaces between words
LEAST_PREFIX = 3
#: words between, of NEAR and of a phrase's slop
MOST_BETWEEN = 9999

_SLIP = re.compile(r"~\d*$", re.ASCII)
_OPERATOR = re.compile(r"AND|OR|NOT|O?NEAR(?:/.*)?")
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.?")
_PHRASE = re.compile(rf"[«»{STRAIGHT_LIKE}](.*)[«»{STRAIGHT_LIKE}](?:~([0-9]+))?", re.DOTALL)


def leaf(text: str, column: int) -> Word | Exact | Prefix:
    """The leaf that a run of characters means; ``column`` is where it begins.

    Raises RefusalError for what is no term, and for operators that this version does not have.
    """
    if text in FOREIGN or text.startswith("!") or "|" in text:
        meant = FOREIGN.get(text[0], "OR")
        raise RefusalError(f"{text} is not an operator here: write {meant}", column)
    if text.startswith("@"):
        raise RefusalError(f"sets of aliases ({text}) are {NOT_YET}: write the names themselves, joined by OR", column)
    if text.lstrip("=").startswith("*"):
        raise RefusalError("a leading * is refused: a prefix begins with its first letters, as in protest*", column)
    if slip := _SLIP.search(text):
        if slip.start() == 0:
            raise RefusalError(f'{text} belongs directly behind the closing quote of a phrase, as in "a b"~3', column)
        raise RefusalError(
            f"typing slips (word~) are {NOT_YET}: write the spellings themselves, joined by OR", column + slip.start()
        )
    exactly = text.startswith("=")
    bare = text[1:] if exactly else text
    star = bare.find("*")
    if star >= 0:
        if exactly:
            raise RefusalError("= asks for one form and * for many: expected one of the two", column)
        return _prefix(text, star, column)
    if not words(bare):
        need = "= stands directly before its word, as in =Word" if text == "=" else "expected a word"
        raise RefusalError(f"there is no letter or digit to search for in {text}: {need}, or leave it out", column)
    return Exact(bare, text) if exactly else Word(text, text)


def _prefix(text: str, star: int, column: int) -> Prefix:
    """The leaf for ``text`` with a star at index ``star``."""
    if star != len(text) - 1:
        raise RefusalError(
            "* can only stand at the end of a word: expected the word's beginning and then *", column + star
        )
    found = words(text[:star])
    if not found or found[-1].end != star:
        raise RefusalError(
            "* stands directly behind a letter or digit: expected the beginning of a word before it", column + star
        )
    letters = sum(character.isalnum() for word in found for character in fold(word.surface))
    if letters < LEAST_PREFIX and not is_unspaced(found[-1].surface):
        raise RefusalError(
            f"a prefix has at least {LEAST_PREFIX} letters before its *, and {text} has {letters}", column
        )
    return Prefix(text[:star], text)


def phrase(written: str, column: int) -> Phrase:
    """The leaf for a quoted phrase with its quotes and slop."""
    match = _PHRASE.fullmatch(written)
    if match is None:
        raise RefusalError("expected a phrase in quotes", column)
    text = " ".join(match[1].split())
    if not words(text):
        raise RefusalError(
            "there is no letter or digit to search for in these quotes: expected the words of a phrase", column
        )
    slop = between(match[2] or "0", column + len(written) - len(match[2] or ""))
    return Phrase(text, slop, written)


def between(digits: str, column: int) -> int:
    """The number behind ``~`` or ``NEAR/``."""
    if not (digits.isascii() and digits.isdecimal()) or len(digits.lstrip("0")) > len(str(MOST_BETWEEN)):
        raise RefusalError(f"expected a number of words from 0 to {MOST_BETWEEN} here", column)
    return int(digits)


def scope(name: str, column: int) -> Scope:
    """The scope that a field's name means."""
    try:
        return Scope(name.lower())
    except ValueError:
        unknown_field(name, column)


def field_value(which: Scope, text: str, column: int) -> Word | Exact | Prefix:
    """The leaf directly behind a field's colon; an address may stand behind ``url:``."""
    if which is not Scope.URL and text.partition(":")[0].lower() in set(Scope) and ":" in text:
        raise RefusalError(
            f"a field cannot stand in a field: expected a word, a phrase or a group behind {which}:", column
        )
    if text[0] in "-\u2212" and len(text) > 1:
        raise RefusalError("a negation stands before its field, as in -title:word", column)
    if _OPERATOR.fullmatch(text):
        raise RefusalError(
            f"expected a word, a phrase or a group; to search for the word {text}, put it in quotes", column
        )
    return leaf(text, column)


def check_inside(which: Scope, node: Node, column: int) -> str | None:
    """Refuse what a field cannot take; the answer is a warning, or None."""
    warning = None
    for one in _walk(node):
        if isinstance(one, Restrict):
            raise RefusalError(
                f"a field cannot stand in a field: {which}: takes a word, a phrase or a group of these", column
            )
        if which is Scope.TITLE:
            continue
        if isinstance(one, Near):
            raise RefusalError(f"NEAR cannot stand in {which}: — it needs words of title or text", column)
        if which is Scope.LANG and isinstance(one, Leaf) and not (isinstance(one, Word) and tag(one.text)):
            raise RefusalError(
                "lang: takes a language code such as id, en or ru, or a group as in lang:(id OR en)", column
            )
        if which is Scope.URL and isinstance(one, Exact):
            raise RefusalError("=Word cannot stand in url: — expected a word, a phrase or a prefix", column)
        if which is Scope.SOURCE and isinstance(one, Leaf):
            warning = _check_source(one, column) or warning
    return warning


def _check_source(one: Leaf, column: int) -> str | None:
    """Refuse what is neither a host nor a feed's name in quotes; warn of what is probably meant as a name."""
    if isinstance(one, Phrase) and not one.slop:
        return None
    if not isinstance(one, Word) or not _HOST.fullmatch(one.text):
        raise RefusalError(
            "source: takes a host, as in source:detik.com (without http:// and path), or a feed's exact name in quotes",
            column,
        )
    if "." in one.text:
        return None
    return (
        f'column {column}: source:{one.text} is read as a host; a feed goes by its name in quotes, source:"{one.text}"'
    )


def _walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    match node:
        case And() | Or():
            for one in node.nodes:
                yield from _walk(one)
        case Not() | Restrict():
            yield from _walk(node.node)
        case Near():
            yield from _walk(node.left)
            yield from _walk(node.right)
        case _:
            return
