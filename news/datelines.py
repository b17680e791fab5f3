"""Datelines: a place, a date, the name of an agency, at the beginning of a text. Pure.

::

    LONDON, Jan 5 (Reuters) -      МОСКВА, 5 янв - РИА Новости.      АЛМА-АТА, 5 января. /ТАСС/
    ТАСС, 5 января.                新华社北京1月5日电                  (서울=연합뉴스)      【ワシントン共同】

What stands before the name must be able to be a place and a date: capitalised words, figures, a month beside its day.
Initials that are spelled out before a bracket are no dateline: ``Advanced Placement (AP) —``.
"""

import re
from collections.abc import Sequence

from news.agencyrules import AgencyRules, Mention

#: what may stand around a name without saying anything
QUOTES = " \"'«»“”„‘’‹›「」『』*_"
DASHES = "-–—―−"

#: a name stands at most so far from the beginning
_FARTHEST = 200
#: what is looked at after a name
_AROUND = 60
#: what else stands in a bracket with a name: a place, a second name, a desk
_INSIDE = 24
_CLOSING = {"(": ")", "（": "）", "[": "]", "［": "］", "【": "】", "/": "/"}
_EAST_ASIAN = "（［【"
_AFTER_NAME = re.compile(r" ?(?:[-–—―−:]|\.(?=\s)|(?P<comma>,)(?=\s))")
#: ASTANA. KAZINFORM The road is open
_SHOUTED = re.compile(r"[^\W\d_a-zа-я]{5,} (?=\w)")
_DAY = re.compile(r", ?\d{1,2}\.? \w{3,10}\.?(?: [12]\d{3})?\.? *[.:—–-]")
_SENT = re.compile(r".{0,24}?\d日.{0,8}?[电電讯訊]")
#: the place where a byline and the dateline run together: ``By J. Brook HONG KONG``
_CAPITALS = re.compile(r"(?:[^\W\d_a-zа-я]{2,}[ ,/.'-]*){1,4}$")
_LONGEST_PLACE = 10


def dateline(rules: AgencyRules, head: str, named: Sequence[Mention]) -> Mention | None:
    """Return the agency of a dateline; ``named`` are the agencies that ``head`` names, in order."""
    for one in named:
        if one.start > _FARTHEST:
            return None
        prefix = head[head.rfind("\n", 0, one.start) + 1 : one.start].lstrip(QUOTES)
        name, after = head[one.start : one.end], head[one.end : one.end + _AROUND]
        if _bracketed(rules, prefix, after, name) or _open(rules, prefix, after, name):
            return one
        if not prefix.strip("【（ ") and _SENT.match(after) and _is_east_asian(head[one.start]):
            return one
    return None


def _bracketed(rules: AgencyRules, prefix: str, after: str, name: str) -> bool:
    """Whether a name stands in brackets that end a dateline."""
    at = max(prefix.rfind(opening) for opening in _CLOSING)
    until = after.find(_CLOSING[prefix[at]]) if at >= 0 else -1
    if until < 0 or max(len(prefix) - at - 1, until) > _INSIDE:
        return False
    opening, inside, behind = prefix[at], prefix[at + 1 :].strip(), after[:until].strip()
    place, rest = prefix[:at].strip(), after[until + 1 : until + 4].lstrip()[:1]
    if opening in _EAST_ASIAN or any(_is_east_asian(character) for character in inside + behind):
        return not place or (opening == "(" and rest in {*DASHES} and _place(rules, place))
    if inside and inside.casefold() not in rules.kinds and inside[-1] not in "=/":
        return False
    if (behind and behind[0] not in "/=-,+") or _spelled_out(place, name) or rules.kinds.anywhere(place.casefold()):
        return False
    if opening == "/":
        return bool(place) and _place(rules, place)
    if rest in {*DASHES}:
        return not place or _place(rules, place) or _CAPITALS.search(place) is not None
    return rest in {".", ":"} and bool(place) and _place(rules, place)


def _open(rules: AgencyRules, prefix: str, after: str, name: str) -> bool:
    """Whether a name without brackets stands in a dateline: ``МОСКВА, 5 янв - РИА Новости.``."""
    if not prefix.strip():
        return _DAY.match(after) is not None
    place = prefix.rstrip()
    if place[-1] == "." and place.isupper() and _SHOUTED.match(name + after) and _place(rules, place):
        return True
    separator, place = place[-1], place[:-1].rstrip(DASHES + ".,: ")
    found = _AFTER_NAME.match(after)
    if separator not in DASHES + ".,:" or not place or found is None or not _place(rules, place):
        return False
    dated = any(character.isdigit() for character in place)
    capitals = place.split()[0].isupper() and len(place.split()[0]) > 2  # noqa: PLR2004 # no initials
    if found.group("comma"):
        return dated and separator in DASHES
    return dated or capitals or found.group().strip() in DASHES


def _place(rules: AgencyRules, text: str) -> bool:
    """Whether words can be a place and a date."""
    tokens = re.split(r"[\s,/]+", text.strip(" .,:" + DASHES))
    if not tokens or len(tokens) > _LONGEST_PLACE or tokens[0].casefold() in rules.no_places:
        return False
    dated = False
    for token in tokens:
        if any(character.isdigit() for character in token):
            dated = True
        elif token[:1].islower() and token not in rules.place_words:
            # A month; it stands beside its day.
            if not (dated or any(character.isdigit() for character in text)):
                return False
            dated = False
    return True


def _spelled_out(place: str, name: str) -> bool:
    """Whether the words before a bracket are what its initials stand for: ``Advanced Placement (AP)``."""
    initials = "".join(token[0] for token in re.split(r"[\s-]+", place) if token[:1].isupper())
    letters = "".join(character for character in name if character.isalnum()).upper()
    return len(letters) > 1 and letters.isalpha() and initials.upper().endswith(letters)


def _is_east_asian(character: str) -> bool:
    return character > "\u3000"
