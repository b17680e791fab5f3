"""A spike in words and bars: what was counted, what is usual, over which past, and its newest stories. Pure.

::

    Item(event spike, figures) ──spike──▶ Spike ──templates──▶ sentences, a picture of the counts, links

The picture is made of what every mail can show: characters in the text, cells of a table in HTML. Nothing is loaded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.numbers import format_decimal

from alerts.cleaning import shown
from alerts.snippets import shortened
from alerts.types import Event, Item
from alerts.wording import Wording
from news.spikes import Figures

#: eighths of a line, the lowest for none
_BARS = "▁▂▃▄▅▆▇█"
#: pixels of the tallest bar
_TALL = 44
_MOST_BARS = 31
_MOST_STORIES = 5
_LONGEST_TITLE = 200
_LONGEST_NAME = 100
_HOURS_OF_DAY = 24
_LINK = re.compile(r"https?://\S{1,2000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """A story of a spike."""

    title: str
    url: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the picture."""

    count: int
    #: in pixels, at least one
    height: int
    #: it is of the time that the spike was counted in
    now: bool


@dataclass(frozen=True, slots=True)
class Spike:
    """A spike as it is shown."""

    #: "14 stories in an hour"
    counted: str
    #: when that was, in the reader's zone; empty where it is not known
    time: str
    #: what is usual, and over which past
    usual: tuple[str, ...]
    #: a line of characters, and the same as bars; both empty where nothing is known
    line: str
    bars: tuple[Bar, ...]
    #: what the bars are
    caption: str
    stories: tuple[Told, ...]


def spike(item: Item, wording: Wording) -> Spike | None:
    """Return what is shown of a spike; None for what is none."""
    if item.event is not Event.SPIKE or item.figures is None:
        return None
    figures = Figures.unpack(item.figures)
    bars = _bars(figures)
    return Spike(
        counted=counted(item.figures, wording),
        time=_time(item.figures, wording),
        usual=tuple(_usual(figures, wording)),
        line="".join(_BARS[min(7, -(-bar.count * 7 // max(1, _most(bars))))] for bar in bars),
        bars=bars,
        caption=_caption(figures, wording, len(bars)) if bars else "",
        stories=tuple(_stories(item.figures)),
    )


def counted(stored: Mapping[str, Any] | None, wording: Wording) -> str:
    """Return what was counted, as subjects say it."""
    figures = Figures.unpack(stored or {})
    if figures.hours == 1:
        return wording.count("%(count)s story in an hour", "%(count)s stories in an hour", figures.count)
    return wording.count(
        "%(count)s story in %(hours)s hours", "%(count)s stories in %(hours)s hours", figures.count, hours=figures.hours
    )


def _time(figures: Mapping[str, Any], wording: Wording) -> str:
    given = figures.get("counted_at")
    return wording.time(datetime.fromisoformat(given)) if isinstance(given, str) else ""


def _usual(figures: Figures, wording: Wording) -> list[str]:
    number = format_decimal(round(figures.usual, 1), locale=wording.locale)
    values: dict[str, object] = {"usual": number, "most": figures.most, "days": figures.days}
    if figures.events is not None:
        first = wording.say(
            "All of them are about one event. Of %(events)s other events in %(days)s days, nine in ten had at most "
            "%(usual)s in that time, and none had more than %(most)s.",
            events=figures.events,
            **values,
        )
    elif figures.hours >= _HOURS_OF_DAY:
        first = wording.say(
            "Usual in that time: %(usual)s, and at most %(most)s (compared with %(days)s days).", **values
        )
    else:
        first = wording.say(
            "Usual at this time of day: %(usual)s, and at most %(most)s (compared with %(days)s days).", **values
        )
    said = [first]
    if figures.left_out and figures.events is None:
        said.append(
            wording.count(
                "%(count)s day with a spike of its own is left out.",
                "%(count)s days with spikes of their own are left out.",
                figures.left_out,
            )
        )
    if figures.told is not None:
        said.append(wording.say("It has grown on: %(count)s when it was last told.", count=figures.told))
    return said


def _bars(figures: Figures) -> tuple[Bar, ...]:
    counts = [max(0, int(count)) for count in figures.bars[-_MOST_BARS:]]
    most = max([1, *counts])
    first = len(counts) - max(1, figures.hours // max(1, figures.bar_hours))
    return tuple(Bar(count, max(1, round(_TALL * count / most)), place >= first) for place, count in enumerate(counts))


def _most(bars: Sequence[Bar]) -> int:
    return max((bar.count for bar in bars), default=0)


def _caption(figures: Figures, wording: Wording, number: int) -> str:
    if figures.bar_hours >= _HOURS_OF_DAY:
        return wording.say("stories a day, the last %(count)s days", count=number)
    return wording.say("stories an hour, the last %(count)s hours", count=number)


def _stories(figures: Mapping[str, Any]) -> list[Told]:
    return [
        Told(
            shortened(shown(str(one["title"])), _LONGEST_TITLE),
            one["url"] if _LINK.fullmatch(one.get("url") or "") else None,
            shortened(shown(str(one["source"])), _LONGEST_NAME),
        )
        for one in figures.get("stories", ())[:_MOST_STORIES]
    ]
