"""What is known of the query keys of sites: a row a key, with the few sightings that decide (``news.ignoredkeys``).

A row that nothing was seen of for 30 days is forgotten, so that neither a site that is gone nor a doubt stays for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from news.ignoredkeys import KeyState, Sighting, judge_again, without_keys
from news.store.schema import Instant, query_key
from news.store.sql import bounded, insert_or_update, storable
from news.urls import site_of

#: what is not seen for so long is forgotten
KEPT = timedelta(days=30)
#: a row that says nothing new is written again after so long, to show that it is in use
_TOUCHED = timedelta(days=1)
#: the newest sightings of a key that is watched
_MOST_SIGHTINGS = 48
#: keys that one document can teach of
_MOST_KEYS = 200

#: a site and one of its keys, in lower case
SiteKey = tuple[str, str]


def observe(conn: Connection, seen: Mapping[SiteKey, Sequence[Sighting]], now: datetime) -> frozenset[SiteKey]:
    """Write down what a document shows of keys; return those of them that their sites ignore."""
    asked = sorted(seen)[:_MOST_KEYS]
    if not asked:
        return frozenset()
    rows = {(row.site, row.key): row for row in conn.execute(_STATES, {"keys": asked})}
    ignored, changed = set(), []
    for place in asked:
        row = rows.get(place)
        state = KeyState.WATCHED if row is None else KeyState(row.state)
        before = [] if row is None else [Sighting(*one) for one in row.seen]
        after = judge_again(state, before, seen[place])
        kept = list(dict.fromkeys([*before, *seen[place]]))[-_MOST_SIGHTINGS:] if after is KeyState.WATCHED else []
        if after is KeyState.IGNORED:
            ignored.add(place)
        if row is None or after is not state or kept != before or row.seen_at < now - _TOUCHED:
            changed.append(_row(place, after, kept, now))
    if changed:
        conn.execute(_PUT[conn.dialect.name], changed)
    return frozenset(ignored)


def tell(conn: Connection, keys: Sequence[SiteKey], now: datetime) -> None:
    """Note of keys that they tell articles apart after all."""
    if keys:
        conn.execute(_PUT[conn.dialect.name], [_row(place, KeyState.TELLING, [], now) for place in sorted(set(keys))])


def identity_at(conn: Connection, identity: str) -> str:
    """Return a canonical URL without the keys that its site is known to ignore."""
    if "?" not in identity:
        return identity
    found = conn.execute(_IGNORED, {"site": site_of(identity), "state": KeyState.IGNORED.value}).scalars()
    return without_keys(identity, frozenset(found))


def drop_query_keys(conn: Connection, before: datetime) -> None:
    """Forget what was not seen since an instant."""
    conn.execute(_DROP, {"before": before})


def _row(place: SiteKey, state: KeyState, kept: Sequence[Sighting], now: datetime) -> dict[str, object]:
    site, key = place
    seen = [[one.rest, one.value, one.text] for one in kept]
    return {"site": bounded(storable(site)), "key": key, "state": state.value, "seen": seen, "seen_at": now}


_STATES = select(query_key).where(tuple_(query_key.c.site, query_key.c.key).in_(bindparam("keys", expanding=True)))
_IGNORED = select(query_key.c.key).where(query_key.c.site == bindparam("site"), query_key.c.state == bindparam("state"))
_PUT = insert_or_update(query_key, ("site", "key"), ("state", "seen", "seen_at"))
_DROP = delete(query_key).where(query_key.c.seen_at < bindparam("before", type_=Instant))
