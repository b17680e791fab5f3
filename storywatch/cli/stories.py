"""``storywatch stories`` and ``storywatch story``: what was found, and one story with all that is known of it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from storywatch.cli.common import JsonOption, answer, answer_json, load_config, note, unwell, wrong
from storywatch.cli.listing import clean, count, moment, show, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.analysis import Analyser
    from alerts.query import Query
    from alerts.types import Span
    from news.store.listings import StoryDetail, StoryMatch, StoryRow
    from news.store.memberships import Membership
    from news.types import Article, Revision

#: rows read at a time, and listed at most unless asked for more
_PAGE = 200
_MOST = 200
#: what a database numbers its rows below
_IDS = 2**63
#: code points of a title or a sentence that is shown with its matched words
_LONGEST_LINE = 320

WatchlistOption = Annotated[
    str | None, typer.Option("--watchlist", metavar="NAME", help="Those that a watchlist matched.")
]
QueryOption = Annotated[str | None, typer.Option("--query", metavar="Q", help="Those that a query finds.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="T", help="First seen since: a duration (2d), a day or a local time.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="T", help="First seen before.")]
ThreadOption = Annotated[
    int | None, typer.Option("--thread", metavar="ID", min=1, max=_IDS - 1, help="Those about one event.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")]


def stories(  # noqa: PLR0917 - Typer passes options by name
    ctx: typer.Context,
    watchlist: WatchlistOption = None,
    query: QueryOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    thread: ThreadOption = None,
    limit: LimitOption = _MOST,
    json: JsonOption = False,  # noqa: FBT002 - an option
) -> None:
    """List stories, newest first."""
    from alerts.query import parse
    from news.clock import SystemClock
    from storywatch.cli.progress import progress
    from storywatch.opening import open_store

    config = load_config(ctx)
    clock = SystemClock()
    now, zone = clock.now(), config.service.timezone
    if watchlist is not None and watchlist not in {name for one in config.watchlists for name in (one.id, one.name)}:
        wrong(f"{watchlist}: no such watchlist; there are {', '.join(one.id for one in config.watchlists) or 'none'}")
    after = None if since is None else moment(since, now=now, zone=zone, ahead=False)
    before = None if until is None else moment(until, now=now, zone=zone, ahead=False)
    wanted = None if query is None else parse(query, config.aliases)
    for warning in wanted.warnings if wanted is not None else ():
        note(f"warning: {warning}")
    with open_store(config, clock) as store, progress("looking through the stories"):
        # One more than is shown tells that there are more.
        found = store.read_now(
            lambda conn: list(_some(_rows(conn, watchlist, after, before, thread), wanted, limit + 1))
        )
    if len(found) > limit:
        del found[limit:]
        note(f"the newest {count(limit, 'story', 'stories')}; --limit shows more")
    columns = {"id": "id", "first_seen": "first seen", "source": "source", "title": "title", "outlets": "outlets"}
    if wanted is not None:
        columns["matched"] = "matched"
    rows = [_row(one) | (_hit(hit, json=json) if hit else {}) for one, hit in found]
    if not json:
        rows = [row | {"outlets": len({row["source"], *(copy["source"] for copy in row["copies"])})} for row in rows]
    show(rows, columns, json=json, nothing="no stories; `storywatch feeds health` tells how the feeds fare")


def story(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID|URL", help="A story's id, or the address of one of its articles.")],
    json: JsonOption = False,  # noqa: FBT002 - an option
) -> None:
    """Show one story: its copies, its revisions, and why each watchlist matched."""
    from news import urls
    from news.clock import SystemClock
    from news.store import listings
    from news.store.query_keys import identity_at
    from storywatch.opening import open_store

    config = load_config(ctx)
    with open_store(config, SystemClock()) as store:
        if key.isdecimal():
            # A number that no id reaches is no id.
            number = int(key[:20])
            found = store.read_now(lambda conn: listings.story(conn, number)) if number < _IDS else None
        else:
            identity = urls.canonical(key)
            found = store.read_now(
                lambda conn: (
                    listings.story(conn, identity_at(conn, identity))
                    or listings.story(conn, identity)
                    or listings.story(conn, key)
                )
            )
    if found is None:
        note(f"{clean(key)}: no such story; `storywatch stories` lists what there is")
        unwell()
    if json:
        answer_json(_detail(found))
    else:
        _print(found)


def _rows(
    conn: "Connection", watchlist: str | None, since: "datetime | None", until: "datetime | None", thread: int | None
) -> "Iterator[StoryRow]":
    """Yield every story of a time, a page at a time."""
    from news.store import listings

    last: StoryRow | None = None
    while True:
        page = listings.stories(
            conn, since=since, until=until, watchlist_key=watchlist, thread_id=thread, before=last, limit=_PAGE
        )
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]


class _Hit(NamedTuple):
    """An article that a query found."""

    article: "Article"
    revision: "Revision"
    #: none where the query is of restrictions alone
    spans: "tuple[Span, ...]"


def _some(rows: "Iterator[StoryRow]", query: "Query | None", limit: int) -> "Iterator[tuple[StoryRow, _Hit | None]]":
    """Yield at most ``limit`` of the rows; with ``query`` those that it finds an article of, with the first."""
    from alerts.analysis import Analyser

    analyser = Analyser()
    hits = ((row, None if query is None else _first_hit(row, query, analyser)) for row in rows)
    yield from islice(((row, hit) for row, hit in hits if query is None or hit is not None), limit)


def _first_hit(row: "StoryRow", query: "Query", analyser: "Analyser") -> _Hit | None:
    """Return the first of a story's articles that a query finds in its latest revision."""
    from alerts.index import evaluate
    from alerts.types import Document

    for article, revision in row.articles:
        document = Document(
            title=revision.title,
            text=revision.text,
            language=revision.language,
            source=article.source,
            host=article.host,
            url=article.url,
        )
        spans = evaluate(query, document, analyser)
        if spans is not None:
            return _Hit(article, revision, spans)
    return None


