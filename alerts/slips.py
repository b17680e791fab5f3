"""One typing slip: which words of a text may be meant by a word of a query.

::

    add("kazakhstan") ──deletes──▶ {"kazakhstan", "azakhstan", "kzakhstan", …}
                                          │ a delete in common, and then the distance itself
    near(("kazakshtan",)) ──deletes───────┘ ──▶ {"kazakhstan"}

A slip is an insertion, a deletion, a substitution or a transposition of neighbours (optimal string alignment distance
1), with the first letter kept. Looking up by deletes on both sides is Garbe's symmetric delete method (SymSpell, 2012):
a text's word of n letters costs n + 1 look-ups, however many words are watched.
"""

from rapidfuzz.distance import OSA


def is_slip(word: str, other: str) -> bool:
    """Whether two folded words differ by exactly one slip, the first letter being the same."""
    return word[:1] == other[:1] and abs(len(word) - len(other)) <= 1 and OSA.distance(word, other, score_cutoff=1) == 1


def _deletes(word: str) -> set[str]:
    """A word, and what it is without any one of its letters but the first."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))}


class Slips:
    """The words that are watched for slips."""

    def __init__(self) -> None:
        self._by_delete: dict[str, tuple[str, ...]] = {}

    def add(self, word: str) -> None:
        """Watch for a folded word that is not watched yet."""
        for delete in _deletes(word):
            self._by_delete[delete] = (*self._by_delete.get(delete, ()), word)

    def discard(self, word: str) -> None:
        """Watch no longer for a folded word."""
        for delete in _deletes(word):
            left = tuple(one for one in self._by_delete.get(delete, ()) if one != word)
            if left:
                self._by_delete[delete] = left
            else:
                self._by_delete.pop(delete, None)

    def near(self, words: tuple[str, ...]) -> set[str]:
        """The watched words from which any of some folded words is one slip away."""
        if not self._by_delete:
            return set()
        return {
            watched
            for word in words
            for delete in _deletes(word)
            for watched in self._by_delete.get(delete, ())
            if is_slip(watched, word)
        }
