"""What may stand inside a field: ``title:``, ``lang:``, ``source:``, ``url:``; refuses the rest with its reason."""

import re

from alerts.query import terms
from alerts.query.messages import RefusalError, unknown_field
from alerts.query.tree import Exact, Leaf, Near, Node, Phrase, Restrict, Scope, Slip, Word, walk
from news.languages import tag

_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.?")
#: why a field takes no word with a slip in it
_NO_SLIP = {
    Scope.LANG: "a language goes by its code, as in lang:kk",
    Scope.SOURCE: "a host or a name is compared whole, as in source:detik.com",
    Scope.URL: "addresses are spelt by machines: expected a word, a phrase or a prefix",
}


def scope(name: str, column: int) -> Scope:
    """The scope that a field's name means."""
    try:
        return Scope(name.lower())
    except ValueError:
        unknown_field(name, column)


def field_value(which: Scope, text: str, column: int) -> Leaf | str:
    """The leaf directly behind a field's colon, or the text itself where it names a set with @.

    An address may stand behind ``url:``.
    """
    if which is not Scope.URL and text.partition(":")[0].lower() in set(Scope) and ":" in text:
        raise RefusalError(
            f"a field cannot stand in a field: expected a word, a phrase or a group behind {which}:", column
        )
    if text[0] in "-\u2212" and len(text) > 1:
        raise RefusalError("a negation stands before its field, as in -title:word", column)
    if terms.OPERATOR.fullmatch(text):
        raise RefusalError(
            f"expected a word, a phrase or a group; to search for the word {text}, put it in quotes", column
        )
    return text if text.startswith("@") else terms.leaf(text, column)


def check_inside(which: Scope, node: Node, column: int) -> str | None:
    """Refuse what a field cannot take; the answer is a warning, or None."""
    warning = None
    for one in walk(node):
        if isinstance(one, Restrict):
            raise RefusalError(
                f"a field cannot stand in a field: {which}: takes a word, a phrase or a group of these", column
            )
        if which is Scope.TITLE:
            continue
        if isinstance(one, Slip):
            raise RefusalError(f"word~ cannot stand in {which}: — {_NO_SLIP[which]}", column)
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
