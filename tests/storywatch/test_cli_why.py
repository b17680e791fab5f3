"""``storywatch why``: from poll to delivery, on a store that real rounds filled from a real site, by real mail."""

import re
from pathlib import Path
from typing import Any

import pytest
from commands import storywatch
from fakes_smtp import SmtpSink, Step
from frontdoor import BRIDGES, DAILY, Desk, rss
from newsserver import NewsServer, Reply

from alerts.store.watchlists import mark_backfilled
from news.clock import SystemClock
from storywatch.cli import why as cli
from storywatch.why.steps import AlertState, Fate

PORTS = """
[[watchlists]]
id = "ports"
name = "Ports and ships"
query = "(harbour OR harbor) AND ship"
exclude = ["naval"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path)


async def rounds(desk: Desk, news: NewsServer, *titles: str) -> None:
    """Let a round find the feed empty, as it was before, and a second one find these titles there."""
    for told in ((), titles):
        news.script("/feed", Reply(body=rss(news.url(""), *told)))
        assert (await desk.beside("run", "--once")).code in {0, 1}


def why(desk: Desk, url: str, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.rows("why", url, *args)
    return found


def fates(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in found["watchlists"]}


async def test_a_story_is_followed_to_the_mail_that_told_it(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port, watchlists=BRIDGES + PORTS)
        await rounds(desk, news, "Bridge closed")
        address = news.url("/1")
        found = why(desk, address + "?utm_source=mail")
        assert (found["known"], found["canonical"]) == (True, address.replace("http:", "https:"))
        assert [(one["step"], one["state"]) for one in found["steps"]] == [
            *((name, "ok") for name in ("address", "feed", "article", "story")),
            ("thread", "note"),
            ("matching", "ok"),
        ]
        assert all(one["at"] for one in found["steps"] if one["step"] != "thread")
        bridges, ports = found["watchlists"]
        assert set(bridges) >= {"id", "name", "state", "part", "reason", "matched", "alerts"}
        assert (bridges["state"], bridges["part"]) == ("told", None)
        assert {(one["field"], one["term"], one["how"], one["snippet"]) for one in bridges["matched"]} >= {
            ("title", "bridge", "folded", "Bridge closed")
        }
        (alert,) = bridges["alerts"]
        assert (alert["name"], alert["target"], alert["schedule"]) == ("now", "desk@example.org", "immediately")
        (message,) = alert["messages"]
        assert (alert["state"], message["state"], message["recipient"]) == ("sent", "sent", "desk@example.org")
        assert message["detail"].startswith("250 ")
        assert message["at"]
        assert message["message_id"] in smtp.received[0].content.decode()
        assert (ports["state"], ports["part"]) == ("not_matched", "harbour OR harbor")
        ran = desk.run("why", address)
    assert (ran.code, ran.err) == (0, "")
    for words in (
        "  ok     feed      Town (",
        "  ok     article   “Bridge closed”, Town, ",
        "Bridges: told",
        "                   bridge (title, text)\n",
        "                   title: “Bridge closed”\n",
        "now, immediately by email to desk@example.org; a message of its own",
        "desk@example.org: sent: 250 ",
        "Ports and ships: not matched",
        "  ended  query     `harbour OR harbor`: nothing of it stands in title or text",
        "times in Asia/Jakarta, but those that name an offset of their own",
    ):
        assert words in ran.out
    assert ran.out.count("\n  ") == len([line for line in ran.out.splitlines() if line.startswith("  ")])


async def test_what_waits_for_its_schedule_says_until_when(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")], watchlists=DAILY)
        await rounds(desk, news, "Bridge closed")
        found = why(desk, news.url("/1"))
        ran = desk.run("why", news.url("/1"))
    assert fates(found) == {"bridges": "due"}
    (alert,) = found["watchlists"][0]["alerts"]
    assert (alert["state"], alert["detail"]) == ("waiting", "it waits for its schedule")
    # Seven in the morning in Jakarta.
    assert alert["at"].endswith("T00:00:00+00:00")
    assert "07:00:00" in next(line for line in ran.out.splitlines() if "it waits for its schedule" in line)


async def test_a_refused_mail_is_shown_with_the_servers_words(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        smtp.reply(Step.RCPT, "550 5.1.1 no such mailbox")
        await rounds(desk, news, "Bridge closed")
        found = why(desk, news.url("/1"))
        ran = desk.run("why", news.url("/1"))
    assert fates(found) == {"bridges": "failed"}
    (message,) = found["watchlists"][0]["alerts"][0]["messages"]
    assert "550 5.1.1 no such mailbox" in message["detail"]
    # It could answer: how deliveries fare is told by the outbox's own exit code.
    assert ran.code == 0
    assert "Bridges: matched, and not delivered" in ran.out
    assert "`storywatch outbox retry" in ran.out


async def test_a_mail_that_is_tried_again_says_when(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        smtp.reply(Step.DOT, "451 4.3.0 try again later")
        await rounds(desk, news, "Bridge closed")
        found = why(desk, news.url("/1"))
    assert fates(found) == {"bridges": "sending"}
    (message,) = found["watchlists"][0]["alerts"][0]["messages"]
    assert (message["state"], message["attempts"]) == ("retrying", 1)
    assert "451 4.3.0 try again later" in message["detail"]
    assert message["at"] > found["steps"][0]["at"]


async def test_what_was_there_before_us_was_taken_in_silently(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")])
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
        await desk.beside("run", "--once")
        found = why(desk, news.url("/1"))
    assert fates(found) == {"bridges": "silent"}
    assert found["watchlists"][0]["reason"].startswith("taken in silently: older than the backlog")
    assert "with its first poll" in found["steps"][1]["detail"]


async def test_a_paused_watchlist_is_told_of(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")])
        await rounds(desk, news)
        assert desk.run("watchlists", "pause", "bridges").code == 0
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
        await desk.beside("run", "--once")
        found = why(desk, news.url("/1"), "--watchlist", "Bridges")
    assert fates(found) == {"bridges": "due"}
    assert found["watchlists"][0]["remark"] == "it is paused: what it finds waits"
    assert found["watchlists"][0]["alerts"][0]["detail"] == "it waits: the watchlist is paused"


async def test_a_site_that_fails_or_was_not_polled_yet_says_so(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")])
        before = desk.run("why", news.url("/1"))
        news.script("/feed", Reply(status=503))
        await desk.beside("run", "--once")
        failing = desk.run("why", news.url("/1"))
        feed = desk.run("why", news.url("/feed"))
        news.script("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /"))
    assert (before.code, failing.code) == (1, 1)
    assert "no run has taken it over yet" in before.out
    assert "  ended  feed " in failing.out
    assert "fails: it answers 503" in failing.out
    # The feed is known, and this is how it fares.
    assert feed.code == 0
    assert "it fails: it answers 503" in feed.out


async def test_a_feed_that_robots_txt_forbids_says_so(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")])
        news.script("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /"))
        await desk.beside("run", "--once")
        assert "/robots.txt disallows this address" in desk.run("why", news.url("/1")).out


def test_an_address_that_nobody_watches_exits_1_and_says_what_to_do(desk: Desk) -> None:
    desk.write(feeds=["https://herald.example/rss"])
    ran = desk.run("why", "https://nowhere.example/story")
    assert ran.code == 1
    assert "not known: no feed has brought it" in ran.out
    assert "no feed of nowhere.example is configured; `storywatch feeds add` adds one" in ran.out
    assert why(desk, "https://nowhere.example/story")["watchlists"] == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["not an address"], "accepted is the http or https address"),
        (["https://outlet.example/a", "--watchlist", "nobody"], "nobody: no such watchlist; there are bridges"),
        ([], "URL"),
    ],
)
def test_wrong_usage_exits_2(desk: Desk, args: list[str], told: str) -> None:
    desk.write()
    ran = desk.run("why", *args)
    assert ran.code == 2
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_terminal_gets_lines_that_fit_with_no_time_parted(desk: Desk) -> None:
    desk.write(feeds=["https://herald.example/rss"], watchlists=BRIDGES + PORTS)
    title = "Bridge closed for as long as it takes the inspectors to look at each of its eleven old arches"
    desk.tell(title, path="arches")
    url = "https://outlet.example/arches"
    piped = desk.run("why", url).out
    shown = storywatch("why", url, cwd=desk.folder, env={"FORCE_COLOR": "1", "COLUMNS": "80"}).out
    assert max(len(line) for line in piped.splitlines()) > 80
    assert max(len(line) for line in shown.splitlines()) <= 80
    # The two run a moment apart, and some of the times are of now.
    times = re.compile(r"\d\d:\d\d:\d\d")
    assert times.sub("", shown).split() == times.sub("", piped).split()
    assert all(re.search(r"· \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", line) for line in shown.splitlines() if "·" in line)


def test_nothing_is_written(desk: Desk) -> None:
    desk.write(feeds=["https://herald.example/rss"])
    desk.tell("Bridge closed")
    before = desk.read_now(lambda conn: [*conn.connection.iterdump()])
    assert desk.run("why", "https://outlet.example/bridge-closed").code == 0
    assert desk.read_now(lambda conn: [*conn.connection.iterdump()]) == before


def test_what_a_feed_says_does_not_steer_the_terminal_and_no_secret_is_shown(desk: Desk) -> None:
    feed = "https://herald.example/rss?key=hush"
    hook = '[[watchlists.alerts]]\nchannel = "webhook"\nurl = "https://hooks.example.org/news?key=hush"\n'
    other = f'[[watchlists]]\nname = "Others"\nquery = "bridge"\nfeeds = ["{feed}2"]\n'
    desk.write(feeds=[feed, f"{feed}2"], watchlists=BRIDGES + hook + other)
    desk.tell(
        "Bridge \x1b[2J", "The bridge \x1b]0;owned\x07 is closed until the old arches were looked at.", path="evil"
    )
    desk.write_now(lambda conn: mark_backfilled(conn, "others", now=SystemClock().now()))
    for url in ("https://outlet.example/evil", "https://herald.example/other\x1b[2J"):
        ran = desk.run("why", url)
        assert "\x1b" not in ran.out
        assert "hush" not in ran.out + desk.run("why", url, "--json").out
    assert fates(why(desk, "https://outlet.example/evil")) == {"bridges": "due", "others": "outside"}


def test_every_fate_and_state_has_its_words() -> None:
    assert set(cli._HEADINGS) == set(Fate)
    assert set(cli._ALERT_MARKS) == set(AlertState)
