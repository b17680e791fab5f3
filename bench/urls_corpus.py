"""Addresses of the corpora that become one, group by group, to be read through: each should be one article.

Reads ``urls/semeval2022.txt.gz`` under ``STORYWATCH_CORPORA``; says so and skips where it is unset. Prints the groups,
which query keys were dropped and how often, and how w3lib alone fares on the same addresses. Fails where
canonicalising raises or is not stable, or where what is opened would be another article.
"""

import gzip
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from w3lib.url import canonicalize_url

from news.urls import canonical, openable, site_of


def main() -> int:
    """Print the table; return 0 if canonicalising is stable everywhere or there is nothing to read."""
    root = os.environ.get("STORYWATCH_CORPORA")
    if not root:
        print("urls_corpus: STORYWATCH_CORPORA is not set; skipped.")
        return 0
    path = Path(root) / "urls" / "semeval2022.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        addresses = lines.read().split()
    began = time.perf_counter()
    for address in addresses:
        canonical(address)
    ours = time.perf_counter() - began
    began = time.perf_counter()
    for address in addresses:
        canonicalize_url(address)
    theirs = time.perf_counter() - began

    unstable = [address for address in addresses if canonical(canonical(address)) != canonical(address)]
    changed = [address for address in addresses if canonical(openable(address) or address) != canonical(address)]
    groups = joined(addresses, canonical)
    for identity, members in sorted(groups.items()):
        print(identity, *members, sep="\n    ")
    print()
    print("keys dropped:", *(f"{key} ×{count}" for key, count in dropped(addresses).most_common()), sep=" ")
    print()
    print(f"addresses                       {len(addresses):>6}")
    print(f"sites                           {len({site_of(address) for address in addresses}):>6}")
    print(f"groups joined, by w3lib alone   {len(joined(addresses, canonicalize_url)):>6}")
    print(f"groups joined                   {len(groups):>6}")
    print(f"not stable                      {len(unstable):>6}")
    print(f"opened as another article       {len(changed):>6}")
    print(f"time over w3lib's               {ours / theirs:>6.1f}")
    for address in (*unstable, *changed):
        print("wrong:", address, canonical(address))
    return 1 if unstable or changed else 0


def joined(addresses: Iterable[str], identity_of: Callable[[str], str]) -> dict[str, list[str]]:
    """The addresses that share an identity, where there is more than one."""
    groups = defaultdict(list)
    for address in addresses:
        groups[identity_of(address)].append(address)
    return {identity: members for identity, members in groups.items() if len(members) > 1}


def dropped(addresses: Iterable[str]) -> Counter[str]:
    """How often each query key is gone from an identity."""
    counts: Counter[str] = Counter()
    for address in addresses:
        kept = {key for key, _ in parse_qsl(urlsplit(canonical(address)).query, keep_blank_values=True)}
        given = {key for key, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
        counts.update(given - kept)
    return counts


if __name__ == "__main__":
    sys.exit(main())
