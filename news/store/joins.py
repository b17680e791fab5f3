"""What two stories that turn out to be one leave to their watchlists.

For each watchlist and what it was told of (event and occasion) one match stays: the one that was told, else the one
that is still to be told, else the older story's. Every article that either had found may lead it. For each alert one
due row stays: the told one, so that nothing is told twice. What came later of either story stays as it is.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, not_, select, update

from news.store.schema import due, match, telling


@dataclass(slots=True)
class _Match:
    """A match with its due rows: alert → (due id, told)."""

    id: int
    story_id: int
    dues: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[bool, bool]:
        """What makes it worth keeping: it was told; it is to be told."""
        return any(told for _, told in self.dues.values()), bool(self.dues)


def join_matches(conn: Connection, older: int, younger: int) -> None:
    """Give the matches of the younger story to the older, one a watchlist, event and occasion."""
    by_key: dict[tuple[str, str, str], list[_Match]] = {}
    for (*key, _), one in _matches(conn, older, younger).items():
        by_key.setdefault((key[0], key[1], key[2]), []).append(one)
    for matches in by_key.values():
        matches.sort(key=lambda one: one.story_id)
        keep = max(matches, key=lambda one: one.rank)
        for other in matches:
            if other is not keep:
                _join(conn, keep, other)
        if keep.story_id != older:
            conn.execute(_MOVE, {"of": keep.id, "story_id": older})


def _matches(conn: Connection, older: int, younger: int) -> dict[tuple[str, str, str, int], _Match]:
    found: dict[tuple[str, str, str, int], _Match] = {}
    for row in conn.execute(_BOTH, {"older": older, "younger": younger}):
        one = found.setdefault((row.watchlist_id, row.event, row.occasion, row.id), _Match(row.id, row.story_id))
        if row.alert_id is not None:
            one.dues[row.alert_id] = (row.due_id, row.told_at is not None or row.urgent_told_at is not None)
    return found


def _join(conn: Connection, keep: _Match, other: _Match) -> None:
    """Keep what either was told, and what is to be told of either where the watchlist was told of neither."""
    told_before, _ = keep.rank
    for alert_id, (due_id, told) in other.dues.items():
        kept_id, kept_told = keep.dues.get(alert_id, (None, False))
        if (told and not kept_told) or (kept_id is None and not told_before):
            if kept_id is not None:
                conn.execute(_DROP_DUE, {"of": kept_id})
            conn.execute(_MOVE_DUE, {"of": due_id, "match_id": keep.id})
            keep.dues[alert_id] = (due_id, told)
    conn.execute(_MOVE_TELLINGS, {"of": other.id, "to": keep.id})
    conn.execute(_DROP, {"of": other.id})


_BOTH: Any = (
    select(
        match.c.id,
        match.c.watchlist_id,
        match.c.event,
        match.c.occasion,
        match.c.story_id,
        due.c.id.label("due_id"),
        due.c.alert_id,
        due.c.told_at,
        due.c.urgent_told_at,
    )
    .select_from(match.outerjoin(due, due.c.match_id == match.c.id))
    .where(match.c.story_id.in_([bindparam("older"), bindparam("younger")]))
)
_MOVE = update(match).where(match.c.id == bindparam("of"))
_DROP = delete(match).where(match.c.id == bindparam("of"))
_kept = telling.alias("kept")
_MOVE_TELLINGS = (
    update(telling)
    .where(
        telling.c.match_id == bindparam("of"),
        # No article is of both stories; were it so, what the kept match knows of it stays.
        not_(exists().where(_kept.c.match_id == bindparam("to"), _kept.c.article_id == telling.c.article_id)),
    )
    .values(match_id=bindparam("to"))
)
_MOVE_DUE = update(due).where(due.c.id == bindparam("of"))
_DROP_DUE = delete(due).where(due.c.id == bindparam("of"))
