"""The partition into stories, in the store: whatever the order of arrival, the feeds and the rounds of assignment."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline import MINUTE, Pipeline, document, entry, feed
from sqlalchemy import Connection
from stores import START, StillClock

from crawler import assign
from crawler.window import Window
from news.store.engine import Store

NAMES = ("herald", "post", "times")
#: a report: the feed that carries it, and its path
REPORT = st.tuples(st.sampled_from(NAMES), st.integers(0, 6))
Report = tuple[str, int]

_example = count()


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One store for all examples: what each brings is its own."""
    file = tmp_path_factory.mktemp("partition") / "storywatch.db"
    shutil.copy2(sqlite_template, file)
    clock = StillClock()
    with Store.open(f"sqlite:///{file}", clock) as store:
        made = Pipeline(store, clock)
        made.configure(feeds=[feed(name) for name in NAMES], lists=[])
        yield made


def partition(
    town: Pipeline, reports: Sequence[Report], texts: Sequence[int], sizes: Sequence[int], most: int
) -> set[frozenset[int]]:
    """Let reports arrive in this order, so many a poll, and return the stories as sets of paths."""
    own = next(_example)
    waiting = list(reports)
    # Two processes of which each remembers its rounds.
    windows = cycle((Window(), Window()))

    def round_(conn: Connection) -> int:
        return assign.assign_pending(conn, holder="one", now=town.clock.now(), most=most, window=next(windows))

    for size in sizes:
        part, waiting = waiting[:size], waiting[size:]
        for name in NAMES:
            if entries := [_entry(own, path, texts[path]) for feed_name, path in part if feed_name == name]:
                town.poll(name, document(*entries))
        town.store.write_now(round_)
    while town.store.write_now(round_):
        pass
    mine = f"https://outlet.example/{own}-"
    parts = [[one.removeprefix(mine) for one in part if one.startswith(mine)] for part in town.partition()]
    return {frozenset(map(int, part)) for part in parts if part}


def _entry(own: int, path: int, text: int) -> str:
    """Each path has its own edition of a text, with three of its words changed, and half of them a time."""
    words = [f"w{own}x{text}x{place}" for place in range(60)]
    words[7 * path : 7 * path + 3] = [f"other{path}x{place}" for place in range(3)]
    at = START - path * MINUTE if path % 2 else None
    return entry("What is reported", path=f"{own}-{path}", text=" ".join(words), at=at)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_partition_does_not_depend_on_the_order_of_arrival(town: Pipeline, data: st.DataObject) -> None:
    reports = data.draw(st.lists(REPORT, min_size=1, max_size=10, unique=True))
    texts = data.draw(st.lists(st.integers(0, 3), min_size=7, max_size=7))
    expected = defaultdict(set)
    for _, path in reports:
        expected[texts[path]].add(path)
    for _ in range(2):
        order = data.draw(st.permutations(reports))
        sizes = data.draw(st.lists(st.integers(1, 4), min_size=len(reports), max_size=len(reports)))
        most = data.draw(st.integers(1, 4))
        assert partition(town, order, texts, sizes, most) == {frozenset(one) for one in expected.values()}
