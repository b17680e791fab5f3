"""Makes processes of the real service that a test may kill, each forked from this one, which has imported everything.

::

    test ──[config, edge, nth] and a pipe──▶ this process ──fork──▶ the service, its log in the pipe
         ◀──────pid, later exit code────────┘

So a service is at work some milliseconds after it was asked for, and a kill at random meets its work, not its imports.
Started by ``victims.Victims``, over a socket as standard input; at its end every service is killed.
"""

import asyncio
import gc
import json
import os
import random
import select
import signal
import socket
from collections import Counter
from pathlib import Path

from scrapy.settings import Settings

from crawler import settings
from news import edges
from news.clock import SystemClock
from news.edges import Edge
from storywatch import config, logs, service

_LONGEST_REQUEST = 65_536


def main() -> None:
    """Fork a service for each request, one at a time, until the other side is gone."""
    with socket.socket(fileno=os.dup(0)) as control:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        # What Scrapy imports by name when it starts is imported here.
        named = Settings(settings.as_dict())
        for kind in ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES"):
            named.get_component_priority_dict_with_base(kind)
        # What was imported is never looked at again, and so stays shared with the forks.
        gc.collect()
        gc.freeze()
        while True:
            request, descriptors, _, _ = socket.recv_fds(control, _LONGEST_REQUEST, 1)
            if not request:
                return
            control.sendall(b"%d\n" % _fork(control, json.loads(request), descriptors[0]))


def _fork(control: socket.socket, arguments: list[str], log: int) -> int:
    """Run a service, tell its pid, and return its exit code once it has ended."""
    ended, alive = os.pipe()
    pid = os.fork()
    if pid == 0:
        # Whatever happens, the fork never goes on as its parent.
        code = 70
        try:
            control.close()
            os.close(ended)
            os.dup2(log, 2)
            os.close(log)
            code = _serve(*arguments)
        finally:
            os._exit(code)
    os.close(alive)
    os.close(log)
    control.sendall(b"%d\n" % pid)
    # The pipe ends with the fork, since nobody else has its other end; the socket with the test.
    readable, _, _ = select.select([ended, control.fileno()], [], [])
    if control.fileno() in readable:
        os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _serve(path: str, *kill: str) -> int:
    # A fork draws the same chances as the one before.
    random.seed()
    logs.set_up("text")
    if kill:
        _kill_at(Edge(kill[0]), int(kill[1]))
    return asyncio.run(service.run(Path(path), config.load(Path(path)), SystemClock()))


def _kill_at(edge: Edge, nth: int) -> None:
    crossed: Counter[Edge] = Counter()

    def hook(reached: Edge) -> None:
        crossed[reached] += 1
        if reached is edge and crossed[edge] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    edges.install(hook)


if __name__ == "__main__":
    main()
