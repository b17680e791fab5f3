"""``storywatch store``: the database."""

from pathlib import Path
from typing import Annotated

import typer

from storywatch.cli.common import JsonOption, answer, answer_json, load_config, note, unwell

app = typer.Typer(help="The database: status, migrate, backup, prune.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]


@app.command("status")
def status(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Show the database's schema, size and rows; exit 1 if the schema is not this version's."""
    from news.clock import SystemClock
    from news.store import counts, migrate
    from news.store.engine import Store

    config = load_config(ctx)
    with Store.open(config.service.database, SystemClock()) as store:
        schema = migrate.status(store)
        current = schema.state is migrate.SchemaState.CURRENT
        found = store.read_now(counts.count) if current else None
    row = {
        "database": str(store.url),
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
    if not current:
        unwell()


@app.command("migrate")
def migrate_(ctx: typer.Context) -> None:
    """Bring the schema to this version's; an SQLite file is copied first."""
    from news.clock import SystemClock
    from news.store import migrate
    from news.store.engine import Store

    config = load_config(ctx)
    with Store.open(config.service.database, SystemClock()) as store:
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
    from news.store.engine import Store

    config = load_config(ctx)
    with Store.open(config.service.database, SystemClock()) as store:
        migrate.backup(store, file)
    answer(f"{file}: {file.stat().st_size} bytes")


@app.command("prune")
def prune(ctx: typer.Context, dry_run: DryRunOption = False) -> None:  # noqa: FBT002 - an option
    """Take what is past its time by [store]; the service does the same each hour."""
    from news.clock import SystemClock
    from news.store import retention
    from storywatch import wiring

    config = load_config(ctx)
    clock = SystemClock()
    texts = articles = messages = 0
    with wiring.open_store(config, clock) as store:
        more = True
        while more:
            done = store.write_now(
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
            more = done.more and not dry_run
    verb = "would go" if dry_run else "went"
    answer(f"{verb}: the texts of {texts} articles, {articles} articles, {messages} messages' bytes")
    if dry_run and done.more:
        note("there is more than one round takes; the rest goes in the rounds after it")
