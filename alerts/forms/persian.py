"""What Persian and Urdu write with a word, joined, half joined or as a word of its own: plurals, pronouns, verb marks.

::

    "اعتراض‌هایشان" ──folded──▶ "اعتراضهايشان" ──-شان, -هاي──▶ "اعتراض"        "می‌شود", "میشود" ──می-──▶ "شود"

A zero-width non-joiner falls when a word is folded. Endings: G. Lazard, A Grammar of Contemporary Persian; for Urdu,
R. L. Schmidt, Urdu: An Essential Grammar.
"""

from collections.abc import Iterator

#: letters that must stay of a word
_LEAST = 3
#: longest first: plural and what may follow it, the indefinite and linking yeh, pronouns, comparison
_PERSIAN_ENDINGS = (
    "هايشان", "هايمان", "هايتان", "هايي", "هايش", "هايم", "هاي", "ها", "ترين", "تر",
    "شان", "مان", "تان", "اند", "ايم", "ام", "اش", "ات", "اي", "ان", "ي", "ش",
)  # fmt: skip
_PERSIAN_PREFIXES = ("نمي", "مي", "بي")
_URDU_ENDINGS = {
    "يوں": ("ي", ""),
    "ياں": ("ي",),
    "وں": ("", "ه", "ا"),
    "يں": ("",),
    "ات": ("",),
    "ے": ("ه", "ا"),
    "و": ("",),
}


def persian(word: str) -> Iterator[str]:
    """The words inside a folded Persian word, each part off at a time."""
    fronts = [word]
    fronts += [word[len(one) :] for one in _PERSIAN_PREFIXES if word.startswith(one) and len(word) - len(one) >= _LEAST]
    for front in fronts:
        if front != word:
            yield front
        for ending in _PERSIAN_ENDINGS:
            if front.endswith(ending) and len(front) - len(ending) >= _LEAST:
                yield front[: -len(ending)]


def urdu(word: str) -> Iterator[str]:
    """The citation forms of which a folded Urdu word may be an oblique or a plural."""
    for ending, instead in _URDU_ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            for one in instead:
                yield word[: -len(ending)] + one
