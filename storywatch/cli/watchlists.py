"""``storywatch watchlists``: what is watched, when it tells next, and what it would have told."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, answer_json, load_config, note, wrong
from storywatch.cli.listing import clean, moment, show, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from alerts.replayed import Report
    from alerts.store.spikes import SpikeRow
    from alerts.store.targets import TargetRow
    from alerts.store.watchlists import WatchlistRow
    from alerts.types import Alert, Watchlist
    from news.store.engine import Store
    from storywatch.config import Config

#: stories of each kind that are shown unless asked for more
_MOST = 20
#: revisions between two movements of the progress bar
_STEP = 100

app = typer.Typer(help="Watchlists: list them, test them, pause them, resume them.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A watchlist's id or name.")]
QueryOption = Annotated[
    str | None,
    typer.Option("--query", metavar="Q", help="Another query in the place of its own; what it excludes stays."),
]
SinceOption = Annotated[
    str, typer.Option("--since", metavar="T", help="Stories first seen since: a duration, a day or a local time.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Show at most so many of each kind, the newest.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="T", help="A duration (2h), a day or a local time; else for good.")
]


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show each watchlist with its query and its alerts."""
    from alerts.store import spikes, targets, watchlists
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    clock = SystemClock()
    with open_store(config, clock) as store:
        rows = store.read_now(watchlists.watchlists)
        places = {row.name: row for row in store.read_now(targets.list_targets)}
        running = store.read_now(spikes.running)
    found = [_row(config, one.id, rows, places, clock.now()) for one in config.watchlists]
    for row in found:
        row["spikes"] = [_spike(one) for one in running if one.watchlist_id == row["id"]]
    if not json:
        for row in found:
            row["state"] += "".join(f"; in a spike since {one['began_at']}: {one['reason']}" for one in row["spikes"])
            row["told"] = [f"{alert['name']} ({alert['schedule']}, {alert['state']})" for alert in row["alerts"]]
    columns = {"id": "id", "name": "name", "query": "query", "state": "state", "told": "alerts"}
    show(found, columns, json=json, nothing="no watchlists; write one into the configuration: [[watchlists]]")


@app.command("test")
def replay(  # noqa: PLR0917 - Typer passes options by name
    ctx: typer.Context,
    name: NameArgument,
    query: QueryOption = None,
    since: SinceOption = "30d",
    limit: LimitOption = _MOST,
    json: JsonOption = False,  # noqa: FBT002 - an option
) -> None:
    """Replay it, or another query, over the stored stories: hits, near misses, and what its alerts would have sent."""
    from news.clock import SystemClock
    from storywatch.cli import replays
    from storywatch.cli.check import understood
    from storywatch.opening import open_store

    config = load_config(ctx)
    present = _named(config, name)
    asked = present if query is None else _changed(config, present, query)
    clock = SystemClock()
    now = clock.now()
    start = moment(since, now=now, zone=config.service.timezone, ahead=False)
    if start >= now:
        wrong(f"--since {since}: that is not past")
    with open_store(config, clock) as store:
        found = _replayed(config, store, asked, None if query is None else present, (start, now), most=limit)
    if config.store.retention is not None and start < now - config.store.retention:
        note("texts of stories that no watchlist matched go after [store] retention: of older ones, some are missing")
    before = None if query is None else understood(present).query
    if json:
        names = {"name": present.name, "watchlist_id": present.id}
        answer_json(replays.as_json(found, query=understood(asked).query, present=before, **names))
    elif not found.stories:
        answer(f"no stories since {stamp(start)}; `storywatch feeds health` tells how the feeds fare")
    else:
        replays.show(found, name=present.name, query=understood(asked).query, present=before)


@app.command("pause")
def pause(ctx: typer.Context, name: NameArgument, until: UntilOption = None) -> None:
    """Tell nothing of a watchlist for now; what it finds meanwhile waits, for seven days."""
    _set(ctx, name, until=until, paused=True)


@app.command("resume")
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Tell a watchlist's stories again, with what waited."""
    _set(ctx, name, until=None, paused=False)


def _named(config: "Config", name: str) -> "Watchlist":
    """Return a watchlist by its id or name; one that is not there ends the command with 2, naming the nearest."""
    from storywatch.config.problems import likely

    found = [one for one in config.watchlists if one.id == name] or [
        one for one in config.watchlists if one.name == name
    ]
    if found:
        return found[0]
    meant = likely(name, [known for one in config.watchlists for known in (one.id, one.name)])
    there = ", ".join(sorted(one.id for one in config.watchlists)) or "none"
    return wrong(f"{clean(name)}: no such watchlist; {f'did you mean {meant}? ' if meant else ''}there are {there}")


