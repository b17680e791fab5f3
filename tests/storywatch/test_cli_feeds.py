"""``storywatch feeds``: what is listed, looked at before it is kept, refused, given back as OPML."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from frontdoor import Desk, rss
from newsserver import NewsServer, Reply

from news.store.feeds import list_feeds
from news.store.sites import claim_one_site
from news.types import FeedState

ROW = {
    "url",
    "name",
    "kind",
    "tags",
    "origin",
    "state",
    "reason",
    "error",
    "last_polled_at",
    "last_new_at",
    "next_poll_at",
    "interval_s",
    "failures",
}
HERALD = "https://herald.example/rss"
POST = "https://post.example/rss"
OPML = """<opml version="2.0"><body><outline text="Asia"><outline text="Java">
<outline type="rss" text="The Post" xmlUrl="https://post.example/rss"/></outline></outline></body></opml>"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A configuration with one feed."""
    made = Desk(tmp_path)
    made.write(feeds=[HERALD])
    return made


def listed(desk: Desk) -> dict[str, dict[str, object]]:
    return {row["url"]: row for row in desk.rows("feeds", "list")}


# ── list, health ──────────


def test_a_row_has_the_keys_of_the_contract(desk: Desk) -> None:
    (row,) = desk.rows("feeds", "list")
    assert set(row) >= ROW
    assert (row["url"], row["name"], row["kind"], row["origin"], row["state"]) == (
        HERALD,
        HERALD,
        "feed",
        "config",
        "healthy",
    )
    assert (row["interval_s"], row["failures"], row["tags"], row["error"]) == (1.0, 0, [], None)


def test_feeds_come_from_the_configuration_its_lists_and_the_store(desk: Desk) -> None:
    (desk.folder / "feeds.opml").write_text(OPML)
    desk.write(feeds=[HERALD], more='[opml]\nfiles = ["feeds.opml"]\n')
    assert desk.run("feeds", "add", "https://gazette.example/rss", "--unchecked").code == 0
    assert {url: row["origin"] for url, row in listed(desk).items()} == {
        HERALD: "config",
        POST: "opml",
        "https://gazette.example/rss": "store",
    }
    assert listed(desk)[POST]["tags"] == ["Asia", "Java"]


def test_a_listing_takes_nothing_over_from_a_changed_configuration(desk: Desk) -> None:
    desk.write_now(lambda _: None)
    desk.write(feeds=[HERALD, POST])
    assert set(listed(desk)) == {HERALD, POST}
    assert [row.url for row in desk.read_now(list_feeds)] == [HERALD]


def test_a_feed_that_is_gone_from_the_configuration_rests_and_is_not_ill(desk: Desk) -> None:
    desk.write(feeds=[HERALD, POST])
    desk.write_now(lambda _: None)
    desk.write(feeds=[POST])
    row = listed(desk)[HERALD]
    assert (row["state"], row["reason"], row["next_poll_at"]) == ("resting", "no longer in the configuration", None)
    assert desk.run("feeds", "health").code == 0


def test_health_shows_the_error_as_long_as_it_lasts_and_exits_1(desk: Desk) -> None:
    desk.write_now(lambda _: None)
    assert desk.run("feeds", "health").out == "the one feed is well\n"
    error = "it answers 404: there is nothing at this address; check it"
    desk.change_feed(HERALD, state=FeedState.FAILING, failures=3, reason="the last 3 polls failed", error=error)
    ran = desk.run("feeds", "health")
    assert ran.code == 1
    assert error in ran.out
    (row,) = desk.rows("feeds", "health")
    assert (row["state"], row["failures"], row["error"]) == ("failing", 3, error)
    assert set(row) >= ROW


def test_health_tells_of_gaps_and_of_leave_to_poll(desk: Desk) -> None:
    desk.write(more=f'[[feeds]]\nurl = "{HERALD}"\nrobots = "permitted"\n')
    desk.write_now(lambda _: None)
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    desk.change_feed(HERALD, gap_at=yesterday)
    ran = desk.run("feeds", "health")
    assert ran.code == 0
    assert ran.out.startswith("the one feed answers, but entries may have been missed\n")
    assert "by your leave from its publisher" in ran.out
    assert f"entries may have been missed before {yesterday.isoformat()}" in ran.out


