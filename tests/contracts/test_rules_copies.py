"""The event ``copies``: what is told of articles that come to a story after it was told, and of which nothing is."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from typing import Any

import pytest
from digests import NIGHT, rate
from pipeline import DAY, HOUR, MINUTE, Pipeline, Told, alert, by_mail, document, entry, feed, started, watchlist
from sqlalchemy import select
from stores import START, StillClock

from alerts import compose
from alerts.store.dues import expire
from alerts.store.targets import pause_target, resume_target
from alerts.types import Event
from news.store.assignments import join_stories
from news.store.engine import Store
from news.store.retention import prune
from news.store.schema import article, match

URL = "https://outlet.example/"
FEEDS = (feed("herald"), feed("post", tags=("abroad",)), feed("mail"))
BOTH = frozenset({Event.NEW, Event.COPIES})
DAILY = alert("bridge", schedule="daily at 20:00")
#: of a story whose copies need not match: only their titles do
TEXT = "The old ferry over the river is closed to lorries until the inspectors have been there."
OTHER = "Nobody may cross at the harbour before Thursday, said the mayor, since a beam had come down in the night."
SECOND = timedelta(seconds=1)


def followed(id_: str = "bridge", *queries: str, **changes: Any) -> Any:
    """A watchlist that is told of later copies too."""
    return watchlist(id_, *queries, events=BOTH, **changes)


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Three feeds that are known, one watchlist that is told of copies at once."""
    return started(store, store_clock, feeds=FEEDS, lists=[followed()])


def copy(number: int, title: str = "No way over") -> str:
    """An article with the text of the story."""
    return entry(title, path=str(number), text=TEXT)


def said(told: list[Told]) -> list[tuple[str, str, list[str]]]:
    """Return what was told: of each item its event, its title and the addresses of its copies."""
    return [
        (item["event"], item["title"], [one["url"].removeprefix(URL) for one in item["copies"]])
        for one in told
        for item in one.items
    ]


NEW: list[tuple[str, str, list[str]]] = [("new", "Bridge closed", [])]


# ── what is told ──────────


def test_a_later_copy_is_told_whether_it_matches_or_not(town: Pipeline) -> None:
    assert said(town.publish("herald", copy(1, "Bridge closed"))) == NEW
    (told,) = town.publish("post", copy(2))
    (item,) = told.items
    assert said([told]) == [("copies", "Bridge closed", ["2"])]
    assert (item["url"], item["source"], item["watchlists"]) == (URL + "1", "herald", ["Bridge"])
    assert item["copies"] == [{"source": "post", "url": URL + "2"}]
    assert (item["urgent"], item["already_sent"]) == (False, False)
    assert said(town.publish("mail", copy(3, "The bridge is closed"))) == [("copies", "Bridge closed", ["3"])]
    # A second article of an outlet is one too.
    assert said(town.publish("post", copy(4))) == [("copies", "Bridge closed", ["4"])]
    assert town.wait(DAY) == []


