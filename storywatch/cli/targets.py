"""``storywatch targets``: where alerts go and how they fare."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, unwell, wrong
from storywatch.cli.listing import moment, show, stamp

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
    from storywatch import wiring

    config = load_config(ctx)
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        stored = {row.name: row for row in store.read_now(targets.list_targets)}
    rows = [_row(one, stored.get(one.name), clock.now()) for one in config.targets]
    columns = {"name": "name", "channel": "channel", "state": "state", "reason": "reason", "last_sent_at": "last sent"}
    show(rows, columns, json=json, nothing="no targets; name one in an alert's `to`")
    if any(row["state"] in ("off", "failing") for row in rows):
        unwell()


@app.command("test")
def test(ctx: typer.Context, name: NameArgument) -> None:
    """Send a message marked as a test to a target, now; exit 1 if it is not accepted."""
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch import wiring
    from storywatch.sending import send_test

    config = load_config(ctx)
    target = _target(config, name)
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        rows = asyncio.run(send_test(config, store, target, clock))
    for row in rows:
        whom = f" ({row.recipient})" if "://" not in row.recipient else ""
        answer(f"{row.target}{whom}: {row.state.value}: {row.reason or 'waits, since the target is paused or off'}")
    if any(row.state is not DeliveryState.SENT for row in rows):
        unwell()


@app.command("pause")
def pause(ctx: typer.Context, name: NameArgument, until: UntilOption = None) -> None:
    """Send nothing there for now; what is for it waits."""
    _set(ctx, name, until=until, paused=True)


@app.command("resume")
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Send there again, also after it has switched itself off."""
    _set(ctx, name, until=None, paused=False)


def _set(ctx: typer.Context, name: str, *, until: str | None, paused: bool) -> None:
    from alerts.store import targets
    from news.clock import SystemClock
    from storywatch import wiring

    config = load_config(ctx)
    target = _target(config, name)
    clock = SystemClock()
    now = clock.now()
    end = None if until is None else moment(until, now=now, zone=config.service.timezone, ahead=True)
    if end is not None and end <= now:
        wrong(f"--until {until}: that is past")
    with wiring.open_store(config, clock) as store:
        store.write_now(lambda conn: targets.ensure_target(conn, target.name, target.channel))
        if paused:
            store.write_now(lambda conn: targets.pause_target(conn, target.name, end))
        else:
            store.write_now(lambda conn: targets.resume_target(conn, target.name))
    for_how_long = f" until {stamp(end)}" if end else ""
    answer(f"{target.name} is paused{for_how_long}" if paused else f"{target.name} goes on")


def _target(config: "Config", name: str) -> "Target":
    found = next((one for one in config.targets if one.name == name), None)
    if found is None:
        wrong(f"{name}: no such target; there are {', '.join(one.name for one in config.targets) or 'none'}")
    return found


def _row(target: "Target", stored: "TargetRow | None", now: "datetime") -> dict[str, Any]:
    state, reason = "active", ""
    if stored is not None:
        if stored.off_at is not None:
            state, reason = "off", f"{stored.off_reason}; `storywatch targets resume {target.name}`"
        elif stored.is_paused(now):
            state = "paused"
            reason = f"until {stamp(stored.paused_until)}" if stored.paused_until else "until resumed"
        elif stored.last_error:
            state, reason = "failing", stored.last_error
    return {
        "name": target.name,
        "channel": target.channel.value,
        "to": [] if "://" in target.name else list(target.recipients),
        "state": state,
        "reason": reason,
        "last_sent_at": stamp(stored.last_sent_at) if stored else None,
    }
