"""Packed dictionaries kept on disk between runs, since making one takes seconds: a cache, never needed, never trusted.

::

    load("ru", edition) → entries, or None        with alone("ru"): save("ru", edition, entries)

A file is eight bytes of checksum and the entries, mapped into memory as it is, so that several processes share it. Its
name carries the edition: what the entries were made of and how. The folder is the service manager's for caches
(``CACHE_DIRECTORY``), else the user's; where it cannot be written, dictionaries are made anew by each process.
"""

import fcntl
import logging
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xxhash
from platformdirs import user_cache_path

log = logging.getLogger("storywatch.forms")

_CHECKSUM_BYTES = 8
_ENTRY_BYTES = 8


def folder() -> Path:
    """Where packed dictionaries are kept."""
    given = os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    return (Path(given) if given else user_cache_path("storywatch")) / "words"


def load(language: str, edition: str) -> memoryview | None:
    """The entries of a dictionary of this edition; None where none is kept, or what is kept is damaged."""
    try:
        with (folder() / f"{language}-{edition}").open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        return None
    entries = mapped[_CHECKSUM_BYTES:]
    if len(entries) % _ENTRY_BYTES or _checksum(entries) != mapped[:_CHECKSUM_BYTES]:
        log.warning("%s: the kept word list %s is damaged, and is made anew", folder(), language)
        return None
    return entries.cast("Q")


def save(language: str, edition: str, entries: memoryview) -> None:
    """Keep a dictionary in the place of its other editions; where that cannot be done, only the log says so."""
    place, plain = folder(), entries.cast("B")
    made: str | None = None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f"{language}-", dir=place)
        with os.fdopen(handle, "wb") as file:
            file.write(_checksum(plain))
            file.write(plain)
        Path(made).replace(place / f"{language}-{edition}")
    except OSError as error:
        log.info("%s: the word list %s is not kept there, and is made anew at each start: %s", place, language, error)
        if made is not None:
            with suppress(OSError):
                Path(made).unlink()
        return
    for other in place.glob(f"{language}-*"):
        if other.name != f"{language}-{edition}":
            # Another process may be at the same; one that has a file open keeps it.
            with suppress(OSError):
                other.unlink()


@contextmanager
def alone(language: str) -> Iterator[None]:
    """Wait while another process makes this language's dictionary, which is then there to load."""
    place = folder() / f".{language}"
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = place.open("ab")
    except OSError:
        yield
        return
    with file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _checksum(entries: memoryview) -> bytes:
    return xxhash.xxh3_64_digest(entries)
