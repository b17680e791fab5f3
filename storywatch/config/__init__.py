"""``storywatch.toml`` → Config.

::

    files ──reading──▶ Parts ──singles, feeds, targets, watchlists, alerting──▶ Config
              │ TOML, shape.fit      │ cross checks             │ later: not acted on
              └──────── Problems ◀───┴──────────────────────────┘

pydantic stands at this edge only; everything behind it gets the frozen values of ``values.py``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from alerts.types import Alert
from news.errors import ConfigError
from storywatch.config import alerting, aliases, feeds, later, reading, singles, siterules, targets, watchlists
from storywatch.config.models import OperatorTable, TemplatesTable
from storywatch.config.problems import Problems
from storywatch.config.values import Config, Delivery, Fetch, LogForm, Security, Service, Smtp, StoreLimits

__all__ = ["Config", "Delivery", "Fetch", "LogForm", "Security", "Service", "Smtp", "StoreLimits", "load"]


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration.

    Raises ConfigError with every problem that there is. ``environ`` is where ``${NAME}`` is looked up, the process's
    own environment unless given.
    """
    problems = Problems()
    parts = reading.read(path, problems, os.environ if environ is None else environ)
    if parts is None:
        raise ConfigError(problems.lines())
    config = _build(parts, problems)
    if problems.found:
        raise ConfigError(problems.lines())
    return config


def _build(parts: reading.Parts, problems: Problems) -> Config:
    service = singles.service(parts, problems)
    fetch = singles.fetch(parts, problems)
    smtp = singles.smtp(parts, problems)
    configured = feeds.read(parts, fetch, problems)
    delivery = singles.delivery(parts, fetch)
    directory = targets.directory(parts, delivery.allow_addresses, problems)
    operator_place, operator = parts.single("operator", OperatorTable)
    told = targets.resolve(operator.to, None, operator_place.at("to"), directory, problems)
    known = aliases.read(parts, problems)
    found = watchlists.read(parts, configured.settings, known, problems)
    silent = later.tell(parts, found, problems)
    alerts = alerting.read(
        parts, found, silent=silent, directory=directory, service=service, aliases=known, problems=problems
    )
    if directory.uses_email and smtp is None and not problems.troubled(parts.main.place("smtp")):
        text = "is missing, and something goes by email; accepted: a table with host and sender"
        problems.add(parts.main.place("smtp"), text)
    _told_to_nobody(found, alerts, problems)
    _, templates = parts.single("templates", TemplatesTable)
    rules_folder, rules = siterules.read(parts, problems)
    return Config(
        path=parts.main.source.path,
        files=(*(part.source.path for part in parts.all), *configured.lists),
        service=service,
        fetch=fetch,
        smtp=smtp,
        delivery=delivery,
        store=singles.store(parts),
        operator=tuple(target for target, _ in told),
        templates=templates.folder,
        rules_folder=rules_folder,
        rules=rules,
        aliases=known,
        feeds=tuple(configured.settings.values()),
        feed_files=MappingProxyType(configured.files),
        credentials=MappingProxyType(configured.credentials),
        watchlists=tuple(watchlist for _, _, watchlist in found if watchlist.id not in silent),
        alerts=tuple(alerts),
        targets=tuple(directory.known.values()),
        exposed=tuple(problems.exposed),
        warnings=problems.warnings(),
    )


def _told_to_nobody(found: list[alerting.Found], alerts: list[Alert], problems: Problems) -> None:
    reached = {one for alert in alerts for one in alert.watchlists}
    for place, table, watchlist in found:
        if watchlist.id not in reached and not table.alerts:
            text = "has no alert and stands in no digest: what it finds is listed by `storywatch stories` only"
            problems.warn(place, text)
