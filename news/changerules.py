"""What tells changes of a text apart, in each language: ``rules/changes/*.toml`` with types.

::

    word as written ──key──▶ the form in which it is compared
    language ──rules_of──▶ Rules(numbers, dates, negations, attributions, names, corrections, boilerplate)

A text whose language has no table is read by that of its script: digits, dates in figures and what all languages share
are known then, words of other languages are not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from itertools import product
from typing import Any, Final

from news.languages import bucket
from news.rules import load
from news.text import fold, surfaces, written_form

#: languages with a table of their own
LANGUAGES: Final = ("en", "id", "ru", "kk", "de", "fr", "es", "ar", "zh")
#: scripts where letter case and accents are no question, and folding is the form
_CASELESS: Final = re.compile("[\u0590-\u1dff\u2e80-\U0010ffff]")
_MASKED: Final = re.compile(r"\d+(?:[.,\u00a0\u202f']\d+)*")
_NO_WORD: Final = re.compile(r"[^\w#:©']+|_+")
_SHORTEST_NAME_OF_DAY: Final = 4


@lru_cache(maxsize=1 << 16)
def key(surface: str) -> str:
    """The form in which two words are compared: letter case and kinds of apostrophe fall, accents stay."""
    if surface.isascii():
        return surface.lower().replace("`", "'")
    if _CASELESS.search(surface):
        return fold(surface)
    return written_form(surface).casefold().replace("ё", "е")


@lru_cache(maxsize=1024)
def masked(line: str) -> str:
    """A line as the tables of boilerplate know it: letter case and punctuation gone, ``#`` for each number."""
    if len(line) > _LONGEST_MASKED:
        return ""
    plain = _MASKED.sub("#", key(line)).replace("-", " ").replace("’", "'")
    return " ".join(_NO_WORD.sub(" ", plain.replace(":", " : ")).split())


#: a longer line is no boilerplate
_LONGEST_MASKED: Final = 600


