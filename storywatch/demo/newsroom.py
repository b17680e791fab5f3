"""The built-in newsroom: outlets, their reports, and the feeds they serve at each moment of the demo.

Reports stand in ``outlets/*.toml``. A report comes out in a *wave*; wave 0 is there before the service starts, with
an age or without any time. Entries are dated by the wall clock when their wave is published.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

_DURATIONS = {"d": "days", "h": "hours", "m": "minutes"}
#: offsets that outlets write their times in, by the name they write
_ZONES = {"GMT": timedelta(), "WIB": timedelta(hours=7)}

LAST_WAVE = 5


@dataclass(frozen=True, slots=True)
class Report:
    """One report of an outlet."""

    slug: str
    title: str
    #: paragraphs parted by a blank line
    text: str
    wave: int
    #: how long before the start it was published; wave 0 only
    age: timedelta | None
    undated: bool
    #: two where the outlet sends it as two entries
    guids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher with one feed."""

    key: str
    name: str
    language: str
    #: rss | rss091 | rdf | atom | json
    kind: str
    tags: tuple[str, ...]
    #: appended to the links in its feed
    trackers: str
    #: name of the zone it writes its times in
    zone: str
    #: waves in which its server answers with an error
    broken_in: frozenset[int]
    #: wave from which everything is re-sent under new guids
    resends_in: int | None
    #: wave from which everything carries a new time
    redates_in: int | None
    #: for how long it is watched already when the demo begins; None: it is new
    watched: timedelta | None
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A report as a feed carries it at one moment."""

    guid: str
    link: str
    title: str
    text: str
    published: datetime | None


@dataclass(slots=True)
class Newsroom:
    """All outlets, and the moment the demo is at."""

    outlets: tuple[Outlet, ...]
    #: when each wave was published, by its number
    published_at: dict[int, datetime] = field(default_factory=dict)

    @property
    def wave(self) -> int:
        """The newest wave that is out, or −1."""
        return max(self.published_at, default=-1)

    def publish(self, wave: int, *, now: datetime) -> None:
        """Bring out a wave."""
        self.published_at[wave] = now

    def is_broken(self, outlet: Outlet) -> bool:
        """Whether the outlet's server answers with an error now."""
        return self.wave in outlet.broken_in

    def entries(self, outlet: Outlet, base: str) -> list[FeedEntry]:
        """Return what the outlet's feed carries now, newest first; ``base`` is its address without a path."""
        found = [
            entry
            for report in outlet.reports
            if report.wave in self.published_at
            for entry in self._entries(outlet, report, base)
        ]
        return found[::-1]

    def _entries(self, outlet: Outlet, report: Report, base: str) -> Iterable[FeedEntry]:
        published = None if report.undated else self.published_at[report.wave] - (report.age or timedelta())
        if published is not None and _since(outlet.redates_in, self.wave):
            published = self.published_at[self.wave]
        for guid in report.guids or (f"{base}/{report.slug}",):
            again = "#again" if _since(outlet.resends_in, self.wave) else ""
            link = address(base, report) + outlet.trackers
            yield FeedEntry(guid + again, link, report.title, report.text, published)


def _since(first: int | None, wave: int) -> bool:
    return first is not None and wave >= first


def address(base: str, report: Report) -> str:
    """Return a report's own address, without trackers."""
    return f"{base}/{report.slug}"


def local_time(outlet: Outlet, instant: datetime) -> datetime:
    """Return an instant in the outlet's own zone."""
    return instant.astimezone(timezone(_ZONES[outlet.zone], outlet.zone))


def load() -> Newsroom:
    """Read the outlets that come with the package."""
    folder = files("storywatch.demo") / "outlets"
    wires = tomllib.loads((folder / "wires.toml").read_text("utf-8"))
    outlets = [
        _outlet(path.name.removesuffix(".toml"), tomllib.loads(path.read_text("utf-8")), wires)
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".toml") and path.name != "wires.toml"
    ]
    return Newsroom(tuple(outlets))


def _outlet(key: str, raw: dict[str, Any], wires: dict[str, Any]) -> Outlet:
    return Outlet(
        key=key,
        name=raw["name"],
        language=raw["language"],
        kind=raw["kind"],
        tags=tuple(raw["tags"]),
        trackers=raw.get("trackers", ""),
        zone=raw.get("zone", "GMT"),
        broken_in=frozenset(raw.get("broken_in", ())),
        resends_in=raw.get("resends_in"),
        redates_in=raw.get("redates_in"),
        watched=_duration(raw.get("watched")),
        reports=tuple(
            _report(report, wires, raw.get("footer", ""))
            for report in sorted(raw["reports"], key=lambda one: int(one["wave"]))
        ),
    )


def _report(raw: dict[str, Any], wires: dict[str, Any], footer: str) -> Report:
    source = raw | wires[raw["wire"]] if "wire" in raw else raw
    return Report(
        slug=raw["slug"],
        title=source["title"],
        text=f"{source['text'].strip()}\n\n{footer.strip()}".strip(),
        wave=raw["wave"],
        age=_duration(raw.get("age")),
        undated=raw.get("undated", False),
        guids=tuple(raw.get("guids", ())),
    )


def _duration(written: str | None) -> timedelta | None:
    return timedelta(**{_DURATIONS[written[-1]]: int(written[:-1])}) if written else None
