"""``storywatch stories`` and ``story``: what was found, by watchlist, query and time, and one story whole."""

from datetime import timedelta
from pathlib import Path

import pytest
from frontdoor import BRIDGES, Desk

ROW = {
    "id",
    "title",
    "url",
    "source",
    "language",
    "published",
    "first_seen",
    "copies",
    "watchlists",
    "thread",
    "agency",
    "revisions",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three stories, two of which the watchlist matches; one has a copy."""
    made = Desk(tmp_path)
    made.write(feeds=["https://herald.example/rss"])
    made.tell("Bridge closed", age=timedelta(days=3))
    made.tell("Harbour open", age=timedelta(days=1))
    text = "The old bridge over the river is open again since the inspectors have found nothing wrong with it."
    made.tell("Bridge open", text)
    made.tell("Bridge open again", text, path="copy")
    return made


def titles(desk: Desk, *args: str) -> list[str]:
    return [row["title"] for row in desk.rows("stories", *args)]


def test_rows_are_newest_first_with_the_keys_of_the_contract(desk: Desk) -> None:
    rows = desk.rows("stories")
    assert [row["title"] for row in rows] == ["Bridge open", "Harbour open", "Bridge closed"]
    assert all(set(row) >= ROW for row in rows)
    first = rows[0]
    assert isinstance(first["id"], str)
    assert (first["url"], first["source"], first["language"]) == ("https://outlet.example/bridge-open", "Outlet", "en")
    of = {"source": "Outlet", "url": "https://outlet.example/bridge-open"}
    copy = {"source": "Outlet", "url": "https://outlet.example/copy", "reason": "same_text", "score": 1.0}
    assert (first["copies"], first["watchlists"]) == ([copy | {"copy_of": of}], ["Bridges"])
    assert (first["published"], first["thread"], first["agency"], first["revisions"]) == (None, None, None, 2)
    assert rows[1]["watchlists"] == []


def test_a_story_names_the_agency_that_one_of_its_articles_credits(desk: Desk) -> None:
    text = "The tunnel below the river is shut until the inspectors have found out where the water comes from."
    desk.tell("Tunnel shut", text)
    desk.tell("Tunnel shut for long", text, path="tunnel", agency="Reuters")
    row = desk.rows("stories", "--since", "1h")[0]
    assert (row["title"], row["agency"]) == ("Tunnel shut", "Reuters")
    detail = desk.rows("story", row["id"])
    assert [one["agency"] for one in detail["articles"]] == [None, "Reuters"]
    assert "Outlet · no time given · credited to Reuters\n" in desk.run("story", row["id"]).out


def test_stories_are_chosen_by_watchlist_query_and_time(desk: Desk) -> None:
    assert titles(desk, "--watchlist", "bridges") == ["Bridge open", "Bridge closed"]
    assert titles(desk, "--watchlist", "Bridges", "--since", "2d") == ["Bridge open"]
    assert titles(desk, "--until", "2d") == ["Bridge closed"]
    assert titles(desk, "--since", "2d", "--until", "12h") == ["Harbour open"]
    assert titles(desk, "--query", "harbour OR inspectors") == ["Bridge open", "Harbour open"]
    assert titles(desk, "--query", "title:again") == ["Bridge open"]  # a copy of it is found
    assert titles(desk, "--query", "harbour", "--watchlist", "bridges") == []


def test_a_query_shows_what_it_found_and_where(desk: Desk) -> None:
    (found,) = desk.rows("stories", "--query", "title:agai* river")
    assert found["matched_in"] == {"source": "Outlet", "url": "https://outlet.example/copy"}
    assert found["matched"] == [
        {"field": "title", "start": 12, "end": 17, "term": "agai*", "how": "prefix", "words": "again"},
        {"field": "text", "start": 24, "end": 29, "term": "river", "how": "exact", "words": "river"},
    ]
    assert "agai*: again (title) · river (text)" in desk.run("stories", "--query", "title:agai* river").out
    assert "matched" not in desk.rows("stories")[0]
    assert desk.rows("stories", "--query", "lang:en")[0]["matched"] == []


def test_what_is_left_out_is_told(desk: Desk) -> None:
    ran = desk.run("stories", "--limit", "2", "--json")
    assert ran.err == "the newest 2 stories; --limit shows more\n"
    assert desk.run("stories", "--limit", "3").err == ""


def test_a_query_that_does_not_parse_exits_2_with_a_caret(desk: Desk) -> None:
    ran = desk.run("stories", "--query", "(bridge OR")
    assert ran.code == 2
    assert ran.err.splitlines()[0].startswith("column ")
    assert "\n(bridge OR\n" in ran.err
    assert ran.err.splitlines()[-1].strip() == "^"


def test_a_query_that_may_be_meant_otherwise_is_warned_of(desk: Desk) -> None:
    ran = desk.run("stories", "--query", "bridge and river", "--json")
    assert ran.code == 0
    assert ran.err.startswith("warning: ")
    assert "AND" in ran.err


@pytest.mark.parametrize(
    "args", [["--watchlist", "nobody"], ["--since", "soon"], ["--until", "2022-13-01"], ["--changed"]]
)
def test_wrong_usage_exits_2(desk: Desk, args: list[str]) -> None:
    ran = desk.run("stories", *args)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_without_stories_the_listing_says_where_to_look(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write()
    assert "feeds health" in desk.run("stories").out
    assert desk.rows("stories") == []


# ── one story ──────────


def test_one_story_is_shown_with_copies_revisions_and_why_it_matched(desk: Desk) -> None:
    found = desk.rows("story", desk.rows("stories")[0]["id"])
    assert set(found) >= ROW
    assert [article["url"] for article in found["articles"]] == [
        "https://outlet.example/bridge-open",
        "https://outlet.example/copy",
    ]
    (revision,) = found["articles"][1]["revisions"]
    assert (revision["number"], revision["title"]) == (1, "Bridge open again")
    (match,) = found["matches"]
    assert (match["watchlist"], match["event"], match["verdict"]) == ("Bridges", "new", "tell")
    assert {"field": "title", "start": 0, "end": 6, "term": "bridge", "how": "folded", "words": "Bridge"} in match[
        "matched"
    ]
    ran = desk.run("story", found["id"])
    for words in (
        "Bridge open again",
        "revision 1",
        "in 2 articles",
        "Bridges: told, or about to be told, by every alert",
        "bridge (title, text)",
        "\n  *Bridge* open\n  The old *bridge* over the river is open again",
    ):
        assert words in ran.out


@pytest.mark.parametrize("url", ["https://outlet.example/copy", "http://outlet.example/copy?utm_source=mail#top"])
def test_a_story_is_found_by_the_address_of_any_of_its_articles(desk: Desk, url: str) -> None:
    assert desk.rows("story", url)["title"] == "Bridge open"


@pytest.mark.parametrize("key", ["999", "9" * 40, "https://outlet.example/nothing", "\x1b[31m"])
def test_a_story_that_is_not_there_exits_1(desk: Desk, key: str) -> None:
    ran = desk.run("story", key)
    assert ran.code == 1
    assert "no such story" in ran.err
    assert "\x1b" not in ran.err


def test_what_was_taken_in_silently_says_why(desk: Desk) -> None:
    later = '[[watchlists]]\nname = "Harbours"\nquery = "harbour"\nbacklog = "1h"\n' + BRIDGES.split("\n", 4)[4]
    desk.write(feeds=["https://herald.example/rss"], watchlists=BRIDGES + later)
    desk.tell("Harbour open for the night", age=timedelta(days=2))
    found = desk.rows("story", "https://outlet.example/harbour-open-for-the-night")
    assert [match["verdict"] for match in found["matches"]] == ["backlog"]
    assert "older than the backlog" in desk.run("story", found["id"]).out


def test_a_text_does_not_steer_the_terminal(desk: Desk) -> None:
    desk.tell("Bridge \x1b[2J", "The bridge \x1b]0;owned\x07 is open.\nAnd so is the tower.", path="evil")
    ran = desk.run("story", "https://outlet.example/evil")
    assert ran.code == 0
    assert "\x1b" not in ran.out + desk.run("stories").out
    assert "  And so is the tower." in ran.out.splitlines()


def test_a_later_copy_says_that_it_was_told_as_one(desk: Desk) -> None:
    asking = BRIDGES.replace('query = "bridge"', 'query = "bridge"\nevents = ["new", "copies"]')
    desk.write(feeds=["https://herald.example/rss"], watchlists=asking)
    text = "The old bridge over the canal is shut again since the inspectors have found something wrong with it."
    desk.tell("Bridge shut", text)
    desk.tell("Bridge shut again", text, path="later")
    found = desk.rows("story", "https://outlet.example/later")
    assert [(one["event"], one["article"]["url"]) for one in found["matches"]] == [
        ("new", "https://outlet.example/bridge-shut"),
        ("copies", "https://outlet.example/later"),
    ]
    shown = desk.run("story", found["id"]).out
    assert "Bridges: later copy, Outlet, https://outlet.example/later: told, or about to be told (event" in shown
