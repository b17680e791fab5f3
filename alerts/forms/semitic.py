"""What Arabic and Hebrew write together with a word: conjunctions, prepositions, the article, pronouns, plurals.

::

    "واحتجاجاتهم" ──و-, -هم──▶ "احتجاجات" ──-ات──▶ "احتجاج"          "בקזחסטן" ──ב-──▶ "קזחסטן"

All is folded: alef has one form, teh marbuta is heh, final yeh is yeh. Which of the words counts is decided by whoever
knows a dictionary: what is cut from a known word is not cut at all (``كتاب`` is a book, no ``ك`` + ``تاب``).
"""

from collections.abc import Iterator

#: letters that must stay of a word
_LEAST = 3
#: K. C. Ryding, A Reference Grammar of Modern Standard Arabic: conjunction, preposition or future, article; the light10
#: stemmer (L. S. Larkey et al., Light Stemming for Arabic, 2007) cuts the same, without ب, ك and ل alone
_ARABIC_PREFIXES = (
    "وبال", "وكال", "فبال", "فكال", "وال", "بال", "كال", "فال", "ولل", "فلل", "لل", "ال",
    "وب", "ول", "وس", "فس", "فب", "فل", "و", "ف", "ب", "ك", "ل", "س",
)  # fmt: skip
_ARABIC_PRONOUNS = ("هما", "كما", "هم", "هن", "كم", "نا", "ها", "ه")
#: plural and dual, feminine, relation: ending → what stands in the singular
_ARABIC_PLURALS = {
    "ات": ("", "ه"), "اتي": ("", "ه"), "ون": ("",), "ين": ("",), "ان": ("", "ه"), "تين": ("ه",), "تان": ("ه",),
    "ه": ("",), "يه": ("ي",), "يون": ("ي",), "يين": ("ي",),
}  # fmt: skip
#: L. Glinert, The Grammar of Modern Hebrew: plurals
_HEBREW_PLURALS = {"ים": ("", "ה"), "יות": ("ית", "יה"), "ות": ("ה", "", "ת")}
#: letters that have another shape at the end of a word
_FINALS = {"כ": "ך", "מ": "ם", "נ": "ן", "פ": "ף", "צ": "ץ"}
#: the same: what is written with the next word, singly and stacked
_HEBREW_PREFIXES = ("וכש", "כשה", "שה", "וה", "וב", "ול", "ומ", "וש", "מה", "לכש", "ש", "ה", "ו", "ב", "ל", "מ", "כ")


def arabic(word: str) -> Iterator[str]:
    """The words inside a folded Arabic word with clitics: what is cut in front, behind, and on both sides."""
    seen = {word}
    for front in (word, *_without(word, _ARABIC_PREFIXES)):
        for one in (front, *_without_pronoun(front)):
            if one not in seen:
                seen.add(one)
                yield one


def arabic_singulars(word: str) -> Iterator[str]:
    """The singulars of which a folded Arabic word may be a regular plural, dual or feminine."""
    for ending, instead in _ARABIC_PLURALS.items():
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            for one in instead:
                yield word[: -len(ending)] + one


def hebrew(word: str) -> Iterator[str]:
    """The words inside a folded Hebrew word with prefixes, and the singulars of each."""
    for one in (word, *_without(word, _HEBREW_PREFIXES)):
        if one != word:
            yield one
        yield from hebrew_singulars(one)


def hebrew_singulars(word: str) -> Iterator[str]:
    """The singulars of which a folded Hebrew word may be a plural."""
    for ending, instead in _HEBREW_PLURALS.items():
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            stem = word[: -len(ending)]
            for one in instead:
                yield stem + one if one else stem[:-1] + _FINALS.get(stem[-1], stem[-1])


def _without(word: str, prefixes: tuple[str, ...]) -> Iterator[str]:
    for prefix in prefixes:
        if word.startswith(prefix) and len(word) - len(prefix) >= _LEAST:
            yield word[len(prefix) :]


def _without_pronoun(word: str) -> Iterator[str]:
    for pronoun in _ARABIC_PRONOUNS:
        if word.endswith(pronoun) and len(word) - len(pronoun) >= _LEAST:
            shorter = word[: -len(pronoun)]
            yield shorter
            if shorter.endswith("ت"):
                yield shorter[:-1] + "ه"
