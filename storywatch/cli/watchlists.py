"""``storywatch watchlists``: what is watched, and when it tells next."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, wrong
from storywatch.cli.listing import moment, show, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from alerts.store.targets import TargetRow
    from alerts.store.watchlists import WatchlistRow
    from alerts.types import Alert
    from storywatch.config import Config

app = typer.Typer(help="Watchlists: list them, pause them, resume them.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A watchlist's id or name.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="T", help="A duration (2h), a day or a local time; else for good.")
]


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show each watchlist with its query and its alerts."""
    from alerts.store import targets, watchlists
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    clock = SystemClock()
    with open_store(config, clock) as store:
        rows = store.read_now(watchlists.watchlists)
        places = {row.name: row for row in store.read_now(targets.list_targets)}
    found = [_row(config, one.id, rows, places, clock.now()) for one in config.watchlists]
    if not json:
        for row in found:
            row["told"] = [f"{alert['name']} ({alert['schedule']}, {alert['state']})" for alert in row["alerts"]]
    columns = {"id": "id", "name": "name", "query": "query", "state": "state", "told": "alerts"}
    show(found, columns, json=json, nothing="no watchlists; write one into the configuration: [[watchlists]]")


@app.command("pause")
def pause(ctx: typer.Context, name: NameArgument, until: UntilOption = None) -> None:
    """Tell nothing of a watchlist for now; what it finds meanwhile waits, for seven days."""
    _set(ctx, name, until=until, paused=True)


@app.command("resume")
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Tell a watchlist's stories again, with what waited."""
    _set(ctx, name, until=None, paused=False)


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

    known = {one.id for one in config.watchlists}
    if not any(name in {one.id, one.name} for one in config.watchlists):
        wrong(f"{name}: no such watchlist; there are {', '.join(sorted(known)) or 'none'}")
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
