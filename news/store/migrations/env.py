"""What Alembic runs to apply the migrations: on the connection that ``news.store.migrate`` hands over."""

from alembic import context

from news.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's transactions hold its CREATE and ALTER too: a migration is applied as a whole, or not at all.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
