"""What tells two reports apart that are told in the same words; reports as newsrooms write them are in ``cases``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.lookalikes import LONGEST, Difference, Told, differing

TAIL = "Nobody may come nearer than a mile. The harbour stays closed until the morning, and trains run an hour late."
BRIEF = 40


def told(title: str, lead: str, *, source: str = "", tail: str = TAIL) -> Told:
    return Told.of(source, title, f"{lead} {tail}")


HURT = "Fire broke out in the port on Monday and {} people were hurt, the mayor said."


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        # figures of the headlines
        (("26 hurt in port fire", HURT.format(26)), ("164 hurt in port fire", HURT.format(164)), Difference.FIGURE),
        (("Port fire: 4,200 hurt", HURT.format(9)), ("4200 hurt in port", HURT.format(8)), Difference.LEAD),
        (("4,000 flee port fire", HURT.format(9)), ("4,200 flee port fire", HURT.format(9)), None),
        (("20 hurt in port fire", HURT.format(20)), ("26 hurt in port fire", HURT.format(26)), Difference.FIGURE),
        (("26 hurt in port fire", HURT.format(26)), ("Port on fire", HURT.format(26)), None),
        (("26 hurt in fire", HURT.format(26)), ("An hour late: 26 hurt", HURT.format(26)), None),
        (("26 hurt in port", HURT.format("two")), ("Fire closes 2 piers", HURT.format("two")), None),
        (("UPDATE 1-Port on fire", HURT.format(26)), ("UPDATE 2-Port on fire", HURT.format(26)), None),
        # the first sentence
        (("Port on fire", HURT.format(26)), ("Port on fire", HURT.format(164)), Difference.LEAD),
        (
            ("Port on fire", HURT.format(26)),
            ("Port on fire", "Ships lie idle before the mole since Monday at 9."),
            None,
        ),
        # names
        (
            ("Fire in Alder port", "Fire broke out in the port of Alder at dawn."),
            ("Fire in Bram port", "Fire broke out in the port of Bram at dawn."),
            Difference.HEADLINE,
        ),
        (("Fire in Alder port", "Fire broke out."), ("Fire in the port of Bram", "Fire broke out."), None),
        (("Order for Zone A", HURT.format(1)), ("Order for Zone B", HURT.format(1)), Difference.HEADLINE),
    ],
)
def test_what_tells_reports_of_two_sources_apart(
    one: tuple[str, str], other: tuple[str, str], difference: Difference | None
) -> None:
    assert differing(told(*one, source="a"), told(*other, source="b"), 0.8, BRIEF) is difference


def test_what_was_edited_much_is_no_form_that_was_filled_in() -> None:
    one, other = told("Port on fire", HURT.format(26)), told("Port on fire", HURT.format(164))
    assert differing(one, other, 0.8, BRIEF) is Difference.LEAD
    assert differing(one, other, 0.3, BRIEF) is None


def test_names_of_the_first_sentence_tell_apart_what_one_source_says_shortly() -> None:
    one, other = (
        told("Road accident", f"One person was hurt in a road accident near {place} on Monday.", source="herald")
        for place in ("Alder", "Bram")
    )
    assert differing(one, other, 0.8, BRIEF) is Difference.LEAD
    assert differing(one, other, 0.8, 400) is None
    assert differing(one, Told("post", other.title, other.text), 0.8, BRIEF) is None
    assert differing(Told("", one.title, one.text), Told("", other.title, other.text), 0.8, BRIEF) is None


def test_what_stands_beneath_two_headlines_of_one_source_is_no_report() -> None:
    one = told("Pool closed", "The pump failed on Sunday night.", source="herald")
    other = told("Cat rescued", "A cat scratched the fireman who saved it.", source="herald")
    assert differing(one, other, 0.7, BRIEF) is Difference.RUBRIC
    assert differing(one, Told("post", other.title, other.text), 0.7, BRIEF) is None


def test_a_new_headline_over_the_same_report_tells_nothing_apart() -> None:
    one = told("Port on fire", HURT.format(26), source="herald")
    assert differing(one, told("Trains late after blaze", HURT.format(26), source="herald"), 0.9, BRIEF) is None


def test_a_quotation_alone_makes_no_copy() -> None:
    said = (
        "“The harbour belongs to those who work in it, and none of them was asked before the mayor made up his mind.”"
    )
    one = told(
        "A", "Dockers met at the gate in the rain.", tail=f"{said} They want to strike from Monday on, and to be heard."
    )
    other = told(
        "B",
        "The council voted late at night.",
        tail=f"{said} Its budget has a hole of two million crowns, which a bond is to fill.",
    )
    assert differing(one, other, 0.4, BRIEF) is Difference.QUOTES
    assert differing(one, told("B", "Dockers met at the gate.", tail=one.text), 0.4, BRIEF) is None


def test_words_are_known_in_any_form_and_in_scripts_without_blanks() -> None:
    one = told("Пожар в порту Аддера", "В порту Аддера начался пожар.", tail="")
    assert (
        differing(one, told("Пожар в Аддере", "Порт горит: пожар в Аддере начался утром.", tail=""), 0.8, BRIEF) is None
    )
    first, second = (told(f"{city}发布暴雨预警", f"{city}气象台发布暴雨预警。", tail="") for city in ("厦门", "泉州"))
    assert differing(first, second, 0.8, BRIEF) is Difference.HEADLINE


def test_a_very_long_text_is_looked_at_in_part() -> None:
    assert len(Told.of(None, "", "word " * 100_000).text) == LONGEST


_WORDS = st.lists(
    st.sampled_from(["Fire", "in", "Bram", "26", "164", "4,000", "A", "B", "厦门", "“", "”", "."]), max_size=30
)
_TOLD = st.builds(Told.of, st.sampled_from(["", "herald", "post"]), _WORDS.map(" ".join), _WORDS.map(" ".join))


@given(_TOLD, _TOLD, st.floats(0.2, 1), st.integers(12, 300))
def test_it_does_not_matter_which_is_which_and_nothing_differs_from_itself(
    one: Told, other: Told, alike: float, shorter: int
) -> None:
    assert differing(one, other, alike, shorter) == differing(other, one, alike, shorter)
    assert differing(one, one, alike, shorter) is None


def test_of_a_title_that_is_a_table_the_first_words_are_looked_at() -> None:
    told = Told.of("herald", " ".join(map(str, range(500))), " ".join(f"{number}.5" for number in range(5_000)))
    assert told.headline == tuple(map(str, range(60)))
    assert len(told.numbers) == len(told.named_figures) == 1_000
