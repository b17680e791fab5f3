"""What a poll brings: new and changed entries, conditional requests, redirects, secrets, languages."""

from datetime import timedelta
from pathlib import Path

import pytest
from crawling import crawling, item, rss, settings, slower
from newsserver import NewsServer, Reply, Seen
from sqlalchemy import select

from crawler import parsing
from crawler.parsing import Job
from crawler.ports import FeedCredentials
from news.edges import Edge, install
from news.store.feeds import FeedSettings
from news.store.schema import article, entry, revision
from news.types import Arrival, FeedKind, FeedOrigin, FeedState, ParsedFeed, RobotsRule


async def test_a_first_poll_takes_every_entry_in_and_wakes_the_next_stage(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(2), item(1))))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            row = world.feed(url)
            assert (row.title, row.language, row.kind) == ("Harbour News", "en", FeedKind.RSS)
            assert row.home_url == "http://harbour.example/"
            assert row.state is FeedState.HEALTHY
            assert row.first_success_at is not None
            assert world.titles() == ["Harbour report 2", "Harbour report 1"]
            assert world.articles() == ["https://harbour.example/news/2", "https://harbour.example/news/1"]
            assert len(world.commits) == 1
            found = world.store.read_now(lambda conn: conn.execute(select(article)).first())
            assert found is not None
            assert (found.source, found.host, found.language) == ("Harbour News", "harbour.example", "en")
            assert found.arrival == Arrival.FIRST_POLL


async def test_a_later_poll_takes_in_what_is_new_and_marks_what_is_gone(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", [Reply(body=rss(item(2), item(1))), Reply(body=rss(item(3), item(2)))])
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later()
            assert world.titles() == ["Harbour report 2", "Harbour report 1", "Harbour report 3"]
            arrivals = world.store.read_now(
                lambda conn: list(conn.execute(select(article.c.arrival).order_by(article.c.id)).scalars())
            )
            # Eight days later: what came in between came at once.
            assert arrivals == ["first_poll", "first_poll", "catch_up"]
            gone = world.store.read_now(
                lambda conn: list(conn.execute(select(entry.c.guid).where(entry.c.gone_at.is_not(None))).scalars())
            )
            assert gone == ["report-1"]


async def test_an_entry_whose_text_changes_gets_a_second_revision(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", [Reply(body=rss(item(1))), Reply(body=rss(item(1, "The vote is put off to Friday.")))])
        async with crawling(tmp_path, server.url("/feed")) as world:
            await world.poll()
            await world.later()
            rows = world.store.read_now(
                lambda conn: conn.execute(select(revision.c.number, revision.c.text).order_by(revision.c.id)).all()
            )
            assert [tuple(row) for row in rows] == [
                (1, "The council votes on the plan for the harbour on Tuesday."),
                (2, "The vote is put off to Friday."),
            ]
            assert len(world.articles()) == 1


async def test_two_feeds_with_one_article_make_it_once(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed"), server.url("/feed", "127.0.0.2")) as world:
            await world.poll()
            assert world.titles() == ["Harbour report 1"]


async def test_etag_and_last_modified_make_the_next_request_conditional(tmp_path: Path) -> None:
    modified = "Tue, 04 Jan 2022 02:00:00 GMT"
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1)), etag='W/"a b"', last_modified=modified))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later()
            first, second = server.requests("/feed")
            assert "if-none-match" not in first.headers
            assert "if-modified-since" not in first.headers
            assert second.headers["if-none-match"] == 'W/"a b"'
            assert second.headers["if-modified-since"] == modified
            row = world.feed(url)
            assert row.state is FeedState.HEALTHY
            assert row.last_success_at == row.last_polled_at
            assert len(world.commits) == 1


async def test_the_same_bytes_without_validators_are_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[Job] = []
    parse = parsing.parse_now

    def counted(job: Job) -> ParsedFeed:
        parsed.append(job)
        return parse(job)

    monkeypatch.setattr(parsing, "parse_now", counted)
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:
            await world.poll()
            await world.later()
            assert len(parsed) == 1
            assert len(server.requests("/feed")) == 2


async def test_a_permanent_redirect_is_adopted_after_days_and_not_before(tmp_path: Path) -> None:
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        old, new = server.url("/old"), server.url("/new", "127.0.0.2")
        server.script("/old", Reply(status=301, headers={"Location": new}))
        server.script("/new", Reply(body=rss(item(1)), etag='"1"'))
        async with crawling(tmp_path, old) as world:
            await world.poll()
            await world.later(timedelta(hours=13))
            row = world.feed(old)
            assert (row.moved_to, row.moved_count, row.request_url) == (new, 2, None)
            await world.later(timedelta(days=2))
            row = world.feed(old)
            assert (row.moved_to, row.moved_count, row.request_url) == (None, 0, new)
            assert row.site == "127.0.0.2"
            before = len(server.requests("/old"))
            await world.later()
            assert len(server.requests("/old")) == before
            assert world.titles() == ["Harbour report 1"]


