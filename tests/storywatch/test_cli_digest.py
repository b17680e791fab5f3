"""``storywatch digest``: the next digest as it stands, in three forms; sent now, which ends its window."""

import json
from datetime import datetime
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from fakes_http import HttpSink
from fakes_smtp import Mail, SmtpSink, Step
from frontdoor import DAILY, Desk

HERALD = "https://herald.example/rss"
LISTS = (
    DAILY
    + """
[[watchlists]]
name = "Harbours"
query = "harbour"

[[digests]]
name = "everything"
watchlists = ["*"]
to = ["desk@example.org", "duty@example.org"]
schedule = "weekdays at 07:00"
"""
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two stories, each of which waits for its digest."""
    made = Desk(tmp_path)
    made.write(feeds=[HERALD], watchlists=LISTS)
    made.tell("Bridge closed")
    made.tell("Harbour open")
    return made


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return unmarked(str(part.get_content()))


def unmarked(words: str) -> str:
    """Take the marks of what matched out of a text."""
    return words.replace("*", "")


def parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=policy.default)


# ── preview ──────────


def test_a_preview_shows_what_waits_and_changes_nothing(desk: Desk) -> None:
    ran = desk.run("digest", "preview", "Bridges")
    assert ran.code == 0
    assert "*Bridge* closed" in ran.out
    assert "Harbour open" not in ran.out
    again = desk.run("digest", "preview", "bridges").out
    assert "*Bridge* closed" in again
    assert desk.rows("outbox", "list") == []


def test_a_preview_comes_as_page_and_as_mail(desk: Desk) -> None:
    page = desk.run("digest", "preview", "Bridges", "--format", "html").out
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "Bridge" in page
    mail = message_from_string(desk.run("digest", "preview", "Bridges", "--format", "eml").out, policy=policy.default)
    assert (mail["To"], mail["From"]) == ("desk@example.org", "watch@example.org")
    assert mail.get_content_type() == "multipart/alternative"
    assert "Bridge closed" in text(mail)


def test_a_digest_over_all_watchlists_is_shown_by_its_name(desk: Desk) -> None:
    shown = unmarked(desk.run("digest", "preview", "everything").out)
    assert "Bridge closed" in shown
    assert "Harbour open" in shown


def test_an_alert_is_chosen_by_its_name(desk: Desk) -> None:
    hook = '[[watchlists.alerts]]\nname = "hook"\nchannel = "webhook"\nurl = "https://hooks.example.org/"\n'
    desk.write(feeds=[HERALD], watchlists=DAILY + hook + 'schedule = "hourly"\n')
    assert desk.run("digest", "preview", "Bridges", "--alert", "hook").code == 0
    ran = desk.run("digest", "preview", "Bridges", "--alert", "hook", "--format", "eml")
    assert ran.code == 2
    assert "goes by webhook" in ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["preview", "nobody"], "there are bridges, everything"),
        (["preview", "Harbours"], "there are bridges, everything"),
        (["preview", "Bridges", "--alert", "evening"], "there are morning"),
        (["preview", "Bridges", "--format", "pdf"], "html"),
        (["send", "nobody"], "there are bridges, everything"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_there_is(desk: Desk, args: list[str], said: str) -> None:
    ran = desk.run("digest", *args)
    assert ran.code == 2
    assert said in ran.err


def test_a_preview_needs_no_service_to_have_run(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(watchlists=DAILY)
    assert desk.run("digest", "preview", "Bridges").code == 0


# ── send ──────────


async def test_sending_now_consumes_the_window(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(feeds=[HERALD], watchlists=LISTS, smtp=sink.port)
        ran = await desk.beside("digest", "send", "Bridges")
        assert (ran.code, ran.out, ran.err) == (0, "desk@example.org: sent: 250 2.0.0 OK\n", "")
        assert "Bridge closed" in text(parsed(sink.received[0]))
        assert "closed" not in desk.run("digest", "preview", "Bridges").out
        desk.tell("Bridge open")
        assert (await desk.beside("digest", "send", "Bridges")).code == 0
        second = text(parsed(sink.received[1]))
        assert "Bridge open" in second
        assert "Bridge closed" not in second
        # The other alert of the same story has a window of its own.
        assert "*Bridge* closed" in desk.run("digest", "preview", "everything").out


async def test_nothing_new_is_told_here_and_sent_only_where_empty_digests_are_wanted(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(feeds=[HERALD], watchlists=LISTS, smtp=sink.port)
        assert (await desk.beside("digest", "send", "Bridges")).code == 0
        ran = await desk.beside("digest", "send", "Bridges")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("desk@example.org: nothing new, so nothing was sent")
        assert len(sink.received) == 1
        always = LISTS.replace('schedule = "daily at 07:00"', 'schedule = "daily at 07:00"\nempty = "send"', 1)
        assert always != LISTS
        desk.write(feeds=[HERALD], watchlists=always, smtp=sink.port)
        assert (await desk.beside("digest", "send", "Bridges")).out == "desk@example.org: sent: 250 2.0.0 OK\n"
        assert "Nothing new. All feeds are well." in text(parsed(sink.received[1]))
        # No window was left hanging, and the service's stage may compose again.
        desk.tell("Bridge open")
        assert (await desk.beside("digest", "send", "Bridges")).out == "desk@example.org: sent: 250 2.0.0 OK\n"


async def test_a_digest_goes_to_each_of_its_targets(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(feeds=[HERALD], watchlists=LISTS, smtp=sink.port)
        ran = await desk.beside("digest", "send", "everything")
        assert ran.code == 0
        assert sorted(str(parsed(mail)["To"]) for mail in sink.received) == ["desk@example.org", "duty@example.org"]


async def test_a_window_ends_where_the_digest_was_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with HttpSink() as sink:
        hook = f'channel = "webhook"\nurl = "{sink.url}?key=hush"\n'
        desk.write(feeds=[HERALD], watchlists=DAILY.replace('channel = "email"\n  to = ["desk@example.org"]\n', hook))
        desk.tell("Bridge closed")
        ran = await desk.beside("digest", "send", "Bridges")
        assert (ran.code, ran.out) == (0, f"{sink.url}: sent: 200 OK\n")
        desk.tell("Bridge open")
        await desk.beside("digest", "send", "Bridges")
        first, second = (json.loads(post.body) for post in sink.received)
    assert first["window"]["to"] == second["window"]["from"]
    assert datetime.fromisoformat(second["window"]["to"]) >= datetime.fromisoformat(second["window"]["from"])
    assert [item["title"] for item in first["items"] + second["items"]] == ["Bridge closed", "Bridge open"]


async def test_what_is_not_accepted_waits_in_the_outbox_and_exits_1(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(feeds=[HERALD], watchlists=LISTS, smtp=sink.port)
        sink.reply(Step.DOT, "451 4.3.0 try again later")
        ran = await desk.beside("digest", "send", "Bridges")
    assert ran.code == 1
    assert "451 4.3.0 try again later" in ran.out
    assert "storywatch outbox list" in ran.err
    (row,) = desk.rows("outbox", "list")
    assert (row["state"], row["alert"], row["attempts"]) == ("retrying", "morning", 1)
