"""Listings: a table for people, rows for programs; times as people and programs read them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from storywatch.cli.common import answer, answer_json, console, wrong

if TYPE_CHECKING:
    from rich.table import Table

#: columns of a cell in a pipe up to which the cells of its column are padded to one width
_WIDEST = 60
_ACCEPTED = "accepted are a duration (2h, 30d), a day (2022-01-05), or a time (2022-01-05T07:00)"


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, json: bool, nothing: str) -> None:
    """Print rows: all of them as JSON, else a table of ``columns`` (key → heading), else the sentence ``nothing``."""
    if json:
        answer_json(list(rows))
        return
    if not rows:
        answer(nothing)
        return
    cells = [[_cell(row[key]) for key in columns] for row in rows]
    out = console()
    if out.is_terminal:
        out.print(_table(list(columns.values()), cells))
    else:
        answer("\n".join(_lines([list(columns.values()), *cells])))


def _table(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> "Table":
    """Return a table that folds its cells to the width of a terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line a row, for a pipe, a file or a mail: nothing is cut, and one long cell widens no other line."""
    from rich.cells import cell_len

    shown = [[cell_len(cell) for cell in column] for column in zip(*cells, strict=True)]
    widths = [max((width for width in column if width <= _WIDEST), default=0) for column in shown]
    for row in cells:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(one) for one in value) or "–"
    return clean(str(value))


def clean(text: str) -> str:
    """Return one line of text that does not steer the terminal, whatever a feed or a server said."""
    return "".join(one if one.isprintable() else " " for one in text)


def count(number: int, noun: str, several: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"


def stamp(at: datetime | None) -> str | None:
    """Return an instant as RFC 3339 in UTC, or None."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def moment(text: str, *, now: datetime, zone: str, ahead: bool) -> datetime:
    """Read ``--since`` and ``--until``: a duration (``2h``, ``30d``), a day, or a date and time, local in ``zone``.

    A duration counts from ``now``, forward if ``ahead``. What is none of these ends the command with 2.
    """
    from storywatch.config.units import duration

    try:
        span: timedelta = duration(text)
    except ValueError:
        pass
    else:
        return now + span if ahead else now - span
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        wrong(f"{text}: {_ACCEPTED}")
