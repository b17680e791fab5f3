"""Every table, so that one read shows the whole.

::

    site ──< feed ──< entry >── article >── story >── thread
                                  │           │
                                  │           └──< match >── watchlist
                                  └──< revision     │
                                          │         ├──< due >── alert ──< message ──< delivery ──< attempt
                                          └──<──────┴──< telling

A row that waits for a stage says so in a column that is indexed: ``feed.next_poll_at``, ``article.story_id IS NULL``,
``revision.evaluated_at IS NULL``, ``due.told_at IS NULL``, ``delivery.next_attempt_at``. Times are aware and in UTC.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    false,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC: TIMESTAMPTZ on PostgreSQL, sortable ISO text by SQLAlchemy on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a naive datetime reached the store: {value!r}"
            raise TypeError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]  # DateTime hands over a datetime
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # the same


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")

# ── crawler ──────────

site = Table(
    "site",
    metadata,
    #: registrable domain, host or IP address; the port never counts
    Column("name", Text, primary_key=True),
    #: no request to this site before this instant: delay and Retry-After, kept over restarts
    Column("next_request_at", Instant),
    Column("lease_holder", Text),
    #: fencing token, grows with every claim
    Column("lease_token", BigInteger, nullable=False, default=0, server_default="0"),
    Column("lease_until", Instant),
)

robots = Table(
    "robots",
    metadata,
    #: scheme://host[:port]
    Column("origin", Text, primary_key=True),
    #: HTTP status of the last answer; 0 where none came
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("site", Text, ForeignKey("site.name"), nullable=False, index=True),
    # configured
    #: config | opml | store
    Column("origin", String(8), nullable=False),
    Column("name", Text),
    Column("configured_language", Text),
    Column("tags", JSON, nullable=False, default=list),
    #: fixed interval in seconds, or NULL: learnt
    Column("configured_interval_s", Float),
    #: obey | permitted
    Column("robots", String(10), nullable=False, default="obey"),
    # as the feed says of itself
    Column("title", Text),
    Column("language", Text),
    Column("kind", String(8)),
    Column("home_url", Text),
    # polling
    #: healthy | failing | silent | resting
    Column("state", String(8), nullable=False, default="healthy"),
    #: a sentence: why it is in this state
    Column("reason", Text, nullable=False, default=""),
    #: the last error, or NULL when the last poll succeeded
    Column("error", Text),
    Column("state_since", Instant),
    Column("failures", Integer, nullable=False, default=0),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary),
    #: 8 bytes an item: what the document carried at the last successful poll
    Column("carried", LargeBinary, nullable=False, default=b""),
    #: learnt interval in seconds, before jitter
    Column("interval_s", Float, nullable=False),
    #: moving average of seconds between changes, or NULL before two changes
    Column("change_gap_s", Float),
    Column("ttl_s", Float),
    Column("update_period_s", Float),
    Column("next_poll_at", Instant),
    Column("last_polled_at", Instant),
    Column("first_success_at", Instant),
    Column("last_success_at", Instant),
    Column("last_new_at", Instant),
    #: a permanent redirect seen, to be adopted after several confirmations over days
    Column("moved_to", Text),
    Column("moved_first_at", Instant),
    Column("moved_count", Integer, nullable=False, default=0),
    #: the address that is requested when it differs from the configured one (an adopted redirect)
    Column("request_url", Text),
    #: False: gone from the configuration; rests, history kept
    Column("active", Boolean, nullable=False, default=True),
    #: an entry was lost between two polls (nothing overlapped); when last seen
    Column("gap_at", Instant),
    Column("created_at", Instant, nullable=False),
)
Index("ix_feed_due", feed.c.next_poll_at)

#: the stories about one event, in any language
thread = Table(
    "thread",
    metadata,
    Column("id", Id, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    #: NULL, or the older thread that this one turned out to be
    Column("joined_into", Id, ForeignKey("thread.id")),
    sqlite_autoincrement=True,
)
Index(
    "ix_thread_joined",
    thread.c.joined_into,
    sqlite_where=thread.c.joined_into.is_not(None),
    postgresql_where=thread.c.joined_into.is_not(None),
)

story = Table(
    "story",
    metadata,
    Column("id", Id, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    #: NULL, or the older story that this one turned out to be
    Column("joined_into", Id, ForeignKey("story.id")),
    #: the event that it is told of; NULL where none was looked for
    Column("thread_id", Id, ForeignKey("thread.id")),
    #: how likely it belongs there, 0 to 1, and what spoke for it; NULL where it began the thread
    Column("thread_score", Float),
    Column("thread_reason", Text),
    # Messages are known by their story: no id is given out again once its story is forgotten.
    sqlite_autoincrement=True,
)
Index("ix_story_first_seen", story.c.first_seen_at)
# Without the many that have none: else SQLite looks for what waits among all of these.
Index(
    "ix_story_thread",
    story.c.thread_id,
    sqlite_where=story.c.thread_id.is_not(None),
    postgresql_where=story.c.thread_id.is_not(None),
)
#: what waits for its thread; written as ``news.store.threads`` asks for it
_THREADLESS = and_(story.c.thread_id.is_(None), story.c.thread_reason.is_(None), story.c.joined_into.is_(None))
Index(
    "ix_story_threadless",
    story.c.first_seen_at,
    sqlite_where=_THREADLESS,
    postgresql_where=_THREADLESS,
)
Index(
    "ix_story_joined",
    story.c.joined_into,
    sqlite_where=story.c.joined_into.is_not(None),
    postgresql_where=story.c.joined_into.is_not(None),
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True),
    #: canonical URL, else guid or hash within its feed; see news.types.Article
    Column("identity", Text, nullable=False, unique=True),
    Column("url", Text),
    Column("feed_id", Id, ForeignKey("feed.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("language", Text),
    Column("published", Text),
    Column("published_at", Instant),
    #: the latest instant that ``published`` can mean; for ages
    Column("published_latest", Instant),
    Column("first_seen_at", Instant, nullable=False),
    #: first_poll | later | catch_up
    Column("arrival", String(10), nullable=False),
    Column("story_id", Id, ForeignKey("story.id")),
    #: news.types.StoryReason
    Column("story_reason", String(16)),
    #: how alike it is to the article that it was compared with, 0 to 1; NULL where it was compared with none
    Column("story_score", Float),
    #: that article, as it was then; it may be forgotten since
    Column("copy_of", Id),
    #: name of the agency that its first text is credited to (news.agencies); NULL where it is to none
    Column("agency", Text),
)
Index("ix_article_story", article.c.story_id)
Index("ix_article_first_seen", article.c.first_seen_at)

#: not emptied by retention; written out, since a partial index serves only the condition that it was made with
KEPT_TEXT = text("(title <> '' OR text <> '')")

revision = Table(
    "revision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("feed_id", Id, ForeignKey("feed.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("language", Text),
    Column("published", Text),
    Column("published_at", Instant),
    Column("published_latest", Instant),
    Column("content_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    #: NULL while it waits to be matched with the watchlists
    Column("evaluated_at", Instant),
    #: it was matched before, and was to be once more since a further feed carries its article
    Column("again", Boolean, nullable=False, default=False, server_default=false()),
    UniqueConstraint("article_id", "number"),
)
Index(
    "ix_revision_pending",
    revision.c.id,
    sqlite_where=revision.c.evaluated_at.is_(None),
    postgresql_where=revision.c.evaluated_at.is_(None),
)
#: what still has its text, oldest first: for retention
Index(
    "ix_revision_kept",
    revision.c.created_at,
    sqlite_where=KEPT_TEXT,
    postgresql_where=KEPT_TEXT,
)

#: what each feed carries: which item is known, by which article; outlives the article's text
entry = Table(
    "entry",
    metadata,
    Column("feed_id", Id, ForeignKey("feed.id", ondelete="CASCADE"), primary_key=True),
    #: 8-byte hash of the item's bytes in the document
    Column("item_hash", LargeBinary, primary_key=True),
    Column("guid", Text),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    #: NULL while the feed carries it
    Column("gone_at", Instant),
)
Index("ix_entry_guid", entry.c.feed_id, entry.c.guid)
Index("ix_entry_article", entry.c.article_id)
Index(
    "ix_entry_gone",
    entry.c.gone_at,
    sqlite_where=entry.c.gone_at.is_not(None),
    postgresql_where=entry.c.gone_at.is_not(None),
)

#: one row for each text that makes a story: the exact-copy index
story_text = Table(
    "story_text",
    metadata,
    #: news.stories.text_key: versioned hash of the text (and of the title, where it is short)
    Column("key", Text, primary_key=True),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    #: the first article with it; it may be forgotten since
    Column("article_id", Id),
    #: when last seen; keys live for the window of 14 days
    Column("seen_at", Instant, nullable=False),
)
Index("ix_story_text_seen", story_text.c.seen_at)
Index("ix_story_text_story", story_text.c.story_id)

#: the wording of an article that represents a story; see news.membership
wording = Table(
    "wording",
    metadata,
    #: it may be forgotten since
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    #: when a copy was last seen: days since 1970
    Column("day", Integer, nullable=False),
    Column("published_at", Instant),
    Column("text_key", Text, nullable=False),
    #: news.minhash.Signature.to_bytes; NULL: it represents nothing any more
    Column("signature", LargeBinary),
    #: fencing token of the round that wrote it: what another process has yet to take in
    Column("mark", BigInteger, nullable=False),
)
Index("ix_wording_mark", wording.c.mark)
Index("ix_wording_story", wording.c.story_id)
Index("ix_wording_day", wording.c.day)

#: texts that are too short to be known by their wording, by their headlines; see news.headlines
headline = Table(
    "headline",
    metadata,
    #: news.headlines.headline_key
    Column("key", Text, primary_key=True),
    Column("article_id", Id, primary_key=True),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    #: the article's host
    Column("source", Text, nullable=False),
    #: when it was published, else first seen
    Column("at", Instant, nullable=False),
    #: the figures that title and text name
    Column("figures", JSON, nullable=False),
    #: when it came; forgotten after 14 days
    Column("seen_at", Instant, nullable=False),
)
Index("ix_headline_seen", headline.c.seen_at)
Index("ix_headline_story", headline.c.story_id)

#: what a stage has learnt and would else have to learn anew at start
memory = Table(
    "memory",
    metadata,
    Column("name", Text, primary_key=True),
    #: up to which of its rounds or rows it goes
    Column("mark", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", Instant, nullable=False),
)
Index("ix_memory_mark", memory.c.mark)

#: what a story's thread is decided by; see news.threads
story_evidence = Table(
    "story_evidence",
    metadata,
    Column("story_id", Id, ForeignKey("story.id"), primary_key=True),
    #: news.embedding.MODEL that made the vector
    Column("model", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("features", JSON, nullable=False),
    #: when the story is from
    Column("at", Instant, nullable=False),
)
Index("ix_story_evidence_at", story_evidence.c.at)

#: what is known of the query keys of sites; see news.ignoredkeys
query_key = Table(
    "query_key",
    metadata,
    Column("site", Text, primary_key=True),
    #: in lower case
    Column("key", String(32), primary_key=True),
    #: a KeyState
    Column("state", String(8), nullable=False),
    #: the newest sightings of a key that is watched, each [rest, value, text]; empty once it is decided
    Column("seen", JSON, nullable=False),
    #: when something was last seen of it; forgotten after 30 days
    Column("seen_at", Instant, nullable=False),
)
Index("ix_query_key_seen", query_key.c.seen_at)

#: named, fenced leases: one holder for story assignment, for composing digests, for retention
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("token", BigInteger, nullable=False),
    Column("until", Instant),
)

# ── alerts ──────────

watchlist = Table(
    "watchlist",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    #: hash of queries and exclusions; a change of it moves ``since``
    Column("fingerprint", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    #: stories first seen before this are not told (an edited query); NULL for a new watchlist
    Column("since", Instant),
    #: NULL until it was evaluated over the stored stories
    Column("backfilled_at", Instant),
    Column("paused", Boolean, nullable=False, default=False),
    #: since when; what has waited for too long since is given up
    Column("paused_at", Instant),
    Column("paused_until", Instant),
    #: False: gone from the configuration
    Column("active", Boolean, nullable=False, default=True),
)

match = Table(
    "match",
    metadata,
    Column("id", Id, primary_key=True),
    Column("watchlist_id", Text, ForeignKey("watchlist.id"), nullable=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    #: alerts.types.Event
    Column("event", String(8), nullable=False),
    #: which of several of one event and story: of copies the article, of a spike its row; empty for new
    Column("occasion", Text, nullable=False, default="", server_default=text("''")),
    #: what a spike is told with; NULL for other events
    Column("figures", JSON(none_as_null=True)),
    #: the article and revision that matched first
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("revision_id", Id, ForeignKey("revision.id"), nullable=False),
    #: [{field, start, end, term, how}]
    Column("spans", JSON, nullable=False),
    #: alerts.verdicts.Verdict: tell, backlog, …
    Column("verdict", String(16), nullable=False),
    Column("matched_at", Instant, nullable=False),
    UniqueConstraint("watchlist_id", "story_id", "event", "occasion", name="uq_match_occasion"),
)
Index("ix_match_story", match.c.story_id)
Index("ix_match_article", match.c.article_id)
Index("ix_match_revision", match.c.revision_id)
#: a watchlist's stories by time, to be counted without a look at the rows
Index("ix_match_counted", match.c.watchlist_id, match.c.event, match.c.verdict, match.c.matched_at)

#: each article of a story that the watchlist found, in its newest words that match: one of them leads the digest
telling = Table(
    "telling",
    metadata,
    Column("match_id", Id, ForeignKey("match.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Column("revision_id", Id, ForeignKey("revision.id"), nullable=False),
    #: [{field, start, end, term, how}]
    Column("spans", JSON, nullable=False),
)
Index("ix_telling_article", telling.c.article_id)
Index("ix_telling_revision", telling.c.revision_id)

#: a time in which far more was told than is usual of a watchlist, or of one event within it
spike = Table(
    "spike",
    metadata,
    Column("id", Id, primary_key=True),
    Column("watchlist_id", Text, ForeignKey("watchlist.id"), nullable=False),
    #: NULL: of the watchlist as a whole
    Column("thread_id", Id, ForeignKey("thread.id")),
    Column("began_at", Instant, nullable=False),
    #: when it was last seen to last
    Column("last_at", Instant, nullable=False),
    #: NULL while it lasts
    Column("ended_at", Instant),
    #: news.spikes: what was counted and what is usual
    Column("figures", JSON, nullable=False),
)
Index("ix_spike_watchlist", spike.c.watchlist_id, spike.c.began_at)
Index("ix_spike_thread", spike.c.thread_id)

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", Instant, nullable=False),
    #: end of the last window told; NULL before the first
    Column("told_to", Instant),
    #: as configured when last seen, for listings after a removal
    Column("target", Text, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
)

#: a match that an alert has to tell
due = Table(
    "due",
    metadata,
    Column("id", Id, primary_key=True),
    Column("alert_id", Text, ForeignKey("alert.id"), nullable=False),
    Column("match_id", Id, ForeignKey("match.id", ondelete="CASCADE"), nullable=False),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    #: NULL until a digest took it
    Column("told_at", Instant),
    Column("due_key", Text),
    #: told by an urgent message; the next digest still lists it, as already sent
    Column("urgent_told_at", Instant),
    #: the article that led when it was told first; it may be forgotten since
    Column("teller_id", Id),
    UniqueConstraint("alert_id", "match_id", name="uq_due_alert_match"),
    # The same: messages of several stories are known by their first.
    sqlite_autoincrement=True,
)
Index("ix_due_match", due.c.match_id)
Index(
    "ix_due_open",
    due.c.alert_id,
    sqlite_where=due.c.told_at.is_(None),
    postgresql_where=due.c.told_at.is_(None),
)

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("alert_id", Text, nullable=False),
    Column("due_key", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    #: NULL once retention took it
    Column("body", LargeBinary),
    #: name or names of watchlists, for listings
    Column("watchlist", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("alert_id", "due_key", "part", "recipient", name="uq_message_identity"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, unique=True),
    #: target name, as listed
    Column("target", Text, nullable=False),
    #: waiting | retrying | in_doubt | failed | sent
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    #: NULL: sent or failed
    Column("next_attempt_at", Instant),
    Column("lease_holder", Text),
    Column("lease_token", BigInteger, nullable=False, default=0, server_default="0"),
    Column("lease_until", Instant),
    #: committed before the final dot (or before a webhook's body is sent): the attempt may be accepted
    Column("committing", Boolean, nullable=False, default=False),
    Column("sent_at", Instant),
)
Index("ix_delivery_due", delivery.c.next_attempt_at)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)

target = Table(
    "target",
    metadata,
    #: as listed: name in [targets], address, or webhook URL without userinfo and query
    Column("name", Text, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    #: since when; what has waited for too long since is given up
    Column("paused_at", Instant),
    Column("paused_until", Instant),
    #: set by a 410: switched off until ``targets resume``
    Column("off_reason", Text),
    Column("off_at", Instant),
    Column("last_sent_at", Instant),
    Column("last_error", Text),
    Column("active", Boolean, nullable=False, default=True),
)

#: one row a trouble, told to the operator once
trouble = Table(
    "trouble",
    metadata,
    #: what it is about: ``feed:URL``, ``target:NAME``, ``disk``
    Column("subject", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("ended_at", Instant),
)
