"""Alerts, stories and digests for tests, and the cases in ``tests/cases/digest``.

A case is a folder: ``digest.toml`` is what is composed, the other files are what must come out. After a wanted change
of the templates, ``python tests/digests.py`` writes them anew; read the difference before you commit it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts import render
from alerts.digest import compose
from alerts.plans import OpenDue, Reason, Send
from alerts.types import (
    Alert,
    ChannelKind,
    Copy,
    Digest,
    Event,
    FeedTrouble,
    Field,
    How,
    Item,
    QuietHours,
    Rate,
    Span,
    Target,
)
from news.types import SourceTime

CASES = Path(__file__).resolve().parent / "cases" / "digest"
NIGHT = QuietHours(22 * 60, 6 * 60)
DESK = Target("desk", ChannelKind.EMAIL, ("desk@example.org",))
HOOK = Target("https://hooks.example.org/news", ChannelKind.WEBHOOK, ("https://hooks.example.org/news?key=k",), "s")
PUBLIC_URL = "https://watch.example.org"


def at(text: str) -> datetime:
    """``2022-01-05 07:00`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def alert(schedule: str = "immediately", **changes: Any) -> Alert:
    """An alert of one watchlist in Jakarta (UTC+7) unless ``changes`` say else."""
    values: dict[str, Any] = {
        "id": "kz/desk-morning/desk",
        "name": "desk-morning",
        "watchlists": ("kz",),
        "combined": False,
        "target": DESK,
        "schedule": schedule,
        "timezone": "Asia/Jakarta",
        "locale": "en",
    }
    return Alert(**(values | changes))


def due(number: int, created_at: str, *, story: int | None = None, urgent: bool = False, told: str = "") -> OpenDue:
    """An open due; the story has the due's number unless it is given."""
    return OpenDue(number, story or number, at(created_at), urgent, at(told) if told else None)


def rate(count: int, seconds: int = 3600) -> Rate:
    """At most so many messages an hour."""
    return Rate(count, seconds)


def item(number: int = 1, **changes: Any) -> Item:
    """A story that matched ``almaty`` in title and text."""
    title = "Airport of Almaty closed"
    text = "Flights were turned away. The airport of Almaty was closed on Wednesday evening. Nobody knows for how long."
    values: dict[str, Any] = {
        "event": Event.NEW,
        "story_id": number,
        "title": title,
        "url": f"https://steppe.example/{number}",
        "source": "Steppe Wire",
        "language": "en",
        "published": SourceTime("2022-01-05T20:15:00+06:00", at("2022-01-05 14:15"), at("2022-01-05 14:15")),
        "first_seen_at": at("2022-01-05 14:20"),
        "summary": text,
        "text": text,
        "spans": spans(title, text, ["almaty=Almaty"]),
        "watchlists": ("Kazakhstan unrest",),
        "copies": (),
    }
    return Item(**(values | changes))


def spans(title: str, text: str, matched: Sequence[str]) -> tuple[Span, ...]:
    """Spans of ``term=words`` or ``term=words=how`` wherever the words stand."""
    found: list[Span] = []
    for one in matched:
        term, words, how = (*one.split("="), "folded")[:3]
        for field, within in ((Field.TITLE, title), (Field.TEXT, text)):
            places = re.finditer(re.escape(words), within)
            found += [Span(field, place.start(), place.end(), term, How(how)) for place in places]
    return tuple(sorted(found))


def send(**changes: Any) -> Send:
    """A turn of a schedule on 6 January 2022, 07:00 in Jakarta."""
    values: dict[str, Any] = {
        "due_ids": (1,),
        "due_key": "2022-01-06T00:00:00+00:00",
        "window_from": at("2022-01-05 00:00"),
        "window_to": at("2022-01-06 00:00"),
        "remarks": (),
        "urgent": False,
        "reason": Reason.SCHEDULED,
    }
    return Send(**(values | changes))


def digest(items: Sequence[Item] = (), *, of: Alert | None = None, **changes: Any) -> Digest:
    """A digest of one watchlist; ``changes`` are of its Send."""
    used = of or alert("daily at 07:00")
    names = {"kz": "Kazakhstan unrest"}
    return compose(used, send(**changes), [("kz", one) for one in items], (), names)


def case(folder: Path) -> Digest:
    """Compose the digest of a case."""
    given = tomllib.loads((folder / "digest.toml").read_text(encoding="utf-8"))
    settings = given["alert"]
    names: dict[str, str] = given["watchlists"]
    used = alert(
        settings.pop("schedule"),
        **settings,
        watchlists=tuple(names),
        combined=len(names) > 1,
        at_most=rate(10) if "braked" in given.get("remarks", []) else None,
    )
    stories = given.get("stories", [])
    pairs = [(name, _story(number, one)) for number, one in enumerate(stories, start=1) for name in one["lists"]]
    troubles = [
        FeedTrouble(one["name"], one["url"], one["reason"], at(one["since"]) if "since" in one else None)
        for one in given.get("troubles", [])
    ]
    return compose(used, send(remarks=tuple(given.get("remarks", []))), pairs, troubles, names)


def _story(number: int, given: Mapping[str, Any]) -> Item:
    published = None
    if "published" in given:
        told = datetime.fromisoformat(given["published"])
        instant = told if told.tzinfo is not None else None
        published = SourceTime(given["published"], instant, instant or told.replace(tzinfo=UTC))
    return item(
        number,
        title=given["title"],
        url=given.get("url"),
        source=given["source"],
        language=given.get("language"),
        published=published,
        summary=given.get("summary", given["text"]),
        text=given["text"],
        spans=spans(given["title"], given["text"], given["matched"]),
        watchlists=(),
        copies=tuple(Copy(*one) for one in given.get("copies", [])),
        urgent=given.get("urgent", False),
        already_sent=given.get("already_sent", False),
        agency=given.get("agency"),
        event=Event(given.get("event", "new")),
        occasion=str(number) if "figures" in given else "",
        figures=given.get("figures"),
        thread_id=given.get("thread"),
    )


def outputs(made: Digest) -> dict[str, str]:
    """Everything that a case shows, by file name."""
    shown = {
        "subject.txt": render.subject(made) + "\n",
        "text.txt": render.text(made, public_url=PUBLIC_URL, recipient="desk@example.org"),
        "page.html": render.html(made, public_url=PUBLIC_URL, recipient="desk@example.org"),
    }
    bodies = render.webhook(made, recipient="https://hooks.example.org/news")
    for number, message in enumerate(bodies, start=1):
        shown[f"webhook-{number}.json"] = message.body.decode() + "\n"
    return shown


if __name__ == "__main__":
    for one in sorted(CASES.iterdir()):
        for name, text in outputs(case(one)).items():
            (one / name).write_text(text, encoding="utf-8")
