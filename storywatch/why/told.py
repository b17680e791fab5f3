"""What a watchlist made of an article: the part of the query that failed, or the words that matched. Pure.

::

    no match ──▶ not evaluated yet │ outside of feeds or languages │ the parts of the query that failed
    match ──▶ taken in silently, and why │ each alert ──▶ storywatch.why.sent
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from alerts import evaluate
from alerts.analysis import Analyser
from alerts.explain import blamed, explain
from alerts.index import evaluate as spans_of
from alerts.query import of_watchlist
from alerts.reading import Reading
from alerts.snippets import snippets
from alerts.store.matches import Pending
from alerts.store.trails import MatchTrail
from alerts.store.watchlists import WatchlistRow
from alerts.types import Alert, Event, Field, Span, Watchlist
from alerts.verdicts import Verdict, selects
from alerts.wording import explained
from news.languages import detect, same_language
from news.urls import listed
from storywatch.why.facts import Facts
from storywatch.why.sent import told
from storywatch.why.steps import AlertState, Failed, Fate, ListFate, Matched

#: code points of a sentence around what matched
_SNIPPET = 300
#: matched words that are shown, a term and field each once
_MOST = 12
#: feeds that are named
_MOST_FEEDS = 4


def fate(facts: Facts, watchlist: Watchlist, alerts: Sequence[Alert]) -> ListFate:
    """Return what became of a known article with a watchlist."""
    own = [one for one in alerts if watchlist.id in one.watchlists]
    match, row = facts.matches.get(watchlist.id), facts.lists.get(watchlist.id)
    found = _unmatched(facts, watchlist, row) if match is None else _matched(facts, watchlist, match, own)
    if match is not None:
        found = _copied(facts, watchlist, match, found, own)
    led = [one for one in facts.spikes if one.watchlist_id == watchlist.id]
    remarks = [_remark(facts, row), *(f"its story leads a spike: {one.told.sentence}" for one in led)]
    if found.fate in {Fate.OUTSIDE, Fate.NOT_MATCHED}:
        remarks.append(_misread(watchlist, facts.revisions[-1]))
    return replace(found, remark="; ".join(one for one in remarks if one))


def _remark(facts: Facts, row: WatchlistRow | None) -> str:
    if row is None:
        return "no run has taken this watchlist over yet"
    if not row.is_paused(facts.now):
        return ""
    return "it is paused: what it finds waits"


# ── without a match ──────────


def _unmatched(facts: Facts, watchlist: Watchlist, row: WatchlistRow | None) -> ListFate:
    """Tell why a watchlist has no match of the story."""

    def is_(which: Fate, reason: str, failed: tuple[Failed, ...] = ()) -> ListFate:
        return ListFate(watchlist.id, watchlist.name, which, reason, failed=failed)

    if not facts.revisions:
        return is_(Fate.WAITING, "the article has no story yet")
    if row is None:
        return is_(Fate.WAITING, "the watchlist is new: `storywatch run` takes it over")
    latest = facts.revisions[-1]
    if facts.trail is not None and any(one.evaluated_at is None for one in facts.trail.revisions):
        return is_(Fate.WAITING, "it is to be matched with the watchlists")
    if row.backfilled_at is None:
        return is_(Fate.WAITING, "the watchlist is new, and is to be evaluated over the stored stories")
    if not selects(watchlist, latest):
        return is_(Fate.OUTSIDE, _outside(watchlist, latest))
    if not any(one.title or one.text for one in facts.revisions):
        return is_(Fate.NOT_MATCHED, "it did not match; its text is gone, since [store] retention took it")
    query, analyser = of_watchlist(watchlist), Analyser()
    if any(spans_of(query, evaluate.document(one), analyser) is not None for one in facts.revisions):
        return is_(Fate.NOT_EVALUATED, _too_late(facts, watchlist, row, latest))
    parts = blamed(explain(query.tree, Reading(evaluate.document(latest), analyser)))
    failed = tuple(Failed(one.written, one.sentence, one.nearest) for one in parts)
    return is_(Fate.NOT_MATCHED, "its query does not hold", failed)


def _outside(watchlist: Watchlist, revision: Pending) -> str:
    """Tell whether a revision is outside of the watchlist's languages or feeds, and what it has instead."""
    if not selects(replace(watchlist, feeds=()), revision):
        asked = ", ".join(watchlist.languages)
        return f"it takes the languages {asked}, and the article's is {revision.language}"
    # A feed may be named by its address, which may hold a key.
    asked = ", ".join(map(_bare, watchlist.feeds[:_MOST_FEEDS])) + (", …" if len(watchlist.feeds) > _MOST_FEEDS else "")
    names = [one.name or one.title or listed(one.url) for one in revision.carriers]
    return f"it takes the feeds {asked}, and the article came with {', '.join(names) or revision.source}"


