"""``storywatch check``: the configuration as storywatch understands it, with when each alert sends next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from storywatch.cli.common import JsonOption, answer_json, console, load_config

if TYPE_CHECKING:
    from alerts.types import Alert, Watchlist
    from storywatch.config import Config

_TIMES = 3


@dataclass(frozen=True, slots=True)
class Understood:
    """A query as it was read."""

    query: str
    warnings: tuple[str, ...]
    #: parts that require no word, because of which it is evaluated for every text
    always_evaluated: tuple[str, ...] = ()
    #: what might be written better
    hints: tuple[str, ...] = ()


def check(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Validate the configuration and every query; show what is understood and when alerts go."""
    from news.clock import SystemClock

    config = load_config(ctx)
    _try_rules(config)
    now = SystemClock().now()
    if json:
        answer_json(_as_json(config, now))
    else:
        _print(config, now)


def _try_rules(config: "Config") -> None:
    """Raise ConfigError where a case of the user's own site rules does not hold."""
    from news.errors import ConfigError
    from news.rulecases import failing
    from news.siterules import read_cases

    if config.rules_folder is None:
        return
    cases, _ = read_cases(config.rules_folder)
    if lines := failing((f"{config.rules_folder}/{place}", case) for place, case in cases):
        raise ConfigError(lines)


def understood(watchlist: "Watchlist") -> Understood:
    """Return a watchlist's queries as one, with parentheses wherever they could be doubted."""
    from alerts.query import Aliases, format, of_watchlist, parse  # noqa: A004 - the name of the thing
    from alerts.query.hints import always_evaluated, hints

    query = of_watchlist(watchlist)
    aliases = Aliases.of(watchlist.aliases)
    trees = [parse(text, aliases).tree for text in watchlist.queries]
    always = tuple(part for tree in trees for part in always_evaluated(tree))
    return Understood(format(query.tree), query.warnings, always, hints(trees))


def urgent(alert: "Alert") -> Understood | None:
    """Return an alert's urgent query as read."""
    from alerts.query import format, of_alert  # noqa: A004 - the name of the thing
    from alerts.query.hints import always_evaluated

    query = of_alert(alert)
    if query is None:
        return None
    return Understood(format(query.tree), query.warnings, always_evaluated(query.tree))


def _as_json(config: "Config", now: datetime) -> dict[str, Any]:
    from alerts.policy import upcoming

    def alert_row(alert: "Alert") -> dict[str, Any]:
        hasty = urgent(alert)
        return {
            "name": alert.name,
            "channel": alert.target.channel.value,
            "target": alert.target.name,
            "schedule": alert.schedule,
            "timezone": alert.timezone,
            "urgent": hasty and hasty.query,
            "warnings": list(hasty.warnings) if hasty else [],
            "always_evaluated": list(hasty.always_evaluated) if hasty else [],
            "next_at": [_iso(at, alert.timezone) for at in upcoming(alert, now, _TIMES)],
        }

    watchlists = []
    for watchlist in config.watchlists:
        read = understood(watchlist)
        watchlists.append(
            {
                "id": watchlist.id,
                "name": watchlist.name,
                "query": read.query,
                "warnings": list(read.warnings),
                "always_evaluated": list(read.always_evaluated),
                "hints": list(read.hints),
                "alerts": [alert_row(alert) for alert in _own(config, watchlist.id)],
            }
        )
    digests = [{"watchlists": list(alert.watchlists), **alert_row(alert)} for alert in config.alerts if alert.combined]
    return {
        "feeds": len(config.feeds),
        "watchlists": watchlists,
        "digests": digests,
        "warnings": list(config.warnings),
    }


def _iso(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _own(config: "Config", watchlist: str) -> list["Alert"]:
    return [alert for alert in config.alerts if not alert.combined and alert.watchlists == (watchlist,)]


def _print(config: "Config", now: datetime) -> None:
    out = console()
    hasty = [one for one in map(urgent, config.alerts) if one is not None]
    reads = [understood(watchlist) for watchlist in config.watchlists]
    warnings = len(config.warnings) + sum(len(one.warnings) for one in [*reads, *hasty])
    for watchlist, read in zip(config.watchlists, reads, strict=True):
        out.print(f"{watchlist.name} ({watchlist.id})", style="bold")
        out.print(f"  {read.query}")
        for warning in read.warnings:
            out.print(_indented("warning: ", warning), style="yellow")
        _print_parts(read)
        for hint in read.hints:
            out.print(_indented("hint: ", hint), style="dim")
        own = _own(config, watchlist.id)
        for alert in own:
            _print_alert(alert, now)
        combined = [alert.name for alert in config.alerts if alert.combined and watchlist.id in alert.watchlists]
        if combined:
            out.print(f"  in the digest {_listed(combined)}")
        out.print()
    for alert in config.alerts:
        if alert.combined:
            out.print(f"digest {alert.name} over {_listed(alert.watchlists) or 'no watchlist'}", style="bold")
            _print_alert(alert, now)
            out.print()
    for line in config.warnings:
        out.print(f"warning: {line}", style="yellow")
    counts = (
        f"{config.path}: good: {_count(len(config.feeds), 'feed')}, {_count(len(config.watchlists), 'watchlist')}, "
        f"{_count(len(config.alerts), 'alert')}"
    )
    out.print(counts + (f"; {_count(warnings, 'warning')}" if warnings else ""))


def _print_alert(alert: "Alert", now: datetime) -> None:
    from alerts.policy import upcoming

    out = console()
    where = "" if alert.names_target else f" to {alert.target.name} by {alert.target.channel}"
    out.print(f"  {alert.name}: {alert.schedule}{where}")
    times = upcoming(alert, now, _TIMES)
    for position, at in enumerate(times):
        label = "next" if position == 0 else "then"
        out.print(f"    {label} {_wall(at, alert.timezone)}")
    if not times:
        out.print(f"    sent when something matches ({alert.timezone})")
    hasty = urgent(alert)
    if hasty is not None:
        out.print(f"    at once: {hasty.query}")
        for warning in hasty.warnings:
            out.print(_indented("  warning: ", warning), style="yellow")
        _print_parts(hasty, "  ")


def _print_parts(read: Understood, indent: str = "") -> None:
    for part in read.always_evaluated:
        console().print(_indented(f"{indent}always evaluated, as it asks for no word: ", part))


def _wall(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a %Y-%m-%d %H:%M:%S} {zone} = {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _indented(label: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "\n".join([f"  {label}{first}", *(f"    {line}" for line in rest)])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