def _hit(hit: _Hit, *, json: bool) -> dict[str, Any]:
    """Return what a listing adds for a query: the words for people, the spans for programs."""
    if not json:
        return {"matched": _explained(hit.spans, hit.revision)}
    return {
        "matched": [_located(span, hit.revision) for span in hit.spans],
        "matched_in": {"source": hit.article.source, "url": hit.article.url},
    }


def _explained(spans: "Sequence[Span]", revision: "Revision") -> str:
    """Return how a revision was found, in a line."""
    from alerts.wording import explained

    return explained(spans, title=revision.title, text=revision.text, language=revision.language)


def _located(span: "Span", revision: "Revision") -> dict[str, Any]:
    """Return a span with its words."""
    from alerts.types import Field

    within = revision.title if span.field is Field.TITLE else revision.text
    return {
        "field": span.field.value,
        "start": span.start,
        "end": span.end,
        "term": span.term,
        "how": span.how.value,
        "words": within[span.start : span.end],
    }


def _row(one: "StoryRow") -> dict[str, Any]:
    return {
        "id": str(one.id),
        "title": one.title,
        "url": one.url,
        "source": one.source,
        "language": one.language,
        "published": one.published.text if one.published else None,
        "first_seen": stamp(one.first_seen_at),
        "copies": [
            {"source": copy.source, "url": copy.url} | _why(one.memberships.get(copy.id))
            for copy, _ in one.articles[1:]
        ],
        "watchlists": list(one.watchlists),
        "thread": None if one.thread_id is None else str(one.thread_id),
        "agency": one.agency,
        "revisions": one.revisions,
    }


def _why(membership: "Membership | None") -> dict[str, Any]:
    """Return why an article belongs to its story."""
    if membership is None:
        return {"reason": None, "score": None, "copy_of": None}
    return {
        "reason": membership.reason.value,
        "score": None if membership.score is None else round(membership.score, 2),
        "copy_of": None if membership.source is None else {"source": membership.source, "url": membership.url},
    }


def _detail(found: "StoryDetail") -> dict[str, Any]:
    return _row(found.row) | {
        "articles": [
            {
                "source": article.source,
                "url": article.url,
                "language": article.language,
                "published": article.published.text if article.published else None,
                "first_seen": stamp(article.first_seen_at),
                "agency": article.agency,
                **_why(found.row.memberships.get(article.id)),
                "revisions": [
                    {
                        "number": revision.number,
                        "seen": stamp(revision.created_at),
                        "title": revision.title,
                        "text": revision.text,
                    }
                    for revision in revisions
                ],
            }
            for article, revisions in found.articles
        ],
        "matches": [_match(one, found) for one in found.matches],
        "thread_score": found.thread_score,
        "thread_reason": found.thread_reason,
        "thread_stories": [
            {
                "id": str(one.id),
                "title": one.title,
                "url": one.url,
                "source": one.source,
                "language": one.language,
                "first_seen": stamp(one.first_seen_at),
                "score": one.score,
                "reason": one.reason,
            }
            for one in found.thread_stories
        ],
    }


