"""Listings: a table for people, rows for programs; times as people and programs read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from storywatch.cli.common import answer, answer_json, console, wrong

_ACCEPTED = "accepted are a duration (2h, 30d), a day (2022-01-05), or a time (2022-01-05T07:00)"


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, json: bool, nothing: str) -> None:
    """Print rows: all of them as JSON, else a table of ``columns`` (key → heading), else the sentence ``nothing``."""
    if json:
        answer_json(list(rows))
        return
    if not rows:
        answer(nothing)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[key])) for key in columns))
    out = console()
    if not out.is_terminal:
        # In a pipe a line is a row, however long it is.
        out.width = 10_000
    out.print(table)


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
