"""The shape of ``storywatch.toml`` as pydantic models: one class a table, one field a key, defaults as documented.

Everything may be missing here, so that a file with one wrong value can still be compared with the others; what must
be there is told by ``checks.py``, with all that concerns more than one key.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from storywatch.config import fields as f
from storywatch.config import units
from storywatch.config.fields import Accepts

Channel = Literal["email", "webhook", "apprise", "slack", "teams", "discord", "telegram", "ntfy", "command"]
FullText = Literal["always", "auto", "never"]
EventName = Literal["new", "copies", "changed", "deleted", "silence", "spike"]

_REVISIT = ("15m", "30m", "1h", "2h", "4h", "7h", "10h", "24h", "48h", "7d")
_RETRY = ("30s", "2m", "10m", "30m", "2h", "5h", "10h", "24h")


class Shape(BaseModel):
    """A table: unknown keys are refused, nothing is converted silently, inputs stay out of errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ServiceTable(Shape):
    """``[service]``."""

    database: f.Secret = SecretStr("sqlite:///storywatch.db")
    database_file: f.SecretFile | None = None
    contact: f.Text | None = None
    timezone: f.Zone = "UTC"
    public_url: f.WebAddress | None = None
    listen: f.AnyText = "127.0.0.1:8686"
    log: Literal["text", "json"] = "text"
    heartbeat_url: f.Secret | None = None
    heartbeat_url_file: f.SecretFile | None = None


class OperatorTable(Shape):
    """``[operator]``."""

    to: list[f.Text] = []


class StoreTable(Shape):
    """``[store]``."""

    retention: f.Retention = timedelta(days=30)
    retention_matched: f.Retention = None
    max_size: f.SizeOrNone = None


class ArchiveTable(Shape):
    """``[archive]``."""

    keep: Literal["none", "matched", "all"] = "matched"


class FetchTable(Shape):
    """``[fetch]``."""

    min_interval: f.LongerThanNothing = timedelta(minutes=5)
    max_interval: f.LongerThanNothing = timedelta(hours=1)
    delay: f.Duration = timedelta(seconds=1)
    per_site: Annotated[int, Field(ge=1, le=16), Accepts("a whole number from 1 to 16")] = 1
    full_text: FullText = "auto"
    allow_addresses: list[f.Cidr] = []
    timeout: f.LongerThanNothing = timedelta(seconds=30)
    max_size: f.Size = 10_000_000
    revisit: list[f.LongerThanNothing] = [units.duration(text) for text in _REVISIT]
    deletion_gap: f.Duration = timedelta(hours=1)
    proxy: f.Secret | None = None
    proxy_file: f.SecretFile | None = None
    ca_file: f.ExistingFile | None = None


class SmtpTable(Shape):
    """``[smtp]``."""

    host: f.Text | None = None
    port: Annotated[int, Field(ge=1, le=65535), Accepts("a port from 1 to 65535")] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    allow_plaintext: bool = False
    username: f.Secret | None = None
    username_file: f.SecretFile | None = None
    password: f.Secret | None = None
    password_file: f.SecretFile | None = None
    sender: f.Mailbox | None = None


class DeliveryTable(Shape):
    """``[delivery]``."""

    retry: Annotated[list[f.LongerThanNothing], Field(max_length=50), Accepts("a list of at most 50 durations")] = [
        units.duration(text) for text in _RETRY
    ]
    in_doubt: f.LongerThanNothing = timedelta(minutes=15)
    smtp_timeout: f.LongerThanNothing = timedelta(seconds=60)
    webhook_timeout: f.LongerThanNothing = timedelta(seconds=20)
    allow_addresses: list[f.Cidr] | None = None


class TemplatesTable(Shape):
    """``[templates]``."""

    folder: f.ExistingFolder | None = None


class RulesTable(Shape):
    """``[rules]``."""

    folder: f.ExistingFolder | None = None


class WebTable(Shape):
    """``[web]``."""

    password: f.Secret | None = None
    password_file: f.SecretFile | None = None


class TargetTable(Shape):
    """``[targets.NAME]``."""

    channel: Channel | None = None
    to: list[f.Text] | None = None
    url: f.Secret | None = None
    url_file: f.SecretFile | None = None
    secret: f.Secret | None = None
    secret_file: f.SecretFile | None = None
    timezone: f.Zone | None = None
    locale: f.Language | None = None
    quiet_hours: f.Quiet | None = None


class FeedTable(Shape):
    """``[[feeds]]``."""

    url: f.WebAddress | None = None
    name: f.Text | None = None
    language: f.Language | None = None
    tags: list[f.Text] = []
    interval: f.LongerThanNothing | None = None
    kind: Literal["feed", "sitemap", "listing", "document"] = "feed"
    selector: f.Text | None = None
    full_text: FullText | None = None
    username: f.Secret | None = None
    username_file: f.SecretFile | None = None
    password: f.Secret | None = None
    password_file: f.SecretFile | None = None
    headers: f.Headers | None = None
    headers_file: f.HeadersFile | None = None
    robots: Literal["obey", "permitted"] = "obey"


class OpmlTable(Shape):
    """``[opml]``."""

    files: list[f.ExistingFile] = []


class AlertTable(Shape):
    """``[[watchlists.alerts]]``, and what a digest has of it."""

    name: f.Text | None = None
    channel: Channel | None = None
    to: list[f.Text] | None = None
    url: f.Secret | None = None
    url_file: f.SecretFile | None = None
    secret: f.Secret | None = None
    secret_file: f.SecretFile | None = None
    schedule: f.Text = "daily at 07:00"
    urgent: f.QueryText | None = None
    gather: f.Duration = timedelta(0)
    at_most: f.RateOrNone = None
    max_items: Annotated[int, Field(ge=1, le=1000), Accepts("a whole number from 1 to 1000")] = 50
    empty: Literal["skip", "send"] = "skip"
    group: Literal["story", "thread"] = "story"
    timezone: f.Zone | None = None
    locale: f.Language | None = None
    quiet_hours: f.Quiet | None = None


class DigestTable(AlertTable):
    """``[[digests]]``."""

    watchlists: list[f.Text] = ["*"]


class WatchlistTable(Shape):
    """``[[watchlists]]``."""

    id: f.Text | None = None
    name: f.Text | None = None
    keywords: list[f.QueryText] = []
    exclude: list[f.QueryText] = []
    query: f.QueryText | None = None
    feeds: list[f.Text] = []
    languages: list[f.Language] = []
    events: list[EventName] = ["new", "changed", "deleted"]
    min_weight: Literal["major", "moderate", "minor"] = "major"
    backlog: f.Duration = timedelta(hours=24)
    alerts: list[AlertTable] = []


class FileShape(Shape):
    """A whole file."""

    include: list[f.Text] = []
    service: ServiceTable | None = None
    operator: OperatorTable | None = None
    store: StoreTable | None = None
    archive: ArchiveTable | None = None
    fetch: FetchTable | None = None
    smtp: SmtpTable | None = None
    delivery: DeliveryTable | None = None
    templates: TemplatesTable | None = None
    rules: RulesTable | None = None
    web: WebTable | None = None
    aliases: dict[str, list[f.Text]] = {}
    targets: dict[str, TargetTable] = {}
    feeds: list[FeedTable] = []
    opml: OpmlTable | None = None
    watchlists: list[WatchlistTable] = []
    digests: list[DigestTable] = []
