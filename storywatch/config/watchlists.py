"""``[[watchlists]]`` → Watchlist: identity, queries that parse, selectors."""

from collections.abc import Mapping

from alerts.query import parse
from alerts.types import Watchlist
from news.errors import QueryError
from news.store.feed_rows import FeedSettings
from storywatch.config import feeds, models, units
from storywatch.config.problems import Place, Problems, shown
from storywatch.config.reading import Parts

#: country codes that are often written where a language is meant, and are none
_COUNTRY_FOR_LANGUAGE = {
    "kz": "kk", "ua": "uk", "jp": "ja", "cn": "zh", "cz": "cs", "gr": "el", "dk": "da", "us": "en", "gb": "en",
    "at": "de", "ir": "fa", "il": "he", "vn": "vi", "rs": "sr", "al": "sq",
    "by": "be", "tj": "tg",
}  # fmt: skip


def read(
    parts: Parts, configured: Mapping[str, FeedSettings], problems: Problems
) -> list[tuple[Place, models.WatchlistTable, Watchlist]]:
    """Read every watchlist, in the order of the files."""
    found: list[tuple[Place, models.WatchlistTable, Watchlist]] = []
    places: dict[str, Place] = {}
    for place, table in parts.each("watchlists"):
        if problems.has(place):
            continue
        watchlist = _one(place, table, configured, problems)
        first = places.setdefault(watchlist.id, place)
        if watchlist.id and first != place:
            text = f"{shown(watchlist.id)} is the id of {first} already; accepted: an id of its own"
            problems.add(place.at("id" if table.id else "name"), text)
        found.append((place, table, watchlist))
    return found


def _one(
    place: Place, table: models.WatchlistTable, configured: Mapping[str, FeedSettings], problems: Problems
) -> Watchlist:
    if table.name is None:
        problems.add(place.at("name"), 'is missing; accepted: text such as "Kazakhstan unrest"')
    identity = table.id or units.slug(table.name or "")
    if table.id is not None and not units.is_id(table.id):
        text = f"{shown(table.id)} is no id; accepted: at most 100 letters and digits, with - _ or . between"
        problems.add(place.at("id"), text)
    elif table.name is not None and not identity:
        problems.add(place.at("id"), "is missing, and the name has no letter or digit to make one of; accepted: text")
    asks = table.keywords or table.query is not None
    if not asks and not any(problems.troubled(place.at(key)) for key in ("keywords", "query")):
        problems.add(place.at("query"), "is missing; accepted: a query, or a list of them as keywords")
    for position, text in enumerate(table.keywords):
        check_query(text, place.at("keywords", position), problems)
    for position, text in enumerate(table.exclude):
        check_query(text, place.at("exclude", position), problems)
    if table.query is not None:
        check_query(table.query, place.at("query"), problems)
    feeds.selectors(table.feeds, place.at("feeds"), configured, problems)
    for position, language in enumerate(table.languages):
        _language(language, place.at("languages", position), problems)
    queries = [*table.keywords, *([table.query] if table.query is not None else [])]
    return Watchlist(
        id=identity,
        name=table.name or "",
        queries=tuple(queries),
        exclude=tuple(table.exclude),
        feeds=tuple(dict.fromkeys(table.feeds)),
        languages=tuple(dict.fromkeys(table.languages)),
        backlog_s=table.backlog.total_seconds(),
    )


def check_query(text: str, place: Place, problems: Problems) -> None:
    """Tell of a query that does not parse, with its caret."""
    try:
        parse(text)
    except QueryError as error:
        problems.add(place, str(error))


def _language(language: str, place: Place, problems: Problems) -> None:
    meant = _COUNTRY_FOR_LANGUAGE.get(language.partition("-")[0])
    if meant:
        text = f"{shown(language)} is a country, no language; accepted: a language code; {meant} is meant?"
        problems.add(place, text)
