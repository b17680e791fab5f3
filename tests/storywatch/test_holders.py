"""Whether a process that held leases has ended: said only where it is certain."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storywatch import holders
from storywatch.holders import has_ended, holder_name

_OTHER = "from storywatch.holders import holder_name; print(holder_name(), flush=True); input()"


@contextmanager
def _another() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run another process and offer its name."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _OTHER], stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def test_two_names_of_one_process_are_two() -> None:
    assert holder_name() != holder_name()


def test_one_that_runs_has_not_ended() -> None:
    assert not has_ended(holder_name())
    with _another() as (name, _):
        assert not has_ended(name)


def test_one_that_was_killed_has_ended_at_once() -> None:
    with _another() as (name, process):
        process.kill()
        # Until its parent asks how it ended, it still has its number.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(name)
        process.wait()
        assert has_ended(name)


def test_its_number_given_to_another_process_does_not_hide_its_end() -> None:
    host, pid, started, system, chance = holder_name().rsplit(":", 4)
    assert has_ended(":".join((host, pid, str(int(started) - 1), system, chance)))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("elsewhere:1:5:0123456789ab:00000000", id="another machine or container"),
        pytest.param("news-1:4711:e3b1c2d4", id="of a version before"),
        pytest.param("", id="empty"),
    ],
)
def test_of_what_cannot_be_seen_nothing_is_said(name: str) -> None:
    assert not has_ended(name)


def test_where_the_system_tells_nothing_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with _another() as (name, process):
        process.kill()
        process.wait()
        monkeypatch.setattr(holders, "_system", lambda: "")
        assert not has_ended(name)
