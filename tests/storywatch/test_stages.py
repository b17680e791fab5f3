"""Stages, the heartbeat and the expiry of what is held too long: what the service does beside the crawl."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from fakes_http import HttpSink
from frontdoor import DAILY, Desk
from stores import START, StillClock

from alerts.store import dues, targets, watchlists
from news.errors import StoreError
from storywatch.heartbeat import Heartbeat
from storywatch.stages import Stage
from storywatch.wiring import Parts

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


# ── a stage ──────────


class Work:
    """Work that does what it is told, a round at a time."""

    def __init__(self, *rounds: str | Exception) -> None:
        self.rounds = list(rounds)
        self.done = 0

    async def __call__(self) -> bool:
        """Do the next round; after the last there is nothing to do."""
        self.done += 1
        told = self.rounds.pop(0) if self.rounds else "nothing left"
        if isinstance(told, Exception):
            raise told
        return told == "more"


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "storywatch.service"]


@pytest.mark.parametrize(("apart_s", "rounds"), [(0.0, 2), (3600.0, 1)])
async def test_what_comes_in_quick_succession_waits_for_one_round(apart_s: float, rounds: int) -> None:
    work = Work()
    stage = Stage("stories", work, StillClock(), apart_s=apart_s)
    running = asyncio.create_task(stage.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert work.done == 1
    stage.wake()
    for _ in range(20):
        await asyncio.sleep(0)
    assert work.done == rounds
    running.cancel()


async def test_a_stage_that_fails_says_so_once_and_when_it_is_well_again(caplog: pytest.LogCaptureFixture) -> None:
    full = StoreError("the database failed: database or disk is full (free some space)")
    clock = StillClock()
    stage = Stage("matching", Work(full, full, full), clock)
    began = stage.advanced_at
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            clock.advance(timedelta(seconds=10))
            assert await stage.round() is False
            assert (stage.failing, stage.advanced_at) == (True, began)
        assert messages(caplog) == [f"matching: {full}; its work waits in the store"]
        assert caplog.records[-1].exc_info is None
        await stage.round()
    assert (stage.failing, stage.advanced_at) == (False, clock.now())
    assert messages(caplog)[1:] == ["matching: well again after 3 failed rounds"]


async def test_a_defect_is_logged_with_its_trace_and_the_stage_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage("matching", Work(ZeroDivisionError("a defect"), "more"), StillClock())
    assert await stage.round() is False
    assert caplog.records[-1].exc_info is not None
    assert await stage.round() is True


async def test_a_stage_works_until_nothing_is_left_and_ends_after_its_round() -> None:
    work = Work("more", "more", "more")
    stage = Stage("stories", work, StillClock())

    async def last_of_four() -> bool:
        more = await work()
        if work.done == 4:
            stage.stop()
        return more

    stage._work = last_of_four
    await stage.run()
    assert work.done == 4


# ── the heartbeat ──────────


@dataclass
class Queue:
    """A queue, as far as the heartbeat knows it."""

    name: str
    advanced_at: datetime


@dataclass
class Beating:
    """A heartbeat with its surroundings."""

    heart: Heartbeat
    sink: HttpSink
    clock: StillClock
    queue: Queue


@asynccontextmanager
async def beating(desk: Desk) -> AsyncIterator[Beating]:
    """Offer a heartbeat to a monitor, over one queue."""
    async with HttpSink() as sink:
        desk.write(service=f'heartbeat_url = "{sink.url}?key=hush"')
        clock, queue = StillClock(), Queue("polling", START)
        # Nothing of the parts but their configuration matters here.
        parts = cast("Parts", Configured(desk))
        yield Beating(Heartbeat(parts, [queue], clock, agent="storywatch/0"), sink, clock, queue)


class Configured:
    """Stands where the parts stand."""

    def __init__(self, desk: Desk) -> None:
        self.config = desk.config()


async def test_the_heartbeat_is_requested_while_every_queue_advances(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with beating(Desk(tmp_path)) as world:
        await world.heart.beat()
        world.clock.advance(timedelta(minutes=2))
        await world.heart.beat()
        assert [one.method for one in world.sink.received] == ["GET", "GET"]
        assert messages(caplog) == []
        for _ in range(3):
            world.clock.advance(timedelta(minutes=1))
            await world.heart.beat()
        assert len(world.sink.received) == 2
        assert messages(caplog) == ["heartbeat: held back, since these stand still: polling"]
        world.queue.advanced_at = world.clock.now()
        await world.heart.beat()
        assert len(world.sink.received) == 3
        assert messages(caplog)[1:] == ["heartbeat: well again"]


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_a_monitor_that_does_not_take_it_is_told_once_and_without_its_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    async with beating(Desk(tmp_path)) as world:
        world.sink.answer_all(status, headers={"Location": "/elsewhere"})
        await world.heart.beat()
        await world.heart.beat()
        assert messages(caplog) == [f"heartbeat: the address of heartbeat_url does not answer well: HTTP {status}"]
    await world.heart.beat()
    assert "ClientConnectorError" in messages(caplog)[-1]
    assert "hush" not in caplog.text


async def test_without_an_address_nothing_is_requested(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with beating(desk) as world:
        desk.write()
        world.heart.replace(cast("Parts", Configured(desk)))
        await world.heart.beat()
        assert world.sink.received == []


# ── what waits too long ──────────


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A story that waits for its daily digest."""
    made = Desk(tmp_path)
    made.write(feeds=["https://herald.example/rss"], watchlists=DAILY)
    made.tell("Bridge closed")
    return made


