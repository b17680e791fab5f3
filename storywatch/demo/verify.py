"""Pure: what arrived against what was expected, as sentences."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from importlib.resources import files
from typing import Any

from lxml import html

from alerts.types import Event

#: what entries of a mail begin with, or say, that tell no new story
_SPIKE = "[SPIKE]"
_COPIES = "Carried since by"


@dataclass(frozen=True, slots=True)
class Words:
    """What the mails of one watchlist must show of a story: how it was found."""

    #: stands in the result
    what: str
    watchlist: str
    #: the marked words of title and sentence: these and no other
    marked: frozenset[str]
    #: what must be said of them
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A report that looks like a topic, by the look of its words, and that nobody must be told of."""

    words: str
    told_by: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A story that watchlists must tell."""

    event: str
    #: ``OUTLET/SLUG`` of each article of the story
    told_by: tuple[str, ...]
    watchlists: frozenset[str]
    urgent: bool
    words: Words | None = None

    def addresses(self, bases: Mapping[str, str]) -> frozenset[str]:
        """Return the addresses of its articles."""
        return frozenset(address(key, bases) for key in self.told_by)


@dataclass(frozen=True, slots=True)
class Together:
    """An event, told in several languages."""

    #: stands in the result
    what: str
    #: ``OUTLET/SLUG`` of the stories about it
    told_by: tuple[str, ...]
    #: and of stories about others
    apart: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of the result."""

    what: str
    good: bool
    #: what is missing, or came unwanted or twice
    problems: tuple[str, ...] = ()


def expected() -> tuple[Expected, ...]:
    """Read what the demo must tell."""
    raw = tomllib.loads((files("storywatch.demo") / "expected.toml").read_text("utf-8"))
    return tuple(
        Expected(
            one["event"],
            tuple(one["told_by"]),
            frozenset(one["watchlists"]),
            one.get("urgent", False),
            Words(one["found"], one["in"], frozenset(one["marked"]), tuple(one["told"])) if "found" in one else None,
        )
        for one in raw["stories"]
    )


def lookalikes() -> tuple[Lookalike, ...]:
    """Read what the demo must not tell although it looks like it."""
    raw = tomllib.loads((files("storywatch.demo") / "expected.toml").read_text("utf-8"))
    return tuple(Lookalike(one["words"], one["told_by"]) for one in raw["lookalikes"])


def events() -> tuple[Together, ...]:
    """Read which stories the demo must show as one event."""
    raw = tomllib.loads((files("storywatch.demo") / "expected.toml").read_text("utf-8"))
    return tuple(Together(one["event"], tuple(one["told_by"]), tuple(one["apart"])) for one in raw["events"])


def address(key: str, bases: Mapping[str, str]) -> str:
    """Return the address of ``OUTLET/SLUG``."""
    outlet, _, slug = key.partition("/")
    return f"{bases[outlet]}/{slug}"


def told_once(what: str, told: Iterable[str], stories: Sequence[Expected], bases: Mapping[str, str]) -> Checked:
    """Check that each story was told exactly once, by any of its articles' addresses, and nothing else was."""
    owner = {address: number for number, story in enumerate(stories) for address in story.addresses(bases)}
    problems = []
    counts: Counter[int] = Counter()
    for address in told:
        if address in owner:
            counts[owner[address]] += 1
        else:
            problems.append(f"unwanted: {address}")
    for number, story in enumerate(stories):
        if counts[number] == 0:
            problems.append(f"missing: {story.told_by[0]}")
        elif counts[number] > 1:
            problems.append(f"{counts[number]} times: {story.told_by[0]}")
    return Checked(what, not problems, tuple(problems))


