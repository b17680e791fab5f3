"""What the rest of the house gets of a configuration: frozen values, checked, with no trace of the file's shape.

Secrets are left out of every ``repr``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.query import Aliases
from alerts.types import Alert, Target, Watchlist
from news.siterules import SiteRule
from news.store.feed_rows import FeedSettings
from storywatch.config.units import Network

if TYPE_CHECKING:
    # For the type only: crawler.ports brings Scrapy with it, half a second that most commands need not pay.
    from crawler.ports import FeedCredentials


class LogForm(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class Security(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Service:
    """``[service]``."""

    #: SQLAlchemy URL, with an absolute path for SQLite; may hold a password
    database: str = field(repr=False)
    #: in the User-Agent
    contact: str
    #: IANA name
    timezone: str
    #: without a final slash, or None
    public_url: str | None
    #: ``host:port``, or empty for off
    listen: str
    log: LogForm
    heartbeat_url: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetch:
    """``[fetch]``: what bounds every request."""

    min_interval: timedelta
    max_interval: timedelta
    #: between two requests to one site
    delay: timedelta
    #: requests at once to one site
    per_site: int
    #: networks of private addresses that may be reached
    allow_addresses: tuple[Network, ...]
    #: of a whole response
    timeout: timedelta
    #: bytes of a response
    max_size: int
    #: may hold a password
    proxy: str | None = field(repr=False)
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class Smtp:
    """``[smtp]``."""

    host: str
    port: int
    security: Security
    username: str | None
    password: str | None = field(repr=False)
    #: ``Name <address>`` or an address
    sender: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """``[delivery]``."""

    #: waits after failed attempts; after the last one the delivery has failed
    retry: tuple[timedelta, ...]
    in_doubt: timedelta
    #: for each reply of the mail server
    smtp_timeout: timedelta
    #: of a webhook's whole exchange
    webhook_timeout: timedelta
    #: networks of private addresses that webhooks may reach
    allow_addresses: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """``[store]``; None is for ever, or without bound."""

    retention: timedelta | None
    retention_matched: timedelta | None
    #: bytes
    max_size: int | None


@dataclass(frozen=True, slots=True)
class Config:
    """One checked configuration: the file, what it includes, and its lists of feeds."""

    #: the file that was asked for
    path: Path
    #: it, all included files, and all OPML files
    files: tuple[Path, ...]
    service: Service
    fetch: Fetch
    #: None where nothing goes by email
    smtp: Smtp | None
    delivery: Delivery
    store: StoreLimits
    #: who is told of trouble
    operator: tuple[Target, ...]
    #: folder of templates that replace the built-in ones by name
    templates: Path | None
    #: folder of site rules that stand beside the built-in ones, and what it holds
    rules_folder: Path | None
    rules: tuple[SiteRule, ...]
    #: the sets that ``@name`` in a query stands for
    aliases: Aliases
    #: of the configuration and of OPML, one an address
    feeds: tuple[FeedSettings, ...]
    #: address of a feed → the file that configures it, as shown to people
    feed_files: Mapping[str, str]
    #: address of a feed → its secrets, for those that have any
    credentials: Mapping[str, "FeedCredentials"] = field(repr=False)
    watchlists: tuple[Watchlist, ...]
    #: of watchlists and digests, one a target
    alerts: tuple[Alert, ...]
    #: every named target and every other one that alerts or the operator use, one a name
    targets: tuple[Target, ...]
    #: secret files that every user of the machine can read
    exposed: tuple[Path, ...]
    #: one line each: keys that this version does not act on, and what deserves a second look
    warnings: tuple[str, ...]
