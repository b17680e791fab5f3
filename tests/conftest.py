"""Fixtures that every test may ask for."""

import os

import pytest
from hypothesis import settings
from postgres import in_memory
from stores import (
    database,
    postgres,
    postgres_template,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
    store_clock,
)

__all__ = [
    "database",
    "postgres",
    "postgres_template",
    "postgres_url",
    "sqlite_template",
    "sqlite_url",
    "store",
    "store_clock",
]

# How long an example takes depends on what else the machine does; limits of time belong in bench/.
settings.register_profile("storywatch", deadline=None)
settings.load_profile("storywatch")

# The model costs a second a process, and a tenth a story: tests of it switch it on.
os.environ["STORYWATCH_SEMANTIC"] = "off"

# A store waits for the disk at each commit, for milliseconds where the folders of tests are on one.
if (memory := in_memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with tests that may take longest, so that none is waited for when all others are over."""
    items.sort(key=_limit, reverse=True)


def _limit(test: pytest.Item) -> int:
    """The seconds that a test may take, if it says so."""
    marker = test.get_closest_marker("timeout")
    return 0 if marker is None else int(marker.args[0])
