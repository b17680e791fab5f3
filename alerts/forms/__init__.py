"""The forms of one word, by the language of the text it stands in.

::

    query word ──asked(word, family)──▶ keys ╮
                                              ├─ a common key: the text's word is a form of the query's
    text word  ──given(word, family)──▶ keys ╯            family_of(language of the text) ──▶ family

Keys are opaque strings. Both sides are worked out for the family of the *text*: a query does not say its language.
"""

from news.languages import bucket
from news.text import bare_forms, fold


def family_of(language: str | None) -> str:
    """The languages that a text's words are read in, as one name; "" where the language is unknown."""
    return bucket(language) or "" if language else ""


def asked(word: str, family: str) -> tuple[str, ...]:
    """The keys under which a query's word is looked for in texts of a family."""
    del family
    return (fold(word),)


def given(word: str, family: str) -> tuple[str, ...]:
    """The keys that a text's word answers, in a text of a family."""
    del family
    folded = fold(word)
    return (folded, *bare_forms(folded))
