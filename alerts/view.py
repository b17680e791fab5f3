"""A digest as its reader sees it: everything in words, cut to what fits, not yet laid out.

::

    Digest ──view──▶ Page ──templates──▶ subject, text, HTML

Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.cleaning import shown
from alerts.findings import findings
from alerts.grouping import by_event, heading
from alerts.snippets import Piece, excerpt, headline, shortened
from alerts.types import Copy, Digest, Event, FeedTrouble, Field, Item, Section
from alerts.unusual import Spike, counted, spike
from alerts.wording import Wording, direction

_LONGEST_TITLE = 300
_LONGEST_NAME = 100
_LONGEST_URL = 2000
_LONGEST_REASON = 240
_MOST_COPIES = 12
_MOST_TROUBLES = 10
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
#: the shape of BCP 47, all that may stand in an attribute
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where else a story stands."""

    name: str
    url: str | None
    #: how many of its articles
    count: int


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is shown."""

    title: tuple[Piece, ...]
    url: str | None
    source: str
    #: whose report it is, and where: "Reuters, via Example"; the source alone where no agency is credited
    told_by: str
    #: in the reader's zone
    time: str
    #: False: ``time`` is when storywatch first saw it
    dated: bool
    #: BCP 47, or empty
    lang: str
    dir: str
    #: name of the language where it is not the reader's, else None
    language: str | None
    #: the sentence that matched, or how the story begins
    excerpt: tuple[Piece, ...]
    #: which terms matched, where and how
    matched: str
    also_in: tuple[Outlet, ...]
    #: outlets of ``also_in`` that are not listed
    more_outlets: int
    #: all outlets, its own with them
    outlets: int
    #: the watchlists it matched, where these are not the one that it stands with
    lists: tuple[str, ...]
    urgent: bool
    already_sent: bool
    #: it was told before: ``also_in`` and ``outlets`` are those that carry it since
    later: bool
    #: what is shown of a spike that it leads, instead of all else; None of a story by itself
    spike: Spike | None = None


@dataclass(frozen=True, slots=True)
class EventHeading:
    """What stands over the stories of an event."""

    title: str
    #: of the title: BCP 47, or empty
    lang: str
    dir: str
    #: as counted over all of them, shown or not; languages 0 where none is known
    stories: int
    languages: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Group:
    """Stories that stand together: those of one event under its heading, or one alone without."""

    heading: EventHeading | None
    stories: tuple[Story, ...]
    #: stories of the event that are not shown, for want of room
    more: int


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it is shown."""

    name: str
    groups: tuple[Group, ...]
    #: what it tells, stories and spikes, with those that are not shown
    total: int
    #: stories that it matched too, and that stand with another watchlist
    elsewhere: int = 0
    #: spikes among what it tells
    spikes: int = 0

    @property
    def stories(self) -> int:
        """How many stories it tells, shown or not: a spike is none."""
        return self.total - self.spikes

    @property
    def more(self) -> int:
        """How many are not shown, and not counted with their event either."""
        return self.total - sum(len(one.stories) + one.more for one in self.groups)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A feed in trouble as it is shown."""

    name: str
    reason: str
    since: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A digest as it is shown."""

    #: the watchlist, or the name of a digest over several; of a test, the target
    name: str
    lang: str
    dir: str
    window: str
    zone: str
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]
    total: int
    #: how many of them were told before, and stand here for their later copies
    later: int
    #: of them those that are stories, and no spikes
    stories: int
    #: what the first spike counted; None without one
    spike: str | None
    #: and of which watchlist it is
    spiking: str
    #: how many events its stories are about; 0 where they stand one by one
    events: int
    outlets: int
    #: title of the first story or event, plain
    first: str | None
    troubles: tuple[Trouble, ...]
    more_troubles: int
    why: str
    #: where a click ends these mails; None without ``public_url``
    unsubscribe: str | None
    urgent: bool
    #: several watchlists: sections have headings
    combined: bool
    test: bool


def view(
    digest: Digest,
    wording: Wording,
    *,
    recipient: str | None = None,
    unsubscribe: str | None = None,
    snippet: int = 320,
    most: int | None = None,
) -> Page:
    """Return what is shown of ``digest``: at most ``most`` stories, each sentence cut to ``snippet`` code points."""
    name = _name(digest)
    limit = digest.alert.max_items if most is None else min(most, digest.alert.max_items)
    shares = _shares([len(section.items) for section in digest.sections], limit)
    parts = tuple(
        Part(
            _short(section.watchlist),
            _groups(section, share, digest, wording, snippet),
            len(section.items),
            sum(section.watchlist in item.watchlists for item in digest.items)
            - sum(section.watchlist in item.watchlists for item in section.items),
            sum(item.event is Event.SPIKE for item in section.items),
        )
        for section, share in zip(digest.sections, shares, strict=True)
    )
    spikes = [item for item in digest.items if item.event is Event.SPIKE]
    stories = [item for item in digest.items if item.event is not Event.SPIKE]
    sources = {item.source for item in digest.items} | {copy.source for item in digest.items for copy in item.copies}
    troubles = tuple(_trouble(one, wording) for one in digest.troubles[:_MOST_TROUBLES])
    return Page(
        name=name,
        lang=str(wording.locale).replace("_", "-"),
        dir=direction(str(wording.locale)),
        window=wording.window(digest),
        zone=wording.zone_name(),
        remarks=tuple(wording.remark(key, digest) for key in digest.remarks),
        parts=parts,
        total=len(digest.items),
        later=sum(item.event is Event.COPIES for item in digest.items),
        stories=len(stories),
        spike=counted(spikes[0].figures, wording) if spikes else None,
        spiking=_short(spikes[0].watchlists[0]) if spikes and spikes[0].watchlists else name,
        events=_events(digest),
        outlets=len(sources),
        first=_first(digest),
        troubles=troubles,
        more_troubles=len(digest.troubles) - len(troubles),
        why=wording.why(digest, [section.watchlist for section in digest.sections] or [name], recipient),
        unsubscribe=unsubscribe,
        urgent=any(item.urgent and not item.already_sent for item in digest.items),
        combined=digest.alert.combined or len(digest.sections) > 1,
        test=digest.test,
    )


