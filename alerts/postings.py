"""From a word of a text to the atoms that queries ask for.

::

    add(atom) ──▶ Posting ──by its keys, a family of languages at a time──╮
                                                                         ▼
    word type ──memo of the family──▶ keys of the word (worked out once, ever) ──▶ the postings that it answers

The folded form of a query's word is among its keys in every family and kept once; what a family adds to it (lemma and
stem) is worked out when the first text of that family comes, and kept up to date from then on. Word types are
remembered in two layers: ``Analyser`` keeps what is dear to know and depends on no query; which postings a type answers
is a few look-ups more, and is forgotten when an atom is new.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from alerts import forms
from alerts.analysis import Analyser, Atom, is_run, run_atom
from alerts.keymap import KeyMap
from alerts.slips import Slips
from alerts.substrings import Substrings
from news.text import fold, is_unspaced

#: word types of which the postings are remembered, over all families
_MEMO_SIZE = 1 << 17
#: longer "words" are junk and not remembered
_LONGEST_REMEMBERED = 64
#: families whose keys are kept; the one not needed for longest goes
_MOST_FAMILIES = 32
#: numbers that stand for nothing any more, beyond as many as stand for something
_MOST_GONE = 10_000


class Posting:
    """What is known of one atom; identity is the object's own."""

    __slots__ = ("atom", "hits", "uses")

    def __init__(self, atom: Atom) -> None:
        self.atom = atom
        #: documents that answered it, of late
        self.hits = 0
        #: queries that ask for it; it is given up with the last of them
        self.uses = 0


#: of a word type
Listed = tuple[Posting, ...]


class _Family:
    """What one family of languages adds."""

    def __init__(self, look_up: Callable[[str], Listed]) -> None:
        #: the keys of the queries' words, without the folded word itself → the numbers of their postings
        self.keys = KeyMap()
        self.memo = _Memo(look_up)
        #: the number of the last document that needed it
        self.needed = 0


class _Memo(dict[str, Listed]):
    """Word type → the postings that it answers; works out what is missing."""

    def __init__(self, look_up: Callable[[str], Listed]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, surface: str) -> Listed:
        return self._look_up(surface)


