"""``storywatch watchlists``: rows with their alerts, a replay over the stored stories, pausing until when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from frontdoor import BRIDGES, DAILY, Desk

from alerts.store import targets, watchlists
from news.clock import SystemClock

LISTS = (
    BRIDGES
    + """
  [[watchlists.alerts]]
  name = "morning"
  channel = "webhook"
  url = "https://hooks.example.org/news?key=hush"
  schedule = "daily at 07:00"

[[watchlists]]
id = "ports"
name = "Ports and ships"
query = "port"

[[digests]]
name = "everything"
watchlists = ["*"]
to = ["desk@example.org"]
schedule = "hourly"
"""
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two watchlists, with three alerts and a digest over both."""
    made = Desk(tmp_path)
    made.write(watchlists=LISTS)
    return made


def row(desk: Desk, watchlist: str = "bridges") -> dict[str, object]:
    found: dict[str, object] = next(one for one in desk.rows("watchlists", "list") if one["id"] == watchlist)
    return found


def alerts(desk: Desk, watchlist: str = "bridges") -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in row(desk, watchlist)["alerts"]}  # type: ignore[attr-defined]  # a list


def test_a_row_has_the_keys_of_the_contract(desk: Desk) -> None:
    assert set(row(desk)) >= {"id", "name", "query", "alerts"}
    assert (row(desk)["name"], row(desk)["query"]) == ("Bridges", "bridge")
    found = alerts(desk)
    assert list(found) == ["now", "morning", "everything"]
    assert list(alerts(desk, "ports")) == ["everything"]
    for alert in found.values():
        assert set(alert) >= {"name", "channel", "target", "schedule", "next_at", "state", "reason"}
    now, morning = found["now"], found["morning"]
    assert (now["channel"], now["target"], now["schedule"], now["next_at"]) == (
        "email",
        "desk@example.org",
        "immediately",
        None,
    )
    assert (morning["channel"], morning["target"]) == ("webhook", "https://hooks.example.org/news")
    assert (morning["state"], morning["reason"]) == ("active", "")
    # Seven in the morning in Jakarta.
    assert datetime.fromisoformat(morning["next_at"]).astimezone(UTC).strftime("%H:%M") == "00:00"


def test_a_table_is_for_people_and_holds_no_secret(desk: Desk) -> None:
    ran = desk.run("watchlists", "list")
    assert ran.code == 0
    assert "Ports and ships" in ran.out
    assert "morning (daily at 07:00, active)" in ran.out
    assert "hush" not in ran.out + str(desk.rows("watchlists", "list"))


@pytest.mark.parametrize("name", ["ports", "Ports and ships"])
def test_a_watchlist_is_paused_and_resumed_by_id_or_name(desk: Desk, name: str) -> None:
    assert desk.run("watchlists", "pause", name).out == "ports is paused\n"
    assert (row(desk, "ports")["state"], row(desk)["state"]) == ("paused", "active")
    everything = alerts(desk, "ports")["everything"]
    assert (everything["state"], everything["reason"], everything["next_at"]) == (
        "paused",
        "the watchlist is paused",
        None,
    )
    assert desk.run("watchlists", "resume", name).out == "ports goes on\n"
    assert row(desk, "ports")["state"] == "active"


@pytest.mark.parametrize("until", ["2h", "2099-01-05", "2099-01-05T07:00"])
def test_a_pause_ends_by_itself(desk: Desk, until: str) -> None:
    ran = desk.run("watchlists", "pause", "ports", "--until", until)
    assert ran.code == 0
    assert str(row(desk, "ports")["paused_until"]) in ran.out
    stored = desk.read_now(watchlists.watchlists)["ports"]
    assert stored.paused_until is not None
    assert stored.is_paused(stored.paused_until - timedelta(seconds=1))
    assert not stored.is_paused(stored.paused_until)


def test_a_local_time_is_read_in_the_zone_of_the_service(desk: Desk) -> None:
    desk.run("watchlists", "pause", "ports", "--until", "2099-01-05T07:00")
    assert row(desk, "ports")["paused_until"] == "2099-01-05T00:00:00+00:00"


def test_a_name_that_is_not_there_is_told_with_the_nearest(desk: Desk) -> None:
    for command in ("pause", "resume", "test"):
        ran = desk.run("watchlists", command, "port")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == "port: no such watchlist; did you mean ports? there are bridges, ports\n"


@pytest.mark.parametrize("args", [["nobody"], ["ports", "--until", "1999-01-01"], ["ports", "--until", "soon"]])
def test_wrong_usage_of_pause_exits_2(desk: Desk, args: list[str]) -> None:
    ran = desk.run("watchlists", "pause", *args)
    assert ran.code == 2
    assert args[-1] in ran.err


