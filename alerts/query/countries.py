"""Countries by their codes: the names that ``@country:KZ`` stands for, and which code is meant by what is none.

``countries.tsv`` holds a line a country: its code (ISO 3166-1 alpha-2, and XK), and its names as entries of a set
(``alerts.query.aliases``). It is made by ``alerts.query.country_table``, and read when the first ``@country`` is.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from alerts.query import terms
from alerts.query.tree import Leaf
from news.text import fold

TABLE = Path(__file__).with_name("countries.tsv")

#: codes that are often written and are none, or are those of a language or of the Olympic committee
_MEANT = {
    "uk": "GB", "en": "GB", "el": "GR", "kk": "KZ", "ja": "JP", "ko": "KR", "uz": "UZ", "zh": "CN", "da": "DK",
    "cs": "CZ", "su": "RU", "usa": "US", "uae": "AE", "drc": "CD", "prc": "CN", "rsa": "ZA", "ksa": "SA", "roc": "TW",
    "kos": "XK", "ger": "DE", "deu": "DE", "fra": "FR", "rus": "RU", "kaz": "KZ", "gbr": "GB", "chn": "CN",
    "idn": "ID", "ina": "ID", "irn": "IR", "ukr": "UA", "tur": "TR", "uzb": "UZ", "kgz": "KG", "tjk": "TJ", "tkm": "TM",
}  # fmt: skip


@cache
def _lines() -> Mapping[str, str]:
    """Code in upper case → its names, parted by tabs."""
    rows = (line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return MappingProxyType({code: names for code, _, names in (row.partition("\t") for row in rows)})


@cache
def members(code: str) -> tuple[Leaf, ...] | None:
    """The names of a country by its code in either letter case; None where there is no such code."""
    names = _lines().get(code.upper()) if code.isascii() else None
    return None if names is None else tuple(terms.entry(name) for name in names.split("\t"))


def codes() -> tuple[str, ...]:
    """Every code there is."""
    return tuple(_lines())


def meant(text: str) -> str | None:
    """The code that a text which is none stands for: a country's name in any language, or a code of another kind."""
    known = _MEANT.get(text.lower())
    return known if known is not None else _by_name().get(fold(" ".join(text.replace("_", " ").split())))


def named(text: str) -> str | None:
    """The code of the country that a word or words name, whatever their letter case; None for what is ambiguous."""
    key = " ".join(text.split())
    code = _by_name().get(fold(key))
    return None if code is None or f"={key.lower()}" in _exactly() else code


@cache
def _exactly() -> frozenset[str]:
    """The names, in lower case, that are names of a country in exactly one form: they are everyday words besides."""
    rows = (names.split("\t") for names in _lines().values())
    return frozenset(name.lower() for names in rows for name in names if name.startswith("="))


@cache
def _by_name() -> Mapping[str, str]:
    """Folded name → code; where two countries share a name, neither."""
    found: dict[str, str | None] = {}
    for code, names in _lines().items():
        for name in names.split("\t"):
            key = fold(name.removeprefix("=").strip('"'))
            found[key] = code if found.get(key, code) == code else None
    return MappingProxyType({name: code for name, code in found.items() if code is not None})
