"""``storywatch try STAGE``: one stage of the service on your own input, JSON Lines in and out.

The very code that the service runs; without configuration, store or network. With ``--config`` they take the
configuration's aliases and rules.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from storywatch.cli.common import WRONG, load_config, note, state, unwell, wrong

if TYPE_CHECKING:
    from alerts.query import Aliases, Query
    from storywatch.cli.jsonl import Line, Stage
    from storywatch.config import Config

app = typer.Typer(
    help="Try one stage by hand: JSON Lines on standard input, one answer a line.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

#: bytes of a file of queries
_QUERIES_LONGEST = 64 * 1024 * 1024


def _config(ctx: typer.Context) -> "Config | None":
    """Return the configuration that was asked for; a wrong one ends the command with 2. Its site rules are in use."""
    from news.urlrules import use_rules

    if state(ctx).config is None:
        use_rules(())
        return None
    return load_config(ctx)


def _answer(stage: "Stage") -> None:
    from storywatch.cli.jsonl import answer_lines

    if not answer_lines(sys.stdin.buffer, sys.stdout.buffer, stage):
        unwell()


@app.command("url")
def url(ctx: typer.Context) -> None:
    """{id, url} → {id, canonical}: the identity of an address."""
    from news.urls import canonical

    _config(ctx)

    def stage(line: "Line") -> Mapping[str, Any]:
        return {"canonical": canonical(line.text("url"))}

    _answer(stage)


@app.command("feed")
def feed(ctx: typer.Context) -> None:
    """{id, body_base64, url?, content_type?} → {id, feed, entries, problems}: a feed as it is read."""
    import base64
    import binascii

    from crawler.feed import parse
    from crawler.rows import entry_row
    from news.clock import SystemClock
    from storywatch.cli.jsonl import LineError

    _config(ctx)
    clock = SystemClock()

    def stage(line: "Line") -> Mapping[str, Any]:
        written = "".join(line.text("body_base64").split())
        try:
            body = base64.b64decode(written, validate=True)
        except (binascii.Error, ValueError):
            raise LineError("body_base64 is not base64") from None
        parsed = parse(body, url=line.maybe("url"), content_type=line.maybe("content_type"), now=clock.now())
        return {
            "feed": {
                "title": parsed.title,
                "language": parsed.language,
                "kind": parsed.kind.value,
                "url": parsed.url,
            },
            "entries": [entry_row(entry) for entry in parsed.entries],
            "problems": list(parsed.problems),
        }

    _answer(stage)


@app.command("match")
def match(
    ctx: typer.Context,
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="A query.")] = None,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE.jsonl", help="Queries, {id, query} a line.")
    ] = None,
) -> None:
    """{id, title, text, language?, source?, url?} → {id, matches}: which queries hold, and where."""
    from alerts.query import BUILT_IN, parse
    from alerts.try_match import matching
    from storywatch.cli.jsonl import LineError

    if (query is None) == (queries is None):
        wrong("try match: one of --query Q and --queries FILE.jsonl is needed")
    config = _config(ctx)
    aliases = BUILT_IN if config is None else config.aliases
    wanted = [(query, parse(query, aliases))] if query is not None else _queries(queries or Path(), aliases)
    for _, found in wanted:
        for warning in found.warnings:
            note(warning)
    answer = matching(wanted)

    def stage(line: "Line") -> Mapping[str, Any]:
        try:
            return answer(line.values)
        except ValueError as error:
            raise LineError(str(error)) from None

    _answer(stage)


def _queries(path: Path, aliases: "Aliases") -> "list[tuple[object, Query]]":
    """Read a file of queries, each with its id as it came; every problem of it ends the command with 2."""
    from alerts.query import parse
    from news.errors import QueryError
    from storywatch.cli.jsonl import Line, LineError, parse_line

    found: list[tuple[object, Query]] = []
    problems: list[str] = []
    try:
        with path.open("rb") as stream:
            content = stream.read(_QUERIES_LONGEST + 1)
    except OSError as error:
        wrong(f"{path}: cannot be read ({error.strerror}); accepted: a file of {{id, query}} a line")
    if len(content) > _QUERIES_LONGEST:
        wrong(f"{path}: is longer than 64 MiB; accepted: a file of {{id, query}} a line")
    for number, raw in enumerate(content.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            values = parse_line(raw)
            found.append((values.get("id"), parse(Line(values).text("query"), aliases)))
        except (LineError, QueryError) as error:
            problems.append(f"{path}: line {number}: {error}")
    if problems:
        _all_wrong(problems)
    return found


def _all_wrong(problems: list[str]) -> NoReturn:
    for problem in problems:
        note(problem)
    raise typer.Exit(WRONG)


@app.command("stories")
def stories(ctx: typer.Context) -> None:
    """{id, url, title, text, published?, source?, language?} → {id, story, reason, …}: the story of an article."""
    from news.agencies import credited
    from news.clock import SystemClock
    from news.dates import parse_time
    from news.storybook import StoryBook
    from storywatch.cli.events import events

    _config(ctx)
    book, clock = StoryBook(), SystemClock()
    threads = events(note)

    def stage(line: "Line") -> Mapping[str, Any]:
        title, text, url, written = line.text("title"), line.text("text"), line.text("url"), line.maybe("published")
        language, source = line.maybe("language"), line.maybe("source")
        published, _ = parse_time(written, language=language, now=clock.now()) if written else (None, None)
        instant = None if published is None else published.instant or published.latest
        name = line.values.get("id")
        placed = book.add(name, url=url, title=title, text=text, published=instant, source=source)
        credit = credited(title, text, (), language)
        event = threads.of(placed.story, placed.joins, title=title, text=text, language=language, at=instant)
        answer: dict[str, Any] = {
            "story": placed.story,
            "reason": placed.reason.value,
            "score": placed.score,
            "copy_of": placed.copy_of,
            "thread": event.thread,
            "agency": None if credit is None else credit.agency.name,
        }
        if placed.joins:
            answer["joins"] = list(placed.joins)
        if event.joins:
            answer["thread_joins"] = [list(pair) for pair in event.joins]
        return answer

    _answer(stage)


@app.command("diff")
def diff(ctx: typer.Context) -> None:
    """{id, old: {title, text}, new: {title, text}, language?} → {id, weight, changes, text, html}: what was changed."""
    from news.changes import Version, compare
    from news.marking import in_html, in_text, whole
    from news.text import normalise
    from storywatch.cli.jsonl import Line, LineError

    _config(ctx)

    def version(line: "Line", name: str) -> Version:
        values = line.values.get(name)
        if not isinstance(values, dict):
            raise LineError(f"{name} is no object; {{title, text}} is expected")
        said = Line(values)
        try:
            return Version(normalise(said.maybe("title") or ""), normalise(said.text("text")))
        except LineError as error:
            raise LineError(f"{name}: {error}") from None

    def stage(line: "Line") -> Mapping[str, Any]:
        found = compare(version(line, "old"), version(line, "new"), line.maybe("language"))
        pieces = whole(found)
        return {
            "weight": found.weight.word,
            "changes": [
                {
                    "kind": one.kind.value,
                    "weight": one.weight.word,
                    "old": one.old,
                    "new": one.new,
                    "field": one.field.value,
                }
                for one in found.changes
            ],
            "text": in_text(pieces),
            "html": in_html(pieces),
        }

    _answer(stage)
