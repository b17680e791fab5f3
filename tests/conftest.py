"""Fixtures that every test may ask for."""

from stores import (
    database,
    postgres,
    postgres_template,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
    store_clock,
)

__all__ = [
    "database",
    "postgres",
    "postgres_template",
    "postgres_url",
    "sqlite_template",
    "sqlite_url",
    "store",
    "store_clock",
]
