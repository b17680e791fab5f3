"""The name under which a process holds leases, and whether the process of such a name is known to have ended.

::

    holder_name() ──▶ "news-1:4711:9031482:5f0c2a…:e3b1…"     host, pid, its start, the system it runs on, by chance
    has_ended(name) ──▶ True only where it is certain: the same running system, and no such process on it

So a service that is started anew after a crash need not wait until the leases of the one before run out. A process on
another machine, or in another container, is never judged: its leases run out by themselves.
"""

import hashlib
import os
import secrets
import socket
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_FIELDS = 5
#: in proc(5), stat, counted behind the name of the program: its state, and when it was started
_STATE, _STARTED = 0, 19


def holder_name() -> str:
    """Return a name for this process that no other has had."""
    started = _process(os.getpid())[1]
    return f"{socket.gethostname()}:{os.getpid()}:{started}:{_system()}:{secrets.token_hex(4)}"


def has_ended(name: str) -> bool:
    """Whether the process of this name is known to have ended."""
    parts = name.rsplit(":", _FIELDS - 1)
    if len(parts) != _FIELDS or not _system() or parts[3] != _system() or not parts[1].isdecimal():
        return False
    pid = int(parts[1])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        # Another user's, of whom /proc may tell nothing.
        return False
    state, started = _process(pid)
    return state in {"Z", "X"} or started not in {parts[2], ""}


def _process(pid: int) -> tuple[str, str]:
    """Return a process's state and when it started, in ticks of the system; both empty where that is not told."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[_STATE], fields[_STARTED]


@cache
def _system() -> str:
    """Return what all processes that see each other's numbers share, and no others; empty where that cannot be told."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        numbers = (_PROC / "self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return hashlib.blake2b(f"{boot} {numbers}".encode(), digest_size=6).hexdigest()
