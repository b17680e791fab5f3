"""Every query against one text at once.

::

    add(key, query) ──required groups──▶ anchored at the rarest ──┐
                                                                  ▼
    document ──word types──▶ Postings: which atoms are answered? ──▶ candidates ──evaluate──▶ matches

A query is looked at only where its anchor, the group of atoms (``alerts.required``) that has been rarest in the texts
of late, is answered, and evaluated only where its second rarest group is answered too. Queries that require no word at
all (restrictions alone) are evaluated for every text.

What a word type answers is worked out once and remembered, so a text costs one look-up for each of its distinct words
however many queries there are. Adding or removing a query touches that query's atoms alone.
"""

from collections.abc import Collection, Iterable

from alerts.analysis import Analyser, Atom
from alerts.postings import Listed, Posting, Postings
from alerts.query.evaluation import evaluate_reading
from alerts.query.tree import Leaf, Node, Query
from alerts.reading import Reading
from alerts.required import Group, atoms_of, required
from alerts.types import Document, Field, Span

#: documents after which frequencies are halved and anchors that turned out common are moved
_PERIOD = 2048
#: of which one in so many is counted
_SAMPLED = 4
#: queries at one anchor that stand in a list, which takes less than what finds them at once
_MOST_LISTED = 16
#: atoms whose answers are looked for one by one; for more, those of all are worked out at once
_FEW = 5
#: nothing is known of frequencies at first: so many documents are enough to move the worst anchors
_FIRST = 256
#: a share of the documents above which an anchor counts as common
_COMMON = 0.005


def evaluate(query: Query, document: Document, analyser: Analyser | None = None) -> tuple[Span, ...] | None:
    """The spans of one query in one document, or None where it does not hold; empty for restrictions alone.

    Pass one ``analyser`` along where many documents are evaluated: it remembers words.
    """
    return evaluate_reading(query.tree, Reading(document, analyser or Analyser()))


#: the postings of a group; where there is but one, that alone, since there are very many
_Postings = Posting | tuple[Posting, ...]


class _Entry:
    """A query in the index; identity is the object's own."""

    __slots__ = ("anchor", "key", "number", "second", "tree")

    def __init__(self, key: str, number: int, tree: Node) -> None:
        self.key = key
        #: the order of adding, and so of answers
        self.number = number
        self.tree = tree
        #: the rarest group, and the one after it; empty where there is none
        self.anchor: _Postings = ()
        self.second: _Postings = ()


