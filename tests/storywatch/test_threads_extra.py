"""The extra ``storywatch[semantic]`` from outside: with the model at work, and without it."""

import asyncio
import json
from html import escape
from pathlib import Path
from typing import Any

import pytest
from commands import storywatch
from events import Placing
from fakes_smtp import SmtpSink
from frontdoor import DAILY, Desk
from newsserver import NewsServer, Reply
from storerows import add_feeds, own_story, tell
from stores import StillClock

from news import embedding
from news.embedding import MODEL, Embedder
from news.store.engine import Store
from storywatch.cli.events import Events
from storywatch.semantic import SWITCH, without

BY_EVENT = DAILY.replace('schedule = "daily at 07:00"', 'schedule = "daily at 07:00"\n  group = "thread"')

_BRIDGE = """The old road bridge over the river Orva collapsed on Monday night in the worst flood for thirty years.
Fourteen people are missing, the governor said; divers search for three cars that fell into the water."""
_MOST = """В понедельник ночью во время сильнейшего за тридцать лет наводнения обрушился старый автомобильный мост через
реку Орва. Губернатор сообщил о четырнадцати пропавших; водолазы ищут три упавшие в воду машины."""
_BANK = """The central bank of Brenholm left its key rate unchanged on Tuesday and said that prices rise more slowly
than it had expected. Economists see a first cut in the spring."""

EVENT = (
    ("Bridge over the Orva collapses in flood, 14 missing", _BRIDGE),
    ("Обрушился мост через реку Орва: 14 человек пропали без вести", _MOST),
)
OTHER = ("Central bank of Brenholm leaves its rate at 4.5 per cent", _BANK)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder whose commands may use the model."""
    made = Desk(tmp_path)
    made.environment = {SWITCH: ""}
    return made


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not installed."""
    monkeypatch.setattr(embedding, "_PACKAGE", "a_package_that_is_nowhere")


def served(*told: tuple[str, str]) -> bytes:
    """Return an RSS document of these articles."""
    items = "".join(
        f"<item><title>{escape(title)}</title><description>{escape(text)}</description>"
        f"<link>https://outlet.example/{number}</link></item>"
        for number, (title, text) in enumerate(told)
    )
    return f'<rss version="2.0"><channel><title>Outlet</title>{items}</channel></rss>'.encode()


async def test_a_round_gives_stories_of_one_event_one_thread_in_two_languages(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port, watchlists=BY_EVENT)
        news.script("/feed", Reply(body=served(*EVENT, OTHER)))
        ran = await desk.beside("run", "--once")
        assert ran.code == 0, ran.err
    threads = {row["title"]: row["thread"] for row in desk.rows("stories")}
    (english, _), (russian, _) = EVENT
    assert threads[english] == threads[russian] is not None
    assert threads[OTHER[0]] not in {None, threads[english]}
    listed = desk.rows("stories", "--thread", threads[english])
    assert {row["title"] for row in listed} == {english, russian}
    shown = desk.run("story", listed[0]["id"]).out
    assert f"\nthread {threads[english]}: one event" in shown
    assert listed[1]["title"] in shown
    assert desk.rows("stories", "--thread", "999") == []
    # The configuration has nothing to say against it.
    assert "group" not in desk.run("check").out
    checked = {one["part"]: one for one in await asyncio.to_thread(desk.rows, "doctor")}
    assert checked["threads"] == {"part": "threads", "health": "ok", "text": f"by the model {MODEL}"}


