"""Whether a state of an article was told before: states, returns, and the fingerprint of a change. Pure.

::

    title, text ──state──▶ "1:…"      equal: the same state, whatever adverts and quotes stand in it
    states told, a new one, its diff ──retell──▶ Retelling(reason, reverted)

Each distinct state of an article is told once. A return to an earlier state is told once, as a reversal, and only if
the change was major; a page that flaps between two states (A, B, A, B, …) is so told three times at most.
"""

from collections.abc import Sequence
from enum import Enum

from news.boilerplate import is_boilerplate
from news.changekinds import Change, Weight
from news.changerules import rules_of
from news.fingerprint import digest, folded
from news.sentences import lines


class Retelling(Enum):
    """Why a state is told, or is not; the value is the sentence that is shown."""

    NEW_STATE = "the article says something that it never said before"
    REVERTED = "the article returned to what it said before, after a major change"
    SAME_STATE = "the article says what it said last"
    RETURNED = "the article returned to what it said before, after a change that was not major"
    FLAPPING = "the article returned to what it said before, and this was told"

    @property
    def told(self) -> bool:
        """Whether it is told."""
        return self in (Retelling.NEW_STATE, Retelling.REVERTED)

    @property
    def reverted(self) -> bool:
        """Whether it is told as a return."""
        return self is Retelling.REVERTED


def state(title: str, text: str, language: str | None = None) -> str:
    """The versioned hash of what an article says; boilerplate lines, quotes, blanks and letter case do not count."""
    rules = rules_of(language)
    said: list[str] = []
    above: list[str] = []
    for line in lines(text):
        written = text[line.start : line.stop].strip()
        if not is_boilerplate(written, rules, reversed(above)):
            said.append(folded(written))
        above = [*above[-_ABOVE:], written]
    return digest(folded(title), " ".join(part for part in said if part))


_ABOVE = 13


def retell(states: Sequence[str], reverted: Sequence[str], new: str, weight: Weight) -> Retelling:
    """Whether a new state is told.

    ``states`` are those of the article so far, oldest first, the last one being what it said until now; ``reverted``
    those to which a return was told; ``weight`` is that of the change from the last one.
    """
    if states and states[-1] == new:
        return Retelling.SAME_STATE
    if new not in states:
        return Retelling.NEW_STATE
    if new in reverted:
        return Retelling.FLAPPING
    return Retelling.REVERTED if weight is Weight.MAJOR else Retelling.RETURNED


def fingerprint(change: Change) -> str:
    """What makes a change the same in the copies of a story: kind, old, new and sentence, folded. Versioned."""
    return digest(change.kind.value, folded(change.old), folded(change.new), folded(change.sentence))
