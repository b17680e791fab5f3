"""What parsing costs: storywatch against a full feedparser parse of the same bytes, in one run.

Prints, for feeds of 30 entries, how many times cheaper a poll is with every entry new, with two, one and none; then
what documents at the limits take. Ratios travel between machines, absolute times do not.
"""

import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from statistics import geometric_mean

import feedparser

from crawler.feed import parse, too_big_for_the_loop

_NOW = datetime(2022, 1, 10, tzinfo=UTC)
_URL = "https://kabar.example.org/rss"
_ROUNDS = 15
#: the least ratios that the new-items-only parsing is for
_BARS = {1: 8.0, 0: 30.0}


def main() -> int:
    """Print the table; return 1 if new-items-only parsing is not worth its while any more."""
    print(f"{'feed of 30 entries':24} {'feedparser':>10} {'all new':>8} {'2 new':>8} {'1 new':>8} {'none':>8}")
    found: dict[int, list[float]] = {new: [] for new in _BARS}
    for name, body in _feeds().items():
        carried = parse(body, url=_URL, content_type=None, now=_NOW).carried
        whole = _seconds(partial(_whole, body))
        ratios = {}
        for new in (30, 2, 1, 0):
            ratios[new] = whole / _seconds(
                partial(parse, body, url=_URL, content_type=None, known=frozenset(carried[new:]), now=_NOW)
            )
        print(f"{name:24} {whole * 1000:7.1f} ms " + " ".join(f"{ratio:7.1f}×" for ratio in ratios.values()))
        for new, of_feeds in found.items():
            of_feeds.append(ratios[new])
    for name, body in _extremes().items():
        started = time.perf_counter()
        entries = len(parse(body, url=_URL, content_type=None, now=_NOW).entries)
        taken = time.perf_counter() - started
        where = "in a process" if too_big_for_the_loop(body) else "in the loop"
        print(f"{name:36} {len(body) / 1e6:5.1f} MB, {entries:5} entries: {taken:6.2f} s ({where})")
    means = {new: geometric_mean(of_feeds) for new, of_feeds in found.items()}
    for new, bar in _BARS.items():
        print(f"{new} new of 30: ×{means[new]:.1f} on average (bar ×{bar:.0f}), ×{min(found[new]):.1f} at least")
    return 0 if all(means[new] >= bar for new, bar in _BARS.items()) else 1


def _whole(body: bytes) -> object:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": _URL}
    return feedparser.parse(io.BytesIO(body), response_headers=headers)


def _seconds(work: Callable[[], object]) -> float:
    """Return the least of several CPU times: what is beside the work only ever adds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def _feeds() -> dict[str, bytes]:
    summary = "Harga bahan bakar naik sejak pagi dan <b>warga</b> mengantre di <a href='/spbu'>pompa</a>. "
    paragraph = "<p>Petugas membuka jalur tambahan, dan antrean berkurang menjelang sore di beberapa kota.</p>"
    return {
        "RSS, summaries": _rss(f"<description><![CDATA[<p>{summary * 4}</p>]]></description>"),
        "RSS, full texts": _rss(
            f"<description><![CDATA[{summary * 2}]]></description>"
            f"<content:encoded><![CDATA[{paragraph * 25}]]></content:encoded>"
        ),
        "RSS, escaped, media": _rss(
            "<description>&lt;p&gt;Antrean &amp;amp; kemacetan&lt;/p&gt;</description>"
            '<media:content url="https://kabar.example.org/{n}.jpg" medium="image"/>'
        ),
        "Atom, XHTML": _atom(paragraph),
    }


def _rss(inside: str, entries: int = 30) -> bytes:
    one = (
        "<item><title>Kabar nomor {n} dari pasar</title><link>https://kabar.example.org/berita/{n}</link>"
        '<guid isPermaLink="false">kabar-{n}</guid><pubDate>Sat, 08 Jan 2022 10:00:00 +0700</pubDate>'
        "<dc:creator>Meja kota</dc:creator><category>Ekonomi</category>" + inside + "</item>\n"
    )
    body = "".join(one.replace("{n}", str(number)) for number in range(entries))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel><title>Kabar</title><link>https://kabar.example.org/</link><language>id</language>{body}</channel></rss>"
    ).encode()


def _atom(paragraph: str) -> bytes:
    one = (
        "<entry><id>tag:kabar.example.org,2022:{n}</id><title>Kabar nomor {n}</title><link href='/berita/{n}'/>"
        "<updated>2022-01-08T10:00:00+07:00</updated><author><name>Meja kota</name></author>"
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{paragraph * 10}</div></content></entry>'
    )
    body = "".join(one.replace("{n}", str(number)) for number in range(30))
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Kabar</title>{body}</feed>'.encode()


def _extremes() -> dict[str, bytes]:
    many = _rss("<description>Antrean berkurang.</description>", 5000)
    bomb = '<!DOCTYPE rss [\n<!ENTITY a "' + "x" * 50_000 + '">\n]>\n'
    return {
        "5,000 entries": many,
        "5,000 entries, malformed at the end": many.removesuffix(b"</channel></rss>"),
        "an entity of 50 kB, named 20,000 times": bomb.encode()
        + _rss(f"<description>{'&a;' * 20_000}</description>", 1).partition(b"\n")[2],
        "one entry of 9 MB of markup": _rss(f"<description><![CDATA[{'<p>kata</p>' * 800_000}]]></description>", 1),
    }


if __name__ == "__main__":
    sys.exit(main())
