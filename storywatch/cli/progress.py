"""How long work shows that it goes on: on a terminal, on standard error; in a pipe not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: called with how much is done so far
Advance = Callable[[int], None]


@contextmanager
def progress(text: str, total: int | None = None) -> Iterator[Advance]:
    """Show ``text`` with a bar, or without a total a wheel that turns, until the end of the block."""
    import sys

    if not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    counts = () if total is None else (BarColumn(), MofNCompleteColumn())
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), *counts, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, emoji=False), transient=True) as shown:
        task = shown.add_task(text, total=total)

        def advance(done: int) -> None:
            shown.update(task, completed=done)

        yield advance


def _nothing(done: int) -> None:
    """Show nothing."""
    del done
