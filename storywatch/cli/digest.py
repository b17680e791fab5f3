"""``storywatch digest``: the next digest as it stands, or sent now."""

import asyncio
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from storywatch.cli.common import answer, load_config, note, unwell, wrong
from storywatch.cli.listing import clean

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
    from alerts.types import ChannelKind
    from news.clock import SystemClock
    from storywatch import wiring
    from storywatch.opening import open_store

    config = load_config(ctx)
    chosen = _chosen(config, name, alert)[0]
    if form is Form.EML and chosen.target.channel is not ChannelKind.EMAIL:
        wrong(f"the alert {chosen.name} goes by {chosen.target.channel.value}: --format html or text shows it")
    clock = SystemClock()
    with open_store(config, clock) as store:
        made = store.read_now(lambda conn: compose.gather_one(conn, chosen, now=clock.now()))
    voice = wiring.voice(config)
    digest = made.digests[0]
    if form is Form.EML:
        _write(_eml(config, made))
    elif form is Form.HTML:
        answer(render.html(digest, templates=voice.templates, public_url=voice.public_url))
    else:
        answer(render.text(digest, templates=voice.templates, public_url=voice.public_url))


@app.command("send")
def send(ctx: typer.Context, name: NameArgument, alert: AlertOption = None) -> None:
    """Send it now, which ends its window: the next digest begins here. With nothing new, nothing is sent."""
    from alerts.types import DeliveryState
    from news.clock import SystemClock
    from storywatch.cli.progress import progress
    from storywatch.opening import open_store
    from storywatch.sending import send_digest

    config = load_config(ctx)
    chosen = _chosen(config, name, alert)
    clock = SystemClock()
    with open_store(config, clock) as store, progress(f"sending {clean(name)}"):
        sent = asyncio.run(send_digest(config, store, chosen, clock))
    for one in sent.nothing_new:
        answer(f'{clean(one.target.name)}: nothing new, so nothing was sent (empty = "send" sends it all the same)')
    for row in sent.deliveries:
        answer(f"{row.shown}: {row.state.value}{f': {clean(row.reason)}' if row.reason else ''}")
    if any(row.state is not DeliveryState.SENT for row in sent.deliveries):
        note("what was not sent waits in the outbox: `storywatch outbox list`")
        unwell()


def _chosen(config: "Config", name: str, alert: str | None) -> list["Alert"]:
    """Return the alerts meant, one for each of their targets."""
    ids = [one.id for one in config.watchlists if name == one.id] or [
        one.id for one in config.watchlists if name == one.name
    ]
    own = [one for one in config.alerts if not one.combined and ids and one.watchlists == (ids[0],)]
    named = [one for one in config.alerts if one.combined and one.name == name]
    found = own or named
    if not found:
        known = {watchlist for one in config.alerts if not one.combined for watchlist in one.watchlists}
        known |= {one.name for one in config.alerts if one.combined}
        wrong(
            f"{name}: no watchlist or digest of that name has an alert; there are {', '.join(sorted(known)) or 'none'}"
        )
    wanted = alert or found[0].name
    chosen = [one for one in found if one.name == wanted]
    if not chosen:
        wrong(f"{name} has no alert {wanted}; there are {', '.join(dict.fromkeys(one.name for one in found))}")
    return chosen


def _eml(config: "Config", made: "Composition") -> bytes:
    """Return the mail as it would be sent to the first recipient."""
    from alerts import compose
    from storywatch import wiring

    return compose.rendered(made, wiring.voice(config))[0].body


def _write(body: bytes) -> None:
    """Write bytes to standard output as they are: a mail's line ends are part of it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
