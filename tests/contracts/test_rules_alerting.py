"""The rules of alerting, end to end: who is told what, once, and when.

Documents go through the service's own stages on both databases; each test is named after its rule.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from digests import NIGHT, rate
from pipeline import (
    DAY,
    HOOK,
    HOUR,
    MAIL,
    MINUTE,
    Pipeline,
    Told,
    alert,
    at_once,
    by_mail,
    document,
    entry,
    feed,
    started,
    watchlist,
)
from stores import START, StillClock

from alerts.store.targets import pause_target, resume_target, switch_off_target
from alerts.store.watchlists import set_paused
from news.store.engine import Store

URL = "https://outlet.example/"
TEXT = "The old bridge over the river is closed to lorries until the inspectors have been there."
FEEDS = (feed("herald", tags=("local",)), feed("post", tags=("abroad",)))


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Two feeds that are known, one watchlist that is told at once."""
    return started(store, store_clock, feeds=FEEDS, lists=[watchlist("bridge")])


def town_of(town: Pipeline, *lists: Any, alerts: Sequence[Any] | None = None) -> Pipeline:
    """Configure other watchlists and alerts, as new as the town itself."""
    town.configure(lists=lists, alerts=alerts)
    town.run()
    return town


def titles(told: Sequence[Told]) -> list[list[str]]:
    return [one.titles for one in told]


# ── once ──────────


def test_a_story_alerts_a_watchlist_once_whatever_copies_and_revisions_follow(town: Pipeline) -> None:
    assert titles(town.publish("herald", entry("Bridge closed", path="1", text=TEXT))) == [["Bridge closed"]]
    assert town.publish("post", entry("Bridge shut", path="2", text=TEXT)) == []
    assert town.publish("herald", entry("Bridge closed for weeks", path="1", text=TEXT + " Or longer.")) == []
    assert town.publish("post", entry("Bridge shut", path="2", text="Bridge: " + TEXT)) == []
    assert town.wait(DAY) == []


def test_a_story_is_told_when_any_revision_of_any_of_its_articles_first_matches(town: Pipeline) -> None:
    assert town.publish("herald", entry("River", path="1", text="Nothing is known yet of the river.")) == []
    told = town.publish("herald", entry("River", path="1", text="Nothing is known yet of the bridge."))
    assert titles(told) == [["River"]]
    assert told[0].items[0]["summary"] == "Nothing is known yet of the bridge."


def test_each_watchlist_and_each_of_its_alerts_is_told_for_itself(town: Pipeline) -> None:
    lists = [watchlist("bridge"), watchlist("river")]
    alerts = [alert("bridge"), alert("river"), by_mail(alert("river", name="mail"))]
    town_of(town, *lists, alerts=alerts)
    told = town.publish("herald", entry("Bridge over the river"))
    assert sorted(one.alert for one in told) == ["bridge/hook/hook", "river/hook/hook", "river/mail/hook"]


def test_any_of_the_keywords_matches_and_none_of_the_exclusions(town: Pipeline) -> None:
    town_of(town, watchlist("roads", "bridge", "tunnel", exclude=("football",)))
    told = town.publish("herald", entry("Tunnel open"), entry("Bridge closed"), entry("Bridge football cup"))
    assert sorted(titles(told)) == [["Bridge closed"], ["Tunnel open"]]


def test_the_digest_leads_with_an_article_that_matched_and_lists_all_copies(town: Pipeline) -> None:
    town.publish("herald", entry("No way over", path="1", text="Over: " + TEXT.replace("bridge", "ferry")))
    town.publish("post", entry("Way shut", path="2", text="Over: " + TEXT.replace("bridge", "ferry")))
    third = entry("Way shut, bridge closed", path="3", text="Over: " + TEXT.replace("bridge", "ferry"))
    (told,) = town.publish("post", third)
    (item,) = told.items
    assert (item["title"], item["url"]) == ("Way shut, bridge closed", URL + "3")
    assert item["copies"] == [{"source": "herald", "url": URL + "1"}, {"source": "post", "url": URL + "2"}]
    assert [(one["field"], one["term"]) for one in item["matched"]] == [("title", "bridge")]


