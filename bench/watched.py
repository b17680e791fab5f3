"""A real ``storywatch run`` in a process of its own, under the eye of a benchmark.

::

    async with watched(config, folder) as service:     returns when it says that it is ready
        service.cpu(), service.memory()                from /proc, all its threads
    and SIGTERM at the end, which it must obey with 0
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """\
[service]
database = "{database}"
contact = "bench@example.org"

[fetch]
min_interval = "1s"
delay = "0s"
allow_addresses = ["127.0.0.0/8"]
"""
_START_S = 60.0
_LAST_LINES = 40


def configuration(database: str, urls: Sequence[str], interval: str) -> str:
    """Return the configuration of a service that polls these feeds; watchlists are the caller's to add."""
    feeds = "".join(f'[[feeds]]\nurl = "{url}"\ninterval = "{interval}"\n' for url in urls)
    return _CONFIG.format(database=database) + feeds


@dataclass(frozen=True)
class Watched:
    """A running service."""

    pid: int
    #: the last lines of its log
    log: list[str]

    def cpu(self) -> float:
        """Seconds of CPU so far, of user and system (proc(5), stat)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes of resident memory (proc(5), statm)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@asynccontextmanager
async def watched(config: str, folder: Path) -> AsyncIterator[Watched]:
    """Run the service until the end of the block."""
    file = folder / "storywatch.toml"
    file.write_text(config, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "storywatch", "--config", str(file), "run"), stderr=asyncio.subprocess.PIPE
    )
    service = Watched(process.pid, [])
    ready = asyncio.Event()
    reading = asyncio.create_task(_read(process, service.log, ready))
    try:
        async with asyncio.timeout(_START_S):
            await ready.wait()
        yield service
    except BaseException:
        print("".join(service.log), file=sys.stderr)
        raise
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        code = await process.wait()
        await reading
    assert code == 0, "".join(service.log)


async def _read(process: asyncio.subprocess.Process, log: list[str], ready: asyncio.Event) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        log.append(line.decode("utf-8", "replace"))
        del log[:-_LAST_LINES]
        if b"ready:" in line:
            ready.set()
    # It ended, ready or not: whoever waits for it goes on and meets the exit code.
    ready.set()
