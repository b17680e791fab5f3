"""What an article brings to the question whether two stories report one event. Pure.

::

    title, text, language, time, vector ──evidence──▶ Evidence(vector, words, names, figures, language, at)
                                                      Evidence ──packed──▶ JSON, for the store ──unpacked──▶ Evidence

Beside the vector, which knows what a text is about, stand the things by which two events of one kind differ: words
that few others use, names, figures. **Words** are the first letters of folded words, so that most endings fall.
**Names** are words with a capital where a sentence does not ask for one, written by how they sound, so that "Токаевтың"
and "Tokayev" are one: a Latin or Cyrillic letter is one of thirteen sounds, vowels are one sound, and what follows the
fifth is an ending. **Figures** are numbers without their separators of thousands, with a point for decimals.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from news.embedding import Vector
from news.text import fold, is_unspaced, surfaces, words

#: grows when the words, names or figures of a text are found otherwise; evidence of two versions is never compared
VERSION: Final = 1

#: code points of title and of text that are looked at
_TITLE_LIMIT: Final = 500
_TEXT_LIMIT: Final = 1_500
#: of one article at most
_MOST_WORDS: Final = 160
_MOST_NAMES: Final = 40
_MOST_FIGURES: Final = 24
#: letters by which a word is known
_STEM: Final = 6
_SHORTEST_WORD: Final = 3
#: sounds by which a name is known, and how few are none
_SOUNDS: Final = 5
_FEWEST_SOUNDS: Final = 3
#: a figure of more is an account number
_MOST_DIGITS: Final = 12
#: part of a title's words that have capitals from which on they say nothing
_HEADLINE_CASE: Final = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is compared of one article; compared by identity, for vectors have no one truth of equality."""

    vector: Vector
    #: first letters of words, each once
    words: frozenset[str]
    #: names by their sound, each behind an @, so that no name is taken for a word
    names: frozenset[str]
    #: words that have a capital because a sentence begins, by their sound: a name, or any word
    openers: frozenset[str]
    #: numbers in one form, each behind a #
    figures: frozenset[str]
    #: BCP 47 in lower case, or None
    language: str | None
    #: aware: published, else first seen; None: unknown
    at: datetime | None

    @property
    def terms(self) -> Iterable[str]:
        """Everything whose rarity counts, by kind."""
        yield from self.words
        yield from self.names | self.openers
        yield from self.figures


def evidence(title: str, text: str, language: str | None, at: datetime | None, vector: Vector) -> Evidence:
    """What an article brings. Time is linear in a bounded part of the text; no text raises."""
    head, body = title[:_TITLE_LIMIT], text[:_TEXT_LIMIT]
    names, openers = _names(head, body)
    return Evidence(
        vector=vector,
        words=_content_words(f"{head}\n{body}"),
        names=names,
        openers=openers,
        figures=_figures(f"{head}\n{body}"),
        language=None if language is None else language.partition("-")[0],
        at=at,
    )


def packed(one: Evidence) -> dict[str, Any]:
    """Evidence without its vector, as JSON can hold it: at most some 2 kB."""
    return {
        "v": VERSION,
        "w": " ".join(sorted(one.words)),
        "n": " ".join(sorted(one.names)),
        "o": " ".join(sorted(one.openers)),
        "f": " ".join(sorted(one.figures)),
        "l": one.language,
        "t": None if one.at is None else one.at.astimezone(UTC).isoformat(),
    }


def unpacked(stored: dict[str, Any], vector: Vector) -> Evidence:
    """The evidence of ``packed``; ValueError where it is of another version or none."""
    if stored.get("v") != VERSION:
        raise ValueError(f"evidence of version {stored.get('v')!r}, not {VERSION}")
    try:
        at = stored["t"]
        return Evidence(
            vector=vector,
            words=frozenset(stored["w"].split()),
            names=frozenset(stored["n"].split()),
            openers=frozenset(stored["o"].split()),
            figures=frozenset(stored["f"].split()),
            language=stored["l"],
            at=None if at is None else datetime.fromisoformat(at),
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"not stored evidence ({error})") from error


def _content_words(text: str) -> frozenset[str]:
    """The stems of the first words; in scripts without spaces, each two characters that stand together."""
    found: dict[str, None] = {}
    before = ""
    for surface in surfaces(text):
        folded = fold(surface).strip()
        if is_unspaced(surface):
            if before:
                found[before + folded] = None
            before = folded
        else:
            before = ""
            if len(folded) >= _SHORTEST_WORD and not folded[0].isdigit():
                found["".join(folded[:_STEM].split())] = None
        if len(found) >= _MOST_WORDS:
            break
    return frozenset(found) - {""}


