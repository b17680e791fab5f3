"""``[[watchlists]]`` → Watchlist: identity, queries that parse, selectors."""

from collections.abc import Mapping

from alerts.query import Aliases, Query, parse
from alerts.types import Event, Watchlist
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
    parts: Parts, configured: Mapping[str, FeedSettings], aliases: Aliases, problems: Problems
) -> list[tuple[Place, models.WatchlistTable, Watchlist]]:
    """Read every watchlist, in the order of the files."""
    found: list[tuple[Place, models.WatchlistTable, Watchlist]] = []
    places: dict[str, Place] = {}
    for place, table in parts.each("watchlists"):
        if problems.has(place):
            continue
        watchlist = _one(place, table, configured, aliases, problems)
        first = places.setdefault(watchlist.id, place)
        if watchlist.id and first != place:
            text = f"{shown(watchlist.id)} is the id of {first} already; accepted: an id of its own"
            problems.add(place.at("id" if table.id else "name"), text)
        found.append((place, table, watchlist))
    return found


def _one(
    place: Place,
    table: models.WatchlistTable,
    configured: Mapping[str, FeedSettings],
    aliases: Aliases,
    problems: Problems,
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
    written = [
        (text, place.at(key, n)) for key in ("keywords", "exclude") for n, text in enumerate(getattr(table, key))
    ]
    if table.query is not None:
        written.append((table.query, place.at("query")))
    parsed = [check_query(text, where, aliases, problems) for text, where in written]
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
        events=frozenset(event for event in Event if event.value in table.events),
        aliases=aliases.used_in(query.tree for query in parsed if query is not None),
    )


def check_query(text: str, place: Place, aliases: Aliases, problems: Problems) -> Query | None:
    """Read a query; tell of one that does not parse, with its caret."""
    try:
        return parse(text, aliases)
    except QueryError as error:
        problems.add(place, str(error))
        return None


def _language(language: str, place: Place, problems: Problems) -> None:
    meant = _COUNTRY_FOR_LANGUAGE.get(language.partition("-")[0])
    if meant:
        text = f"{shown(language)} is a country, no language; accepted: a language code; {meant} is meant?"
        problems.add(place, text)
