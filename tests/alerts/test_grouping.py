"""Stories of one event under one heading: order, heading, what does not fit, and who waits for the events."""

import json
from datetime import timedelta

from digests import alert, at, digest, due, item
from hypothesis import given
from hypothesis import strategies as st

from alerts import policy, render
from alerts.grouping import by_event, heading
from alerts.plans import Plan, Reason
from alerts.types import Alert, Copy, Item

DAILY = "daily at 07:00"
#: 07:00 in Jakarta
DUE = at("2022-01-06 00:00")


def told(number: int, thread: int | None, *, hour: int, language: str = "en", copies: int = 0, title: str = "") -> Item:
    """Return a story first seen at an hour of the day."""
    return item(
        number,
        title=title or f"Story {number}",
        spans=(),
        thread_id=thread,
        language=language,
        published=None,
        first_seen_at=at(f"2022-01-05 {hour:02}:00"),
        source=f"Outlet {number}",
        copies=tuple(Copy(f"Copy {number}.{of}", f"https://copy.example/{number}/{of}") for of in range(copies)),
    )


def by_thread(**changes: int | str) -> Alert:
    return alert(DAILY, by_thread=True, **changes)


def order(of: Alert, *items: Item) -> list[int]:
    return [one.story_id for one in digest(items, of=of).items]


def test_an_event_stands_where_its_newest_story_does() -> None:
    stories = (told(1, 7, hour=3), told(2, None, hour=8), told(3, 7, hour=9), told(4, 5, hour=5), told(5, None, hour=1))
    assert order(by_thread(), *stories) == [3, 1, 2, 4, 5]
    assert order(alert(DAILY), *stories) == [3, 2, 4, 1, 5]


@given(st.lists(st.tuples(st.none() | st.integers(1, 4), st.integers(0, 23)), max_size=12))
def test_every_story_is_told_once_and_no_event_is_torn_apart(given_: list[tuple[int | None, int]]) -> None:
    stories = [told(number, thread, hour=hour) for number, (thread, hour) in enumerate(given_, start=1)]
    told_ = digest(stories, of=by_thread()).items
    assert sorted(one.story_id for one in told_) == [one.story_id for one in stories]
    threads = [one.thread_id for one in told_ if one.thread_id is not None]
    assert len([one for one, before in zip(threads, [None, *threads], strict=False) if one != before]) == len(
        set(threads)
    )
    assert [one.first_seen_at for group in by_event(told_) for one in group[:1]] == sorted(
        (group[0].first_seen_at for group in by_event(told_)), reverse=True
    )


def test_the_heading_is_a_story_that_the_reader_can_read_then_what_most_outlets_tell_then_the_first() -> None:
    russian = told(1, 7, hour=1, language="ru", copies=5)
    plain, wide = told(2, 7, hour=2), told(3, 7, hour=3, copies=2)
    assert heading([russian, plain, wide], "en").lead is wide
    assert heading([russian, plain, wide], "ru_RU").lead is russian
    assert heading([plain, told(4, 7, hour=1)], "en").lead.story_id == 4
    assert heading([plain, russian], "de").lead is russian
    # Malay reads Indonesian, and counts as one language with it.
    over = heading([told(5, 7, hour=1, language="id"), told(6, 7, hour=2, language="ms-MY"), russian], "id")
    assert (over.lead.story_id, over.stories, over.languages, over.outlets) == (5, 3, 2, 8)


def test_a_mail_has_one_heading_an_event_and_none_over_a_story_alone() -> None:
    stories = (told(1, 7, hour=9), told(2, 7, hour=8, language="ru"), told(3, 8, hour=5))
    text = render.text(digest(stories, of=by_thread()))
    assert text.count("\n# ") == 1
    assert "# Story 1\n  2 stories in 2 languages, 2 outlets\n" in text
    assert "3 stories, 2 events, 3 outlets" in text
    # What has a thread and stands one by one has no word of it.
    assert "event" not in render.text(digest(stories, of=alert(DAILY)))
    assert "event" not in render.text(digest(stories[1:], of=by_thread()))


def test_what_does_not_fit_is_counted_with_its_event() -> None:
    stories = [told(number, 7, hour=9) for number in range(1, 5)] + [told(5, None, hour=3), told(6, None, hour=2)]
    text = render.text(digest(stories, of=by_thread(max_items=3)))
    assert text.count("first seen") == 3
    assert "and 1 more story of this event" in text
    assert "4 stories, 4 outlets" in text
    assert text.rstrip().count("and 2 more") == 1
    assert "and 1 more story of this event" not in render.text(digest(stories, of=by_thread(max_items=4)))


def test_the_subject_names_the_event_and_counts_them() -> None:
    stories = (told(1, 7, hour=9, language="ru", title="Плотина прорвана"), told(2, 7, hour=8, title="Dam breaks"))
    made = digest((*stories, told(3, None, hour=1)), of=by_thread())
    assert render.subject(made) == "Kazakhstan unrest: 3 stories, 2 events – Dam breaks"


def test_a_webhook_names_the_thread_whatever_the_alert_groups_by() -> None:
    for of in (alert(DAILY), by_thread()):
        (message,) = render.webhook(digest([told(1, 7, hour=9), told(2, None, hour=8)], of=of))
        assert [one["thread"] for one in json.loads(message.body)["items"]] == ["7", None]


def decided(of: Alert, *, after: timedelta, grouping: bool, urgent: bool = False) -> Plan:
    return policy.decide(
        of,
        now=DUE + after,
        told_to=at("2022-01-05 00:00"),
        created_at=at("2022-01-01 00:00"),
        open=[due(1, "2022-01-05 23:59", urgent=urgent)],
        grouping=grouping,
    )


def test_a_digest_by_events_waits_for_them_a_minute_at_most() -> None:
    of, soon = by_thread(), timedelta(seconds=5)
    waiting = decided(of, after=soon, grouping=True)
    assert (waiting.sends, waiting.reason, waiting.wake_at) == ((), Reason.GROUPING, DUE + soon + timedelta(seconds=1))
    assert decided(of, after=soon, grouping=False).sends[0].reason is Reason.SCHEDULED
    late = decided(of, after=timedelta(minutes=1), grouping=True)
    assert (late.sends[0].reason, late.sends[0].remarks) == (Reason.SCHEDULED, ())


def test_what_is_immediate_or_urgent_waits_for_no_event() -> None:
    soon = timedelta(seconds=5)
    urgent = decided(by_thread(), after=soon, grouping=True, urgent=True)
    assert [one.reason for one in urgent.sends] == [Reason.URGENT]
    immediate = decided(alert("immediately", by_thread=True), after=soon, grouping=True)
    assert [one.reason for one in immediate.sends] == [Reason.IMMEDIATE]
