"""Alembic migrations; ``news.store.migrate`` runs them. Each stands for ever: what changes is a new one."""
