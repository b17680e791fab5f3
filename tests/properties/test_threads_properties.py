"""Whatever happens beside the stage of threads, what is stored stays whole, and memory agrees with it."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from events import COURT, DAM, DAM_ID, FERRY, Placing, thread_ids
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgres import in_memory
from sqlalchemy import Connection, select
from storerows import add_feeds, new_article, new_revision, own_story
from stores import START, StillClock

from news.embedding import MODEL
from news.store import threads as rows
from news.store.articles import add_article, add_revision
from news.store.assignments import join_stories
from news.store.engine import Store
from news.store.schema import story, story_evidence
from news.threads import WINDOW
from news.threads_active import MOST

TEXTS = (DAM, DAM_ID, FERRY, COURT)

#: what may happen: a story of an event, a round of one of two processes, a restart, two stories or two threads join
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("story"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("round"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("stories join"), st.integers(0, 7), st.integers(0, 7)),
        st.tuples(st.just("threads join"), st.integers(0, 7), st.integers(0, 7)),
    ),
    max_size=10,
)


class World:
    """A store with two processes at work on it."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.store = store
        self.clock = clock
        (self.feed,) = store.write_now(lambda conn: add_feeds(conn, "herald"))
        self.processes = [Placing(store, clock, holder=name) for name in ("one", "two")]
        self.count = 0

    def take(self, kind: str, one: int, other: int) -> None:
        """Let a step happen."""
        if kind == "story":
            self.count += 1
            self.tell(f"Story {self.count}", f"{TEXTS[one]} {self.count}")
        elif kind == "round":
            self.processes[one].round()
        elif kind == "restart":
            self.processes[one] = Placing(self.store, self.clock, holder=("one", "two")[one])
        elif kind == "stories join":
            alive = self.ids("stories")
            if alive:
                older, younger = alive[one % len(alive)], alive[other % len(alive)]
                self.store.write_now(lambda conn: join_stories(conn, older, younger))
        else:
            alive = self.ids("threads")
            if alive:
                first, second = alive[one % len(alive)], alive[other % len(alive)]
                self.store.write_now(lambda conn: rows.join_threads(conn, first, second))

    def tell(self, title: str, text: str) -> None:
        """Let a story of one article come."""

        def work(conn: Connection) -> int:
            article = add_article(conn, replace(new_article(title, self.feed, now=self.clock.now()), published=None))
            revision = new_revision(article, self.feed, title, now=self.clock.now())
            add_revision(conn, replace(revision, text=text))
            return article

        own_story(self.store, self.store.write_now(work), now=self.clock.now())

    def ids(self, of: str) -> list[int]:
        """The stories, or the threads, that joined no other."""
        if of == "threads":
            return [id_ for id_, joined in thread_ids(self.store) if joined is None]
        statement = select(story.c.id).where(story.c.joined_into.is_(None)).order_by(story.c.id)
        return list(self.store.read_now(lambda conn: conn.execute(statement).scalars().all()))

    def check(self) -> None:
        """What holds at any time."""
        threads = dict(thread_ids(self.store))
        for joined in threads.values():
            # An old id is one step from the present one.
            assert joined is None or threads[joined] is None
        statement = select(story.c.id, story.c.joined_into, story.c.thread_id)
        found = self.store.read_now(lambda conn: conn.execute(statement).all())
        for row in found:
            assert row.thread_id is None or threads[row.thread_id] is None
            assert row.thread_id is None or row.joined_into is None
        assert {row.thread_id for row in found} >= {id_ for id_, joined in threads.items() if joined is None}
        evident = set(self.store.read_now(lambda conn: conn.execute(select(story_evidence.c.story_id)).scalars().all()))
        assert evident == {row.id for row in found if row.thread_id is not None}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("stories join", 0, 2), ("story", 2, 0), ("round", 1, 0), ("threads join", 0, 1), ("round", 0, 0)])
def test_nothing_that_happens_leaves_a_thread_torn_or_a_memory_behind(
    sqlite_template: Path, steps: list[tuple[str, int, int]]
) -> None:
    clock = StillClock(START + timedelta(hours=1))
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        shutil.copy2(sqlite_template, f"{folder}/storywatch.db")
        with Store.open(f"sqlite:///{folder}/storywatch.db", clock) as store:
            world = World(store, clock)
            for number in range(3):
                world.take("story", number, 0)
            world.take("round", 0, 0)
            for step in steps:
                world.take(*step)
                world.check()
            world.tell("The last", DAM)
            for process in world.processes:
                process.run()
                world.check()
            assert not store.read_now(lambda conn: rows.any_waiting(conn, START))
            stored = store.read_now(lambda conn: rows.active(conn, model=MODEL, since=START - WINDOW, most=MOST))
            for process in world.processes:
                asyncio.run(process.stage._agree(clock.now()))
                assert {known.story: known.thread for known in process.stage._active.stories()} == stored
