"""``storywatch doctor``: each part looked at for real, one line each, with what to do."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes_http import HttpSink
from fakes_smtp import SmtpSink
from frontdoor import BRIDGES, Desk
from outboxes import mail

from alerts.store import outbox, targets
from alerts.types import Outcome, Receipt
from news.clock import SystemClock
from news.store.engine import Store
from news.store.feeds import list_feeds
from news.types import FeedState

HERALD = "https://herald.example/rss"
POST = "https://post.example/rss"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A store with two feeds, polled a moment ago."""
    made = Desk(tmp_path)
    made.write(feeds=[HERALD, POST])
    for url in (HERALD, POST):
        made.change_feed(url, last_polled_at=datetime.now(UTC))
    return made


async def findings(desk: Desk, *, smtp: SmtpSink, hook: str = "", service: str = "") -> dict[str, tuple[str, str]]:
    """Return health and text by part, of everything but a disk that may really be full here."""
    alert = (
        f'[[watchlists.alerts]]\nchannel = "webhook"\nurl = "{hook}"\nsecret = "hush"\nschedule = "hourly"\n'
        if hook
        else ""
    )
    desk.write(feeds=[HERALD, POST], watchlists=BRIDGES + alert, smtp=smtp.port, service=service)
    ran = await desk.beside("doctor", "--json")
    found = {one["part"]: (one["health"], one["text"]) for one in json.loads(ran.out)}
    assert ran.code == int(any(health == "failed" for health, _ in found.values()))
    return found


async def test_everything_that_is_well_is_a_line_that_says_ok(desk: Desk) -> None:
    async with SmtpSink() as smtp, HttpSink() as hook:
        with Store.open(f"sqlite:///{desk.folder}/storywatch.db", SystemClock()) as service:
            service.hold_service()
            found = await findings(desk, smtp=smtp, hook=f"{hook.url}?key=hush")
        assert {health for part, (health, _) in found.items() if part != "disk"} == {"ok"}
        assert list(found) == [
            "configuration",
            "store",
            "service",
            "clock",
            "feeds",
            "target desk@example.org",
            f"target {hook.url}",
            "outbox",
            "threads",
            "disk",
            "smtp",
        ]
        assert hook.received == []
        assert (smtp.connections, smtp.received) == (1, [])
        ran = await desk.beside("doctor")
    assert "ok      smtp: 127.0.0.1:" in ran.out
    assert "hush" not in ran.out + str(found)


async def test_what_is_not_well_says_what_to_do(desk: Desk) -> None:
    now = SystemClock().now()
    desk.change_feed(POST, state=FeedState.FAILING)

    def broken(conn: object) -> None:
        targets.note_error(conn, "desk@example.org", "550 no such mailbox")  # type: ignore[arg-type]  # a connection
        id_ = outbox.add_message(conn, mail(1), "desk@example.org", "Bridges", now)  # type: ignore[arg-type]  # the same
        (claim,) = outbox.claim(conn, "test", now, timedelta(minutes=1), 1)  # type: ignore[arg-type]  # the same
        assert claim.id == id_
        refused = Receipt(Outcome.REFUSED, "550 no such mailbox")
        outbox.record(conn, claim.id, claim.token, refused, now=now, next_attempt_at=None)  # type: ignore[arg-type]  # the same

    desk.write_now(broken)
    async with SmtpSink() as smtp, HttpSink() as hook:
        gone = hook.url
    found = await findings(desk, smtp=smtp, hook=gone, service='public_url = "https://watch.example.org"')
    assert found["configuration"][0] == "warning"
    assert found["service"] == ("warning", "does not run; `storywatch run`")
    assert found["feeds"] == ("warning", "1 of 2 are not well; `storywatch feeds health` tells why")
    assert found["target desk@example.org"][0] == "failed"
    assert "storywatch targets test desk@example.org" in found["target desk@example.org"][1]
    assert found[f"target {gone}"][0] == "failed"
    assert "no connection to 127.0.0.1" in found[f"target {gone}"][1]
    assert found["outbox"] == ("failed", "failed for good: 1; `storywatch outbox list` tells why")
    assert found["smtp"][0] == "failed"


async def test_a_refused_login_is_told_without_the_password(desk: Desk) -> None:
    async with SmtpSink(login=("watch", "right")) as smtp:
        desk.write(feeds=[HERALD], smtp=smtp.port)
        login = '[smtp]\nusername = "watch"\npassword_file = "smtp.password"\n'
        desk.file.write_text(desk.file.read_text("utf-8").replace("[smtp]\n", login), "utf-8")
        secret = desk.folder / "smtp.password"
        secret.write_text("hush-hush", "utf-8")
        secret.chmod(0o644)
        ran = await desk.beside("doctor")
    assert ran.code == 1
    assert "failed  smtp: " in ran.out
    assert "check [smtp] username and password" in ran.out
    assert "every user of this machine can read it; chmod 600 smtp.password" in ran.out
    assert "hush" not in ran.out + ran.err


async def test_a_clock_that_was_set_back_is_seen(desk: Desk) -> None:
    desk.change_feed(HERALD, last_polled_at=datetime.now(UTC) + timedelta(hours=1))
    async with SmtpSink() as smtp:
        found = await findings(desk, smtp=smtp)
    assert found["clock"][0] == "failed"
    assert "NTP" in found["clock"][1]


async def test_a_guarded_webhook_is_told(desk: Desk) -> None:
    async with SmtpSink() as smtp:
        found = await findings(desk, smtp=smtp, hook="http://10.0.0.1/hook")
    assert found["target http://10.0.0.1/hook"][0] == "failed"
    assert "private" in found["target http://10.0.0.1/hook"][1]


async def test_a_doctor_changes_nothing_and_makes_no_database(desk: Desk, tmp_path: Path) -> None:
    async with SmtpSink() as smtp:
        desk.write(feeds=[HERALD], smtp=smtp.port)
        await desk.beside("doctor")
        assert [row.active for row in desk.read_now(list_feeds)] == [True, True]
        desk.database = "sqlite:///other.db"
        desk.write(feeds=[HERALD], smtp=smtp.port)
        ran = await desk.beside("doctor")
    assert "not there yet" in ran.out
    assert not (tmp_path / "other.db").exists()


async def test_feeds_that_are_all_ill_are_a_failure(desk: Desk) -> None:
    for url in (HERALD, POST):
        desk.change_feed(url, state=FeedState.FAILING)
    async with SmtpSink() as smtp:
        assert (await findings(desk, smtp=smtp))["feeds"][0] == "failed"


async def test_a_database_that_does_not_answer_is_one_line(desk: Desk) -> None:
    desk.database = "postgresql+psycopg://watch:hush@127.0.0.1:1/storywatch"
    async with SmtpSink() as smtp:
        found = await findings(desk, smtp=smtp)
    assert found["store"][0] == "failed"
    assert "reachable" in found["store"][1]
    assert "smtp" in found
    assert "hush" not in str(found)


def test_on_postgresql_the_clocks_are_compared(postgres_url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.database = postgres_url
    desk.write(feeds=[HERALD], watchlists="", smtp=None)
    ran = desk.run("doctor")
    assert ran.code == 0
    assert "ok      clock: " in ran.out
    assert "warning service: no feed was polled ever" in ran.out
