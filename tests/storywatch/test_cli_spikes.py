"""What commands show of a spike: ``watchlists list``, ``story`` and ``why``."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from fakes_smtp import SmtpSink
from frontdoor import BRIDGES, Desk, rss
from newsserver import NewsServer, Reply
from sqlalchemy import Connection, select, update

from alerts import evaluate, spikes, surges
from news.clock import SystemClock
from news.store import schema as s

FEED = "https://herald.example/rss"
LIST = BRIDGES.replace('name = "Bridges"', 'name = "Bridges"\nevents = ["spike"]', 1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A watchlist that is told of spikes alone, had nothing for ten days, and now has eight stories."""
    made = Desk(tmp_path)
    made.write(feeds=[FEED], watchlists=LIST)
    surge(made)
    return made


def surge(desk: Desk) -> None:
    before = SystemClock().now() - timedelta(days=10)

    def age(conn: Connection) -> None:
        conn.execute(update(s.watchlist).values(created_at=before, backfilled_at=before))
        conn.execute(update(s.feed).values(first_success_at=before))

    desk.write_now(age)
    for number in range(8):
        desk.tell(f"Bridge {number} shut")


def look(desk: Desk) -> int:
    settings, now = desk.config(), SystemClock().now()
    topics = evaluate.compile_topics(settings.watchlists, settings.alerts)

    def work(conn: Connection) -> int:
        seen = spikes.look(conn, topics, now=now, kept=None, remembered=spikes.Remembered())
        return surges.tell(conn, topics, seen, now=now)

    return desk.write_now(work)


def test_commands_show_the_spike_where_it_belongs(desk: Desk) -> None:
    assert desk.rows("watchlists", "list")[0]["spikes"] == []
    # Nothing is told of the stories one by one: the watchlist does not ask for that.
    assert desk.read_now(lambda conn: conn.execute(select(s.due.c.id)).all()) == []
    assert look(desk) == len(desk.config().alerts)

    (running,) = desk.rows("watchlists", "list")[0]["spikes"]
    sentence = "8 stories in an hour; usually 0 at this time of day, at most 0 (9 days)"
    assert (running["reason"], running["thread"], running["figures"]["count"]) == (sentence, None, 8)
    assert f"in a spike since {running['began_at']}: {sentence}" in " ".join(desk.run("watchlists", "list").out.split())

    (lead,) = desk.read_now(
        lambda conn: conn.execute(select(s.match.c.story_id).where(s.match.c.event == "spike")).all()
    )
    events = {one["event"]: one for one in desk.rows("story", str(lead.story_id))["matches"]}
    assert "figures" not in events["new"]
    assert len(events["spike"]["figures"]["stories"]) == spikes.SHOWN
    assert "Bridges: it leads a spike" in desk.run("story", str(lead.story_id)).out

    (url,) = desk.read_now(
        lambda conn: conn.execute(select(s.article.c.url).where(s.article.c.story_id == lead.story_id)).one()
    )
    (found,) = desk.rows("why", url)["watchlists"]
    assert found["remark"] == f"its story leads a spike: {sentence}"
    assert "does not ask to be told what is new" in found["reason"]


async def test_a_round_tells_a_spike_by_mail_once(tmp_path: Path) -> None:
    async with NewsServer.open() as news, SmtpSink() as smtp:
        desk = Desk(tmp_path)
        news.script("/feed", Reply(body=rss(news.url(""))))
        desk.write(feeds=[news.url("/feed")], watchlists=LIST, smtp=smtp.port)
        await asyncio.to_thread(surge, desk)
        for _ in range(2):
            assert (await desk.beside("run", "--once")).code == 0
        (mail,) = smtp.received
    assert "Subject: Spike: Bridges, 8 stories in an hour" in mail.content.decode()
