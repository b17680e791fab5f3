"""Times as sources write them; the table is ``cases/dates/times.toml``."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from news.dates import is_ahead, parse_time
from news.rules import load
from news.zones import apply_zone, find_zone, months

NOW = datetime(2022, 1, 10, tzinfo=UTC)
TABLE = tomllib.loads((Path(__file__).parents[1] / "cases" / "dates" / "times.toml").read_text(encoding="utf-8"))
CASES = [case for part in TABLE.values() for case in part["times"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['text']}|{case.get('language')}")
def test_time(case: dict[str, Any]) -> None:
    found, problem = parse_time(case["text"], language=case.get("language"), now=NOW)
    assert (found.text if found else None) == case.get("expect")
    if "odd" in case:
        assert problem is not None
        assert case["odd"] in problem
        assert problem.startswith('The time "')
        assert problem.endswith(".")
    else:
        assert problem is None


def test_an_offset_makes_an_instant() -> None:
    found, _ = parse_time("Sabtu, 08 Jan 2022 17:08 WIB", now=NOW)
    assert found is not None
    assert found.instant == found.latest == datetime(2022, 1, 8, 10, 8, tzinfo=UTC)


def test_a_local_time_has_no_instant_and_may_be_as_late_as_in_the_last_zone() -> None:
    found, _ = parse_time("2022-01-08T17:08:00", now=NOW)
    assert found is not None
    assert found.instant is None
    assert found.latest == datetime(2022, 1, 9, 5, 8, tzinfo=UTC)


def test_a_day_ends_in_the_last_zone() -> None:
    found, _ = parse_time("2022-01-08", now=NOW)
    assert found is not None
    assert found.instant is None
    assert found.latest == datetime(2022, 1, 9, 11, 59, 59, tzinfo=UTC)


def test_almaty_moved_to_five_hours_in_2024() -> None:
    later = datetime(2025, 1, 1, tzinfo=UTC)
    assert parse_time("29 Feb 2024 12:00 ALMT", now=later)[0] == parse_time("2024-02-29T12:00:00+06:00", now=later)[0]
    assert parse_time("2 Mar 2024 12:00 ALMT", now=later)[0] == parse_time("2024-03-02T12:00:00+05:00", now=later)[0]


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=10, seconds=1), timedelta(hours=3)])
def test_a_time_is_ahead_beyond_ten_minutes(ahead: timedelta) -> None:
    found, _ = parse_time((NOW + ahead).isoformat(), now=NOW)
    assert found is not None
    assert is_ahead(found, NOW) == (ahead > timedelta(minutes=10))


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    found, problem = parse_time("8 Jan 2022 " * 50, now=NOW)
    assert found is None
    assert problem is not None
    assert "too long" in problem
    assert len(problem) < 120


def test_a_word_means_one_month_in_every_language() -> None:
    meanings: dict[str, set[int]] = {}
    for names in load("dates")["months"].values():
        assert len(names) == 12
        for number, forms in enumerate(names, 1):
            for word in forms.split():
                meanings.setdefault(word, set()).add(number)
    assert {word for word, numbers in meanings.items() if len(numbers) > 1} == set()
    assert all(word == word.casefold() for word in meanings)
    assert meanings.keys() == months().keys()


def test_every_zone_of_the_table_can_be_applied() -> None:
    table = load("dates")
    moment = datetime(2022, 1, 8, 17, 8)  # noqa: DTZ001 (a local time)
    ambiguous = set(table["ambiguous"]["names"].split())
    for name in [*table["zones"], *table["places"]]:
        assert name not in ambiguous
        zone = find_zone(f" {name}", "")
        assert zone.problem is None, name
        assert zone.offset is not None, name
        aware, text = apply_zone(moment, zone.offset)
        assert aware.utcoffset() is not None
        assert text == "Z" or datetime.fromisoformat(f"2022-01-08T17:08:00{text}") == aware
