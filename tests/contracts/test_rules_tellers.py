"""Which article a digest leads with, end to end, on both databases: chosen when it is composed."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, by_mail, document, entry, feed, started, watchlist
from sqlalchemy import select
from stores import START, StillClock

from alerts import compose
from news.store.assignments import join_stories
from news.store.engine import Store
from news.store.retention import prune
from news.store.schema import article, due, match, revision, telling

FEEDS = (feed("herald"), feed("post"))
DAILY = alert("bridge", schedule="daily at 20:00", urgent="collapse*")
TEXT = "The old bridge over the river is closed to lorries until the inspectors have been there."
OTHER = "Nobody may cross at the harbour before Thursday, said the mayor, since a beam had come down in the night."
WIRE = "LONDON, March 2 (Reuters) - " + TEXT


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Two feeds that are known, one watchlist that is told in the evening."""
    return started(store, store_clock, feeds=FEEDS, lists=[watchlist("bridge")], alerts=[DAILY])


def evening(town: Pipeline) -> dict[str, Any]:
    """Let the evening come and return the one story that is told."""
    (told,) = town.wait(12 * HOUR)
    (item,) = told.items
    return item


def tellings(town: Pipeline) -> list[tuple[int, str]]:
    """Return every telling: article, and the title of its revision."""
    statement = (
        select(telling.c.article_id, revision.c.title)
        .join(revision, revision.c.id == telling.c.revision_id)
        .order_by(telling.c.match_id, telling.c.article_id)
    )
    return town.store.read_now(lambda conn: [(row[0], row[1]) for row in conn.execute(statement)])


# ── who leads ──────────


def test_the_credited_agencys_own_article_leads_and_all_that_is_told_is_its_own(town: Pipeline) -> None:
    town.publish("herald", entry("Old bridge closed", path="1", text=WIRE, at=START, language="en"))
    own = entry(
        "UPDATE 1-Bridge closed", url="https://www.reuters.com/b", text=WIRE, at=START + MINUTE, language="en-gb"
    )
    town.publish("post", own)
    item = evening(town)
    assert (item["title"], item["url"], item["source"]) == (
        "UPDATE 1-Bridge closed",
        "https://www.reuters.com/b",
        "post",
    )
    assert (item["agency"], item["language"], item["published"]) == ("Reuters", "en-gb", "2026-03-02T08:01:00+00:00")
    in_title = [one for one in item["matched"] if one["field"] == "title"]
    assert [item["title"][one["start"] : one["end"]] for one in in_title] == ["Bridge"]
    assert item["copies"] == [{"source": "herald", "url": "https://outlet.example/1"}]
    # The story is from when it was first found.
    assert item["first_seen"] == "2026-03-02T08:01:00+00:00"


def test_a_story_that_was_put_out_earlier_leads_though_it_came_later(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=TEXT, at=START + HOUR), after=2 * HOUR)
    town.publish("post", entry("Bridge shut", path="2", text=TEXT, at=START))
    assert evening(town)["title"] == "Bridge shut"


def test_only_an_article_that_matched_leads(town: Pipeline) -> None:
    ferry = TEXT.replace("bridge", "ferry")
    town.publish("post", entry("No way over", path="1", text=ferry, at=START))
    town.publish("herald", entry("Bridge closed", path="2", text=ferry, at=START + HOUR), after=2 * HOUR)
    item = evening(town)
    assert (item["title"], len(item["copies"])) == ("Bridge closed", 1)


def test_each_alert_leads_with_what_its_reader_reads(town: Pipeline) -> None:
    alerts = [replace(DAILY, locale=one, id=f"bridge/{one}/hook", name=one) for one in ("en", "id", "ms", "de")]
    town.configure(alerts=alerts)
    town.publish("herald", entry("Bridge closed", path="1", text=TEXT, at=START, language="en"))
    town.publish("post", entry("Bridge ditutup", path="2", text=TEXT, at=START + MINUTE, language="id"))
    told = {one.alert.split("/")[1]: one.titles for one in town.wait(12 * HOUR)}
    assert told == {
        "en": ["Bridge closed"],
        "id": ["Bridge ditutup"],
        "ms": ["Bridge ditutup"],
        "de": ["Bridge closed"],
    }


