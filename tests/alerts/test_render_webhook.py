"""A digest as the JSON of a webhook."""

import json
from typing import Any

from digests import HOOK, alert, digest, item

from alerts import render
from alerts.digest import compose, trial
from alerts.plans import Reason, Send
from alerts.types import ChannelKind, Copy, Digest, Message

HOOKED = alert("daily at 07:00", target=HOOK)


def bodies(made: Digest) -> list[dict[str, Any]]:
    """The parsed parts."""
    return [json.loads(message.body) for message in render.webhook(made, version="1.2.3")]


def test_a_payload_is_that_of_the_contract() -> None:
    made = digest([item(1, copies=(Copy("Northern Ledger", None),))], of=HOOKED)
    (message,) = render.webhook(made)
    body = json.loads(message.body)
    story = body.pop("items")[0]
    assert body == {
        "type": "digest",
        "version": 1,
        "test": False,
        "id": message.message_id,
        "part": 1,
        "parts": 1,
        "alert": "desk-morning",
        "watchlist": "Kazakhstan unrest",
        "window": {"from": "2022-01-05T00:00:00+00:00", "to": "2022-01-06T00:00:00+00:00"},
        "total": 1,
        "remarks": [],
    }
    matched = story.pop("matched")
    assert story == {
        "event": "new",
        "story": "1",
        "title": "Airport of Almaty closed",
        "url": "https://steppe.example/1",
        "source": "Steppe Wire",
        "language": "en",
        "watchlists": ["Kazakhstan unrest"],
        "published": "2022-01-05T20:15:00+06:00",
        "first_seen": "2022-01-05T14:20:00+00:00",
        "summary": "Flights were turned away. The airport of Almaty was closed on Wednesday evening. "
        "Nobody knows for how long.",
        "copies": [{"source": "Northern Ledger", "url": None}],
        "agency": None,
        "thread": None,
        "urgent": False,
        "already_sent": False,
    }
    assert matched == [
        {
            "field": "title",
            "start": 11,
            "end": 17,
            "term": "almaty",
            "how": "folded",
            "snippet": "Airport of Almaty closed",
        },
        {
            "field": "text",
            "start": 41,
            "end": 47,
            "term": "almaty",
            "how": "folded",
            "snippet": "The airport of Almaty was closed on Wednesday evening.",
        },
    ]
    assert (message.channel, message.recipient) == (ChannelKind.WEBHOOK, HOOK.name)


def test_unknown_is_null() -> None:
    body = bodies(digest([item(1, url=None, language=None, published=None)], of=HOOKED))[0]["items"][0]
    assert (body["url"], body["language"], body["published"]) == (None, None, None)


def test_the_bytes_are_stable_and_utf_8() -> None:
    made = digest([item(1, title="Алматы 😀", spans=())], of=HOOKED)
    assert render.webhook(made) == render.webhook(made)
    assert "Алматы 😀".encode() in render.webhook(made)[0].body


def test_a_lone_surrogate_keeps_the_offsets() -> None:
    body = bodies(digest([item(1, title="\ud800 Almaty", spans=())], of=HOOKED))[0]
    assert body["items"][0]["title"] == "\ufffd Almaty"


def test_all_stories_go_in_parts_with_identities_of_their_own() -> None:
    made = digest([item(number) for number in range(1, 251)], of=HOOKED)
    parts = bodies(made)
    assert [len(one["items"]) for one in parts] == [100, 100, 50]
    assert [(one["part"], one["parts"], one["total"]) for one in parts] == [(1, 3, 250), (2, 3, 250), (3, 3, 250)]
    assert len({one["id"] for one in parts}) == 3
    assert [one["story"] for part in parts for one in part["items"]] == [str(one.story_id) for one in made.items]


def test_parts_stay_under_their_size_whatever_max_items_says() -> None:
    of = alert("daily at 07:00", target=HOOK, max_items=5)
    made = digest([item(number, summary="слово " * 2000) for number in range(1, 91)], of=of)
    messages: list[Message] = render.webhook(made)
    assert len(messages) > 1
    assert all(len(message.body) <= 256 * 1024 for message in messages)
    assert sum(len(json.loads(message.body)["items"]) for message in messages) == 90


def test_a_digest_of_several_watchlists_names_none() -> None:
    of = alert("daily at 07:00", target=HOOK, watchlists=("kz", "energy"), combined=True)
    window = digest([]).window_to
    made = compose(
        of,
        Send((1,), "x", window, window, (), urgent=False, reason=Reason.SCHEDULED),
        [("kz", item(1))],
        (),
        {"kz": "K", "energy": "E"},
    )
    assert bodies(made)[0]["watchlist"] is None


def test_an_empty_digest_and_a_test_have_one_part_without_items() -> None:
    (empty,) = bodies(digest([], of=HOOKED))
    assert (empty["items"], empty["total"], empty["watchlist"]) == ([], 0, "Kazakhstan unrest")
    (tested,) = bodies(trial(HOOKED, {"kz": "Kazakhstan unrest"}, now=digest([]).window_to))
    assert (tested["test"], tested["items"], tested["type"]) == (True, [], "digest")


def test_remarks_and_marks_are_told() -> None:
    made = digest([item(1, urgent=True, already_sent=True)], of=HOOKED, remarks=("late",))
    (body,) = bodies(made)
    assert body["remarks"] == ["late"]
    assert (body["items"][0]["urgent"], body["items"][0]["already_sent"]) == (True, True)
