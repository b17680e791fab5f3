"""``storywatch targets``: how each fares, a marked test, pausing; and that a webhook's secrets are never shown."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from fakes_http import HttpSink
from fakes_smtp import SmtpSink, Step
from frontdoor import BRIDGES, Desk
from newsserver import NewsServer, Reply

from alerts.store import targets
from alerts.store.deliveries import list_deliveries
from news.clock import SystemClock

HOOK = "https://reader:hush@hooks.example.org/news?key=hush"
LISTED = "https://hooks.example.org/news"


def targets_table(hook: str = HOOK) -> str:
    return f"""
[targets.desk]
channel = "email"
to = ["desk@example.org", "duty@example.org"]

[targets.hook]
channel = "webhook"
url = "{hook}"
secret = "whsec_aHVzaGh1c2hodXNoaHVzaA=="
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An address of its own, a named target with two, a named webhook and one of its own."""
    made = Desk(tmp_path)
    alert = f'[[watchlists.alerts]]\nchannel = "webhook"\nurl = "{HOOK}2"\nschedule = "hourly"\n'
    made.write(watchlists=BRIDGES + alert, more=targets_table())
    return made


def listed(desk: Desk) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in desk.rows("targets", "list")}


def test_every_target_is_listed_by_its_name_and_without_secrets(desk: Desk) -> None:
    found = listed(desk)
    assert set(found) == {"desk", "hook", "desk@example.org", LISTED}
    assert (found["desk"]["channel"], found["desk"]["to"]) == ("email", ["desk@example.org", "duty@example.org"])
    assert (found["hook"]["channel"], found["hook"]["to"]) == ("webhook", [LISTED])
    assert {row["state"] for row in found.values()} == {"active"}
    ran = desk.run("targets", "list")
    assert ran.code == 0
    assert "hush" not in ran.out + json.dumps(list(found.values()))


def test_a_target_that_fares_ill_is_shown_with_its_reason_and_exits_1(desk: Desk) -> None:
    now = SystemClock().now()
    desk.write_now(lambda conn: targets.note_error(conn, "desk", "535 5.7.8 wrong password"))
    assert (listed(desk)["desk"]["state"], listed(desk)["desk"]["reason"]) == ("failing", "535 5.7.8 wrong password")
    assert desk.run("targets", "list").code == 1
    desk.write_now(lambda conn: targets.note_sent(conn, "desk", now))
    desk.write_now(lambda conn: targets.switch_off_target(conn, "hook", "410 Gone", now))
    assert listed(desk)["hook"] | {"to": []} == {
        "name": "hook",
        "channel": "webhook",
        "to": [],
        "state": "off",
        "reason": "410 Gone; `storywatch targets resume hook`",
        "last_sent_at": None,
    }
    assert desk.run("targets", "list").code == 1
    assert desk.run("targets", "resume", "hook").code == 0
    assert desk.run("targets", "list").code == 1  # its last answer was a refusal
    assert listed(desk)["hook"]["state"] == "failing"


@pytest.mark.parametrize("name", ["desk", "hook", "desk@example.org", LISTED, HOOK + "2"])
def test_a_target_is_paused_and_resumed_by_every_name_that_it_has(desk: Desk, name: str) -> None:
    ran = desk.run("targets", "pause", name, "--until", "2h")
    assert ran.code == 0
    (paused,) = [row for row in listed(desk).values() if row["state"] == "paused"]
    assert paused["name"] == (LISTED if name.startswith("https") else name)
    assert str(paused["reason"]).startswith("until 20")
    assert desk.run("targets", "resume", name).code == 0
    assert {row["state"] for row in listed(desk).values()} == {"active"}
    assert "hush" not in ran.out + ran.err


def test_an_unknown_target_exits_2_and_names_what_there_is(desk: Desk) -> None:
    ran = desk.run("targets", "pause", "https://reader:hush@nowhere.example/?hush")
    assert ran.code == 2
    assert "desk, hook" in ran.err
    assert "hush" not in ran.err
    assert "duty@example.org is an address of the target desk" in desk.run("targets", "test", "duty@example.org").err
    assert desk.run("targets", "pause", "desk", "--until", "1999-01-01").code == 2


# ── test ──────────


async def test_a_mail_marked_as_a_test_goes_to_each_address(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(smtp=sink.port, more=targets_table())
        ran = await desk.beside("targets", "test", "desk")
        mails = [message_from_bytes(mail.content, policy=policy.default) for mail in sink.received]
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "desk (desk@example.org): sent: 250 2.0.0 OK",
        "desk (duty@example.org): sent: 250 2.0.0 OK",
    ]
    assert sorted(str(mail["To"]) for mail in mails) == ["desk@example.org", "duty@example.org"]
    assert all("test" in str(mail["Subject"]).lower() for mail in mails)


async def test_a_webhook_gets_a_payload_marked_as_a_test(desk: Desk) -> None:
    async with HttpSink() as sink:
        desk.write(more=targets_table(f"{sink.url}?key=hush"))
        ran = await desk.beside("targets", "test", "hook")
        (post,) = sink.received
    assert ran.code == 0
    payload = json.loads(post.body)
    assert (payload["type"], payload["test"], payload["items"]) == ("digest", True, [])
    assert post.path == "/hook?key=hush"
    assert "hush" not in ran.out + ran.err


async def test_what_is_not_accepted_exits_1_says_why_and_is_not_tried_again(desk: Desk) -> None:
    async with SmtpSink() as sink:
        desk.write(smtp=sink.port, more=targets_table())
        sink.reply(Step.RCPT, "550 5.1.1 no such mailbox", times=None)
        ran = await desk.beside("targets", "test", "desk@example.org")
    assert ran.code == 1
    assert "550 5.1.1 no such mailbox" in ran.out
    assert desk.read_now(list_deliveries) == []
    assert "550 5.1.1" in str(listed(desk)["desk@example.org"]["reason"])


async def test_a_wrong_password_is_told_with_what_to_do_and_never_shown(desk: Desk) -> None:
    async with SmtpSink(login=("watch", "right")) as sink:
        desk.write(smtp=sink.port, more=targets_table())
        text = desk.file.read_text("utf-8").replace("[smtp]\n", '[smtp]\nusername = "watch"\npassword = "hush-hush"\n')
        desk.file.write_text(text, "utf-8")
        ran = await desk.beside("targets", "test", "desk")
    assert ran.code == 1
    assert "check [smtp] username and password" in ran.out
    assert "hush" not in ran.out + ran.err + json.dumps(listed(desk))


def test_nothing_is_sent_to_a_paused_target(desk: Desk) -> None:
    desk.run("targets", "pause", "desk")
    ran = desk.run("targets", "test", "desk")
    assert ran.code == 1
    assert "storywatch targets resume desk" in ran.err
    assert desk.read_now(list_deliveries) == []


async def test_what_answers_a_webhook_wrongly_is_told_without_its_address(desk: Desk) -> None:
    async with NewsServer.open() as server:
        server.script("/hook?key=hush", Reply(raw=b"220 mail.example.org ESMTP\r\n\r\n"))
        desk.write(more=targets_table(server.url("/hook?key=hush")))
        ran = await desk.beside("targets", "test", "hook")
    assert ran.code == 1
    assert "no proper HTTP" in ran.out
    assert "hush" not in ran.out + ran.err + json.dumps(listed(desk))
