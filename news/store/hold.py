"""Only one ``storywatch run`` on one SQLite file: a lock that the kernel releases when its process ends.

The lock file stands beside the database and holds the pid of the process that has it.
"""

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from news.errors import StoreError, StoreHeldError


class ServiceHold:
    """The lock of the running service on ``FILE.lock``, held until ``release``."""

    def __init__(self, database: Path) -> None:
        """Take the lock, or raise StoreHeldError naming the process that has it, StoreError where there can be none."""
        self._path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(self._descriptor or 0, 32, 0).decode("ascii", "replace").strip() or "unknown"
            self._close()
            raise StoreHeldError(
                f"{database} is held by process {holder}, a running storywatch; end that one, or use another database"
            ) from None
        except OSError as error:
            self._close()
            raise StoreError(
                f"{self._path} cannot be locked: {error.strerror}; check the folder and its disk"
            ) from error
        # flock belongs to the open file, which a forked child shares: it must not outlive this process there.
        reference = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(reference))

    def release(self) -> None:
        """Give the lock back; the file stays, so that no two processes ever lock different files."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def held_by(database: Path) -> str | None:
    """Return the pid, as text, of the process that runs the service on the file; None where none does."""
    try:
        descriptor = os.open(database.with_name(database.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None


def _forget(reference: "weakref.ref[ServiceHold]") -> None:
    hold = reference()
    if hold is not None:
        hold._close()  # noqa: SLF001 # the same module's own class
