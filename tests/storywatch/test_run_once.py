"""``storywatch run --once``: one round of everything, its exit codes, and what bad input makes of it."""

import json
import os
import sys
from datetime import timedelta
from email import message_from_bytes, policy
from io import StringIO
from pathlib import Path

import pytest
from fakes_smtp import SmtpSink, Step
from frontdoor import BRIDGES, Desk, rss
from newsserver import NewsServer, Reply

from alerts import compose, evaluate
from crawler.window import LEASE
from news.clock import SystemClock
from news.store import leases
from news.store.engine import Store
from storywatch.cli.progress import progress


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path)


OPERATOR = '[operator]\nto = ["ops@example.org"]\n'


def mails(sink: SmtpSink) -> list[str]:
    return [str(message_from_bytes(mail.content, policy=policy.default)["Subject"]) for mail in sink.received]


async def test_each_round_sends_what_has_come_since_the_one_before(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        told = ("Bridge closed", "Bridge open", "Bridge closed again")
        for number in range(4):
            news.script("/feed", Reply(body=rss(news.url(""), *told[:number])))
            ran = await desk.beside("run", "--once")
            # What a new feed carries without a time is old; this one was empty at first.
            assert (ran.code, len(smtp.received)) == (0, number), ran.err
        assert ran.out == "1 feed polled, 0 not healthy, 0 deliveries failed\n"
        assert (await desk.beside("run", "--once")).code == 0
        assert len(smtp.received) == 3


async def test_leases_of_a_run_that_was_killed_hold_nothing_up(desk: Desk) -> None:
    now = SystemClock().now()
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        news.script("/feed", Reply(body=rss(news.url(""))))
        await desk.beside("run", "--once")
        for stage in (LEASE, evaluate.LEASE, compose.LEASE):
            taken = desk.write_now(
                lambda conn, stage=stage: leases.take(conn, stage, holder="gone", now=now, lasts=timedelta(hours=1))  # type: ignore[misc]  # bound now
            )
            assert taken
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
        assert (await desk.beside("run", "--once")).code == 0
        assert len(smtp.received) == 1


async def test_a_feed_that_fails_is_told_to_the_operator_once_and_strict_exits_1(desk: Desk) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as news, SmtpSink() as smtp:
        good, bad = news.url("/feed"), news.url("/gone", "127.0.0.2")
        desk.write(feeds=[good, bad], smtp=smtp.port, more=OPERATOR)
        news.script("/feed", Reply(body=rss(news.url(""))))
        first = await desk.beside("run", "--once")
        assert first.code == 0
        assert f"{bad} is failing: it answers 404: there is nothing at this address" in first.err
        assert len(mails(smtp)) == 1
        assert "/gone" in mails(smtp)[0]
        (row,) = [row for row in desk.rows("feeds", "health") if row["url"] == bad]
        assert (row["state"], row["failures"]) == ("failing", 1)
        assert "404" in row["error"]
        second = await desk.beside("run", "--once", "--strict")
        assert second.code == 1
        assert "it answers 404" not in second.err
        assert len(smtp.received) == 1


async def test_a_dead_host_is_a_clear_message_and_exits_1_where_no_feed_answers(desk: Desk) -> None:
    async with NewsServer.open() as news:
        dead = news.url("/feed")
    desk.write(feeds=[dead])
    # The second time it is backing off, and is not even asked.
    for told in ("no feed answered", "no feed was asked, since those that fail back off"):
        ran = await desk.beside("run", "--once")
        assert ran.code == 1
        assert told in ran.err
        assert "Traceback" not in ran.err
    (row,) = desk.rows("feeds", "health")
    assert row["state"] == "failing"
    assert "127.0.0.1" in row["error"]


async def test_a_malformed_feed_is_a_clear_message(desk: Desk) -> None:
    page = b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
    bodies = {"/torn": b"<rss><channel><item><title>Bridge", "/page": page, "/empty": b"", "/noise": bytes(range(256))}
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url(path) for path in bodies])
        for path, body in bodies.items():
            news.script(path, Reply(body=body))
        ran = await desk.beside("run", "--once")
        rows = {row["url"]: row for row in desk.rows("feeds", "health")}
    assert "Traceback" not in ran.err
    for path in ("/page", "/empty", "/noise"):
        row = rows[news.url(path)]
        assert row["state"] == "failing"
        assert row["error"]
        assert ran.err.count(row["error"]) == 1


async def test_a_delivery_that_fails_for_good_exits_1_and_one_that_backs_off_does_not(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port)
        news.script("/feed", Reply(body=rss(news.url(""))))
        await desk.beside("run", "--once")
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed")))
        smtp.reply(Step.DOT, "451 4.3.0 try again later")
        ran = await desk.beside("run", "--once")
        assert ran.code == 0
        assert [row["state"] for row in desk.rows("outbox", "list")] == ["retrying"]
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed", "Bridge open")))
        smtp.reply(Step.RCPT, "550 5.1.1 no such mailbox")
        ran = await desk.beside("run", "--once")
        assert ran.code == 1
        assert "1 delivery failed" in ran.out
        (failed,) = [row for row in desk.rows("outbox", "list") if row["state"] == "failed"]
        assert "550 5.1.1 no such mailbox" in failed["reason"]
        # It failed in the round before, not in this one.
        assert (await desk.beside("run", "--once")).code == 0


