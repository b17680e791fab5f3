"""Chains of suffixes of the Turkic languages, taken off by their order, their harmony and what they stand behind.

::

    "қазақстандағылардың" ──дың, лар, дағы──▶ "қазақстандағылар", "қазақстандағы", "қазақстан"

A noun is stem, plural, possessive, case, each may be absent; behind a locative the chain begins anew (``-дағы``).
A suffix counts only where its first letter may stand behind the letter before it, and its vowel agrees with the vowel
before. Suffixes of verbs, of derivation and of the second person are left out: names hardly take them in news, and many
words end as if they had them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

#: letters that must stay of a word, and where a whole syllable is cut ("ошто" is "ош")
_LEAST = 3
_LEAST_SYLLABLE = 2
#: what is taken off, from the end of the word: a case, then a possessive, then a plural
_CASE, _POSSESSIVE, _PLURAL = 3, 2, 1
#: suffixes that do not agree: the Kazakh instrumental
_INVARIANT = frozenset({"мен", "бен", "пен"})


@dataclass(frozen=True, slots=True)
class Suffixes:
    """The suffixes of a language."""

    #: suffix → the part it is, and the letters behind which it stands
    parts: Mapping[str, tuple[tuple[int, frozenset[str]], ...]]
    #: vowel → those that may stand in the next syllable; one that is absent goes with all
    harmony: Mapping[str, frozenset[str]]
    vowels: frozenset[str]
    longest: int = field(default=0)


def bases(word: str, suffixes: Suffixes) -> Iterator[str]:
    """The words that a folded word may be a form of, without itself, each as it stands when one more part is off."""
    waiting = [(word, _CASE)]
    while waiting:
        rest, level = waiting.pop()
        for size in range(1, min(suffixes.longest, len(rest) - _LEAST_SYLLABLE) + 1):
            if len(rest) - size < _LEAST and (size == 1 or rest[-size] in suffixes.vowels):
                continue
            for part, behind in suffixes.parts.get(rest[-size:], ()):
                stem = rest[:-size]
                if abs(part) <= level and stem[-1] in behind and _agrees(stem, rest[-size:], suffixes):
                    yield stem
                    # a part below zero is a locative that went on: before it stands a whole chain less its case
                    waiting.append((stem, abs(part) - 1))


def _agrees(stem: str, suffix: str, suffixes: Suffixes) -> bool:
    """Whether the first vowel of a suffix may follow the last one of a stem; a stem has a vowel."""
    last = next((letter for letter in reversed(stem) if letter in suffixes.vowels), None)
    if suffix in _INVARIANT:
        return True
    first = next((letter for letter in suffix if letter in suffixes.vowels), None)
    if last is None:
        return False
    if stem.endswith("ев"):
        return True  # Russian names in -ев take either class
    return first is None or last not in suffixes.harmony or first in suffixes.harmony[last]


def _suffixes(
    plural: str, possessive: str, case: str, relative: str, *, stands: str, sounds: Mapping[str, str], harmony: str
) -> Suffixes:
    """Suffixes from templates.

    In a template an upper-case letter stands for each of its ``sounds``, and ``suffix/letters`` gives the letters that
    may stand before it; else ``stands`` says so, for the first letters of suffixes: ``first=before first=before``.
    ``harmony`` is written ``vowels=next vowels=next``.
    """
    before = {first: frozenset(letters) for firsts, letters in _pairs(stands) for first in firsts}
    parts: dict[str, tuple[tuple[int, frozenset[str]], ...]] = {}
    for part, templates in ((_PLURAL, plural), (_POSSESSIVE, possessive), (_CASE, case), (-_CASE, relative)):
        for template in templates.split():
            written, _, own = template.partition("/")
            for letters in product(*(sounds.get(letter, letter) for letter in written)):
                suffix = "".join(letters)
                one = (part, frozenset(own) or before[suffix[0]])
                parts[suffix] = (*parts.get(suffix, ()), one)
    goes = {vowel: frozenset(following) for vowels, following in _pairs(harmony) for vowel in vowels}
    return Suffixes(parts, goes, frozenset("аәеёиоөуүұыіэюяaeiouə"), max(map(len, parts)))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for one in text.split():
        left, _, right = one.partition("=")
        yield left, right


#: K. Muhamedowa, Kazakh: A Comprehensive Grammar, chapters on nouns: harmony, plural, possessives, cases
_KAZAKH = _suffixes(
    plural="лAр дAр тAр",
    possessive="сI I мIз/аәеыі IмIз",
    case=(
        "нIң дIң тIң нI дI тI н/ыі ға ге қа ке нA/ыі а/м е/м дA тA ндA/ыі дAн тAн нAн/мнңыі мен/аәеоөуүұыіиюялрймнң"
        " бен/зж пен/пфкқтсшщчцхбвгд"
    ),
    relative="дағы дегі тағы тегі ндағы/ыі ндегі/ыі",
    stands=(
        "л=аәеёиоөуүұыіэюярй д=лзжмнңрйуюияаәеоөыіэ т=пфкқтсшщчцхһбвгд н=аәеёиоөуүұыіэюямнң с=аәеёоөиыіэяую"
        " ғг=аәеёиоөуүұыіэюялмнңрйзж қк=пфкқтсшщчцхһбвгд ыі=бвгғджзйклмнңпрстуфхцчшщ"
    ),
    sounds={"A": "ае", "I": "ыі"},
    harmony="аоұыя=аыо әеөүіэ=еі",
)
#: R. Z. Abazov; R. J. Hebert and N. Poppe, Kirghiz Manual: fourfold harmony, plural, possessives, cases
_KIRGHIZ = _suffixes(
    plural="лAр дAр тAр",
    possessive="сI I бIз/аеоөуүыи IбIз",
    case="нIн дIн тIн нI дI тI н/ыиуү гA кA нA/ыиуү A/мң дA тA ндA/ыиуү дAн тAн нAн/ыиуү",
    relative="дAгI тAгI ндAгI/ыиуү",
    stands=(
        "л=аеёиоөуүыэюяйр д=лзжмнңрйвгаеоөуүыиэюя т=пфктсшщчцхбвгд н=аеёиоөуүыэюя с=аеёиоөуүыэюя"
        " г=аеёиоөуүыэюялмнңрйзжвг к=пфктсшщчцхбвгд ыиуү=бвгджзйклмнңпрстфхцчшщ аеоө=мң"
    ),
    sounds={"A": "аеоө", "I": "ыиуү"},
    harmony="аыя=аы еиэ=еи о=оу у=ау өү=өү",
)
#: G. Lewis, Turkish Grammar: plural, possessives, cases, -ki; folded, so that ı is i, ü is u and ö is o
_TURKISH = _suffixes(
    plural="lAr",
    possessive="sI I ImIz mIz/aeiou",
    case="In nIn yI I A yA nA/iu nI/iu dA tA ndA/iu dAn tAn ndAn/iu lA ylA",
    relative="dAki tAki ndAki/iu",
    stands=(
        "l=abcdefghijklmnopqrstuvwxyz d=aeioubcdgjlmnrvyz t=fstkchp n=aeiou s=aeiou y=aeiou iuae=bcdfghjklmnpqrstvwxyz"
    ),
    sounds={"A": "ae", "I": "iu"},
    harmony="a=aiu e=eiu",
)
#: L. Öztopçu, Elementary Azerbaijani: as in Turkish; folded, so that ə is e
_AZERBAIJANI = _suffixes(
    plural="lAr",
    possessive="sI I ImIz mIz/aeiou",
    case="In nIn yI I nI/aeiou A yA nA/iu dA ndA/iu dAn ndAn/iu lA ylA",
    relative="dAki ndAki/iu",
    stands="ld=abcdefghijklmnopqrstuvxyz nsy=aeiou iuae=bcdfghjklmnpqrstvxyz",
    sounds={"A": "ae", "I": "iu"},
    harmony="a=aiu e=eiu",
)
_UZBEK_LETTERS = "abcdefghijklmnopqrstuvxyz'"
#: K. Ismatullayev; A. J. Bodrogligeti, A Modern Literary Uzbek Grammar: no harmony; ga is ka and qa behind k and q
_UZBEK = _suffixes(
    plural="lar",
    possessive="si i/bcdfghjklmnpqrstvxyz' imiz miz/aeiou",
    case="ning ni ga ka/k qa/q da dan gacha",
    relative="dagi",
    stands=f"lng={_UZBEK_LETTERS} d={_UZBEK_LETTERS} s=aeiou i=bcdfghjklmnpqrstvxyz'",
    sounds={},
    harmony="",
)
#: N. Poppe, Tatar Manual: plural, possessives, cases
_TATAR = _suffixes(
    plural="лAр нAр",
    possessive="сI I",
    case="нIң нI н/ые гA кA нA/ые дA тA ндA/ые дAн тAн нAн ннAн/ые",
    relative="дагы дәге тагы тәге ндагы/ые ндәге/ые",
    stands=(
        "л=аәеёиоөуүыэюябвгджзйклпрстфхцчшщ д=аәеёиоөуүыэюялзжрйв т=пфктсшщчцхбгд н=аәеёиоөуүыэюямнң"
        " с=аәеёиоөуүыэюя г=аәеёиоөуүыэюялмнңрйзжв к=пфктсшщчцхбгд ые=бвгджзйклмнңпрстфхцчшщ"
    ),
    sounds={"A": "аә", "I": "ые"},
    harmony="аоуыя=аы әеөүиэ=әе",
)

LANGUAGES: Mapping[str, Suffixes] = {
    "kk": _KAZAKH, "ky": _KIRGHIZ, "tr": _TURKISH, "az": _AZERBAIJANI, "uz": _UZBEK, "tt": _TATAR,
}  # fmt: skip
