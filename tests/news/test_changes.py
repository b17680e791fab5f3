"""Two versions of an article: what changed, of what kind. The cases are sentences of our own in ``cases/diff``."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from news.changekinds import ChangeKind, Weight
from news.changerules import LANGUAGES
from news.changes import Version, applied, compare

FILES = sorted((Path(__file__).parents[1] / "cases" / "diff").glob("*.toml"))
TITLE = "Harbour notes"


def _cases() -> list[dict[str, Any]]:
    found = []
    for file in FILES:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [{"language": table["language"], **case} for case in table["cases"]]
    return found


CASES = _cases()


def _versions(case: dict[str, Any]) -> tuple[Version, Version]:
    return (
        Version(case.get("old_title", TITLE), case.get("old", "")),
        Version(case.get("new_title", TITLE), case.get("new", "")),
    )


def _name(case: dict[str, Any]) -> str:
    return f"{case['language']}:{case.get('new') or case.get('new_title')}"[:70]


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_change(case: dict[str, Any]) -> None:
    old, new = _versions(case)
    diff = compare(old, new, case["language"])
    found = [change for change in diff.changes if change.weight > Weight.NONE]
    assert sorted(change.kind.value for change in found) == sorted(case["kinds"])
    assert [(change.old, change.new) for change in found] == [
        tuple(pair) for pair in case.get("changes", [[one.old, one.new] for one in found])
    ]
    assert applied(old.text, diff.text) == new.text
    assert applied(old.title, diff.title) == new.title


def test_the_cases_are_many_in_every_language_that_has_rules_and_often_noise() -> None:
    assert {case["language"] for case in CASES} == set(LANGUAGES)
    assert len(CASES) >= 200
    assert sum(not case["kinds"] for case in CASES) >= 0.25 * len(CASES)


def test_the_cases_know_every_kind_of_change_but_deletion() -> None:
    named = {kind for case in CASES for kind in case["kinds"]}
    assert named == {kind.value for kind in ChangeKind if kind.weight > Weight.NONE} - {"deleted"}


def test_a_language_without_a_table_is_read_by_its_figures_and_its_own_names() -> None:
    japanese = compare(
        Version("港", "トカエフ氏は述べた。26人が死亡した。"),
        Version("港", "ナザルバエフ氏は述べた。164人が死亡した。"),
        "ja",
    )
    assert [(one.kind, one.old, one.new) for one in japanese.changes] == [
        (ChangeKind.NAME, "トカエフ", "ナザルバエフ"),
        (ChangeKind.NUMBER, "26", "164"),
    ]
    thai = compare(Version("T", "มีผู้เสียชีวิต 26 คน"), Version("T", "มีผู้เสียชีวิต 164 คน"), "th")
    assert [(one.kind, one.old, one.new) for one in thai.changes] == [(ChangeKind.NUMBER, "26", "164")]


def test_a_text_that_is_gone_is_deleted() -> None:
    gone = compare(Version("Quay shut", "The quay is shut."), Version("Quay shut", ""), "en")
    assert [(one.kind, one.old, one.new) for one in gone.changes] == [(ChangeKind.DELETED, "Quay shut", "")]
    assert gone.weight is Weight.MAJOR


def test_a_sentence_that_was_parted_keeps_its_numbers() -> None:
    one = "At dawn 26 people were saved from the boat and 40 crates were brought to the northern quay."
    two = "At dawn 26 people were saved from the boat. 40 crates were brought to the northern quay."
    assert {change.kind for change in compare(Version("T", one), Version("T", two), "en").changes} == {
        ChangeKind.REWORDED
    }
    assert {change.kind for change in compare(Version("T", two), Version("T", one), "en").changes} == {
        ChangeKind.REWORDED
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Same one. " * 3_000, "Same one. " * 2_990),
        ("A b c.\nD e f.\n" * 1_500, "D e f.\nA b c.\n" * 1_500),
        ("1 " * 4_000, "2 " * 4_000),
        ("Aa Bb " * 3_000, "Bb Cc " * 3_000),
        ("one hundred and " * 2_000, "one hundred and " * 2_001),
        ("\n".join(map(str, range(3_000))), "\n".join(map(str, range(3_000, 0, -1)))),
        ("a" * 100_000, "b" * 100_000),
        ("\"'" * 20_000, '"“' * 20_000),
        ("2 hours " * 2_000, "2 hours ago " * 2_000),
    ],
)
def test_hostile_texts_come_to_an_end_with_an_exact_diff(old: str, new: str) -> None:
    diff = compare(Version("T", old), Version("T", new), "en")
    assert applied(old, diff.text) == new


def test_a_diff_of_another_text_is_refused() -> None:
    diff = compare(Version("T", "At least 26 died."), Version("T", "At least 164 died."), "en")
    with pytest.raises(ValueError, match="another text"):
        applied("At least 27 died.", diff.text)
