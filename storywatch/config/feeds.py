"""``[[feeds]]`` and ``[opml]`` → FeedSettings, one an address, with their secrets apart.

An address may carry userinfo (``https://reader:secret@…``): it becomes the feed's credentials, since addresses are
listed and logged. The configuration wins over OPML.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from news.store.feed_rows import FeedSettings
from news.types import FeedOrigin, RobotsRule
from news.urls import site_of
from storywatch import opml
from storywatch.config import models, units
from storywatch.config.problems import Place, Problems, likely, shown
from storywatch.config.reading import Parts
from storywatch.config.singles import chosen, given, guarded
from storywatch.config.values import Fetch

if TYPE_CHECKING:
    from crawler.ports import FeedCredentials


@dataclass(slots=True)
class Feeds:
    """All configured feeds, by address."""

    settings: dict[str, FeedSettings] = field(default_factory=dict)
    #: the file that configures each
    files: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, "FeedCredentials"] = field(default_factory=dict)
    #: OPML files
    lists: list[Path] = field(default_factory=list)
    #: addresses in ``[[feeds]]`` that this version does not poll (another kind)
    left_out: set[str] = field(default_factory=set)


def read(parts: Parts, fetch: Fetch, problems: Problems) -> Feeds:
    """Read every configured feed."""
    found = Feeds()
    places: dict[str, Place] = {}
    for place, table in parts.each("feeds"):
        _one(place, table, fetch=fetch, found=found, places=places, problems=problems)
    for part in parts.all:
        if part.shape.opml is not None:
            for position, path in enumerate(part.shape.opml.files):
                _list(part.place("opml", "files", position), path, found, problems)
    return found


def bare(url: str) -> tuple[str, str | None, str | None]:
    """Split an address into itself without userinfo and fragment, user name and password."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    clean = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    username = unquote(parts.username) if parts.username else None
    return clean, username, unquote(parts.password) if parts.password else None


def _one(
    place: Place,
    table: models.FeedTable,
    *,
    fetch: Fetch,
    found: Feeds,
    places: dict[str, Place],
    problems: Problems,
) -> None:
    if table.url is None:
        problems.add(place.at("url"), "is missing; accepted: the http or https address of a feed")
        return
    url, username, password = bare(table.url)
    if not site_of(url):
        problems.add(place.at("url"), f"{shown(url)} names no proper host; accepted: an address that can be requested")
        return
    first = places.setdefault(url, place)
    if first != place:
        problems.add(place.at("url"), f"{shown(url)} is configured at {first} already; accepted: each address once")
    _interval(table, place, fetch, problems)
    guarded(url, fetch.allow_addresses, place.at("url"), problems, key="fetch.allow_addresses")
    for one, other in (("username", "password"), ("password", "username")):
        if given(table, one, place, problems) and not given(table, other, place, problems):
            problems.add(place.at(other), f"is missing beside {one}; accepted: both or neither")
    if table.kind != "feed":
        found.left_out.add(url)
        return
    _keep_secrets(
        found,
        url,
        chosen(table, "username", place, problems) or username,
        chosen(table, "password", place, problems) or password,
        _headers(table, place, problems),
    )
    found.files[url] = place.source.shown
    found.settings[url] = FeedSettings(
        url=url,
        site=site_of(url),
        origin=FeedOrigin.CONFIG,
        name=table.name,
        language=table.language,
        tags=tuple(dict.fromkeys(table.tags)),
        interval=table.interval,
        robots=RobotsRule(table.robots),
    )


def _interval(table: models.FeedTable, place: Place, fetch: Fetch, problems: Problems) -> None:
    if table.interval is not None and table.interval < fetch.min_interval:
        least = units.shown_duration(fetch.min_interval)
        text = f'"{units.shown_duration(table.interval)}" is below fetch.min_interval; accepted: at least {least}'
        problems.add(place.at("interval"), text)


def _headers(table: models.FeedTable, place: Place, problems: Problems) -> tuple[tuple[str, str], ...]:
    if table.headers is not None and table.headers_file is not None:
        problems.add(place.at("headers"), "stands beside headers_file; accepted: one of the two")
    headers = table.headers or table.headers_file or ()
    return tuple((name, value.get_secret_value()) for name, value in headers)


def _keep_secrets(
    found: Feeds, url: str, username: str | None, password: str | None, headers: tuple[tuple[str, str], ...]
) -> None:
    if username is None and password is None and not headers:
        return
    # Half a second of imports for those who need it: crawler.ports brings Scrapy with it.
    from crawler.ports import FeedCredentials  # noqa: PLC0415 - as said above

    found.credentials[url] = FeedCredentials(username=username, password=password, headers=headers)


def _list(place: Place, path: Path, found: Feeds, problems: Problems) -> None:
    try:
        with path.open("rb") as stream:
            listed = opml.read(stream.read(opml.LONGEST + 1))
    except OSError as error:
        problems.add(place, f"{shown(path.name)} cannot be read ({error.strerror}); accepted: an OPML file")
        return
    except opml.OpmlError as error:
        problems.add(place, f"{shown(path.name)}: {error}; accepted: an OPML file")
        return
    found.lists.append(path)
    if listed.problems:
        more = f" (and {len(listed.problems) - 1} more)" if len(listed.problems) > 1 else ""
        problems.warn(place, f"{path.name}: {listed.problems[0]}{more}")
    for feed in listed.feeds:
        url, username, password = bare(feed.url)
        first = found.settings.get(url)
        if first is not None and first.origin is FeedOrigin.OPML:
            feed_tags = tuple(dict.fromkeys([*first.tags, *feed.tags]))
            name = first.name or feed.name
            found.settings[url] = FeedSettings(url, first.site, FeedOrigin.OPML, name, None, feed_tags)
        elif first is None and url not in found.left_out and site_of(url):
            _keep_secrets(found, url, username, password, ())
            found.files[url] = str(path)
            found.settings[url] = FeedSettings(url, site_of(url), FeedOrigin.OPML, feed.name, None, feed.tags)


def selectors(wanted: list[str], place: Place, feeds: Mapping[str, FeedSettings], problems: Problems) -> None:
    """Warn of selectors of a watchlist that name no configured feed; feeds may also stand in the store."""
    tags = {f"tag:{tag}" for feed in feeds.values() for tag in feed.tags}
    names = {feed.name for feed in feeds.values() if feed.name}
    for position, selector in enumerate(wanted):
        if selector in tags or selector in names or selector in feeds:
            continue
        meant = likely(selector, sorted(tags if selector.startswith("tag:") else names))
        text = f"{shown(selector)} is no name, address or tag of a configured feed"
        hint = (
            f"; {meant} is meant?" if meant else "; it can still name a feed kept in the store, or a feed's own title"
        )
        problems.warn(place.at(position), text + hint)
