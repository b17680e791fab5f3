"""The rules of identity, end to end: what is one article, what is one story, what is seen already.

Documents go through the service's own stages on both databases; each test is named after its rule.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pipeline import DAY, HOUR, MINUTE, Pipeline, alert, at_once, document, entry, feed, started, watchlist
from sqlalchemy import select
from stores import START, StillClock

from news.store import retention
from news.store.articles import join_stories
from news.store.engine import Store
from news.store.feeds import add_feed, list_feeds
from news.store.schema import article, revision, story
from news.types import FeedOrigin, FeedState

BRIDGE = "The old bridge over the river is closed to lorries until the inspectors have been there."
TOWER = "The clock tower on the market square stands still, since a spring of its works has broken."
URL = "https://outlet.example/"


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """Two feeds that are known, one watchlist that is told at once."""
    return started(store, store_clock, feeds=[feed("herald"), feed("post")], lists=[watchlist("bridge")])


def count(town: Pipeline, column: object = article.c.id) -> int:
    return len(town.store.read_now(lambda conn: conn.execute(select(column)).all()))  # type: ignore[call-overload]  # any


# ── articles ──────────


def test_an_article_is_known_by_its_address_whichever_feed_brings_it(town: Pipeline) -> None:
    assert len(town.publish("herald", entry("Bridge closed", path="1"))) == 1
    assert town.publish("post", entry("Bridge closed", path="1")) == []
    assert town.publish("post", entry("Bridge closed", url="http://www.outlet.example/1?utm_source=post#top")) == []
    assert count(town) == 2  # www is another host; the text makes it the same story
    assert town.partition() == {frozenset({URL + "1", "https://www.outlet.example/1"})}


def test_an_entry_under_two_guids_is_one_article(town: Pipeline) -> None:
    both = [entry("Bridge closed", path="1", guid="a"), entry("Bridge closed", path="1", guid="b")]
    assert [one.titles for one in town.publish("herald", *both)] == [["Bridge closed"]]
    assert town.publish("herald", entry("Bridge closed", path="1", guid="c"), *both) == []
    assert (count(town), count(town, revision.c.id)) == (1, 1)


def test_a_feed_that_sends_everything_again_with_new_guids_alerts_nobody(town: Pipeline) -> None:
    town.publish("herald", *(entry(f"Bridge {n}", path=str(n), guid=f"old-{n}") for n in range(5)))
    assert len(town.told()) == 5
    assert town.publish("herald", *(entry(f"Bridge {n}", path=str(n), guid=f"new-{n}") for n in range(5))) == []
    assert count(town) == 5


def test_a_feed_without_addresses_that_sends_everything_again_with_new_guids_alerts_nobody(town: Pipeline) -> None:
    town.publish("herald", *(entry(f"Bridge {n}", url="", guid=f"old-{n}") for n in range(5)))
    assert len(town.told()) == 5
    assert town.publish("herald", *(entry(f"Bridge {n}", url="", guid=f"new-{n}") for n in range(5))) == []
    assert len(town.partition()) == 5


def test_old_entries_that_are_dated_anew_alert_nobody(town: Pipeline) -> None:
    told = town.publish("herald", entry("Bridge closed", at=START), entry("Bridge open", at=START))
    assert len(told) == 2
    anew = START + HOUR
    assert town.publish("herald", entry("Bridge closed", at=anew), entry("Bridge open", at=anew), after=HOUR) == []
    assert count(town, revision.c.id) == 2


def test_the_same_guid_at_a_changed_address_is_the_same_article(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", guid="a"))
    assert town.publish("herald", entry("Bridge closed", path="bridge-closed", guid="a")) == []
    revised = entry("Bridge closed for weeks", path="bridge-closed-for-weeks", guid="a")
    assert town.publish("herald", revised) == []
    assert (count(town), count(town, revision.c.id)) == (1, 2)


def test_a_guid_that_is_used_again_for_another_report_is_another_article(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", guid="top", text=BRIDGE))
    told = town.publish(
        "herald", entry("Tower shall not fall, says mayor", path="2", guid="top", text=TOWER + " Bridge.")
    )
    assert [one.titles for one in told] == [["Tower shall not fall, says mayor"]]
    assert count(town) == 2


def test_a_guid_identifies_only_within_its_feed(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", url="", guid="1", text=BRIDGE))
    told = town.publish("post", entry("Bridge sold", url="", guid="1", text=TOWER))
    assert [one.titles for one in told] == [["Bridge sold"]]


# ── stories ──────────


def test_membership_is_decided_once_whatever_later_revisions_say(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=BRIDGE), entry("Tower", path="9", text=TOWER))
    town.publish("post", entry("Closed: bridge", path="2", text=BRIDGE))
    together = {frozenset({URL + "1", URL + "2"}), frozenset({URL + "9"})}
    assert town.partition() == together
    town.publish("post", entry("Tower and bridge", path="2", text=TOWER))
    assert town.partition() == together
    town.publish("herald", entry("Bridge again", path="3", text=BRIDGE))
    assert frozenset({URL + "1", URL + "2", URL + "3"}) in town.partition()


def test_copies_are_one_story_in_whatever_words_their_headlines_are(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=BRIDGE))
    town.publish("post", entry("No way over", path="2", text=BRIDGE.upper().replace(".", "!")))
    assert town.partition() == {frozenset({URL + "1", URL + "2"})}


def test_a_text_that_one_feed_puts_under_every_headline_makes_no_story(town: Pipeline) -> None:
    tagline = "Follow us for the latest from the coast and subscribe to the letter that we send on Fridays."
    one = town.publish("herald", entry("Bridge closed to lorries", path="1", text=tagline))
    other = town.publish("herald", entry("Fire on the bridge, two hurt", path="2", text=tagline))
    assert (len(one), len(other)) == (1, 1)
    # The same report again is a copy all the same, at another address and in another feed.
    assert town.publish("herald", entry("Fire on the bridge, two hurt", path="3", text=tagline)) == []
    assert town.publish("post", entry("Fire on the bridge, two hurt", path="4", text=tagline)) == []


def test_an_edited_headline_over_the_same_text_makes_no_story(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed to lorries", path="1", text=BRIDGE))
    assert town.publish("herald", entry("Old bridge closed to all lorries", path="2", text=BRIDGE)) == []


def test_short_texts_are_copies_only_under_the_same_headline(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text="Read on."), entry("Tower", path="2", text="Read on."))
    town.publish("post", entry("Bridge closed", path="3", text="Read on"))
    assert town.partition() == {frozenset({URL + "1", URL + "3"}), frozenset({URL + "2"})}


def test_the_same_text_is_another_story_once_the_window_is_over(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=BRIDGE))
    assert town.publish("post", entry("Bridge closed", path="2", text=BRIDGE), after=13 * DAY) == []
    assert town.publish("herald", entry("Bridge closed", path="3", text=BRIDGE), after=13 * DAY) == []
    (again,) = town.publish("post", entry("Bridge closed", path="4", text=BRIDGE), after=15 * DAY)
    assert again.items[0]["copies"] == []


def join(town: Pipeline) -> None:
    """Let the two stories that there are turn out to be one."""
    ids = town.store.read_now(lambda conn: list(conn.execute(select(story.c.id).order_by(story.c.id)).scalars()))
    town.store.write_now(lambda conn: join_stories(conn, *ids))


def test_a_join_is_told_to_nobody(town: Pipeline) -> None:
    town.publish("herald", entry("Bridge closed", path="1", text=BRIDGE), entry("Tower", path="2", text=TOWER))
    assert len(town.told()) == 1
    join(town)
    assert town.run() == []
    # What comes to either of the two now is a copy of a story that was told.
    assert town.publish("post", entry("Bridge and tower", path="3", text=TOWER)) == []
    assert len(town.partition()) == 1


@pytest.mark.parametrize("first", ["told", "open"])
def test_a_joined_story_counts_as_told_if_either_was(town: Pipeline, first: str) -> None:
    town.configure(alerts=[alert("bridge", schedule="hourly", urgent="collapse*")])
    told, left = entry("Bridge collapses", path="1", text=BRIDGE), entry("Bridge painted", path="2", text=TOWER)
    for one in (told, left) if first == "told" else (left, told):
        town.publish("herald", one)
    assert [one.titles for one in town.told()] == [["Bridge collapses"]]
    join(town)
    (digest,) = town.wait(HOUR)
    assert [(one["title"], one["already_sent"], len(one["copies"])) for one in digest.items] == [
        ("Bridge collapses", True, 1)
    ]
    assert town.open() == 0


def test_two_processes_that_assign_copies_at_once_make_one_story(town: Pipeline, other_store: Store) -> None:
    other = Pipeline(other_store, town.clock, holder="two")
    town.poll("herald", document(*(entry(f"Bridge {n}", path=f"h{n}") for n in range(20))))
    town.poll("post", document(*(entry(f"Bridge {n}", path=f"p{n}") for n in range(20))))
    at_once(town.assign, other.assign)
    # One that found the other at work comes again.
    town.assign()
    other.assign()
    assert town.partition() == {frozenset({f"{URL}h{n}", f"{URL}p{n}"}) for n in range(20)}
    assert count(town, story.c.id) == 20


# ── age ──────────


def test_old_stories_of_a_new_feed_are_kept_and_not_told(store: Store, store_clock: StillClock) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald")], lists=[watchlist("bridge")])
    told = town.publish("herald", entry("Old bridge", at=START - 25 * HOUR), entry("New bridge", at=START - 23 * HOUR))
    assert [one.titles for one in told] == [["New bridge"]]
    assert town.verdicts() == {"bridge": ["backlog", "tell"]}
    assert town.publish("herald", entry("Old bridge falls", url=URL + "old-bridge", at=START)) == []


def test_undated_entries_of_a_first_poll_count_as_old(store: Store, store_clock: StillClock) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald")], lists=[watchlist("bridge")])
    assert town.publish("herald", entry("Bridge closed")) == []
    assert [one.titles for one in town.publish("herald", entry("Bridge open"))] == [["Bridge open"]]


def test_an_undated_copy_of_a_first_poll_does_not_hide_a_young_story(store: Store, store_clock: StillClock) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald"), feed("post")], lists=[watchlist("bridge")])
    assert town.publish("herald", entry("Bridge closed", path="1", text=BRIDGE)) == []
    (told,) = town.publish("post", entry("Closed bridge", path="2", text=BRIDGE, at=START))
    assert told.titles == ["Closed bridge"]
    assert told.items[0]["copies"] == [{"source": "herald", "url": URL + "1"}]
    assert town.publish("post", entry("Bridge closed today", path="3", text=BRIDGE, at=START)) == []


def test_a_feed_is_new_until_its_first_successful_poll(store: Store, store_clock: StillClock) -> None:
    town = Pipeline(store, store_clock)
    town.configure(feeds=[feed("herald")], lists=[watchlist("bridge")])
    town.fail("herald")
    town.fail("herald")
    assert town.publish("herald", entry("Bridge closed", at=START - 25 * HOUR)) == []


def test_a_feed_back_from_an_outage_is_not_new(town: Pipeline) -> None:
    for _ in range(5):
        town.clock.advance(12 * HOUR)
        town.fail("herald")
    assert town.feed("herald").state is FeedState.FAILING
    old = town.clock.now() - 50 * HOUR
    told = town.publish("herald", entry("Bridge closed", at=old), entry("Bridge open"))
    assert sorted(one.titles for one in told) == [["Bridge closed"], ["Bridge open"]]


# ── what was seen ──────────


def prune(town: Pipeline, *, keep: timedelta = 30 * DAY) -> None:
    more = True
    while more:
        more = town.store.write_now(
            lambda conn: retention.prune(
                conn, now=town.clock.now(), retention=keep, retention_matched=keep, max_size_bytes=None
            )
        ).more


@pytest.mark.parametrize(
    "again",
    [
        entry("Bridge guide", at=START),
        entry("Bridge guide", at=START + 100 * DAY),
        entry("Bridge guide", at=START, guid="new"),
        entry("Bridge guide, with a map", url=URL + "bridge-guide", at=START),
    ],
    ids=["as it was", "dated anew", "under another guid", "revised"],
)
def test_what_was_seen_is_remembered_after_retention(town: Pipeline, again: str) -> None:
    evergreen = entry("Bridge guide", at=START)
    assert len(town.publish("herald", evergreen)) == 1
    for _ in range(4):
        town.clock.advance(40 * DAY)
        prune(town)
        assert town.publish("herald", evergreen, entry("Rain", text=TOWER)) == []
    assert "" in town.store.read_now(lambda conn: list(conn.execute(select(revision.c.title)).scalars()))
    assert town.publish("herald", again) == []


def test_what_no_feed_carries_any_more_may_be_told_again_long_after(town: Pipeline) -> None:
    bridge = entry("Bridge closed")
    assert len(town.publish("herald", bridge)) == 1
    town.publish("herald")
    for _ in range(3):
        town.clock.advance(40 * DAY)
        prune(town)
    assert count(town) == 0
    (again,) = town.publish("herald", bridge)
    assert again.titles == ["Bridge closed"]
    assert again.message_id not in {one.message_id for one in town.told()[:-1]}


# ── feeds ──────────


def test_there_is_one_feed_an_address_and_configuration_wins_over_opml_over_store(
    store: Store, store_clock: StillClock
) -> None:
    town = Pipeline(store, store_clock)
    stored, opml, configured = (replace(feed("herald"), origin=one, name=one.value) for one in reversed(FeedOrigin))
    store.write_now(lambda conn: add_feed(conn, stored, now=START, first_interval=5 * MINUTE))
    for given, wins in (
        ([], stored),
        ([opml], opml),
        ([opml, configured], configured),
        ([configured, opml], configured),
    ):
        town.configure(feeds=given)
        (row,) = store.read_now(list_feeds)
        assert (row.origin, row.name) == (wins.origin, wins.name)


def test_a_feed_that_is_gone_rests_with_its_history_and_is_not_new_when_it_returns(town: Pipeline) -> None:
    bridge = entry("Bridge closed")
    town.publish("herald", bridge)
    town.configure(feeds=[feed("post")])
    row = town.feed("herald")
    assert (row.active, row.state, row.next_poll_at) == (False, FeedState.RESTING, None)
    town.clock.advance(DAY)
    town.configure(feeds=[feed("herald"), feed("post")])
    told = town.publish("herald", bridge, entry("Bridge open", at=town.clock.now() - 30 * HOUR))
    assert [one.titles for one in told] == [["Bridge open"]]


def test_the_time_of_a_feed_that_was_configured_a_second_time_stays(town: Pipeline) -> None:
    before: datetime | None = town.feed("herald").first_success_at
    town.clock.advance(HOUR)
    town.configure(feeds=[feed("post"), feed("herald"), feed("herald", origin=FeedOrigin.OPML)])
    assert town.feed("herald").first_success_at == before