def payload_addresses(payloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the leading address of every new story in webhook payloads."""
    return [one["url"] for payload in payloads for one in payload["items"] if one["event"] == "new"]


def pointed(payloads: Iterable[Mapping[str, Any]]) -> Checked:
    """Check that webhooks point at the words: what offsets cut out of a title stands in its snippet."""
    problems, seen = [], 0
    for payload in payloads:
        for one in payload["items"]:
            for span in one["matched"]:
                words = one["title"][span["start"] : span["end"]] if span["field"] == "title" else ""
                seen += bool(words)
                if span["field"] == "title" and (not words or words not in span["snippet"]):
                    problems.append(f"{span['term']} at {span['start']} of {one['title']}")
    if not seen:
        problems.append("no title has a word")
    return Checked("every webhook points at the words it found", not problems, tuple(problems))


def mail_text(mail: EmailMessage) -> str:
    """Return the plain text part of a mail."""
    part = mail.get_body(("plain",))
    # In base64 the lines of a mail keep their own ends.
    return "" if part is None else "\n".join(str(part.get_content()).splitlines())


def mail_page(mail: EmailMessage) -> str:
    """Return the HTML part of a mail."""
    part = mail.get_body(("html",))
    return "" if part is None else str(part.get_content())


def mail_addresses(mails: Iterable[EmailMessage], known: Iterable[str]) -> list[str]:
    """Return every known address that stands on a line of its own in the text of mails, in order.

    What a spike names, and whose later copies are told, was told as new elsewhere: those entries are left out.
    """
    wanted = set(known)
    return [
        word
        for mail in mails
        for entry in mail_text(mail).split("\n\n")
        if _SPIKE not in entry and _COPIES not in entry
        for line in entry.splitlines()
        if (word := line.strip().strip("<>")) in wanted
    ]


def spiked(watchlist: str, payloads: Iterable[Mapping[str, Any]], mails: Iterable[EmailMessage]) -> Checked:
    """Check that one spike of a watchlist was told, once by webhook and once by mail, with its figures."""
    figures = [one["figures"] for payload in payloads for one in payload["items"] if one["event"] == Event.SPIKE.value]
    told = [mail for mail in mails if _SPIKE in mail_text(mail)]
    problems = [] if len(figures) == 1 else [f"{len(figures)} webhooks of a spike"]
    problems += [] if len(told) == 1 else [f"{len(told)} mails of a spike"]
    problems += [
        f"no spike: {one['count']} stories, usually {one['usual']}" for one in figures if one["count"] <= one["most"]
    ]
    problems += [
        f"not its subject: {mail['Subject']}" for mail in told if not str(mail["Subject"]).startswith("Spike: ")
    ]
    count = figures[0]["count"] if figures else 0
    return Checked(f"a spike of “{watchlist}”: {count} stories in an hour", not problems, tuple(problems))


def carried(outlet: str, mails: Iterable[EmailMessage]) -> Checked:
    """Check that a later copy was told as one, with the outlet that carries it."""
    told = [entry for mail in mails for entry in mail_text(mail).split("\n\n") if _COPIES in entry]
    good = any(outlet in entry for entry in told)
    return Checked("a later copy, edited, is told as a copy", good, () if good else (f"not told: {outlet}",))


def together(one: Together, threads: Mapping[str, str | None], bases: Mapping[str, str]) -> Checked:
    """Check that the reports of an event share a thread, and that what is about another has another.

    ``threads`` are by the address of each story that is listed; an address that leads none is not in it.
    """
    found = {key: threads.get(address(key, bases)) for key in one.told_by}
    problems = [f"without a thread: {key}" for key, thread in found.items() if thread is None]
    problems += ["several threads: " + ", ".join(found)] if len(set(found.values())) > 1 else []
    its = {thread for thread in found.values() if thread is not None}
    problems += [f"in it too: {key}" for key in one.apart if threads.get(address(key, bases)) in its]
    return Checked(f"one event: {one.what}", not problems, tuple(problems))


def words_shown(words: Words, addresses: frozenset[str], pages: Iterable[str]) -> Checked:
    """Check that a story is shown with exactly its words marked, and with what must be said of them.

    ``addresses`` are those of its articles, ``pages`` the HTML of the mails that it must stand in.
    """
    shown = [one for page in pages for one in _stories(page, addresses)]
    problems = [] if shown else ["not in any mail"]
    for marked, text in shown:
        if marked != words.marked:
            problems.append(f"marked: {', '.join(sorted(marked))}; expected: {', '.join(sorted(words.marked))}")
        problems += [f"not said: {one}" for one in words.told if one not in text]
    return Checked(f"found: {words.what}", not problems, tuple(problems))


def _stories(page: str, addresses: frozenset[str]) -> Iterable[tuple[frozenset[str], str]]:
    """Yield the marked words and the text of each story in a mail that leads with one of the addresses."""
    for link in html.document_fromstring(page).iterfind(".//h3/a"):
        story = next(link.iterancestors("div"), None)
        if link.get("href") in addresses and story is not None:
            marked = frozenset(str(one.text_content()) for one in story.iter("mark"))
            yield marked, " ".join(str(story.text_content()).split())


def unmoved(found: Sequence[Lookalike], told: Iterable[str], bases: Mapping[str, str]) -> Checked:
    """Check that nobody was told of what only looks like a topic."""
    addresses = set(told)
    problems = tuple(f"told: {one.told_by}" for one in found if address(one.told_by, bases) in addresses)
    return Checked(f"not taken: {', '.join(one.words for one in found)}", not problems, problems)
