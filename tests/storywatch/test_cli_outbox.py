"""``storywatch outbox``: what waits and what failed, in the other side's words; trying again, giving up."""

from datetime import timedelta
from pathlib import Path

import pytest
from frontdoor import BRIDGES, Desk
from outboxes import mail, post

from alerts.store import outbox
from alerts.store.deliveries import attempts_of
from alerts.types import Cause, Message, Outcome, Receipt
from news.clock import SystemClock

ROW = {"id", "alert", "watchlist", "channel", "target", "state", "attempts", "reason", "next_attempt_at"}
NO_MAILBOX = Receipt(Outcome.REFUSED, "550 5.1.1 no such mailbox")
LATER = Receipt(Outcome.RETRY_LATER, "421 4.3.2 not now", cause=Cause.TARGET)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A watchlist that is told by mail and by webhook."""
    made = Desk(tmp_path)
    hook = '[[watchlists.alerts]]\nchannel = "webhook"\nurl = "https://hooks.example.org/news?key=hush"\n'
    made.write(watchlists=BRIDGES + hook + 'schedule = "immediately"\n')
    return made


def put(desk: Desk, message: Message, *receipts: Receipt, target: str = "desk@example.org") -> int:
    """Put a message in the outbox, and let attempts come to these receipts; return the delivery's id."""
    now = SystemClock().now()
    id_ = desk.write_now(lambda conn: outbox.add_message(conn, message, target, "Bridges", now))
    assert id_ is not None
    for receipt in receipts:
        (claim,) = desk.write_now(lambda conn: outbox.claim(conn, "test", now, timedelta(minutes=1), 1))
        later = now if receipt is LATER else None
        desk.write_now(
            lambda conn, claim=claim, receipt=receipt, later=later: outbox.record(  # type: ignore[misc]  # bound now
                conn, claim.id, claim.token, receipt, now=now, next_attempt_at=later
            )
        )
    return id_


def rows(desk: Desk) -> dict[int, dict[str, object]]:
    return {row["id"]: row for row in desk.rows("outbox", "list")}


def test_a_row_has_the_keys_of_the_contract_and_the_other_sides_words(desk: Desk) -> None:
    failed = put(desk, mail(1), NO_MAILBOX)
    retrying = put(desk, mail(2), LATER, LATER)
    waiting = put(desk, mail(3))
    found = rows(desk)
    assert all(set(row) >= ROW for row in found.values())
    assert [found[one]["state"] for one in (failed, retrying, waiting)] == ["failed", "retrying", "waiting"]
    assert [found[one]["attempts"] for one in (failed, retrying, waiting)] == [1, 2, 0]
    assert found[failed]["reason"] == "550 5.1.1 no such mailbox"
    assert (found[failed]["next_attempt_at"], found[waiting]["next_attempt_at"] is None) == (None, False)
    assert (found[failed]["channel"], found[failed]["target"]) == ("email", "desk@example.org")
    assert (found[failed]["recipient"], found[failed]["watchlist"]) == ("desk@example.org", "Bridges")


def test_an_alert_is_shown_by_its_name(desk: Desk) -> None:
    config = desk.config()
    message = mail(1)
    put(
        desk,
        Message(**{name: getattr(message, name) for name in message.__slots__} | {"alert_id": config.alerts[0].id}),
    )
    assert [row["alert"] for row in rows(desk).values()] == ["now"]


def test_the_table_has_what_waits_or_failed_and_the_array_what_was_sent_too(desk: Desk) -> None:
    sent = put(desk, mail(1), Receipt(Outcome.SENT, "250 OK"))
    assert desk.run("outbox", "list").out == "the outbox is empty\n"
    assert desk.run("outbox", "list").code == 0
    assert rows(desk)[sent]["state"] == "sent"
    assert "250 OK" in desk.run("outbox", "list", "--all").out
    put(desk, mail(2), NO_MAILBOX)
    ran = desk.run("outbox", "list")
    assert ran.code == 1
    assert "550 5.1.1 no such mailbox" in ran.out
    assert "250 OK" not in ran.out


def test_a_webhook_is_listed_without_its_secrets(desk: Desk) -> None:
    put(desk, post(1), target="https://hooks.example.org/news")
    (row,) = rows(desk).values()
    assert (row["target"], row["recipient"]) == ("https://hooks.example.org/news", "https://hooks.example.org/news")
    assert "secret" not in str(row) + desk.run("outbox", "list").out


def test_a_failed_delivery_is_tried_again(desk: Desk) -> None:
    failed = put(desk, mail(1), NO_MAILBOX)
    assert desk.run("outbox", "retry", str(failed)).code == 0
    row = rows(desk)[failed]
    assert (row["state"], row["attempts"], row["next_attempt_at"] is None) == ("waiting", 0, False)


def test_a_delivery_is_given_up(desk: Desk) -> None:
    waiting = put(desk, mail(1))
    assert desk.run("outbox", "discard", str(waiting)).code == 0
    assert rows(desk) == {}
    assert desk.read_now(lambda conn: attempts_of(conn, waiting)) == []
    now = SystemClock().now()
    assert desk.write_now(lambda conn: outbox.add_message(conn, mail(1), "desk@example.org", "Bridges", now)) is None


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_what_cannot_be_done_exits_1_and_says_why(desk: Desk, verb: str) -> None:
    sent = put(desk, mail(1), Receipt(Outcome.SENT, "250 OK"))
    assert "was sent" in desk.run("outbox", verb, str(sent)).err
    ran = desk.run("outbox", verb, "99")
    assert ran.code == 1
    assert "there is no delivery 99" in ran.err
    assert desk.run("outbox", verb, "one").code == 2
    assert desk.run("outbox", verb, "9" * 30).code == 2
