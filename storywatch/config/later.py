"""What the contract has and this version does not act on yet: one warning a key, none for a default."""

from collections.abc import Iterable, Sequence

from alerts.types import Event, Watchlist
from storywatch.config import models
from storywatch.config.problems import Place, Problems
from storywatch.config.reading import Part, Parts
from storywatch.semantic import without

_NOT_YET = "is not acted on in this version"
_PAGES = "this version requests no pages"


def tell(
    parts: Parts, watchlists: Sequence[tuple[Place, models.WatchlistTable, Watchlist]], problems: Problems
) -> frozenset[str]:
    """Warn of every such key that is set; return the ids of watchlists of which nothing is told at all."""
    for part in parts.all:
        _singles(part, problems)
    _feeds(parts, problems)
    _grouping([*parts.each("digests"), *_alerts(watchlists)], problems)
    silent = set()
    for place, table, watchlist in watchlists:
        _differs(table, ("min_weight",), place, problems, "this version follows no changes")
        if not _events(table, place, problems):
            silent.add(watchlist.id)
    return frozenset(silent)


def _singles(part: Part, problems: Problems) -> None:
    shape = part.shape
    if shape.archive is not None:
        _differs(shape.archive, ("keep",), part.place("archive"), problems, _PAGES)
    if shape.fetch is not None:
        _differs(shape.fetch, ("full_text", "revisit", "deletion_gap"), part.place("fetch"), problems, _PAGES)
    if shape.service is not None and shape.service.listen:
        _differs(shape.service, ("listen",), part.place("service"), problems, "this version has no status page")
    if shape.service is not None and shape.service.public_url is not None:
        text = "this version has no status page that answers the links to it in mails (unsubscribe, pause)"
        problems.warn(part.place("service", "public_url"), text)
    if shape.web is not None:
        problems.warn(part.place("web"), f"{_NOT_YET}: it has no status page")


def _differs(table: models.Shape, keys: Iterable[str], place: Place, problems: Problems, why: str) -> None:
    for key in keys:
        if getattr(table, key) != type(table).model_fields[key].get_default(call_default_factory=True):
            problems.warn(place.at(key), f"{_NOT_YET}: {why}")


def _alerts(
    watchlists: Sequence[tuple[Place, models.WatchlistTable, Watchlist]],
) -> list[tuple[Place, models.AlertTable]]:
    return [
        (place.at("alerts", position), alert)
        for place, table, _ in watchlists
        for position, alert in enumerate(table.alerts)
    ]


def _grouping(tables: Iterable[tuple[Place, models.AlertTable]], problems: Problems) -> None:
    """One warning where events are asked for and the extra that knows them is missing."""
    places = [place for place, table in tables if table.group == "thread"]
    if places and (reason := without()) is not None:
        problems.warn(places[0].at("group"), f"stories are told one by one: {reason}{_more(places)}")


def _feeds(parts: Parts, problems: Problems) -> None:
    """One warning a key, at its first place."""
    full_text = [place for place, table in parts.each("feeds") if table.full_text not in {None, "auto"}]
    if full_text:
        problems.warn(full_text[0].at("full_text"), f"{_NOT_YET}: {_PAGES}{_more(full_text)}")
    for kind in ("sitemap", "listing", "document"):
        places = [place for place, table in parts.each("feeds") if table.kind == kind]
        if places:
            text = f'kind "{kind}" is not in this version: this address is not polled{_more(places)}'
            problems.warn(places[0].at("kind"), text)
    selectors = [place for place, table in parts.each("feeds") if table.selector and table.kind != "listing"]
    if selectors:
        problems.warn(selectors[0].at("selector"), f'counts for kind "listing" only{_more(selectors)}')


def _more(places: Sequence[Place]) -> str:
    others = len(places) - 1
    return f" (and at {others} more place{'s' if others > 1 else ''})" if others else ""


def _events(table: models.WatchlistTable, place: Place, problems: Problems) -> bool:
    """Return whether anything is told of the watchlist."""
    default = models.WatchlistTable.model_fields["events"].get_default(call_default_factory=True)
    if not table.events:
        if not problems.troubled(place.at("events")):
            problems.add(place.at("events"), "is empty; accepted: new, copies, changed, deleted, silence, spike")
        return True
    known = {event.value for event in Event}
    # Later copies are those of stories that were told as new.
    orphaned = "copies" in table.events and "new" not in table.events
    tells = not (known - {"copies"}).isdisjoint(table.events)
    nothing = "" if tells else ", so this watchlist tells nothing"
    later = [event for event in table.events if event not in known]
    if later and (not tells or set(later) != set(default) - known):
        problems.warn(place.at("events"), f"{', '.join(later)}: {_NOT_YET}{nothing}")
    if orphaned:
        text = "copies: tells of later copies of stories that were told as new, which is not asked for"
        problems.warn(place.at("events"), f"{text}{nothing}")
    return tells
