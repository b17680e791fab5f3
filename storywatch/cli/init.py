"""``storywatch init [DIR]``: a commented configuration and a starter list of feeds, never over something."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from storywatch.cli.common import answer, note, unwell

_ZONE_MARK = "@timezone@"


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder to write to.", show_default=False)
    ] = Path(),
) -> None:
    """Write a commented storywatch.toml and a starter feeds.opml; never overwrites."""
    starter = files("storywatch") / "starter"
    directory.mkdir(parents=True, exist_ok=True)
    kept = False
    for name in ("storywatch.toml", "feeds.opml"):
        text = (starter / name).read_text(encoding="utf-8").replace(_ZONE_MARK, machine_zone())
        path = directory / name
        try:
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except FileExistsError:
            note(f"{path}: exists and is left as it is")
            kept = True
        else:
            answer(f"{path}: written")
    if kept:
        unwell()
    config = directory / "storywatch.toml"
    answer(f'Put your own values where {config.name} says "change-me", then: storywatch check --config {config}')


def machine_zone() -> str:
    """Return the IANA name of this machine's time zone; UTC where it has none."""
    from tzlocal import get_localzone_name

    try:
        name = get_localzone_name()
        ZoneInfo(name)
    except Exception:  # noqa: BLE001 - a machine's zone can be broken in many ways; UTC stands in the file then
        return "UTC"
    return name
