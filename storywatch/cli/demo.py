"""``storywatch demo``: the whole main job in under a minute, on this machine alone."""

from pathlib import Path
from typing import Annotated

import typer

from storywatch.cli.common import UNWELL

KeepOption = Annotated[
    Path | None, typer.Option("--keep", metavar="DIR", help="Keep configuration, database, log and mails in DIR.")
]


def demo(keep: KeepOption = None) -> None:
    """Serve a newsroom, run the real service against it, and check every mail and webhook that arrives."""
    from rich.console import Console

    from storywatch.demo.run import run

    if keep is not None and keep.exists() and any(keep.iterdir()):
        typer.echo(f"{keep} is not empty; name a folder that is empty or not there yet", err=True)
        raise typer.Exit(2)
    if run(keep, Console(emoji=False)):
        raise typer.Exit(UNWELL)
