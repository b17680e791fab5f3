"""Every benchmark in turn, or those that are named: ``python -m bench [NAMES]``; 1 where any missed its bound.

Each runs in a process of its own, so that none measures what another left behind, and prints its table.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(_ROOT)}

#: in the order of running: the quick ones first
BENCHMARKS = {
    "parsing": "what a feed costs to parse, beside feedparser",
    "forms": "which forms of a word are found, beside simplemma and Snowball",
    "matching": "documents a second through the index of queries",
    "diffs": "what comparing two versions of an article costs, beside difflib, and with hostile input",
    "near_duplicates": "which edited and cut copies are found, and what it costs, beside datasketch and SimHash",
    "threads": "which stories of one event are recognised, in one language and across four, and what it costs",
    "spikes": "which surges of watchlists are told, how soon, and how often one that is none; beside simpler rules",
    "store": "what a poll costs in the store",
    "feeds_corpus": "what collected feeds are read as",
    "urls_corpus": "which collected addresses are one",
    "opml_corpus": "how many feeds are found in published lists",
    "service": "CPU a poll: Scrapy's defaults, the crawl, the whole service",
    "kills": "a hundred kills at random on each database",
    "endurance": "how late polls are, and whether memory grows",
}
#: run by name only: its rows stand in the table of another
_PARTS = {"crawl": "CPU a poll of the crawl; a part of service"}


def main(names: list[str]) -> int:
    """Run benchmarks; 2 for a name that there is not."""
    known = BENCHMARKS | _PARTS
    if unknown := [name for name in names if name not in known]:
        print(f"no benchmark is called {', '.join(unknown)}; there are:", file=sys.stderr)
        for name, sentence in known.items():
            print(f"  {name:14} {sentence}", file=sys.stderr)
        return 2
    missed = []
    for name in names or BENCHMARKS:
        print(f"\n── {name}: {known[name]}", flush=True)
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=_ROOT, env=_ENVIRONMENT, check=False)  # noqa: S603 - ourselves
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            missed.append(name)
    print(f"\nmissed: {', '.join(missed)}" if missed else "\nall bounds are kept")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
