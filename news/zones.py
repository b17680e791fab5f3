"""Zones in the times of sources: offsets, names, places; never guessed.

The names stand in ``news/rules/dates.toml``. Pure; called by ``news.dates`` with what follows the time of day.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from news.rules import load

_OFFSET = re.compile(r"[\s(]*(?:gmt|utc|ut)?\s*([+-])(\d{4}|\d{1,2}(?::\d\d)?)(?![\d:])", re.IGNORECASE)
_PLACE = re.compile(r"[\s\[(]*([A-Z][A-Za-z]+/[A-Za-z_/+-]+\d*)")
_NAME = re.compile(r"[\s(,.]*([^\W\d_]+)")
#: how an abbreviation of a zone looks; other words after a time are no zone
_ZONE_LIKE = re.compile(r"[A-Z]{1,5}")
#: the widest offset in use, in hours
_WIDEST = 14


@dataclass(frozen=True, slots=True)
class Zone:
    """What stands after a time of day."""

    #: ``Z``, ``+07:00``, or a name of the tz database; None for a local time
    offset: str | None
    #: the end of a sentence that begins "The time …", or None
    problem: str | None
    #: the text after it
    rest: str


@dataclass(frozen=True, slots=True)
class _Names:
    #: upper-case name → "+07:00", "Z" or a name of the tz database
    known: dict[str, str]
    #: language → names with several meanings; "names" are so in every language
    ambiguous: dict[str, frozenset[str]]
    #: case-folded words that may stand beside a time and are no zone
    beside: frozenset[str]


@cache
def _names() -> _Names:
    table = load("dates")
    beside = " ".join([*table["weekdays"].values(), table["fillers"]["words"]])
    return _Names(
        known=table["zones"] | table["places"],
        ambiguous={language: frozenset(names.split()) for language, names in table["ambiguous"].items()},
        beside=frozenset(beside.split()),
    )


def find_zone(text: str, language: str) -> Zone:
    """Find the zone at the start of ``text``; ``language`` is a BCP 47 tag in lower case, or empty."""
    if match := _OFFSET.match(text):
        return _numeric(match[1], match[2], text[match.end() :])
    if match := _PLACE.match(text):
        rest = text[match.end() :]
        return Zone(match[1], None, rest) if _place(match[1]) else Zone(None, _unknown(match[1]), rest)
    if match := _NAME.match(text):
        return _named(match[1], text, text[match.end() :], language)
    return Zone(None, None, text)


def apply_zone(moment: datetime, offset: str) -> tuple[datetime, str]:
    """Return a local time as an aware one, and its offset as RFC 3339 writes it; ``offset`` as in ``Zone``."""
    if "/" in offset:
        place = _place(offset)
        east = (place and place.utcoffset(moment)) or timedelta()
        # Local mean times have seconds, which RFC 3339 has no room for.
        aware = moment.replace(tzinfo=timezone(timedelta(minutes=east // timedelta(minutes=1))))
        return aware, aware.isoformat()[-6:]
    sign, hours, minutes = ("+", 0, 0) if offset == "Z" else (offset[0], int(offset[1:3]), int(offset[4:6]))
    east = timedelta(hours=hours, minutes=minutes)
    return moment.replace(tzinfo=timezone(-east if sign == "-" else east)), offset


def _numeric(sign: str, figures: str, rest: str) -> Zone:
    hours, _, minutes = figures.partition(":") if len(figures) != 4 else (figures[:2], ":", figures[2:])  # noqa: PLR2004 (+0700)
    if int(hours) > _WIDEST or int(minutes or 0) > 59:  # noqa: PLR2004 (minutes of an hour)
        return Zone(None, "has an impossible offset; it is taken as local time", rest)
    return Zone(f"{sign}{int(hours):02}:{int(minutes or 0):02}", None, rest)


def _named(word: str, text: str, rest: str, language: str) -> Zone:
    names, name = _names(), word.upper()
    everywhere, here = names.ambiguous["names"], names.ambiguous.get(language.partition("-")[0], frozenset[str]())
    if name in everywhere or name in here:
        return Zone(None, f"is in the zone {name}, which has several meanings; it is taken as local time", rest)
    if known := names.known.get(name):
        return Zone(known, None, rest)
    if word.casefold() in names.beside:
        return find_zone(rest, language)
    if _ZONE_LIKE.fullmatch(word) and word.casefold() not in months():
        return Zone(None, _unknown(word), rest)
    return Zone(None, None, text)


@cache
def months() -> dict[str, int]:
    """Return the case-folded names of months with their numbers from 1, of all languages in the table."""
    return {
        word: number
        for names in load("dates")["months"].values()
        for number, forms in enumerate(names, 1)
        for word in forms.split()
    }


def _unknown(zone: str) -> str:
    return f"is in the zone {zone[:40]}, which is unknown; it is taken as local time"


def _place(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A folder of the database, or a name with dots, is an OSError or a ValueError.
        return None
