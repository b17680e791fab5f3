"""Every query against one text at once.

::

    add(key, query) ──required groups──▶ anchored at the rarest ──┐
                                                                  ▼
    document ──word types──▶ memo: which atoms does this type answer? ──▶ candidates ──evaluate──▶ matches

A *group* is a set of atoms of which a text must answer at least one for the query to hold: each word of an AND or of a
phrase is a group, an OR is one group of all its branches. A query is looked at only where its anchor, the group that
has been rarest in the texts of late, is answered, and evaluated only where its other groups are answered too. Queries
that require no word at all (restrictions alone) are evaluated for every text.

What a word type answers is worked out once and remembered, so a text costs one look-up for each of its distinct words
however many queries there are. Adding or removing a query touches that query's atoms alone; the memory of word types is
emptied when an atom is new, and fills again from the texts that follow.
"""

from collections import Counter
from collections.abc import Callable

from alerts.analysis import Analyser, Atom, Reading
from alerts.query.evaluation import evaluate_reading
from alerts.query.tree import Alias, And, Near, Node, Not, Or, Query, Restrict, Scope
from alerts.types import Document, Span

#: documents after which frequencies are halved and anchors that turned out common are moved
_PERIOD = 2048
#: a share of the documents of a period above which an anchor counts as common
_COMMON = 0.02
#: word types remembered
_MEMO_SIZE = 1 << 17
#: longer "words" are junk and not remembered
_LONGEST_REMEMBERED = 64

_Group = frozenset[Atom]


def evaluate(query: Query, document: Document, analyser: Analyser | None = None) -> tuple[Span, ...] | None:
    """The spans of one query in one document, or None where it does not hold; empty for restrictions alone.

    Pass one ``analyser`` along where many documents are evaluated: it remembers words.
    """
    return evaluate_reading(query.tree, (analyser or Analyser()).read(document))


class _Posting:
    """What is known of one atom."""

    __slots__ = ("anchored", "atom", "hits", "uses")

    def __init__(self, atom: Atom) -> None:
        self.atom = atom
        #: documents that answered it, of late
        self.hits = 0.0
        #: queries that ask for it
        self.uses = 0
        #: the queries that are looked at where it is answered
        self.anchored: set[_Entry] = set()


class _Entry:
    """A query in the index; identity is the object's own."""

    __slots__ = ("anchor", "atoms", "key", "number", "others", "tree")

    def __init__(self, key: str, number: int, tree: Node) -> None:
        self.key = key
        #: the order of adding, and so of answers
        self.number = number
        self.tree = tree
        self.atoms = atoms_of(tree)
        self.anchor: frozenset[_Posting] = frozenset()
        #: the other groups, rarest first
        self.others: tuple[frozenset[_Posting], ...] = ()


class _Memo(dict[str, tuple[_Posting, ...]]):
    """Word type → the postings that it answers; works out what is missing; bounded."""

    def __init__(self, look_up: Callable[[str], tuple[_Posting, ...]]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, surface: str) -> tuple[_Posting, ...]:
        found = self._look_up(surface)
        if len(surface) <= _LONGEST_REMEMBERED:
            if len(self) >= _MEMO_SIZE:
                self.clear()
            self[surface] = found
        return found


