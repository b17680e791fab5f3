"""Stories of articles that are handed in one by one, in memory: ``storywatch try stories``. Pure.

::

    url, title, text, published ──add──▶ Placed(story, reason, score, copy_of, joins)

The deciding is the service's own. What differs is time: lines come in any order, so that the window is measured between
the times of publication that they name, and one without lies within the window of every other. Two sources are known to
be one where both are named; sentences common to a source are counted by the name, else by the host.

The book lives as long as one command and is bounded: what came first is forgotten once it holds ``MOST`` addresses,
texts or headlines, or as many stories, each some 1.5 kB.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Self
from urllib.parse import urlsplit

from news import furniture
from news.furniture import Furniture
from news.headlines import Sighting, figures, headline_key, is_boilerplate, told_before
from news.lookalikes import Told, differing
from news.membership import Alike, Representative, Standing, judged, representing
from news.minhash import Signature, sign
from news.neighbours import Neighbours
from news.stories import Assignment, KnownText, assign, keys
from news.types import StoryReason
from news.urls import canonical, is_front_page

#: addresses, texts, headlines and representatives that are remembered, of each
MOST: Final = 200_000
#: characters of a text by whose wording it is known, as in the service
LONGEST: Final = 100_000
#: titles of a source that are remembered of one story, and short texts of one headline
_FEW: Final = 20

#: the sighting of a text whose time is unknown
_ALWAYS: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an article was put."""

    #: opaque; where stories were joined, the older one's
    story: str
    reason: StoryReason
    #: how alike the texts are, 0 to 1; None where the article is compared with none
    score: float | None
    #: the caller's name of the article that it is a copy of, or None
    copy_of: Any
    #: where this article shows earlier stories to be one: these stories, the one that stays first
    joins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time in which a text was seen, no two sightings in a row further apart than the window."""

    first: datetime
    last: datetime
    story: int
    #: the caller's name of the first article
    name: Any


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an article tells, in few bytes."""

    source: str
    title: str
    packed: bytes

    @classmethod
    def of(cls, told: Told) -> Self:
        """Pack."""
        return cls(told.source, told.title, zlib.compress(told.text.encode("utf-8", "surrogatepass"), 1))

    def told(self) -> Told:
        """Unpack."""
        return Told(self.source, self.title, zlib.decompress(self.packed).decode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class _Held:
    """An article that represents a story, and when the story was told."""

    #: under which it stands in the index
    number: int
    name: Any
    standing: Standing
    signature: Signature
    tells: _Kept
    #: no two sightings in a row further apart than the window
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class _Read:
    """An article as it is looked at."""

    #: what it may represent a story by; None where its text is too short, or its source's
    signature: Signature | None
    standing: Standing
    figures: frozenset[str]
    tells: Told
    told: list[furniture.Sentence]
    #: its text is its source's, not a report's
    boilerplate: bool
    #: when it was published, at the earliest and at the latest
    first: datetime
    last: datetime


class StoryBook:
    """Places articles."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        #: a joined story → the older one that it was joined to
        self._joined: dict[int, int] = {}
        self._stories = 0
        self._by_url: dict[str, tuple[int, Any]] = {}
        self._by_text: dict[str, list[_Span]] = {}
        self._by_headline: dict[str, list[tuple[Sighting, Any]]] = {}
        self._near = Neighbours()
        self._added = 0
        #: by story, and the story of each as it was then
        self._held: dict[int, list[_Held]] = {}
        self._story_of: dict[int, int] = {}
        #: the first title by the key of a text and its source, where that is named
        self._titles: dict[tuple[str, str], str] = {}
        self._furniture = Furniture(most)

    def add(
        self,
        name: Any,
        *,
        url: str | None,
        title: str,
        text: str,
        published: datetime | None,
        source: str | None = None,
    ) -> Placed:
        """Place an article. ``name`` is the caller's, handed back in ``copy_of``; ``published`` is aware, or None."""
        address = canonical(url) if url else ""
        whose = source or _host(address)
        at_url = self._by_url.get(address)
        both = keys(title, text)
        read = self._read(whose, Told.of(source, title, text), text, both.text or "", published)
        first_title = self._titles.setdefault((both.text, source), title) if both.text and source else title
        if read.boilerplate or is_boilerplate(title, [first_title], read.standing.size):
            both, read = replace(both, text=both.own), replace(read, signature=None)
        key = both.text
        spans = self._by_text.get(key, []) if key is not None else []
        by_text = [KnownText(self._root(one.story), _nearest(one, read), both.reach) for one in spans]
        linked = [one for one, known in zip(spans, by_text, strict=True) if known.within(read.first)]
        by_url = () if at_url is None else (self._root(at_url[0]),)
        own = self._held_by(name, read)
        same = [*by_url, *(self._root(one.story) for one in linked)]
        before = [held for of in sorted(set(same)) for held in self._held.get(of, ())]
        # One that is known already is compared with others only where it is to represent its story.
        compared = own is not None and (not same or own in representing([*before, own]))
        near = self._near_to(read) if compared else []
        again = [] if read.signature is not None or linked or by_url else self._again(read, whose, title)
        assigned = assign(
            by_url=by_url,
            by_text=by_text,
            near=[Representative(story, held.standing, alike) for story, held, alike in near],
            by_headline={sighting.story for sighting, _ in again},
            seen_at=read.first,
        )
        copied = _named(assigned, at_url, linked, near, again)
        story = self._settle(assigned)
        self._represent(story, own, read, [*(one for one, _, _ in near), *same])
        if address and at_url is None and not is_front_page(address):
            self._by_url[address] = (story, name)
        if key is not None:
            self._remember_text(key, story, name, read, linked)
        self._remember_headline(name, Sighting(story, whose, published, read.figures), read, title)
        self._furniture.meet(furniture.Met(story, 0, [one.number for one in read.told]))
        self._forget()
        return Placed(
            story=_shown(story),
            reason=assigned.reason,
            score=assigned.score,
            copy_of=copied,
            joins=tuple(_shown(joined) for joined in (story, *assigned.joins)) if assigned.joins else (),
        )

    # ── what an article is like ──────────

    def _read(self, whose: str, tells: Told, text: str, text_key: str, published: datetime | None) -> _Read:
        told = furniture.read(whose, text[:LONGEST])
        bare = self._furniture.without(told)
        signature = sign(bare.folded)
        first, last = _ALWAYS if published is None else (published, published)
        return _Read(
            signature=signature,
            standing=Standing(published, 0 if signature is None else signature.size, text_key),
            figures=figures(f"{tells.title}\n{text[:LONGEST]}"),
            tells=tells,
            told=told,
            boilerplate=bool(told) and not bare.folded,
            first=first,
            last=last,
        )

    def _near_to(self, read: _Read) -> list[tuple[int, _Held, Alike]]:
        """Return the stories whose representatives the article is like."""
        if read.signature is None:
            return []
        found = []
        for one in self._near.candidates(read.signature):
            story = self._root(self._story_of[one.key])
            held = next(held for held in self._held[story] if held.number == one.key)
            alike = judged(one.resemblance, one.size, read.signature.size)
            shorter = min(one.size, read.signature.size)
            if alike is None or not KnownText(story, _nearest(held, read)).within(read.first):
                continue
            if differing(read.tells, held.tells.told(), one.resemblance, shorter) is None:
                found.append((story, held, alike))
        return found

    def _again(self, read: _Read, whose: str, title: str) -> list[tuple[Sighting, Any]]:
        """Return the short texts that the article tells again, by its headline."""
        key = headline_key(title)
        met = self._by_headline.get(key or "", ())
        known = [(replace(one, story=self._root(one.story)), name) for one, name in met]
        own = Sighting(0, whose, read.standing.published, read.figures)
        stories = told_before(own, [one for one, _ in known], title)
        return [(one, name) for one, name in known if one.story in stories]

    # ── what comes of it ──────────

    def _settle(self, assigned: Assignment) -> int:
        """Carry out an assignment; return the story."""
        if assigned.story_id is None:
            self._stories += 1
            return self._stories
        for younger in assigned.joins:
            self._joined[younger] = assigned.story_id
        return assigned.story_id

    def _held_by(self, name: Any, read: _Read) -> _Held | None:
        """The article as one that represents its story; None where it cannot."""
        if read.signature is None:
            return None
        self._added += 1
        return _Held(self._added, name, read.standing, read.signature, _Kept.of(read.tells), read.first, read.last)

    def _represent(self, story: int, own: _Held | None, read: _Read, stories: Sequence[int]) -> None:
        """Let the article represent its story from now on, or the one of the others that does."""
        before = [held for of in sorted(set(stories)) for held in self._held.pop(of, ())]
        told = before if own is None else [*before, own]
        if not told:
            return
        first, last = min([read.first, *(one.first for one in told)]), max([read.last, *(one.last for one in told)])
        kept = [replace(one, first=first, last=last) for one in representing(told)]
        numbers = {one.number for one in kept}
        gone = {one.number for one in before} - numbers
        self._near.discard(gone)
        for number in gone:
            del self._story_of[number]
        for one in kept:
            self._story_of[one.number] = story
            if own is not None and one.number == own.number:
                self._near.add(0, one.number, one.signature)
        self._held[story] = kept

    def _remember_text(self, key: str, story: int, name: Any, read: _Read, linked: Sequence[_Span]) -> None:
        span = _Span(
            min([read.first, *(one.first for one in linked)]),
            max([read.last, *(one.last for one in linked)]),
            story,
            linked[-1].name if linked else name,
        )
        self._by_text[key] = [span, *(one for one in self._by_text.get(key, ()) if one not in linked)]

    def _remember_headline(self, name: Any, sighting: Sighting, read: _Read, title: str) -> None:
        key = headline_key(title)
        if read.signature is None and sighting.at is not None and key is not None:
            known = self._by_headline.setdefault(key, [])
            known.append((sighting, name))
            del known[:-_FEW]

    def _forget(self) -> None:
        """Let go of what came first."""
        remembered: tuple[dict[Any, Any], ...] = (
            self._joined,
            self._by_url,
            self._by_text,
            self._by_headline,
            self._titles,
        )
        for kept in remembered:
            while len(kept) > self._most:
                del kept[next(iter(kept))]
        if len(self._held) > self._most:
            # Many at once, since each sweep of the index looks at all.
            for story in list(islice(self._held, max(1, self._most // 10))):
                numbers = [one.number for one in self._held.pop(story)]
                self._near.discard(numbers)
                for number in numbers:
                    del self._story_of[number]

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


def _nearest(told: _Span | _Held, read: _Read) -> datetime:
    """The instant of a story's telling that is nearest to an article; an article without a time is near to all."""
    return read.first if read.first != read.last else min(max(read.first, told.first), told.last)


def _named(
    assigned: Assignment,
    at_url: tuple[int, Any] | None,
    linked: Sequence[_Span],
    near: Sequence[tuple[int, _Held, Alike]],
    again: Sequence[tuple[Sighting, Any]],
) -> Any:
    """The caller's name of the article that the reason was found with."""
    if assigned.reason is StoryReason.SAME_URL and at_url is not None:
        return at_url[1]
    if assigned.reason is StoryReason.SAME_TEXT:
        return linked[-1].name
    if assigned.reason is StoryReason.NEAR_DUPLICATE:
        return next(held.name for _, held, alike in near if alike.score == assigned.score)
    return again[0][1] if assigned.reason is StoryReason.SAME_HEADLINE else None


def _host(address: str) -> str:
    """The host of an address; "" where it has none, or is no address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _shown(story: int) -> str:
    return f"s{story}"
