"""Makes ``countries.tsv``: the names of every country in every language that CLDR has, and the project's own.

::

    CLDR territory names (Babel) ──drop what nobody writes──▶ names ──countries.toml: everyday words──▶ entries ┐
                                              countries.toml: variants, adjectives, peoples ───────────────┴▶ a line

    python -m alerts.query.country_table      writes the table anew, after an upgrade of Babel or an edit of the .toml

CLDR is © Unicode, Inc., under the Unicode License v3. A name is looked for in any of its forms, whatever its letter
case, unless the table says otherwise: what is an everyday word in some language is looked for as ``=Word``, in exactly
this form, or left out. Babel is loaded by this module alone, since it keeps every locale that it was asked for.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from babel.localedata import load, locale_identifiers

from alerts.query import countries, terms
from alerts.query.tree import Exact, Phrase
from news.text import fold, is_unspaced, normalise, words

OWN = Path(__file__).with_name("countries.toml")

#: codes that CLDR has beside ISO 3166-1; XK (Kosovo) is one of them, and kept
_NO_COUNTRY = frozenset({
    "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ",
})  # fmt: skip
#: what parts a name from what explains or inverts it ("Korea, North"): such a form stands in no text
_EXPLAINED = frozenset("()&,/[]")
#: letters below which a name of one word is left out: in any language, and in one that few news are written in
_LEAST, _LEAST_FOREIGN = 3, 5

#: what stands before a vowel and an apostrophe, by language
_ELIDED = {
    "fr": ("l", "d"),
    "ca": ("l", "d"),
    "it": ("l", "d", "dell", "all", "nell", "dall", "sull"),
}

_HEADER = """\
# Names of countries, a line each: code, and the entries of its set, parted by tabs.
# Made by alerts/query/country_table.py of CLDR (© Unicode, Inc., Unicode License v3) and countries.toml; do not edit.
"""


class Use(StrEnum):
    """How a name of CLDR is looked for."""

    ANY_FORM = "any form"
    #: without its forms, since those meet words of other languages
    AS_WRITTEN = "as written"
    EXACTLY = "exactly"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Own:
    """The project's own table."""

    languages: frozenset[str]
    without_cldr: frozenset[str]
    #: folded name → how it is looked for
    everyday: Mapping[str, Use]
    #: code → language → entries
    names: Mapping[str, Mapping[str, Sequence[str]]]


def own() -> Own:
    """Read the project's own table; raises ValueError for a name that stands in it twice."""
    table = tomllib.loads(OWN.read_text(encoding="utf-8"))
    pairs = [(name, Use(group["use"])) for group in table["everyday"] for name in group["names"]]
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"{Counter(name for name, _ in pairs).most_common(3)}: each name stands in one group")
    return Own(frozenset(table["languages"]), frozenset(table["without_cldr"]), dict(pairs), table["names"])


def cldr_names() -> dict[str, dict[str, set[str]]]:
    """Code → its names in all languages, in the order of the locales, each with the languages that have it."""
    found: dict[str, dict[str, set[str]]] = {}
    for locale in sorted(locale_identifiers()):
        for code, name in load(locale).get("territories", {}).items():
            if len(code) == len("KZ") and code.isalpha() and code not in _NO_COUNTRY:
                known = found.setdefault(code, {}).setdefault(normalise(str(name)).strip(), set())
                known.add(locale.partition("_")[0])
    return {code: found[code] for code in sorted(found)}


def taken(name: str, spoken: AbstractSet[str], table: Own) -> list[str]:
    """A name of CLDR as entries; none for one that is left out. ``spoken`` are the languages that have it."""
    plain = name.replace(" - ", " ").replace(" – ", " ")
    use = _use(plain, table.everyday, is_foreign=spoken.isdisjoint(table.languages))
    if use is Use.NOT or not _EXPLAINED.isdisjoint(plain):
        return []
    if use is Use.ANY_FORM:
        return [plain]
    return [f"={one}" if use is Use.EXACTLY else f'"{one}"' for one in (plain, *_clinging(plain, spoken))]


def _clinging(name: str, spoken: AbstractSet[str]) -> list[str]:
    """A name with what its languages write in one word with it, which only a word in any form is found through."""
    elided = [before for language, before in _ELIDED.items() if language in spoken and fold(name)[0] in "aeiou"]
    found = [f"{one}'{name}" for before in elided for one in before]
    return [*found, f"{name}'s"] if "en" in spoken else found


def _use(name: str, everyday: Mapping[str, Use], *, is_foreign: bool) -> Use:
    """How a name is looked for; ``is_foreign``: it is of a language that few news are written in."""
    known = everyday.get(fold(name))
    is_lower = name == name.lower() != name.upper()
    if known is not None:
        return Use.NOT if is_lower else known
    found = words(name)
    if len(found) > 1 and not any(is_unspaced(word.surface) for word in found):
        return Use.ANY_FORM
    letters = sum(character.isalpha() for word in found for character in fold(word.surface))
    if any(is_unspaced(word.surface) for word in found):
        return Use.ANY_FORM if letters > 1 else Use.NOT
    if letters < (_LEAST_FOREIGN if is_foreign else _LEAST):
        return Use.NOT
    has_case = name.lower() != name.upper()
    if is_foreign and has_case:
        # What is an everyday word is known of the larger languages alone; exactly so, it is hardly one in any.
        return Use.NOT if is_lower else Use.EXACTLY
    return Use.EXACTLY if letters == _LEAST and has_case else Use.ANY_FORM


def _each_once(found: Iterable[str]) -> list[str]:
    """Entries without those that find nothing that another of the same words does not find."""
    ranks = {Exact: 2, Phrase: 1}
    ranked = [(one, _key(one), ranks.get(type(terms.entry(one)), 0)) for one in dict.fromkeys(found)]
    least: dict[tuple[str, ...], int] = {}
    for _, key, rank in ranked:
        least[key] = min(rank, least.get(key, rank))
    kept: dict[object, str] = {}
    for one, key, rank in ranked:
        if rank == least[key]:
            # Letter case and accents tell exact forms apart, and nothing else.
            kept.setdefault(one if rank == ranks[Exact] else key, one)
    return list(kept.values())


def _key(entry: str) -> tuple[str, ...]:
    """The folded words of an entry."""
    return tuple(fold(word.surface) for word in words(entry))


def entries() -> dict[str, list[str]]:
    """Code → the entries of its set: CLDR's names as the table has them, then the table's own.

    A name that CLDR gives to two countries, be it a slip, is no name of either.
    """
    table = own()
    found: dict[str, list[str]] = {}
    for code, names in cldr_names().items():
        known = names.items() if code not in table.without_cldr else ()
        found[code] = [one for name, spoken in known for one in taken(name, spoken, table)]
    holders = Counter(key for listed in found.values() for key in {_key(one) for one in listed})
    for code, listed in found.items():
        ours = [one for more in table.names.get(code, {}).values() for one in more]
        found[code] = _each_once([*(one for one in listed if holders[_key(one)] == 1), *ours])
    return found


def build() -> str:
    """The whole file."""
    return _HEADER + "".join("\t".join([code, *listed]) + "\n" for code, listed in entries().items())


def main() -> int:
    """Write the table anew."""
    countries.TABLE.write_text(build(), encoding="utf-8")
    sys.stdout.write(f"{countries.TABLE}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
