"""What headlines and figures say about copies."""

from datetime import UTC, datetime, timedelta

import pytest

from news.headlines import (
    LONG,
    Sighting,
    figures,
    headline_key,
    is_boilerplate,
    is_series,
    told_before,
)

NOON = datetime(2022, 1, 5, 12, tzinfo=UTC)
LINE = "Harbour master resigns after dispute"


def seen(story: int, hours: float | None, source: str = "herald.example", text: str = "") -> Sighting:
    at = None if hours is None else NOON + timedelta(hours=hours)
    return Sighting(story, source, at, figures(text))


def told(one: Sighting, *known: Sighting, title: str = LINE) -> tuple[int, ...]:
    return told_before(one, known, title)


def test_a_headline_is_known_word_for_word_however_it_is_set() -> None:
    assert headline_key(LINE) == headline_key("HARBOUR MASTER: resigns — after “dispute”!")
    assert headline_key(LINE) != headline_key(LINE + " over 3 ships")


@pytest.mark.parametrize("title", ["", "Weather", "Morning briefing", "Live: the storm"])
def test_a_headline_of_few_words_tells_of_no_copy(title: str) -> None:
    assert headline_key(title) is None


@pytest.mark.parametrize(("hours", "same"), [(0, True), (24, True), (-24, True), (24.1, False), (None, False)])
def test_in_another_source_it_is_the_same_report_within_a_day(hours: float | None, *, same: bool) -> None:
    assert told(seen(0, 0), seen(7, hours, "post.example")) == ((7,) if same else ())


@pytest.mark.parametrize(("hours", "same"), [(6, True), (-6, True), (6.1, False)])
def test_in_the_same_source_it_is_sent_again_within_hours(hours: float, *, same: bool) -> None:
    assert told(seen(0, 0), seen(7, hours)) == ((7,) if same else ())


def test_four_words_are_enough_in_one_source_alone() -> None:
    four = "Harbour master resigns today"
    assert told(seen(0, 0), seen(7, 1), title=four) == (7,)
    assert told(seen(0, 0), seen(7, 1, "post.example"), title=four) == ()


def test_it_leads_to_every_story_that_it_is_told_again_of() -> None:
    assert told(seen(0, 0), seen(9, 1, "post.example"), seen(4, 2, "times.example")) == (4, 9)


def test_what_a_source_heads_different_stories_with_on_different_days_is_a_rubric() -> None:
    daily = [seen(1, -48), seen(2, -24)]
    assert told(seen(0, 0, "post.example"), *daily, seen(3, -1)) == ()
    assert told(seen(0, 0), seen(1, -20), seen(2, -1)) == ()
    # One story that it tells again the next day is no rubric.
    assert told(seen(0, 0, "post.example"), seen(1, -22), seen(1, -2)) == (1,)


def test_short_texts_that_name_other_figures_are_other_reports() -> None:
    one, other = seen(0, 0, text="Ferry 7 is late."), seen(7, 1, "post.example", text="Ferry 9 is late.")
    assert told(one, other) == ()
    assert told(one, seen(7, 1, "post.example", text="Ferry 7 comes at 9.")) == (7,)
    assert told(one, seen(7, 1, "post.example", text="A ferry is late.")) == (7,)


def test_figures_are_numbers_that_stand_for_themselves() -> None:
    assert figures("At 12:30 some 1,5 or 1.5 of 2 in G20, 3rd: 4.") == {"12:30", "1.5", "2", "3", "4"}


def test_a_form_with_other_figures_is_a_series_unless_it_is_long_or_names_few() -> None:
    one, other = figures("5.2 at 12:30, 18 km, 240 km"), figures("4.8 at 03:14, 33 km, 75 km")
    assert is_series(one, other, LONG - 1)
    assert not is_series(one, other, LONG)
    assert not is_series(one, figures("4.8 at 03:14"), 40)
    # A third of the figures in common is an edited copy's.
    assert not is_series(one, figures("5.2 at 12:30, 33 km"), 40)


def test_boilerplate_stands_under_unlike_titles() -> None:
    assert is_boilerplate("Fire in the harbour", ["Bridge closed to lorries"])
    assert not is_boilerplate("Bridge closed to all lorries", ["Bridge closed to lorries"])
    assert not is_boilerplate("Fire in the harbour", [])
    assert is_boilerplate("Fire in the harbour", ["Bridge closed to lorries"], LONG - 1)
    assert not is_boilerplate("Fire in the harbour", ["Bridge closed to lorries"], LONG)