def _match(one: "StoryMatch", of: "StoryDetail") -> dict[str, Any]:
    from alerts.verdicts import Verdict

    revision, spans = _matched(one, of)
    (article,) = (article for article, _ in of.articles if article.id == one.article_id)
    return {
        "watchlist": one.watchlist,
        "event": one.event,
        "article": {"source": article.source, "url": article.url},
        "verdict": one.verdict,
        "reason": Verdict(one.verdict).sentence,
        "matched_at": stamp(one.matched_at),
        "matched": [_located(span, revision) for span in spans],
        **({} if one.figures is None else {"figures": one.figures}),
    }


def _matched(one: "StoryMatch", of: "StoryDetail") -> "tuple[Revision, list[Span]]":
    """Return the revision that a watchlist matched, and its spans in it."""
    from alerts.store.spans import unpack_span

    (revision,) = (each for _, revisions in of.articles for each in revisions if each.id == one.revision_id)
    return revision, [unpack_span(span) for span in one.spans]


def _print(found: "StoryDetail") -> None:
    row = found.row
    answer(f"{row.id}  {clean(row.title)}")
    answer(f"first seen {stamp(row.first_seen_at)}, in {count(len(found.articles), 'article')}")
    for article, revisions in found.articles:
        published = article.published.text if article.published else "no time given"
        agency = f" · credited to {article.agency}" if article.agency else ""
        answer(f"\n{clean(article.source)} · {published}{agency}\n{article.url or '(no address)'}")
        why = row.memberships.get(article.id)
        if why is not None and why.copies:
            answer(f"  {clean(why.sentence)}")
        for revision in revisions:
            answer(f"  revision {revision.number}, {stamp(revision.created_at)}: {clean(revision.title)}")
        answer("\n".join(f"  {clean(line)}".rstrip() for line in revisions[-1].text.splitlines()))
    _print_thread(found)
    for one in found.matches:
        _print_match(one, found)
    if not found.matches:
        answer("\nno watchlist matched it; `storywatch why URL` tells which part of each query failed")


def _print_thread(found: "StoryDetail") -> None:
    """Print which event the story is about, why, and who else tells of it."""
    if found.row.thread_id is None:
        if found.thread_reason:
            answer(f"\nno thread: {found.thread_reason}")
        return
    answer(f"\nthread {found.row.thread_id}: {found.thread_reason or 'it began with this story'}")
    for one in found.thread_stories:
        language = f" · {one.language}" if one.language else ""
        answer(f"  {one.id}  {clean(one.title)} · {clean(one.source)}{language}")


def _print_match(one: "StoryMatch", found: "StoryDetail") -> None:
    """Print why a watchlist matched, with the words in their places."""
    from alerts.snippets import excerpt, headline
    from alerts.types import Event, Field
    from alerts.verdicts import Verdict

    if one.event == Event.COPIES.value:
        _print_copy(one, found)
        return
    if one.figures is not None:
        answer(f"\n{one.watchlist}: it leads a spike, {stamp(one.matched_at)}: {_sentence(one.figures)}")
        return
    revision, spans = _matched(one, found)
    words = _explained(spans, revision)
    answer(f"\n{one.watchlist}: {Verdict(one.verdict).sentence}; matched {clean(words) or 'by its restrictions'}")
    in_title = [span for span in spans if span.field is Field.TITLE]
    in_text = [span for span in spans if span.field is Field.TEXT]
    shown = (
        (headline(revision.title, in_title, _LONGEST_LINE) if in_title else ()),
        (excerpt(revision.text, in_text, _LONGEST_LINE)),
    )
    for pieces in shown:
        if pieces:
            answer("  " + clean("".join(f"*{piece.text}*" if piece.marked else piece.text for piece in pieces)))


def _sentence(figures: dict[str, Any]) -> str:
    from news.spikes import Figures

    return Figures.unpack(figures).sentence


def _print_copy(one: "StoryMatch", found: "StoryDetail") -> None:
    """Print what a watchlist was told of an article that came later."""
    from alerts.verdicts import Verdict

    (article,) = (article for article, _ in found.articles if article.id == one.article_id)
    where = f"{clean(article.source)}, {article.url or 'without an address'}"
    told = Verdict(one.verdict) is Verdict.TELL
    what = "told, or about to be told (event copies)" if told else Verdict(one.verdict).sentence
    answer(f"\n{one.watchlist}: later copy, {where}: {what}")
