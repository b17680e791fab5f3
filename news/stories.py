"""Decides which story an article belongs to. Pure: the store-backed stage and ``try stories`` ask the same function.

::

    article ──text_key──▶ key ──look up──▶ Known stories ──assign──▶ Assignment(story | new, reason, joins)

In this version a story is the articles that carry exactly the same text, and an article at an address is itself. Both
are equivalences, so within the window the partition into stories does not depend on the order in which articles arrive:
an article that leads to two stories joins them, and the older id stays. An article is assigned once, on its completing
revision (DESIGN, "Rules of identity"); the caller does not ask again for later ones.

Texts of fewer than twelve words say too little by themselves ("Read more on our site"), so that their title counts too.
"""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from news.fingerprint import digest, folded
from news.types import StoryReason
from news.urls import canonical, is_front_page

#: how far two copies may lie apart, first to next
WINDOW = timedelta(days=14)

#: titles of one feed that share this part of their words or more may stand over one report
ALIKE = 1 / 3

#: a text of at least so many words is known by itself
WORDS = 12

#: the sighting of a text whose time is unknown
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

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


def count_words(text: str) -> int:
    """The words of a folded text; in scripts without blanks two letters count as one word."""
    words = 0
    for run in text.split():
        unspaced = 0 if run.isascii() else sum(any(low <= ord(c) <= high for low, high in _UNSPACED) for c in run)
        words += (unspaced + 1) // 2 if unspaced else 1
    return words


def text_key(title: str, text: str) -> str | None:
    """The versioned key that copies share: of the text from twelve words on, else of title and text.

    None if both are empty: nothing is a copy of nothing.
    """
    body = folded(text)
    if count_words(body) >= WORDS:
        return digest(body)
    head = folded(title)
    return digest(head, body) if head or body else None


def own_key(title: str, text: str) -> str | None:
    """The versioned key of title and text together; None if both are empty. Of a short text it is ``text_key``."""
    head, body = folded(title), folded(text)
    return digest(head, body) if head or body else None


def is_boilerplate(title: str, told: Collection[str]) -> bool:
    """Whether one feed carries one text under unlike titles: then the text is the feed's, not a report's.

    ``told`` are the titles under which this feed has carried the text before; unlike are titles that share less than
    a third of their words (Jaccard). A tagline or "Subscribe to our newsletter" in place of a summary must not make
    one story of everything that a feed brings.
    """
    return bool(told) and not any(_alike(folded(title), folded(one)) for one in told)


def _alike(one: str, other: str) -> bool:
    if one == other or not one or not other:
        return True
    first, second = set(one.split()), set(other.split())
    return len(first & second) >= ALIKE * len(first | second)


@dataclass(frozen=True, slots=True)
class KnownText:
    """A story that carries a text."""

    story_id: int
    #: when the text was last seen
    seen_at: datetime

    def within(self, instant: datetime) -> bool:
        """Whether a copy of that instant is near enough to belong."""
        return abs(instant - self.seen_at) <= WINDOW


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where an article belongs, and why."""

    #: the story that it joins; None: it begins one
    story_id: int | None
    reason: StoryReason
    #: younger stories that this article shows to be the same; they become part of ``story_id``
    joins: tuple[int, ...] = ()


def assign(*, by_url: Collection[int], by_text: Sequence[KnownText], seen_at: datetime) -> Assignment:
    """Decide which story an article belongs to.

    ``by_url`` are the stories of articles with its canonical URL, ``by_text`` those with its ``text_key``; a store that
    joins as it goes has at most one of each. Story ids grow with age: the least is the oldest.
    """
    same_text = {known.story_id for known in by_text if known.within(seen_at)}
    stories = sorted({*by_url, *same_text})
    if not stories:
        return Assignment(None, StoryReason.NEW)
    reason = StoryReason.SAME_URL if by_url else StoryReason.SAME_TEXT
    return Assignment(stories[0], reason, tuple(stories[1:]))


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an article was put."""

    #: opaque; where stories were joined, the older one's
    story: str
    reason: StoryReason
    #: how alike the texts are, 0 to 1; None where the article is compared with none
    score: float | None
    #: the caller's name of the first article with this address or text, or None
    copy_of: Hashable | None
    #: where this article shows earlier stories to be one: these stories, the one that stays first
    joins: tuple[str, ...]
    #: threads are not told in this version
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time in which a text was seen, no two sightings in a row further apart than the window."""

    first: datetime
    last: datetime
    story: int
    #: the caller's name of the first article
    name: Hashable

    def nearest(self, instant: datetime) -> datetime:
        return min(max(instant, self.first), self.last)


class StoryBook:
    """Places articles that are handed in one by one: ``storywatch try stories``.

    The deciding is the service's own. What differs is time: lines come in any order, so that the window is measured
    between the times of publication that they name, and one without lies within the window of every other. The book
    lives as long as one command and grows with its input: an address, a key and two times an article.
    """

    def __init__(self) -> None:
        #: a joined story → the older one that it was joined to
        self._joined: dict[int, int] = {}
        self._stories = 0
        self._by_url: dict[str, tuple[int, Hashable]] = {}
        self._by_text: dict[str, list[_Span]] = {}

    def add(self, name: Hashable, *, url: str | None, title: str, text: str, published: datetime | None) -> Placed:
        """Place an article. ``name`` is the caller's, handed back in ``copy_of``; ``published`` is aware, or None."""
        address = canonical(url) if url else ""
        known_at = self._by_url.get(address)
        key = text_key(title, text)
        spans = self._by_text.get(key, []) if key is not None else []
        first, last = _ALWAYS if published is None else (published, published)
        seen_at = first
        near = [KnownText(self._root(span.story), span.nearest(first) if published else seen_at) for span in spans]
        by_url = () if known_at is None else (self._root(known_at[0]),)
        assigned = assign(by_url=by_url, by_text=near, seen_at=seen_at)
        story = self._settle(assigned)
        linked = [span for span, known in zip(spans, near, strict=True) if known.within(seen_at)]
        if address and not is_front_page(address) and known_at is None:
            self._by_url[address] = (story, name)
        if key is not None:
            span = _Span(
                min([first, *(span.first for span in linked)]),
                max([last, *(span.last for span in linked)]),
                story,
                linked[-1].name if linked else name,
            )
            self._by_text[key] = [span, *(other for other in spans if other not in linked)]
        copied = known_at[1] if known_at is not None else linked[-1].name if linked else None
        return Placed(
            story=_shown(story),
            reason=assigned.reason,
            score=None if assigned.reason is StoryReason.NEW else 1.0,
            copy_of=copied,
            joins=tuple(_shown(joined) for joined in (story, *assigned.joins)) if assigned.joins else (),
        )

    def _settle(self, assigned: Assignment) -> int:
        """Carry out an assignment; return the story."""
        if assigned.story_id is None:
            self._stories += 1
            return self._stories
        for younger in assigned.joins:
            self._joined[younger] = assigned.story_id
        return assigned.story_id

    def _root(self, story: int) -> int:
        """The story that a story is part of now."""
        root = story
        while root in self._joined:
            root = self._joined[root]
        while story != root:
            above = self._joined[story]
            self._joined[story] = root
            story = above
        return root


def _shown(story: int) -> str:
    return f"s{story}"
