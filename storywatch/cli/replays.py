"""How ``storywatch watchlists test`` shows what a replay came to: for people in sections, for programs in JSON.

::

    header · hits, or what a changed query gains and loses · near misses by reason · forecast of each alert
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from alerts.schedules import Immediately, parse_schedule
from alerts.snippets import Piece, excerpt, headline, snippets
from alerts.types import Alert, Field, Span
from alerts.verdicts import Verdict
from alerts.wording import explained
from storywatch.cli.common import console
from storywatch.cli.listing import clean, count, stamp

if TYPE_CHECKING:
    from alerts.forecast import Forecast
    from alerts.relaxing import Reason
    from alerts.replayed import Found, NearMisses, Report, Shown

#: code points of a title or a sentence that is shown
_LONGEST_LINE = 240
#: of a sentence in JSON, and spans of a story there
_LONGEST_SNIPPET = 500
_MOST_MATCHED = 50
_DAY = timedelta(days=1)
_SILENT = "taken in silently: old when its feed was new"


# ── for people ──────────


class Page:
    """Lines on standard output: wrapped and styled on a terminal, one line each and with marks in a pipe."""

    def __init__(self) -> None:
        self._out = console()
        self._styled = self._out.is_terminal
        if not self._styled:
            # In a pipe nothing is wrapped.
            self._out.width = 10_000

    def section(self, text: str, *, indent: int = 0) -> None:
        """Write a heading, apart from what stands before it."""
        self._out.print()
        self.line(text, indent=indent, style="bold")

    def line(self, text: str | Text, *, indent: int = 0, style: str = "") -> None:
        """Write a line, or a paragraph that keeps its indent."""
        shown = text if isinstance(text, Text) else Text(clean(text), style)
        self._out.print(Padding(shown, (0, 0, 0, indent), expand=False), soft_wrap=False)

    def marked(self, pieces: Iterable[Piece], style: str = "") -> Text:
        """Return a text with its matched words bold, or between stars."""
        found = Text(style=style)
        for piece in pieces:
            words = clean(piece.text)
            if not piece.marked:
                found.append(words)
            elif self._styled:
                found.append(words, "bold yellow")
            else:
                found.append(f"*{words}*")
        return found

    def story(self, shown: "Shown") -> None:
        """Write a story with the words that were found in it, apart from what stands before it."""
        self._out.print()
        of = shown.stored.revision
        in_title = [span for span in shown.spans if span.field is Field.TITLE]
        in_text = [span for span in shown.spans if span.field is Field.TEXT]
        self.line(
            self.marked(headline(of.title, in_title, _LONGEST_LINE) or (Piece("(no title)", marked=False),)), indent=2
        )
        facts = [of.source, of.language or "", _time(of.story_first_seen_at), of.url or "no address"]
        if shown.verdict is Verdict.BACKLOG:
            facts.append(_SILENT)
        self.line(" · ".join(fact for fact in facts if fact), indent=4, style="dim")
        sentence = excerpt(of.text, in_text, _LONGEST_LINE)
        if sentence:
            self.line(self.marked(sentence), indent=4)
        words = explained(shown.spans, title=of.title, text=of.text, language=of.language)
        self.line(words or "by its restrictions alone", indent=4, style="dim")
        if shown.detail:
            self.line(shown.detail, indent=4)


def show(report: "Report", *, name: str, query: str, present: str | None) -> None:
    """Write a report for people; ``query`` and ``present`` are the queries as understood."""
    page = Page()
    page.line(name, style="bold")
    page.line(query, indent=2)
    if present is not None:
        page.line(f"instead of {present}", indent=2)
    stories = count(report.stories, "story", "stories")
    page.line(f"replayed over {stories}, the first of {_time(report.since)}", indent=2)
    if report.added is None or report.lost is None:
        _found(page, report.hits, "hit", "hits")
    else:
        _difference(page, report.hits, report.added, report.lost)
    _near_misses(page, report.near_misses)
    _forecasts(page, report)


def _found(page: Page, found: "Found", one: str, several: str) -> None:
    """Write a section of stories."""
    silent = f" ({found.silent} {_SILENT})" if found.silent else ""
    page.section(f"{count(found.count, one, several)}{silent}")
    for shown in found.shown:
        page.story(shown)
    _rest(page, found.count - len(found.shown))


def _rest(page: Page, left: int, *, indent: int = 2) -> None:
    if left:
        page.line(f"and {left} more; --limit shows more", indent=indent, style="dim")


def _difference(page: Page, hits: "Found", added: "Found", lost: "Found") -> None:
    before = hits.count - added.count + lost.count
    page.section(f"{count(hits.count, 'hit')}, and the present query has {before}")
    if not added.count and not lost.count:
        page.line("both find the same stories", indent=2)
    if added.count:
        _found(page, added, "added hit", "added hits")
    if lost.count:
        _found(page, lost, "lost hit", "lost hits")


def _near_misses(page: Page, groups: Sequence["NearMisses"]) -> None:
    """Write what was nearly found, by reason."""
    page.section(count(sum(one.count for one in groups), "near miss", "near misses"))
    for group in groups:
        stories = count(group.count, "story", "stories")
        page.section(f"{group.reason.sentence}: {stories}", indent=2)
        for shown in group.shown:
            page.story(shown)
        if group.shown:
            _rest(page, group.count - len(group.shown))


def _forecasts(page: Page, report: "Report") -> None:
    """Write what each alert would have sent."""
    span = report.until - report.since
    page.section(f"forecast, by the last {_span(span)}{'' if span >= _DAY else ', too short to say how many a day'}")
    if not report.forecasts:
        page.line("no alert tells of it", indent=2)
    present = dict(zip((one.alert.id for one in report.present), report.present, strict=True))
    for one in report.forecasts:
        together = ", of this watchlist alone" if one.alert.combined else ""
        where = "" if one.alert.names_target else f" to {one.alert.target.name}"
        page.line(f"{one.alert.name}: {one.alert.schedule}{where}{together}", indent=2)
        page.line(_forecast(one), indent=4)
        if one.alert.id in present:
            page.line(f"with the present query: {_forecast(present[one.alert.id])}", indent=4)


def _forecast(one: "Forecast") -> str:
    """Return in a line what an alert would have sent."""
    # What an urgent query sends at once is counted too, and is no digest.
    mixed = _immediate(one.alert) or one.alert.urgent is not None
    kind = ("message", "messages") if mixed else ("digest", "digests")
    stories = count(one.stories, "story", "stories")
    if one.stories_a_day is None or one.messages_a_day is None:
        if one.messages and mixed and not _immediate(one.alert):
            # What was sent at once may be all that was sent yet.
            return f"{stories}, and {count(one.messages, *kind)} so far"
        return f"{stories} in {count(one.messages, *kind)}" if one.messages else f"{stories}, and no {kind[0]} yet"
    if not one.stories and not one.messages:
        return "nothing"
    most = f"at most {count(one.most_on_a_day, 'story', 'stories')} on a day"
    if _immediate(one.alert):
        return f"{_number(one.stories_a_day)} stories a day in {_number(one.messages_a_day)} messages, {most}"
    each = "" if one.stories_a_message is None else f" with {_number(one.stories_a_message)} stories each"
    return f"{_number(one.messages_a_day)} {kind[1]} a day{each}, {most}"


def _immediate(alert: Alert) -> bool:
    return isinstance(parse_schedule(alert.schedule), Immediately)


def _number(value: float) -> str:
    if 0 < value < 0.1:  # noqa: PLR2004 - what the next line would show as none
        return "less than 0.1"
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"  # noqa: PLR2004 - two digits say enough


def _span(span: timedelta) -> str:
    for unit, noun in ((_DAY, "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if span >= unit:
            return count(round(span / unit), noun)
    return "less than a minute"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


# ── for programs ──────────


def as_json(report: "Report", *, name: str, watchlist_id: str, query: str, present: str | None) -> dict[str, Any]:
    """Return a report as JSON has it."""
    compared: dict[str, Any] = {}
    if report.added is not None and report.lost is not None:
        compared = {
            "present_query": present,
            "added_count": report.added.count,
            "added": [_hit(one) for one in report.added.shown],
            "lost_count": report.lost.count,
            "lost": [_hit(one) for one in report.lost.shown],
        }
    before = {one.alert.id: one for one in report.present}
    return {
        "watchlist": name,
        "id": watchlist_id,
        "query": query,
        "since": stamp(report.since),
        "until": stamp(report.until),
        "days": round((report.until - report.since) / _DAY, 2),
        "stories": report.stories,
        "hit_count": report.hits.count,
        "hits": [_hit(one) for one in report.hits.shown],
        "near_miss_count": sum(one.count for one in report.near_misses),
        "near_misses": [_near_miss(one, group.reason) for group in report.near_misses for one in group.shown],
        "near_miss_reasons": [
            {
                "reason": one.reason.sentence,
                "kind": one.reason.kind.value,
                "part": one.reason.part,
                "stories": one.count,
            }
            for one in report.near_misses
        ],
        "forecast": [_forecast_row(one, before.get(one.alert.id)) for one in report.forecasts],
        **compared,
    }


def _hit(shown: "Shown") -> dict[str, Any]:
    return {**_story(shown), "verdict": shown.verdict}


def _near_miss(shown: "Shown", reason: "Reason") -> dict[str, Any]:
    return {
        **_story(shown),
        "reason": ": ".join(one for one in (reason.sentence, shown.detail) if one),
        "kind": reason.kind.value,
        "part": reason.part,
    }


def _story(shown: "Shown") -> dict[str, Any]:
    of = shown.stored.revision
    return {
        "id": str(of.story_id),
        "title": of.title,
        "url": of.url,
        "source": of.source,
        "language": of.language,
        "published": shown.stored.published,
        "first_seen": stamp(of.story_first_seen_at),
        "matched": [*_matched(shown.spans, Field.TITLE, of.title), *_matched(shown.spans, Field.TEXT, of.text)],
    }


def _matched(spans: Iterable[Span], field: Field, text: str) -> list[dict[str, Any]]:
    chosen = [span for span in spans if span.field is field][:_MOST_MATCHED]
    return [
        {
            "field": field.value,
            "start": span.start,
            "end": span.end,
            "term": span.term,
            "how": span.how.value,
            "words": text[span.start : span.end],
            "snippet": snippet,
        }
        for span, snippet in zip(chosen, snippets(text, chosen, _LONGEST_SNIPPET), strict=True)
    ]


def _forecast_row(one: "Forecast", present: "Forecast | None") -> dict[str, Any]:
    row = {
        "alert": one.alert.name,
        "channel": one.alert.target.channel.value,
        "target": one.alert.target.name,
        "schedule": one.alert.schedule,
        **_figures(one),
    }
    return row if present is None else row | {"present": _figures(present)}


def _figures(one: "Forecast") -> dict[str, Any]:
    figures = {
        "stories_a_day": one.stories_a_day,
        "messages_a_day": one.messages_a_day,
        "stories_a_message": one.stories_a_message,
    }
    return {
        "stories": one.stories,
        "messages": one.messages,
        **{key: None if value is None else round(value, 2) for key, value in figures.items()},
        "most_on_a_day": one.most_on_a_day,
    }