def waiting(desk: Desk) -> int:
    return sum(mark.count for mark in desk.read_now(dues.marks).values())


def expired(desk: Desk, now: datetime) -> int:
    return desk.write_now(lambda conn: dues.expire(conn, now=now, longest=WEEK))


def test_what_waits_for_its_schedule_never_expires(desk: Desk) -> None:
    assert expired(desk, datetime.now().astimezone() + 100 * DAY) == 0
    assert waiting(desk) == 1


@pytest.mark.parametrize("hold", ["target paused", "target off", "watchlist paused"])
def test_what_is_held_back_waits_seven_days_and_no_longer(desk: Desk, hold: str) -> None:
    now = datetime.now().astimezone()
    since = now + 3 * DAY
    work = {
        "target paused": lambda conn: targets.pause_target(conn, "desk@example.org", None, now=since),
        "target off": lambda conn: targets.switch_off_target(conn, "desk@example.org", "410 Gone", since),
        "watchlist paused": lambda conn: watchlists.set_paused(conn, "bridges", paused=True, now=since),
    }[hold]
    desk.write_now(work)
    assert expired(desk, since + WEEK - timedelta(seconds=1)) == 0
    assert expired(desk, since + WEEK) == 1
    assert waiting(desk) == 0
    key = desk.read_now(lambda conn: conn.exec_driver_sql("SELECT due_key FROM due").scalar())
    assert key == dues.EXPIRED
    assert expired(desk, since + WEEK) == 0


def test_a_story_of_a_hold_that_lasts_waits_from_its_own_beginning(desk: Desk) -> None:
    now = datetime.now().astimezone()
    desk.write_now(lambda conn: watchlists.set_paused(conn, "bridges", paused=True, now=now - 30 * DAY))
    assert expired(desk, now + WEEK - timedelta(hours=1)) == 0
    assert expired(desk, now + WEEK + timedelta(hours=1)) == 1


def test_a_pause_that_is_over_holds_nothing_back(desk: Desk) -> None:
    now = datetime.now().astimezone()
    until = now + WEEK
    desk.write_now(lambda conn: watchlists.set_paused(conn, "bridges", paused=True, until=until, now=now - DAY))
    assert expired(desk, until + timedelta(minutes=1)) == 0
    desk.write_now(lambda conn: watchlists.set_paused(conn, "bridges", paused=True, now=until))
    desk.write_now(lambda conn: watchlists.set_paused(conn, "bridges", paused=False, now=until + 6 * DAY))
    assert expired(desk, until + 8 * DAY) == 0
    assert waiting(desk) == 1


def test_what_belongs_to_an_alert_that_is_configured_no_more_expires_too(desk: Desk) -> None:
    now = datetime.now().astimezone()
    desk.write(feeds=["https://herald.example/rss"], watchlists=DAILY.replace('"morning"', '"dawn"'))
    assert expired(desk, now + WEEK - timedelta(hours=1)) == 0
    assert expired(desk, now + WEEK + timedelta(hours=1)) == 1


def test_on_postgresql_it_is_the_same(postgres_url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.database = postgres_url
    desk.write(feeds=["https://herald.example/rss"], watchlists=DAILY)
    desk.tell("Bridge closed")
    now = datetime.now().astimezone()
    desk.write_now(lambda conn: targets.pause_target(conn, "desk@example.org", None, now=now))
    desk.write_now(lambda conn: watchlists.set_paused(conn, "bridges", paused=True, now=now))
    assert expired(desk, now + WEEK - timedelta(hours=1)) == 0
    assert expired(desk, now + WEEK + timedelta(hours=1)) == 1