def _changed(config: "Config", watchlist: "Watchlist", text: str) -> "Watchlist":
    """Return a watchlist that looks for something else; raises QueryError."""
    from dataclasses import replace

    from alerts.query import parse

    query = parse(text, config.aliases)
    for warning in query.warnings:
        note(f"warning: {warning}")
    trees = [query.tree, *(parse(one, config.aliases).tree for one in watchlist.exclude)]
    return replace(watchlist, queries=(text,), aliases=config.aliases.used_in(trees))


def _replayed(
    config: "Config",
    store: "Store",
    asked: "Watchlist",
    present: "Watchlist | None",
    between: tuple[datetime, datetime],
    *,
    most: int,
) -> "Report":
    """Replay a watchlist over the stories of a time, with a bar."""
    from alerts.replay import Replay
    from alerts.store import replays
    from storywatch.cli.progress import progress

    since, until = between
    alerts = [one for one in config.alerts if asked.id in one.watchlists]
    replay = Replay(asked, alerts, present=present, most=most)
    of = store.read_now(lambda conn: replays.extent(conn, since=since, until=until))
    with progress(f"replaying {asked.id}", total=of.count) as advance:
        for number, stored in enumerate(replays.stored(store.read_now, of, since=since), 1):
            replay.take(stored)
            if not number % _STEP:
                advance(number)
    return replay.report(since=since, until=until)


def _set(ctx: typer.Context, name: str, *, until: str | None, paused: bool) -> None:
    from alerts.store import watchlists
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    clock = SystemClock()
    now = clock.now()
    end = None if until is None else moment(until, now=now, zone=config.service.timezone, ahead=True)
    if end is not None and end <= now:
        wrong(f"--until {until}: that is past")

    def work(conn: "Connection") -> str | None:
        found = watchlists.set_paused(conn, name, paused=paused, until=end, now=now)
        if found is None:
            # Configured since the service has read its configuration, or never run yet.
            watchlists.sync_watchlists(conn, config.watchlists, now=now)
            found = watchlists.set_paused(conn, name, paused=paused, until=end, now=now)
        return found

    _named(config, name)
    with open_store(config, clock) as store:
        found = store.write_now(work)
    for_how_long = f" until {stamp(end)}" if end else ""
    answer(f"{found} is paused{for_how_long}" if paused else f"{found} goes on")


def _row(
    config: "Config",
    watchlist_id: str,
    rows: "Mapping[str, WatchlistRow]",
    places: "Mapping[str, TargetRow]",
    now: datetime,
) -> dict[str, Any]:
    from storywatch.cli.check import understood

    watchlist = next(one for one in config.watchlists if one.id == watchlist_id)
    stored = rows.get(watchlist_id)
    paused = stored is not None and stored.is_paused(now)
    alerts = [one for one in config.alerts if watchlist_id in one.watchlists]
    return {
        "id": watchlist.id,
        "name": watchlist.name,
        "query": understood(watchlist).query,
        "state": "paused" if paused else "active",
        "paused_until": stamp(stored.paused_until) if stored is not None and paused else None,
        "alerts": [_alert(one, places.get(one.target.name), now, paused=paused) for one in alerts],
    }


def _spike(row: "SpikeRow") -> dict[str, Any]:
    return {
        "thread": None if row.thread_id is None else str(row.thread_id),
        "began_at": stamp(row.began_at),
        "last_at": stamp(row.last_at),
        "reason": row.told.sentence,
        "figures": row.told.pack(),
    }


def _alert(alert: "Alert", place: "TargetRow | None", now: datetime, *, paused: bool) -> dict[str, Any]:
    from alerts.policy import upcoming

    state, reason = "active", ""
    if place is not None and place.off_at is not None:
        state, reason = "off", f"the target switched itself off: {place.off_reason}"
    elif place is not None and place.is_paused(now):
        state, reason = "paused", f"its target is paused{_until(place.paused_until)}"
    elif paused:
        state, reason = "paused", "the watchlist is paused"
    elif place is not None and place.last_error:
        state, reason = "failing", place.last_error
    # What fails is tried again: it keeps its schedule.
    times = upcoming(alert, now, 1) if state in {"active", "failing"} else []
    return {
        "name": alert.name,
        "channel": alert.target.channel.value,
        "target": alert.target.name,
        "schedule": alert.schedule,
        "next_at": stamp(times[0]) if times else None,
        "state": state,
        "reason": reason,
    }


def _until(at: datetime | None) -> str:
    return f" until {stamp(at)}" if at else ""
