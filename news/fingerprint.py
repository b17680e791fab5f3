"""What a text says, apart from how it is set: the folded text and its hash.

::

    title, text ──folded──▶ words as they count ──content_hash──▶ "1:…"   differs: a new revision
                                                └─stories.text_key▶ "1:…"   equal: a copy

Quotes, dashes, blanks, letter case and punctuation fold, so that a page that is set anew is no change. What carries a
meaning stays: figures with their separators and signs, currency and mathematical symbols, per cent, marks of scripts
that write their vowels so. Folding is Unicode's NFKC and default case folding (UAX 15; Unicode Standard, section 3.13).
"""

import re
import unicodedata
from hashlib import blake2b

from news.marks import few_marks

#: grows when folding changes; hashes of different versions are never compared
VERSION = "1"

# Each pattern finds its character first and looks around it then: five times as fast as the other way about.
_DASH = r"[\-‐‑‒–—―−﹘﹣－]"
_QUOTE = "['’ʼ‘`´]"
#: don’t, dont
_APOSTROPHE = re.compile(rf"{_QUOTE}(?=\w)(?<=\w{_QUOTE})")
#: 1.5 and 12:30 keep theirs
_SEPARATOR = re.compile(r"[.,:](?:(?!\d)|(?<!\d[.,:]))")
#: a sign before a figure or a range of figures; not covid-19
_SIGN = re.compile(rf"{_DASH}(?=\d)(?:(?<=\d{_DASH})|(?<!\w{_DASH}))")
_MARK = "\0"
_KEPT_SIGNS = "%‰§.,:"
_KEPT_CATEGORIES = ("L", "N", "Mn", "Mc", "Sc", "Sm")
#: format characters, and what chooses a glyph, not a letter: the combining grapheme joiner, variation selectors
_INVISIBLE = frozenset(
    chr(code)
    for first, last in (
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x0600, 0x0605),
        (0x061C, 0x061C),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xE0000, 0xE01EF),
    )
    for code in range(first, last + 1)
)
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE))
_HASH_BYTES = 16


class _Characters(dict[int, str]):
    """What a character folds to where nothing beside it matters; grows by the characters met, at most Unicode's."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kept = unicodedata.category(character).startswith(_KEPT_CATEGORIES) or character in _KEPT_SIGNS
        self[code] = character if kept else " "
        return self[code]


_CHARACTERS = _Characters({ord(_MARK): "-"})


def folded(text: str) -> str:
    """The text's words as they count, one blank between: NFKC, case folded, without punctuation outside of figures.

    Folding twice changes nothing. Apostrophes vanish inside words (``don’t``, ``dont``); other punctuation parts words.
    """
    if not text.isascii() and not _INVISIBLE.isdisjoint(text):
        text = text.translate(_WITHOUT_INVISIBLE)
    text = unicodedata.normalize("NFKC", few_marks(text)).casefold()
    text = unicodedata.normalize("NFKC", text).replace(_MARK, " ")
    text = _SEPARATOR.sub(" ", _APOSTROPHE.sub("", text))
    text = _SIGN.sub(_MARK, text).translate(_CHARACTERS)
    return unicodedata.normalize("NFKC", " ".join(text.split()))


def digest(*texts: str) -> str:
    """A versioned hash of texts in their order, 128 bits; where one ends and the next begins counts."""
    state = blake2b(digest_size=_HASH_BYTES)
    for text in texts:
        # A lone surrogate from a broken feed must not stop the work.
        encoded = text.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "big"))
        state.update(encoded)
    return f"{VERSION}:{state.hexdigest()}"


def content_hash(title: str, text: str) -> str:
    """The versioned hash of what a revision says: equal where title and text say the same in the same words."""
    return digest(folded(title), folded(text))
