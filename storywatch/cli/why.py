"""``storywatch why``: from poll to delivery, with the step or the part of the query where the way ended."""

import textwrap
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from storywatch.cli.common import JsonOption, answer, answer_json, console, load_config, unwell, wrong
from storywatch.cli.listing import clean, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.types import Watchlist
    from storywatch.config import Config
    from storywatch.why.steps import Answer, ListFate, Matched, Told

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="The address of an article, or of a feed.")]
WatchlistOption = Annotated[
    str | None, typer.Option("--watchlist", metavar="NAME", help="Only this one, by id or name.")
]

#: code points of a part of a query that are shown to people
_LONGEST_PART = 160
#: sentences of a match that are shown
_MOST_SENTENCES = 4
#: where details begin
_INDENT = 19

_HEADINGS = {
    "waiting": "not matched yet",
    "outside": "not looked at",
    "not_matched": "not matched",
    "not_evaluated": "not matched",
    "silent": "matched, and taken in silently",
    "untold": "matched, and not told",
    "due": "matched, to be told",
    "sending": "matched, on its way",
    "told": "told",
    "failed": "matched, and not delivered",
}
#: what marks the line of a fate, or of an alert's state
_MARKS = {
    "waiting": "waits",
    "due": "ok",
    "sending": "ok",
    "told": "ok",
    "failed": "ok",
    "silent": "ended",
    "untold": "ended",
}
_ALERT_MARKS = {
    "none": "note",
    "waiting": "waits",
    "sending": "waits",
    "sent": "ok",
    "failed": "ended",
    "expired": "ended",
}


def why(
    ctx: typer.Context,
    url: UrlArgument,
    watchlist: WatchlistOption = None,
    json: JsonOption = False,  # noqa: FBT002 - an option
) -> None:
    """Tell why you did, or did not, get a story; exit 1 for an address that was never seen."""
    from news import urls
    from news.clock import SystemClock
    from storywatch import why as way
    from storywatch.cli.progress import progress
    from storywatch.opening import open_store

    config = load_config(ctx)
    lists = _lists(config, watchlist)
    if not urls.host_of(url):
        wrong(f"{clean(url)}: accepted is the http or https address of an article or a feed")
    clock = SystemClock()
    with open_store(config, clock) as store:
        facts = store.read_now(
            lambda conn: way.gather(conn, url, feeds=config.feeds, alerts=config.alerts, now=clock.now())
        )
    with progress("looking into it"):
        found = way.answer(facts, lists, config.alerts)
    if json:
        answer_json(_as_json(found))
    else:
        _print(found, ZoneInfo(config.service.timezone))
    if not found.known:
        unwell()


def _lists(config: "Config", name: str | None) -> "list[Watchlist]":
    found = [one for one in config.watchlists if name is None or name in {one.id, one.name}]
    if name is not None and not found:
        wrong(f"{name}: no such watchlist; there are {', '.join(one.id for one in config.watchlists) or 'none'}")
    return found


# ── for programs ──────────


def _as_json(found: "Answer") -> dict[str, Any]:
    return {
        "url": found.url,
        "canonical": found.canonical,
        "known": found.known,
        "steps": [
            {"step": one.name, "state": one.state.value, "at": stamp(one.at), "detail": one.detail}
            for one in found.steps
        ],
        "watchlists": [_list_json(one) for one in found.watchlists],
    }


def _list_json(one: "ListFate") -> dict[str, Any]:
    # What failed first stands by itself, for who wants to know no more.
    first = one.failed[0] if one.failed else None
    return {
        "id": one.id,
        "name": one.name,
        "state": one.fate.value,
        "part": first.part if first else None,
        "reason": first.reason if first else one.reason,
        "failed": [asdict(part) for part in one.failed],
        "at": stamp(one.at),
        "matched": [asdict(words) for words in one.matched],
        "explained": one.explained or None,
        "remark": one.remark or None,
        "alerts": [_alert_json(told) for told in one.alerts],
        "copy": {"reason": one.copy, "at": stamp(one.copy_at), "alerts": [_alert_json(told) for told in one.copied]}
        if one.copy
        else None,
    }