def test_health_is_done_with_a_gap_after_a_week(desk: Desk) -> None:
    desk.write_now(lambda _: None)
    desk.change_feed(HERALD, gap_at=datetime.now(UTC) - timedelta(days=8))
    assert desk.run("feeds", "health").out == "the one feed is well\n"


def test_what_a_feed_calls_itself_does_not_steer_the_terminal(desk: Desk) -> None:
    desk.write_now(lambda _: None)
    desk.change_feed(HERALD, title="The \x1b[31mHerald\x07", gap_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert "\x1b" not in desk.run("feeds", "list").out + desk.run("feeds", "health").out
    assert "The  [31mHerald" in desk.run("feeds", "list").out


# ── add ──────────


async def test_a_feed_is_looked_at_once_and_kept_with_its_options(desk: Desk) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(server.url(""), "Bridge closed")))
        options = ("--name", "Town", "--tag", "asia", "--tag", "java", "--language", "id", "--interval", "10m")
        ran = await desk.beside("feeds", "add", server.url("/feed"), *options)
        assert (ran.code, ran.err) == (0, "")
        assert "rss, 1 entry, “Town”" in ran.out
        assert len(server.requests("/feed")) == 1
        row = listed(desk)[server.url("/feed")]
        assert (row["name"], row["tags"], row["interval_s"]) == ("Town", ["asia", "java"], 600.0)
        assert (row["origin"], row["last_polled_at"]) == ("store", None)


async def test_what_is_no_feed_is_not_kept(desk: Desk) -> None:
    page = b"<!doctype html><html><head><title>Town</title></head><body><p>Welcome.</p></body></html>"
    async with NewsServer.open() as server:
        server.script("/page", Reply(body=page, headers={"Content-Type": "text/html"}))
        server.script("/gone", Reply(status=410))
        server.script("/empty", Reply(body=b""))
        for path, said in (("/page", "HTML"), ("/gone", "410"), ("/nothing", "404"), ("/empty", "empty")):
            ran = await desk.beside("feeds", "add", server.url(path))
            assert ran.code == 1, path
            assert said in ran.err
            assert "not kept" in ran.err
            assert "Traceback" not in ran.err
    assert set(listed(desk)) == {HERALD}


async def test_what_does_not_answer_is_kept_only_unchecked(desk: Desk) -> None:
    async with NewsServer.open() as server:
        dead = server.url("/feed")
    ran = await desk.beside("feeds", "add", dead)
    assert ran.code == 1
    assert "127.0.0.1" in ran.err
    assert dead not in listed(desk)
    assert desk.run("feeds", "add", dead, "--unchecked").code == 0
    assert listed(desk)[dead]["origin"] == "store"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_a_guarded_address_is_refused_and_not_kept(desk: Desk, host: str) -> None:
    desk.write(fetch="allow_addresses = []")
    async with NewsServer.open() as server:
        url = f"http://{host}:{server.port()}/feed"
        server.script("/feed", Reply(body=rss(server.url(""), "Bridge closed")))
        ran = await desk.beside("feeds", "add", url)
        assert ran.code == 1
        assert "loopback" in ran.err
        assert server.seen == []
    assert desk.rows("feeds", "list") == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["ftp://outlet.example/rss"], "http or https"),
        (["outlet.example/rss"], "http or https"),
        (["https://outlet.example/rss", "--interval", "soon"], "--interval soon"),
        (["https://outlet.example/rss", "--language", "?"], "--language ?"),
        (["https://reader:hush@outlet.example/rss"], "username and password_file"),
        (["ftp://reader:hush@outlet.example/rss"], "http or https"),
    ],
)
def test_wrong_usage_of_add_exits_2_and_tells_no_secret(desk: Desk, args: list[str], said: str) -> None:
    ran = desk.run("feeds", "add", *args)
    assert ran.code == 2
    assert said in ran.err
    assert "hush" not in ran.err + ran.out