def tried(folder: Path, *told: tuple[str, str], switch: str = "") -> list[dict[str, Any]]:
    """What ``try stories`` answers of these articles, each at an address of its own."""
    lines = [
        json.dumps({"id": number, "url": f"https://o{number}.example/a", "title": title, "text": text})
        for number, (title, text) in enumerate(told)
    ]
    ran = storywatch("try", "stories", cwd=folder, stdin="\n".join(lines).encode(), env={SWITCH: switch})
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_try_stories_names_threads_and_a_copy_is_in_that_of_its_story(tmp_path: Path) -> None:
    found = tried(tmp_path, *EVENT, OTHER, EVENT[1], ("", ""))
    assert [one["thread"] for one in found] == ["1", "1", "2", "1", None]
    assert found[3]["story"] == found[1]["story"]
    assert {one["thread"] for one in tried(tmp_path, *EVENT, switch="off")} == {None}


def test_stories_that_turn_out_to_be_one_have_the_older_ones_thread() -> None:
    told = Events()
    one, other = (
        told.of(f"s{number}", (), title=t, text=x, language=None, at=None)
        for number, (t, x) in enumerate((EVENT[0], OTHER), start=1)
    )
    assert (one.thread, other.thread) == ("1", "2")
    # Stories that are one have one thread: the older's.
    assert told.of("s1", ("s2",), title="", text="", language=None, at=None).thread == "1"
    assert told.of("s2", (), title="", text="", language=None, at=None).thread == "1"


@pytest.mark.usefixtures("hidden")
async def test_without_the_extra_everything_is_told_and_says_so(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        news.script("/feed", Reply(body=served()))
        await desk.beside("run", "--once")
        news.script("/feed", Reply(body=served(*EVENT)))
        ran = await desk.beside("run", "--once")
        assert (ran.code, len(smtp.received)) == (0, 1), ran.err
    assert {row["thread"] for row in desk.rows("stories")} == {None}
    found = desk.rows("why", "https://outlet.example/0")["steps"]
    assert "pip install 'storywatch[semantic]'" in next(one for one in found if one["step"] == "thread")["detail"]
    (line,) = [one for one in await asyncio.to_thread(desk.rows, "doctor") if one["part"] == "threads"]
    assert line["health"] == "ok"
    assert "nobody asks for them: the package a_package_that_is_nowhere is not installed" in line["text"]


@pytest.mark.usefixtures("hidden")
def test_who_asks_for_events_is_told_once_what_is_missing(desk: Desk) -> None:
    second = BY_EVENT.replace('"Bridges"', '"Ports"')
    desk.write(feeds=["https://herald.example/rss"], watchlists=BY_EVENT + second)
    told = [line for line in desk.run("check").out.splitlines() if "group" in line]
    assert len(told) == 1
    assert "watchlists.0.alerts.0.group: stories are told one by one: the package" in told[0]
    assert "pip install 'storywatch[semantic]' (and at 1 more place)" in told[0]
    (line,) = [one for one in desk.rows("doctor") if one["part"] == "threads"]
    assert line["health"] == "warning"
    assert line["text"].startswith("stories are told one by one: the package")


@pytest.mark.usefixtures("hidden")
def test_it_can_be_switched_off_on_one_machine() -> None:
    assert without({SWITCH: "off"}) == f"switched off by {SWITCH} in the environment"
    assert without({SWITCH: "on"}) == without({}) == embedding.missing()


def test_a_model_that_is_killed_costs_no_story(sqlite_url: str) -> None:
    clock = StillClock()
    with Store.open(sqlite_url, clock) as store:
        (feed,) = store.write_now(lambda conn: add_feeds(conn, "herald"))
        placing = Placing(store, clock)
        placing.stage._embedder.close()
        embedder = Embedder()
        placing.stage._embedder = embedder

        async def killed_between() -> int:
            own_story(store, tell(store, "one", feed, title=OTHER[0]))
            first = await placing.stage.round()
            assert embedder._child is not None
            embedder._child.process.kill()
            own_story(store, tell(store, "two", feed, title=EVENT[0][0]))
            return first + await placing.stage.round()

        try:
            assert asyncio.run(killed_between()) == 2
        finally:
            embedder.close()
        assert None not in placing.run().values()
        assert json.dumps(placing.vectors.calls) == "[]"
