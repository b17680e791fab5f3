"""Events from poll to message: digests by event, and what people see of a story's thread."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from events import DAM, DAM_ID, FERRY, Placing, Vectors
from pipeline import HOUR, MAIL, MINUTE, Pipeline, alert, by_mail, entry, feed, started, watchlist
from stores import StillClock

from alerts import compose
from news.centring import centred
from news.store import listings
from news.store.engine import Store
from news.store.trails import article_trail
from news.threads import WINDOW
from storywatch import why
from storywatch.why.steps import State


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """A service with a webhook at once, and a mail each hour that tells by event."""
    lists = [watchlist("orvale", "orvale", "brenholm")]
    hourly = by_mail(alert("orvale", schedule="hourly", name="mail"), id="orvale/mail/desk", by_thread=True)
    return started(store, store_clock, feeds=[feed("town")], lists=lists, alerts=[alert("orvale"), hourly])


def published(town: Pipeline, *texts: str) -> None:
    """Let articles with these texts come, each a minute after the one before."""
    titles = {DAM: "Dam above Orvale breaks", DAM_ID: "Bendungan Orvale jebol", FERRY: "Ferry adrift off Brenholm"}
    for text in texts:
        at = town.clock.now() + MINUTE
        town.publish("town", entry(titles[text], text=text, at=at, language="id" if text is DAM_ID else "en"))


def test_a_digest_tells_by_event_and_a_webhook_names_it(town: Pipeline) -> None:
    published(town, DAM, FERRY, DAM_ID)
    placing = Placing(town.store, town.clock)
    placing.run()
    (mail,) = [one for one in town.wait(HOUR) if one.recipient == MAIL.recipients[0]]
    read = message_from_bytes(mail.body, policy=policy.default)
    assert read["Subject"] == "Orvale: 3 stories, 2 events – Dam above Orvale breaks"
    body = read.get_body(("plain",))
    assert body is not None
    assert "# Dam above Orvale breaks\n  2 stories in 2 languages, 1 outlet\n" in body.get_content().replace("\r", "")
    # What goes at once waits for no event; what goes later tells the one it has come to be in.
    assert [one["thread"] for told in town.told() if told.recipient != MAIL.recipients[0] for one in told.items] == [
        None,
        None,
        None,
    ]


def gathered(town: Pipeline) -> list[str]:
    """What there is to tell now, seen by a service that gives stories threads."""
    since = town.clock.now() - WINDOW
    found = town.store.read_now(
        lambda conn: compose.gather(conn, town.alerts, now=town.clock.now(), threads_since=since)
    )
    return [one.alert.name for one in found if one.plan.sends]


def test_a_digest_by_event_waits_for_its_stories_and_no_longer_than_a_minute(town: Pipeline) -> None:
    published(town, DAM)
    town.clock.advance(HOUR - timedelta(minutes=town.clock.now().minute))
    assert gathered(town) == []
    Placing(town.store, town.clock).run()
    assert gathered(town) == ["mail"]
    town.wait(timedelta())
    published(town, FERRY)
    town.clock.advance(HOUR - timedelta(minutes=town.clock.now().minute))
    assert gathered(town) == []
    town.clock.advance(MINUTE)
    assert gathered(town) == ["mail"]


def test_listings_and_one_story_name_the_thread_and_its_other_stories(town: Pipeline) -> None:
    published(town, DAM, FERRY, DAM_ID)
    Placing(town.store, town.clock).run()
    rows = town.store.read_now(listings.stories)
    threads = {row.title: row.thread_id for row in rows}
    dam = threads["Dam above Orvale breaks"]
    assert dam is not None
    assert threads["Bendungan Orvale jebol"] == dam
    assert threads["Ferry adrift off Brenholm"] not in {None, dam}
    event = town.store.read_now(lambda conn: listings.stories(conn, thread_id=dam))
    assert [row.title for row in event] == ["Bendungan Orvale jebol", "Dam above Orvale breaks"]
    found = town.store.read_now(lambda conn: listings.story(conn, event[0].id))
    assert found is not None
    assert [one.title for one in found.thread_stories] == ["Dam above Orvale breaks"]
    assert found.thread_score is not None
    assert "one event" in (found.thread_reason or "")
    assert town.store.read_now(lambda conn: listings.stories(conn, thread_id=99)) == []


def thread_step(town: Pipeline, *, threadless: str | None = None) -> tuple[State, str]:
    """What ``why`` says of the thread of the first story."""
    address = "https://outlet.example/dam-above-orvale-breaks"

    def read(conn: object) -> why.Facts:
        return why.gather(conn, address, feeds=town.feeds, alerts=town.alerts, now=town.clock.now())  # type: ignore[arg-type]  # a connection

    facts = town.store.read_now(read)
    steps = why.answer(replace(facts, threadless=threadless), town.lists, town.alerts).steps
    step = next(one for one in steps if one.name == "thread")
    return step.state, step.detail


def test_why_tells_the_thread_or_why_there_is_none(town: Pipeline) -> None:
    published(town, DAM)
    assert thread_step(town)[0] is State.WAITS
    assert thread_step(town, threadless="not installed") == (State.NOTE, "none: not installed")
    placing = Placing(town.store, town.clock)
    placing.run()
    assert thread_step(town) == (State.OK, "1: it began with this story")
    published(town, DAM_ID)
    placing.run()
    trail = town.store.read_now(
        lambda conn: article_trail(conn, identity="https://outlet.example/bendungan-orvale-jebol", address="")
    )
    assert trail is not None
    assert trail.thread_id == 1
    assert [one.title for one in trail.thread_stories] == ["Dam above Orvale breaks"]


def test_the_vectors_stand_in_for_a_model() -> None:
    one, other, far = (centred(each, "en") for each in asyncio.run(Vectors().embed([DAM, DAM_ID, FERRY])))
    assert float(one @ other) > 0.95
    assert abs(float(one @ far)) < 0.5