def test_a_digest_names_the_agency_that_the_text_or_a_copy_of_it_is_credited_to(town: Pipeline) -> None:
    (told,) = town.publish("herald", entry("Bridge closed", path="1", text="LONDON, Jan 5 (Reuters) - " + TEXT))
    assert [item["agency"] for item in told.items] == ["Reuters"]
    ferry = TEXT.replace("bridge", "ferry")
    town.publish("herald", entry("No way over", path="2", text=ferry + "\nSource: AFP"))
    (told,) = town.publish("post", entry("Way shut, bridge closed", path="3", text=ferry + "\nSource: AFP"))
    (told_plainly,) = town.publish("post", entry("Bridge open", path="4"))
    assert [item["agency"] for item in (*told.items, *told_plainly.items)] == ["AFP", None]


# ── feeds and languages of a watchlist ──────────


@pytest.mark.parametrize("chosen", ["post", "tag:abroad", "https://post.example/rss"])
def test_a_watchlist_of_some_feeds_is_told_of_these(town: Pipeline, chosen: str) -> None:
    town_of(town, watchlist("bridge", feeds=(chosen,)))
    assert town.publish("herald", entry("Bridge closed")) == []
    assert titles(town.publish("post", entry("Bridge open"))) == [["Bridge open"]]


def test_an_article_of_a_known_story_in_a_feed_that_the_watchlist_names_is_told(town: Pipeline) -> None:
    town_of(town, watchlist("bridge", feeds=("post",)))
    assert town.publish("herald", entry("Bridge closed", path="1", text=TEXT)) == []
    (told,) = town.publish("post", entry("Bridge shut", path="2", text=TEXT))
    assert told.titles == ["Bridge shut"]
    assert told.items[0]["copies"] == [{"source": "herald", "url": URL + "1"}]
    assert town.publish("post", entry("Bridge shut, again", path="3", text=TEXT)) == []


def test_an_article_that_a_feed_of_the_watchlist_carries_too_is_told(town: Pipeline) -> None:
    town_of(town, watchlist("bridge", feeds=("post",)))
    assert town.publish("herald", entry("Bridge closed")) == []
    assert titles(town.publish("post", entry("Bridge closed"))) == [["Bridge closed"]]
    assert town.publish("post", entry("Bridge closed", guid="again")) == []


def test_what_a_new_feed_of_the_watchlist_carries_too_is_backlog_when_it_is_old(town: Pipeline) -> None:
    old, young = entry("Bridge closed", at=START), entry("Bridge open", at=START + 29 * HOUR)
    town_of(town, watchlist("bridge", feeds=("mail",)))
    assert town.publish("herald", old, young, after=30 * HOUR) == []
    town.configure(feeds=[*FEEDS, feed("mail")])
    assert titles(town.publish("mail", old, young)) == [["Bridge open"]]


def test_a_query_for_a_source_by_name_finds_what_any_feed_of_that_name_carries(town: Pipeline) -> None:
    town_of(town, watchlist("bridge", 'bridge AND source:"Post"'))
    assert town.publish("herald", entry("Bridge closed")) == []
    assert titles(town.publish("post", entry("Bridge closed"))) == [["Bridge closed"]]


@pytest.mark.parametrize(
    ("chosen", "language", "passes"),
    [("id", "id", True), ("id", "ms", True), ("ms", "id-id", True), ("id", "en", False), ("en", "en-GB", True)],
)
def test_a_watchlist_of_some_languages_is_told_of_these_and_id_and_ms_are_one(
    town: Pipeline, chosen: str, language: str, *, passes: bool
) -> None:
    town_of(town, watchlist("bridge", languages=(chosen,)))
    assert len(town.publish("herald", entry("Bridge closed", language=language))) == passes