class QueryIndex:
    """Finds, of all its queries, exactly those that hold for a document. Not for several threads at once."""

    def __init__(self) -> None:
        self._analyser = Analyser()
        self._postings = Postings(self._analyser)
        self._entries: dict[str, _Entry] = {}
        #: the queries that are looked at where a posting is answered, in an order, so that nothing depends on chance;
        #: most postings have one or two, and there are very many
        self._anchored: dict[Posting, _Entry | list[_Entry] | dict[_Entry, None]] = {}
        self._unanchored: dict[_Entry, None] = {}
        self._added = 0
        #: documents that were matched, and queries that were evaluated for them
        self.seen = 0
        self.evaluated = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: str, query: Query) -> None:
        """Add a query, or put another in the place of the one that has this key."""
        if key in self._entries:
            self.remove(key)
        self._added += 1
        entry = self._entries[key] = _Entry(key, self._added, query.tree)
        for atom in atoms_of(entry.tree):
            self._postings.add(atom)
        self._anchor(entry)

    def remove(self, key: str) -> None:
        """Remove a query; raises KeyError if there is none of this key."""
        entry = self._entries.pop(key)
        self._lift(entry)
        for atom in atoms_of(entry.tree):
            self._postings.release(atom)

    def match(self, document: Document) -> dict[str, tuple[Span, ...]]:
        """The queries that hold, in the order of adding, each with its spans in order (none for restrictions alone)."""
        reading = Reading(document, self._analyser)
        listed = self._postings.answered(reading.types, reading.family)
        present: set[Posting] = set().union(*listed)
        if self._postings.unspaced in present:
            for field in Field:
                present.update(self._postings.substrings(reading.characters(field)))
        candidates = self._candidates(present)
        self.evaluated += len(candidates)
        found: dict[str, tuple[Span, ...]] = {}
        if candidates:
            reading.adopt(_Answers(self._postings, present, reading.types, listed))
            for entry in sorted(candidates, key=_number):
                spans = evaluate_reading(entry.tree, reading)
                if spans is not None:
                    found[entry.key] = spans
        self._count(present)
        return found

    def _candidates(self, present: set[Posting]) -> dict[_Entry, None]:
        """The queries whose two rarest groups are answered, and those that require none."""
        candidates = dict(self._unanchored)
        for posting in present & self._anchored.keys():
            for entry in self._at(posting):
                second = entry.second
                if second in present if isinstance(second, Posting) else not (second and present.isdisjoint(second)):
                    candidates[entry] = None
        return candidates

    def _count(self, present: Iterable[Posting]) -> None:
        """Take a document into the frequencies, if it is its turn."""
        self.seen += 1
        if self.seen % _SAMPLED == 0 or self.seen <= _FIRST:
            for posting in present:
                posting.hits += 1
        if self.seen == _FIRST or self.seen % _PERIOD == 0:
            self._settle()

    def _cost(self, group: Group) -> float:
        """How often a group is answered; what was never seen counts as the rarer the longer it is."""
        return sum(self._postings[atom].hits + 1 / len(atom) for atom in group)

    def _anchor(self, entry: _Entry) -> None:
        """Put an entry where the rarest of its groups finds it."""
        groups = sorted(dict.fromkeys(required(entry.tree, self._cost)), key=self._cost)
        listed = [self._listed(group) for group in groups[:2]]
        if not listed:
            self._unanchored[entry] = None
            return
        entry.anchor, entry.second = listed[0], listed[1] if len(listed) > 1 else ()
        for posting in _each(entry.anchor):
            anchored = self._anchored.setdefault(posting, entry)
            if isinstance(anchored, dict):
                anchored[entry] = None
            elif isinstance(anchored, _Entry):
                if anchored is not entry:
                    self._anchored[posting] = [anchored, entry]
            elif len(anchored) < _MOST_LISTED:
                anchored.append(entry)
            else:
                self._anchored[posting] = dict.fromkeys((*anchored, entry))

    def _at(self, posting: Posting) -> Iterable[_Entry]:
        """The queries that are anchored at a posting."""
        anchored = self._anchored[posting]
        return (anchored,) if isinstance(anchored, _Entry) else anchored

    def _listed(self, group: Group) -> _Postings:
        """The postings of a group."""
        if len(group) == 1:
            return self._postings[group[0]]
        return tuple(self._postings[atom] for atom in group)

    def _lift(self, entry: _Entry) -> None:
        """Take an entry from its place."""
        self._unanchored.pop(entry, None)
        for posting in _each(entry.anchor):
            anchored = self._anchored[posting]
            if isinstance(anchored, dict):
                del anchored[entry]
            elif isinstance(anchored, list):
                anchored.remove(entry)
            if anchored is entry or not anchored:
                del self._anchored[posting]
        entry.anchor = entry.second = ()

    def _settle(self) -> None:
        """Move queries away from anchors that turned out common, and let old frequencies fade."""
        most = max(1, _COMMON * (_FIRST if self.seen <= _FIRST else _PERIOD / _SAMPLED))
        turned = [posting for posting in self._anchored if posting.hits > most]
        common = dict.fromkeys(entry for posting in turned for entry in self._at(posting) if _may_move(entry))
        for entry in common:
            self._lift(entry)
            self._anchor(entry)
        for posting in self._postings:
            posting.hits //= 2


class _Answers:
    """Which word types of a document answer an atom, from what is remembered of each."""

    def __init__(self, postings: Postings, present: set[Posting], types: Iterable[str], listed: list[Listed]) -> None:
        self._postings = postings
        self._present = present
        #: word types, and in the same order the postings that each answers
        self._types = types
        self._listed = listed
        self._asked = 0
        self._by_posting: dict[Posting, list[str]] | None = None

    def has(self, atom: Atom) -> bool:
        """Whether any word type answers an atom."""
        return self._postings.get(atom) in self._present

    def types_for(self, atom: Atom) -> Collection[str]:
        """The word types that answer an atom."""
        posting = self._postings.get(atom)
        if posting is None or posting not in self._present:
            return ()
        if self._by_posting is None:
            self._asked += 1
            if self._asked <= _FEW:
                return [surface for surface, listed in zip(self._types, self._listed, strict=True) if posting in listed]
            self._by_posting = {}
            for surface, listed in zip(self._types, self._listed, strict=True):
                for one in listed:
                    self._by_posting.setdefault(one, []).append(surface)
        return self._by_posting[posting]


def _may_move(entry: _Entry) -> bool:
    """Whether another anchor may be rarer than the one an entry has."""
    if not entry.second:
        return not isinstance(entry.tree, Leaf)  # an OR may choose otherwise within its branches
    return sum(one.hits for one in _each(entry.second)) < sum(one.hits for one in _each(entry.anchor))


def _each(postings: _Postings) -> tuple[Posting, ...]:
    """The postings of a group, one by one."""
    return (postings,) if isinstance(postings, Posting) else postings


def _number(entry: _Entry) -> int:
    """The order of adding."""
    return entry.number
