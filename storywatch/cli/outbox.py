"""``storywatch outbox``: what waits, what failed and why."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, note, unwell
from storywatch.cli.listing import show, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.store.deliveries import DeliveryRow

app = typer.Typer(help="Messages on their way: list, retry, discard.", no_args_is_help=True)

IdArgument = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="The number of a delivery, as listed.")
]
AllOption = Annotated[bool, typer.Option("--all", help="With what was sent last, as --json has it.")]

#: deliveries that were sent, the newest, beside all that were not
_SENT_LISTED = 1000


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False, everything: AllOption = False) -> None:  # noqa: FBT002 - options
    """Show what waits and what failed, and why; exit 1 if a delivery failed."""
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch.opening import open_store

    config = load_config(ctx)
    with open_store(config, SystemClock()) as store:
        found = store.read_now(lambda conn: _listed(conn, with_sent=json or everything))
    columns = {
        "id": "id",
        "state": "state",
        "watchlist": "watchlist",
        "target": "target",
        "attempts": "attempts",
        "next_attempt_at": "next attempt",
        "reason": "reason",
    }
    names = {one.id: one.name for one in config.alerts}
    show([_row(one, names) for one in found], columns, json=json, nothing="the outbox is empty")
    if any(one.state is DeliveryState.FAILED for one in found):
        unwell()


@app.command("retry")
def retry(ctx: typer.Context, number: IdArgument) -> None:
    """Try a delivery again at once; a running service takes it up within a second."""
    from alerts.store import deliveries

    _change(ctx, lambda conn, now: deliveries.retry(conn, number, now), f"delivery {number} is tried again")


@app.command("discard")
def discard(ctx: typer.Context, number: IdArgument) -> None:
    """Give a delivery up; its message is not made anew."""
    from alerts.store import deliveries

    _change(ctx, lambda conn, _now: deliveries.discard(conn, number), f"delivery {number} is given up")


def _change(ctx: typer.Context, work: "Callable[[Connection, datetime], str | None]", done: str) -> None:
    from news.clock import SystemClock
    from storywatch.opening import open_store

    clock = SystemClock()
    with open_store(load_config(ctx), clock) as store:
        refused = store.write_now(lambda conn: work(conn, clock.now()))
    if refused is not None:
        note(refused)
        unwell()
    answer(done)


def _listed(conn: "Connection", *, with_sent: bool) -> "list[DeliveryRow]":
    from alerts.store.deliveries import list_deliveries
    from alerts.types import DeliveryState

    found = list_deliveries(conn, [one for one in DeliveryState if one is not DeliveryState.SENT])
    if with_sent:
        found += list_deliveries(conn, [DeliveryState.SENT], limit=_SENT_LISTED)
    return sorted(found, key=lambda one: one.id)


def _row(one: "DeliveryRow", names: dict[str, str]) -> dict[str, Any]:
    """Return a row; ``names`` are alerts' names by their ids."""
    return {
        "id": one.id,
        "alert": names.get(one.alert, one.alert),
        "watchlist": one.watchlist,
        "channel": one.channel.value,
        "target": one.target,
        "recipient": one.address,
        "state": one.state.value,
        "attempts": one.attempts,
        "reason": one.reason,
        "next_attempt_at": stamp(one.next_attempt_at),
        "message_id": one.message_id,
        "created_at": stamp(one.created_at),
        "sent_at": stamp(one.sent_at),
    }
