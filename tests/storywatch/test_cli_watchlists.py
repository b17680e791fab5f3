"""``storywatch watchlists``: rows with their alerts, pausing by id or name, until when."""

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
