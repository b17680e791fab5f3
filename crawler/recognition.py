"""The articles of one round → their stories, each decided with what was decided for those before it.

::

    article ──keys──▶ same text? ─┐
            ──bare, sign──▶ near? ├─ news.stories.assign ──▶ story, reason, score ──write──▶ rows
            ──headline──▶ same?  ─┘         (pure)                └▶ who represents it from now on

Nothing is written before ``write``, but for joins of stories that are stored. A story that begins in this round has a
number of its own until then, greater than any id, so that the oldest of several has the least here as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from crawler.window import DAYS, LONGEST, Window, day_of
from news import furniture
from news.fingerprint import folded
from news.headlines import Sighting, headline_key, is_boilerplate, told_before
from news.lookalikes import Told, differing
from news.membership import Alike, Representative, Standing, judged, representing
from news.minhash import Signature, resemblance, sign
from news.neighbours import Few
from news.store import assignments, wordings
from news.store.assignments import Assigned, TextStory, UnassignedArticle
from news.store.headlines import Headline, headlines, put_headlines
from news.store.wordings import Wording, empty_wordings, put_wordings
from news.stories import Assignment, Keys, KnownText, assign, keys, keys_of_folded
from news.types import StoryReason

#: what stories of this round are numbered from
_PROVISIONAL: Final = 2**62


@dataclass(frozen=True, slots=True)
class _Held:
    """An article that represents a story."""

    article_id: int
    #: when a copy was last seen
    day: int
    standing: Standing
    signature: Signature
    tells: Told


@dataclass(frozen=True, slots=True)
class _Read:
    """What an article brings."""

    article: UnassignedArticle
    keys: Keys
    #: what it may represent a story by; None where its text is too short, or its source's
    signature: Signature | None
    standing: Standing
    tells: Told
    #: its text is its source's, not a report's
    boilerplate: bool
    told: list[furniture.Sentence]


class Recognition:
    """One round."""

    def __init__(self, conn: Connection, window: Window, waiting: Sequence[UnassignedArticle]) -> None:
        self._conn = conn
        self._window = window
        self._told = {one.id: furniture.read(one.host, one.text[:LONGEST]) for one in waiting}
        self._keys = {one.id: _keys(one, self._told[one.id]) for one in waiting}
        wanted = {key for both in self._keys.values() for key in (both.text, both.own) if key is not None}
        self._texts = assignments.known_texts(conn, sorted(wanted))
        heads = {one.id: headline_key(one.title) for one in waiting}
        self._heads = {of: key for of, key in heads.items() if key is not None}
        self._headlines = headlines(conn, sorted(set(self._heads.values())))
        #: what represents each story that was looked at, and of which story each of these articles was
        self._held: dict[int, list[_Held]] = {}
        self._story_of: dict[int, int] = {}
        #: articles that this round let represent a story (they stand in ``_fresh``), or none any more
        self._put: dict[int, _Held | None] = {}
        self._fresh = Few()
        #: a story → the one that it is part of
        self._joined: dict[int, int] = {}
        self._begun: list[datetime] = []
        # What is to be written.
        self._assigned: list[Assigned] = []
        self._put_texts: dict[str, TextStory] = {}
        #: texts that are told anew by now, and are another story's
        self._lapsed: set[str] = set()
        self._put_headlines: list[Headline] = []
        self._met: list[furniture.Met] = []
        #: sentence → stories of this round that carry it
        self._beside: dict[int, set[int]] = {}

    # ── one article ──────────

    def decide(self, article: UnassignedArticle) -> None:
        """Give an article its story."""
        same, read = self._read(article)
        before = [] if same is None else self._representing(same.story_id)
        near: list[tuple[_Held, Alike]] = []
        if read.signature is not None:
            own = _Held(article.id, day_of(article.first_seen_at), read.standing, read.signature, read.tells)
            # One that says the same as another is compared with others only where it is to represent the story.
            if same is None or own in representing([*before, own]):
                near = list(self._near(read, read.signature))
        by_headline = () if same is not None or read.signature is not None else self._by_headline(read)
        decided = assign(
            by_text=() if same is None else [KnownText(same.story_id, article.first_seen_at)],
            near=[Representative(self._story(held), held.standing, alike) for held, alike in near],
            by_headline=by_headline,
            seen_at=article.first_seen_at,
        )
        copy_of = self._copy_of(decided, same, near, by_headline)
        for of in (*decided.joins, *(() if decided.story_id is None else (decided.story_id,))):
            # Before the join, which gives what is stored of one story to another.
            self._representing(of)
        story = self._settle(decided, article)
        if read.signature is not None or decided.joins:
            self._represent(story, decided.joins, read)
        self._note(story, decided, copy_of, read)

    def _read(self, article: UnassignedArticle) -> tuple[TextStory | None, _Read]:
        """Read an article, and find whose its text is word for word."""
        both = self._keys[article.id]
        self._let_lapse(both, article)
        told = self._told[article.id]
        bare = self._window.furniture.without(told, self._beside)
        own = self._texts.get(both.own) if both.own is not None else None
        same = own or (self._texts.get(both.text) if both.text is not None else None)
        boilerplate, signature = bool(told) and not bare.folded, sign(bare.folded)
        if own is None and same is not None and not boilerplate:
            titles = [same.title] if same.title is not None and same.feed_id == article.feed_id else []
            boilerplate = is_boilerplate(article.title, titles, 0 if signature is None else signature.size)
        if own is None and boilerplate:
            same = None
        if same is not None:
            same = same._replace(story_id=self._root(same.story_id))
        if boilerplate:
            signature = None
        standing = Standing(_published(article), 0 if signature is None else signature.size, both.text or "")
        tells = Told.of(article.host, article.title, article.text)
        return same, _Read(article, both, signature, standing, tells, boilerplate, told)

    def _let_lapse(self, both: Keys, article: UnassignedArticle) -> None:
        """Forget whose a text is that says too little by itself, where that was told at another time."""
        known = self._texts.get(both.own) if both.own is not None and both.own == both.text else None
        if known is not None and known.at is not None and abs(_told_at(article) - known.at) > both.reach:
            del self._texts[both.own or ""]
            self._lapsed.add(both.own or "")

    def _near(self, read: _Read, signature: Signature) -> Iterator[tuple[_Held, Alike]]:
        """Yield what the article is like, of the window and of this round."""
        candidates = [one for one in self._window.near.candidates(signature) if one.key not in self._put]
        candidates += self._fresh.candidates(signature)
        alike = {one.key: judged(one.resemblance, one.size, signature.size) for one in candidates}
        found = {key: how for key, how in alike.items() if how is not None}
        self._fetch_beside([key for key in found if key not in self._story_of])
        for key, how in found.items():
            # What represents nothing any more has no row, and what is past the window none that counts.
            held = next((one for one in self._held_beside(key) if one.article_id == key), None)
            if held is not None and not self._is_other(read, signature, held):
                yield held, how

    def _held_beside(self, article_id: int) -> list[_Held]:
        story = self._story_of.get(article_id)
        return [] if story is None else self._representing(self._root(story))

    def _is_other(self, read: _Read, signature: Signature, held: _Held) -> bool:
        """Whether alike wording tells another report."""
        shorter = min(signature.size, held.signature.size)
        return differing(read.tells, held.tells, resemblance(signature, held.signature), shorter) is not None

    def _by_headline(self, read: _Read) -> tuple[int, ...]:
        key = self._heads.get(read.article.id)
        if key is None:
            return ()
        known = [one.sighting for one in self._headlines.get(key, ())]
        current = [replace(one, story=self._root(one.story)) for one in known]
        return told_before(self._sighting(0, read), current, read.article.title)

    def _sighting(self, story: int, read: _Read) -> Sighting:
        return Sighting(story, read.article.host, _told_at(read.article), read.tells.figures)

    def _copy_of(
        self,
        decided: Assignment,
        same: TextStory | None,
        near: Sequence[tuple[_Held, Alike]],
        by_headline: Sequence[int],
    ) -> int | None:
        """Return the article that the reason was found with."""
        if decided.reason is StoryReason.SAME_TEXT and same is not None:
            return same.article_id
        if decided.reason is StoryReason.NEAR_DUPLICATE:
            return next(held.article_id for held, alike in near if alike.score == decided.score)
        if decided.reason is StoryReason.SAME_HEADLINE:
            rows = (one for known in self._headlines.values() for one in known)
            return next((one.article_id for one in rows if self._root(one.sighting.story) == by_headline[0]), None)
        return None

    # ── what comes of it ──────────

    def _settle(self, decided: Assignment, article: UnassignedArticle) -> int:
        """Begin a story, or join those that turn out to be one; return the article's."""
        story = decided.story_id
        if story is None:
            self._begun.append(article.first_seen_at)
            return _PROVISIONAL + len(self._begun) - 1
        for younger in decided.joins:
            if younger < _PROVISIONAL:
                assignments.join_stories(self._conn, story, younger)
            elif story >= _PROVISIONAL:
                self._age(story, younger)
            self._joined[younger] = story
        return story

    def _age(self, story: int, younger: int) -> None:
        """Let a story of this round be as old as the one that it is joined with."""
        first, other = story - _PROVISIONAL, younger - _PROVISIONAL
        self._begun[first] = min(self._begun[first], self._begun[other])

    def _represent(self, story: int, joined: Sequence[int], read: _Read) -> None:
        """Let the article represent its story from now on, beside or instead of those that did, or these alone."""
        before = [one for of in (story, *joined) for one in self._representing(of)]
        day = max([day_of(read.article.first_seen_at), *(one.day for one in before)])
        told = list(before)
        if read.signature is not None:
            told.append(_Held(read.article.id, day, read.standing, read.signature, read.tells))
        kept = [replace(one, day=day) for one in representing(told)]
        for one in before:
            if one.article_id not in {of.article_id for of in kept}:
                self._write_held(one.article_id, None)
        for one in kept:
            self._story_of[one.article_id] = story
            if one not in before:
                self._write_held(one.article_id, one)
        for of in joined:
            self._held[of] = []
        self._held[story] = kept

    def _write_held(self, article_id: int, held: _Held | None) -> None:
        self._put[article_id] = held
        self._fresh.put(article_id, None if held is None else held.signature)

    def _note(self, story: int, decided: Assignment, copy_of: int | None, read: _Read) -> None:
        """Remember what the articles behind this one, and later rounds, are to know of it."""
        article = read.article
        self._assigned.append(Assigned(article.id, story, decided.reason, decided.score, copy_of))
        known = TextStory(story, article.id, _told_at(article), article.feed_id, article.title)
        for key in (read.keys.own, read.keys.text):
            if key is not None:
                # Of a text the story that had it first stays the one it leads to.
                self._put_texts[key] = self._texts.setdefault(key, known)
        if read.signature is None and (key := self._heads.get(article.id)) is not None:
            row = Headline(key, article.id, self._sighting(story, read))
            self._headlines.setdefault(key, []).append(row)
            self._put_headlines.append(row)
        sentences = sorted({one.number for one in read.told})
        self._met.append(furniture.Met(story, day_of(article.first_seen_at), sentences))
        for sentence in sentences:
            self._beside.setdefault(sentence, set()).add(story)

    # ── what is known ──────────

    def _root(self, story: int) -> int:
        while story in self._joined:
            story = self._joined[story]
        return story

    def _story(self, held: _Held) -> int:
        return self._root(self._story_of[held.article_id])

    def _representing(self, story: int) -> list[_Held]:
        """Return what represents a story."""
        if story not in self._held:
            self._hold(wordings.of_stories(self._conn, [story]) if story < _PROVISIONAL else [])
        return self._held.setdefault(story, [])

    def _fetch_beside(self, article_ids: Sequence[int]) -> None:
        if article_ids:
            self._hold(wordings.beside(self._conn, article_ids))

    def _hold(self, rows: Sequence[Wording]) -> None:
        """Remember what represents stories that were not looked at before."""
        found: dict[int, list[_Held]] = {}
        for row in rows:
            if row.story_id not in self._held and row.day > self._window.today - DAYS:
                found.setdefault(row.story_id, []).append(_held(row))
                self._story_of[row.article_id] = row.story_id
        self._held.update(found)

    # ── at the end ──────────

    def write(self, token: int, now: datetime) -> int:
        """Write what was decided, under the round's token; return how many articles have a story now."""
        numbers = [_PROVISIONAL + place for place in range(len(self._begun))]
        begun = [(number, at) for number, at in zip(numbers, self._begun, strict=True) if number not in self._joined]
        made = assignments.create_stories(self._conn, [at for _, at in begun])
        ids = {number: of for (number, _), of in zip(begun, made, strict=True)}

        def stored(story: int) -> int:
            root = self._root(story)
            return ids.get(root, root)

        conn = self._conn
        assignments.assign_stories(conn, [one._replace(story_id=stored(one.story_id)) for one in self._assigned])
        texts = {key: one._replace(story_id=stored(one.story_id)) for key, one in self._put_texts.items()}
        assignments.forget_texts(conn, sorted(self._lapsed))
        assignments.put_texts(conn, texts, now)
        rows = [
            replace(one, sighting=replace(one.sighting, story=stored(one.sighting.story)))
            for one in self._put_headlines
        ]
        put_headlines(conn, rows, now)
        kept = [one for one in self._put.values() if one is not None]
        put_wordings(conn, [_wording(one, stored(self._story_of[one.article_id])) for one in kept], token)
        empty_wordings(conn, [of for of, one in self._put.items() if one is None], token)
        met = [one._replace(story=stored(one.story)) for one in self._met if one.sentences]
        self._window.keep(conn, met, token=token, now=now)
        return len(self._assigned)


def _keys(article: UnassignedArticle, told: Sequence[furniture.Sentence]) -> Keys:
    """The keys of an article; its text is folded once, where it is not very long."""
    if len(article.text) > LONGEST:
        return keys(article.title, article.text)
    return keys_of_folded(folded(article.title), furniture.folded_whole(told))


def _published(article: UnassignedArticle) -> datetime | None:
    return None if article.published is None else article.published.instant or article.published.latest


def _told_at(article: UnassignedArticle) -> datetime:
    """When an article was published, else first seen."""
    return _published(article) or article.first_seen_at


def _held(wording: Wording) -> _Held:
    signature = Signature.from_bytes(wording.signature)
    return _Held(
        wording.article_id,
        wording.day,
        Standing(wording.published_at, signature.size, wording.text_key),
        signature,
        Told.of(wording.host, wording.title, wording.text),
    )


def _wording(held: _Held, story: int) -> Wording:
    return Wording(
        held.article_id,
        story,
        held.day,
        held.standing.published,
        held.standing.text_key,
        held.signature.to_bytes(),
    )
