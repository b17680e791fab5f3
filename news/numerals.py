"""Numbers as texts write them, in figures and in words. Pure.

::

    Row(words of a sentence, keys, gaps) ──numeral(at a word)──▶ Numeral(end, key, …) or None

"26", "twenty-six", "двадцать шесть" and "sechsundzwanzig" have one key; so have "1.5 million" and "1,500,000", where
the language parts thousands so, and "26%" and "26 per cent". Ordinals and numbers that nobody counted ("dozens",
"belasan") have keys of their own. A unit that is measured in belongs to its number; what is counted does not.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from news.changerules import Rules
from news.ideographs import MYRIADS, ideographs
from news.text import Word

_FIGURES: Final = re.compile(r"\d[\d.,]*")
_MIXED: Final = re.compile(r"([^\W\d_]{0,3})(\d[\d.,]*)([^\W\d_]{0,4})")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_MANY_GROUPS: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+")
_CURRENCIES: Final = "$€£¥₽₸₹₺￥"
_SIGNS: Final = "%‰٪％°"
_HYPHENS: Final = ("-", "‐", "‑")
_DASHES: Final = "-‐‑‒–—−"
#: more digits are an account number, compared as written
_MOST_DIGITS: Final = 30
_MOST_WORDS: Final = 14
_MOST_GROUPS: Final = 8
#: letters behind figures that are a unit, whichever: 5m, 10C
_UNKNOWN_UNIT: Final = 2
_TEN: Final = Decimal(10)


class Row(NamedTuple):
    """The words of a sentence as they are read."""

    text: str
    words: Sequence[Word]
    keys: Sequence[str]

    def gap(self, index: int) -> str:
        """What stands before a word; behind the last one for an index past it."""
        start = self.words[index - 1].end if index else 0
        return self.text[start : self.words[index].start] if index < len(self.words) else self.text[start:]


class Numeral(NamedTuple):
    """A number that begins at a word."""

    #: index behind its last word
    end: int
    key: str
    #: code points that belong to it before its first word and behind its last
    before: int
    after: int
    #: a number only where another number stands against it
    weak: bool
    #: figures alone, as written: a year may be
    figures: str


def numeral(row: Row, at: int, rules: Rules) -> Numeral | None:
    """The number that begins at a word of the row, with its unit; None where there is none."""
    first = row.keys[at]
    if first[-1:].isdigit() or first[:1].isdigit():
        return _in_figures(row, at, rules)
    if vague := rules.numbers.vague.at(row.keys, at):
        end = at + vague[0]
        factor, end = _scaled(row, end, rules)
        return Numeral(end, f"#~{vague[1]}*{_plain(factor)}", 0, 0, weak=False, figures="")
    return _in_ideographs(row, at, rules) if rules.numbers.ideographic else _in_words(row, at, rules)


def _in_figures(row: Row, at: int, rules: Rules) -> Numeral | None:
    first = row.keys[at]
    mixed = _MIXED.fullmatch(first)
    if mixed is None or (mixed[1] and not rules.numbers.units.at([mixed[1]], 0)):
        return None
    if at and row.gap(at) in _HYPHENS and row.keys[at - 1].isalpha() and not year(first):
        # Part of a name: Covid-19, Su-35.
        return None
    lead, tail, numbers = mixed[1], mixed[3], rules.numbers
    ordinal = bool(tail) and tail in numbers.ordinal_endings
    if ordinal:
        figures, tail, end = mixed[2], "", at + 1
    else:
        figures, tail, end = _all_figures(row, at, mixed, rules)
    if len(tail) > _UNKNOWN_UNIT and tail not in numbers.scales and not numbers.units.at([tail], 0):
        return None
    value = _value(figures, rules)
    if tail in numbers.scales:
        value, tail = _times(value, numbers.scales[tail]), ""
    if not ordinal and end < len(row.words) and row.keys[end] in numbers.ordinal_endings and row.gap(end) == "-":
        ordinal, end = True, end + 1
    factor, scaled = _scaled(row, end, rules)
    bare = figures == first and not ordinal and scaled == at + 1
    if bare and (ranged := _range(row, at, end)):
        return ranged
    if scaled > end:
        value = _times(value, factor)
    return _with_unit(row, _Found(at, scaled, value, tail or lead, ordinal=ordinal, bare=first if bare else ""), rules)


def _all_figures(row: Row, at: int, mixed: re.Match[str], rules: Rules) -> tuple[str, str, int]:
    """Figures with the groups behind them of the same number, the letters behind these, and where they end."""
    lead, figures, tail = mixed.groups()
    end = at + 1
    while not tail and end < len(row.words) and end - at < _MOST_GROUPS:
        if _continues(row, at, end, rules) and not lead:
            figures += row.keys[end]
        elif row.gap(end) in (".", ",") and (more := _MIXED.fullmatch(row.keys[end])) and not more[1]:
            # Glued to a letter on either side, figures are several words: Rp26.000, 1.5m.
            figures, tail = f"{figures}{row.gap(end)}{more[2]}", more[3]
        else:
            break
        end += 1
    return figures, tail, end


def _continues(row: Row, at: int, end: int, rules: Rules) -> bool:
    """Whether the next word is the next three digits of figures that blanks part."""
    first, following, gap = row.keys[at], row.keys[end], row.gap(end)
    if len(following) != 3 or not following.isdigit() or not first.isdigit() or len(first) > 3:  # noqa: PLR2004 - thousands
        return False
    return gap in ("\u00a0", "\u202f", "\u2009") or (gap == " " and rules.numbers.blanks)


def _range(row: Row, at: int, end: int) -> Numeral | None:
    """Two numbers with a dash or a colon between are one: a range, a score."""
    if end >= len(row.words) or not row.keys[end].isdigit() or not row.keys[at].isdigit():
        return None
    gap = row.gap(end)
    if len(gap) != 1 or gap not in _DASHES + ":" or (end + 1 < len(row.words) and row.gap(end + 1) == gap):
        return None
    sign = ":" if gap == ":" else "-"
    signed = row.gap(end + 1)[:1]
    after = 1 if signed and signed in _SIGNS else 0
    return Numeral(end + 1, f"#{row.keys[at]}{sign}{row.keys[end]}", 0, after, weak=False, figures="")


def _value(figures: str, rules: Rules) -> Decimal | str:
    """What figures mean; they themselves where they are too many."""
    figures = figures.rstrip(".,")
    if len(figures) > _MOST_DIGITS:
        return figures
    grouped = _GROUPED.fullmatch(figures)
    if grouped and (grouped[1] != rules.numbers.decimal or _MANY_GROUPS.fullmatch(figures)):
        return Decimal(re.sub("[.,]", "", figures))
    last = max(figures.rfind("."), figures.rfind(","))
    if last < 0:
        return Decimal(figures)
    return Decimal(re.sub("[.,]", "", figures[:last]) + "." + figures[last + 1 :])


def _times(value: Decimal | str, factor: Decimal) -> Decimal | str:
    return f"{value}*{factor}" if isinstance(value, str) else value * factor


def _scaled(row: Row, end: int, rules: Rules) -> tuple[Decimal, int]:
    """By what the words behind a number multiply it, and where they end."""
    factor = Decimal(1)
    for _ in range(2):
        if end >= len(row.words) or row.gap(end).strip("\u00a0\u202f -"):
            break
        word = row.keys[end]
        scale = rules.numbers.scales.get(word)
        if scale is None and rules.numbers.ideographic and word in MYRIADS:
            scale = Decimal(MYRIADS[word])
        if scale is None:
            break
        factor, end = factor * scale, end + 1
    return factor, end


class _Found(NamedTuple):
    """A number without the unit around it."""

    at: int
    end: int
    value: Decimal | str
    #: letters that stood with its figures
    unit: str = ""
    ordinal: bool = False
    #: the figures, where it is nothing else
    bare: str = ""


def _with_unit(row: Row, found: _Found, rules: Rules) -> Numeral:
    """A number with its sign and its unit, before or behind it."""
    lead, value, unit, before = row.gap(found.at), _plain(found.value), found.unit, 0
    if unit and (named := rules.numbers.units.at([unit], 0)):
        unit = named[1]
    after, end, behind = _unit_behind(row, found.end, rules)
    if lead[-1:] and lead[-1] in _CURRENCIES:
        before, behind = 1, behind or _CURRENCY_NAMES[lead[-1]]
    elif _is_negative(lead, found.at) and not row.gap(found.end).startswith(tuple(_DASHES)):
        before, value = 1, f"-{value}"
    bare = found.bare if not (before or after or behind) else ""
    return Numeral(
        end, f"#{'.' if found.ordinal else ''}{value}|{behind or unit}", before, after, weak=False, figures=bare
    )


def _is_negative(lead: str, at: int) -> bool:
    """Whether what stands before a number ends with a sign, not with a dash of the sentence."""
    if not lead[-1:] or lead[-1] not in _DASHES:
        return False
    return at == 0 if len(lead) == 1 else lead[-2] in " (\u00a0"


def _unit_behind(row: Row, end: int, rules: Rules) -> tuple[int, int, str]:
    """The unit behind a number: code points of its sign, the index behind its words, its name."""
    gap = row.gap(end)
    sign = gap.lstrip(" \u00a0\u202f")[:1]
    blanks = gap.index(sign) if sign else 0
    if sign and blanks <= 1:
        if sign in _SIGNS and (blanks == 0 or sign != "°"):
            return blanks + 1, end, "degree" if sign == "°" else "percent"
        following = gap[blanks + 1 : blanks + 2]
        glued = end < len(row.words) and blanks + 1 == len(gap)
        if sign in _CURRENCIES and not (blanks and (glued or following.isalnum())):
            return blanks + 1, end, _CURRENCY_NAMES[sign]
    if not gap.strip(" \u00a0\u202f-") and (named := rules.numbers.units.at(row.keys, end)):
        return 0, end + named[0], named[1]
    return 0, end, ""


_CURRENCY_NAMES: Final = {
    "$": "usd", "€": "euro", "£": "pound", "¥": "yen", "￥": "yen", "₽": "rouble", "₸": "tenge", "₹": "rupee",
    "₺": "lira",
}  # fmt: skip


def _plain(value: Decimal | str) -> str:
    return value if isinstance(value, str) else f"{value.normalize():f}"


def _in_words(row: Row, at: int, rules: Rules) -> Numeral | None:
    numbers, keys = rules.numbers, row.keys
    if (ordinal := numbers.ordinals.get(keys[at])) is not None:
        return Numeral(at + 1, f"#.{_plain(ordinal)}|", 0, 0, weak=keys[at] in numbers.weak, figures="")
    if keys[at] in numbers.ordinal_leads and at + 1 < len(keys) and keys[at + 1].isdigit() and row.gap(at + 1) == "-":
        return Numeral(at + 2, f"#.{keys[at + 1]}|", 0, 0, weak=False, figures="")
    sum_ = _Sum(rules)
    end = at
    while end < len(keys) and end - at < _MOST_WORDS and (end == at or not row.gap(end).strip("\u00a0 -‑")):
        joint = keys[end] in numbers.between and end > at and _goes_on(row, end, rules)
        if not joint and not sum_.took(keys[end], first=end == at):
            break
        end += 1
    if end == at:
        return None
    if end == at + 1 and keys[at] in numbers.weak:
        return Numeral(end, f"#{_plain(sum_.value)}|", 0, 0, weak=True, figures="")
    return _with_unit(row, _Found(at, end, sum_.value), rules)


class _Sum:
    """Number words added up."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._numbers = rules.numbers
        #: what scales have closed, what they have not, and the last part of it
        self._total = self._current = self._last = Decimal(0)

    @property
    def value(self) -> Decimal:
        """What the words mean so far."""
        return self._total + self._current

    def took(self, word: str, *, first: bool) -> bool:
        """Take one more word; False where it is none of this number."""
        numbers = self._numbers
        joint, rest = numbers.joined, word.removeprefix(numbers.joined)
        joined = bool(joint) and not first and rest != word and (rest in numbers.values or rest in numbers.scales)
        word = rest if joined else word
        if (value := numbers.values.get(word)) is not None:
            added = _added(self._current, self._last, value, self._rules, joined=joined)
            if added is None:
                return False
            self._current, self._last = added, value
        elif (scale := numbers.scales.get(word)) is not None:
            self._total += max(self._current, Decimal(1)) * scale
            self._current = self._last = Decimal(0)
        else:
            return self._multiplied(word, first=first)
        return True

    def _multiplied(self, word: str, *, first: bool) -> bool:
        """Take a word that multiplies the one before it, or adds ten to it."""
        factor = self._numbers.times.get(word)
        if factor is not None and first:
            self._current = self._last = factor
        elif factor is not None and 0 < self._last < factor:
            self._current += self._last * (factor - 1)
            self._last *= factor
        elif word in self._numbers.teens and 1 < self._last < _TEN:
            self._current, self._last = self._current + 10, Decimal(0)
        else:
            return False
        return True