def test_an_unknown_language_passes(town: Pipeline) -> None:
    town_of(town, watchlist("bridge", languages=("kk",)))
    assert titles(town.publish("herald", entry("Bridge", text="1234"))) == [["Bridge"]]


# ── new, edited, reordered ──────────


def test_a_new_watchlist_is_evaluated_over_the_stored_stories_and_told_the_young(town: Pipeline) -> None:
    town.publish("herald", entry("Tower old", at=START), after=HOUR)
    fresh = [entry("Tower young", at=START + 20 * HOUR), entry("Tower undated"), entry("Tower late", at=START - HOUR)]
    town.publish("herald", *fresh, after=20 * HOUR)
    town.clock.advance(5 * HOUR)
    town.configure(lists=[watchlist("bridge"), watchlist("tower")])
    assert sorted(titles(town.run())) == [["Tower undated"], ["Tower young"]]
    assert town.wait(DAY) == []


def test_a_stop_in_the_middle_of_a_new_watchlist_tells_everything_once(town: Pipeline) -> None:
    town.publish("herald", *(entry(f"Tower {n}") for n in range(5)))
    town.configure(lists=[watchlist("tower")])
    assert town.backfill("tower", most=2)
    assert len(town.run()) == 5
    assert town.backfill("tower", most=2)
    assert town.run() == []


def test_editing_a_query_alerts_only_on_stories_first_seen_afterwards(town: Pipeline) -> None:
    town.publish("herald", entry("Tower falls", path="1"))
    town.clock.advance(MINUTE)
    town.configure(lists=[watchlist("bridge", "bridge", "tower")])
    assert town.run() == []
    assert town.publish("herald", entry("Tower falls, more", path="1")) == []
    assert town.publish("post", entry("Tower falls", path="1b")) == []
    assert titles(town.publish("herald", entry("Tower stands", path="2"))) == [["Tower stands"]]
    assert town.verdicts() == {"bridge": ["before_edit", "tell"]}


def test_editing_a_watchlist_that_was_never_evaluated_leaves_it_new(town: Pipeline) -> None:
    town.publish("herald", entry("Tower falls"))
    town.clock.advance(MINUTE)
    town.configure(lists=[watchlist("tower", "towr")])
    town.clock.advance(MINUTE)
    town.configure(lists=[watchlist("tower", "tower")])
    assert titles(town.run()) == [["Tower falls"]]


def test_reordering_the_file_sends_nothing_again(town: Pipeline) -> None:
    lists = [watchlist("bridge", "bridge", "river", exclude=("rain", "snow")), watchlist("tower", "tower", "clock")]
    alerts = [alert("bridge"), alert("tower"), alert("bridge", "tower", name="all", schedule="hourly")]
    town_of(town, *lists, alerts=alerts)
    town.publish("herald", entry("Bridge closed"), entry("Clock stands still"), entry("Boats", path="1"))
    town.wait(HOUR)
    assert len(town.told()) == 3
    turned = [
        replace(one, queries=one.queries[::-1], exclude=one.exclude[::-1], feeds=one.feeds[::-1]) for one in lists[::-1]
    ]
    town.configure(feeds=FEEDS[::-1], lists=turned, alerts=alerts[::-1])
    assert town.wait(DAY) == []
    assert titles(town.publish("herald", entry("River rises"))) == [["River rises"]]
    # It is no edit either: what was seen before is told when it comes to match.
    assert titles(town.publish("herald", entry("Boats on the river", path="1"))) == [["Boats on the river"]]


def test_a_watchlist_that_comes_back_is_told_only_of_what_follows(town: Pipeline) -> None:
    town.configure(lists=[watchlist("tower")])
    town.publish("herald", entry("Bridge closed"))
    town.configure(lists=[watchlist("tower"), watchlist("bridge")])
    assert town.run() == []
    assert titles(town.publish("herald", entry("Bridge open"))) == [["Bridge open"]]


