"""A digest as a mail: its headers, its parts, its bytes."""

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest
from digests import PUBLIC_URL, alert, at, digest, item, spans

from alerts import render
from alerts.digest import trial
from alerts.layout import LARGEST_HTML
from alerts.render_email import list_id
from alerts.types import ChannelKind, Digest, Item, Message

SENDER = "Storywatch <watch@example.org>"
DESK = "desk@example.org"


def mail(made: Digest, **more: Any) -> Message:
    """The one mail of a digest."""
    (message,) = render.email(made, **({"sender": SENDER, "recipient": DESK, "version": "1.2.3"} | more))
    return message


def parsed(message: Message) -> EmailMessage:
    """The mail as a reader's program sees it."""
    found = email.message_from_bytes(message.body, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(message: Message, kind: str) -> str:
    """The text of the part of a content type."""
    (one,) = [one for one in parsed(message).walk() if one.get_content_type() == kind]
    content = one.get_content()
    assert isinstance(content, str)
    return content


def many(count: int, **changes: Any) -> list[Item]:
    """Stories with titles of their own."""
    return [
        item(number, title=f"Airport of Almaty closed, report {number}", **changes) for number in range(1, count + 1)
    ]


def test_headers_are_those_of_the_contract() -> None:
    message = mail(digest([item()]), public_url=PUBLIC_URL + "/")
    headers = {name: str(value) for name, value in parsed(message).items()}
    assert headers["From"] == SENDER
    assert headers["To"] == DESK
    assert headers["Subject"] == "Kazakhstan unrest: Airport of Almaty closed"
    assert headers["Date"] == "Thu, 06 Jan 2022 00:00:00 +0000"
    assert headers["Message-ID"] == f"<{message.message_id}>"
    assert message.message_id.endswith("@example.org")
    assert headers["List-Id"] == "<kz.desk-morning.desk.example.org>"
    assert re.fullmatch(r"<https://watch\.example\.org/unsubscribe/[0-9a-f]{32}>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert headers["X-Mailer"] == "storywatch/1.2.3"
    assert (message.channel, message.recipient, message.part) == (ChannelKind.EMAIL, DESK, 1)


def test_there_is_no_unsubscribing_without_a_public_address() -> None:
    message = mail(digest([item()]))
    assert parsed(message)["List-Unsubscribe"] is None
    assert parsed(message)["List-Unsubscribe-Post"] is None
    assert "unsubscribe" not in message.body.decode()


def test_the_parts_are_text_then_html() -> None:
    body = parsed(mail(digest([item()])))
    assert body.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in body.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert mail(digest(many(3))) == mail(digest(many(3)))


@pytest.mark.parametrize(
    "other",
    [
        {"of": alert("daily at 07:00", id="kz/other/desk")},
        {"due_key": "2022-01-07T00:00:00+00:00"},
    ],
)
def test_alert_and_due_time_make_another_message(other: dict[str, Any]) -> None:
    assert mail(digest([item()])).message_id != mail(digest([item()], **other)).message_id


def test_recipients_get_messages_of_their_own() -> None:
    made = digest([item()])
    one, other = (mail(made, recipient=recipient) for recipient in (DESK, "duty@example.org"))
    assert one.message_id != other.message_id
    assert parsed(other)["To"] == "duty@example.org"


def test_a_late_render_keeps_the_identity() -> None:
    later = digest([item(), item(2)], window_to=at("2022-01-06 09:00"))
    assert mail(later).message_id == mail(digest([item()])).message_id


def test_a_long_public_address_stays_an_address() -> None:
    base = "https://watch.a-rather-long-name-of-a-house.example.org/storywatch/for/the/desk"
    message = mail(digest([item()]), public_url=base)
    (line,) = [one for one in message.body.decode().split("\r\n") if one.startswith("List-Unsubscribe:")]
    assert line.startswith(f"List-Unsubscribe: <{base}/unsubscribe/")
    assert line.endswith(">")


def test_every_line_of_a_mail_is_short_enough_for_smtp() -> None:
    message = mail(digest(many(20, text="слово " * 3000, summary="слово " * 3000)))
    lines = message.body.split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert b"\n" not in message.body.replace(b"\r\n", b"")
    assert message.body.isascii()


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "Reuters, via Steppe Wire"),
        ("de", "Reuters, via Steppe Wire"),
        ("id", "Reuters, melalui Steppe Wire"),
        ("ru", "Reuters, в издании «Steppe Wire»"),
        ("kk", "Reuters, Steppe Wire арқылы"),
    ],
)
def test_a_credited_agency_stands_before_the_outlet(locale: str, told: str) -> None:
    made = digest([item(agency="Reuters")], of=alert("daily at 07:00", locale=locale))
    assert f"   {told} · " in render.text(made)
    assert f">{told}</b> · " in render.html(made)


@pytest.mark.parametrize(
    ("source", "agency", "told"),
    [("ANTARA News", "Antara", "ANTARA News"), ("Kapital", "AP", "AP, via Kapital"), ("AP News", "AP", "AP News")],
)
def test_an_agency_that_tells_by_itself_stands_once(source: str, agency: str, told: str) -> None:
    assert f"   {told} · " in render.text(digest([item(agency=agency, source=source)]))


def test_stories_beyond_the_cap_are_counted() -> None:
    made = digest(many(7), of=alert("daily at 07:00", max_items=5))
    message = mail(made)
    for kind in ("text/plain", "text/html"):
        assert "and 2 more" in part(message, kind)
        assert "7 stories" in part(message, kind)
    assert len(re.findall(r"^\d+\. ", part(message, "text/plain"), re.MULTILINE)) == 5


