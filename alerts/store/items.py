"""What due rows tell: each story with the article that tells it best, and its copies.

::

    due ids ──▶ matches ──▶ tellings ──alerts.tellers──▶ lead ──▶ article, revision, spans ──▶ Item
                   └──▶ articles of their stories ──▶ copies, agency

What is told at once leads with what made it urgent, and what was told with what told it; all else with the best teller
for the alert's reader. Previews and digests alike come from here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from alerts.store.spans import unpack_span
from alerts.tellers import Candidate, Teller, choose
from alerts.types import Alert, Copy, Event, Item
from news.store import schema as s
from news.store.article_rows import source_time
from news.store.sql import chunks

#: rows of the statements at the end
_Row = Any
_d, _m, _a, _r, _t = s.due.c, s.match.c, s.article.c, s.revision.c, s.telling.c


class _Place(NamedTuple):
    """Where the words stand that a story is told by."""

    revision_id: int
    #: of which match the spans are; None: no words are shown as matched
    match_id: int | None


@dataclass(frozen=True, slots=True)
class _Article:
    """An article of a story."""

    id: int
    copy: Copy
    agency: str | None
    #: the watchlists have met it
    met: bool


@dataclass(frozen=True, slots=True)
class Led:
    """What a due row tells, and which article leads."""

    watchlist_id: str
    item: Item
    article_id: int


def items(conn: Connection, due_ids: Sequence[int], alert: Alert) -> dict[int, Led]:
    """Return what due rows of an alert tell, by their id."""
    rows = [row for part in chunks(due_ids) for row in conn.execute(_DUES, {"dues": part})]
    articles = _articles(conn, {row.story_id for row in rows})
    places = _new(conn, [row for row in rows if row.event != Event.COPIES.value], articles, alert)
    places |= _later(conn, [row for row in rows if row.event == Event.COPIES.value], alert)
    leads = _leads(conn, {place.revision_id for place in places.values()})
    spans = _spans(conn, rows, places)
    made = {}
    for row in rows:
        lead = leads[places[row.id].revision_id]
        of = articles.get(row.story_id, ())
        item = _item(row, lead, spans.get(row.id, ()), of, follows=row.watchlist_id in alert.follows)
        made[row.id] = Led(row.watchlist_id, item, lead.article_id)
    return made


def best(conn: Connection, match_id: int, story_id: int, locale: str) -> Teller | None:
    """Return which article of a match leads for readers of a locale, as things stand; None where none is kept."""
    told = _tellings(conn, {match_id}).get(match_id)
    if not told:
        return None
    agencies = {one.agency for one in _articles(conn, {story_id}).get(story_id, ()) if one.agency}
    return choose([_candidate(one) for one in told.values()], agencies=agencies, locale=locale)


# ── which article leads ──────────


def _new(
    conn: Connection, rows: Sequence[_Row], articles: Mapping[int, Sequence[_Article]], alert: Alert
) -> dict[int, _Place]:
    """Return where the words of these dues stand: what made them urgent, what told them, else the best teller's."""
    places = {row.id: _Place(row.revision_id, row.match_id) for row in rows}
    told = _tellings(conn, {row.match_id for row in rows})
    free: dict[int, list[_Row]] = {}
    for row in rows:
        mine = told.get(row.match_id, {})
        if row.teller_id is not None and row.teller_id != row.article_id and row.teller_id in mine:
            places[row.id] = _Place(mine[row.teller_id].revision_id, row.match_id)
        elif row.event == Event.NEW.value and row.teller_id is None and not row.urgent and mine:
            free.setdefault(row.story_id, []).append(row)
    for story_id, of in free.items():
        agencies = {one.agency for one in articles.get(story_id, ()) if one.agency}
        for row, article_id in _chosen(of, told, agencies, alert.locale):
            places[row.id] = _Place(told[row.match_id][article_id].revision_id, row.match_id)
    return places


