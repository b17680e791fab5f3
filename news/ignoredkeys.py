"""Query keys that a site ignores: the same text comes under every value. Learnt from what feeds bring; pure.

::

    entry ──sighted──▶ key → Sighting(rest, value, text) ──judge──▶ watched, ignored or telling

A key is **ignored** when, of at least three articles, the same text came under addresses that differ by it alone, under
at least three values in all. It is **telling** as soon as two such addresses brought different texts: then it is part
of the identity, whatever came before. Only keys that no table folds are looked at, and texts long enough not to be a
site's stock phrases.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from news.fingerprint import content_hash

#: articles that must have come under two values or more, and values in all
_ARTICLES = 3
_VALUES = 3
#: shorter texts stand under many articles
_FEWEST_WORDS = 12
#: addresses with more keys than these are searches and forms
_MOST_KEYS = 6
#: a name that programs give: numbers as keys are records
_NAMED = re.compile(r"[a-z_][a-z0-9_.:-]{0,31}")


class KeyState(StrEnum):
    """What is known of a key of a site."""

    WATCHED = "watched"
    IGNORED = "ignored"
    TELLING = "telling"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text under one value of a key; all three are short hashes."""

    #: of the address without the key
    rest: str
    value: str
    #: of title and text
    text: str


def sighted(identity: str, title: str, text: str) -> dict[str, Sighting]:
    """What an article under a canonical URL shows of each key in it; empty where it shows nothing."""
    keys = _keys(identity)
    if not 0 < len(keys) <= _MOST_KEYS or len(f"{title} {text}".split()) < _FEWEST_WORDS:
        return {}
    says = _short(content_hash(title, text))
    return {
        key: Sighting(_short(without_keys(identity, {key})), _short(value), says)
        for key, value in keys.items()
        if value and _NAMED.fullmatch(key)
    }


def without_keys(identity: str, keys: Collection[str]) -> str:
    """A canonical URL without some keys, given in lower case."""
    page, mark, query = identity.partition("?")
    if not mark or not keys:
        return identity
    kept = [piece for piece in query.split("&") if piece.partition("=")[0].casefold() not in keys]
    return f"{page}?{'&'.join(kept)}" if kept else page


def judge(sightings: Iterable[Sighting]) -> KeyState:
    """What the sightings of one key of one site say of it, whatever their order."""
    texts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in sightings:
        texts[one.rest][one.value].add(one.text)
    values: set[str] = set()
    articles: set[str] = set()
    for by_value in texts.values():
        # An article that changed says nothing while it stays under one value.
        if len(by_value) > 1:
            said = set().union(*by_value.values())
            if len(said) > 1:
                return KeyState.TELLING
            articles |= said
            values.update(by_value)
    return KeyState.IGNORED if len(articles) >= _ARTICLES and len(values) >= _VALUES else KeyState.WATCHED


def judge_again(state: KeyState, before: Sequence[Sighting], now: Sequence[Sighting]) -> KeyState:
    """What becomes of a key in a state when one document has brought more; a telling one stays so."""
    if state is KeyState.TELLING:
        return state
    if state is KeyState.IGNORED:
        # Since it is ignored, an article that changes comes under other values: only one document contradicts itself.
        return KeyState.TELLING if judge(now) is KeyState.TELLING else KeyState.IGNORED
    return judge([*before, *now])


def _keys(identity: str) -> Mapping[str, str]:
    """The keys of a canonical URL in lower case, each with its values as one text."""
    found: dict[str, str] = {}
    for piece in identity.partition("?")[2].split("&"):
        key, _, value = piece.partition("=")
        if key:
            key = key.casefold()
            found[key] = f"{found[key]}&{value}" if key in found else value
    return found


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
