"""A word with its accents, by which a dictionary tells some words apart that fold alike.

::

    "IRÁ" ──▶ "irá"        "Straße" ──▶ "strasse"        "Ёлка" ──▶ "елка"
"""

from news.text import written_form

#: in other scripts accents are no spelling that texts keep to
_LAST_LATIN = "\u024f"


def with_accents(word: str, folded: str) -> str:
    """A word in lower case with its Latin accents, by which a dictionary tells some words apart."""
    if word.isascii() or folded[:1] > _LAST_LATIN:
        return folded
    return spelt(written_form(word).lower())


def spelt(lower: str) -> str:
    """A text in lower case with one way to write what is no accent: Romanian letters are often typed with cedillas."""
    return lower if lower.isascii() else lower.replace("ß", "ss").replace("ş", "ș").replace("ţ", "ț")