def test_of_several_watchlists_what_more_of_them_found_leads_for_all(town: Pipeline) -> None:
    both = alert("bridge", "river", name="all", schedule="daily at 20:00")
    town.configure(lists=[watchlist("bridge"), watchlist("river")], alerts=[both])
    town.run()
    text = TEXT.replace("river", "water")
    town.publish("herald", entry("Bridge closed", path="1", text=text, at=START))
    town.publish("post", entry("Bridge over the river closed", path="2", text=text, at=START + MINUTE))
    item = evening(town)
    assert item["title"] == "Bridge over the river closed"
    assert {one["term"] for one in item["matched"]} == {"bridge", "river"}
    assert item["watchlists"] == ["Bridge", "River"]


def test_a_preview_shows_what_is_sent(town: Pipeline) -> None:
    town.publish("herald", entry("Old bridge closed", path="1", text=WIRE, at=START))
    town.publish("post", entry("Bridge closed", url="https://reuters.com/b", text=WIRE))
    town.clock.advance(12 * HOUR)
    look = partial(compose.gather_one, alert=town.alerts[0], now=town.clock.now())
    (shown,) = town.store.read_now(look).digests
    (told,) = town.run()
    assert [(one.title, one.url) for one in shown.items] == [(one["title"], one["url"]) for one in told.items]
    assert told.titles == ["Bridge closed"]


# ── guards ──────────


def test_what_is_urgent_leads_with_what_made_it_so_and_is_listed_so_again(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge trembles", path="1", text=TEXT, at=START))
    (urgent,) = town.publish("post", entry("Bridge collapses", path="2", text=TEXT))
    assert urgent.titles == ["Bridge collapses"]
    # Put out earlier, and by far: it would lead, had nothing been told.
    town.publish("herald", entry("Bridge old", path="3", text=TEXT, at=START - HOUR))
    item = evening(town)
    assert (item["title"], item["already_sent"], len(item["copies"])) == ("Bridge collapses", True, 2)


def test_two_alerts_that_were_told_urgently_of_two_articles_list_each_its_own(town: Pipeline) -> None:
    other = replace(DAILY, id="bridge/other/hook", name="other", urgent="burst*")
    town.configure(alerts=[DAILY, other])
    town.publish("herald", entry("Bridge collapses", path="1", text=TEXT))
    town.publish("post", entry("Bridge bursts", path="2", text=TEXT))
    told = {one.alert: one.titles for one in town.wait(12 * HOUR)}
    assert told == {DAILY.id: ["Bridge collapses"], other.id: ["Bridge bursts"]}


def test_a_later_revision_renews_what_leads_and_one_that_matches_no_more_keeps_it(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=TEXT))
    town.publish("herald", entry("Bridge closed for weeks", path="1", text=TEXT))
    town.publish("herald", entry("Nothing to see", path="1", text="It was about something else, it was said."))
    assert [title for _, title in tellings(town)] == ["Bridge closed for weeks"]
    assert evening(town)["title"] == "Bridge closed for weeks"
    # Nothing is left to tell: what follows is kept no more.
    town.publish("herald", entry("Bridge open", path="1", text=TEXT))
    town.publish("post", entry("Bridge shut", path="2", text=TEXT))
    assert [title for _, title in tellings(town)] == ["Bridge closed for weeks"]


def test_a_story_whose_age_an_article_with_a_time_shows_leads_with_the_best_of_both(town: Pipeline) -> None:
    town.configure(feeds=[*FEEDS, feed("mail")])
    town.publish("mail", entry("Bridge undated", path="1", text=WIRE))
    assert town.verdicts() == {"bridge": ["backlog"]}
    town.publish("post", entry("Bridge dated", path="2", text=WIRE, at=START))
    assert [title for _, title in tellings(town)] == ["Bridge undated", "Bridge dated"]
    assert evening(town)["title"] == "Bridge dated"


