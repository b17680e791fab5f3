"""Which of a story's articles leads: situation by situation, then for whatever articles there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.tellers import Candidate, Lead, Teller, choose

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def article(number: int, host: str = "herald.example", *, after: int | None = None, **changes: object) -> Candidate:
    """An English report of 2,000 letters, published some minutes after noon, or at no known time."""
    published = None if after is None else NOON + after * MINUTE
    return replace(Candidate(number, host, "en", published, 2000), **changes)  # type: ignore[arg-type]


def lead(*candidates: Candidate, agencies: tuple[str, ...] = (), locale: str = "en") -> tuple[int, Lead]:
    chosen = choose(candidates, agencies=agencies, locale=locale)
    return chosen.article_id, chosen.why


def test_one_alone_leads() -> None:
    assert lead(article(7)) == (7, Lead.ONLY)


def test_without_articles_there_is_no_teller() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose([], agencies=(), locale="en")


def test_the_credited_agencys_own_outlet_leads_though_it_came_later() -> None:
    wire = article(2, "www.reuters.com", after=30)
    assert lead(article(1, after=0), wire, agencies=("Reuters",)) == (2, Lead.ORIGINAL)


def test_an_agencys_outlet_that_nobody_credits_is_like_any_other() -> None:
    assert lead(article(1, after=0), article(2, "www.reuters.com", after=30)) == (1, Lead.EARLIEST)
    assert lead(article(1, after=0), article(2, "reuters.com", after=30), agencies=("AFP",)) == (1, Lead.EARLIEST)


def test_a_host_that_only_ends_like_an_agencys_is_not_its_own() -> None:
    other = article(2, "notreuters.com", after=30)
    assert lead(article(1, after=0), other, agencies=("Reuters",)) == (1, Lead.EARLIEST)


def test_an_agency_without_outlets_or_unknown_credits_none() -> None:
    assert lead(article(1, after=1), article(2, after=0), agencies=("Nobody", "")) == (2, Lead.EARLIEST)


def test_a_full_text_of_the_agency_beats_a_teaser_that_came_a_minute_earlier() -> None:
    teaser = article(1, after=0, length=140)
    assert lead(teaser, article(2, "reuters.com", after=1), agencies=("Reuters",)) == (2, Lead.FULL)


def test_a_full_text_beats_the_agencys_own_teaser() -> None:
    teaser = article(1, "reuters.com", after=0, length=140)
    assert lead(teaser, article(2, after=1), agencies=("Reuters",)) == (2, Lead.FULL)


def test_among_teasers_alone_none_is_one() -> None:
    assert lead(article(1, after=5, length=140), article(2, after=0, length=110)) == (2, Lead.EARLIEST)


def test_ten_words_more_do_not_decide() -> None:
    assert lead(article(1, after=0, length=2000), article(2, after=1, length=2060)) == (1, Lead.EARLIEST)
    assert lead(article(1, length=2000), article(2, length=2060)) == (1, Lead.FIRST)


def test_a_whole_text_beats_a_cut_one_where_times_say_nothing() -> None:
    assert lead(article(1, length=1300), article(2, length=2000)) == (2, Lead.FULLEST)
    assert lead(article(1, after=0, length=1300), article(2, after=1, length=2000)) == (1, Lead.EARLIEST)


def test_a_known_time_beats_an_unknown_one() -> None:
    assert lead(article(1), article(2, after=600)) == (2, Lead.EARLIEST)


@pytest.mark.parametrize(("locale", "leads"), [("en", 1), ("id", 2), ("ms", 2), ("de", 1)])
def test_where_languages_differ_the_readers_leads_and_id_and_ms_are_one(locale: str, leads: int) -> None:
    assert lead(article(1, after=0), article(2, after=9, language="id"), locale=locale)[0] == leads


def test_an_unknown_language_stands_between_and_alone_decides_nothing() -> None:
    unknown = article(3, after=5, language=None)
    assert lead(article(1, after=0, language="kk"), unknown, locale="en") == (1, Lead.EARLIEST)
    assert lead(article(1, after=0), unknown, locale="en") == (1, Lead.EARLIEST)
    known = (article(1, after=0, language="kk"), article(2, after=9, language="en"))
    assert lead(*known, unknown, locale="en") == (2, Lead.LANGUAGE)


def test_the_original_leads_in_whatever_language_it_is() -> None:
    wire = article(2, "reuters.com", after=3, language="id")
    assert lead(article(1, after=0), wire, agencies=("Reuters",), locale="en") == (2, Lead.ORIGINAL)


def test_what_cannot_be_opened_leads_only_where_nothing_can() -> None:
    closed = article(1, "reuters.com", after=0, opens=False)
    assert lead(closed, article(2, after=9, length=90), agencies=("Reuters",)) == (2, Lead.OPENS)
    assert lead(closed, article(2, after=9, opens=False)) == (1, Lead.EARLIEST)


def test_every_reason_has_a_sentence() -> None:
    assert len({one.sentence for one in Lead}) == len(Lead)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        article_id=st.integers(1, 40),
        host=st.sampled_from(["reuters.com", "www.afp.com", "herald.example", ""]),
        language=st.sampled_from([None, "en", "en-gb", "id", "ms", "zz-not-a-tag"]),
        published=st.none() | st.sampled_from([NOON + n * MINUTE for n in range(3)]),
        length=st.sampled_from([0, 1, 90, 100, 190, 200, 10**9]),
        opens=st.booleans(),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda one: one.article_id,
)
AGENCIES = st.sets(st.sampled_from(["Reuters", "AFP", "Nobody"]))
LOCALES = st.sampled_from(["en", "id", "kk", "pt_BR", ""])


@settings(deadline=None)
@given(CANDIDATES, AGENCIES, LOCALES, st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_depend_on_that_of_the_rows(
    candidates: list[Candidate], agencies: set[str], locale: str, random: object
) -> None:
    """Whoever leads does so in any order of rows, and still when somebody else is not there."""
    chosen = choose(candidates, agencies=agencies, locale=locale)
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(shuffled, agencies=sorted(agencies, reverse=True), locale=locale) == chosen
    assert chosen.article_id in {one.article_id for one in candidates}
    assert (chosen.why is Lead.ONLY) == (len(candidates) == 1)


@settings(deadline=None)
@given(CANDIDATES, AGENCIES, LOCALES)
def test_the_leader_beats_each_other_by_what_comes_first(
    candidates: list[Candidate], agencies: set[str], locale: str
) -> None:
    """The points in their order, said a second time and more plainly."""
    chosen: Teller = choose(candidates, agencies=agencies, locale=locale)
    (best,) = (one for one in candidates if one.article_id == chosen.article_id)
    assert best.opens or not any(one.opens for one in candidates)
    rivals = [one for one in candidates if one.opens == best.opens]
    longest = max(one.length for one in candidates)
    if any(one.length >= longest / 2 for one in rivals):
        assert best.length >= longest / 2
