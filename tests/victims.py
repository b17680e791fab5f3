"""Services that are started to be killed: the tests' side of ``victim.py``.

::

    with Victims() as victims:
        victim = await victims.start(str(config))          the real service, in a process of its own
        await victim.ready()
        victim.kill()
        assert await victim.wait() == -signal.SIGKILL
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

_VICTIM = Path(__file__).with_name("victim.py")
_LAST_LINES = 60
_LONGEST = 1024


class Victims:
    """The process that they are forked from; one service at a time."""

    def __init__(self) -> None:
        self._said = b""
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)  # noqa: FBT003 - its only parameter
        with theirs:
            self._process = subprocess.Popen([sys.executable, str(_VICTIM)], stdin=theirs.fileno())  # noqa: S603 - our own file

    async def start(self, *arguments: str) -> "Victim":
        """Start a service: the path of its configuration, and perhaps an edge and which crossing of it kills it."""
        reading, writing = os.pipe()
        try:
            socket.send_fds(self._control, [json.dumps(arguments).encode()], [writing])
        finally:
            os.close(writing)
        victim = Victim(self, await self.told(), reading)
        await victim.listen()
        return victim

    async def told(self) -> int:
        """Return the next number that is told: a pid, or an exit code."""
        while b"\n" not in self._said:
            more = await asyncio.get_running_loop().sock_recv(self._control, _LONGEST)
            assert more, "the process that forks services has ended; its standard error says why"
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return int(line)

    def close(self) -> None:
        """Kill what still runs, and end."""
        self._control.close()
        self._process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Victim:
    """One service."""

    def __init__(self, victims: Victims, pid: int, log: int) -> None:
        self.pid = pid
        #: the last lines of its log
        self.log: list[str] = []
        self._victims = victims
        self._pipe = os.fdopen(log, "rb")
        self._ready = asyncio.Event()
        self._code: int | None = None

    async def listen(self) -> None:
        """Begin to read its log."""
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), self._pipe)
        self._reading = asyncio.create_task(self._read(lines))

    async def ready(self) -> None:
        """Wait until it says that it is ready; an AssertionError with its log where it ends before."""
        await self._ready.wait()
        assert not self._reading.done(), self.tail

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._reading.done()

    @property
    def tail(self) -> str:
        """The end of its log."""
        return "".join(self.log)

    def kill(self) -> None:
        """End it without warning."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Wait for its end and return its exit code."""
        await self._reading
        if self._code is None:
            self._code = await self._victims.told()
        return self._code

    def _signal(self, number: signal.Signals) -> None:
        if not self._reading.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self.log.append(line.decode("utf-8", "replace"))
            del self.log[:-_LAST_LINES]
            if b"ready:" in line:
                self._ready.set()
        self._transport.close()
        # Whoever waits for it to be ready goes on and sees that it has ended.
        self._ready.set()
