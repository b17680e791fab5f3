"""``storywatch try diff``: two versions in, classified changes out."""

import json
from pathlib import Path
from typing import Any

from commands import storywatch


def _answers(tmp_path: Path, *lines: object, code: int = 0) -> list[Any]:
    stdin = "".join(json.dumps(line) + "\n" for line in lines).encode()
    ran = storywatch("try", "diff", cwd=tmp_path, stdin=stdin)
    assert ran.code == code
    return [json.loads(line) for line in ran.out.splitlines()]


def test_diff_answers_with_changes_and_their_marks(tmp_path: Path) -> None:
    old = {"title": "Fire in the harbour?", "text": "At least 26 people died.\n\nAdvertisement"}
    new = {"title": "Fire in the harbour", "text": "At least 164 people died.", "url": "https://post.example/1"}
    number, same, short = _answers(
        tmp_path,
        {"id": "a", "old": old, "new": new, "language": "en"},
        {"id": "b", "old": new, "new": new},
        {"id": "c", "old": {"text": "Belasan orang tewas."}, "new": {"text": "Puluhan orang tewas."}, "language": "id"},
    )
    assert number["id"] == "a"
    assert number["weight"] == "major"
    assert [(one["kind"], one["weight"], one["old"], one["new"]) for one in number["changes"]] == [
        ("headline", "major", "Fire in the harbour?", "Fire in the harbour"),
        ("number", "major", "26", "164"),
        ("boilerplate", "none", "Advertisement", ""),
    ]
    assert "At least [-26-]{+164+} people died." in number["text"]
    assert "At least <del>26</del><ins>164</ins> people died." in number["html"]
    assert same == {
        "id": "b",
        "weight": "none",
        "changes": [],
        "text": "At least 164 people died.",
        "html": "At least 164 people died.",
    }
    assert short["text"] == "[-Belasan-]{+Puluhan+} orang tewas."


def test_a_line_that_has_no_two_versions_is_an_error_and_the_rest_runs(tmp_path: Path) -> None:
    good = {"title": "T", "text": "One."}
    missing, wrong, well = _answers(
        tmp_path,
        {"id": 1, "old": good},
        {"id": 2, "old": good, "new": {"title": "T"}},
        {"id": 3, "old": good, "new": good},
        code=1,
    )
    assert missing == {"id": 1, "error": "new is no object; {title, text} is expected"}
    assert wrong == {"id": 2, "error": "new: text is missing; a string is expected"}
    assert well["weight"] == "none"
