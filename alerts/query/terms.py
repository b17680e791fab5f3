"""A run of characters or a quoted phrase to one leaf of the tree; refuses what is no term."""

import re
import sys
from dataclasses import replace

from alerts.query.formatting import STRAIGHT_LIKE
from alerts.query.messages import FOREIGN, RefusalError
from alerts.query.tree import Exact, Leaf, Phrase, Prefix, Scope, Slip, Word
from news.text import fold, is_unspaced, words

#: of a prefix, in scripts with spaces between words
LEAST_PREFIX = 3
#: words between, of NEAR and of a phrase's slop
MOST_BETWEEN = 9999

#: letters of a word with a slip: shorter ones are one slip away from too many others
LEAST_SLIP = 6

#: the common case: letters and digits, with hyphens and apostrophes inside; no operator can be in it
_PLAIN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
#: Lucene writes a number behind it
_TILDE = re.compile(r"~[\d.]*$", re.ASCII)
#: a word that only quotes make one
OPERATOR = re.compile(r"AND|OR|NOT|O?NEAR(?:/.*)?")
_QUOTE = re.compile(rf"[«»{STRAIGHT_LIKE}]")
_QUOTED = re.compile(rf"[«»{STRAIGHT_LIKE}][^«»{STRAIGHT_LIKE}]*[«»{STRAIGHT_LIKE}](?:~[0-9]+)?")
_PHRASE = re.compile(rf"[«»{STRAIGHT_LIKE}](.*)[«»{STRAIGHT_LIKE}](?:~([0-9]+))?", re.DOTALL)


def leaf(text: str, column: int) -> Leaf:
    """The leaf that a run of characters means; ``column`` is where it begins.

    Raises RefusalError for what is no term.
    """
    if _PLAIN.fullmatch(text):
        # Thousands of queries share their words; interned, these are kept once, and no longer than a query has them.
        known = sys.intern(text)
        return Word(known, known)
    if text in FOREIGN or text.startswith("!") or "|" in text:
        meant = FOREIGN.get(text[0], "OR")
        raise RefusalError(f"{text} is not an operator here: write {meant}", column)
    if text.startswith("=@"):
        raise RefusalError("= asks for one form and @ for a set of names: expected one of the two", column)
    if text.lstrip("=").startswith("*"):
        raise RefusalError("a leading * is refused: a prefix begins with its first letters, as in protest*", column)
    if text.startswith("~") and not _TILDE.fullmatch(text):
        raise RefusalError("~ stands directly behind its word, as in kazakhstan~", column)
    if tilde := _TILDE.search(text):
        return _slip(text, tilde.start(), column)
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


def _slip(text: str, tilde: int, column: int) -> Slip:
    """The leaf for ``text`` with a tilde at index ``tilde``, and perhaps digits behind it."""
    at = column + tilde
    bare = text[:tilde]
    if not bare:
        raise RefusalError(f'{text} belongs directly behind the closing quote of a phrase, as in "a b"~3', column)
    if bare.startswith("="):
        raise RefusalError("= asks for one form and ~ for a word with a slip in it: expected one of the two", at)
    if "*" in bare:
        raise RefusalError("* asks for a beginning and ~ for a word with a slip in it: expected one of the two", at)
    if not text.endswith("~"):
        raise RefusalError(f"word~ allows one slip and takes no number: write {bare}~", at)
    found = words(bare)
    if not found or found[-1].end != tilde:
        raise RefusalError("~ stands directly behind a letter: expected a word before it, as in kazakhstan~", at)
    if any(is_unspaced(word.surface) for word in found):
        raise RefusalError(
            "~ is for scripts with spaces between words: write the spellings themselves, joined by OR", at
        )
    if len(found) > 1:
        parts = ", ".join(word.surface for word in found)
        raise RefusalError(f"~ is for one word, and {bare} is several ({parts}): write its spellings, joined by OR", at)
    letters = sum(character.isalpha() for character in fold(found[0].surface))
    if letters < LEAST_SLIP:
        raise RefusalError(
            f"a word with a slip in it has at least {LEAST_SLIP} letters, and {bare} has {letters}: "
            "leave out the ~, or write the spellings themselves, joined by OR",
            column,
        )
    return Slip(bare, text)


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


def entry(text: str) -> Leaf:
    """The leaf that an entry of a set of names means; blanks may stand in it.

    Raises RefusalError for what is no name, with a column that counts in the entry.
    """
    name = " ".join(text.split())
    if _QUOTE.search(name):
        if not _QUOTED.fullmatch(name):
            raise RefusalError('quotes stand around a whole name, as in "state of emergency"', 1)
        return replace(phrase(name, 1), written="")
    for word in name.split():
        if OPERATOR.fullmatch(word):
            raise RefusalError(f"{word} stands in queries, not in names: each name is an entry of its own", 1)
    if "(" in name or ")" in name or name.partition(":")[0].lower() in set(Scope):
        raise RefusalError("parentheses and fields stand in queries, not in names, as in title:@name", 1)
    if name[:1] in {"-", "\u2212"}:
        raise RefusalError("a set cannot exclude a name: -@name in a query excludes a whole set", 1)
    return replace(leaf(name, 1), written="")
