"""Whether the cases of site rules hold, with the rules that are in use (``news.urlrules.use_rules``)."""

from collections.abc import Iterable

from news.siterules import Case
from news.urls import canonical


def failing(cases: Iterable[tuple[str, Case]]) -> list[str]:
    """A line for each case that does not hold: its place, what is expected and what comes out."""
    lines = []
    for place, case in cases:
        found = canonical(case.url)
        if found != case.canonical:
            lines.append(f"{place}: {case.url} becomes {found}; expected: {case.canonical}")
        elif canonical(found) != found:
            lines.append(f"{place}: {found} is expected, and becomes {canonical(found)} itself; expected: an identity")
    return lines
