"""``[[watchlists.alerts]]`` and ``[[digests]]`` → Alert, one a target.

An alert's own zone, locale and quiet hours win over its target's, those over the service's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.query import Aliases
from alerts.schedules import parse_schedule
from alerts.types import Alert, Event, Target, Watchlist
from storywatch.config import models
from storywatch.config.locales import check_locale
from storywatch.config.problems import Place, Problems, likely, shown
from storywatch.config.reading import Parts
from storywatch.config.targets import LATER_CHANNELS, Directory, resolve, webhook
from storywatch.config.values import Service
from storywatch.config.watchlists import check_query

Found = tuple[Place, models.WatchlistTable, Watchlist]


@dataclass(slots=True)
class _Building:
    """What alerts are built from, and the ones that stand."""

    directory: Directory
    service: Service
    aliases: Aliases
    problems: Problems
    #: ids of the watchlists that are told of a story's later copies
    follows: frozenset[str]
    alerts: dict[str, Alert] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


def read(
    parts: Parts,
    watchlists: Sequence[Found],
    *,
    silent: frozenset[str],
    directory: Directory,
    service: Service,
    aliases: Aliases,
    problems: Problems,
) -> list[Alert]:
    """Read every alert; ``silent`` are ids of watchlists that this version tells nothing of."""
    follows = frozenset(watchlist.id for _, _, watchlist in watchlists if Event.COPIES in watchlist.events)
    building = _Building(directory, service, aliases, problems, follows)
    for place, table, watchlist in watchlists:
        for position, alert in enumerate(table.alerts):
            here = place.at("alerts", position)
            before = len(building.alerts)
            _add(building, here, alert, (watchlist.id,), combined=False)
            if watchlist.id in silent:
                for added in list(building.alerts)[before:]:
                    del building.alerts[added]
    names: dict[str, Place] = {}
    for place, table in parts.each("digests"):
        _digest(building, place, table, [found[2] for found in watchlists], silent=silent, names=names)
    return list(building.alerts.values())


def _digest(
    building: _Building,
    place: Place,
    table: models.DigestTable,
    watchlists: Sequence[Watchlist],
    *,
    silent: frozenset[str],
    names: dict[str, Place],
) -> None:
    problems = building.problems
    if problems.has(place):
        return
    if table.name is None:
        problems.add(place.at("name"), 'is missing; accepted: text such as "morning"')
    elif names.setdefault(table.name, place) != place:
        text = f"{shown(table.name)} is the name of {names[table.name]} already; accepted: a name of its own"
        problems.add(place.at("name"), text)
    wanted: dict[str, None] = {}
    for position, name in enumerate(table.watchlists):
        ids = [one.id for one in watchlists if name in {"*", one.id, one.name}]
        # Where a watchlist itself is wrong, nobody can tell whether this is its name.
        if not ids and name != "*" and all(one.id and one.name for one in watchlists):
            problems.add(place.at("watchlists", position), _no_watchlist(name, watchlists))
        wanted.update(dict.fromkeys(ids))
    if not table.watchlists and not problems.troubled(place.at("watchlists")):
        problems.add(place.at("watchlists"), 'is empty; accepted: ids or names of watchlists, or "*" for all')
    _add(building, place, table, tuple(one for one in wanted if one not in silent), combined=True)


def _no_watchlist(name: str, watchlists: Iterable[Watchlist]) -> str:
    known = [one.id for one in watchlists]
    meant = likely(name, [*known, *(one.name for one in watchlists)])
    text = f'{shown(name)} is no watchlist; accepted: "*" for all, or {", ".join(known) or "the id of one"}'
    return text + (f"; {meant} is meant?" if meant else "")


def _add(
    building: _Building,
    place: Place,
    table: models.AlertTable,
    watchlists: tuple[str, ...],
    *,
    combined: bool,
) -> None:
    problems = building.problems
    owner = "digest" if combined else watchlists[0]
    _schedule(table, place, problems)
    check_locale(table.locale, place.at("locale"), problems)
    urgent = None
    if table.urgent is not None:
        urgent = check_query(table.urgent, place.at("urgent"), building.aliases, problems)
    for target, settings in _targets(building, place, table):
        name = table.name or f"{target.channel} {target.name}"
        alert = Alert(
            id=f"{owner}/{name}/{target.name}",
            name=name,
            watchlists=watchlists,
            combined=combined,
            target=target,
            schedule=table.schedule,
            timezone=table.timezone or (settings and settings.timezone) or building.service.timezone,
            locale=table.locale or (settings and settings.locale) or "en",
            quiet_hours=table.quiet_hours or (settings and settings.quiet_hours) or None,
            urgent=table.urgent,
            gather_s=table.gather.total_seconds(),
            at_most=table.at_most,
            max_items=table.max_items,
            send_empty=table.empty == "send",
            by_thread=table.group == "thread",
            follows=building.follows.intersection(watchlists),
            aliases=() if urgent is None else building.aliases.used_in([urgent.tree]),
        )
        first = building.places.setdefault(alert.id, place)
        if first != place:
            key = "name" if table.name else "to" if table.to else "url"
            text = f"{shown(name)} to {target.name} is {first} already; accepted: a name of its own for each alert"
            problems.add(place.at(key), text)
        building.alerts.setdefault(alert.id, alert)


def _schedule(table: models.AlertTable, place: Place, problems: Problems) -> None:
    try:
        parse_schedule(table.schedule)
    except ValueError as error:
        problems.add(place.at("schedule"), str(error))


def _targets(
    building: _Building, place: Place, table: models.AlertTable
) -> list[tuple[Target, models.TargetTable | None]]:
    """Return where an alert goes; empty where that is wrong, or of a channel that this version does not send by."""
    problems = building.problems
    channel = table.channel
    if channel in LATER_CHANNELS:
        problems.warn(place.at("channel"), f'channel "{channel}" is not in this version: this alert sends nothing')
        return []
    url_key = next((key for key in ("url", "url_file") if key in table.model_fields_set), None)
    if url_key is not None and channel != "webhook":
        text = 'belongs to a webhook; accepted: channel = "webhook" beside it'
        other = f"belongs to a webhook, and the channel is {channel}; accepted: to"
        problems.add(place.at(url_key), text if channel is None else other)
        return []
    if url_key is not None and table.to is not None:
        problems.add(place.at("to"), f"stands beside {url_key}; accepted: one of the two")
        return []
    if channel == "webhook" and table.to is None:
        target = webhook(table, place, problems)
        return [] if target is None else [(building.directory.note(target, place.at("url"), problems), None)]
    for key in ("secret", "secret_file"):
        if key in table.model_fields_set:
            problems.add(place.at(key), "belongs to a webhook's url; accepted: beside url or url_file")
    if not table.to and not problems.troubled(place.at("to")):
        problems.add(place.at("to"), "is missing; accepted: a list of mail addresses and names in [targets]")
    return resolve(table.to, channel, place.at("to"), building.directory, problems)
