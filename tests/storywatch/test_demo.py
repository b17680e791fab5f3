"""``storywatch demo``: performed once, whole; and that what is missing, unwanted or doubled is seen."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from commands import storywatch

from storywatch.demo import verify
from storywatch.demo.newsroom import load

BASES = {outlet.key: f"https://{outlet.key}.example" for outlet in load().outlets}


@pytest.mark.timeout(180)
def test_the_demo_performs_the_whole_main_job(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    ran = storywatch("demo", "--keep", str(folder), cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    assert "failed" not in ran.out
    assert str(folder / "mails") in ran.out.replace("\n", "")
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("mails/*.eml")]
    assert {"desk@example.org", "duty@example.org"} <= {str(mail["To"]) for mail in mails}
    assert all(mail["Auto-Submitted"] == "auto-generated" for mail in mails)
    assert (folder / "digest.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    log = (folder / "service.log").read_text("utf-8")
    assert "ready: storywatch" in log
    assert "Traceback" not in log


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = storywatch("demo", "--keep", str(tmp_path), cwd=tmp_path)
    assert ran.code == 2
    assert "not empty" in ran.err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


# ── what is seen ──────────


def addresses() -> list[str]:
    """Return one address of each story that is to be told."""
    return [min(story.addresses(BASES)) for story in verify.expected()]


def problems(told: list[str]) -> tuple[str, ...]:
    checked = verify.told_once("stories", told, verify.expected(), BASES)
    assert checked.good is not bool(checked.problems)
    return checked.problems


def test_every_story_told_once_by_any_of_its_outlets_is_good() -> None:
    assert problems(addresses()) == ()
    assert problems([max(story.addresses(BASES)) for story in verify.expected()]) == ()


def test_what_is_missing_unwanted_or_told_twice_is_seen() -> None:
    told = addresses()
    assert len(problems(told[1:])) == 1
    assert problems(told[1:])[0].startswith("missing: ")
    assert problems([*told, "https://elsewhere.example/football"]) == ("unwanted: https://elsewhere.example/football",)
    (twice,) = [story for story in verify.expected() if min(story.addresses(BASES)) == told[0]]
    assert problems([*told, max(twice.addresses(BASES))])[0].startswith("2 times: ")


# ── how it was found ──────────

WORDS = verify.Words("a slip", "kz", frozenset({"Kazakshtan", "protests"}), ("Kazakshtan: one slip from kazakhstan",))
ADDRESS = "https://harbour.example/square"


def page(title: str, text: str = "", *, said: str = "Kazakshtan: one slip from kazakhstan (title)") -> str:
    """A mail with two stories, of which the second is the one that is looked for."""
    other = '<div><h3><a href="https://harbour.example/other"><mark>Almaty</mark></a></h3></div>'
    story = f'<div><h3><a href="{ADDRESS}">{title}</a></h3><p>{text}</p><p>Matched:\n{said}</p></div>'
    return f"<!doctype html><html><body><div>{other}{story}</div></body></html>"


def test_a_story_is_good_whose_words_are_marked_and_said() -> None:
    shown = page("<mark>Kazakshtan</mark> burns", "More <mark>protests</mark>.")
    checked = verify.words_shown(WORDS, frozenset({ADDRESS}), [shown])
    assert (checked.good, checked.what) == (True, "found: a slip")


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ([], "not in any mail"),
        ([page("<mark>Kazakshtan</mark>")], "marked: Kazakshtan; expected: Kazakshtan, protests"),
        (
            [page("<mark>Kazakshtan</mark> <mark>protests</mark> in <mark>Almaty</mark>")],
            "marked: Almaty, Kazakshtan, protests; expected: Kazakshtan, protests",
        ),
        (
            [page("<mark>Kazakshtan</mark> <mark>protests</mark>", said="kazakhstan~ (title)")],
            "not said: Kazakshtan: one slip from kazakhstan",
        ),
    ],
)
def test_words_that_are_not_marked_or_not_said_are_seen(pages: list[str], problem: str) -> None:
    checked = verify.words_shown(WORDS, frozenset({ADDRESS}), pages)
    assert (checked.good, checked.problems) == (False, (problem,))


@pytest.mark.parametrize(
    ("start", "end", "problems"),
    [(3, 13, ()), (13, 13, ("kazakhstan~ at 13 of In Kazakshtan",)), (0, 2, ("kazakhstan~ at 0 of In Kazakshtan",))],
)
def test_a_webhook_that_points_elsewhere_is_seen(start: int, end: int, problems: tuple[str, ...]) -> None:
    span = {
        "field": "title",
        "start": start,
        "end": end,
        "term": "kazakhstan~",
        "how": "fuzzy",
        "snippet": "Kazakshtan",
    }
    text = {"field": "text", "start": 400, "end": 410, "term": "almaty", "how": "exact", "snippet": "Almaty"}
    found = verify.pointed([{"items": [{"title": "In Kazakshtan", "matched": [span, text]}]}])
    assert [one for one in found.problems if "no title" not in one] == list(problems)
    assert found.good is not bool(found.problems)
    assert not verify.pointed([]).good


def test_a_lookalike_that_was_told_is_seen() -> None:
    found = verify.lookalikes()
    assert verify.unmoved(found, addresses(), BASES).good
    outlet, _, slug = found[0].told_by.partition("/")
    checked = verify.unmoved(found, [*addresses(), f"{BASES[outlet]}/{slug}"], BASES)
    assert (checked.good, checked.problems) == (False, (f"told: {found[0].told_by}",))


def test_every_lookalike_and_every_found_story_is_in_the_newsroom() -> None:
    there = {f"{outlet.key}/{report.slug}" for outlet in load().outlets for report in outlet.reports}
    assert {one.told_by for one in verify.lookalikes()} <= there
    assert {key for story in verify.expected() for key in story.told_by} <= there
