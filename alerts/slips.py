"""One typing slip: which words of a text may be meant by a word of a query.

::

    add("kazakhstan", atom) ──deletes──▶ {"kazakhstan", "azakhstan", "kzakhstan", …}
                                          │ a delete in common, and then the distance itself
    near(("kazakshtan",)) ──deletes───────┘ ──▶ [atom]

A slip is an insertion, a deletion, a substitution or a transposition of neighbours (optimal string alignment distance
1), with the first letter kept. Looking up by deletes on both sides is Garbe's symmetric delete method (SymSpell, 2012):
a text's word of n letters costs n + 1 look-ups, however many words are watched.
"""

from rapidfuzz.distance import OSA

from alerts.analysis import Atom


def is_slip(word: str, other: str) -> bool:
    """Whether two folded words differ by exactly one slip, the first letter being the same."""
    return word[:1] == other[:1] and abs(len(word) - len(other)) <= 1 and OSA.distance(word, other, score_cutoff=1) == 1


def _deletes(word: str) -> set[str]:
    """A word, and what it is without any one of its letters but the first."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))}


class Slips:
    """The words that are watched for slips, each for one atom or more."""

    def __init__(self) -> None:
        self._by_delete: dict[str, tuple[str, ...]] = {}
        #: folded word → the atoms that it is watched for
        self._atoms: dict[str, tuple[Atom, ...]] = {}
        #: letters of the longest word that was ever watched
        self._longest = 0

    def add(self, word: str, atom: Atom) -> None:
        """Watch for a folded word."""
        self._longest = max(self._longest, len(word))
        if word not in self._atoms:
            for delete in _deletes(word):
                self._by_delete[delete] = (*self._by_delete.get(delete, ()), word)
        self._atoms[word] = (*self._atoms.get(word, ()), atom)

    def discard(self, word: str, atom: Atom) -> None:
        """Watch no longer for a folded word on behalf of an atom."""
        left = tuple(one for one in self._atoms[word] if one != atom)
        if left:
            self._atoms[word] = left
            return
        del self._atoms[word]
        for delete in _deletes(word):
            others = tuple(one for one in self._by_delete[delete] if one != word)
            if others:
                self._by_delete[delete] = others
            else:
                del self._by_delete[delete]

    def near(self, words: tuple[str, ...]) -> list[Atom]:
        """The atoms of the watched words from which any of some folded words is one slip away."""
        if not self._atoms:
            return []
        found = {
            watched: None
            for word in words
            # Of what is far longer, an encoded picture for one, the deletes alone would cost its length squared.
            if len(word) <= self._longest + 1
            for delete in _deletes(word)
            for watched in self._by_delete.get(delete, ())
            if is_slip(watched, word)
        }
        return [atom for watched in found for atom in self._atoms[watched]]
