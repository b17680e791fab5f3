"""Matches → a digest: sections, order, one place a story.

::

    alert, Send, (watchlist, Item) … ──compose──▶ Digest ──▶ alerts.render

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.grouping import by_event
from alerts.plans import Send
from alerts.schedules import Immediately, parse_schedule
from alerts.types import Alert, Copy, Digest, Event, FeedTrouble, Item, Section


def compose(
    alert: Alert,
    send: Send,
    items: Sequence[tuple[str, Item]],
    troubles: Sequence[FeedTrouble],
    watchlist_names: Mapping[str, str],
) -> Digest:
    """Compose what ``send`` tells.

    ``items`` are stories with the id of the watchlist that each matched. A story that several matched stands once, in
    the section of the first of them in the alert's order, with the names of all; what is told of it as new says its
    later copies too. Of an alert by thread, the stories of an event stand side by side, in the first section that any
    of them stands in. ``watchlist_names`` are by id. Every watchlist of the alert has its section, an empty one too.
    """
    merged: dict[tuple[Event, int | str], tuple[str, Item]] = {}
    order = {watchlist: place for place, watchlist in enumerate(alert.watchlists)}
    for watchlist, item in sorted(items, key=lambda pair: order.get(pair[0], len(order))):
        named = _named(item, watchlist_names.get(watchlist, watchlist), send)
        place = _place(item)
        section, first = merged.get(place, (watchlist, None))
        merged[place] = (section, named if first is None else _merged(first, named))
    stories: dict[str, list[Item]] = {}
    homes: dict[int, str] = {}
    for watchlist, item in merged.values():
        home = watchlist
        if alert.by_thread and item.thread_id is not None and item.event is not Event.SPIKE:
            home = homes.setdefault(item.thread_id, watchlist)
        stories.setdefault(home, []).append(item)
    sections = [*alert.watchlists, *(one for one in stories if one not in alert.watchlists)]
    return Digest(
        alert=alert,
        sections=tuple(
            Section(
                watchlist_names.get(one, one),
                _ordered(stories.get(one, ()), by_thread=alert.by_thread),
            )
            for one in sections
        ),
        window_from=_window_from(alert, send, [item for _, item in merged.values()]),
        window_to=send.window_to,
        due_key=send.due_key,
        remarks=tuple(send.remarks),
        troubles=tuple(troubles),
    )


def trial(alert: Alert, watchlist_names: Mapping[str, str], *, now: datetime) -> Digest:
    """Return a digest that tells nothing but that it is a test; each has an identity of its own."""
    sections = tuple(Section(watchlist_names.get(one, one), ()) for one in alert.watchlists[:1])
    return Digest(alert, sections, now, now, f"test-{now.isoformat()}", (), (), test=True)


def _window_from(alert: Alert, send: Send, items: Sequence[Item]) -> datetime:
    """Return the window's start; for what is no turn of a schedule it is the first sight of its earliest story."""
    if items and (send.urgent or isinstance(parse_schedule(alert.schedule), Immediately)):
        return min(send.window_to, *(item.first_seen_at for item in items))
    return send.window_from


def _place(item: Item) -> tuple[Event, int | str]:
    """Return what stands in a digest once: a story, whether as new or for its later copies; a spike."""
    return (Event.SPIKE, item.occasion) if item.event is Event.SPIKE else (Event.NEW, item.story_id)


def _rank(item: Item) -> tuple[bool, bool, datetime, int]:
    """Return the order within a section, read from its end: spikes, what is new, later copies; the newest first."""
    return item.event is Event.SPIKE, item.event is not Event.COPIES, _told_at(item), item.story_id


def _ordered(items: Sequence[Item], *, by_thread: bool) -> tuple[Item, ...]:
    """Return a section in its order; with ``by_thread`` what is of one event stands where its newest story does."""
    newest_first = sorted(items, key=_rank, reverse=True)
    if not by_thread:
        return tuple(newest_first)
    return tuple(item for event in by_event(newest_first) for item in event)


def _told_at(item: Item) -> datetime:
    """When a story is from, for the order: its source's time where it is not later than its first sight."""
    return min(item.published.latest, item.first_seen_at) if item.published is not None else item.first_seen_at


def _named(item: Item, watchlist: str, send: Send) -> Item:
    return replace(
        item,
        watchlists=item.watchlists if watchlist in item.watchlists else (*item.watchlists, watchlist),
        urgent=item.urgent or send.urgent,
        already_sent=item.already_sent or (item.event is Event.NEW and item.story_id in send.already_sent),
    )


def _merged(first: Item, other: Item) -> Item:
    """Join what two watchlists found of one story; where they found different articles, the other is a copy.

    What is new of a story to one of them is told, and lists its later copies with all the others.
    """
    if first.event is not other.event:
        new = first if first.event is Event.NEW else other
        names = (*first.watchlists, *(name for name in other.watchlists if name not in first.watchlists))
        return replace(new, watchlists=names, agency=new.agency or first.agency or other.agency)
    if first.event is Event.COPIES:
        return _later(first, other)
    same = (first.title, first.text) == (other.title, other.text)
    others = (*other.copies, *(() if first.url == other.url else (Copy(other.source, other.url),)))
    known = {first.url, *(copy.url for copy in first.copies)}
    copies = [*first.copies]
    for copy in others:
        if copy.url not in known:
            known.add(copy.url)
            copies.append(copy)
    return replace(
        first,
        spans=tuple(sorted({*first.spans, *other.spans})) if same else first.spans,
        watchlists=(*first.watchlists, *(name for name in other.watchlists if name not in first.watchlists)),
        copies=tuple(copies),
        agency=first.agency or other.agency,
        urgent=first.urgent or other.urgent,
        already_sent=first.already_sent and other.already_sent,
    )


def _later(first: Item, other: Item) -> Item:
    """Put later copies of one story together, each once."""
    copies = tuple(dict.fromkeys((*first.copies, *other.copies)))
    names = (*first.watchlists, *(name for name in other.watchlists if name not in first.watchlists))
    return replace(first, copies=copies, watchlists=names, agency=first.agency or other.agency)