def test_a_pause_does_not_take_over_an_edited_query(desk: Desk) -> None:
    desk.write_now(lambda _: None)
    desk.write(watchlists=LISTS.replace('query = "port"', 'query = "port OR ship"'))
    assert desk.run("watchlists", "pause", "ports").code == 0
    assert desk.read_now(watchlists.watchlists)["ports"].since is None


def test_an_alert_tells_how_its_target_fares(desk: Desk) -> None:
    now, hook = SystemClock().now(), "https://hooks.example.org/news"
    desk.write_now(lambda conn: targets.note_error(conn, "desk@example.org", "550 5.1.1 no such mailbox"))
    desk.write_now(lambda conn: targets.switch_off_target(conn, hook, "410 Gone", now))
    found = alerts(desk)
    assert (found["now"]["state"], found["now"]["reason"]) == ("failing", "550 5.1.1 no such mailbox")
    assert (found["everything"]["state"], found["everything"]["next_at"] is None) == ("failing", False)
    assert (found["morning"]["state"], found["morning"]["next_at"]) == ("off", None)
    assert "410 Gone" in found["morning"]["reason"]
    desk.write_now(lambda conn: targets.pause_target(conn, "desk@example.org", now + timedelta(hours=1), now=now))
    assert alerts(desk)["now"]["state"] == "paused"


def test_pausing_again_only_moves_the_end(desk: Desk) -> None:
    now = SystemClock().now()
    for at, until in ((now, None), (now + timedelta(days=6), now + timedelta(days=9))):
        desk.write_now(
            lambda conn, at=at, until=until: watchlists.set_paused(conn, "ports", paused=True, until=until, now=at)  # type: ignore[misc]  # bound now
        )
    begun = desk.read_now(
        lambda conn: conn.exec_driver_sql("SELECT paused_at FROM watchlist WHERE id='ports'").scalar()
    )
    assert str(begun).startswith(now.strftime("%Y-%m-%d %H:%M"))


