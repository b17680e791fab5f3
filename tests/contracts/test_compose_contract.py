"""The stage that turns what is due into messages: what it asks, what it does at once, and what a crash leaves."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from digests import NIGHT
from pipeline import (
    HOUR,
    MAIL,
    MINUTE,
    VOICE,
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
from sqlalchemy import Connection, func, insert, select
from storerows import new_article, new_revision
from stores import START, StillClock

from alerts import compose
from alerts.store import dues
from alerts.store import watchlists as lists
from alerts.types import Alert, Target
from news.errors import StaleLeaseError
from news.store.articles import Assigned, add_articles, add_revisions, assign_stories, create_stories
from news.store.engine import Store
from news.store.schema import due, match, revision
from news.types import StoryReason

DAILY = alert("bridge", schedule="daily at 20:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def town(store: Store, store_clock: StillClock) -> Pipeline:
    """One feed that is known, one watchlist; webhook and mail at once."""
    alerts = [alert("bridge"), by_mail(alert("bridge", name="mail"))]
    return started(store, store_clock, feeds=[feed("herald")], lists=[watchlist("bridge")], alerts=alerts)


def matched(town: Pipeline, *entries: str) -> None:
    """Let entries arrive and match; nothing is told yet."""
    town.clock.advance(MINUTE)
    town.poll("herald", document(*entries))
    town.assign()
    town.evaluate()


def alerted_by(town: Pipeline, *alerts: Alert) -> Pipeline:
    town.configure(alerts=alerts)
    return town


# ── what is asked ──────────


def test_what_was_looked_at_is_not_looked_at_again_until_something_comes(town: Pipeline) -> None:
    alerted_by(town, DAILY)
    matched(town, entry("Bridge closed"))
    assert town.gather(looked=True) == []
    looked = town.looked
    mark = town.store.read_now(dues.marks)[DAILY.id]
    assert looked.may_skip(DAILY.id, mark, town.clock.now())
    assert not looked.may_skip(DAILY.id, mark, town.clock.now() + MINUTE)
    assert not looked.may_skip(DAILY.id, dues.NOTHING, town.clock.now())
    assert not looked.may_skip("another", mark, town.clock.now())


@pytest.mark.parametrize("later", ["Bridge closed", "Bridge collapses"])
def test_what_comes_or_becomes_urgent_is_seen_at_once(town: Pipeline, later: str) -> None:
    alerted_by(town, replace(DAILY, urgent="collapse*"))
    matched(town, entry("Bridge trembles", path="1"))
    assert town.gather(looked=True) == []
    before = town.store.read_now(dues.marks)
    town.poll("herald", document(entry(later, path="1" if "collapses" in later else "2")))
    town.assign()
    town.evaluate()
    assert town.store.read_now(dues.marks) != before
    assert len(town.gather(looked=True)) == ("collapses" in later)


def test_an_alert_is_looked_at_when_it_is_due_to_the_second(town: Pipeline) -> None:
    alerted_by(town, alert("bridge", gather_s=30))
    matched(town, entry("Bridge closed"))
    assert town.gather(looked=True) == []
    town.clock.advance(29 * SECOND)
    assert town.gather(looked=True) == []
    town.clock.advance(SECOND)
    assert len(town.gather(looked=True)) == 1


def test_marks_count_what_is_open_and_what_is_to_go_at_once(town: Pipeline) -> None:
    urgent = replace(DAILY, urgent="collapse*")
    alerted_by(town, urgent)
    assert town.store.read_now(dues.marks) == {}
    matched(town, entry("Bridge closed"), entry("Bridge collapses"))
    mark = town.store.read_now(dues.marks)[urgent.id]
    assert (mark.count, mark.urgent) == (2, 1)
    town.compose()
    assert town.store.read_now(dues.marks)[urgent.id] == replace(mark, urgent=0)
    town.clock.advance(12 * HOUR)
    town.compose()
    assert town.store.read_now(dues.marks) == {}


def test_an_alert_that_the_store_does_not_know_yet_tells_nothing(town: Pipeline) -> None:
    matched(town, entry("Bridge closed"))
    town.alerts = (replace(town.alerts[0], id="bridge/other/hook"),)
    assert town.gather() == []


def test_a_digest_with_nothing_to_tell_moves_the_window(town: Pipeline) -> None:
    alerted_by(town, DAILY)
    town.clock.advance(13 * HOUR)
    assert town.compose() == 0
    rows = town.store.read_now(lists.alerts)
    assert rows[DAILY.id].told_to == town.clock.now()
    assert town.gather(looked=True) == []


def test_feeds_in_trouble_stand_in_the_foot(town: Pipeline) -> None:
    for _ in range(3):
        town.fail("herald")
    matched(town, entry("Bridge closed"))
    town.fail("herald")
    (first, _) = town.gather()
    assert [(one.name, one.reason != "") for one in first.digests[0].troubles] == [("herald", True)]


# ── by hand ──────────


def test_a_preview_shows_everything_open_and_changes_nothing(town: Pipeline) -> None:
    alerted_by(town, DAILY)
    matched(town, entry("Bridge closed"), entry("Bridge open"))
    look = partial(compose.gather_one, alert=DAILY, now=town.clock.now())
    (digest,) = town.store.read_now(look).digests
    assert sorted(one.title for one in digest.items) == ["Bridge closed", "Bridge open"]
    assert town.open() == 2
    assert len(town.wait(12 * HOUR)) == 1


def test_a_digest_that_is_sent_by_hand_ends_its_window(town: Pipeline) -> None:
    alerted_by(town, DAILY)
    matched(town, entry("Bridge closed"))
    token = town.take_lease()
    assert token is not None
    made = town.store.read_now(partial(compose.gather_one, alert=DAILY, now=town.clock.now()))
    assert town.commit(town.render([made]), token) == 1
    assert town.wait(12 * HOUR) == []
    matched(town, entry("Bridge open"))
    assert [one.titles for one in town.wait(24 * HOUR)] == [["Bridge open"]]


# ── one process at a time ──────────


def test_two_processes_that_compose_at_once_make_one_message(town: Pipeline, other_store: Store) -> None:
    other = Pipeline(other_store, town.clock, holder="two")
    other.alerts, other.lists, other.topics = town.alerts, town.lists, town.topics
    for number in range(5):
        matched(town, *(entry(f"Bridge {number} {n}") for n in range(4)))
        at_once(town.compose, other.compose)
        # One that found the other at work comes again.
        town.compose()
    told = town.told()
    assert len(told) == len({one.message_id for one in told}) == 40
    assert town.open() == 0


def test_a_stale_lease_writes_nothing(town: Pipeline, other_store: Store) -> None:
    matched(town, entry("Bridge closed"))
    stale = town.take_lease()
    assert stale is not None
    made = town.render(town.gather())
    # It was thought dead, and its holder's next life took over.
    again = Pipeline(other_store, town.clock, holder=town.holder).take_lease()
    assert again is not None
    with pytest.raises(StaleLeaseError):
        town.commit(made, stale)
    assert town.told() == []
    assert town.open() == 2
    assert town.commit(made, again) == 2


def test_the_lease_is_free_again_once_it_was_committed(town: Pipeline, other_store: Store) -> None:
    matched(town, entry("Bridge closed"))
    town.compose()
    assert Pipeline(other_store, town.clock, holder="two").take_lease() is not None


# ── crashes ──────────

ALERTS = (
    alert("bridge"),
    by_mail(alert("bridge", name="mail")),
    alert("bridge", name="gathered", gather_s=60),
    alert("bridge", name="hourly", schedule="hourly", urgent="collapse*"),
    by_mail(alert("bridge", name="night", quiet_hours=NIGHT, timezone="Asia/Jakarta")),
)


def identity(told: Told) -> tuple[str, str, bytes]:
    return told.message_id, told.recipient, told.body


def test_a_crash_between_any_two_steps_gives_the_same_messages_when_it_is_repeated(town: Pipeline) -> None:
    alerted_by(town, *ALERTS)
    matched(town, entry("Bridge closed"), entry("Bridge collapses"))
    town.clock.advance(HOUR)
    messages = [made for _, some in town.render(town.gather()) for made in some]
    # After gathering, after rendering, after taking the lease: nothing is left of it.
    again = [made for _, some in town.render(town.gather()) for made in some]
    assert messages == again
    token = town.take_lease()
    assert token is not None
    made = town.render(town.gather())

    def broken(conn: Connection) -> None:
        compose.commit(conn, made, {}, token=token, now=town.clock.now())
        raise OSError("the power is gone")

    # In the middle of the commit: nothing is left either.
    with pytest.raises(Exception, match="the power is gone"):
        town.store.write_now(broken)
    assert town.told() == []
    town.compose()
    assert {identity(one) for one in town.told()} == {(one.message_id, one.recipient, one.body) for one in messages}
    # After the commit: nothing is told again.
    before = town.told()
    assert town.compose() == 0
    assert town.told() == before


def test_a_repetition_later_has_the_same_identities(town: Pipeline) -> None:
    alerted_by(town, *ALERTS)
    matched(town, entry("Bridge closed"), entry("Bridge collapses"))
    town.clock.advance(10 * MINUTE)
    once = {made.message_id for _, some in town.render(town.gather()) for made in some}
    town.clock.advance(MINUTE)
    again = {made.message_id for _, some in town.render(town.gather()) for made in some}
    assert once == again


def test_the_same_digest_gives_the_same_bytes(town: Pipeline) -> None:
    several = replace(MAIL, recipients=("desk@example.org", "duty@example.org"))
    alerted_by(town, replace(ALERTS[1], target=several), ALERTS[0])
    matched(town, entry("Bridge <closed>"), entry("Мост закрыт: bridge"))
    gathered = town.gather()
    assert town.render(gathered) == town.render(gathered)
    made = [one for _, some in town.render(gathered) for one in some]
    assert len({one.message_id for one in made}) == len(made) == 6


# ── many ──────────


def test_a_round_is_bounded_and_rounds_follow_until_all_is_told(town: Pipeline) -> None:
    alerted_by(town, alert("bridge"))
    matched(town, *(entry(f"Bridge {n}") for n in range(230)))
    (first,) = town.gather()
    assert len(first.digests) == 100
    assert len(town.run()) == 230
    assert len({one.message_id for one in town.told()}) == 230


def test_many_alerts_are_told_in_several_rounds(town: Pipeline) -> None:
    targets = [Target(f"desk{n}", MAIL.channel, (f"desk{n}@example.org",)) for n in range(3)]
    alerts = [replace(alert("bridge", name=f"a{n}"), id=f"a{n}", target=targets[n % 3]) for n in range(130)]
    alerted_by(town, *alerts)
    matched(town, entry("Bridge closed"))
    assert sum(len(one.digests) for one in town.gather()) == 100
    assert len(town.run()) == 130


def many(conn: Connection, alert_id: str, feed_id: int, number: int) -> None:
    """Store stories that wait to be told, as matching leaves them."""
    articles = add_articles(conn, [new_article(f"n{n}", feed_id, now=START) for n in range(number)])
    add_revisions(conn, [new_revision(one, feed_id, f"Bridge {one}") for one in articles])
    stories = create_stories(conn, [START] * number)
    pairs = list(zip(articles, stories, strict=True))
    assign_stories(conn, [Assigned(of, to, StoryReason.NEW) for of, to in pairs])
    revisions = {row.article_id: row.id for row in conn.execute(select(revision.c.article_id, revision.c.id))}
    at = {"watchlist_id": "bridge", "event": "new", "spans": [], "verdict": "tell", "matched_at": START}
    conn.execute(
        insert(match), [{**at, "story_id": to, "article_id": of, "revision_id": revisions[of]} for of, to in pairs]
    )
    ids = conn.execute(select(match.c.id)).scalars().all()
    conn.execute(insert(due), [{"alert_id": alert_id, "match_id": one, "created_at": START} for one in ids])


def test_thousands_of_stories_go_in_one_digest(town: Pipeline) -> None:
    alerted_by(town, DAILY)
    town.store.write_now(lambda conn: many(conn, DAILY.id, town.feed("herald").id, 1_200))
    told = town.wait(12 * HOUR)
    assert {one.due_key for one in told} == {"2026-03-02T20:00:00+00:00"}
    assert sum(len(one.items) for one in told) == told[0].json["total"] == 1_200
    assert town.open() == 0


def test_thousands_of_stories_that_wait_go_in_one_mail_that_names_the_first(town: Pipeline) -> None:
    late = by_mail(alert("bridge", gather_s=60))
    alerted_by(town, late)
    town.store.write_now(lambda conn: many(conn, late.id, town.feed("herald").id, 1_200))
    (told,) = town.wait(12 * HOUR)
    assert b"1150" in told.body or b"1,150" in told.body
    told_rows = town.store.read_now(lambda conn: conn.execute(select(func.count(due.c.told_at))).scalar())
    assert told_rows == 1_200


def test_what_is_rendered_is_made_for_each_recipient_by_the_given_voice(town: Pipeline) -> None:
    matched(town, entry("Bridge closed"))
    mails = [
        one
        for composed in town.gather()
        for one in compose.rendered(composed, VOICE)
        if one.recipient in MAIL.recipients
    ]
    (mail,) = mails
    assert b"From: Storywatch <watch@example.org>" in mail.body
    assert b"https://watch.example.org" in mail.body
