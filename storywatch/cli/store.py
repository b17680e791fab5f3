"""``storywatch store``: the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storywatch.cli.common import JsonOption, answer, answer_json, load_config, note, unwell
from storywatch.cli.listing import count

if TYPE_CHECKING:
    from news.store.retention import Pruned
    from storywatch.config import Config

app = typer.Typer(help="The database: status, migrate, backup, prune.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]


@app.command("status")
def status(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show the database's schema, size and rows; exit 1 if this version cannot work on it as it is."""
    from news.clock import SystemClock
    from news.store import counts, migrate
    from news.store.connect import parse_address, sqlite_file
    from news.store.engine import Store

    config = load_config(ctx)
    url = parse_address(config.service.database)
    file = sqlite_file(url)
    schema, found = migrate.unborn(), None
    # Opening would make the file.
    if file is None or file.exists():
        with Store.open(config.service.database, SystemClock()) as store:
            schema = migrate.status(store)
            if schema.state is migrate.SchemaState.CURRENT:
                found = store.read_now(counts.count)
    # An SQLite file is migrated by whatever opens it next, but never back.
    mended = file is not None and schema.state is not migrate.SchemaState.NEWER
    row = {
        "database": str(url),
        "schema": schema.current,
        "schema_needed": schema.head,
        "state": schema.state.value,
        "size_bytes": found.size if found else None,
        "feeds": found.feeds if found else None,
        "articles": found.articles if found else None,
        "stories": found.stories if found else None,
        "messages": found.messages if found else None,
    }
    if json:
        answer_json(row)
    else:
        for key, value in row.items():
            answer(f"{key.replace('_', ' '):14} {'–' if value is None else value}")
    if schema.state is not migrate.SchemaState.CURRENT and not mended:
        unwell()


@app.command("migrate")
def migrate_(ctx: typer.Context) -> None:
    """Bring the schema to this version's; an SQLite file is copied first."""
    from news.clock import SystemClock
    from news.store import migrate
    from news.store.engine import Store
    from storywatch.cli.progress import progress

    config = load_config(ctx)
    with Store.open(config.service.database, SystemClock()) as store, progress("migrating"):
        store.hold_service()
        if store.file is not None:
            kept = migrate.prepare(store)
            if kept is not None:
                note(f"the database as it was lies in {kept}")
        else:
            migrate.upgrade(store)
        answer(f"the schema is {migrate.status(store).current}")


@app.command("backup")
def backup(ctx: typer.Context, file: FileArgument) -> None:
    """Copy the database into a file, while the service runs."""
    from news.clock import SystemClock
    from news.store import migrate
    from news.store.connect import parse_address, sqlite_file
    from news.store.engine import Store
    from storywatch.cli.progress import progress

    config = load_config(ctx)
    database = sqlite_file(parse_address(config.service.database))
    if database is not None and not database.exists():
        note(f"{database} is not there yet, so there is nothing to copy")
        unwell()
    with Store.open(config.service.database, SystemClock()) as store, progress("copying the database"):
        migrate.backup(store, file)
    answer(f"{file}: {count(file.stat().st_size, 'byte')}")


@app.command("prune")
def prune(ctx: typer.Context, dry_run: DryRunOption = False) -> None:  # noqa: FBT002 - an option
    """Take what is past its time by [store]; the service does the same each hour."""
    from storywatch.cli.progress import progress

    config = load_config(ctx)
    with progress("looking what is past its time" if dry_run else "taking what is past its time"):
        texts, articles, messages, more = _pruned(config, dry_run=dry_run)
    took = f"the texts of {count(texts, 'article')}, {count(articles, 'whole article')}, "
    took += f"the bytes of {count(messages, 'message')}"
    answer(f"{'would go' if dry_run else 'went'}: {took}")
    if more:
        note("there is more than one round takes; the rest goes in the rounds after it")


def _pruned(config: "Config", *, dry_run: bool) -> tuple[int, int, int, bool]:
    """Prune, round by round; return texts, articles and messages, and whether there is more."""
    from news.clock import SystemClock
    from news.store import retention
    from storywatch.opening import open_store

    clock = SystemClock()
    texts = articles = messages = 0
    with open_store(config, clock) as store:
        while True:
            done: Pruned = store.write_now(
                lambda conn: retention.prune(
                    conn,
                    now=clock.now(),
                    retention=config.store.retention,
                    retention_matched=config.store.retention_matched,
                    max_size_bytes=config.store.max_size,
                    dry_run=dry_run,
                )
            )
            texts, articles, messages = texts + done.texts, articles + done.articles, messages + done.messages
            if dry_run or not done.more:
                return texts, articles, messages, done.more
