"""Fixtures of the tests that kill the service."""

from collections.abc import Iterator

import pytest
from victims import Victims


@pytest.fixture(scope="session")
def victims() -> Iterator[Victims]:
    """Offer services to kill; what is imported for them is imported once."""
    with Victims() as offered:
        yield offered
