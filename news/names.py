"""Which words of a sentence are names. Pure; modest where a script has no capitals.

::

    Names(rules, texts) ──flags(sentence, lexemes)──▶ a name? for each lexeme

A capital in mid-sentence makes a name, unless the language writes titles so, or all of the sentence's words. At the
beginning of a sentence it takes more: the same word with a capital elsewhere in mid-sentence, and never without, or
another name behind it. German nouns need a title, a neighbour, a preposition or a verb of saying beside them. Without
capitals, names are what is written in Katakana, what is written with a name's dot, and what stands beside a title.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from news.changerules import Rules, key
from news.lexemes import Lexeme, LexemeKind
from news.text import bare_forms

_BEGINS: Final = re.compile(r"[.!?…:\"“”„«‹「『\n]|(?:^|\s)['‘(\[-–—]|^\s*[-–—]")
_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]")
#: share of a sentence's longer words with a capital, from which a capital says nothing
_ALL_CAPITALS: Final = 0.7
_FEWEST_WORDS: Final = 4
_LONGER: Final = 3
#: occurrences of a word that are looked at
_MOST_LOOKS: Final = 24
#: letters that two forms of one name share at least
_STEM: Final = 4
_PREPOSITIONS: Final = frozenset({"in", "aus", "nach", "bei", "von", "gegen", "für", "über", "mit", "um", "durch"})


class Names:
    """Knows names by the texts that they stand in."""

    def __init__(self, rules: Rules, texts: Sequence[str]) -> None:
        self._rules = rules
        self._texts = texts
        self._known: dict[str, bool] = {}
        self._small: dict[str, bool] = {}
        self._full: dict[str, bool] = {}

    def flags(self, sentence: str, found: Sequence[Lexeme]) -> list[bool]:
        """For each lexeme whether it is (part of) a name."""
        capital = [one.kind is LexemeKind.WORD and _capital(sentence[one.start : one.end]) for one in found]
        if not any(capital):
            return [one.kind is LexemeKind.WORD and _unlettered(sentence, one) for one in found]
        everywhere = not self._rules.nouns and _everywhere(sentence, found)
        return [
            (has and self._is_name(sentence, found, capital, at, everywhere=everywhere))
            or (not has and bool(_KATAKANA.match(found[at].key)))
            for at, has in enumerate(capital)
        ]

    def same(self, one: str, other: str) -> bool:
        """Whether two keys are forms of one name: possessives, and the cases of the language."""
        if (
            one == other
            or one in bare_forms(other)
            or other in bare_forms(one)
            or set(bare_forms(one)) & set(bare_forms(other))
        ):
            return True
        shared = 0
        for left, right in zip(one, other, strict=False):
            if left != right:
                break
            shared += 1
        endings = self._rules.endings
        return shared >= min(_STEM, len(one), len(other)) and one[shared:] in endings and other[shared:] in endings

    def _is_name(
        self, sentence: str, found: Sequence[Lexeme], capital: Sequence[bool], at: int, *, everywhere: bool
    ) -> bool:
        one = found[at]
        surface = sentence[one.start : one.end]
        if one.key in self._rules.titles:
            return False
        if everywhere:
            return self._elsewhere(surface)
        if len(surface) > 1 and surface.isupper():
            return True
        if self._rules.nouns:
            return self._is_german_name(sentence, found, capital, at)
        if at and not _BEGINS.search(sentence, found[at - 1].end, one.start):
            return True
        beside = at + 1 < len(found) and capital[at + 1] and sentence[one.end : found[at + 1].start] == " "
        return self._elsewhere(surface) or (beside and not self._written_small(surface))

    def _is_german_name(self, sentence: str, found: Sequence[Lexeme], capital: Sequence[bool], at: int) -> bool:
        word = found[at].key
        before = found[at - 1].key if at and not sentence[found[at - 1].end : found[at].start].strip() else ""
        after = at + 1 < len(found) and sentence[found[at].end : found[at + 1].start] == " "
        if before in self._rules.titles:
            return True
        if word.endswith(self._rules.noun_endings):
            return False
        if before and capital[at - 1] and before not in self._rules.determiners | self._rules.openers:
            return True
        if before in self._rules.determiners or self._written_small(sentence[found[at].start : found[at].end]):
            return False
        if after and capital[at + 1] and not found[at + 1].key.endswith(self._rules.noun_endings):
            return True
        keys = [one.key for one in found]
        said = self._rules.attributions.at(keys, at + 1), self._rules.attributions.at(keys, at - 1) if at else None
        surface = sentence[found[at].start : found[at].end]
        return before in _PREPOSITIONS or any(one and one[1] == "say" for one in said) or self._in_full(surface)

    def _in_full(self, surface: str) -> bool:
        """Whether a German word stands behind a first name somewhere: behind a capital that is no common noun's."""
        known = self._full.get(surface)
        if known is None:
            bare = surface.removesuffix("s") if len(surface) > _STEM else surface
            behind = re.compile(rf"(?<!\w)([^\W\d_]{{3,}}) {re.escape(bare)}s?(?!\w)")
            known = self._full[surface] = any(
                first[1][0].isupper() and not self._is_common(first[1])
                for text in self._texts
                for first in islice(behind.finditer(text), _MOST_LOOKS)
            )
        return known

    def _is_common(self, surface: str) -> bool:
        word = key(surface)
        common = self._rules.determiners | self._rules.openers | self._rules.dates.months.keys()
        return word in common or word.endswith(self._rules.noun_endings) or self._written_small(surface)

    def _elsewhere(self, surface: str) -> bool:
        """Whether a word stands with its capital in the middle of a sentence somewhere, and never small."""
        known = self._known.get(surface)
        if known is None:
            known = any(_stands(surface, text, middle=True) for text in self._texts)
            known = self._known[surface] = known and not self._written_small(surface)
        return known

    def _written_small(self, surface: str) -> bool:
        known = self._small.get(surface)
        if known is None:
            small = surface[0].lower() + surface[1:]
            known = self._small[surface] = any(_stands(small, text) for text in self._texts)
        return known


def _stands(word: str, text: str, *, middle: bool = False) -> bool:
    """Whether a text has a word, behind another in its sentence if ``middle``; looked for at a few places."""
    at = text.find(word)
    for _ in range(_MOST_LOOKS):
        if at < 0:
            return False
        before, after = text[max(0, at - 2) : at], text[at + len(word) : at + len(word) + 1]
        alone = not after.isalnum() and not before[-1:].isalnum()
        if alone and (not middle or (before[-1:] == " " and (before[:1].isalnum() or before[:1] in ",;"))):
            return True
        at = text.find(word, at + 1)
    return False


def _capital(surface: str) -> bool:
    """Whether a word, or the word behind its elided article, begins with a capital."""
    if surface[0].isupper():
        return True
    _, apostrophe, rest = surface.replace("’", "'").partition("'")
    return bool(apostrophe) and rest[:1].isupper()


def _everywhere(sentence: str, found: Sequence[Lexeme]) -> bool:
    """Whether nearly every longer word of a sentence has a capital, as in a heading."""
    longer = [one for one in found if one.end - one.start > _LONGER and one.kind is LexemeKind.WORD]
    if len(longer) < _FEWEST_WORDS:
        return False
    return sum(sentence[one.start].isupper() for one in longer) >= _ALL_CAPITALS * len(longer)


def _unlettered(sentence: str, one: Lexeme) -> bool:
    """Whether a word of a script without capitals is written as names are."""
    if _KATAKANA.match(one.key):
        return True
    around = sentence[max(0, one.start - 1) : one.start] + sentence[one.end : one.end + 1]
    return "·" in around or "・" in around