def test_html_stays_under_its_limit_and_the_text_is_complete() -> None:
    cyrillic = "В Алматы введено чрезвычайное положение, сообщили власти города и области. " * 8
    made = digest(many(400, text=cyrillic, summary=cyrillic), of=alert("daily at 07:00", max_items=400))
    message = mail(made)
    page, text = part(message, "text/html"), part(message, "text/plain")
    assert len(page.encode()) < LARGEST_HTML
    shown = page.count("<h3")
    assert shown > 30
    assert f"and {400 - shown} more" in page
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == 400


def test_fifty_ordinary_stories_fit_with_their_sentences() -> None:
    title = "В Алматы введено чрезвычайное положение: что известно к утру четверга"
    text = (
        "В Алматы ночью было слышно стрельбу, а к утру на площади у здания администрации стояли военные грузовики. " * 4
    )
    terms = ["алматы=Алматы", "чрезвычайное=чрезвычайное", "стрельба=стрельбу=stem", "площадь=площади=stem"]
    terms += ["здание=здания=stem", "военные=военные", "грузовик=грузовики=stem", "четверг=четверга=stem"]
    found = spans(title, text, terms)
    many = [item(number, title=title, text=text, summary=text, spans=found) for number in range(50)]
    page = part(mail(digest(many)), "text/html")
    assert page.count("<h3") == 50
    assert page.count("Matched: алматы (title, text) · чрезвычайное (title) · ") == 50
    assert "more</p>" not in page


@pytest.mark.parametrize(
    "title",
    [
        "=?UTF-8?Q?=0A?=Bcc: x@y",
        "Two\r\nBcc: x@y",
        "Line\u2028Bcc: x@y\u2029\x85\x0b\x0c\x1c\x1d\x1e",
        "=?utf-8?b?DQpCY2M6IHhAeQ==?=",
        "=?UTF-8?Q?=?UTF-8?Q?=0A?=Bcc: x@y?=",
        "==??utf-8?q?=0ABcc:_x@y?==",
        "lone \ud800 surrogate",
        "x" * 5000,
        "я" * 5000,
        " ",
        "",
    ],
)
def test_no_title_makes_a_header(title: str) -> None:
    message = mail(digest([item(title=title, spans=())]))
    headers = [line for line in message.body.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] not in b" \t"]
    assert [line.partition(b":")[0].decode() for line in headers] == [
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Mailer",
        "Subject",
        "List-Id",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
    ]
    subject = parsed(message)["Subject"]
    assert subject.startswith("Kazakhstan unrest:")
    assert "=?" not in subject


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        ("Watch\r\nBcc: x@y <watch@example.org>", DESK),
        (SENDER, "=?utf-8?q?=0ABcc:_x?= <desk@example.org>"),
        ("=?utf-8?q?=0ABcc:_x?= <watch@example.org>", DESK),
    ],
)
def test_no_address_makes_a_header(sender: str, recipient: str) -> None:
    message = mail(digest([item()]), sender=sender, recipient=recipient)
    assert parsed(message)["Bcc"] is None
    assert len(parsed(message)["To"].addresses) == 1


@pytest.mark.parametrize(
    "wrong", ["", "desk", "@example.org", "desk@", "a@b@", "desk <>", "desk@example.org\r\nBcc: x@y.example"]
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no mail address"):
        mail(digest([item()]), recipient=wrong)


def test_names_and_domains_of_every_script() -> None:
    message = mail(digest([item()]), sender="Стори, «вотч» <watch@bücher.example>")
    sender = parsed(message)["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Стори, «вотч»", "watch@xn--bcher-kva.example")


def test_list_ids_tell_alerts_apart() -> None:
    ids = ["kz/desk/desk", "каз/desk/desk", "каз/утро/desk", "КАЗ/УТРО/desk", "a b/c/d", "a-b/c/d", "x" * 300 + "/a/b"]
    found = [list_id(alert(id=one), "example.org") for one in ids]
    assert len(set(found)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", one) and len(one) <= 255 for one in found)


def test_urgent_stands_in_the_subject_unless_it_was_sent() -> None:
    assert render.subject(digest([item(urgent=True)])) == "URGENT – Kazakhstan unrest: Airport of Almaty closed"
    told = digest([item(urgent=True, already_sent=True)])
    assert render.subject(told) == "Kazakhstan unrest: Airport of Almaty closed"
    assert "already sent" in render.text(told)


def test_a_test_message_says_so() -> None:
    made = trial(alert(locale="id"), {"kz": "Kazakhstan"}, now=at("2022-01-06 00:00"))
    message = mail(made)
    assert parsed(message)["Subject"] == "[Uji coba] storywatch: desk"
    text = part(message, "text/plain")
    assert "Ini pesan uji coba." in text
    assert "Dikirim atas permintaan, untuk mencoba tujuan “desk”." in text
    assert "Jadwal" not in text


def test_nothing_new_is_one_line_with_the_health_of_the_feeds() -> None:
    text = render.text(digest([], of=alert("daily at 07:00", send_empty=True)))
    assert "Nothing new. All feeds are well." in text


def test_a_notice_is_plain_and_repeats_itself() -> None:
    def notice() -> Message:
        return render.notice(
            subject="Feed in trouble\r\nBcc: x@y",
            text="It answers 503.\x00",
            sender=SENDER,
            recipient=DESK,
            alert_id="operator",
            due_key="feed:https://a.example/",
            at=at("2022-01-06 00:00"),
        )

    assert notice() == notice()
    found = parsed(notice())
    assert found["Subject"] == "Feed in trouble Bcc: x@y"
    assert found.get_content() == "It answers 503.\r\n" or found.get_content() == "It answers 503.\n"
    assert found["Bcc"] is None
