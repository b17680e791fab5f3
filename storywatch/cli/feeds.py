"""``storywatch feeds``: what is polled and how it fares; feeds kept in the store beside those of the configuration."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storywatch.cli.common import JsonOption, answer, load_config, note, unwell, wrong
from storywatch.cli.listing import clean, count, show, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from news.clock import Clock
    from news.store.engine import Store
    from news.store.feeds import FeedRow, FeedSettings
    from storywatch.config import Config
    from storywatch.opml import ListedFeed

app = typer.Typer(help="Feeds: list, health, add, remove, import, export.", no_args_is_help=True)

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="The feed's address.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Its name; else its own title.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Such as id; else its own, then detected.")]
IntervalOption = Annotated[str | None, typer.Option("--interval", help="Such as 10m; else learnt.")]
UncheckedOption = Annotated[bool, typer.Option("--unchecked", help="Keep it without looking at it first.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE.opml", help="A list of feeds.")]

#: for how long a gap is told of a feed that has brought everything since
_GAP_TOLD = timedelta(days=7)


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show every feed that is watched, and those that rest since they are gone from the configuration."""
    rows = _known(ctx)
    columns = {"name": "name", "state": "state", "next_poll_at": "next poll", "tags": "tags", "url": "url"}
    show([_row(one) for one in rows], columns, json=json, nothing="no feeds; `storywatch feeds add URL`")


