"""Runs the command ``storywatch`` with what it reads and writes, in this process: nothing but start-up time differs."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from storywatch.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def _process(args: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Lend a command the parts of a process that it looks at, away from any configuration of the machine."""
    before, argv = dict(os.environ), sys.argv
    clean = {key: value for key, value in before.items() if not key.startswith("STORYWATCH_")}
    sys.argv = ["storywatch", *args]
    os.environ.clear()
    os.environ.update({**clean, "STORYWATCH_SEMANTIC": "off", "NO_COLOR": "1", "COLUMNS": "80", **env})
    try:
        with contextlib.chdir(cwd):
            yield
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(before)


def storywatch(*args: str, cwd: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
    """Run ``storywatch ARGS`` in a folder."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    source, standard = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"), sys.stdin
    sys.stdin = source
    try:
        with _process(args, cwd, env or {}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _code()
    finally:
        sys.stdin = standard
    return Ran(code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


def _code() -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    raise AssertionError("the command ended without an exit code")
