"""Real addresses: none joins that is not one article, and those with trackers and AMP forms added fold back.

Reads ``urls/semeval2022.txt.gz`` under ``STORYWATCH_CORPORA``; says so and skips where it is unset. Prints

* the groups that become one, each with why that is right, as it was read through; a group that nobody has read fails;
* how many addresses keep their identity when one to three trackers of ``bench.wild_trackers`` are put into their
  queries, and when they come as their AMP or mobile forms (seeded; at least 97 %), with what is not folded;
* which query keys were dropped and how often, and how w3lib alone fares on the same addresses.

Fails, too, where canonicalising raises or is not stable, or where what is opened would be another article.
"""

import gzip
import hashlib
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from w3lib.url import canonicalize_url

from bench.wild_trackers import drawn
from news.urls import canonical, host_of, openable, site_of

_SEED = 20261123
_FOLDED_AT_LEAST = 0.97
_MOST_TRACKERS = 3

#: why what joins is one article; by the beginning of the SHA-256 of the identity
READ_THROUGH = {
    "b338ead784bb": "its feed adds src=Rss_",
    "03f3da9c619d": "http and https",
    "f5b9e193a691": "its feed's keys in two orders",
    "2757c1ae9824": "its feed's keys in two orders",
    "77c0fb8d62d4": "its feed adds localLinksEnabled",
    "df0b4ca3bfaf": "its two feeds name two profiles of one template",
    "15495bda1aa4": "http and https",
}


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
    unread = []
    for identity, members in sorted(groups.items()):
        reason = READ_THROUGH.get(hashlib.sha256(identity.encode()).hexdigest()[:12])
        print(identity, f"  one article: {reason or 'NOT READ THROUGH'}", *members, sep="\n    ")
        if reason is None:
            unread.append(identity)
    print()
    tracked = folded_back(addresses, with_trackers, "trackers")
    formed = folded_back(addresses, in_another_form, "AMP and mobile forms")
    print("keys dropped:", *(f"{key} ×{count}" for key, count in dropped(addresses).most_common()), sep=" ")
    print()
    print(f"addresses                       {len(addresses):>6}")
    print(f"sites                           {len({site_of(address) for address in addresses}):>6}")
    print(f"groups joined, by w3lib alone   {len(joined(addresses, canonicalize_url)):>6}")
    print(f"groups joined                   {len(groups):>6}")
    print(f"groups nobody has read          {len(unread):>6}")
    print(f"folded back: trackers           {tracked:>6.1%} (at least {_FOLDED_AT_LEAST:.0%})")
    print(f"folded back: AMP, mobile        {formed:>6.1%} (at least {_FOLDED_AT_LEAST:.0%})")
    print(f"not stable                      {len(unstable):>6}")
    print(f"opened as another article       {len(changed):>6}")
    print(f"time over w3lib's               {ours / theirs:>6.1f}")
    for address in (*unstable, *changed):
        print("wrong:", address, canonical(address))
    return 1 if unstable or changed or unread or min(tracked, formed) < _FOLDED_AT_LEAST else 0


def folded_back(addresses: Iterable[str], change: Callable[[str, random.Random], str], what: str) -> float:
    """The share of changed addresses that keep their identity; prints the most frequent ways in which others do not."""
    chance = random.Random(_SEED)  # noqa: S311 - seeded on purpose
    asked = kept = 0
    left: Counter[str] = Counter()
    for address in addresses:
        changed = change(address, chance)
        identity, found = canonical(address), canonical(changed)
        asked += 1
        kept += found == identity
        if found != identity:
            extra = sorted(set(found.partition("?")[2].split("&")) - set(identity.partition("?")[2].split("&")))
            left.update(key.partition("=")[0] for key in extra if key)
            left.update([] if any(extra) else [f"{site_of(address)} {changed[:60]}"])
    if left:
        print(f"{what}, not folded:", *(f"{key} ×{count}" for key, count in left.most_common(12)), sep=" ")
        print()
    return kept / asked


def with_trackers(address: str, chance: random.Random) -> str:
    """The address with trackers at random places of its query."""
    rest, mark, fragment = address.partition("#")
    page, _, query = rest.partition("?")
    pieces = [piece for piece in query.split("&") if piece]
    for _ in range(chance.randint(1, _MOST_TRACKERS)):
        pieces.insert(chance.randint(0, len(pieces)), "=".join(drawn(chance)))
    return f"{page}?{'&'.join(pieces)}{mark}{fragment}"


def in_another_form(address: str, chance: random.Random) -> str:
    """The address as a viewer, a cache, a publisher's own AMP page or its mobile host shows it.

    Publishers' AMP paths are not added to paths that end in a slash or with an ending, where they look otherwise. A
    mobile host is made of a bare one only: whether that of ``www.example.com`` stands for it is known of those in
    ``hosts.toml`` alone.
    """
    scheme, _, rest = address.partition("#")[0].partition("://")
    place, slash, more = rest.partition("/")
    path, mark, query = f"{slash}{more}".partition("?")
    secure = "s/" if scheme == "https" else ""
    forms = [
        f"https://{host_of(address).replace('-', '--').replace('.', '-')}.cdn.ampproject.org/c/{secure}{rest}",
        f"https://www.google.com/amp/{secure}{rest}",
        f"{scheme}://{place}{path}?{query}{'&' if mark else ''}amp=1",
        f"{scheme}://{place}{path}?{query}{'&' if mark else ''}outputType=amp",
    ]
    if path.count("/") > 1 and "." not in path and not path.endswith("/"):
        forms += [f"{scheme}://{place}{path}/amp{mark}{query}", f"{scheme}://{place}/amp{path}{mark}{query}"]
    if not place.startswith(("www.", "m.", "mobile.", "amp.")):
        forms += [f"{scheme}://m.{rest}", f"{scheme}://amp.{rest}"]
    return chance.choice(forms)


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
