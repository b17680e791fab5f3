"""Rules of comparing two versions that hold for every text."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from news.changekinds import ChangeKind, Mark, Weight
from news.changerules import LANGUAGES
from news.changes import Version, applied, compare
from news.marking import in_html, in_text, whole

#: words of several scripts, numbers, times, notes, boilerplate, and what stands between
WORDS = [
    "harbour", "the", "Brook", "Almaty", "26", "164", "1,5", "not", "said", "police", "Monday", "5", "January", "2022",
    "twenty-six", "million", "%", "$26", "порт", "не", "сообщил", "сто", "港", "不", "二十六", "2小时前", "belasan",
    "kata", "Correction:", "Advertisement", "2 hours ago", "Read more: x", "(abc/def)", ".", "!", "?", "。", "\n",
    "\n\n", '"', "“", "-", "—", ",", ":", "\u00a0", "\u200b", "\u0301", "e\u0301", "ß", "İ", "\r\n",
    "[-", "+}", "<b>", "&",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=80)
LANGUAGE = st.sampled_from([*LANGUAGES, "uk", "xx"])
VERSIONS = st.builds(Version, TEXTS, TEXTS)
NOUNS = st.sampled_from(["harbour", "boat", "crew", "quay", "Brook", "26", "not", "Monday"])
SENTENCES = st.lists(st.lists(NOUNS, min_size=2, max_size=8).map(lambda words: " ".join(words) + "."), max_size=8)
CASES: list[Callable[[str], str]] = [str.strip, str.upper, str.lower]
_MIRRORED = {
    ChangeKind.SENTENCE_ADDED: ChangeKind.SENTENCE_REMOVED,
    ChangeKind.SENTENCE_REMOVED: ChangeKind.SENTENCE_ADDED,
}


@settings(max_examples=150)
@given(VERSIONS, VERSIONS, LANGUAGE)
def test_a_diff_applied_to_the_old_gives_the_new_text(old: Version, new: Version, language: str) -> None:
    diff = compare(old, new, language)
    assert applied(old.text, diff.text) == new.text
    assert applied(old.title, diff.title) == new.title


@settings(max_examples=60)
@given(VERSIONS, LANGUAGE)
def test_equal_versions_have_no_changes(version: Version, language: str) -> None:
    diff = compare(version, Version(version.title, version.text), language)
    assert (diff.changes, diff.weight) == ((), Weight.NONE)
    assert {piece.mark for piece in (*diff.title, *diff.text)} <= {Mark.KEPT}


@settings(max_examples=60)
@given(VERSIONS, VERSIONS, LANGUAGE)
def test_different_versions_have_a_change_and_whole_words_in_it(old: Version, new: Version, language: str) -> None:
    diff = compare(old, new, language)
    both = old.title + old.text, new.title + new.text
    for change in diff.changes:
        assert change.old != change.new or change.kind in (ChangeKind.MOVED, ChangeKind.BOILERPLATE)
        assert change.old in both[0]
        assert change.new in both[1]


@settings(max_examples=60)
@given(SENTENCES, SENTENCES)
def test_there_and_back_are_of_mirrored_kinds(old: list[str], new: list[str]) -> None:
    if not old or not new:
        return
    there = compare(Version("T", " ".join(old)), Version("T", " ".join(new)), "en")
    back = compare(Version("T", " ".join(new)), Version("T", " ".join(old)), "en")
    assert there.weight is back.weight
    gone = {one.kind for one in there.changes} & set(_MIRRORED)
    assert bool(gone) == bool({one.kind for one in back.changes} & set(_MIRRORED))


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["Harbour", "boat", "crew's", "Brook", "26", "(quay)"]), min_size=1, max_size=12),
    st.data(),
)
def test_blanks_quotes_dashes_and_letter_case_weigh_nothing(words: list[str], data: st.DataObject) -> None:
    between = st.sampled_from([" ", "  ", "\n", "\n\n", "\u00a0", " - ", " – ", " — "])
    old = data.draw(st.tuples(*(between for _ in words)))
    new = data.draw(st.tuples(*(between for _ in words)))
    turned = str.maketrans({"'": "’", "(": "“", ")": "”"})
    case = data.draw(st.sampled_from(CASES))
    was = "".join(f"{word}{gap}" for word, gap in zip(words, old, strict=True))
    now = "".join(f"{case(word).translate(turned)}{gap}" for word, gap in zip(words, new, strict=True))
    assert compare(Version("T", was), Version("T", now), "en").weight is Weight.NONE


@settings(max_examples=60)
@given(VERSIONS, VERSIONS)
def test_what_is_set_is_the_new_text_and_html_is_escaped(old: Version, new: Version) -> None:
    pieces = whole(compare(old, new, "en"))
    assert "".join(piece.text for piece in pieces if piece.mark is not Mark.REMOVED).endswith(new.text)
    written = in_html(pieces)
    for tag in ("<del>", "</del>", "<ins>", "</ins>", "<br>"):
        written = written.replace(tag, "")
    assert "<" not in written
    in_text(pieces)
