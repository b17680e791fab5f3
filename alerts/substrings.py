"""Terms of scripts without spaces, found in a text all at once.

::

    add(run) ──▶ recent ──at the next search──▶ one more automaton, merged with those that are no bigger
                                                        │
    search(characters) ─────────────────────────────────┘──▶ the runs that stand in them

Method: Aho and Corasick 1975, as ``ahocorasick_rs`` has it; it cannot be added to, so there are a few automata whose
sizes double (Bentley and Saxe 1980, the logarithmic method): a run is built in about log n times, and a text is
searched by about log n automata at most, one where nothing was added of late.
"""

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick


class Substrings:
    """The runs of characters that are looked for."""

    def __init__(self) -> None:
        #: the runs that are wanted; automata may still hold others
        self._wanted: set[str] = set()
        self._recent: dict[str, None] = {}
        #: the biggest first
        self._built: list[tuple[AhoCorasick, list[str]]] = []
        self._held = 0

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def add(self, run: str) -> None:
        """Look for a run of characters, at least one."""
        self._wanted.add(run)
        self._recent[run] = None

    def discard(self, run: str) -> None:
        """Look no longer for a run."""
        self._wanted.discard(run)
        self._recent.pop(run, None)
        if self._held > 2 * len(self._wanted):
            self._built.clear()
            self._recent = dict.fromkeys(sorted(self._wanted))
            self._held = 0

    def search(self, characters: str) -> Iterable[str]:
        """The runs that stand in these characters, wherever; perhaps some that are looked for no longer."""
        if self._recent:
            self._build()
        for automaton, runs in self._built:
            matches = automaton.find_matches_as_indexes(characters, overlapping=True)
            for number in {match[0] for match in matches}:
                yield runs[number]

    def _build(self) -> None:
        """Make an automaton of what was added, together with those that are no bigger than it grows."""
        runs = list(self._recent)
        self._recent.clear()
        while self._built and len(self._built[-1][1]) <= len(runs):
            runs.extend(self._built.pop()[1])
        runs = [run for run in dict.fromkeys(runs) if run in self._wanted]
        if runs:
            self._built.append((AhoCorasick(runs), runs))
            self._built.sort(key=lambda built: -len(built[1]))
        self._held = sum(len(built) for _, built in self._built)
