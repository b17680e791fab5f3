"""The schema: migrated equals declared, on both databases; backups; what is said of other versions."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from news.store.engine import Store
from news.store.schema import metadata


def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    def differences(conn: Connection) -> list[object]:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    assert store.read_now(differences) == []