def _chosen(
    rows: Sequence[_Row], told: Mapping[int, Mapping[int, _Row]], agencies: Iterable[str], locale: str
) -> Iterable[tuple[_Row, int]]:
    """Yield the article that leads for each due of one story; one that more of the watchlists found leads for all."""
    known = {article: one for row in rows for article, one in told[row.match_id].items()}
    counts = Counter(article for row in rows for article in told[row.match_id])
    most = max(counts.values())
    common = choose([_candidate(known[one]) for one in counts if counts[one] == most], agencies=agencies, locale=locale)
    for row in rows:
        mine = told[row.match_id]
        if common.article_id in mine:
            yield row, common.article_id
        else:
            yield row, choose([_candidate(one) for one in mine.values()], agencies=agencies, locale=locale).article_id


def _candidate(row: _Row) -> Candidate:
    return Candidate(
        article_id=row.article_id,
        host=row.host,
        language=row.language,
        published=row.published_latest,
        length=row.length,
        opens=row.url is not None and row.worded,
    )


def _later(conn: Connection, rows: Sequence[_Row], alert: Alert) -> dict[int, _Place]:
    """Return where the words stand by which a story is known whose later copies are told."""
    if not rows:
        return {}
    known: dict[tuple[str, int], _Row] = {}
    for part in chunks(sorted({row.story_id for row in rows})):
        for one in conn.execute(_KNOWN_BY, {"stories": part, "alert": alert.id}):
            known[one.watchlist_id, one.story_id] = one
    told = _tellings(conn, {one.id for one in known.values()})
    places = {}
    for row in rows:
        # Where retention took the text that was told, the copy itself says what the story is.
        places[row.id] = _known_by(known.get((row.watchlist_id, row.story_id)), told) or _Place(row.revision_id, None)
    return places


def _known_by(match: _Row, told: Mapping[int, Mapping[int, _Row]]) -> _Place | None:
    """Return where the words stand that told a match; None where they are gone."""
    if match is None:
        return None
    teller = told.get(match.id, {}).get(match.teller_id or match.article_id)
    if teller is not None:
        return _Place(teller.revision_id, match.id) if teller.worded else None
    return _Place(match.revision_id, None) if match.worded else None


def _tellings(conn: Connection, match_ids: Collection[int]) -> dict[int, dict[int, _Row]]:
    """Return what the articles of these matches are like, without their texts: match → article → row."""
    found: dict[int, dict[int, _Row]] = {}
    for part in chunks(sorted(match_ids)):
        for row in conn.execute(_CANDIDATES, {"matches": part}):
            found.setdefault(row.match_id, {})[row.article_id] = row
    return found


# ── what is told of it ──────────


def _leads(conn: Connection, revision_ids: Collection[int]) -> dict[int, _Row]:
    """Return revisions with their articles."""
    return {
        row.revision_id: row
        for part in chunks(sorted(revision_ids))
        for row in conn.execute(_LEADS, {"revisions": part})
    }


def _spans(conn: Connection, rows: Sequence[_Row], places: Mapping[int, _Place]) -> dict[int, Sequence[Any]]:
    """Return the spans, as stored, of what each due is told by."""
    told: dict[_Place, Sequence[Any]] = {}
    wanted = {row.id: places[row.id] for row in rows if places[row.id].match_id is not None}
    for part in chunks(sorted({place.revision_id for place in wanted.values()})):
        for one in conn.execute(_SPANS, {"revisions": part}):
            told[_Place(one.revision_id, one.match_id)] = one.spans
    own = {_Place(row.revision_id, row.match_id): row.spans for row in rows}
    return {due_id: told[place] if place in told else own.get(place, ()) for due_id, place in wanted.items()}