def _alert_json(told: "Told") -> dict[str, Any]:
    messages = [asdict(one) | {"state": one.state or "discarded", "at": stamp(one.at)} for one in told.sent]
    fields = {name: getattr(told, name) for name in ("name", "channel", "target", "schedule", "detail")}
    return fields | {"state": told.state.value, "at": stamp(told.at), "messages": messages}


# ── for people ──────────


def _print(found: "Answer", zone: ZoneInfo) -> None:
    answer(clean(found.url))
    for step in found.steps:
        _line(step.state.value, step.name, step.detail, step.at, zone)
    for one in found.watchlists:
        answer(f"\n{clean(one.name)}: {_HEADINGS[one.fate]}")
        _print_list(one, zone)
    if any(step.at for step in found.steps):
        answer(f"\ntimes in {zone.key}, but those that name an offset of their own")


def _print_list(one: "ListFate", zone: ZoneInfo) -> None:
    if one.remark:
        _line("note", "watchlist", one.remark, None, zone)
    for part in one.failed:
        shown = part.part if len(part.part) <= _LONGEST_PART else f"{part.part[: _LONGEST_PART - 1]}…"
        _line("ended", "query", f"`{shown}`: {part.reason}", None, zone)
        if part.nearest:
            _line("", "", part.nearest, None, zone)
    mark = _MARKS.get(one.fate, "ended")
    if one.at is not None:
        restricted = "" if one.matched else "matched by its restrictions alone"
        _line(mark, "match", one.reason or restricted or "matched", one.at, zone)
    elif not one.failed:
        _line(mark, "watchlist", one.reason, None, zone)
    if one.explained:
        _line("", "", one.explained, None, zone)
    for field, sentence in _sentences(one.matched):
        _line("", "", f"{field}: “{sentence}”", None, zone)
    for told in one.alerts:
        _print_alert(told, zone)
    _print_copy(one, zone)


def _print_copy(one: "ListFate", zone: ZoneInfo) -> None:
    """Print what became of an article as a later copy."""
    if one.copy:
        _line("ok" if one.copied else "note", "copy", one.copy, one.copy_at, zone)
    for told in one.copied:
        _print_alert(told, zone)


def _sentences(matched: "Sequence[Matched]") -> list[tuple[str, str]]:
    """Return the first sentences in which something matched, each once, with their field."""
    found = dict.fromkeys((one.field.value, one.snippet) for one in matched if one.snippet)
    return list(found)[:_MOST_SENTENCES]


def _print_alert(told: "Told", zone: ZoneInfo) -> None:
    name = "" if told.name == f"{told.channel} {told.target}" else f"{told.name}, "
    detail = "; ".join(one for one in (f"{name}{told.schedule} by {told.channel} to {told.target}", told.detail) if one)
    _line(_ALERT_MARKS[told.state], "alert", detail, told.at, zone)
    for one in told.sent:
        part = f", part {one.part}" if len({of.part for of in told.sent}) > 1 else ""
        rest = ": ".join(word for word in ("sent" if one.state == "sent" else "", one.detail) if word)
        _line("", "", f"{one.recipient}{part}: {rest}", one.at, zone)


def _line(mark: str, name: str, detail: str, at: datetime | None, zone: ZoneInfo) -> None:
    """Write a step: on a terminal wrapped under itself, in a pipe as one line."""
    text = clean(detail)
    # A time is not parted; the blanks come back once the lines are made.
    when = "" if at is None else f" ·\u00a0{at.astimezone(zone):%Y-%m-%d\u00a0%H:%M:%S}"
    head = f"  {mark:<6} {clean(name)}".ljust(_INDENT - 1) + " "
    out = console()
    if not out.is_terminal:
        answer(head + (text + when).replace("\u00a0", " "))
        return
    rest = " " * _INDENT
    lines = textwrap.wrap(text + when, out.width, initial_indent=head, subsequent_indent=rest, break_on_hyphens=False)
    answer("\n".join(lines).replace("\u00a0", " "))