async def test_a_wrong_password_is_told_once_and_never_shown(desk: Desk) -> None:
    async with NewsServer.open() as news, SmtpSink(login=("watch", "right")) as smtp:
        desk.write(feeds=[news.url("/feed")], smtp=smtp.port, more=OPERATOR)
        login = '[smtp]\nusername = "watch"\npassword = "hush-hush"\n'
        desk.file.write_text(desk.file.read_text("utf-8").replace("[smtp]\n", login), "utf-8")
        news.script("/feed", Reply(body=rss(news.url(""))))
        await desk.beside("run", "--once")
        news.script("/feed", Reply(body=rss(news.url(""), "Bridge closed", "Bridge open", "Bridge gone")))
        ran = await desk.beside("run", "--once")
        assert ran.code == 0
        # One attempt a target, not one a story: a server may lock out who logs in wrongly again and again.
        assert len(smtp.logins) == 2
        warnings = [line for line in ran.err.splitlines() if "check [smtp] username and password" in line]
        assert len(warnings) == 1
        states = {row["target"]: row["state"] for row in desk.rows("outbox", "list")}
        assert set(states) == {"desk@example.org", "ops@example.org"}
        (target,) = [row for row in desk.rows("targets", "list") if row["name"] == "desk@example.org"]
        assert target["state"] == "failing"
        assert "check [smtp] username and password" in target["reason"]
    assert "hush" not in ran.err + ran.out


async def test_secrets_of_feeds_stay_out_of_the_log(desk: Desk) -> None:
    async with NewsServer.open() as news:
        url = news.url("/feed").replace("//", "//reader:hush@")
        desk.write(feeds=[url])
        news.script("/feed", Reply(status=401))
        ran = await desk.beside("run", "--once")
        assert news.requests("/feed")[0].headers["authorization"].startswith("Basic ")
    assert ran.code == 1
    assert "username and password_file" in ran.err
    assert "hush" not in ran.err + ran.out + json.dumps(desk.rows("feeds", "health"))


async def test_a_log_in_json_is_an_object_a_line(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")], service='log = "json"\npublic_url = "https://watch.example.org"')
        ran = await desk.beside("run", "--once")
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert len(lines) >= 3
    assert all(set(line) >= {"time", "level", "logger", "message"} for line in lines)
    assert any("public_url" in line["message"] and line["level"] == "WARNING" for line in lines)


def test_a_query_that_does_not_parse_names_its_place_and_exits_2(desk: Desk) -> None:
    desk.write(watchlists=BRIDGES.replace('"bridge"', '"(bridge OR"'))
    ran = desk.run("run", "--once")
    assert ran.code == 2
    assert ran.err.startswith("storywatch.toml: watchlists.0.query: column ")
    assert "\n(bridge OR\n" in ran.err


def test_a_second_run_on_one_file_is_refused_naming_the_process(desk: Desk) -> None:
    desk.write()
    with Store.open(f"sqlite:///{desk.folder}/storywatch.db", SystemClock()) as store:
        store.hold_service()
        for command in (["run"], ["run", "--once"]):
            ran = desk.run(*command)
            assert ran.code == 1
            assert f"held by process {os.getpid()}" in ran.err


def test_strict_goes_with_once(desk: Desk) -> None:
    desk.write()
    assert desk.run("run", "--strict").code == 2


def test_without_feeds_a_round_is_well(desk: Desk) -> None:
    desk.write()
    ran = desk.run("run", "--once")
    assert (ran.code, ran.out) == (0, "0 feeds polled, 0 not healthy, 0 deliveries failed\n")


# ── progress ──────────


class Terminal(StringIO):
    """Standard error of a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_long_work_shows_its_progress_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream in (Terminal(), StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress("polling", total=4) as report:
            report(3)
        shown = stream.getvalue()
        assert ("polling" in shown and "3/4" in shown) is stream.isatty()
    assert shown == ""


async def test_a_round_right_after_another_polls_no_feed_oftener_than_min_interval(desk: Desk) -> None:
    async with NewsServer.open() as news:
        desk.write(feeds=[news.url("/feed")])
        desk.file.write_text(desk.file.read_text().replace('"0.001s"', '"5m"').replace('interval = "1s"\n', ""))
        news.script("/feed", Reply(body=rss(news.url(""))))
        await desk.beside("run", "--once")
        again = await desk.beside("run", "--once")
        assert len(news.requests("/feed")) == 1
    assert (again.code, again.out.splitlines()[1:]) == (
        0,
        ["1 feed left out, polled less than [fetch] min_interval = 5m ago"],
    )
