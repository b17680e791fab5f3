"""``storywatch digest``: the next digest as it stands, or sent now."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from storywatch.cli.common import answer, load_config, note, unwell, wrong

if TYPE_CHECKING:
    from alerts.compose import Composition
    from alerts.types import Alert
    from storywatch.config import Config

app = typer.Typer(help="The next digest of a watchlist, or of a digest by name.", no_args_is_help=True)


class Form(StrEnum):
    """How a preview is shown."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A watchlist's id or name, or a digest's name.")]
AlertOption = Annotated[str | None, typer.Option("--alert", help="An alert of the watchlist; else its first.")]
FormOption = Annotated[Form, typer.Option("--format", help="How it is shown.")]


@app.command("preview")
def preview(ctx: typer.Context, name: NameArgument, alert: AlertOption = None, form: FormOption = Form.TEXT) -> None:
    """Print what would be told now; nothing is sent, and the window stays."""
    from alerts import compose, render
    from news.clock import SystemClock
    from storywatch import wiring

    config = load_config(ctx)
    chosen = _chosen(config, name, alert)[0]
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        made = store.read_now(lambda conn: compose.gather_one(conn, chosen, now=clock.now()))
    voice = wiring.voice(config)
    digest = made.digests[0]
    if form is Form.HTML:
        answer(render.html(digest, templates=voice.templates, public_url=voice.public_url))
    elif form is Form.TEXT:
        answer(render.text(digest, templates=voice.templates, public_url=voice.public_url))
    else:
        answer(_eml(config, made).decode("ascii", "replace"))


@app.command("send")
def send(ctx: typer.Context, name: NameArgument, alert: AlertOption = None) -> None:
    """Send it now, which ends its window: the next digest begins here."""
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch import wiring
    from storywatch.sending import send_digest

    config = load_config(ctx)
    chosen = _chosen(config, name, alert)
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        rows = asyncio.run(send_digest(config, store, chosen, clock))
    for row in rows:
        answer(f"{row.target} ({row.recipient}): {row.state.value}{f': {row.reason}' if row.reason else ''}")
    if any(row.state is not DeliveryState.SENT for row in rows):
        note("what was not sent waits in the outbox: `storywatch outbox list`")
        unwell()


def _chosen(config: "Config", name: str, alert: str | None) -> list["Alert"]:
    """Return the alerts meant, one for each of their targets."""
    ids = [one.id for one in config.watchlists if name in (one.id, one.name)]
    own = [one for one in config.alerts if not one.combined and ids and one.watchlists == (ids[0],)]
    named = [one for one in config.alerts if one.combined and one.name == name]
    found = named if named and not own else own
    if not found:
        known = sorted({one.id for one in config.watchlists} | {one.name for one in config.alerts if one.combined})
        wrong(f"{name}: no watchlist or digest of that name has an alert; there are {', '.join(known) or 'none'}")
    wanted = alert or found[0].name
    chosen = [one for one in found if one.name == wanted]
    if not chosen:
        wrong(f"{name} has no alert {wanted}; there are {', '.join(dict.fromkeys(one.name for one in found))}")
    return chosen


def _eml(config: "Config", made: "Composition") -> bytes:
    """Return the mail as it would be sent to the first recipient."""
    from alerts import compose
    from alerts.types import ChannelKind
    from storywatch import wiring

    if made.alert.target.channel is not ChannelKind.EMAIL:
        wrong(f"the alert {made.alert.name} goes by {made.alert.target.channel.value}: --format html or text shows it")
    return compose.rendered(made, wiring.voice(config))[0].body