class QueryIndex:
    """Finds, of all its queries, exactly those that hold for a document. Not for several threads at once."""

    def __init__(self) -> None:
        self._analyser = Analyser()
        self._entries: dict[str, _Entry] = {}
        self._unanchored: set[_Entry] = set()
        self._postings: dict[Atom, _Posting] = {}
        self._prefix_lengths: Counter[int] = Counter()
        self._memo = _Memo(self._look_up)
        self._added = 0
        self._seen = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: str, query: Query) -> None:
        """Add a query, or put another in the place of the one that has this key."""
        if key in self._entries:
            self.remove(key)
        self._added += 1
        entry = _Entry(key, self._added, query.tree)
        for atom in entry.atoms:
            posting = self._postings.get(atom)
            if posting is None:
                posting = self._postings[atom] = _Posting(atom)
                if atom[0] == "*":
                    self._prefix_lengths[len(atom) - 1] += 1
                self._memo.clear()
            posting.uses += 1
        self._entries[key] = entry
        self._anchor(entry)

    def remove(self, key: str) -> None:
        """Remove a query; raises KeyError if there is none of this key."""
        entry = self._entries.pop(key)
        self._lift(entry)
        for atom in entry.atoms:
            posting = self._postings[atom]
            posting.uses -= 1
            if not posting.uses:
                # The memo may still name it; it anchors nothing, and an equal atom that comes later empties the memo.
                del self._postings[atom]
                if atom[0] == "*":
                    self._prefix_lengths[len(atom) - 1] -= 1
                    self._prefix_lengths += Counter()

    def match(self, document: Document) -> dict[str, tuple[Span, ...]]:
        """The queries that hold, in the order of adding, each with its spans in order (none for restrictions alone)."""
        reading = self._analyser.read(document)
        present: set[_Posting] = set()
        memo = self._memo
        for surface in reading.types:
            if answered := memo[surface]:
                present.update(answered)
        candidates = set(self._unanchored)
        for posting in present:
            posting.hits += 1
            if posting.anchored:
                candidates.update(entry for entry in posting.anchored if not any(map(present.isdisjoint, entry.others)))
        found: dict[str, tuple[Span, ...]] = {}
        if candidates:
            self._hand_over(reading)
            for entry in sorted(candidates, key=_number):
                spans = evaluate_reading(entry.tree, reading)
                if spans is not None:
                    found[entry.key] = spans
        self._seen += 1
        if self._seen % _PERIOD == 0:
            self._settle()
        return found

    def _hand_over(self, reading: Reading) -> None:
        """Tell a reading what its word types answer, so that evaluation need not work it out again."""
        answers: dict[Atom, list[str]] = {}
        for surface in reading.types:
            for posting in self._memo[surface]:
                answers.setdefault(posting.atom, []).append(surface)
        reading.adopt(answers)

    def _look_up(self, surface: str) -> tuple[_Posting, ...]:
        """The postings that a word type answers."""
        forms = self._analyser.forms(surface)
        asked = dict.fromkeys(forms.atoms)
        for length in self._prefix_lengths:
            for key in forms.keys:
                if len(key) >= length:
                    asked[Atom("*" + key[:length])] = None
        return tuple(posting for atom in asked if (posting := self._postings.get(atom)) is not None)

    def _cost(self, group: _Group) -> float:
        """How often a group is answered; what was never seen counts as the rarer the longer it is."""
        return sum(self._postings[atom].hits + 1 / len(atom) for atom in group)

    def _anchor(self, entry: _Entry) -> None:
        """Put an entry where the rarest of its groups finds it."""
        groups = sorted(set(required(entry.tree, self._cost)), key=self._cost)
        listed = [frozenset(self._postings[atom] for atom in group) for group in groups]
        if not listed:
            self._unanchored.add(entry)
            return
        entry.anchor, entry.others = listed[0], tuple(listed[1:])
        for posting in entry.anchor:
            posting.anchored.add(entry)

    def _lift(self, entry: _Entry) -> None:
        """Take an entry from its place."""
        self._unanchored.discard(entry)
        for posting in entry.anchor:
            posting.anchored.discard(entry)

    def _settle(self) -> None:
        """Move queries away from anchors that turned out common, and let old frequencies fade."""
        common = {
            entry
            for posting in self._postings.values()
            if posting.anchored and posting.hits > _PERIOD * _COMMON
            for entry in posting.anchored
        }
        for entry in common:
            self._lift(entry)
            self._anchor(entry)
        for posting in self._postings.values():
            posting.hits /= 2


def _number(entry: _Entry) -> int:
    """The order of adding."""
    return entry.number


def atoms_of(node: Node) -> frozenset[Atom]:
    """Every atom that evaluating a tree may ask a text for."""
    match node:
        case And() | Or():
            return frozenset().union(*(atoms_of(one) for one in node.nodes))
        case Not():
            return atoms_of(node.node)
        case Near():
            return atoms_of(node.left) | atoms_of(node.right)
        case Alias():
            return frozenset().union(*(one.atoms for one in node.members))
        case Restrict():
            return atoms_of(node.node) if node.scope is Scope.TITLE else frozenset()
        case _:
            return frozenset(node.atoms)


def required(node: Node, cost: Callable[[_Group], float]) -> list[_Group]:
    """The groups of which a text must answer at least one atom each for a node to hold; empty where none is known.

    An OR is the union of the group of each branch that ``cost`` makes the cheapest.
    """
    match node:
        case And():
            return [group for one in node.nodes for group in required(one, cost)]
        case Or():
            branches = [required(one, cost) for one in node.nodes]
            return [frozenset().union(*(min(groups, key=cost) for groups in branches))] if all(branches) else []
        case Not():
            return []
        case Near():
            return required(node.left, cost) + required(node.right, cost)
        case Alias():
            return required(Or(node.members), cost)
        case Restrict():
            return required(node.node, cost) if node.scope is Scope.TITLE else []
        case _:
            return [frozenset({atom}) for atom in node.atoms]
