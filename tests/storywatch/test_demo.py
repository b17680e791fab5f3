"""``storywatch demo``: performed once, whole; and that what is missing, unwanted or doubled is seen."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from commands import storywatch

from storywatch.demo import verify
from storywatch.demo.newsroom import load
from storywatch.semantic import SWITCH

BASES = {outlet.key: f"https://{outlet.key}.example" for outlet in load().outlets}


@pytest.mark.timeout(180)
def test_the_demo_performs_the_whole_main_job(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    ran = storywatch("demo", "--keep", str(folder), cwd=tmp_path, env={SWITCH: "on"})
    assert ran.code == 0, ran.out + ran.err
    assert "failed" not in ran.out
    assert "one event: the fuel price protest" in ran.out
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


# ── spikes, later copies, events ──────────


def mail(subject: str, *entries: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made.set_content("\n\n".join(entries))
    return made


SPIKE = "1. [SPIKE] 9 stories in an hour\n   - A title (Harbour Times)\n     https://harbour.example/square"
COPY = "2. A title\n   https://harbour.example/square\n   Carried since by 1 outlet: Coast Dispatch"


def spike(count: int) -> dict[str, object]:
    return {"items": [{"event": "spike", "url": ADDRESS, "figures": {"count": count, "most": 2, "usual": 0.1}}]}


def test_a_spike_is_told_once_by_each_way_and_is_one() -> None:
    told = [mail("Spike: kz, 9 stories in an hour", SPIKE)]
    assert verify.spiked("kz", [spike(9)], told) == verify.Checked("a spike of “kz”: 9 stories in an hour", good=True)
    assert verify.spiked("kz", [], told).problems == ("0 webhooks of a spike",)
    assert verify.spiked("kz", [spike(9), spike(9)], told).problems == ("2 webhooks of a spike",)
    assert verify.spiked("kz", [spike(2)], told).problems == ("no spike: 2 stories, usually 0.1",)
    assert verify.spiked("kz", [spike(9)], [mail("kz: 9 stories", SPIKE)]).problems == (
        "not its subject: kz: 9 stories",
    )


def test_later_copies_name_their_outlet() -> None:
    assert verify.carried("Coast Dispatch", [mail("kz", COPY)]).good
    assert not verify.carried("Harbour Times", [mail("kz", COPY)]).good
    assert not verify.carried("Coast Dispatch", [mail("kz", SPIKE)]).good


def test_what_a_spike_or_a_later_copy_names_is_no_new_story() -> None:
    new = f"3. A title\n   {ADDRESS}"
    assert verify.mail_addresses([mail("kz", SPIKE, COPY)], [ADDRESS]) == []
    assert verify.mail_addresses([mail("kz", SPIKE, COPY, new)], [ADDRESS]) == [ADDRESS]
    assert verify.payload_addresses([spike(9), {"items": [{"event": "new", "url": ADDRESS}]}]) == [ADDRESS]


def test_reports_of_one_event_share_a_thread_that_no_other_has() -> None:
    one = verify.Together("a protest", ("harbour/square", "dala/alan"), ("ledger/oil",))
    square, alan, oil = (verify.address(key, BASES) for key in (*one.told_by, *one.apart))
    assert verify.together(one, {square: "1", alan: "1", oil: "2"}, BASES).good
    assert verify.together(one, {square: "1", alan: "1", oil: None}, BASES).good
    assert not verify.together(one, {square: "1", alan: "3", oil: "2"}, BASES).good
    assert verify.together(one, {square: "1", alan: "1", oil: "1"}, BASES).problems == ("in it too: ledger/oil",)
    assert verify.together(one, {square: "1"}, BASES).problems[0] == "without a thread: dala/alan"


def test_the_past_has_reports_of_every_outlet_that_is_watched_already() -> None:
    """What the demo's spike is measured by: several weeks in which little came."""
    watched = [outlet for outlet in load().outlets if outlet.watched is not None]
    assert len(watched) >= 3
    for outlet in watched:
        ages = [report.age for report in outlet.reports if report.age is not None]
        assert ages
        assert all(age < outlet.watched for age in ages if outlet.watched is not None)