def test_two_processes_that_start_at_once_with_a_new_watchlist_tell_it_once(town: Pipeline, other_store: Store) -> None:
    other = Pipeline(other_store, town.clock, holder="two")
    town.publish("herald", entry("Tower falls"))
    lists = [watchlist("bridge"), watchlist("tower")]
    at_once(lambda: town.configure(lists=lists), lambda: other.configure(feeds=FEEDS, lists=lists))
    at_once(town.evaluate, other.evaluate)
    at_once(town.compose, other.compose)
    town.run()
    assert titles(town.told()) == [["Tower falls"]]


def test_a_watchlist_that_is_gone_is_told_nothing_more(town: Pipeline) -> None:
    both = alert("bridge", "tower", name="all", schedule="hourly")
    town_of(town, watchlist("bridge"), watchlist("tower"), alerts=[both])
    town.publish("herald", entry("Bridge closed"), entry("Tower falls"))
    town.configure(lists=[watchlist("tower")], alerts=[replace(both, watchlists=("tower",))])
    assert titles(town.wait(HOUR)) == [["Tower falls"]]


# ── urgent ──────────

URGENT = alert("bridge", schedule="daily at 20:00", urgent="collapse*")


def test_what_is_urgent_is_told_at_once_and_marked_in_the_next_digest(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[replace(URGENT, quiet_hours=NIGHT)])
    told = town.publish("herald", entry("Bridge collapses"), entry("Bridge painted"))
    assert [(one.titles, one.items[0]["urgent"], one.items[0]["already_sent"]) for one in told] == [
        (["Bridge collapses"], True, False)
    ]
    (digest,) = town.wait(12 * HOUR)
    assert {one["title"]: one["already_sent"] for one in digest.items} == {
        "Bridge collapses": True,
        "Bridge painted": False,
    }
    assert town.wait(DAY) == []


