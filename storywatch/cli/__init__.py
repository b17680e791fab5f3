"""The command ``storywatch``: one module a command or group of commands.

::

    main ──▶ Typer ──▶ check, init, try …     each imports what it needs when it runs, so that --help stays quick
      └─ errors ──▶ standard error, exit 1 or 2, never a traceback
"""

import copy
import os
import sys
from typing import Annotated, Any

import typer
from typer.main import get_command

from news.errors import ConfigError, QueryError, SchemaError, StorywatchError
from storywatch.cli import (
    check,
    demo,
    digest,
    doctor,
    feeds,
    init,
    outbox,
    run,
    store,
    stories,
    targets,
    tries,
    watchlists,
    why,
)
from storywatch.cli.common import UNWELL, WRONG, ConfigOption, note

app = typer.Typer(
    name="storywatch",
    help="Watches news feeds for your topics and sends digests by mail or webhook.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer hands an option's value over like this
    if asked:
        from storywatch import __version__

        typer.echo(f"storywatch {__version__}")
        raise typer.Exit


VersionOption = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


@app.callback()
def root(
    config: ConfigOption = None,
    version: VersionOption = False,  # noqa: FBT002 - an option
) -> None:
    """Watches news feeds for your topics and sends digests by mail or webhook."""
    del config, version  # kept by their callbacks


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("check")(check.check)
app.command("run")(run.run)
app.add_typer(feeds.app, name="feeds")
app.add_typer(watchlists.app, name="watchlists")
app.add_typer(targets.app, name="targets")
app.command("stories")(stories.stories)
app.command("story")(stories.story)
app.command("why")(why.why)
app.add_typer(digest.app, name="digest")
app.add_typer(outbox.app, name="outbox")
app.add_typer(store.app, name="store")
app.command("doctor")(doctor.doctor)
app.add_typer(tries.app, name="try")


def build() -> Any:
    """Return the whole command, with ``--config`` accepted by every part of it."""
    command = get_command(app)
    option = copy.copy(next(param for param in command.params if param.name == "config"))
    option.expose_value = False  # its callback keeps the value, so no command needs a parameter for it
    _accept(command, option)
    return command


def _accept(command: Any, option: Any) -> None:
    for part in getattr(command, "commands", {}).values():
        part.params.append(option)
        _accept(part, option)


def main() -> None:
    """Run the command; the console script's entry point."""
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone, as ``head`` does; Python's own flush at exit must find nothing to complain of.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or UNWELL
    sys.exit(code)


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        build()()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:
        if os.environ.get("STORYWATCH_DEBUG"):
            raise
        return _told(error)
    return 0


def _told(error: Exception) -> int:
    """Say on standard error what went wrong; return the exit code."""
    match error:
        case ConfigError() | QueryError() | SchemaError():
            note(str(error))
            return WRONG
        case BrokenPipeError():
            pass
        case StorywatchError() | OSError():
            note(f"storywatch: {error}")
        case _:
            text = f"unexpected {type(error).__name__}: {error}"
            note(f"storywatch: {text}; set STORYWATCH_DEBUG=1 for the details that a bug report needs")
    return UNWELL
