"""Edited copies, threads, the best teller, copies and spikes.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what is learnt from now on; each match tells by the article that it led with."""
    _threads()
    _copies()
    _matches()
    _spikes()


def _threads() -> None:
    op.create_table(
        "thread",
        sa.Column("id", _Id, nullable=False),
        sa.Column("first_seen_at", _Instant, nullable=False),
        sa.Column("joined_into", _Id, nullable=True),
        sa.ForeignKeyConstraint(["joined_into"], ["thread.id"], name="fk_thread_joined_into_thread"),
        sa.PrimaryKeyConstraint("id", name="pk_thread"),
        sqlite_autoincrement=True,
    )
    joined = sa.text("joined_into IS NOT NULL")
    op.create_index("ix_thread_joined", "thread", ["joined_into"], sqlite_where=joined, postgresql_where=joined)
    with op.batch_alter_table("story", table_kwargs={"sqlite_autoincrement": True}) as story:
        story.add_column(sa.Column("thread_id", _Id, nullable=True))
        story.add_column(sa.Column("thread_score", sa.Float(), nullable=True))
        story.add_column(sa.Column("thread_reason", sa.Text(), nullable=True))
        story.create_foreign_key("fk_story_thread_id_thread", "thread", ["thread_id"], ["id"])
    has = sa.text("thread_id IS NOT NULL")
    op.create_index("ix_story_thread", "story", ["thread_id"], sqlite_where=has, postgresql_where=has)
    waits = sa.text("thread_id IS NULL AND thread_reason IS NULL AND joined_into IS NULL")
    op.create_index("ix_story_threadless", "story", ["first_seen_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "story_evidence",
        sa.Column("story_id", _Id, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_story_evidence_story_id_story"),
        sa.PrimaryKeyConstraint("story_id", name="pk_story_evidence"),
    )
    op.create_index("ix_story_evidence_at", "story_evidence", ["at"])


def _copies() -> None:
    op.add_column("article", sa.Column("story_score", sa.Float(), nullable=True))
    op.add_column("article", sa.Column("copy_of", _Id, nullable=True))
    op.add_column("story_text", sa.Column("article_id", _Id, nullable=True))
    op.create_table(
        "wording",
        sa.Column("article_id", _Id, nullable=False),
        sa.Column("story_id", _Id, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("published_at", _Instant, nullable=True),
        sa.Column("text_key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_wording_story_id_story"),
        sa.PrimaryKeyConstraint("article_id", name="pk_wording"),
    )
    op.create_index("ix_wording_story", "wording", ["story_id"])
    op.create_index("ix_wording_mark", "wording", ["mark"])
    op.create_index("ix_wording_day", "wording", ["day"])
    op.create_table(
        "headline",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", _Id, nullable=False),
        sa.Column("story_id", _Id, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("seen_at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_headline_story_id_story"),
        sa.PrimaryKeyConstraint("key", "article_id", name="pk_headline"),
    )
    op.create_index("ix_headline_seen", "headline", ["seen_at"])
    op.create_index("ix_headline_story", "headline", ["story_id"])
    op.create_table(
        "memory",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_memory"),
    )
    op.create_index("ix_memory_mark", "memory", ["mark"])


def _matches() -> None:
    with op.batch_alter_table("match") as match:
        match.add_column(sa.Column("occasion", sa.Text(), nullable=False, server_default=sa.text("''")))
        match.add_column(sa.Column("figures", sa.JSON(), nullable=True))
        match.drop_constraint("uq_match_watchlist_story_event", type_="unique")
        match.create_unique_constraint("uq_match_occasion", ["watchlist_id", "story_id", "event", "occasion"])
        match.create_index("ix_match_counted", ["watchlist_id", "event", "verdict", "matched_at"])
    op.create_table(
        "telling",
        sa.Column("match_id", _Id, nullable=False),
        sa.Column("article_id", _Id, nullable=False),
        sa.Column("revision_id", _Id, nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_telling_article_id_article"),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name="fk_telling_match_id_match", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_telling_revision_id_revision"),
        sa.PrimaryKeyConstraint("match_id", "article_id", name="pk_telling"),
    )
    op.create_index("ix_telling_article", "telling", ["article_id"])
    op.create_index("ix_telling_revision", "telling", ["revision_id"])
    # What was told led with the article that its match names.
    op.execute(
        "INSERT INTO telling (match_id, article_id, revision_id, spans)"
        " SELECT id, article_id, revision_id, spans FROM match"
    )
    op.add_column("due", sa.Column("teller_id", _Id, nullable=True))
    op.execute(
        "UPDATE due SET teller_id = (SELECT article_id FROM match WHERE match.id = due.match_id)"
        " WHERE told_at IS NOT NULL OR urgent_told_at IS NOT NULL"
    )
    op.add_column("revision", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))


def _spikes() -> None:
    op.create_table(
        "spike",
        sa.Column("id", _Id, nullable=False),
        sa.Column("watchlist_id", sa.Text(), nullable=False),
        sa.Column("thread_id", _Id, nullable=True),
        sa.Column("began_at", _Instant, nullable=False),
        sa.Column("last_at", _Instant, nullable=False),
        sa.Column("ended_at", _Instant, nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name="fk_spike_thread_id_thread"),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlist.id"], name="fk_spike_watchlist_id_watchlist"),
        sa.PrimaryKeyConstraint("id", name="pk_spike"),
    )
    op.create_index("ix_spike_watchlist", "spike", ["watchlist_id", "began_at"])
    op.create_index("ix_spike_thread", "spike", ["thread_id"])
