"""Tables of listings: columns on a terminal, and lines that can be read and searched in a pipe."""

import json
import sys
from io import StringIO

import pytest

from storywatch.cli.listing import show

COLUMNS = {"id": "id", "query": "query", "state": "state"}
LONG = "almaty OR " * 30 + "unrest"


class Terminal(StringIO):
    """Standard output of a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def lines(capsys: pytest.CaptureFixture[str], *rows: tuple[str, object, str]) -> list[str]:
    """Return the lines of a listing in a pipe."""
    show([dict(zip(COLUMNS, row, strict=True)) for row in rows], COLUMNS, json=False, nothing="none")
    return capsys.readouterr().out.splitlines()


def test_columns_stand_under_their_headings_without_blanks_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, ("kz", "almaty", "active"), ("ports", None, "paused")) == [
        "id     query   state",
        "kz     almaty  active",
        "ports  –       paused",
    ]


def test_a_long_cell_is_whole_and_widens_no_other_line(capsys: pytest.CaptureFixture[str]) -> None:
    head, long, short = lines(capsys, ("kz", LONG, "active"), ("ports", "port", "paused"))
    assert long == f"kz     {LONG}  active"
    assert (head, short) == ("id     query  state", "ports  port   paused")


def test_letters_that_take_two_columns_count_as_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, ("a", "哈萨克", "active"), ("b", "almaty", "paused"))[1:] == [
        "a   哈萨克  active",
        "b   almaty  paused",
    ]


def test_several_values_stand_in_one_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, ("kz", ["one", "two"], "x"), ("p", [], "y"))[1:] == ["kz  one, two  x", "p   –         y"]


def test_on_a_terminal_a_table_fits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "dumb")
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    show([{"id": "kz", "query": LONG, "state": "active"}], COLUMNS, json=False, nothing="none")
    assert max(len(line) for line in shown.getvalue().splitlines()) <= 60
    assert "unrest" in shown.getvalue()


def test_programs_get_every_row_and_an_empty_listing_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"id": "kz", "more": 1}], COLUMNS, json=True, nothing="none")
    assert json.loads(capsys.readouterr().out) == [{"id": "kz", "more": 1}]
    assert lines(capsys) == ["none"]