def test_what_is_urgent_is_told_in_the_quiet_hours_too(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", urgent="collapse*", quiet_hours=NIGHT)])
    town.clock.advance(15 * HOUR)
    assert titles(town.publish("herald", entry("Bridge collapses"), entry("Bridge painted"))) == [["Bridge collapses"]]
    (digest,) = town.wait(7 * HOUR - MINUTE)
    assert (digest.titles, digest.json["remarks"]) == (["Bridge painted"], ["held_overnight"])


def test_a_later_revision_that_is_urgent_is_told_at_once_while_the_story_is_open(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[URGENT])
    assert town.publish("herald", entry("Bridge trembles", path="1")) == []
    (told,) = town.publish("herald", entry("Bridge collapses", path="1"))
    assert told.titles == ["Bridge collapses"]
    assert town.publish("herald", entry("Bridge collapses after years", path="1")) == []
    (digest,) = town.wait(12 * HOUR)
    assert [(one["title"], one["already_sent"]) for one in digest.items] == [("Bridge collapses", True)]
    assert town.publish("herald", entry("Bridge collapses at last", path="1")) == []


def test_an_urgent_copy_is_told_at_once_while_the_story_is_open(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[URGENT])
    assert town.publish("herald", entry("Bridge trembles", path="1", text=TEXT)) == []
    assert titles(town.publish("post", entry("Bridge collapses", path="2", text=TEXT))) == [["Bridge collapses"]]


def test_urgent_alone_without_the_watchlists_query_is_nothing(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[URGENT])
    assert town.publish("herald", entry("Tower collapses")) == []
    assert town.wait(DAY) == []


# ── when ──────────


def test_immediately_sends_one_message_a_story(town: Pipeline) -> None:
    told = town.publish("herald", *(entry(f"Bridge {n}") for n in range(3)))
    assert sorted(titles(told)) == [["Bridge 0"], ["Bridge 1"], ["Bridge 2"]]
    assert len({one.message_id for one in told}) == 3
    window = told[0].json["window"]
    assert (window["from"], window["to"]) == (told[0].items[0]["first_seen"], told[0].at.isoformat(timespec="seconds"))


def test_gather_waits_for_company(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", gather_s=300)])
    assert town.publish("herald", entry("Bridge closed")) == []
    assert town.publish("herald", entry("Bridge painted"), after=2 * MINUTE) == []
    (told,) = town.wait(3 * MINUTE)
    assert sorted(told.titles) == ["Bridge closed", "Bridge painted"]


def test_beyond_at_most_one_digest_each_quarter_of_an_hour_says_so(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", at_most=rate(2))])
    assert len(town.publish("herald", *(entry(f"Bridge {n}") for n in range(5)))) == 2
    assert town.wait(MINUTE) == []
    (braked,) = town.wait(14 * MINUTE)
    assert (len(braked.items), braked.json["remarks"]) == (3, ["braked"])
    assert titles(town.publish("herald", entry("Bridge open"), after=HOUR)) == [["Bridge open"]]


def test_quiet_hours_hold_and_one_digest_at_their_end_says_so(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", quiet_hours=NIGHT)])
    assert town.publish("herald", entry("Bridge closed"), after=15 * HOUR) == []
    assert town.publish("herald", entry("Bridge open"), after=HOUR) == []
    (told,) = town.wait(6 * HOUR)
    assert (sorted(told.titles), told.json["remarks"]) == (["Bridge closed", "Bridge open"], ["held_overnight"])
    assert town.wait(DAY) == []


def test_a_digest_goes_when_its_schedule_says_and_not_without_stories(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", schedule="daily at 20:00")])
    assert town.publish("herald", entry("Bridge closed"), entry("Bridge open")) == []
    (told,) = town.wait(12 * HOUR)
    assert sorted(told.titles) == ["Bridge closed", "Bridge open"]
    assert told.json["window"]["from"] == START.isoformat(timespec="seconds")
    assert town.wait(DAY) == []


def test_an_empty_digest_goes_where_it_is_wanted(town: Pipeline) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", schedule="daily at 20:00", send_empty=True)])
    (told,) = town.wait(13 * HOUR)
    assert (told.items, told.due_key) == ([], "2026-03-02T20:00:00+00:00")
    assert len(town.wait(DAY)) == 1


@pytest.mark.parametrize("schedule", ["daily at 20:00", "hourly", "every 15m"])
def test_after_downtime_one_digest_covers_the_gap_and_says_so(town: Pipeline, schedule: str) -> None:
    town_of(town, watchlist("bridge"), alerts=[alert("bridge", schedule=schedule)])
    town.publish("herald", entry("Bridge closed"))
    (late,) = town.wait(5 * DAY)
    assert (late.titles, late.json["remarks"]) == (["Bridge closed"], ["late"])
    assert town.run() == []
    town.publish("herald", entry("Bridge open"))
    (told,) = town.wait(DAY)
    assert told.titles == ["Bridge open"]


def test_after_downtime_what_should_have_gone_at_once_goes_in_one_digest(town: Pipeline) -> None:
    town.poll("herald", document(*(entry(f"Bridge {n}") for n in range(4))))
    town.assign()
    town.evaluate()
    (late,) = town.wait(3 * HOUR)
    assert (len(late.items), late.json["remarks"]) == (4, ["late"])


# ── digests over several watchlists ──────────


def test_a_digest_over_several_watchlists_lists_a_story_once_with_all_its_lists(town: Pipeline) -> None:
    both = alert("bridge", "river", name="all", schedule="daily at 20:00")
    town_of(town, watchlist("bridge"), watchlist("river"), alerts=[both])
    town.publish("herald", entry("Bridge over the river"), entry("River rises"), entry("Bridge painted"))
    (told,) = town.wait(12 * HOUR)
    assert {one["title"]: one["watchlists"] for one in told.items} == {
        "Bridge over the river": ["Bridge", "River"],
        "Bridge painted": ["Bridge"],
        "River rises": ["River"],
    }
    assert told.json["watchlist"] is None
    assert town.wait(DAY) == []


# ── held ──────────


def pause(town: Pipeline, name: str, *, paused: bool, until: datetime | None = None) -> None:
    now = town.clock.now()
    assert town.store.write_now(lambda conn: set_paused(conn, name, paused=paused, until=until, now=now)) == name


def test_a_paused_watchlist_waits_and_is_then_told_in_one_digest(town: Pipeline) -> None:
    pause(town, "bridge", paused=True)
    assert town.publish("herald", entry("Bridge closed")) == []
    assert town.publish("herald", entry("Bridge open"), after=DAY) == []
    town.clock.advance(HOUR)
    pause(town, "bridge", paused=False)
    (told,) = town.wait(MINUTE)
    assert sorted(told.titles) == ["Bridge closed", "Bridge open"]


def test_a_pause_of_a_watchlist_ends_by_itself(town: Pipeline) -> None:
    pause(town, "bridge", paused=True, until=START + HOUR)
    assert town.publish("herald", entry("Bridge closed")) == []
    assert titles(town.wait(HOUR)) == [["Bridge closed"]]


def test_a_paused_watchlist_holds_only_its_own_part_of_a_digest(town: Pipeline) -> None:
    both = alert("bridge", "tower", name="all", schedule="hourly")
    town_of(town, watchlist("bridge"), watchlist("tower"), alerts=[both])
    pause(town, "tower", paused=True)
    town.publish("herald", entry("Bridge closed"), entry("Tower falls"))
    assert titles(town.wait(HOUR)) == [["Bridge closed"]]
    pause(town, "tower", paused=False)
    assert titles(town.wait(HOUR)) == [["Tower falls"]]


@pytest.mark.parametrize("off", [False, True], ids=["paused", "switched off"])
def test_a_target_that_is_held_waits_and_is_then_told_in_one_digest(town: Pipeline, *, off: bool) -> None:
    if off:
        town.store.write_now(lambda conn: switch_off_target(conn, "hook", "410 Gone", START))
    else:
        town.store.write_now(lambda conn: pause_target(conn, "hook", None, now=START))
    assert town.publish("herald", entry("Bridge closed")) == []
    assert town.publish("herald", entry("Bridge open"), after=DAY) == []
    town.clock.advance(HOUR)
    town.store.write_now(lambda conn: resume_target(conn, "hook"))
    (told,) = town.wait(MINUTE)
    assert (sorted(told.titles), told.json["remarks"]) == (["Bridge closed", "Bridge open"], ["late"])


# ── hostile ──────────

NASTY = (
    "Bridge <script>alert(1)</script>",
    "Bridge\r\nBcc: all@example.org",
    "=?UTF-8?Q?Bridge=0A?=Bcc: all@example.org",
    "Bridge \u202egnp.exe \x00 \ufffe \ud83d",
    "Bridge {{ 9**9**7 }} {% raw %}",
    "Bridge " + "x" * 20_000,
    "Bridge\u0301\u0301\u0301" + "\u0301" * 5_000,
)


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_a_hostile_title_is_harmless_to_the_end(town: Pipeline, number: int) -> None:
    town_of(town, watchlist("bridge", "bridge*"), alerts=[alert("bridge"), by_mail(alert("bridge", name="mail"))])
    title = NASTY[number].replace("\x00", "&#0;").replace("\ud83d", "&#xD83D;")
    told = {one.recipient: one for one in town.publish("herald", entry(title, path="1"))}
    assert set(told) == {HOOK.name, *MAIL.recipients}
    (item,) = told[HOOK.name].items
    assert "Bridg" in item["title"]
    mail = told[MAIL.recipients[0]].body
    head, _, body = mail.partition(b"\r\n\r\n")
    assert b"\nbcc:" not in head.lower()
    assert b"<script" not in body.lower()
    assert len(mail) < 200_000


def test_a_text_with_thousands_of_hits_is_told_like_any_other(town: Pipeline) -> None:
    (told,) = town.publish("herald", entry("Bridge of bridges", text="bridge " * 20_000))
    fields = {one["field"] for one in told.items[0]["matched"]}
    assert fields == {"title", "text"}
    assert len(told.body) < 300_000