def _groups(section: Section, share: int, digest: Digest, wording: Wording, snippet: int) -> tuple[Group, ...]:
    """Return what is shown of a section: its first ``share`` stories, by event where the alert wants it."""
    groups: list[Group] = []
    for together in _together(section.items, digest):
        if share <= 0:
            break
        told = tuple(_story(item, wording, snippet, section.watchlist) for item in together[:share])
        over = _heading(together, digest) if len(together) > 1 else None
        groups.append(Group(over, told, len(together) - len(told)))
        share -= len(told)
    return tuple(groups)


def _together(items: Sequence[Item], digest: Digest) -> list[tuple[Item, ...]]:
    return by_event(items) if digest.alert.by_thread else [(item,) for item in items]


def _heading(together: Sequence[Item], digest: Digest) -> EventHeading:
    over = heading(together, digest.alert.locale)
    tag = _tag(over.lead)
    return EventHeading(
        title=shortened(shown(over.lead.title), _LONGEST_TITLE),
        lang=tag or "",
        dir=direction(tag),
        stories=over.stories,
        languages=over.languages,
        outlets=over.outlets,
    )


def _events(digest: Digest) -> int:
    """Count the events of a digest where some have several stories; one that stands in two sections is one."""
    if not digest.alert.by_thread:
        return 0
    stories = [item for item in digest.items if item.event is not Event.SPIKE]
    events = by_event(stories)
    return len(events) if len(events) < len(stories) else 0


def _first(digest: Digest) -> str | None:
    if not digest.items:
        return None
    section = next(one for one in digest.sections if one.items)
    first = _together(section.items, digest)[0]
    lead = heading(first, digest.alert.locale).lead if len(first) > 1 else first[0]
    return shortened(shown(lead.title), _LONGEST_TITLE)


def _name(digest: Digest) -> str:
    if digest.test:
        return _short(digest.alert.target.name)
    if digest.alert.combined or not digest.sections:
        return _short(digest.alert.name)
    return _short(digest.sections[0].watchlist)


def _shares(counts: Sequence[int], most: int) -> list[int]:
    """Part ``most`` places among sections so that none goes empty while another has more than its share."""
    shares = [0] * len(counts)
    left = min(most, sum(counts))
    while left > 0:
        open_ = [place for place, count in enumerate(counts) if shares[place] < count]
        each = max(1, left // len(open_))
        for place in open_:
            given = min(each, counts[place] - shares[place], left)
            shares[place] += given
            left -= given
    return shares


def _story(item: Item, wording: Wording, snippet: int, section: str) -> Story:
    later = item.event is Event.COPIES
    if later:
        # Its reader has seen what it says and why: a title that is known by sight is enough.
        item, snippet = replace(item, spans=()), 0
    sentence = _shown(excerpt(item.text, [span for span in item.spans if span.field is Field.TEXT], snippet))
    if not sentence and snippet:
        begin = shortened(shown(item.summary or item.text), snippet)
        sentence = (Piece(begin, marked=False),) if begin else ()
    also_in = _outlets(item.copies)
    tag = _tag(item)
    return Story(
        title=_shown(headline(item.title, [span for span in item.spans if span.field is Field.TITLE], _LONGEST_TITLE)),
        url=_link(item.url),
        source=_short(item.source),
        told_by=wording.told_by(_short(item.source), item.agency),
        time=wording.source_time(item.published) if item.published else wording.time(item.first_seen_at),
        dated=item.published is not None,
        lang=tag or "",
        dir=direction(tag),
        language=wording.language(tag),
        excerpt=sentence,
        matched=shown(
            wording.matched(findings(item.spans, title=item.title, text=item.text, language=item.language), snippet)
        ),
        also_in=also_in[:_MOST_COPIES],
        more_outlets=max(0, len(also_in) - _MOST_COPIES),
        outlets=len({*([] if later else [item.source]), *(copy.source for copy in item.copies)}),
        lists=() if item.watchlists in ((), (section,)) else tuple(_short(name) for name in item.watchlists),
        urgent=item.urgent,
        already_sent=item.already_sent or later,
        later=later,
        spike=spike(item, wording),
    )


def _tag(item: Item) -> str | None:
    return item.language if item.language and _TAG.fullmatch(item.language) else None


def _outlets(copies: Sequence[Copy]) -> tuple[Outlet, ...]:
    found: dict[str, list[Copy]] = {}
    for copy in copies:
        found.setdefault(copy.source, []).append(copy)
    return tuple(
        Outlet(
            _short(source),
            next((link for one in group if (link := _link(one.url))), None),
            len(group),
        )
        for source, group in found.items()
    )


def _link(url: str | None) -> str | None:
    return url if url and len(url) <= _LONGEST_URL and _LINK.fullmatch(url) else None


def _trouble(trouble: FeedTrouble, wording: Wording) -> Trouble:
    since = wording.time(trouble.since) if trouble.since is not None else None
    return Trouble(_short(trouble.name or trouble.url), shortened(shown(trouble.reason), _LONGEST_REASON), since)


def _shown(found: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(Piece(shown(piece.text), piece.marked) for piece in found)


def _short(name: str) -> str:
    return shortened(shown(name), _LONGEST_NAME)
