"""Feeds imported of feeds listed, over the lists that people published: ``python -m bench opml_corpus``."""

import os
import sys
from pathlib import Path

from storywatch import opml


def main() -> int:
    """Print one row a list, and the sum; 0."""
    corpora = os.environ.get("STORYWATCH_CORPORA")
    if not corpora:
        print("opml: STORYWATCH_CORPORA is not set; skipped")
        return 0
    listed = imported = tagged = nested = 0
    print(f"{'list':34} {'listed':>6} {'imported':>8} {'tagged':>6}")
    for path in sorted((Path(corpora) / "feedlists").glob("*.opml")):
        body = path.read_bytes()
        feeds = opml.read(body).feeds
        count, tags = body.count(b"xmlUrl="), sum(bool(feed.tags) for feed in feeds)
        print(f"{path.stem:34} {count:6} {len(feeds):8} {tags:6}")
        listed, imported = listed + count, imported + len(feeds)
        if path.stem.endswith("nested"):
            nested, tagged = nested + count, tagged + tags
    print(f"{'all':34} {listed:6} {imported:8} {tagged:6} of {nested} in folders")
    return 0


if __name__ == "__main__":
    sys.exit(main())
