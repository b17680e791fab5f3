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
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.localedata import load, locale_identifiers

from alerts.query import countries, terms
from alerts.query.tree import Exact
from news.text import fold, is_unspaced, normalise, words

OWN = Path(__file__).with_name("countries.toml")

#: codes that CLDR has beside ISO 3166-1; XK (Kosovo) is one of them, and kept
_NO_COUNTRY = frozenset({
    "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ",
})  # fmt: skip
#: what parts a name from what explains or inverts it ("Korea, North"): such a form stands in no text
_EXPLAINED = frozenset("()&,/[]")
#: letters below which a name in a script with spaces is looked for in exactly this form, and left out
_LEAST_LETTERS, _FEWEST_LETTERS = 4, 3

_HEADER = """\
# Names of countries, a line each: code, and the entries of its set, parted by tabs.
# Made by alerts/query/country_table.py of CLDR (© Unicode, Inc., Unicode License v3) and countries.toml; do not edit.
"""


def own() -> Mapping[str, Any]:
    """The project's own table."""
    return tomllib.loads(OWN.read_text(encoding="utf-8"))


def cldr_names() -> dict[str, list[str]]:
    """Code → its names in all languages, each once, in the order of the languages' codes."""
    found: dict[str, dict[str, None]] = {}
    for locale in sorted(locale_identifiers()):
        for code, name in load(locale).get("territories", {}).items():
            if len(code) == len("KZ") and code.isalpha() and code not in _NO_COUNTRY:
                found.setdefault(code, {})[normalise(str(name)).strip()] = None
    return {code: list(found[code]) for code in sorted(found)}


def entries(code: str, names: Iterable[str], table: Mapping[str, Any]) -> list[str]:
    """The entries of one country's set: CLDR's names as the table has them, then its own."""
    everyday: Mapping[str, Mapping[str, Any]] = table["everyday"]
    found: list[str] = []
    for name in names:
        key = fold(name)
        if key in everyday:
            found += everyday[key].get("use", ())
        elif (one := _entry(name)) is not None:
            found.append(one)
    for listed in table["names"].get(code, {}).values():
        found += listed
    return _each_once(found)


def _entry(name: str) -> str | None:
    """A name of CLDR as an entry; None for what stands in no text."""
    if not _EXPLAINED.isdisjoint(name):
        return None
    plain = name.replace(" - ", " ").replace(" – ", " ")
    found = words(plain)
    letters = sum(character.isalpha() for word in found for character in fold(word.surface))
    if any(is_unspaced(word.surface) for word in found):
        return plain if letters > 1 else None
    if letters >= _LEAST_LETTERS:
        return plain
    return f"={plain}" if letters >= _FEWEST_LETTERS and plain != plain.lower() else None


def _each_once(found: Iterable[str]) -> list[str]:
    """Entries without those that find nothing that another does not find."""
    listed = list(dict.fromkeys(found))
    loose = {_key(one) for one in listed if not isinstance(terms.entry(one), Exact)}
    kept: dict[object, str] = {}
    for one in listed:
        if isinstance(terms.entry(one), Exact):
            if _key(one) not in loose:
                kept.setdefault(one, one)
        else:
            kept.setdefault(_key(one), one)
    return list(kept.values())


def _key(entry: str) -> tuple[str, ...]:
    """The folded words of an entry."""
    return tuple(fold(word.surface) for word in words(entry))


def lines() -> Iterator[str]:
    """The table, line by line."""
    table = own()
    for code, names in cldr_names().items():
        yield "\t".join([code, *entries(code, names, table)])


def build() -> str:
    """The whole file."""
    return _HEADER + "".join(f"{line}\n" for line in lines())


def main() -> int:
    """Write the table anew."""
    countries.TABLE.write_text(build(), encoding="utf-8")
    sys.stdout.write(f"{countries.TABLE}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
