"""Lines that a page puts around and into an article, and notes that correct one. Pure.

Adverts, related links, counters, times ago, placeholders and credits of photos and videos are known by tables of each
language (``rules/changes``): by the whole line, by its beginning, or by the heading of a list of links above it.
Nothing here knows a publisher.
"""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from news.changerules import Rules, masked
from news.lexemes import LexemeKind, lexemes
from news.times import AGO

#: a line of more words is prose, however it begins
_MOST_WORDS: Final = 25
_LONGEST: Final = 400
#: a line of fewer words with a time ago in it is a stamp
_STAMP_WORDS: Final = 7
#: how many lines above a link its heading may stand
_MOST_LINKS: Final = 12
_LINK_WORDS: Final = 25
_ENDED: Final = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*\s*\Z")
_INITIALS: Final = re.compile(r"\s*[(\[][a-zа-я]{2,4}(?:/[a-zа-я]{2,4}){1,3}[)\]]\s*")
_PLACEHOLDER: Final = re.compile(r"\s*\[[^\]\n]{0,20}:[^\]\n]{0,120}\]\s*")
#: a number alone counts clicks
_COUNTER: Final = re.compile(r"\s*\d[\d.,]{0,9}\s?[kKmM]?\s*")
_BEGIN: Final = 200


def is_boilerplate(line: str, rules: Rules, above: Iterable[str] = ()) -> bool:
    """Whether a line or sentence is none of the article's own; ``above`` are the lines before it, nearest first."""
    if len(line) > _LONGEST or line.count(" ") > _MOST_WORDS:
        return False
    if _INITIALS.fullmatch(line) or _PLACEHOLDER.fullmatch(line) or _COUNTER.fullmatch(line):
        return True
    known = masked(line)
    if not known:
        return False
    if known in rules.boilerplate:
        return True
    if _begins(known, rules.boilerplate_starts):
        return True
    return _is_stamp(line, rules) or (_is_link(line) and _under_heading(above, rules))


def _begins(known: str, starts: tuple[str, ...]) -> bool:
    """Whether a masked line begins with a phrase, as whole words."""
    if not known.startswith(starts):
        return False
    return any(
        known.startswith(start) and (known[len(start) :][:1] in ("", " ") or not start[-1].isascii())
        for start in starts
    )


def _is_stamp(line: str, rules: Rules) -> bool:
    """Whether a line is nothing but a time, or a short one around a time ago."""
    if len(line) > _BEGIN or _ENDED.search(line):
        return False
    found = lexemes(line, rules)
    dates = sum(one.kind is LexemeKind.DATE for one in found)
    if dates and dates == len(found):
        return True
    ago = sum(one.key == AGO for one in found)
    return bool(ago) and len(found) < _STAMP_WORDS


def _is_link(line: str) -> bool:
    return len(line) <= _BEGIN and _ENDED.search(line) is None and line.count(" ") < _LINK_WORDS


def _under_heading(above: Iterable[str], rules: Rules) -> bool:
    for line in islice(above, _MOST_LINKS):
        if masked(line).removesuffix(" :") in rules.headings:
            return True
        if not _is_link(line):
            return False
    return False


def is_correction(sentence: str, rules: Rules) -> bool:
    """Whether a sentence says that the article was wrong."""
    known = masked(sentence[:_LONGEST_NOTE])
    if not known:
        return False
    if known.startswith(rules.correction_starts) and any(
        known.startswith(start) and known[len(start) :][:2] in ("", " :", " #", " ©")
        for start in rules.correction_starts
    ):
        return True
    if _begins(known, tuple(start for start in rules.correction_starts if " " in start)):
        return True
    return any(phrase in known for phrase in rules.correction_has)


_LONGEST_NOTE: Final = 500
