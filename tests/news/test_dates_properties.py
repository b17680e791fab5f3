"""What holds for every time."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from news.dates import parse_time

NOW = datetime(2100, 1, 1, tzinfo=UTC)
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.datetimes(datetime(1971, 1, 2), datetime(2099, 1, 1)).map(lambda moment: moment.replace(microsecond=0))  # noqa: DTZ001 (local times are drawn)


@given(moments, offsets)
def test_rfc_5322_is_read_as_it_was_written(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    found, problem = parse_time(format_datetime(aware), now=NOW)
    assert problem is None
    assert found is not None
    assert found.instant == aware
    assert datetime.fromisoformat(found.text) == aware


@given(moments, offsets)
def test_rfc_3339_keeps_its_offset(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    found, problem = parse_time(aware.isoformat(), now=NOW)
    assert problem is None
    assert found is not None
    assert found.text == aware.isoformat()
    assert found.instant == aware


@given(moments)
def test_what_was_understood_is_understood_again(moment: datetime) -> None:
    for text in (moment.isoformat(), moment.date().isoformat()):
        found, problem = parse_time(text, now=NOW)
        assert problem is None
        assert found is not None
        assert found.text == text
        assert found.instant is None


@given(st.text(max_size=120), st.sampled_from([None, "id", "en-us", "zh"]))
def test_nothing_raises_and_what_is_found_is_rfc_3339(text: str, language: str | None) -> None:
    found, problem = parse_time(text, language=language, now=NOW)
    assert problem is None or problem.endswith(".")
    if found is not None:
        read = datetime.fromisoformat(found.text)
        assert (found.instant is None) == (read.tzinfo is None)
        assert found.latest.tzinfo is not None


@given(
    st.lists(
        st.sampled_from(["8", "08", "2022", "jan", "Sen", "қаңтар", "17:08", "+07", "WIB", "IST", "/", ".", "-", "am"])
    )
)
def test_pieces_of_times_never_raise(pieces: list[str]) -> None:
    for glue in ("", " "):
        found = parse_time(glue.join(pieces), now=NOW)
        assert found[0] is None or found[0].text
