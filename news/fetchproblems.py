"""Whether what a visit brought can be an edit at all, or is a page that did not come. Pure.

::

    last good version, new version ──problem──▶ None: an edit, or nothing     FetchProblem: why the page did not come

A page that suddenly yields little, is in another language, asks for consent or payment, wants a human, or says that
there is nothing here, stands in the article's place: nothing is compared with it. An extractor that lost a text and an
editor who cut it look alike; ``LITTLE`` and ``UNTITLED`` are believed when a later visit brings the same again
(``believed``), the others never are.
"""

import re
from enum import Enum
from typing import Final

from news.changerules import LANGUAGES, rules_of
from news.changes import Version
from news.fingerprint import folded
from news.languages import detect, same_language
from news.text import surfaces

#: words of a text that is long enough to be judged by its length, and part of them that is little
_LONG: Final = 40
_LITTLE: Final = 4
#: words of what stands in an article's place, at most
_MOST_PAGE_WORDS: Final = 400
#: phrases of a page that is not the article: so many, or one on a page with so few words
_PHRASES: Final = 2
_SHORT_PAGE: Final = 60
#: code points that are searched for phrases
_SEARCHED: Final = 6_000


class FetchProblem(Enum):
    """Why a page is not the article; the value is the sentence that is shown."""

    EMPTY = "the page has no text"
    LITTLE = "the page suddenly has little of its text"
    UNTITLED = "the page has lost its title"
    LANGUAGE = "the page is in another language"
    CONSENT = "the page asks for consent to cookies"
    PAYWALL = "the page asks for a subscription"
    CHALLENGE = "the page asks for a human, or refuses access"
    GONE = "the page says that there is nothing here, and was answered as if it were the article"


_PAGES: Final = {
    "consent": FetchProblem.CONSENT,
    "paywall": FetchProblem.PAYWALL,
    "challenge": FetchProblem.CHALLENGE,
    "gone": FetchProblem.GONE,
}
_BLANKS: Final = re.compile(r"\s+")


def problem(old: Version, new: Version, language: str | None = None) -> FetchProblem | None:
    """Why a new version is a fetch problem and no edit; None where it may be compared."""
    if not old.text.strip():
        return None
    if not new.text.strip():
        return FetchProblem.EMPTY
    before, after = surfaces(old.text), surfaces(new.text)
    if replaced := _stands_for_it(old, new, len(before), len(after), language):
        return replaced
    if len(before) >= _LONG and len(after) * _LITTLE <= len(before):
        return FetchProblem.LITTLE
    if old.title.strip() and not new.title.strip():
        return FetchProblem.UNTITLED
    one, other = detect(old.text), detect(new.text)
    if one and other and not same_language(one, other) and _little_shared(before, after):
        return FetchProblem.LANGUAGE
    return None


def believed(found: FetchProblem, new: Version, earlier: Version | None) -> bool:
    """Whether a problem is an edit after all: the visit before, some time ago, brought the very same."""
    if found not in (FetchProblem.LITTLE, FetchProblem.UNTITLED) or earlier is None:
        return False
    return (folded(new.title), folded(new.text)) == (folded(earlier.title), folded(earlier.text))


def _stands_for_it(old: Version, new: Version, before: int, after: int, language: str | None) -> FetchProblem | None:
    """The kind of page that stands in the article's place, by phrases that the article did not have."""
    if after > _MOST_PAGE_WORDS and after * 2 > before:
        return None
    was, now = _searched(old), _searched(new)
    own, other = rules_of(language).language, _little_shared(surfaces(old.text), surfaces(new.text))
    for tongue in (own, *(one for one in ("en", *LANGUAGES) if one != own)):
        for kind, phrases in rules_of(tongue).pages.items():
            found = sum(phrase in now and phrase not in was for phrase in phrases)
            few = after <= _SHORT_PAGE and after * 2 <= before
            if found >= _PHRASES and after * 2 <= before * 3 and other:
                return _PAGES[kind]
            if found and few and (kind != "gone" or other):
                return _PAGES[kind]
            if found and kind == "paywall" and after * 2 <= before:
                return _PAGES[kind]
    return None


def _little_shared(before: list[str], after: list[str]) -> bool:
    """Whether most of a page's words are none of the article's."""
    words, known = {word.casefold() for word in after}, {word.casefold() for word in before}
    return 2 * len(words & known) < len(words)


def _searched(version: Version) -> str:
    return _BLANKS.sub(" ", f"{version.title[:_SEARCHED]}\n{version.text[:_SEARCHED]}".casefold().replace("’", "'"))
