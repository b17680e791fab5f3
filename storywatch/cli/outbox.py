"""``storywatch outbox``: what waits, what failed and why."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, note, unwell
from storywatch.cli.listing import show, stamp

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.deliveries import DeliveryRow

app = typer.Typer(help="Messages on their way: list, retry, discard.", no_args_is_help=True)

IdArgument = Annotated[int, typer.Argument(metavar="ID", help="The number of a delivery, as listed.")]
AllOption = Annotated[bool, typer.Option("--all", help="With what was sent.")]


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False, everything: AllOption = False) -> None:  # noqa: FBT002 - options
    """Show what waits and what failed; exit 1 if a delivery failed."""
    from alerts.store.deliveries import list_deliveries
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch import wiring

    config = load_config(ctx)
    states = None if everything else [one for one in DeliveryState if one is not DeliveryState.SENT]
    with wiring.open_store(config, SystemClock()) as store:
        found = store.read_now(lambda conn: list_deliveries(conn, states))
    columns = {
        "id": "id",
        "state": "state",
        "watchlist": "watchlist",
        "target": "target",
        "attempts": "attempts",
        "next_attempt_at": "next attempt",
        "reason": "reason",
    }
    show([_row(one) for one in found], columns, json=json, nothing="the outbox is empty")
    if any(one.state is DeliveryState.FAILED for one in found):
        unwell()


@app.command("retry")
def retry(ctx: typer.Context, number: IdArgument) -> None:
    """Try a delivery again at once; a running service takes it up within a second."""
    from alerts.store import deliveries
    from news.clock import SystemClock

    now = SystemClock().now()
    _change(ctx, lambda conn: deliveries.retry(conn, number, now), f"delivery {number} is tried again")


@app.command("discard")
def discard(ctx: typer.Context, number: IdArgument) -> None:
    """Give a delivery up; its message is not made anew."""
    from alerts.store import deliveries

    _change(ctx, lambda conn: deliveries.discard(conn, number), f"delivery {number} is given up")


def _change(ctx: typer.Context, work: "Callable[[Connection], str | None]", done: str) -> None:
    from news.clock import SystemClock
    from storywatch import wiring

    with wiring.open_store(load_config(ctx), SystemClock()) as store:
        refused = store.write_now(work)
    if refused is not None:
        note(refused)
        unwell()
    answer(done)


def _row(one: "DeliveryRow") -> dict[str, Any]:
    return {
        "id": one.id,
        "alert": one.alert,
        "watchlist": one.watchlist,
        "channel": one.channel.value,
        "target": one.target,
        "state": one.state.value,
        "attempts": one.attempts,
        "reason": one.reason,
        "next_attempt_at": stamp(one.next_attempt_at),
        "message_id": one.message_id,
        "created_at": stamp(one.created_at),
        "sent_at": stamp(one.sent_at),
    }