async def test_a_temporary_redirect_is_followed_and_never_adopted(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        old = server.url("/old")
        server.script("/old", Reply(status=302, headers={"Location": "/new"}))
        server.script("/new", Reply(body=rss(item(1))))
        async with crawling(tmp_path, old) as world:
            for _ in range(4):
                await world.later()
            row = world.feed(old)
            assert (row.moved_to, row.request_url) == (None, None)
            assert row.state is FeedState.HEALTHY
            assert len(server.requests("/old")) == 4


async def test_only_the_permanent_part_of_a_chain_counts_as_a_move(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/a", Reply(status=301, headers={"Location": "/b"}))
        server.script("/b", Reply(status=307, headers={"Location": "/c"}))
        server.script("/c", Reply(status=308, headers={"Location": "/d"}))
        server.script("/d", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/a")) as world:
            await world.poll()
            assert world.feed(server.url("/a")).moved_to == server.url("/b")


async def test_a_feeds_own_secrets_stay_at_home(tmp_path: Path) -> None:
    secrets = FeedCredentials("reader", "pässword", (("X-Key", "k-1"),))
    async with NewsServer.open("127.0.0.1", "127.0.0.2") as server:
        url, away = server.url("/feed"), server.url("/away", "127.0.0.2")
        server.script("/feed", Reply(status=302, headers={"Location": away, "Set-Cookie": "id=1"}))
        server.script("/away", Reply(status=302, headers={"Location": server.url("/home")}))
        server.script("/home", Reply(body=rss(item(1))))
        async with crawling(tmp_path, url, credentials={url: secrets}) as world:
            await world.poll()
            await world.later()
            home, abroad, again = server.requests()[:3]
            assert home.headers["authorization"] == "Basic cmVhZGVyOnDDpHNzd29yZA=="
            assert home.headers["x-key"] == "k-1"
            assert "authorization" not in abroad.headers
            assert "x-key" not in abroad.headers
            assert again.headers["x-key"] == "k-1"
            assert all("cookie" not in seen.headers for seen in server.seen)
            assert all("authorization" not in seen.headers for seen in server.requests("/robots.txt"))


async def test_every_request_says_who_asks_and_whom_to_write_to(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:
            await world.poll()
            assert {seen.headers["user-agent"] for seen in server.seen} == {"storywatch/0.0 (+desk@example.org)"}


async def test_the_language_is_the_entrys_else_the_configured_else_the_feeds_else_detected(tmp_path: Path) -> None:
    def feed(seen: Seen) -> Reply:
        said = "<dc:language xmlns:dc='http://purl.org/dc/elements/1.1/'>kk</dc:language></item>"
        own = item(1).replace("</item>", said)
        return Reply(body=rss(own, item(2), language="de" if seen.path != "/none" else ""))

    async with NewsServer.open("127.0.0.1", "127.0.0.2", "127.0.0.3") as server:
        for path in ("/feed", "/none"):
            server.script(path, feed)
        configured = FeedSettings(server.url("/feed"), "127.0.0.1", FeedOrigin.CONFIG, language="fr")
        found = {}
        for name, one in (
            ("configured", configured),
            ("feed", settings(server.url("/feed", "127.0.0.2"))),
            ("none", settings(server.url("/none", "127.0.0.3"))),
        ):
            folder = tmp_path / name
            folder.mkdir()
            async with crawling(folder, one) as world:
                await world.poll()
                found[name] = world.store.read_now(
                    lambda conn: list(conn.execute(select(revision.c.language).order_by(revision.c.id)).scalars())
                )
        assert found == {"configured": ["kk", "fr"], "feed": ["kk", "de"], "none": ["kk", "en"]}


async def test_a_gap_is_noted_when_nothing_overlaps_with_the_last_poll(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        documents = [rss(item(2), item(1)), rss(item(3), item(2)), rss(item(9), item(8))]
        server.script("/feed", [Reply(body=body) for body in documents])
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            await world.later()
            assert world.feed(url).gap_at is None
            await world.later()
            assert world.feed(url).gap_at == world.feed(url).last_polled_at


async def test_the_feeds_hints_are_kept_and_cache_control_stands_in_for_ttl(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1)), headers={"Cache-Control": "public, max-age=1200"}))
        url = server.url("/feed")
        async with crawling(tmp_path, url) as world:
            await world.poll()
            assert world.feed(url).ttl_s == 1200


async def test_both_edges_of_the_commit_are_crossed(tmp_path: Path) -> None:
    crossed: list[tuple[Edge, int]] = []

    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        async with crawling(tmp_path, server.url("/feed")) as world:

            def note(edge: Edge) -> None:
                crossed.append((edge, len(world.titles())))

            install(note)
            try:
                await world.poll()
            finally:
                install(None)
    assert crossed == [(Edge.BEFORE_POLL_COMMIT, 0), (Edge.AFTER_POLL_COMMIT, 1)]


async def test_robots_permitted_is_written_with_the_feed(tmp_path: Path) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(item(1))))
        permitted = FeedSettings(server.url("/feed"), "127.0.0.1", FeedOrigin.CONFIG, robots=RobotsRule.PERMITTED)
        async with crawling(tmp_path, permitted, limits=slower(per_site=2)) as world:
            await world.poll()
            assert not server.requests("/robots.txt")
            assert world.titles() == ["Harbour report 1"]