class Postings:
    """The atoms that queries ask for, and what answers them."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._postings: dict[Atom, Posting] = {}
        #: by their numbers, those that were given up among them
        self._numbered: list[Posting] = []
        #: the folded words of the atoms that ask for forms → the numbers of their postings
        self._folded = KeyMap()
        self._families: dict[str, _Family] = {}
        self._slips = Slips()
        self._substrings = Substrings()
        self._prefix_lengths: Counter[int] = Counter()
        #: what every word of a script without spaces answers, so that a text is known to have some
        self.unspaced = Posting(run_atom(""))
        self._remembered = 0
        self._documents = 0

    def __getitem__(self, atom: Atom) -> Posting:
        return self._postings[atom]

    def __len__(self) -> int:
        return len(self._postings)

    def __iter__(self) -> Iterator[Posting]:
        return iter(self._postings.values())

    def get(self, atom: Atom) -> Posting | None:
        """The posting of an atom, if a query asks for it."""
        return self._postings.get(atom)

    def add(self, atom: Atom) -> None:
        """Count one more query that asks for an atom."""
        posting = self._postings.get(atom)
        if posting is None:
            posting = self._postings[atom] = Posting(atom)
            self._enter(posting)
            if self._remembered:
                self._forget()
        posting.uses += 1

    def release(self, atom: Atom) -> None:
        """Count one query less; what nobody asks for is given up."""
        posting = self._postings[atom]
        posting.uses -= 1
        if not posting.uses:
            # The memo may still name it; it anchors nothing, and an equal atom that comes later empties the memo.
            del self._postings[atom]
            self._leave(posting)
            if len(self._numbered) > 2 * len(self._postings) + _MOST_GONE:
                self._number_anew()

    def answered(self, types: Iterable[str], family: str) -> list[Listed]:
        """For each word type of a text of a family, the postings that it answers."""
        self._documents += 1
        known = self._families.get(family) or self._learn(family)
        known.needed = self._documents
        return list(map(known.memo.__getitem__, types))

    def substrings(self, characters: str) -> Iterable[Posting]:
        """The postings of runs of characters that may be found in a text's characters."""
        if not self._substrings:
            return
        for run in self._substrings.search(characters):
            for kind in "cd":
                posting = self._postings.get(Atom(kind + run))
                if posting is not None:
                    yield posting

    def _enter(self, posting: Posting) -> None:
        """Make a new posting known to whatever leads to it."""
        kind, key = posting.atom[0], posting.atom[1:]
        if kind == "*":
            self._prefix_lengths[len(key)] += 1
        elif is_run(posting.atom):
            self._substrings.add(key)
        elif kind in "w~":
            number = len(self._numbered)
            self._numbered.append(posting)
            self._folded.put(fold(key), number)
            for name, family in self._families.items():
                _put(key, name, family.keys, number)
            if kind == "~":
                self._slips.add(fold(key), posting.atom)

    def _leave(self, posting: Posting) -> None:
        """Take from whatever leads to it a posting that is no more; its number stands for nothing from now on."""
        kind, key = posting.atom[0], posting.atom[1:]
        if kind == "*":
            self._prefix_lengths[len(key)] -= 1
            self._prefix_lengths += Counter()
        elif is_run(posting.atom):
            if Atom("c" + key) not in self._postings and Atom("d" + key) not in self._postings:
                self._substrings.discard(key)
        elif kind == "~":
            self._slips.discard(fold(key), posting.atom)

    def _number_anew(self) -> None:
        """Forget the numbers that stand for nothing; families are learnt again when their texts come."""
        self._forget()
        self._families.clear()
        self._folded = KeyMap()
        self._numbered = [posting for posting in self._postings.values() if posting.atom[0] in "w~"]
        for number, posting in enumerate(self._numbered):
            self._folded.put(fold(posting.atom[1:]), number)

    def _learn(self, family: str) -> _Family:
        """Work out the keys of a family, for its first text."""
        if len(self._families) >= _MOST_FAMILIES:
            del self._families[min(self._families, key=lambda name: self._families[name].needed)]
            self._forget()
        found = self._families[family] = _Family(lambda surface: self._look_up(surface, family))
        for number, posting in enumerate(self._numbered):
            if posting.uses:
                _put(posting.atom[1:], family, found.keys, number)
        found.keys.settle()
        self._folded.settle()
        return found

    def _look_up(self, surface: str, family: str) -> Listed:
        """The postings that a word type answers."""
        if is_unspaced(surface):
            return self._remember(surface, family, (self.unspaced,))
        known = self._analyser.word_type(surface, family)
        keys = self._families[family].keys
        found: dict[Posting, None] = {}
        for key in known.given:
            listed = [self._numbered[number] for each in (self._folded, keys) for number in each.find(key)]
            found.update((posting, None) for posting in listed if posting.uses)
        asked = list(known.as_written)
        for length in self._prefix_lengths:
            asked.extend(Atom("*" + key[:length]) for key in known.folded if len(key) >= length)
        asked.extend(self._slips.near(known.folded))
        found.update((known_one, None) for atom in asked if (known_one := self._postings.get(atom)) is not None)
        return self._remember(surface, family, tuple(found))

    def _remember(self, surface: str, family: str, listed: Listed) -> Listed:
        """Keep what a word type answers, unless it is junk."""
        if len(surface) <= _LONGEST_REMEMBERED:
            if self._remembered >= _MEMO_SIZE:
                self._forget()
            self._families[family].memo[surface] = listed
            self._remembered += 1
        return listed

    def _forget(self) -> None:
        """Empty the cheap memory of every family."""
        for family in self._families.values():
            family.memo.clear()
        self._remembered = 0


def _put(word: str, family: str, keys: KeyMap, number: int) -> None:
    """Take in the keys of a query's word in a family, but for the folded word, which is the same in all."""
    folded = fold(word)
    for key in forms.asked(word, family):
        if key != folded:
            keys.put(key, number)
