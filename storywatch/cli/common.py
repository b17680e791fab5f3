"""What every command shares: the configuration that was asked for, answers, exit codes.

::

    storywatch [--config FILE] COMMAND [--config FILE] …
                      └── State ──▶ config_path(), load_config()

Exit codes: 0 done; 1 it ran, and what was asked about is not well; 2 wrong usage or wrong configuration. Answers go
to standard output, everything else to standard error.
"""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    # Imported when used: a command that prints plain lines, or help, does without them.
    from rich.console import Console

    from storywatch.config import Config

UNWELL = 1
WRONG = 2

#: control characters but tabs and line breaks, and what turns the direction of a line
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

ENVIRONMENT = "STORYWATCH_CONFIG"
DEFAULT = "storywatch.toml"


@dataclass(slots=True)
class State:
    """What was said before the command's own options."""

    #: ``--config`` as given, or None
    config: Path | None = None


def remember_config(ctx: typer.Context, value: Path | None) -> Path | None:
    """Keep ``--config``, wherever on the line it stands; the last one counts."""
    if value is not None:
        state(ctx).config = value
    return value


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        callback=remember_config,
        help=f"The configuration; else ${ENVIRONMENT}, else ./{DEFAULT}.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def state(ctx: typer.Context) -> State:
    """Return the state of this run."""
    root = ctx.find_root()
    if not isinstance(root.obj, State):
        root.obj = State()
    return root.obj


def config_path(ctx: typer.Context) -> Path:
    """Return the configuration's file: ``--config``, else the environment's, else the one in this folder."""
    asked = state(ctx).config
    return asked if asked is not None else Path(os.environ.get(ENVIRONMENT) or DEFAULT)


def load_config(ctx: typer.Context) -> "Config":
    """Read the configuration; a wrong one ends the command with 2, each problem on standard error."""
    from news.urlrules import use_rules
    from storywatch.config import load

    config = load(config_path(ctx))
    use_rules(config.rules)
    return config


def console() -> "Console":
    """Return a console on standard output: styled on a terminal, plain and never wrapped in a pipe."""
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=True, emoji=False)


def answer(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def answer_json(value: object) -> None:
    """Write JSON to standard output."""
    answer(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Write a line to standard error; what would steer a terminal is shown as U+FFFD, so that columns stay true."""
    sys.stderr.write(_STEERING.sub("\ufffd", text) + "\n")


def unwell() -> NoReturn:
    """End with 1: it ran, and what was asked about is not well."""
    raise typer.Exit(UNWELL)


def wrong(text: str) -> NoReturn:
    """End with 2: wrong usage; ``text`` says what is accepted."""
    note(text)
    raise typer.Exit(WRONG)
