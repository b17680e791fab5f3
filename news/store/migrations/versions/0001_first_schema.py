"""The first schema.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out, not taken from ``news.store.schema``: a migration stands as it was.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table; there is no way back but a backup."""
    _sites()
    _feeds()
    _articles()
    _revisions()
    _stories()
    _watchlists()
    _due()
    _deliveries()


def _sites() -> None:
    """Add what is treated politely as one."""
    op.create_table(
        "site",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_request_at", _INSTANT),
        sa.Column("lease_holder", sa.Text()),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_site"),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_robots"),
    )


def _feeds() -> None:
    """Add the feeds."""
    op.create_table(
        "feed",
        sa.Column("id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("configured_language", sa.Text()),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("configured_interval_s", sa.Float()),
        sa.Column("robots", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("kind", sa.String(length=8)),
        sa.Column("home_url", sa.Text()),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("state_since", _INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("body_hash", sa.LargeBinary()),
        sa.Column("carried", sa.LargeBinary(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("change_gap_s", sa.Float()),
        sa.Column("ttl_s", sa.Float()),
        sa.Column("update_period_s", sa.Float()),
        sa.Column("next_poll_at", _INSTANT),
        sa.Column("last_polled_at", _INSTANT),
        sa.Column("first_success_at", _INSTANT),
        sa.Column("last_success_at", _INSTANT),
        sa.Column("last_new_at", _INSTANT),
        sa.Column("moved_to", sa.Text()),
        sa.Column("moved_first_at", _INSTANT),
        sa.Column("moved_count", sa.Integer(), nullable=False),
        sa.Column("request_url", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("gap_at", _INSTANT),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.name"], name="fk_feed_site_site"),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.UniqueConstraint("url", name="uq_feed_url"),
    )
    op.create_index("ix_feed_due", "feed", ["next_poll_at"])
    op.create_index("ix_feed_site", "feed", ["site"])


def _articles() -> None:
    """Add what was found."""
    op.create_table(
        "story",
        sa.Column("id", _ID, nullable=False),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("joined_into", _ID),
        sa.ForeignKeyConstraint(["joined_into"], ["story.id"], name="fk_story_joined_into_story"),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_first_seen", "story", ["first_seen_at"])
    op.create_index(
        "ix_story_joined",
        "story",
        ["joined_into"],
        sqlite_where=sa.text("joined_into IS NOT NULL"),
        postgresql_where=sa.text("joined_into IS NOT NULL"),
    )
    op.create_table(
        "article",
        sa.Column("id", _ID, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("published", sa.Text()),
        sa.Column("published_at", _INSTANT),
        sa.Column("published_latest", _INSTANT),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("arrival", sa.String(length=10), nullable=False),
        sa.Column("story_id", _ID),
        sa.Column("story_reason", sa.String(length=16)),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_article_feed_id_feed"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_article_story_id_story"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("identity", name="uq_article_identity"),
    )
    op.create_index("ix_article_first_seen", "article", ["first_seen_at"])
    op.create_index("ix_article_story", "article", ["story_id"])


def _revisions() -> None:
    """Add what articles said and what feeds carry."""
    op.create_table(
        "revision",
        sa.Column("id", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("published", sa.Text()),
        sa.Column("published_at", _INSTANT),
        sa.Column("published_latest", _INSTANT),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("evaluated_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_revision_article_id_article", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_revision_feed_id_feed"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("article_id", "number", name="uq_revision_article_id"),
    )
    op.create_index(
        "ix_revision_kept",
        "revision",
        ["created_at"],
        sqlite_where=sa.text("(title <> '' OR text <> '')"),
        postgresql_where=sa.text("(title <> '' OR text <> '')"),
    )
    op.create_index(
        "ix_revision_pending",
        "revision",
        ["id"],
        sqlite_where=sa.text("evaluated_at IS NULL"),
        postgresql_where=sa.text("evaluated_at IS NULL"),
    )
    op.create_table(
        "entry",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("item_hash", sa.LargeBinary(), nullable=False),
        sa.Column("guid", sa.Text()),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("gone_at", _INSTANT),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_entry_article_id_article"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_entry_feed_id_feed", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", "item_hash", name="pk_entry"),
    )
    op.create_index("ix_entry_article", "entry", ["article_id"])
    op.create_index(
        "ix_entry_gone",
        "entry",
        ["gone_at"],
        sqlite_where=sa.text("gone_at IS NOT NULL"),
        postgresql_where=sa.text("gone_at IS NOT NULL"),
    )
    op.create_index("ix_entry_guid", "entry", ["feed_id", "guid"])


def _stories() -> None:
    """Add what stories and their stages need."""
    op.create_table(
        "story_text",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_story_text_story_id_story"),
        sa.PrimaryKeyConstraint("key", name="pk_story_text"),
    )
    op.create_index("ix_story_text_seen", "story_text", ["seen_at"])
    op.create_index("ix_story_text_story", "story_text", ["story_id"])
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", _INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _watchlists() -> None:
    """Add what is looked for and found."""
    op.create_table(
        "watchlist",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("since", _INSTANT),
        sa.Column("backfilled_at", _INSTANT),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("paused_at", _INSTANT),
        sa.Column("paused_until", _INSTANT),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watchlist"),
    )
    op.create_table(
        "match",
        sa.Column("id", _ID, nullable=False),
        sa.Column("watchlist_id", sa.Text(), nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("event", sa.String(length=8), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("revision_id", _ID, nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("matched_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_match_article_id_article"),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_match_revision_id_revision"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_match_story_id_story"),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlist.id"], name="fk_match_watchlist_id_watchlist"),
        sa.PrimaryKeyConstraint("id", name="pk_match"),
        sa.UniqueConstraint("watchlist_id", "story_id", "event", name="uq_match_watchlist_story_event"),
    )
    op.create_index("ix_match_article", "match", ["article_id"])
    op.create_index("ix_match_revision", "match", ["revision_id"])
    op.create_index("ix_match_story", "match", ["story_id"])
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("told_to", _INSTANT),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )


def _due() -> None:
    """Add what is to be told."""
    op.create_table(
        "due",
        sa.Column("id", _ID, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("match_id", _ID, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT),
        sa.Column("due_key", sa.Text()),
        sa.Column("urgent_told_at", _INSTANT),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_due_alert_id_alert"),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name="fk_due_match_id_match", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_due"),
        sa.UniqueConstraint("alert_id", "match_id", name="uq_due_alert_match"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_due_match", "due", ["match_id"])
    op.create_index(
        "ix_due_open",
        "due",
        ["alert_id"],
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )


def _deliveries() -> None:
    """Add what is sent."""
    op.create_table(
        "message",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("due_key", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("watchlist", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("alert_id", "due_key", "part", "recipient", name="uq_message_identity"),
        sa.UniqueConstraint("message_id", name="uq_message_message_id"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_attempt_at", _INSTANT),
        sa.Column("lease_holder", sa.Text()),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.Column("committing", sa.Boolean(), nullable=False),
        sa.Column("sent_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_delivery_message_id_message", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("message_id", name="uq_delivery_message_id"),
    )
    op.create_index("ix_delivery_due", "delivery", ["next_attempt_at"])
    op.create_table(
        "attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_attempt_delivery_id_delivery", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_delivery_id", "attempt", ["delivery_id"])
    op.create_table(
        "target",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("paused_at", _INSTANT),
        sa.Column("paused_until", _INSTANT),
        sa.Column("off_reason", sa.Text()),
        sa.Column("off_at", _INSTANT),
        sa.Column("last_sent_at", _INSTANT),
        sa.Column("last_error", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_target"),
    )
    op.create_table(
        "trouble",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        sa.PrimaryKeyConstraint("subject", name="pk_trouble"),
    )
