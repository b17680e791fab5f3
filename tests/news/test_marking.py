"""How a diff is shown."""

import pytest

from news.changekinds import Weight
from news.changes import Version, compare
from news.marking import excerpt, in_few_words, in_html, in_text, whole


def _text(old: str, new: str) -> str:
    return in_text(compare(Version("T", old), Version("T", new), "en").text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("At least 26 died.", "At least 164 died.", "At least [-26-]{+164+} died."),
        ("He was guilty.", "He was not guilty.", "He was {+not+} guilty."),
        ("He was not guilty.", "He was guilty.", "He was [-not -]guilty."),
        ("The quay is shut.", "The quay is shut. Boats wait.", "The quay is shut. {+Boats wait.+}"),
        ("It fell by $1.5 million.", "It fell by $2.5 million.", "It fell by [-$1.5 million-]{+$2.5 million+}."),
        ("The quay is shut.", "The quay is shut.", "The quay is shut."),
    ],
)
def test_text_marks_whole_words_and_numbers(old: str, new: str, expected: str) -> None:
    assert _text(old, new) == expected


def test_html_is_escaped_and_styled_for_mails_only() -> None:
    pieces = compare(Version("T", "A <b> & 26."), Version("T", "A <b> & 164.\n\nNext one."), "en").text
    assert in_html(pieces).startswith("A &lt;b&gt; &amp; <del>26</del><ins>164</ins>.")
    assert "<br>" in in_html(pieces)
    assert '<del style="' in in_html(pieces, styled=True)


def test_the_title_stands_above_only_where_it_changed() -> None:
    same = compare(Version("Fire", "Old text here."), Version("Fire", "New text here."), "en")
    assert in_text(whole(same)) == "[-Old-]{+New+} text here."
    other = compare(Version("Fire?", "Old text here."), Version("Fire", "Old text here."), "en")
    assert in_text(whole(other)) == "Fire[-?-]\n\nOld text here."


def test_an_excerpt_has_only_the_sentences_that_changed_enough() -> None:
    old = "The quay is shut. At least 26 died. The crew quickly left."
    new = "The quay is shut. At least 164 died. The crew rapidly left."
    diff = compare(Version("T", old), Version("T", new), "en")
    assert [in_text(passage.pieces) for passage in excerpt(diff)] == [
        "At least [-26-]{+164+} died.",
        "The crew [-quickly-]{+rapidly+} left.",
    ]
    major = excerpt(diff, Weight.MAJOR)
    assert [in_text(passage.pieces) for passage in major] == ["At least [-26-]{+164+} died."]
    assert in_few_words(major) == "26 → 164"
