"""Pure: what arrived against what was expected, as sentences."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Expected:
    """A story that watchlists must tell."""

    event: str
    #: ``OUTLET/SLUG`` of each article of the story
    told_by: tuple[str, ...]
    watchlists: frozenset[str]
    urgent: bool

    def addresses(self, bases: Mapping[str, str]) -> frozenset[str]:
        """Return the addresses of its articles."""
        return frozenset(f"{bases[key.split('/')[0]]}/{key.split('/')[1]}" for key in self.told_by)


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
        Expected(one["event"], tuple(one["told_by"]), frozenset(one["watchlists"]), one.get("urgent", False))
        for one in raw["stories"]
    )


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
    """Return the leading address of every story in webhook payloads."""
    return [one["url"] for payload in payloads for one in payload["items"]]


def mail_text(mail: EmailMessage) -> str:
    """Return the plain text part of a mail."""
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content())


def mail_addresses(mails: Iterable[EmailMessage], known: Iterable[str]) -> list[str]:
    """Return every known address that stands on a line of its own in the text of mails, in order."""
    wanted = set(known)
    return [
        word for mail in mails for line in mail_text(mail).splitlines() if (word := line.strip().strip("<>")) in wanted
    ]


def headline_marked(mails: Iterable[EmailMessage], word: str) -> Checked:
    """Check that the misspelt headline came through, as written."""
    found = any(word in mail_text(mail) for mail in mails)
    return Checked(f"the headline “{word}…” was found", found, () if found else ("not in any mail",))