class Phrases:
    """Phrases of one or more words, each with what it means; found in a row of keys."""

    def __init__(self, meanings: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, meaning in meanings:
            if keys := tuple(key(word) for word in surfaces(phrase)):
                self._by_first.setdefault(keys[0], []).append((keys, meaning))
        for found in self._by_first.values():
            found.sort(key=lambda one: -len(one[0]))

    @property
    def firsts(self) -> frozenset[str]:
        """The keys with which a phrase begins."""
        return frozenset(self._by_first)

    def all(self, keys: Sequence[str]) -> dict[int, tuple[int, str]]:
        """Every place where a phrase begins: how many words it has there, and what it means."""
        first = self._by_first
        return {at: found for at, one in enumerate(keys) if one in first and (found := self.at(keys, at))}

    def at(self, keys: Sequence[str], start: int) -> tuple[int, str] | None:
        """The longest phrase that begins at ``start``: how many words it has, and what it means."""
        for phrase, meaning in self._by_first.get(keys[start], ()) if start < len(keys) else ():
            if len(phrase) == 1 or tuple(keys[start : start + len(phrase)]) == phrase:
                return len(phrase), meaning
        return None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a language writes numbers."""

    #: the sign before a fraction; the other one parts thousands
    decimal: str
    #: whether a blank parts thousands
    blanks: bool
    #: word → value; words of one number are added
    values: Mapping[str, Decimal]
    #: word → what the word before it is multiplied by, within a thousand
    times: Mapping[str, Decimal]
    #: words that add ten to the one before
    teens: frozenset[str]
    #: word → what all before it is multiplied by
    scales: Mapping[str, Decimal]
    ordinals: Mapping[str, Decimal]
    #: what makes figures an ordinal: behind them, before them
    ordinal_endings: frozenset[str]
    ordinal_leads: frozenset[str]
    #: words that are numbers only where another number stands against them
    weak: frozenset[str]
    #: numbers that nobody counted: dozens
    vague: Phrases
    between: frozenset[str]
    #: the letter by which the second of two number words is joined to the first (Arabic)
    joined: str
    #: eighty is four twenties (French)
    twenties: bool
    #: numbers are written in ideographs; the words behind which a single one is a number
    ideographic: bool
    measures: frozenset[str]
    units: Phrases
    #: what a number counts, so that it is no year
    counted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dates:
    """How a language names times."""

    #: 1 to 12
    months: Mapping[str, int]
    #: months that are other words too, and say nothing alone
    not_months: frozenset[str]
    days: Phrases
    before_year: frozenset[str]
    after_year: frozenset[str]
    clock: frozenset[str]
    before_clock: frozenset[str]
    ago: Phrases
    before_ago: Phrases
    #: seconds to weeks, the units of "2 hours ago"
    moments: Phrases
    #: articles that stand for one before a unit of time
    one: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Everything by which changes of a text in one language are told apart; compared by identity."""

    language: str
    numbers: Numbers
    dates: Dates
    #: every key with which a number or a time in words can begin
    special: frozenset[str]
    negations: Phrases
    #: words that end so are negations
    negation_ending: re.Pattern[str] | None
    #: attributions, each with its kind (say, source, claim, deny, confirm, hedge)
    attributions: Phrases
    #: capitalised words that are no names
    titles: frozenset[str]
    #: whether every noun has a capital, and by what a common noun is known
    nouns: bool
    determiners: frozenset[str]
    #: words that begin a sentence before a noun
    openers: frozenset[str]
    noun_endings: tuple[str, ...]
    #: endings of one name in its cases
    endings: frozenset[str]
    #: masked beginnings of a correction, and phrases anywhere in one
    correction_starts: tuple[str, ...]
    correction_has: tuple[str, ...]
    #: masked lines, beginnings of lines, and headings above lists of links
    boilerplate: frozenset[str]
    boilerplate_starts: tuple[str, ...]
    headings: frozenset[str]
    abbreviations: frozenset[str]
    #: whether a full stop behind figures makes an ordinal
    ordinal_stop: bool
    #: case-folded phrases of pages that stand in an article's place: consent, paywall, challenge, gone
    pages: Mapping[str, tuple[str, ...]]


def rules_of(language: str | None) -> Rules:
    """The rules for a language tag; those of English where the language has none."""
    known = bucket(language) if language else None
    return _rules(known if known in LANGUAGES else _RELATED.get(known or "", "en"))


#: languages without a table, and the one whose script and figures come nearest
_RELATED: Final = {
    "uk": "ru", "be": "ru", "bg": "ru", "sr": "ru", "mk": "ru", "ky": "kk", "tt": "kk", "nl": "de", "da": "de",
    "sv": "de", "no": "de", "it": "es", "pt": "es", "ca": "es", "gl": "es", "ro": "es", "fa": "ar", "ur": "ar",
    "ja": "zh", "tr": "id",
}  # fmt: skip


@cache
def _rules(language: str) -> Rules:
    table, common = load(f"changes/{language}"), load("changes/common")
    negation, names, lines = table["negation"], table["names"], table["boilerplate"]
    corrections, sentences = table["corrections"], table["sentences"]
    numbers, dates = _numbers(table["numbers"], common), _dates(language, table["dates"])
    return Rules(
        language=language,
        numbers=numbers,
        dates=dates,
        special=_special(numbers, dates),
        negations=Phrases(
            [(word, "not") for word in [*negation["words"], *negation.get("apart", ())]]
            + [(phrase, "") for phrase in negation["never"]]
        ),
        negation_ending=re.compile(negation["ending"]) if "ending" in negation else None,
        attributions=Phrases((phrase, kind) for kind, phrases in table["attribution"].items() for phrase in phrases),
        titles=_keys(names["titles"]),
        nouns=names.get("nouns", False),
        determiners=_keys(names.get("determiners", ())),
        openers=_keys(names.get("openers", ())),
        noun_endings=tuple(names.get("noun_endings", ())),
        endings=frozenset(names.get("endings", ())),
        correction_starts=tuple(map(masked, corrections["starts"])),
        correction_has=tuple(map(masked, corrections["has"])),
        boilerplate=frozenset(map(masked, [*lines["whole"], *common["boilerplate"]["whole"], *lines["headings"]])),
        boilerplate_starts=tuple(map(masked, [*lines["starts"], *common["boilerplate"]["starts"]])),
        headings=frozenset(map(masked, lines["headings"])),
        abbreviations=frozenset(sentences["abbreviations"]),
        ordinal_stop=sentences.get("ordinal_stop", False),
        pages={kind: tuple(phrase.casefold() for phrase in phrases) for kind, phrases in table["pages"].items()},
    )


def _special(numbers: Numbers, dates: Dates) -> frozenset[str]:
    counting = {*numbers.values, *numbers.times, *numbers.scales}
    found = counting | numbers.vague.firsts | numbers.ordinals.keys() | numbers.ordinal_leads
    found |= {numbers.joined + word for word in counting} if numbers.joined else set()
    found |= set("零〇一壹二两兩贰三叁四五六七八九十百千") if numbers.ideographic else set()
    return frozenset(
        found | dates.days.firsts | dates.months.keys() | dates.before_ago.firsts | dates.moments.firsts | dates.one
    )


def _numbers(table: Mapping[str, Any], common: Mapping[str, Any]) -> Numbers:
    values = _values(table.get("values", ()))
    if joint := table.get("compound"):
        values |= _compounds(values, joint)
    return Numbers(
        decimal=table["decimal"],
        blanks=table.get("blanks", False),
        values=values,
        times=_values(table.get("times", ())),
        teens=_keys(table.get("teens", ())),
        scales=_values(table.get("scales", ())),
        ordinals=_values(table.get("ordinals", ())),
        ordinal_endings=_keys(table.get("ordinal_endings", ())),
        ordinal_leads=_keys(table.get("ordinal_leads", ())),
        weak=_keys(table.get("weak", ())),
        vague=Phrases((form, group.split()[0]) for group in table["vague"] for form in group.split()),
        between=_keys(table.get("between", ())),
        joined=table.get("joined", ""),
        twenties=table.get("twenties", False),
        ideographic=table.get("ideographic", False),
        measures=frozenset(table.get("measures", "")),
        units=Phrases(
            (phrase, unit)
            for unit, groups in common["units"].items()
            for group in groups.split(";")
            for phrase in ([group] if unit != "knot" else group.split())
        ),
        counted=_keys(common["counted"]["words"]),
    )


def _values(groups: Iterable[str]) -> dict[str, Decimal]:
    """Each form of "26 form form" → 26."""
    return {key(form): Decimal(value) for value, *forms in map(str.split, groups) for form in forms}


def _compounds(values: Mapping[str, Decimal], joint: str) -> dict[str, Decimal]:
    """Numbers to 999 that are written as one word, units before tens: hundertvierundsechzig."""
    small = {("ein" if value == 1 else word): value for word, value in values.items() if 0 < value < 10}  # noqa: PLR2004
    tens = {word: value for word, value in values.items() if 10 <= value < 100}  # noqa: PLR2004
    below = {
        f"{unit}{joint}{ten}": one + value
        for (unit, one), (ten, value) in product(small.items(), tens.items())
        if value >= 20  # noqa: PLR2004
    }
    below |= tens | {word: value for word, value in values.items() if 1 <= value < 10}  # noqa: PLR2004
    hundreds = {f"{unit}hundert": one * 100 for unit, one in small.items()} | {"hundert": Decimal(100)}
    whole = {
        f"{hundred}{rest}": many + value for (hundred, many), (rest, value) in product(hundreds.items(), below.items())
    }
    return below | hundreds | whole


def _dates(language: str, table: Mapping[str, Any]) -> Dates:
    named = load("dates")
    months = {
        key(form): number for number, forms in enumerate(named["months"].get(language, ()), 1) for form in forms.split()
    }
    for group in table.get("months", ()):
        number, *forms = group.split()
        months |= {key(form): int(number) for form in forms}
    weekdays = [(day, day) for day in named["weekdays"].get(language, "").split() if len(day) >= _SHORTEST_NAME_OF_DAY]
    weekdays += [(form, group.split()[0]) for group in table.get("weekdays", ()) for form in group.split()]
    return Dates(
        months=months,
        not_months=_keys(table["not_months"]),
        days=Phrases([*weekdays, *((day, day) for day in table["days"])]),
        before_year=_keys(table["before_year"]),
        after_year=_keys(table["after_year"]),
        clock=_keys(table["clock"]),
        before_clock=_keys(table["before_clock"]),
        ago=Phrases((phrase, "") for phrase in table["ago"]),
        before_ago=Phrases((phrase, "") for phrase in table["before_ago"]),
        moments=Phrases((word, "") for word in table["moments"]),
        one=_keys(table.get("one", ())),
    )


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(key, words))
