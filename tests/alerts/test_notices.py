"""What the operator is told: every trouble once, in one message to each, the same again after a crash."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

from alerts import notices
from alerts.compose import Voice
from alerts.types import ChannelKind, Target
from news.store.troubles import Trouble
from news.templating import environment

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OPS = Target("ops", ChannelKind.EMAIL, ("ops@example.org", "duty@example.org"))
HOOK = Target("https://hooks.example.org/ops", ChannelKind.WEBHOOK, ("https://hooks.example.org/ops?key=hush",))
VOICE = Voice(environment(None), "0.1.0", "Storywatch <watch@example.org>", None)


def trouble(subject: str, text: str = "it answers 404; check it", *, began: datetime = NOW) -> Trouble:
    return Trouble(subject, text, began, None, None)


FEED = trouble("feed:https://outlet.example/rss", "Outlet: it answers 404; check it")
DISK = trouble("disk", "only 3 MB are free where the database lies; make room")


def test_each_recipient_gets_one_mail_of_all_that_is_new() -> None:
    made = notices.compose([FEED, DISK], OPS, VOICE, now=NOW)
    assert [one.recipient for one in made] == ["ops@example.org", "duty@example.org"]
    for one in made:
        mail = message_from_bytes(one.body, policy=policy.default)
        assert mail["To"] == one.recipient
        assert mail["Subject"] == "Storywatch: 2 troubles"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert one.message_id in str(mail["Message-ID"])
        text = mail.get_content()
        assert "since 2026-03-02 08:00 UTC: Outlet: it answers 404; check it" in text
        assert "only 3 MB are free" in text
        assert "storywatch feeds health" in text


def test_a_single_trouble_is_named_in_the_subject() -> None:
    (mail, _) = notices.compose([FEED], OPS, VOICE, now=NOW)
    subject = message_from_bytes(mail.body, policy=policy.default)["Subject"]
    assert subject == "Storywatch: Outlet: it answers 404; check it"


def test_a_webhook_gets_a_payload_of_its_own_kind_without_secrets() -> None:
    (post,) = notices.compose([FEED], HOOK, VOICE, now=NOW)
    payload = json.loads(post.body)
    assert (payload["type"], payload["version"], payload["id"]) == ("notice", 1, post.message_id)
    assert payload["troubles"] == [
        {"subject": FEED.subject, "text": FEED.text, "since": "2026-03-02T08:00:00+00:00"},
    ]
    assert b"hush" not in post.body


def test_a_round_that_is_repeated_repeats_the_identity_and_another_trouble_has_another() -> None:
    def ids(*found: Trouble) -> list[tuple[str, str]]:
        later = NOW + timedelta(minutes=1)
        return [(one.message_id, one.due_key) for one in notices.compose(found, OPS, VOICE, now=later)]

    first = [(one.message_id, one.due_key) for one in notices.compose([FEED, DISK], OPS, VOICE, now=NOW)]
    assert ids(FEED, DISK) == ids(DISK, FEED) == first
    assert len({name for name, _ in first}) == 2
    again = trouble(FEED.subject, FEED.text, began=NOW + timedelta(days=1))
    assert ids(again, DISK) != first
    # The text changes while a trouble lasts; it is the same trouble.
    assert ids(trouble(FEED.subject, "it answers 500"), DISK) == first


def test_what_a_site_says_does_not_reach_the_headers_or_hide_in_the_text() -> None:
    evil = trouble("feed:https://outlet.example/rss\r\nBcc: x@example.org", "=?UTF-8?Q?=0A?=Bcc: y@example.org\x1b[2J")
    (mail, _) = notices.compose([evil], OPS, VOICE, now=NOW)
    parsed = message_from_bytes(mail.body, policy=policy.default)
    assert parsed["Bcc"] is None
    assert parsed["To"] == "ops@example.org"
    assert "\x1b" not in parsed.get_content()


def test_many_troubles_are_counted() -> None:
    many = [trouble(f"feed:https://outlet.example/{number}") for number in range(70)]
    (mail, _) = notices.compose(many, OPS, VOICE, now=NOW)
    text = message_from_bytes(mail.body, policy=policy.default).get_content()
    assert text.count("- since") == 50
    assert "- and 20 more" in text
