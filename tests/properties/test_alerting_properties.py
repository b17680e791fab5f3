"""What is told, whatever the order of polls, stages, crashes and configurations: everything, and once."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline import DAY, HOUR, MINUTE, Pipeline, Told, alert, document, entry, feed, started, watchlist
from sqlalchemy import Connection
from stores import StillClock

from alerts import compose
from alerts.types import Event
from news.errors import StoreError
from news.store.engine import Store

NAMES = ("herald", "post")
#: what a revision's title says: nothing that is watched, what is watched, what is urgent as well
WORDS = ("Tower stands", "Bridge trembles", "Bridge collapses")
AT_ONCE = alert("bridge")
DIGEST = alert("bridge", name="digest", schedule="hourly", urgent="collapse*")

#: an entry: its path, of which three share a text, and what its title says
ENTRIES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(WORDS)), max_size=4, unique_by=lambda one: one[0])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("poll"), st.sampled_from(NAMES), ENTRIES),
        st.sampled_from(["assign", "evaluate", "compose", "compose", "other", "crash", "reorder", "minute", "hour"]),
    ),
    max_size=30,
)

_example = count()


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One store for all examples: what each brings is its own, and told at its end."""
    file = tmp_path_factory.mktemp("alerting") / "storywatch.db"
    shutil.copy2(sqlite_template, file)
    clock = StillClock()
    with Store.open(f"sqlite:///{file}", clock) as store:
        feeds = [feed(name) for name in NAMES]
        lists = [watchlist("bridge", events=frozenset({Event.NEW, Event.COPIES}))]
        yield started(store, clock, feeds=feeds, lists=lists, alerts=[AT_ONCE, DIGEST])


class Play:
    """One example: takes steps, and knows which stories must be told in the end."""

    def __init__(self, town: Pipeline) -> None:
        self.town = town
        self.other = Pipeline(town.store, town.clock, holder="two")
        self.other.lists, self.other.alerts = town.lists, town.alerts
        self.own = next(_example)
        #: the texts, by number, of stories that matched
        self.matched: set[int] = set()

    def take(self, step: Any) -> None:
        """Take one step."""
        if isinstance(step, tuple):
            _, name, entries = step
            self.town.poll(name, document(*(self._entry(path, words) for path, words in entries)))
            self.matched.update(path % 2 for path, words in entries if "Bridge" in words)
        elif step == "other":
            self.other.compose()
        elif step == "crash":
            self._crash()
        elif step == "reorder":
            lists, alerts = self.town.lists, self.town.alerts
            turned = [replace(one, queries=one.queries[::-1]) for one in lists[::-1]]
            self.town.configure(feeds=self.town.feeds[::-1], lists=turned, alerts=alerts[::-1])
        elif step in {"minute", "hour"}:
            self.town.clock.advance(MINUTE if step == "minute" else HOUR)
        else:
            getattr(self.town, step)()

    def _entry(self, path: int, words: str) -> str:
        text = " ".join(f"w{self.own}x{path % 2}x{place}" for place in range(12))
        # One feed's titles over one text are alike: under unlike ones the text would be boilerplate. They name no
        # figures: reports whose headlines name different ones are told apart.
        return entry(f"{words} on the wide river at dawn {'uvwxyz'[path]}", path=f"{self.own}-{path}", text=text)

    def _crash(self) -> None:
        """Compose, and lose the power at the end of the commit."""
        token = self.town.take_lease()
        if token is None:
            return
        made = self.town.render(self.town.gather())

        def broken(conn: Connection) -> None:
            compose.commit(conn, made, {}, token=token, now=self.town.clock.now())
            raise OSError("the power is gone")

        with pytest.raises(StoreError, match="the power is gone"):
            self.town.store.write_now(broken)


def items(told: list[Told], of: str, event: str = "new") -> list[dict[str, Any]]:
    return [item for one in told if one.alert == of for item in one.items if item["event"] == event]


def check_copies(told: list[Told], town: Pipeline) -> None:
    """Each article of a told story stands with it, or in one event of its own, and in no two."""
    partition = town.partition()
    for of in (AT_ONCE.id, DIGEST.id):
        stories: dict[str, list[dict[str, Any]]] = {}
        for item in (item for one in told if one.alert == of for item in one.items):
            stories.setdefault(item["story"], []).append(item)
        for said in stories.values():
            new = [{one["url"] for one in item["copies"]} | {item["url"]} for item in said if item["event"] == "new"]
            later = [one["url"] for item in said if item["event"] == "copies" for one in item["copies"]]
            assert len(later) == len(set(later))
            assert new[-1].isdisjoint(later)
            assert {item["url"] for item in said if item["event"] == "copies"} <= new[-1]
            assert frozenset(new[-1].union(later)) in partition


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_every_story_is_told_once_to_each_alert_whatever_happens_on_the_way(town: Pipeline, steps: list[Any]) -> None:
    play = Play(town)
    before = len(town.told())
    for step in steps:
        play.take(step)
    # Whoever held the lease is gone by then, and every digest has been due.
    town.wait(DAY)
    told = town.told()[before:]
    at_once = Counter(one["story"] for one in items(told, AT_ONCE.id))
    assert set(at_once.values()) <= {1}
    assert len(at_once) == len(play.matched)
    first = Counter(one["story"] for one in items(told, DIGEST.id) if not one["already_sent"])
    again = Counter(one["story"] for one in items(told, DIGEST.id) if one["already_sent"])
    assert first == at_once
    assert set(again.values()) <= {1}
    assert again.keys() == {one["story"] for one in items(told, DIGEST.id) if one["urgent"] and not one["already_sent"]}
    assert town.open() == 0
    check_copies(told, town)