def test_no_feed_is_added_that_is_to_be_polled_oftener_than_min_interval(desk: Desk) -> None:
    desk.write(feeds=[HERALD], every="5m")
    ran = desk.run("feeds", "add", POST, "--interval", "4m", "--unchecked")
    assert (ran.code, ran.err) == (2, "--interval 4m: no feed is polled oftener than [fetch] min_interval = 5m\n")
    assert desk.run("feeds", "add", POST, "--interval", "5m", "--unchecked").code == 0


def test_a_feed_that_is_watched_already_is_not_added(desk: Desk) -> None:
    ran = desk.run("feeds", "add", HERALD)
    assert ran.code == 1
    assert "storywatch.toml" in ran.err
    assert desk.run("feeds", "add", POST, "--unchecked").code == 0
    ran = desk.run("feeds", "add", POST, "--unchecked")
    assert ran.code == 1
    assert "the store" in ran.err


async def test_a_look_gives_its_site_back(desk: Desk) -> None:
    async with NewsServer.open() as server:
        server.script("/feed", Reply(body=rss(server.url(""), "Bridge closed")))
        assert (await desk.beside("feeds", "add", server.url("/feed"))).code == 0
    later, lasts = datetime.now(UTC) + timedelta(seconds=5), timedelta(minutes=1)
    assert desk.write_now(lambda conn: claim_one_site(conn, "127.0.0.1", holder="other", now=later, lasts=lasts))


# ── remove ──────────


def test_a_configured_feed_is_removed_in_its_file(desk: Desk) -> None:
    ran = desk.run("feeds", "remove", HERALD)
    assert ran.code == 2
    assert "storywatch.toml" in ran.err
    (desk.folder / "feeds.opml").write_text(OPML)
    desk.write(more='[opml]\nfiles = ["feeds.opml"]\n')
    ran = desk.run("feeds", "remove", POST)
    assert ran.code == 2
    assert "feeds.opml" in ran.err


def test_a_removed_feed_is_listed_no_more_and_may_be_added_again(desk: Desk) -> None:
    desk.run("feeds", "add", POST, "--unchecked")
    assert desk.run("feeds", "remove", POST).code == 0
    assert POST not in listed(desk)
    assert desk.run("feeds", "remove", POST).code == 1
    assert desk.run("feeds", "add", POST, "--unchecked").code == 0
    assert listed(desk)[POST]["state"] == "healthy"


# ── lists ──────────


def test_a_list_is_imported_with_its_folders_as_tags_and_exported_again(desk: Desk) -> None:
    (desk.folder / "list.opml").write_text(OPML)
    ran = desk.run("feeds", "import", "list.opml")
    assert (ran.code, ran.out) == (0, "1 feed watched from now on, 0 watched already\n")
    assert desk.run("feeds", "import", "list.opml").out == "0 feeds watched from now on, 1 watched already\n"
    row = listed(desk)[POST]
    assert (row["name"], row["tags"], row["origin"]) == ("The Post", ["Asia", "Java"], "store")
    exported = desk.run("feeds", "export")
    other = Desk(desk.folder / "other")
    other.folder.mkdir()
    other.write()
    (other.folder / "list.opml").write_text(exported.out)
    assert other.run("feeds", "import", "list.opml").code == 0
    assert {(url, *row["tags"]) for url, row in listed(other).items()} == {(HERALD,), (POST, "Asia", "Java")}  # type: ignore[misc]  # a list


def test_what_rests_is_not_exported(desk: Desk) -> None:
    desk.write(feeds=[HERALD, POST])
    desk.write_now(lambda _: None)
    desk.write(feeds=[POST])
    assert HERALD not in desk.run("feeds", "export").out


def test_a_list_with_secrets_or_without_feeds_is_told(desk: Desk) -> None:
    (desk.folder / "list.opml").write_text(OPML.replace("//post", "//reader:hush@post"))
    ran = desk.run("feeds", "import", "list.opml")
    assert ran.code == 0
    assert "username and password_file" in ran.err
    assert "hush" not in ran.err + ran.out + json.dumps(desk.rows("feeds", "list"))
    assert set(listed(desk)) == {HERALD}
    (desk.folder / "page.opml").write_text("<html></html>")
    assert desk.run("feeds", "import", "page.opml").code == 1
    assert desk.run("feeds", "import", "nowhere.opml").code == 2
