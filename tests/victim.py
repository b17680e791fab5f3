"""Runs the real service in this process and kills it (SIGKILL) at a named edge: ``victim.py CONFIG [EDGE NTH]``."""

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

from news import edges
from news.clock import SystemClock
from news.edges import Edge
from storywatch import config, logs, service


def _kill_at(edge: Edge, nth: int) -> None:
    crossed: Counter[Edge] = Counter()

    def hook(reached: Edge) -> None:
        crossed[reached] += 1
        if reached is edge and crossed[edge] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    edges.install(hook)


def main() -> int:
    """Run until killed or told to end."""
    path = Path(sys.argv[1])
    logs.set_up("text")
    if len(sys.argv) > 2:
        _kill_at(Edge(sys.argv[2]), int(sys.argv[3]))
    return asyncio.run(service.run(path, config.load(path), SystemClock()))


if __name__ == "__main__":
    sys.exit(main())
