"""The table of news agencies and of the words that credit one: ``rules/agencies.toml`` with types.

::

    agencies.toml ──load──▶ AgencyRules ──mentions──▶ where agencies are named in a window of text

Names are found by an automaton (Aho and Corasick 1975), in time linear in the window whatever stands there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from news.rules import load


class Standing(IntEnum):
    """How much a name says by itself."""

    #: also something else, so often that a verb beside it says nothing ("according to APA")
    INITIALS = 0
    #: also a word or a name of something else
    SHORT = 1
    #: nobody else is called so
    NAME = 2


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency."""

    id: str
    #: as it is shown
    name: str
    #: its own hosts, registrable domains
    sites: tuple[str, ...]
    #: where its short names are known by; empty: everywhere
    languages: tuple[str, ...] = ()


class Mention(NamedTuple):
    """Where a text names an agency."""

    start: int
    end: int
    agency: Agency
    standing: Standing


class Phrases:
    """Phrases to be found at the end or the beginning of a text, as whole words; compared casefolded."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = tuple(sorted({phrase.casefold() for phrase in phrases}, key=len, reverse=True))
        self._set = frozenset(self._phrases)

    def __contains__(self, text: str) -> bool:
        """Whether a casefolded text is one of the phrases."""
        return text in self._set

    def at_end(self, text: str) -> int | None:
        """Return where the longest phrase that ends a casefolded text begins; None if none does."""
        if text.endswith(self._phrases):
            for phrase in self._phrases:
                start = len(text) - len(phrase)
                if text.endswith(phrase) and not (start and _joined(text[start - 1], text[start])):
                    return start
        return None

    def at_start(self, text: str) -> int | None:
        """Return where the longest phrase that begins a casefolded text ends; None if none does."""
        if text.startswith(self._phrases):
            for phrase in self._phrases:
                end = len(phrase)
                if text.startswith(phrase) and not (end < len(text) and _joined(text[end - 1], text[end])):
                    return end
        return None

    def anywhere(self, text: str) -> bool:
        """Whether a casefolded text holds one of the phrases, as whole words."""
        for phrase in self._phrases:
            start = text.find(phrase)
            if start >= 0:
                end = start + len(phrase)
                before = start > 0 and _joined(text[start - 1], text[start])
                if not before and not (end < len(text) and _joined(text[end - 1], text[end])):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class AgencyRules:
    """What credits are read by."""

    agencies: tuple[Agency, ...]
    automaton: AhoCorasick
    #: of each of the automaton's patterns
    patterns: tuple[tuple[Agency, Standing], ...]
    kinds: Phrases
    articles: Phrases
    photo: Phrases
    joins: Phrases
    attached: Phrases
    others: Phrases
    #: small words within the name of a place; words with which no dateline begins
    place_words: Phrases
    no_places: Phrases
    byline_leads: Phrases
    labels: Phrases
    #: any of them may stand before a name that is the rest of its line
    credit_leads: Phrases
    #: those of several words, which need no line of their own
    long_leads: Phrases
    credit_after: Phrases
    copyright: Phrases
    said_before: Phrases
    said_after: Phrases
    own: Phrases

    def mentions(self, text: str) -> list[Mention]:
        """Return where a text names agencies, in order, without overlaps; parts of longer words are none."""
        found = []
        for pattern, start, end in self.automaton.find_matches_as_indexes(text):
            if start and _joined(text[start - 1], text[start]):
                continue
            if end < len(text) and _joined(text[end - 1], text[end]):
                continue
            found.append(Mention(start, end, *self.patterns[pattern]))
        return found


@cache
def agency_rules() -> AgencyRules:
    """Read the table, once."""
    table = load("agencies")
    agencies: list[Agency] = []
    names: dict[str, tuple[Agency, Standing]] = {}
    for row in table["agencies"]:
        agency = Agency(row["id"], row["name"], tuple(row.get("sites", ())), tuple(row.get("languages", ())))
        agencies.append(agency)
        for name, standing in _names(row):
            names.setdefault(name, (agency, standing))
    words, credit, said = table["words"], table["credit"], table["attribution"]
    # "mit Material der": what leads to a name is compared without its article.
    leads = [
        *credit["leads"],
        *(" ".join(lead.split()[:-1]) for lead in credit["leads"] if _ends(lead, words["articles"])),
    ]
    return AgencyRules(
        agencies=tuple(agencies),
        automaton=AhoCorasick(list(names), matchkind=MatchKind.LeftmostLongest),
        patterns=tuple(names.values()),
        kinds=Phrases(words["kinds"]),
        articles=Phrases(words["articles"]),
        photo=Phrases(words["photo"]),
        joins=Phrases(words["joins"]),
        attached=Phrases(words["attached"]),
        others=Phrases(words["others"]),
        place_words=Phrases(table["dateline"]["words"]),
        no_places=Phrases(table["dateline"]["none"]),
        byline_leads=Phrases(table["byline"]["leads"]),
        labels=Phrases(credit["labels"]),
        credit_leads=Phrases(leads),
        long_leads=Phrases(lead for lead in leads if " " in lead),
        credit_after=Phrases(credit["after"]),
        copyright=Phrases(credit["copyright"]),
        said_before=Phrases(said["before"]),
        said_after=Phrases(said["after"]),
        own=Phrases(said["own"]),
    )


@cache
def own_sites() -> Mapping[str, tuple[str, ...]]:
    """Return the hosts of each agency's own outlets, by the name that it is shown with."""
    return {row["name"]: tuple(row.get("sites", ())) for row in load("agencies")["agencies"]}


def _names(row: dict[str, Any]) -> Iterable[tuple[str, Standing]]:
    for name in row.get("names", ()):
        yield name, Standing.NAME
        yield name.upper(), Standing.NAME
    for name in row.get("short", ()):
        yield name, Standing.SHORT
    for name in row.get("initials", ()):
        yield name, Standing.INITIALS


def _ends(lead: str, articles: Iterable[str]) -> bool:
    """Whether a phrase of several words ends with an article."""
    first, _, last = lead.rpartition(" ")
    return bool(first) and last in articles


def _joined(first: str, second: str) -> bool:
    """Whether two neighbouring characters belong to one word; scripts without blanks have no such bounds."""
    if not (first.isalnum() and second.isalnum()):
        return False
    return not (_unspaced(first) or _unspaced(second))


def _unspaced(character: str) -> bool:
    return "\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af"
