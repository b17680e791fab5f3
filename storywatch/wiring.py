"""Where the service's objects are built from a configuration, and nowhere else."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from alerts.channels import Channel
from alerts.channels.email import EmailChannel, SmtpSecurity, SmtpSettings
from alerts.channels.webhook import WebhookChannel
from alerts.compose import Voice
from alerts.evaluate import Topics, compile_topics
from alerts.outbox import Outbox
from alerts.store.targets import sync_targets
from alerts.store.watchlists import sync_alerts, sync_watchlists
from alerts.types import ChannelKind
from crawler.crawl import Crawl
from crawler.ports import FetchLimits, Ports
from crawler.threads import Threads
from news.clock import Clock
from news.embedding import Embedder
from news.store.engine import Store
from news.store.feeds import sync_feeds
from news.templating import environment
from news.urlrules import use_rules
from storywatch import __version__
from storywatch.config.values import Config
from storywatch.holders import holder_name
from storywatch.semantic import without


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the service runs, made from one configuration."""

    config: Config
    clock: Clock
    store: Store
    #: names this process in leases
    holder: str
    crawl: Crawl
    topics: Topics
    voice: Voice
    outbox: Outbox
    #: None without the extra: stories have no threads then
    threads: Threads | None


def smtp_settings(config: Config) -> SmtpSettings | None:
    """Return how mail is sent, or None where none is."""
    if config.smtp is None:
        return None
    return SmtpSettings(
        host=config.smtp.host,
        port=config.smtp.port,
        security=SmtpSecurity(config.smtp.security.value),
        username=config.smtp.username,
        password=config.smtp.password,
        sender=config.smtp.sender,
        timeout=config.delivery.smtp_timeout,
        ca_file=config.fetch.ca_file,
    )


def channels(config: Config, clock: Clock) -> Mapping[ChannelKind, Channel]:
    """Return the ways out."""
    ways: dict[ChannelKind, Channel] = {}
    mail = smtp_settings(config)
    if mail is not None:
        ways[ChannelKind.EMAIL] = EmailChannel(mail)
    targets = {target.name: target for target in config.targets}
    ways[ChannelKind.WEBHOOK] = WebhookChannel(
        targets.get,
        version=__version__,
        clock=clock,
        timeout=config.delivery.webhook_timeout,
        allowed=config.delivery.allow_addresses,
        ca_file=config.fetch.ca_file,
    )
    return ways


def ports(config: Config, store: Store, clock: Clock, holder: str) -> Ports:
    """Return what the crawl is given."""
    fetch = config.fetch
    limits = FetchLimits(
        min_interval=fetch.min_interval,
        max_interval=fetch.max_interval,
        delay=fetch.delay,
        per_site=fetch.per_site,
        timeout=fetch.timeout,
        max_size=fetch.max_size,
        proxy=fetch.proxy,
        ca_file=fetch.ca_file,
    )
    return Ports(
        store=store,
        clock=clock,
        limits=limits,
        allowed=fetch.allow_addresses,
        contact=config.service.contact,
        version=__version__,
        holder=holder,
        credentials=config.credentials.get,
    )


def voice(config: Config) -> Voice:
    """Return what messages are rendered with."""
    return Voice(
        templates=environment(config.templates),
        version=__version__,
        sender=config.smtp.sender if config.smtp else None,
        public_url=config.service.public_url,
    )


def outbox(
    config: Config, store: Store, clock: Clock, holder: str, *, on_record: Callable[[], None] | None = None
) -> Outbox:
    """Return the outbox with its channels; it calls ``on_record`` after each attempt."""
    return Outbox(
        store,
        clock,
        channels(config, clock),
        retry=config.delivery.retry,
        in_doubt=config.delivery.in_doubt,
        holder=holder,
        random=random.random,
        on_record=on_record,
    )


def sync(config: Config, clock: Clock) -> Callable[[Connection], None]:
    """Return the work that makes the store agree with the configuration."""

    def work(conn: Connection) -> None:
        now = clock.now()
        sync_feeds(conn, config.feeds, now=now, first_interval=config.fetch.min_interval)
        sync_watchlists(conn, config.watchlists, now=now)
        sync_alerts(conn, config.alerts, now=now)
        sync_targets(conn, config.targets)

    return work


def build(
    config: Config,
    store: Store,
    clock: Clock,
    *,
    on_commit: Callable[[], None],
    on_record: Callable[[], None] | None = None,
) -> Parts:
    """Build the service's parts on an open store; ``on_commit`` is called after polls, ``on_record`` after attempts."""
    use_rules(config.rules)
    holder = holder_name()
    return Parts(
        config=config,
        clock=clock,
        store=store,
        holder=holder,
        crawl=Crawl(ports(config, store, clock, holder), on_commit=on_commit),
        topics=compile_topics(config.watchlists, config.alerts),
        voice=voice(config),
        outbox=outbox(config, store, clock, holder, on_record=on_record),
        threads=None if without() else Threads(store, clock, holder=holder, embedder=Embedder()),
    )


def rebuild(
    parts: Parts, config: Config, *, on_commit: Callable[[], None], on_record: Callable[[], None] | None = None
) -> Parts:
    """Build the parts anew from a changed configuration, on the same store; the crawl only where its part changed."""
    use_rules(config.rules)
    before = parts.config
    same = (
        before.fetch == config.fetch
        and before.service.contact == config.service.contact
        and before.credentials == config.credentials
    )
    crawl = parts.crawl
    if not same:
        crawl = Crawl(ports(config, parts.store, parts.clock, parts.holder), on_commit=on_commit)
    return replace(
        parts,
        config=config,
        crawl=crawl,
        topics=compile_topics(config.watchlists, config.alerts),
        voice=voice(config),
        outbox=outbox(config, parts.store, parts.clock, parts.holder, on_record=on_record),
    )
