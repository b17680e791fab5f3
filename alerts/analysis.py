"""What a query asks of single words, and what single words answer.

::

    query word ──atom──▶ Atom ──Analyser.asked──▶ keys ╮  one family of languages: that of the text
                                                       ├─ a common key: the word answers
    text word ──Analyser.word_type──────────────▶ keys ╯

An ``Atom`` is one question that one word answers by itself, or one unbroken run of characters in the scripts without
spaces; everything about folding, forms, clitics, letter case and prefixes is settled between the ``atom`` functions,
``WordType`` and ``alerts.forms``, and nothing above them looks at characters.
"""

import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple, NewType

from alerts import forms
from news.text import bare_forms, fold, is_unspaced, words, written_form

#: one question to one word: a kind's letter and the key; a plain string, since these are hashed all the time
Atom = NewType("Atom", str)

#: word types that are remembered over all families; about 40 MB at most
_MEMO_SIZE = 1 << 17
#: longer "words" are junk (encoded images, joined lines): they would fill the memory, and have no forms
_LONGEST_WORD = 64


def _atom(kind: str, key: str) -> Atom:
    """One string object an atom, however many queries ask for it."""
    return Atom(sys.intern(kind + key))


def word_atom(surface: str) -> Atom:
    """Asks for the word in any of its forms, by the language of the text.

    Keeps the accents, which tell forms apart, and capitals where there is nothing else, as in acronyms.
    """
    return _atom("w", _as_asked(surface))


def slip_atom(surface: str) -> Atom:
    """Asks for the word in any of its forms, or with one typing slip in it."""
    return _atom("~", _as_asked(surface))


def _as_asked(surface: str) -> str:
    """A word as its forms are asked for."""
    form = written_form(surface)
    return form if form.isupper() else form.lower()


def plain_atom(surface: str) -> Atom:
    """Asks for the word as written, case and accents folded: no clitics, no other forms."""
    return _atom("p", fold(surface))


def prefix_atom(surface: str) -> Atom:
    """Asks for a word that begins so, folded."""
    return _atom("*", fold(surface))


def form_atom(surface: str) -> Atom:
    """Asks for exactly this form: accents count, and letter case does if ``surface`` has an upper-case letter."""
    form = written_form(surface)
    return _atom("^", form) if has_upper(form) else _atom("=", form.casefold())


def run_atom(characters: str) -> Atom:
    """Asks for these characters side by side, in a script without spaces."""
    return _atom("c", characters)


def opening_atom(characters: str) -> Atom:
    """Asks for these characters side by side; the last may be the beginning of one with further marks."""
    return _atom("d", characters)


def atoms_in(text: str, each: Callable[[str], Atom], last: Callable[[str], Atom] | None = None) -> tuple[Atom, ...]:
    """What adjacent words must answer to be the words of ``text``: ``each`` makes a word's atom, ``last`` the last's.

    An unbroken run of characters of a script without spaces is one atom, whatever ``each`` is.
    """
    parts: list[tuple[str, bool]] = []
    end = 0
    for start, following, surface in words(text):
        unspaced = is_unspaced(surface)
        if unspaced and parts and parts[-1][1] and not fold(text[end:start]):
            parts[-1] = (parts[-1][0] + fold(surface), True)
        else:
            parts.append((fold(surface) if unspaced else surface, unspaced))
        end = following
    made = [run_atom(part) if unspaced else each(part) for part, unspaced in parts]
    if last is not None and parts:
        part, unspaced = parts[-1]
        made[-1] = opening_atom(part) if unspaced else last(part)
    return tuple(made)


def is_run(atom: Atom) -> bool:
    """Whether an atom asks for a run of characters, which may be several words."""
    return atom[0] in "cd"


def has_upper(text: str) -> bool:
    """Whether a text has an upper-case letter."""
    return any(character.isupper() or character.istitle() for character in text)


class WordType(NamedTuple):
    """What is known about one word type in the texts of one family."""

    #: the folded word, and the words inside its clitics: what prefixes and slips are compared with
    folded: tuple[str, ...]
    #: as it is written, for ``=Word``
    form: str
    #: the keys of its forms
    given: tuple[str, ...]

    @property
    def as_written(self) -> tuple[Atom, Atom, Atom]:
        """The questions about how the word is written that it answers."""
        return Atom("p" + self.folded[0]), Atom("=" + self.form.casefold()), Atom("^" + self.form)


def _word_type(surface: str, family: str) -> WordType:
    """Work out what is known about a word type."""
    whole = fold(surface)
    folded = (whole, *bare_forms(whole))
    return WordType(
        folded, written_form(surface), forms.given(surface, family) if len(surface) <= _LONGEST_WORD else folded
    )


# Remembered word types are very many: as one string each they take a quarter of what their parts would.


def _packed(known: WordType) -> str:
    """A word type as one string; no part of it has a control character."""
    return "\2".join((*known.folded, f"\1{known.form}", *known.given))


def _unpacked(packed: str) -> WordType:
    """The word type that was packed."""
    folded, _, rest = packed.partition("\2\1")
    form, *given = rest.split("\2")
    return WordType(tuple(folded.split("\2")), form, tuple(given))


class _Characters(dict[str, str]):
    """Word → its folded characters if it is of a script without spaces, else a NUL, which no query asks for."""

    def __missing__(self, surface: str) -> str:
        found = fold(surface) if is_unspaced(surface) else "\0"
        if len(surface) <= _LONGEST_WORD:
            if len(self) >= _MEMO_SIZE:
                self.clear()
            self[surface] = found
        return found


class Analyser:
    """Remembers word types, so that each is analysed once a family; bounded. Not for several threads at once."""

    def __init__(self) -> None:
        self._types: dict[str, dict[str, str]] = {}
        self._remembered = 0
        self._characters = _Characters()
        self._asked: dict[tuple[Atom, str], tuple[str, ...]] = {}

    def word_type(self, surface: str, family: str) -> WordType:
        """What is known about a word type in the texts of a family."""
        known = self._types.get(family)
        if known is None:
            known = self._types[family] = {}
        packed = known.get(surface)
        if packed is not None:
            return _unpacked(packed)
        found = _word_type(surface, family)
        if len(surface) <= _LONGEST_WORD:
            if self._remembered >= _MEMO_SIZE:
                self._types.clear()
                self._remembered = 0
                known = self._types[family] = {}
            known[surface] = _packed(found)
            self._remembered += 1
        return found

    def characters(self, found: Iterable[str]) -> str:
        """The folded characters of words of scripts without spaces; a NUL for every other word."""
        return "".join(map(self._characters.__getitem__, found))

    def length(self, surface: str) -> int:
        """How many of ``characters`` are those of a word."""
        return len(self._characters[surface])

    def asked(self, atom: Atom, family: str) -> tuple[str, ...]:
        """The keys of which a word of a text of this family gives one, if it is a form of the atom's word."""
        found = self._asked.get((atom, family))
        if found is None:
            if len(self._asked) >= _MEMO_SIZE:
                self._asked.clear()
            found = self._asked[atom, family] = forms.asked(atom[1:], family)
        return found
