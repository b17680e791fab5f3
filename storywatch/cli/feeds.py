"""``storywatch feeds``: what is polled and how it fares; feeds kept in the store beside those of the configuration."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, note, unwell, wrong
from storywatch.cli.listing import show, stamp

if TYPE_CHECKING:
    from datetime import timedelta

    from news.store.engine import Store
    from news.store.feeds import FeedRow, FeedSettings
    from storywatch.config import Config

app = typer.Typer(help="Feeds: list, health, add, remove, import, export.", no_args_is_help=True)

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="The feed's address.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Its name; else its own title.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Such as id; else its own, then detected.")]
IntervalOption = Annotated[str | None, typer.Option("--interval", help="Such as 10m; else learnt.")]
UncheckedOption = Annotated[bool, typer.Option("--unchecked", help="Keep it without looking at it first.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE.opml", help="A list of feeds.")]


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show every feed that is watched."""
    rows = _all(ctx)
    columns = {"name": "name", "state": "state", "next_poll_at": "next poll", "tags": "tags", "url": "url"}
    show([_row(one) for one in rows], columns, json=json, nothing="no feeds; `storywatch feeds add URL`")


@app.command("health")
def health(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show the feeds that cannot be relied on, with the reason; exit 1 if there are any."""
    from news.types import FeedState, RobotsRule

    rows = _all(ctx)
    ill = [one for one in rows if one.state is not FeedState.HEALTHY]
    columns = {"name": "name", "state": "state", "reason": "reason", "next_poll_at": "next poll", "url": "url"}
    show([_row(one) for one in (rows if json else ill)], columns, json=json, nothing=f"all {len(rows)} feeds are well")
    if not json:
        for one in rows:
            if one.robots is RobotsRule.PERMITTED:
                answer(f"{one.shown_name}: polled whatever robots.txt says, by your leave from its publisher")
            if one.gap_at is not None:
                answer(f"{one.shown_name}: entries may have been missed before {stamp(one.gap_at)}; poll it oftener")
    if ill:
        unwell()


@app.command("add")
def add(  # noqa: PLR0917 - Typer passes options by name
    ctx: typer.Context,
    url: UrlArgument,
    name: NameOption = None,
    tag: TagOption = None,
    language: LanguageOption = None,
    interval: IntervalOption = None,
    unchecked: UncheckedOption = False,  # noqa: FBT002 - an option
) -> None:
    """Watch a feed from now on; it is looked at first, and what is no feed is not kept."""
    from crawler.probe import probe
    from news.clock import SystemClock
    from news.errors import FetchError, NotAFeedError
    from news.store import feeds
    from storywatch import wiring

    config = load_config(ctx)
    settings = _settings(config, url, name=name, tags=tag or [], language=language, interval=interval)
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        whence = _whence(config, store, settings.url)
        if whence is not None:
            note(f"{settings.url} is watched already, from {whence}")
            unwell()
        told = "not looked at"
        if not unchecked:
            try:
                found = asyncio.run(probe(settings.url, wiring.ports(config, store, clock, wiring.holder_name())))
            except (FetchError, NotAFeedError) as error:
                note(f"{settings.url}: {error}; it is not kept")
                unwell()
            entries = "1 entry" if len(found.carried) == 1 else f"{len(found.carried)} entries"
            told = f"{found.kind.value}, {entries}, “{found.title}”"
        store.write_now(
            lambda conn: feeds.add_feed(conn, settings, now=clock.now(), first_interval=config.fetch.min_interval)
        )
    answer(f"{settings.url} is watched: {told}")


@app.command("remove")
def remove(ctx: typer.Context, url: UrlArgument) -> None:
    """Stop watching a feed that was added by command; its history stays."""
    from news.clock import SystemClock
    from news.store import feeds
    from storywatch import wiring

    config = load_config(ctx)
    file = config.feed_files.get(url)
    if file is not None:
        wrong(f"{url} is configured in {file}; remove it there")
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        gone = store.write_now(lambda conn: feeds.remove_feed(conn, url, now=clock.now()))
    if not gone:
        note(f"{url} is not watched; `storywatch feeds list` shows what is")
        unwell()
    answer(f"{url} is not watched any more")


@app.command("import")
def import_(ctx: typer.Context, file: FileArgument) -> None:
    """Watch every feed of a list; its folders become tags. They are looked at when they are polled."""
    from news import urls
    from news.clock import SystemClock
    from news.store import feeds
    from news.store.feeds import FeedSettings
    from news.types import FeedOrigin
    from storywatch import opml, wiring

    config = load_config(ctx)
    if not file.is_file():
        wrong(f"{file}: no such file")
    try:
        listed = opml.read(file.read_bytes())
    except opml.OpmlError as error:
        note(f"{file}: {error}")
        unwell()
    clock = SystemClock()
    added = known = 0
    with wiring.open_store(config, clock) as store:
        for one in listed.feeds:
            if _whence(config, store, one.url) is not None:
                known += 1
                continue
            settings = FeedSettings(one.url, urls.site_of(one.url), FeedOrigin.STORE, name=one.name, tags=one.tags)
            keep = partial(feeds.add_feed, settings=settings, now=clock.now(), first_interval=config.fetch.min_interval)
            store.write_now(keep)
            added += 1
    for problem in listed.problems:
        note(f"{file}: {problem}")
    answer(f"{added} feeds are watched from now on, {known} were already")


@app.command("export")
def export(ctx: typer.Context) -> None:
    """Write every feed that is watched as OPML on standard output."""
    from storywatch import opml

    rows = _all(ctx)
    typer.echo(
        opml.write([opml.ListedFeed(one.url, one.name or one.title, one.tags) for one in rows]).decode("utf-8"),
        nl=False,
    )


def _all(ctx: typer.Context) -> "list[FeedRow]":
    """Return what is watched, the configuration's feeds first put into the store."""
    from news.clock import SystemClock
    from news.store import feeds
    from storywatch import wiring

    config = load_config(ctx)
    clock = SystemClock()
    with wiring.open_store(config, clock) as store:
        store.write_now(
            lambda conn: feeds.sync_feeds(conn, config.feeds, now=clock.now(), first_interval=config.fetch.min_interval)
        )
        return [one for one in store.read_now(feeds.list_feeds) if one.active]


def _whence(config: "Config", store: "Store", url: str) -> str | None:
    """Return where a feed is watched from already, or None."""
    from news.store import feeds

    file = config.feed_files.get(url)
    if file is not None:
        return file
    row = store.read_now(lambda conn: feeds.get_feed(conn, url))
    return "the store" if row is not None and row.active else None


def _settings(
    config: "Config", url: str, *, name: str | None, tags: list[str], language: str | None, interval: str | None
) -> "FeedSettings":
    """Return the feed that was asked for; what is wrong with it ends the command with 2."""
    from news import urls
    from news.store.feeds import FeedSettings
    from news.types import FeedOrigin
    from storywatch.config import units

    every: timedelta | None = None
    try:
        address = units.web_address(url)
        code = None if language is None else units.language(language)
        every = None if interval is None else units.positive_duration(interval)
    except ValueError as error:
        wrong(f"{url}: {error}")
    if every is not None and every < config.fetch.min_interval:
        shortest = units.shown_duration(config.fetch.min_interval)
        wrong(f"--interval {interval}: no feed is polled oftener than [fetch] min_interval = {shortest}")
    return FeedSettings(
        address, urls.site_of(address), FeedOrigin.STORE, name=name, language=code, tags=tuple(tags), interval=every
    )


def _row(one: "FeedRow") -> dict[str, Any]:
    return {
        "url": one.url,
        "name": one.shown_name,
        "kind": one.kind.value if one.kind else None,
        "tags": list(one.tags),
        "origin": one.origin.value,
        "state": one.state.value,
        "reason": one.reason,
        "error": one.error,
        "last_polled_at": stamp(one.last_polled_at),
        "last_new_at": stamp(one.last_new_at),
        "next_poll_at": stamp(one.next_poll_at),
        "interval_s": one.configured_interval_s or one.interval_s,
        "failures": one.failures,
        "robots": one.robots.value,
        "gap_at": stamp(one.gap_at),
    }