def test_a_watchlist_that_does_not_ask_is_told_nothing(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge")])
    assert said(town.publish("herald", copy(1, "Bridge closed"))) == NEW
    assert town.publish("post", copy(2)) == []
    assert town.store.read_now(lambda conn: conn.execute(select(match.c.event)).scalars().all()) == ["new"]


def test_each_copy_is_a_message_of_its_own_with_an_identity_of_its_own(town: Pipeline) -> None:
    told = town.publish("herald", copy(1, "Bridge closed"))
    told += [*town.publish("post", copy(2)), *town.publish("mail", copy(3))]
    assert len({one.message_id for one in told}) == len({one.due_key for one in told}) == 3
    window = told[1].json["window"]
    assert (window["from"], window["to"]) == (told[1].items[0]["first_seen"], told[1].at.isoformat(timespec="seconds"))


def test_copies_that_come_at_once_are_one_message(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    assert said(town.publish("post", copy(2), copy(3), copy(4))) == [("copies", "Bridge closed", ["2", "3", "4"])]


def test_a_digest_says_all_later_copies_of_a_story_in_one_place_after_what_is_new(town: Pipeline) -> None:
    town.configure(alerts=[alert("bridge", schedule="hourly")])
    town.publish("herald", copy(1, "Bridge closed"))
    assert said(town.wait(HOUR)) == NEW
    town.publish("post", copy(2), copy(3))
    town.publish("mail", copy(4), entry("Bridge open"))
    told = town.wait(HOUR)
    assert said(told) == [("new", "Bridge open", []), ("copies", "Bridge closed", ["2", "3", "4"])]
    assert town.wait(DAY) == []


def test_what_came_before_the_story_was_told_stands_with_it_and_is_no_event(town: Pipeline) -> None:
    town.configure(alerts=[DAILY])
    town.publish("post", copy(1))
    town.publish("herald", copy(2, "Bridge closed"))
    town.publish("mail", copy(3))
    (told,) = town.wait(12 * HOUR)
    assert said([told]) == [("new", "Bridge closed", ["1", "3"])]
    assert town.wait(2 * DAY) == []
    assert town.open() == 0


def test_of_two_alerts_each_is_told_what_came_after_its_own_telling(town: Pipeline) -> None:
    town.configure(alerts=[alert("bridge"), replace(DAILY, id="bridge/daily/hook", name="daily")])
    town.publish("herald", copy(1, "Bridge closed"))
    assert said(town.publish("post", copy(2))) == [("copies", "Bridge closed", ["2"])]
    assert said(town.wait(12 * HOUR)) == [("new", "Bridge closed", ["2"])]
    assert said(town.publish("mail", copy(3))) == [("copies", "Bridge closed", ["3"])]
    assert said(town.wait(DAY)) == [("copies", "Bridge closed", ["3"])]


def test_a_digest_over_several_lists_says_a_story_once_as_new_if_it_is_to_any(town: Pipeline) -> None:
    both = alert("bridge", "ferry", name="all", schedule="hourly")
    text = TEXT.replace("ferry", "boat")
    town.configure(lists=[followed("bridge"), followed("ferry")], alerts=[both])
    town.run()
    town.publish("herald", entry("Bridge closed", path="1", text=text))
    assert said(town.wait(HOUR)) == NEW
    town.publish("post", entry("Ferry closed", path="2", text=text))
    (told,) = town.wait(HOUR)
    assert said([told]) == [("new", "Ferry closed", ["1"])]
    assert told.items[0]["watchlists"] == ["Bridge", "Ferry"]
    town.publish("mail", entry("Closed", path="3", text=text))
    (told,) = town.wait(HOUR)
    assert said([told]) == [("copies", "Bridge closed", ["3"])]
    assert told.items[0]["watchlists"] == ["Bridge", "Ferry"]


def test_the_story_is_known_by_what_was_told_of_it(town: Pipeline) -> None:
    """A better teller that comes later changes nothing of it."""
    town.publish("post", entry("Bridge closed", path="1", text=TEXT, at=START))
    own = entry("Bridge shut", url="https://reuters.com/b", text=TEXT + "\nSource: Reuters", at=START - HOUR)
    town.publish("herald", own)
    assert {one[1] for one in said(town.publish("mail", copy(3)))} == {"Bridge closed"}


# ── what is no event ──────────


def test_a_copy_outside_of_the_watchlists_feeds_and_languages_is_none(town: Pipeline) -> None:
    town.configure(lists=[followed(feeds=("herald", "post"), languages=("en",))])
    town.run()
    english = partial(entry, text=TEXT, language="en")
    assert said(town.publish("herald", english("Bridge closed", path="1"))) == NEW
    assert town.publish("mail", english("Closed", path="2")) == []
    assert town.publish("post", entry("Tutup", path="3", text=TEXT, language="id")) == []
    assert said(town.publish("post", english("Closed", path="4"))) == [("copies", "Bridge closed", ["4"])]


def test_a_revision_is_none_and_neither_is_a_further_feed(town: Pipeline) -> None:
    town.publish("post", copy(1))
    town.publish("herald", copy(2, "Bridge closed"))
    assert town.publish("post", entry("No way over at all", path="1", text=TEXT + " Nobody knows for how long.")) == []
    assert town.publish("mail", copy(1), copy(2, "Bridge closed")) == []
    assert said(town.publish("mail", copy(3))) == [("copies", "Bridge closed", ["3"])]
    assert town.publish("post", copy(3)) == []


def test_copies_of_a_story_that_was_taken_in_silently_are_none(town: Pipeline) -> None:
    town.configure(feeds=[*FEEDS, feed("new")])
    town.publish("new", entry("Bridge closed", path="1", text=TEXT, at=START - 2 * DAY))
    assert town.publish("post", copy(2)) == []
    assert town.verdicts() == {"bridge": ["backlog"]}


def test_an_old_copy_of_a_new_feed_is_none(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.configure(feeds=[*FEEDS, feed("new")])
    assert town.publish("new", entry("No way over", path="2", text=TEXT, at=START - 2 * DAY)) == []
    assert town.verdicts() == {"bridge": ["tell", "backlog"]}


def test_once_the_query_was_edited_copies_of_older_stories_are_none(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.clock.advance(MINUTE)
    town.configure(lists=[followed("bridge", "bridge", "tower")])
    assert town.publish("post", copy(2)) == []
    assert town.verdicts() == {"bridge": ["tell", "before_edit"]}


def test_a_join_tells_nobody_and_what_comes_after_it_is_told(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.publish("post", entry("Trains late", path="2"))
    older, younger = town.store.read_now(
        lambda conn: conn.execute(select(article.c.story_id).order_by(article.c.id)).scalars().all()
    )
    assert older is not None
    assert younger is not None
    town.store.write_now(lambda conn: join_stories(conn, older, younger))
    assert town.run() == []
    assert town.publish("mail", entry("Trains late", path="2")) == []
    assert said(town.publish("mail", copy(3))) == [("copies", "Bridge closed", ["3"])]


def test_of_two_told_stories_that_join_no_copy_is_told_again(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.publish("herald", entry("Bridge shut", path="2", text=OTHER))
    town.publish("post", copy(3))
    town.publish("post", entry("Shut", path="4", text=OTHER))
    stories = town.store.read_now(lambda conn: sorted(set(conn.execute(select(article.c.story_id)).scalars().all())))
    before = len(town.told())
    town.store.write_now(lambda conn: join_stories(conn, stories[0], stories[-1]))
    assert town.wait(DAY) == []
    assert len(town.told()) == before
    ((_, _, copies),) = said(town.publish("mail", copy(5)))
    assert copies == ["5"]


def test_a_story_that_was_given_up_before_it_was_told_has_no_later_copies(town: Pipeline) -> None:
    town.store.write_now(lambda conn: pause_target(conn, "hook", None, now=town.clock.now()))
    town.publish("herald", copy(1, "Bridge closed"))
    town.clock.advance(8 * DAY)
    now = town.clock.now()
    assert town.store.write_now(lambda conn: expire(conn, now=now, longest=7 * DAY)) == 1
    town.store.write_now(lambda conn: resume_target(conn, "hook"))
    assert town.publish("post", copy(2)) == []


def test_what_is_new_to_the_configuration_is_told_no_copies_of_older_stories(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.configure(alerts=[alert("bridge"), alert("bridge", name="second")])
    assert [one.alert for one in town.publish("post", copy(2))] == ["bridge/hook/hook"]


def test_a_new_watchlist_is_told_what_is_stored_as_new_only(town: Pipeline) -> None:
    text = TEXT.replace("ferry", "tower")
    town.publish("herald", entry("Closed", path="1", text=text))
    town.publish("post", entry("Shut", path="2", text=text))
    town.configure(lists=[followed("bridge"), followed("tower")])
    town.backfill("tower", most=1)
    assert said(town.run()) == [("new", "Closed", ["2"])]
    assert said(town.publish("mail", entry("Shut too", path="3", text=text))) == [("copies", "Closed", ["3"])]


# ── once, whatever happens ──────────


def test_reordering_and_restarts_tell_nothing_again(town: Pipeline) -> None:
    lists = [followed("bridge"), followed("ferry")]
    town.configure(lists=lists)
    town.run()
    town.publish("herald", copy(1, "Bridge closed"))
    assert len(town.publish("post", copy(2))) == 2
    town.configure(feeds=FEEDS[::-1], lists=lists[::-1], alerts=town.alerts[::-1])
    assert town.wait(DAY) == []
    assert len(town.publish("mail", copy(3))) == 2


def test_a_copy_that_comes_while_its_story_is_composed_is_told_once(town: Pipeline) -> None:
    """It is not in the digest that was gathered before, so it is told after that."""
    town.clock.advance(MINUTE)
    town.poll("herald", document(copy(1, "Bridge closed")))
    town.assign()
    town.evaluate()
    town.clock.advance(SECOND)
    town.poll("post", document(copy(2)))
    town.assign()
    # The copy has its story, and the watchlists have yet to meet it.
    made = town.render(town.gather())
    town.evaluate()
    token = town.take_lease()
    assert token is not None
    town.commit(made, token)
    assert said(town.told()) == NEW
    assert said(town.run()) == [("copies", "Bridge closed", ["2"])]
    assert town.wait(DAY) == []


def test_what_no_watchlist_follows_lists_a_copy_that_is_yet_to_be_looked_at(town: Pipeline) -> None:
    town.configure(lists=[watchlist("bridge")])
    town.poll("herald", document(copy(1, "Bridge closed")))
    town.assign()
    town.evaluate()
    town.poll("post", document(copy(2)))
    town.assign()
    town.compose()
    assert said(town.told()) == [("new", "Bridge closed", ["2"])]


def test_a_crash_between_gathering_and_the_commit_tells_the_same(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    town.clock.advance(MINUTE)
    town.poll("post", document(copy(2)))
    town.assign()
    town.evaluate()
    (first,) = [one for _, some in town.render(town.gather()) for one in some]
    town.clock.advance(SECOND)
    # Another copy comes before it is tried again.
    town.poll("mail", document(copy(3)))
    (told,) = town.run()
    assert (told.message_id, said([told])) == (first.message_id, [("copies", "Bridge closed", ["2", "3"])])


# ── when ──────────


def test_gather_waits_for_copies_as_for_others(town: Pipeline) -> None:
    town.configure(alerts=[alert("bridge", gather_s=300)])
    town.publish("herald", copy(1, "Bridge closed"))
    town.publish("post", copy(2))
    assert said(town.wait(5 * MINUTE)) == [("new", "Bridge closed", ["2"])]
    assert town.publish("post", copy(3)) == []
    assert town.publish("mail", copy(4)) == []
    assert said(town.wait(5 * MINUTE)) == [("copies", "Bridge closed", ["3", "4"])]


def test_brakes_and_quiet_hours_count_for_copies_as_for_others(town: Pipeline) -> None:
    town.configure(alerts=[alert("bridge", at_most=rate(2), quiet_hours=NIGHT)])
    town.publish("herald", copy(1, "Bridge closed"))
    assert len(town.publish("post", copy(2))) == 1
    assert town.publish("post", copy(3)) == []
    assert town.publish("mail", copy(4)) == []
    (braked,) = town.wait(15 * MINUTE)
    assert (said([braked]), braked.json["remarks"]) == ([("copies", "Bridge closed", ["3", "4"])], ["braked"])
    town.clock.advance(15 * HOUR)
    assert town.publish("post", copy(5)) == []
    (told,) = town.wait(7 * HOUR - 10 * MINUTE)
    assert (said([told]), told.json["remarks"]) == ([("copies", "Bridge closed", ["5"])], ["held_overnight"])


def test_a_copy_is_never_urgent_and_one_that_makes_its_story_so_is_told_with_it(town: Pipeline) -> None:
    urgent = alert("bridge", urgent="collapse*")
    town.configure(alerts=[urgent])
    town.publish("herald", copy(1, "Bridge closed"))
    (told,) = town.publish("post", copy(2, "Bridge collapses"))
    assert (said([told]), told.items[0]["urgent"]) == ([("copies", "Bridge closed", ["2"])], False)
    town.configure(alerts=[replace(urgent, gather_s=300)])
    town.publish("herald", entry("Bridge shakes", path="3", text=OTHER))
    (told,) = town.publish("post", entry("Bridge collapses", path="4", text=OTHER))
    assert (said([told]), told.items[0]["urgent"]) == ([("new", "Bridge collapses", ["3"])], True)
    assert town.wait(HOUR) == []


def test_what_came_after_an_urgent_message_stands_with_its_story_in_the_next_digest(town: Pipeline) -> None:
    town.configure(alerts=[replace(DAILY, urgent="collapse*")])
    assert said(town.publish("herald", copy(1, "Bridge collapses"))) == [("new", "Bridge collapses", [])]
    assert town.publish("post", copy(2)) == []
    (told,) = town.wait(12 * HOUR)
    assert (said([told]), told.items[0]["already_sent"]) == ([("new", "Bridge collapses", ["2"])], True)
    assert said(town.publish("mail", copy(3))) == []
    assert said(town.wait(DAY)) == [("copies", "Bridge collapses", ["3"])]


def test_a_preview_shows_later_copies_as_they_are_sent(town: Pipeline) -> None:
    town.configure(alerts=[DAILY])
    town.publish("herald", copy(1, "Bridge closed"))
    town.wait(12 * HOUR)
    town.publish("post", copy(2), copy(3))
    look = partial(compose.gather_one, alert=town.alerts[0], now=town.clock.now())
    (shown,) = town.store.read_now(look).digests
    (told,) = town.wait(DAY)
    assert [(one.event.value, one.title, len(one.copies)) for one in shown.items] == [("copies", "Bridge closed", 2)]
    assert said([told]) == [("copies", "Bridge closed", ["2", "3"])]


# ── long afterwards ──────────


def test_where_retention_took_the_text_that_was_told_the_copy_says_what_the_story_is(town: Pipeline) -> None:
    town.publish("herald", copy(1, "Bridge closed"))
    now = town.clock.advance(3 * DAY)
    work = partial(prune, now=now, retention=DAY, retention_matched=DAY, max_size_bytes=None)
    assert town.store.write_now(work).texts == 1
    (told,) = town.publish("post", copy(2))
    assert said([told]) == [("copies", "No way over", ["2"])]


def test_a_mail_says_that_it_is_not_new_and_where_it_stands_since(town: Pipeline) -> None:
    town.configure(alerts=[by_mail(alert("bridge"))])
    town.publish("herald", copy(1, "Bridge closed"))
    (mail,) = town.publish("post", copy(2), copy(3))
    parsed = message_from_bytes(mail.body, policy=default)
    part = parsed.get_body(("plain",))
    assert part is not None
    text = part.get_content()
    assert parsed["Subject"] == "Bridge: later copies of 1 story – Bridge closed"
    assert "1. Bridge closed\n   herald" in text.replace("\r\n", "\n")
    assert "already sent" in text
    assert "Carried since by 1 outlet: post (2)" in text


def test_a_cut_copy_is_one_too(town: Pipeline) -> None:
    report = (
        "The old ferry over the river is closed to lorries until the inspectors have been there, the council said on "
        "Monday. Drivers of heavy vehicles must take the road by the mill, which is twice as long and narrow in "
        "places. A beam had been found to be cracked during the night, after a watchman had heard it give way."
    )
    town.publish("herald", entry("Bridge closed", path="1", text=report))
    cut = entry("Lorries take the long road", path="2", text=report[: report.index(" A beam")])
    assert said(town.publish("post", cut)) == [("copies", "Bridge closed", ["2"])]
