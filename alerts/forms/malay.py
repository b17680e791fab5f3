"""Affixes of Indonesian and Malay that the dictionary does not list with a word: roots, to be looked up in it.

::

    "pemrotes" ──pem-, p──▶ "rotes", "protes"        "diserangnya" ──di-, -nya──▶ "serang", "serangnya" …

A root counts only if the dictionary has it (see ``alerts.forms.keys``); on names only what is cut by ``enclitics``
counts unseen. Rules: J. N. Sneddon, Indonesian Reference Grammar, chapter 1, and the order of Nazief and Adriani's
confix stripping (M. Adriani et al., Stemming Indonesian, ACM TALIP 6 (4), 2007).
"""

from collections.abc import Iterator

#: letters that must stay of a root
_LEAST = 3
#: written with the word; they never change what it means
_ENCLITICS = ("nya", "lah", "kah", "pun", "ku", "mu")
_SUFFIXES = ("kan", "an", "i")
#: prefix → what the root's first letters may have been: meN- and peN- take the place of k, p, s and t
_PREFIXES = {
    "memper": ("",), "diper": ("",), "keter": ("",), "keber": ("",), "ber": ("",), "be": ("",), "ter": ("",),
    "di": ("",), "ke": ("",), "se": ("",), "per": ("",),
    "meng": ("", "k"), "peng": ("", "k"), "menge": ("",), "penge": ("",),
    "meny": ("s",), "peny": ("s",),
    "mem": ("", "p"), "pem": ("", "p"),
    "men": ("", "t"), "pen": ("", "t"),
    "me": ("",), "pe": ("",),
}  # fmt: skip
#: a suffix does not go with these prefixes
_UNLIKE = {
    ("be", "i"),
    ("di", "an"),
    ("ke", "i"),
    ("ke", "kan"),
    ("me", "an"),
    ("se", "i"),
    ("se", "kan"),
    ("ter", "an"),
}
_NASALS = ("me", "pe")


def enclitics(word: str) -> Iterator[str]:
    """The word without the particles and pronouns written with it; four letters stay at least."""
    for ending in _ENCLITICS:
        if word.endswith(ending) and len(word) - len(ending) > _LEAST:
            shorter = word[: -len(ending)]
            yield shorter
            if ending in {"lah", "kah", "pun"}:
                yield from enclitics(shorter)


def roots(word: str) -> Iterator[str]:
    """The roots that a folded word may be derived from, likeliest first; not the word itself."""
    for whole in (word, *enclitics(word)):
        if whole != word:
            yield whole
        for suffix in ("", *_SUFFIXES):
            if not whole.endswith(suffix):
                continue
            middle = whole[: len(whole) - len(suffix)]
            if suffix and len(middle) >= _LEAST + 1:
                yield middle
            yield from _without_prefix(middle, suffix)


def _without_prefix(word: str, suffix: str) -> Iterator[str]:
    for prefix, firsts in _PREFIXES.items():
        if not word.startswith(prefix) or (prefix[:2], suffix) in _UNLIKE or (prefix, suffix) in _UNLIKE:
            continue
        rest = word[len(prefix) :]
        for first in firsts:
            if len(first + rest) >= _LEAST + 1 and not (prefix in _NASALS and rest[:1] not in _SONORANTS):
                yield first + rest


#: me- and pe- without a nasal stand before these
_SONORANTS = frozenset("lrmnwy")