def _misread(watchlist: Watchlist, revision: Pending) -> str:
    """Tell that an article would match in the language that its text is in, where its feed says another one."""
    said, seems = revision.language, detect(f"{revision.title} {revision.text}")
    if said is None or seems is None or same_language(said, seems):
        return ""
    other = replace(revision, language=seems)
    if not selects(watchlist, other) or spans_of(of_watchlist(watchlist), evaluate.document(other)) is None:
        return ""
    return f"it would match if it were read as {seems}, which its text seems to be; its feed says {said}"


def _bare(selector: str) -> str:
    return listed(selector) if "://" in selector else selector


def _too_late(facts: Facts, watchlist: Watchlist, row: WatchlistRow, revision: Pending) -> str:
    """Tell why a query that holds has no match."""
    evaluated = facts.trail.revisions[-1].evaluated_at if facts.trail is not None else None
    if row.since is not None and evaluated is not None and evaluated < row.since:
        return "its query holds, and was edited after the article was evaluated: only later stories are looked at"
    if revision.first_seen_at < row.created_at - timedelta(seconds=watchlist.backlog_s):
        return "its query holds, and the article is older than the backlog that the watchlist began with"
    return "its query holds now, and did not when the article was evaluated"


# ── with a match ──────────


def _matched(facts: Facts, watchlist: Watchlist, match: MatchTrail, alerts: Sequence[Alert]) -> ListFate:
    verdict = Verdict(match.verdict)
    reason = ""
    if facts.trail is not None and match.article_id != facts.trail.article.id:
        reason = f"another article of the story matched first: {match.source}, {match.url or 'without an address'}"
    found = ListFate(
        watchlist.id,
        watchlist.name,
        Fate.SILENT,
        reason,
        at=match.matched_at,
        matched=_words(match),
        explained=_explained(match),
    )
    if verdict is not Verdict.TELL:
        return replace(found, reason="; ".join(one for one in (verdict.sentence, reason) if one))
    if Event.NEW not in watchlist.events:
        asks = "the watchlist does not ask to be told what is new (event new)"
        return replace(found, reason="; ".join(one for one in (asks, reason) if one))
    every = tuple(told(facts, match, one) for one in alerts)
    if not every:
        found = replace(found, reason="; ".join(one for one in ("the watchlist has no alert", reason) if one))
    return replace(found, fate=_fate_of([one.state for one in every]), alerts=every)


def _copied(
    facts: Facts, watchlist: Watchlist, match: MatchTrail, found: ListFate, alerts: Sequence[Alert]
) -> ListFate:
    """Add what became of the article as a copy of a story that the watchlist knows by another."""
    trail, copy = facts.trail, facts.copies.get(watchlist.id)
    if trail is None or match.article_id == trail.article.id or match.verdict != Verdict.TELL:
        return found
    if copy is not None:
        if copy.verdict != Verdict.TELL:
            return replace(found, copy=f"it is a later copy, {Verdict(copy.verdict).sentence}", copy_at=copy.matched_at)
        told_each = tuple(told(facts, copy, one) for one in alerts)
        reason = "it is a later copy of a story that was told, which the watchlist asks for (event copies)"
        return replace(found, copy=reason, copy_at=copy.matched_at, copied=told_each)
    if trail.article.first_seen_at <= match.matched_at:
        return replace(found, copy="it was there before the story was told, and is listed with it")
    if Event.COPIES not in watchlist.events:
        return replace(found, copy="it is a later copy, and the watchlist does not ask for these (event copies)")
    if facts.revisions and not selects(watchlist, facts.revisions[-1]):
        return replace(found, copy=f"it is a later copy that is not told: {_outside(watchlist, facts.revisions[-1])}")
    return replace(
        found, copy="no alert has told the story, or was to, when it came, so it is not told as a later copy"
    )


#: what an alert's state means for the watchlist's; the best counts
_BY_STATE = {
    AlertState.SENT: Fate.TOLD,
    AlertState.SENDING: Fate.SENDING,
    AlertState.WAITING: Fate.DUE,
    AlertState.FAILED: Fate.FAILED,
    AlertState.EXPIRED: Fate.FAILED,
}


def _fate_of(states: Sequence[AlertState]) -> Fate:
    return next((which for state, which in _BY_STATE.items() if state in states), Fate.UNTOLD)


def _explained(match: MatchTrail) -> str:
    return explained(match.spans, title=match.title, text=match.text, language=match.language)


def _words(match: MatchTrail) -> tuple[Matched, ...]:
    """Return the words that matched, each term once a field, as stored with the match."""
    firsts: dict[tuple[Field, str], Span] = {}
    for span in match.spans:
        firsts.setdefault((span.field, span.term), span)
    shown = list(firsts.values())[:_MOST]
    found = []
    for span in shown:
        text = match.title if span.field is Field.TITLE else match.text
        (snippet,) = snippets(text, [span], _SNIPPET)
        words = " ".join(text[span.start : span.end].split())
        found.append(Matched(span.field, span.start, span.end, span.term, span.how, words, snippet))
    return tuple(found)
