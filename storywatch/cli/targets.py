"""``storywatch targets``: where alerts go and how they fare."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, note, unwell, wrong
from storywatch.cli.listing import clean, moment, show, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.store.targets import TargetRow
    from alerts.types import Target
    from storywatch.config import Config

app = typer.Typer(help="Where alerts go: list, test, pause, resume.", no_args_is_help=True)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A name in [targets], an address, or a webhook's URL as listed.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="T", help="A duration (2h), a day or a local time; else for good.")
]


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show each target and how it fares; exit 1 if one does not."""
    from alerts.store import targets
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    clock = SystemClock()
    with open_store(config, clock) as store:
        stored = {row.name: row for row in store.read_now(targets.list_targets)}
    rows = [_row(one, stored.get(one.name), clock.now()) for one in config.targets]
    columns = {"name": "name", "channel": "channel", "state": "state", "reason": "reason", "last_sent_at": "last sent"}
    show(rows, columns, json=json, nothing="no targets; name one in an alert's `to`")
    if any(row["state"] in {"off", "failing"} for row in rows):
        unwell()


@app.command("test")
def test(ctx: typer.Context, name: NameArgument) -> None:
    """Send a message marked as a test to a target, now; exit 1 if it is not accepted."""
    from alerts.store import targets
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch.cli.progress import progress
    from storywatch.opening import open_store
    from storywatch.sending import send_test

    config = load_config(ctx)
    target = _target(config, name)
    clock = SystemClock()
    with open_store(config, clock) as store:
        stored = store.read_now(lambda conn: targets.get_target(conn, target.name))
        if stored is not None and (stored.off_at is not None or stored.is_paused(clock.now())):
            held = "switched off" if stored.off_at is not None else "paused"
            note(f"{target.name} is {held}, so nothing is sent there; `storywatch targets resume {target.name}`")
            unwell()
        with progress(f"sending to {clean(target.name)}"):
            rows = asyncio.run(send_test(config, store, target, clock))
    for row in rows:
        answer(f"{row.shown}: {row.state.value}{f': {clean(row.reason)}' if row.reason else ''}")
    if any(row.state is not DeliveryState.SENT for row in rows):
        unwell()


@app.command("pause")
def pause(ctx: typer.Context, name: NameArgument, until: UntilOption = None) -> None:
    """Send nothing there for now; what is for it waits, for seven days."""
    from alerts.store import targets
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    target = _target(config, name)
    clock = SystemClock()
    now = clock.now()
    end = None if until is None else moment(until, now=now, zone=config.service.timezone, ahead=True)
    if end is not None and end <= now:
        wrong(f"--until {until}: that is past")
    with open_store(config, clock) as store:
        store.write_now(lambda conn: targets.ensure_target(conn, target.name, target.channel))
        store.write_now(lambda conn: targets.pause_target(conn, target.name, end, now=now))
    answer(f"{target.name} is paused{f' until {stamp(end)}' if end else ''}")


@app.command("resume")
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Send there again, also after it has switched itself off; what has waited goes."""
    from alerts.store import targets
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    target = _target(config, name)
    with open_store(config, SystemClock()) as store:
        store.write_now(lambda conn: targets.resume_target(conn, target.name))
    answer(f"{target.name} goes on")


def _target(config: "Config", name: str) -> "Target":
    """Return a configured target; a webhook is known by its whole URL too."""
    from news.urls import listed

    names = {name, listed(name)} if "://" in name else {name}
    found = next((one for one in config.targets if one.name in names), None)
    if found is None:
        holder = next((one.name for one in config.targets if name in one.recipients and "@" in name), None)
        if holder is not None:
            wrong(f"{name} is an address of the target {holder}; name that")
        known = ", ".join(one.name for one in config.targets)
        wrong(f"{clean(min(names, key=len))}: no such target; there are {known or 'none'}")
    return found


def _row(target: "Target", stored: "TargetRow | None", now: "datetime") -> dict[str, Any]:
    from alerts.types import ChannelKind
    from news.urls import listed

    state, reason = "active", ""
    if stored is not None:
        if stored.off_at is not None:
            state, reason = "off", f"{stored.off_reason}; `storywatch targets resume {target.name}`"
        elif stored.is_paused(now):
            state = "paused"
            reason = f"until {stamp(stored.paused_until)}" if stored.paused_until else "until resumed"
        elif stored.last_error:
            state, reason = "failing", stored.last_error
    webhook = target.channel is ChannelKind.WEBHOOK
    return {
        "name": target.name,
        "channel": target.channel.value,
        # A webhook's address may hold its secret.
        "to": [listed(one) for one in target.recipients] if webhook else list(target.recipients),
        "state": state,
        "reason": reason,
        "last_sent_at": stamp(stored.last_sent_at) if stored else None,
    }