@app.command("health")
def health(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show the feeds that cannot be relied on, with the reason; exit 1 if there are any."""
    from news.clock import SystemClock
    from news.types import FeedState

    rows = _known(ctx)
    watched = [one for one in rows if one.active]
    lately = SystemClock().now() - _GAP_TOLD
    missed = [one for one in watched if one.gap_at is not None and one.gap_at > lately]
    ill = [one for one in watched if one.state is not FeedState.HEALTHY]
    columns = {
        "name": "name",
        "state": "state",
        "failures": "failures",
        "reason": "reason",
        "error": "error",
        "next_poll_at": "next poll",
        "url": "url",
    }
    show([_row(one) for one in (rows if json else ill)], columns, json=json, nothing=_well(watched, len(missed)))
    if not json:
        _remarks(watched, missed)
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
    from news.clock import SystemClock
    from news.errors import FetchError, NotAFeedError
    from news.store import feeds
    from storywatch.opening import open_store

    config = load_config(ctx)
    settings = _settings(config, url, name=name, tags=tag or [], language=language, interval=interval)
    clock = SystemClock()
    with open_store(config, clock) as store:
        whence = _whence(config, store, settings.url)
        if whence is not None:
            note(f"{settings.url} is watched already, from {whence}")
            unwell()
        told = "not looked at"
        if not unchecked:
            try:
                told = _look(config, store, clock, settings.url)
            except (FetchError, NotAFeedError) as error:
                note(f"{settings.url}: {clean(str(error))}; it is not kept (--unchecked keeps it all the same)")
                unwell()
        store.write_now(
            lambda conn: feeds.add_feed(conn, settings, now=clock.now(), first_interval=config.fetch.min_interval)
        )
    answer(f"{settings.url} is watched: {told}")


@app.command("remove")
def remove(ctx: typer.Context, url: UrlArgument) -> None:
    """Stop watching a feed that was added by command; its history stays."""
    from news.clock import SystemClock
    from news.store import feeds
    from storywatch.opening import open_store

    config = load_config(ctx)
    file = config.feed_files.get(url)
    if file is not None:
        wrong(f"{url} is configured in {file}; remove it there")
    clock = SystemClock()
    with open_store(config, clock) as store:
        gone = store.write_now(lambda conn: feeds.remove_feed(conn, url, now=clock.now()))
    if not gone:
        note(f"{url} is not watched; `storywatch feeds list` shows what is")
        unwell()
    answer(f"{url} is not watched any more")


@app.command("import")
def import_(ctx: typer.Context, file: FileArgument) -> None:
    """Watch every feed of a list; its folders become tags. They are looked at when they are polled."""
    from news.clock import SystemClock
    from news.store import feeds
    from storywatch import opml
    from storywatch.opening import open_store

    config = load_config(ctx)
    if not file.is_file():
        wrong(f"{file}: no such file")
    try:
        with file.open("rb") as stream:
            listed = opml.read(stream.read(opml.LONGEST + 1))
    except opml.OpmlError as error:
        note(f"{file}: {error}")
        unwell()
    clock = SystemClock()
    new, refused = _importable(config, listed.feeds)
    first = config.fetch.min_interval

    def work(conn: "Connection") -> int:
        watched = {one.url for one in feeds.list_feeds(conn) if one.active}
        wanted = [one for one in new if one.url not in watched]
        for one in wanted:
            feeds.add_feed(conn, one, now=clock.now(), first_interval=first)
        return len(wanted)

    with open_store(config, clock) as store:
        added = store.write_now(work)
    for problem in (*listed.problems, *refused):
        note(f"{file}: {clean(problem)}")
    known = len(listed.feeds) - len(refused) - added
    answer(f"{count(added, 'feed')} watched from now on, {known} watched already")


@app.command("export")
def export(ctx: typer.Context) -> None:
    """Write every feed that is watched as OPML on standard output."""
    from storywatch import opml

    watched = [one for one in _known(ctx) if one.active]
    listed = [opml.ListedFeed(one.url, one.name or one.title, one.tags) for one in watched]
    typer.echo(opml.write(listed).decode("utf-8"), nl=False)


def _known(ctx: typer.Context) -> "list[FeedRow]":
    """Return the feeds that are watched or rest, but for those that were removed by command."""
    from news.clock import SystemClock
    from news.types import FeedOrigin
    from storywatch.opening import open_store, watched_feeds

    config = load_config(ctx)
    clock = SystemClock()
    with open_store(config, clock) as store:
        rows = watched_feeds(config, store, clock)
    return [one for one in rows if one.active or one.origin is not FeedOrigin.STORE]


def _well(watched: "Sequence[FeedRow]", gaps: int) -> str:
    """Say that no feed is ill, and of how many ``_remarks`` tells a gap all the same."""
    if len(watched) == 1:
        return "the one feed answers, but entries may have been missed" if gaps else "the one feed is well"
    feeds = f"all {count(len(watched), 'feed')}"
    return f"{feeds} answer, but entries of {gaps} may have been missed" if gaps else f"{feeds} are well"


def _remarks(watched: "Iterable[FeedRow]", missed: "Iterable[FeedRow]") -> None:
    """Tell what else is to be known of feeds, ill or well; ``missed``: those that may have lost entries of late."""
    from news.types import RobotsRule

    for one in watched:
        if one.robots is RobotsRule.PERMITTED:
            answer(f"{clean(one.shown_name)}: polled whatever robots.txt says, by your leave from its publisher")
    for one in missed:
        told = f"entries may have been missed before {stamp(one.gap_at)}; poll it oftener"
        answer(f"{clean(one.shown_name)}: {told}")


def _look(config: "Config", store: "Store", clock: "Clock", url: str) -> str:
    """Fetch a feed once and return what it is; raises FetchError and NotAFeedError."""
    from crawler.probe import probe
    from storywatch import wiring
    from storywatch.cli.progress import progress
    from storywatch.holders import holder_name

    with progress(f"looking at {clean(url)}"):
        found = asyncio.run(probe(url, wiring.ports(config, store, clock, holder_name())))
    title = f", “{clean(found.title)}”" if found.title else ""
    return f"{found.kind.value}, {count(len(found.carried), 'entry', 'entries')}{title}"


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
    from dataclasses import replace

    from storywatch.config import units
    from storywatch.config.problems import shown

    try:
        address = units.web_address(url)
    except ValueError as error:
        wrong(f"{shown(url)} {error}; accepted: the http or https address of a feed")
    settings = _storable(address, name, tags)
    if isinstance(settings, str):
        wrong(settings)
    every: timedelta | None = None
    try:
        code = None if language is None else units.language(language)
    except ValueError as error:
        wrong(f"--language {language} {error}; accepted: a code such as id or pt-br")
    try:
        every = None if interval is None else units.positive_duration(interval)
    except ValueError as error:
        wrong(f"--interval {interval} {error}; accepted: a duration such as 10m")
    if every is not None and every < config.fetch.min_interval:
        shortest = units.shown_duration(config.fetch.min_interval)
        wrong(f"--interval {interval}: no feed is polled oftener than [fetch] min_interval = {shortest}")
    return replace(settings, language=code, interval=every)


def _importable(config: "Config", listed: "Iterable[ListedFeed]") -> "tuple[list[FeedSettings], list[str]]":
    """Return the feeds of a list that the configuration does not have, and why others cannot be kept."""
    new, refused = [], []
    for one in listed:
        settings = _storable(one.url, one.name, one.tags)
        if isinstance(settings, str):
            refused.append(settings)
        elif settings.url not in config.feed_files:
            new.append(settings)
    return new, refused


def _storable(url: str, name: str | None, tags: "Iterable[str]") -> "FeedSettings | str":
    """Return a feed for the store, or why it cannot stand there: secrets belong in the configuration."""
    from news import urls
    from news.store.feeds import FeedSettings
    from news.types import FeedOrigin
    from storywatch.config.feeds import bare

    address, username, password = bare(url)
    if username is not None or password is not None:
        where = "[[feeds]] with username and password_file"
        return f"{address} comes with a user name or password: write it into the configuration, as {where}"
    site = urls.site_of(address)
    if not site:
        return f"{address} names no proper host; accepted: an address that can be requested"
    return FeedSettings(address, site, FeedOrigin.STORE, name=name, tags=tuple(dict.fromkeys(tags)))


def _row(one: "FeedRow") -> dict[str, Any]:
    return {
        "url": one.url,
        "name": one.shown_name,
        # As in the configuration: this version polls feeds only.
        "kind": "feed",
        "format": one.kind.value if one.kind else None,
        "tags": list(one.tags),
        "origin": one.origin.value,
        "state": one.state.value,
        "reason": one.reason or ("not polled yet" if one.last_polled_at is None else ""),
        "error": one.error,
        "last_polled_at": stamp(one.last_polled_at),
        "last_new_at": stamp(one.last_new_at),
        "next_poll_at": stamp(one.next_poll_at),
        "interval_s": one.configured_interval_s or one.interval_s,
        "failures": one.failures,
        "robots": one.robots.value,
        "gap_at": stamp(one.gap_at),
    }
