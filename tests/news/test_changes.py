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