# ── figures

#: thousands parted by blanks: 12 000
_BLANKS: Final = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ \u00a0\u2009\u202f]\d{3})++)(?![\d])")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")


def _figures(text: str) -> frozenset[str]:
    found: dict[str, None] = {}
    for surface in surfaces(_BLANKS.sub(lambda match: "".join(match[0].split()), text)):
        if surface[0].isdigit() and (figure := _figure(fold(surface))) is not None:
            found[f"#{figure}"] = None
            if len(found) >= _MOST_FIGURES:
                break
    return frozenset(found)


def _figure(written: str) -> str | None:
    """A number in one form: 1.000.000 and 1,000,000; 5,80 and 5.8. None for what is no number."""
    digits = written.replace(".", "").replace(",", "")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _MOST_DIGITS:
        return None
    if digits == written or _THOUSANDS.fullmatch(written):
        return digits.lstrip("0") or "0"
    whole, _, decimals = written.replace(",", ".").rpartition(".")
    decimals = decimals.rstrip("0")
    whole = whole.replace(".", "").lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


# ── names

#: after these a capital says nothing
_SENTENCE_END: Final = re.compile(r"[.!?…:;\n\"«“„(\[—–-]\s*\Z")
_ACRONYM: Final = re.compile(r"[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]{2,6}")


def _names(title: str, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names amid sentences, and other words with a capital; by sound, and none that also stands without a capital.

    A title in which most words have capitals has no names; a text whose script has no capitals has neither.
    """
    #: whether a word stands amid a sentence
    capitals: dict[str, bool] = {}
    plain: set[str] = set()
    for part in (title, text):
        listed = words(part)
        raised = [word.surface[0].isupper() for word in listed]
        shouted = sum(raised) > _HEADLINE_CASE * len(listed)
        loud = part.isupper()
        end = 0
        for word, high in zip(listed, raised, strict=True):
            if not high:
                plain.add(word.surface)
            elif not shouted or (_ACRONYM.fullmatch(word.surface) and not loud):
                amid = shouted or _amid(part, end, word.start) or _ACRONYM.fullmatch(word.surface) is not None
                capitals[word.surface] = capitals.get(word.surface, False) or amid
            end = word.end
    found: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for surface, amid in capitals.items():
        if surface.lower() not in plain and (sound := sound_of(surface)) is not None and len(found[amid]) < _MOST_NAMES:
            found[amid][f"@{sound}"] = None
    names = frozenset(found[True])
    return names, frozenset(found[False]) - names


def _amid(text: str, end: int, start: int) -> bool:
    """Whether a word that starts there goes on with the sentence of the one that ended before."""
    return end > 0 and _SENTENCE_END.search(text, end - 1, start) is None


#: letters of more than one sound, or of another beside certain letters; replaced in this order
_CLUSTERS: Final = (
    ("sch", "s"), ("dzh", "s"), ("tch", "s"), ("дж", "s"), ("тч", "s"), ("kh", "k"), ("sh", "s"), ("ch", "s"),
    ("zh", "s"), ("ph", "v"), ("th", "t"), ("gh", "k"), ("ck", "k"), ("ts", "s"), ("tz", "s"), ("dj", "s"),
    ("ce", "sa"), ("ci", "sa"), ("cy", "sa"), ("qu", "kv"), ("тс", "s"), ("кс", "ks"),
)  # fmt: skip
_SINGLE: Final = str.maketrans({
    letter: sound
    for sound, letters in {
        "a": "aeiouyаеиоуыэюяйіұүөәў",
        "p": "bpбп",
        "v": "fvwвф",
        "k": "cghkqгкхқғһ",
        "t": "dtдт",
        "s": "jszжзсцчшщ",
        "l": "lл",
        "r": "rр",
        "m": "mм",
        "n": "nнң",
    }.items()
    for letter in letters
} | {"x": "ks", "ъ": "", "ь": "", "'": "", "ё": "a"})  # fmt: skip
_SOUNDED: Final = re.compile(r"[apvktslrmn]+")
_TWICE: Final = re.compile(r"(.)\1+")


def sound_of(name: str) -> str | None:
    """How a Latin or Cyrillic name sounds, roughly: "Almaty", "Алматыда" → "almat". None for too little of a sound."""
    folded = fold(name)
    for cluster, sound in _CLUSTERS:
        folded = folded.replace(cluster, sound)
    sounds = _TWICE.sub(r"\1", folded.translate(_SINGLE))
    if not _SOUNDED.fullmatch(sounds):
        return None
    key = sounds[:_SOUNDS].rstrip("a")
    return key if len(key) >= _FEWEST_SOUNDS else None
