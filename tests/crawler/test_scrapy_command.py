"""``scrapy crawl feeds``, by Scrapy's own convention, in a process of its own."""

import asyncio
import json
import sys
from pathlib import Path

from crawling import item, rss
from newsserver import NewsServer, Reply

ROOT = Path(__file__).parents[2]


async def crawl(*arguments: str) -> tuple[int, str]:
    """Run the command in the project's root; exit code and log."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scrapy",
        "crawl",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_a_feed_is_polled_once_and_its_entries_are_exported(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    async with NewsServer.open() as server:
        server.script("/old", Reply(status=301, headers={"Location": "/feed"}))
        server.script("/feed", Reply(body=rss(item(2), item(1, "Перенос голосования на пятницу."))))
        code, log = await crawl("feeds", "-a", f"url={server.url('/old')}", "-a", "allow=127.0.0.0/8", "-O", str(out))
        assert code == 0, log
        assert [seen.path for seen in server.seen] == ["/robots.txt", "/old", "/feed"]
        assert server.seen[1].headers["user-agent"].startswith("storywatch/")
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["guid"] for row in rows] == ["report-2", "report-1"]
    assert rows[1] == {
        "guid": "report-1",
        "url": "http://harbour.example/news/1",
        "title": "Harbour report 1",
        "summary": "Перенос голосования на пятницу.",
        "content": "",
        "authors": [],
        "published": None,
        "updated": None,
        "categories": [],
        "language": rows[0]["language"],
    }
    assert "Перенос" in out.read_text(encoding="utf-8")


async def test_a_private_address_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        url = server.url("/feed")
        _, log = await crawl("feeds", "-a", f"url={url}", "-O", str(tmp_path / "out.jsonl"))
        assert f"ERROR: {url}: 127.0.0.1 lies in 127.0.0.0/8 (loopback)" in log
        assert not server.seen
        assert "Traceback" not in log


async def test_the_services_spider_says_who_runs_it() -> None:
    code, log = await crawl("watch")
    assert code == 1
    assert "the service runs this spider: storywatch run" in log