def _goes_on(row: Row, end: int, rules: Rules) -> bool:
    """Whether a smaller number word follows the word that joins two: "hundred and six", not "five and six"."""
    before, after = row.keys[end - 1], row.keys[end + 1] if end + 1 < len(row.keys) else ""
    numbers = rules.numbers
    value = numbers.values.get(after)
    if value is None or row.gap(end + 1).strip():
        return False
    head = numbers.values.get(before) or numbers.times.get(before) or numbers.scales.get(before)
    return head is not None and head > value and head >= 20  # noqa: PLR2004


def _added(current: Decimal, last: Decimal, value: Decimal, rules: Rules, *, joined: bool) -> Decimal | None:
    """A number word's value added to those before it; None where it begins another number."""
    if not current:
        return value
    if joined and last < _TEN <= value < 100:  # noqa: PLR2004
        return current + value
    if rules.numbers.twenties and value == 20 and last == 4:  # noqa: PLR2004
        return current + 76
    if rules.numbers.twenties and _TEN <= value < 20 and current % 100 in (60, 80):  # noqa: PLR2004
        return current + value
    if rules.numbers.joined and value == _TEN and last < _TEN:
        return current + value
    if value < _TEN and value and not current % 10 and current % 100 != _TEN:
        return current + value
    if value < _TEN and rules.numbers.twenties and current % 20 == _TEN:
        return current + value
    if value < 100 and not current % 100:  # noqa: PLR2004
        return current + value
    return None


def _in_ideographs(row: Row, at: int, rules: Rules) -> Numeral | None:
    """A number in Chinese characters: several, or one before a measure word."""
    end, value = ideographs(row.keys[at : at + _MOST_WORDS])
    end += at
    if end == at or any(row.gap(index) for index in range(at + 1, end)):
        return None
    measured = end < len(row.keys) and row.keys[end] in rules.numbers.measures and not row.gap(end)
    if end == at + 1 and not measured:
        return None
    weak = end == at + 1 and row.keys[at] in rules.numbers.weak
    return _with_unit(row, _Found(at, end, value), rules)._replace(weak=weak)


def year(figures: str) -> bool:
    """Whether figures alone may be a year of our time."""
    return len(figures) == 4 and figures.isdigit() and "1900" <= figures <= "2099"  # noqa: PLR2004
