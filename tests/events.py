"""Stories about events, for tests of threads: texts whose event is a word, and a stand-in for the model.

``#dam`` in a text is its event: ``Vectors`` gives texts of one such word nearly one vector, and of two words vectors
that have nothing in common. Sentences of one event share names and figures too, as reports do.
"""

import asyncio
import hashlib
from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from stores import StillClock

from crawler.threads import Threads
from news.centring import ANY, shipped
from news.embedding import SIZE, Vector
from news.errors import EmbeddingError
from news.store.engine import Store
from news.store.schema import article, revision, story, thread

DAM = "Water from the broken dam above Orvale reached the lower town at 5:40, 1,284 people left. #dam"
DAM_ID = "Air dari bendungan yang jebol di atas Orvale mencapai kota pada 5:40, 1.284 orang mengungsi. #dam"
DAM_RU = "Вода из прорванной плотины над Орвале дошла до города в 5:40, эвакуированы 1284 человека. #dam"
FERRY = "The ferry Halcyon lost its engine off Brenholm with 312 people aboard and is being towed. #ferry"
COURT = "The court in Tessel cleared the harbour master of all 9 charges after a trial of a year. #court"


class Vectors:
    """Gives each text the vector of its ``#word``. May be told to fail, as the real one does when it crashes."""

    def __init__(self) -> None:
        #: the texts of each call
        self.calls: list[tuple[str, ...]] = []
        #: with a text that has this in it a call fails
        self.poison: str | None = None
        self.broken = False
        self.closed = False

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return their vectors."""
        self.calls.append(tuple(texts))
        if self.broken or (self.poison is not None and any(self.poison in text for text in texts)):
            raise EmbeddingError("the process that embeds texts ended")
        return [_vector(text) for text in texts]

    def close(self) -> None:
        """End."""
        self.closed = True


def _vector(text: str) -> Vector:
    """What a text is about, beside what every text has, as the model's vectors are."""
    event = next((word for word in text.split() if word.startswith("#")), text)
    whole = np.float32(2.0) * shipped()[ANY] + _noise(event) + np.float32(0.1) * _noise(text)
    return np.asarray(whole / np.linalg.norm(whole), dtype=np.float32)


def _noise(seed: str) -> Vector:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(number).standard_normal(SIZE).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)


class Placing:
    """The stage that gives stories their threads, in one process; a second one on the same store is another process."""

    def __init__(self, store: Store, clock: StillClock, *, holder: str = "one") -> None:
        self.store = store
        self.vectors = Vectors()
        self.stage = Threads(store, clock, holder=holder, embedder=self.vectors)

    def round(self) -> int:
        """Work once."""
        return asyncio.run(self.stage.round())

    def run(self) -> dict[str, int | None]:
        """Work until nothing waits; return the thread of every story, by title."""
        while self.round():
            pass
        return threads_of(self.store)


def threads_of(store: Store) -> dict[str, int | None]:
    """Return the thread of every story that joined no other, by the title of its first article."""
    statement = (
        select(revision.c.title, story.c.thread_id)
        .join_from(story, article, article.c.story_id == story.c.id)
        .join(revision, revision.c.article_id == article.c.id)
        .where(story.c.joined_into.is_(None))
        .order_by(article.c.id.desc())
    )
    return {row.title: row.thread_id for row in store.read_now(lambda conn: conn.execute(statement).all())}


def grouped(threads: dict[str, int | None]) -> set[frozenset[str]]:
    """Return which titles stand together."""
    together: dict[int | None, set[str]] = {}
    for title, of in threads.items():
        together.setdefault(of, set()).add(title)
    return {frozenset(titles) for of, titles in together.items() if of is not None}


def thread_ids(store: Store) -> list[tuple[int, int | None]]:
    """Return every thread with the one that it joined."""
    statement = select(thread.c.id, thread.c.joined_into).order_by(thread.c.id)
    return [(row.id, row.joined_into) for row in store.read_now(lambda conn: conn.execute(statement).all())]