def _item(row: _Row, lead: _Row, spans: Iterable[Any], articles: Sequence[_Article], *, follows: bool) -> Item:
    later = row.event == Event.COPIES.value
    # To a watchlist that is told of later copies, those that it has yet to meet are later ones.
    others = [one for one in articles if one.id != lead.article_id and (one.met or not follows)]
    return Item(
        event=Event(row.event),
        story_id=row.story_id,
        title=lead.title,
        url=lead.url,
        source=lead.source,
        language=lead.language,
        published=source_time(lead.published, lead.published_at, lead.published_latest),
        first_seen_at=row.first_seen_at,
        summary=lead.summary,
        text=lead.text,
        spans=tuple(unpack_span(span) for span in spans),
        watchlists=(),
        copies=tuple(one.copy for one in articles if one.id == row.article_id)
        if later
        else tuple(one.copy for one in others),
        urgent=row.urgent,
        already_sent=row.urgent_told_at is not None,
        categories=tuple(lead.categories),
        # The copies carry the same text, so that whose it is one may say for all.
        agency=lead.agency or next((one.agency for one in articles if one.agency), None),
        thread_id=row.thread_id,
        occasion=row.occasion,
        figures=row.figures,
    )


def _articles(conn: Connection, story_ids: Collection[int]) -> dict[int, list[_Article]]:
    found: dict[int, list[_Article]] = {}
    for part in chunks(sorted(story_ids)):
        for row in conn.execute(_ARTICLES, {"stories": part}):
            one = _Article(row.id, Copy(row.source, row.url), row.agency, bool(row.met))
            found.setdefault(row.story_id, []).append(one)
    return found


_own = s.revision.alias("own")
_WORDED = or_(_r.title != "", _r.text != "").label("worded")
_MET = exists().where(_own.c.article_id == _a.id, or_(_own.c.evaluated_at.is_not(None), _own.c.again))
_DUES = (
    select(
        *(_d[name] for name in ("id", "match_id", "urgent", "urgent_told_at", "teller_id")),
        *(_m[name] for name in ("watchlist_id", "story_id", "event", "occasion", "figures", "spans")),
        *(_m[name] for name in ("article_id", "revision_id")),
        _a.first_seen_at,
        s.story.c.thread_id,
    )
    .join(s.match, _m.id == _d.match_id)
    .join(s.story, s.story.c.id == _m.story_id)
    .join(s.article, _a.id == _m.article_id)
    .where(_d.id.in_(bindparam("dues", expanding=True)))
)
_CANDIDATES = (
    select(
        *(_t[name] for name in ("match_id", "article_id", "revision_id")),
        *(_a[name] for name in ("host", "url", "published_latest")),
        _r.language,
        func.length(_r.text).label("length"),
        _WORDED,
    )
    .join(s.article, _a.id == _t.article_id)
    .join(s.revision, _r.id == _t.revision_id)
    .where(_t.match_id.in_(bindparam("matches", expanding=True)))
)
_KNOWN_BY = (
    select(_m.id, _m.watchlist_id, _m.story_id, _m.article_id, _m.revision_id, _d.teller_id, _WORDED)
    .join(s.revision, _r.id == _m.revision_id)
    .outerjoin(s.due, and_(_d.match_id == _m.id, _d.alert_id == bindparam("alert")))
    .where(_m.story_id.in_(bindparam("stories", expanding=True)), _m.event == Event.NEW.value)
)
_LEADS = (
    select(
        _r.id.label("revision_id"),
        _r.article_id,
        *(_a[name] for name in ("url", "source", "agency")),
        *(_r[name] for name in ("title", "text", "summary", "language", "categories")),
        *(_r[name] for name in ("published", "published_at", "published_latest")),
    )
    .join(s.article, _a.id == _r.article_id)
    .where(_r.id.in_(bindparam("revisions", expanding=True)))
)
_SPANS = select(_t.match_id, _t.revision_id, _t.spans).where(_t.revision_id.in_(bindparam("revisions", expanding=True)))
_ARTICLES = (
    select(_a.story_id, _a.id, _a.source, _a.url, _a.agency, _MET.label("met"))
    .where(_a.story_id.in_(bindparam("stories", expanding=True)))
    .order_by(_a.id)
)
