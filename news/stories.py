"""Decides which story an article belongs to. Pure: the store-backed stage and ``try stories`` ask the same function.

::

    article ──text_key──▶ same text ──┐
            ──canonical─▶ same address┼─ assign ──▶ Assignment(story | new, reason, score, joins)
            ──sign──────▶ near        │
            ──headline──▶ same headline

The same address and the same text are equivalences; how wordings are compared is in ``news.membership``, how short
texts are in ``news.headlines``. An article that leads to two stories joins them, and the older id stays. An article is
assigned once, on its completing revision ("Rules of identity" in ``docs/architecture.md``); the caller does not ask
again for later ones.

Texts of fewer than twelve words say too little by themselves ("Read more on our site"), so that their title counts too,
and for hours, not for days. Under a text of fewer than sixty a figure of the title that the text does not name counts.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from news.fingerprint import digest, folded
from news.membership import Representative, most_like
from news.types import StoryReason

#: how far two copies may lie apart, first to next
WINDOW = timedelta(days=14)

#: the same for a text that says too little by itself: the next explosion in the same city has the same headline
SOON = timedelta(hours=18)

#: a text of at least so many words is known by itself
WORDS = 12

#: one of fewer, its title included, is nobody's copy: "Live updates"
WORDS_LEAST = 4

#: under a text of fewer words a figure of the headline is the report: a standing teaser under "26 dead"
STANDING = 60

#: first and last code point of scripts that put no blanks between words
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x3FFFF),  # Han, further extensions
)
_UNSPACED_LETTER = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in _UNSPACED)}]")


def count_words(text: str) -> int:
    """The words of a folded text; in scripts without blanks two letters count as one word."""
    words = 0
    for run in text.split():
        unspaced = 0 if run.isascii() else len(_UNSPACED_LETTER.findall(run))
        words += (unspaced + 1) // 2 if unspaced else 1
    return words


def _words_at_most(folded_text: str, most: int) -> int:
    """The words of a folded text; of a long one the first are counted, that many or more."""
    return count_words(" ".join(folded_text.split(maxsplit=most)[:most]))


@dataclass(frozen=True, slots=True)
class Keys:
    """What a text is known by word for word; versioned."""

    #: of the text from twelve words on, else of title and text; None where both say next to nothing
    text: str | None
    #: of title and text together; None where they say next to nothing. Of a short text it is the same
    own: str | None

    @property
    def reach(self) -> timedelta:
        """How far two articles with the same ``text`` may lie apart."""
        return SOON if self.text == self.own else WINDOW


def keys(title: str, text: str) -> Keys:
    """The keys that an article shares with its copies."""
    return keys_of_folded(folded(title), folded(text))


def keys_of_folded(head: str, body: str) -> Keys:
    """The same of a title and a text that were ``folded``."""
    words = _words_at_most(body, STANDING)
    own = digest(head, body) if words + _words_at_most(head, STANDING) >= WORDS_LEAST else None
    if words < WORDS:
        return Keys(own, own)
    if words >= STANDING:
        return Keys(digest(body), own)
    known = set(body.split())
    return Keys(digest(body, *sorted({one for one in _figures(head) if one not in known})), own)


def _figures(head: str) -> Iterator[str]:
    """The words of a folded headline that begin with a figure, but for the number of a version: "update 2"."""
    words = head.split()
    return (word for before, word in zip(["", *words], words, strict=False) if word[0].isdigit() and before != "update")


def text_key(title: str, text: str) -> str | None:
    """The key that copies share whatever their titles are, where the text is long enough."""
    return keys(title, text).text


@dataclass(frozen=True, slots=True)
class KnownText:
    """A story that carries a text."""

    story_id: int
    #: when the text was last seen
    seen_at: datetime
    #: how far a copy of it may lie from that
    reach: timedelta = WINDOW

    def within(self, instant: datetime) -> bool:
        """Whether a copy of that instant is near enough to belong."""
        return abs(instant - self.seen_at) <= self.reach


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where an article belongs, and why."""

    #: the story that it joins; None: it begins one
    story_id: int | None
    reason: StoryReason
    #: younger stories that this article shows to be the same; they become part of ``story_id``
    joins: tuple[int, ...] = ()
    #: how alike it is to what it is a copy of, from 0 to 1; None where it begins a story
    score: float | None = None


def assign(
    *,
    by_url: Collection[int] = (),
    by_text: Sequence[KnownText] = (),
    near: Sequence[Representative] = (),
    by_headline: Collection[int] = (),
    seen_at: datetime,
) -> Assignment:
    """Decide which story an article belongs to.

    ``by_url`` are the stories of articles with its canonical URL, ``by_text`` those with its text, ``near`` those whose
    representatives it is like, ``by_headline`` those of its headline. The strongest of these is the reason; an address,
    a text or a headline that is the same has the score 1. Story ids grow with age: the least is the oldest.
    """
    same_text = {known.story_id for known in by_text if known.within(seen_at)}
    stories = sorted({*by_url, *same_text, *(one.story for one in near), *by_headline})
    if not stories:
        return Assignment(None, StoryReason.NEW)
    reason, score = StoryReason.SAME_HEADLINE, 1.0
    if by_url or same_text:
        reason = StoryReason.SAME_URL if by_url else StoryReason.SAME_TEXT
    elif near:
        reason, score = StoryReason.NEAR_DUPLICATE, most_like(near).alike.score
    return Assignment(stories[0], reason, tuple(stories[1:]), score)