def test_without_watchlists_the_listing_says_what_to_write(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(watchlists="", smtp=None)
    assert "[[watchlists]]" in desk.run("watchlists", "list").out
    assert desk.rows("watchlists", "list") == []


def test_a_daily_alert_alone_needs_no_store(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(watchlists=DAILY)
    assert alerts(desk)["morning"]["state"] == "active"


# ── a replay ──────────

CLOSED = """
[[watchlists]]
id = "closed"
name = "What is closed"
query = "bridge NEAR/2 closed"
exclude = ["football"]

  [[watchlists.alerts]]
  name = "now"
  channel = "email"
  to = ["desk@example.org"]
  schedule = "immediately"

  [[watchlists.alerts]]
  name = "morning"
  channel = "email"
  to = ["desk@example.org"]
  schedule = "daily at 07:00"
"""


@pytest.fixture
def town(tmp_path: Path) -> Desk:
    """Six stories of some days, of which one is a hit and three are near misses."""
    made = Desk(tmp_path)
    made.write(feeds=["https://herald.example/rss"], watchlists=CLOSED)
    made.tell("Harbour open", age=timedelta(days=9))
    made.tell("Bridge closed by football fans", age=timedelta(days=5))
    made.tell("Bridge closed", age=timedelta(days=4))
    made.tell("Bridge open to lorries, tunnel closed", "Nothing more is known.", age=timedelta(days=3))
    made.tell("Tunnel closed", age=timedelta(days=2))
    made.tell("A bridge too old", age=timedelta(days=40))
    return made


def replay(desk: Desk, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.rows("watchlists", "test", "closed", *args)
    return found


def titles(rows: list[dict[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


def test_a_replay_answers_hits_near_misses_and_a_forecast(town: Desk) -> None:
    found = replay(town)
    assert (found["watchlist"], found["id"], found["stories"]) == ("What is closed", "closed", 5)
    assert found["query"] == "(bridge NEAR/2 closed) AND NOT football"
    assert 8.9 < found["days"] < 9.1
    (hit,) = found["hits"]
    assert set(hit) >= {"id", "title", "url", "source", "language", "published", "first_seen", "matched"}
    assert (hit["title"], hit["url"], found["hit_count"]) == (
        "Bridge closed",
        "https://outlet.example/bridge-closed",
        1,
    )
    first = hit["matched"][0]
    assert (first["field"], first["words"], first["term"], first["how"]) == ("title", "Bridge", "bridge", "folded")
    assert hit["matched"][-1]["snippet"].startswith("Bridge closed, said the town in a short note")
    assert [(row["title"], row["reason"], row["part"]) for row in found["near_misses"]] == [
        (
            "Bridge open to lorries, tunnel closed",
            (
                "found, but too far apart for `bridge NEAR/2 closed`: "
                "both stand there, nearest 4 words apart, where NEAR/2 allows 2"
            ),
            "bridge NEAR/2 closed",
        ),
        (
            "Bridge closed by football fans",
            "excluded by -football: found in the title: “Bridge closed by football fans”",
            "-football",
        ),
        ("Tunnel closed", "only bridge is missing", "bridge"),
    ]
    assert [row["stories"] for row in found["near_miss_reasons"]] == [1, 1, 1]
    now, morning = found["forecast"]
    assert (now["alert"], now["stories"], now["messages"], now["stories_a_day"]) == ("now", 1, 1, 0.11)
    assert (morning["alert"], morning["schedule"], morning["stories_a_message"]) == ("morning", "daily at 07:00", 1.0)
    assert "added" not in found


def test_the_time_is_chosen(town: Desk) -> None:
    assert replay(town, "--since", "50d")["stories"] == 6
    found = replay(town, "--since", "60h")
    assert (found["stories"], found["hits"], titles(found["near_misses"])) == (1, [], ["Tunnel closed"])
    assert found["forecast"][0]["stories_a_day"] == 0
    assert replay(town, "--since", "1d")["stories"] == 0
    assert "feeds health" in town.run("watchlists", "test", "closed", "--since", "1d").out


def test_another_query_shows_what_it_would_change(town: Desk) -> None:
    found = replay(town, "--query", "tunnel")
    assert (found["query"], found["present_query"]) == (
        "tunnel AND NOT football",
        "(bridge NEAR/2 closed) AND NOT football",
    )
    assert titles(found["added"]) == ["Tunnel closed", "Bridge open to lorries, tunnel closed"]
    assert titles(found["lost"]) == ["Bridge closed"]
    assert (found["hit_count"], found["added_count"], found["lost_count"]) == (2, 2, 1)
    assert (found["forecast"][0]["stories"], found["forecast"][0]["present"]["stories"]) == (2, 1)
    shown = town.run("watchlists", "test", "closed", "--query", "tunnel").out
    for words in ("2 hits, and the present query has 1", "2 added hits", "1 lost hit", "with the present query: "):
        assert words in shown
    same = town.run("watchlists", "test", "closed", "--query", "closed NEAR/2 bridge").out
    assert "both find the same stories" in same


def test_a_replay_is_for_people(town: Desk) -> None:
    ran = town.run("watchlists", "test", "closed")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["What is closed", "  (bridge NEAR/2 closed) AND NOT football"]
    assert "1 hit" in lines
    assert "  *Bridge* *closed*" in lines
    assert "3 near misses" in lines
    assert "  excluded by -football: 1 story" in lines
    assert "    both stand there, nearest 4 words apart, where NEAR/2 allows 2" in lines
    assert any(line.startswith("    0.1 stories a day in 0.1 messages, at most 1 story on a day") for line in lines)
    assert "\x1b" not in ran.out


def test_what_is_left_out_of_a_replay_is_counted(town: Desk) -> None:
    town.tell("The other bridge is closed")
    found = replay(town, "--limit", "1")
    assert (titles(found["hits"]), found["hit_count"]) == (["The other bridge is closed"], 2)
    assert "and 1 more; --limit shows more" in town.run("watchlists", "test", "closed", "--limit", "1").out


def test_a_replay_writes_nothing_and_takes_no_edited_query_over(town: Desk) -> None:
    before = town.read_now(watchlists.watchlists)
    town.write(feeds=["https://herald.example/rss"], watchlists=CLOSED.replace("bridge NEAR/2 closed", "tunnel"))
    assert titles(replay(town)["hits"])[0] == "Tunnel closed"
    assert town.read_now(watchlists.watchlists) == before


def test_older_stories_than_the_retention_are_warned_of(town: Desk) -> None:
    assert "[store] retention" in town.run("watchlists", "test", "closed", "--since", "60d").err
    assert town.run("watchlists", "test", "closed", "--since", "29d").err == ""


def test_an_alias_of_the_configuration_stands_in_another_query(town: Desk) -> None:
    town.write(
        feeds=["https://herald.example/rss"], watchlists=CLOSED, more='[aliases]\nways = ["tunnel", "harbour"]\n'
    )
    assert titles(replay(town, "--query", "@ways")["hits"])[-1] == "Harbour open"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--query", "(bridge OR"], "column "),
        (["--query", "-bridge"], "only negation"),
        (["--since", "soon"], "soon: accepted are a duration"),
        (["--since", "2999-01-01"], "that is not past"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_wrong_usage_of_test_exits_2(town: Desk, args: list[str], told: str) -> None:
    ran = town.run("watchlists", "test", "closed", *args)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_another_query_that_may_be_meant_otherwise_is_warned_of(town: Desk) -> None:
    ran = town.run("watchlists", "test", "closed", "--query", "bridge and closed", "--json")
    assert ran.code == 0
    assert ran.err.startswith("warning: ")


def test_a_title_does_not_steer_the_terminal_of_a_replay(town: Desk) -> None:
    town.tell("Bridge \x1b[2J closed", "Said \x1b]0;owned\x07 the town.", path="evil")
    ran = town.run("watchlists", "test", "closed")
    assert "Bridge*  [2J *closed" in ran.out
    assert "\x1b" not in ran.out