# ── joins, new watchlists, retention ──────────


def stories(town: Pipeline) -> list[int]:
    statement = select(article.c.story_id).order_by(article.c.id)
    return [one for one in town.store.read_now(lambda conn: conn.execute(statement).scalars().all()) if one is not None]


def test_of_stories_that_join_the_best_of_both_leads_and_is_told_once(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=TEXT, at=START + HOUR), after=2 * HOUR)
    town.publish("post", entry("Bridge shut", path="2", text=OTHER, at=START))
    older, younger = stories(town)
    town.store.write_now(lambda conn: join_stories(conn, older, younger))
    assert len(tellings(town)) == 2
    item = evening(town)
    assert (item["title"], item["copies"]) == ("Bridge shut", [{"source": "herald", "url": "https://outlet.example/1"}])
    assert town.wait(DAY) == []


def test_a_new_watchlist_finds_every_article_that_may_lead(town: Pipeline) -> None:
    text = WIRE.replace("bridge", "tower")
    town.publish("herald", entry("Tower falls", path="1", text=text, at=START))
    town.publish("post", entry("Tower fell", url="https://reuters.com/t", text=text))
    town.configure(lists=[watchlist("tower")], alerts=[alert("tower", schedule="daily at 20:00")])
    town.backfill("tower", most=1)
    assert len(tellings(town)) == 1
    town.run()
    assert len(tellings(town)) == 2
    assert evening(town)["title"] == "Tower fell"


def test_what_may_lead_is_kept_while_it_waits_and_hinders_no_retention_afterwards(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=TEXT))
    town.publish("post", entry("Bridge shut", path="2", text=TEXT, at=START))
    town.publish("post", entry("Bridge shut, again", path="2", text=TEXT, at=START))

    def take() -> int:
        now = town.clock.now() + 40 * DAY
        work = partial(prune, now=now, retention=DAY, retention_matched=DAY, max_size_bytes=None)
        return town.store.write_now(work).texts

    assert take() == 0
    assert evening(town)["title"] == "Bridge shut, again"
    town.poll("herald", document())
    town.poll("post", document())
    assert take() == 2
    assert tellings(town) == []
    town.clock.advance(60 * DAY)
    take()
    left = town.store.read_now(lambda conn: [conn.execute(select(one)).all() for one in (article, match, due)])
    assert left == [[], [], []]


def test_mails_lead_with_the_same(town: Pipeline) -> None:
    town.configure(alerts=[by_mail(DAILY)])
    town.publish("herald", entry("Old bridge closed", path="1", text=WIRE, at=START))
    town.publish("post", entry("Bridge closed", url="https://reuters.com/b", text=WIRE))
    (mail,) = town.wait(12 * HOUR)
    assert b"Subject: Bridge: Bridge closed" in mail.body
    assert mail.body.count(b"Reuters, via post") == 2


REPORT = (
    "The old bridge over the river is closed to lorries until the inspectors have been there, the council said on "
    "Monday. Drivers of heavy vehicles must take the road by the mill, which is twice as long and narrow in places. "
    "A beam had been found to be cracked during the night, after a watchman had heard it give way under a lorry that "
    "was carrying stone. The mayor promised that a ferry would run for those who live on the far bank, and that the "
    "market would be held all the same."
)


def test_a_whole_report_leads_before_a_teaser_that_came_earlier(town: Pipeline) -> None:
    teaser = REPORT[: REPORT.index(" A beam")]
    town.publish("herald", entry("Bridge closed", path="1", text=teaser, at=START))
    town.publish("post", entry("Bridge closed, ferry to run", path="2", text=REPORT, at=START + MINUTE))
    item = evening(town)
    assert (item["title"], item["copies"]) == (
        "Bridge closed, ferry to run",
        [{"source": "herald", "url": "https://outlet.example/1"}],
    )
