"""Whatever holders do, a site has one of them at a time: any sequence of steps, compared with a model of few lines."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from storerows import add_feeds
from stores import START, StillClock

from news.store.engine import Store
from news.store.feeds import claim_one_site, claim_sites, held_sites, release_site, renew_sites
from news.store.schema import site

_LASTS = timedelta(seconds=30)
_SITES = ("a.example", "b.example", "c.example")
_HOLDERS = st.sampled_from(["one", "two"])
_NAMES = st.sampled_from(_SITES)


class _Lease:
    """What the model knows of a site."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self.token = 0
        self.until = START
        self.free_at = START

    def is_free(self, now: datetime) -> bool:
        """Tell whether it may be claimed."""
        return self.free_at <= now and (self.holder is None or self.until <= now)

    def take(self, holder: str, now: datetime) -> int:
        """Claim it."""
        self.holder, self.until = holder, now + _LASTS
        self.token += 1
        return self.token


class _Holders(RuleBasedStateMachine):
    """Two holders on three sites; feeds are always due."""

    store: Store
    clock: StillClock

    def __init__(self) -> None:
        super().__init__()
        self.model = {name: _Lease() for name in _SITES}
        #: every token that was ever given
        self.given: set[tuple[str, int]] = set()
        self.store.write_now(lambda conn: conn.execute(site.update().values(lease_token=0, next_request_at=None)))
        self.store.write_now(lambda conn: conn.execute(site.update().values(lease_holder=None, lease_until=None)))

    @rule(holder=_HOLDERS, most=st.integers(1, 3))
    def claim(self, holder: str, most: int) -> None:
        """Claim some: only free ones come, as many as there are."""
        now = self.clock.now()
        claim = partial(claim_sites, holder=holder, now=now, lasts=_LASTS, sites=most, ignore_due=True)
        works = self.store.write_now(claim)
        free = {name for name, lease in self.model.items() if lease.is_free(now)}
        assert {work.site for work in works} <= free
        assert len(works) == min(most, len(free))
        for work in works:
            assert work.token == self.model[work.site].take(holder, now)
            self.given.add((work.site, work.token))

    @rule(holder=_HOLDERS, name=_NAMES)
    def claim_by_name(self, holder: str, name: str) -> None:
        """Claim one by its name: it comes if it is free."""
        now = self.clock.now()
        token = self.store.write_now(partial(claim_one_site, name=name, holder=holder, now=now, lasts=_LASTS))
        expected = self.model[name].take(holder, now) if self.model[name].is_free(now) else None
        assert token == expected
        if token is not None:
            self.given.add((name, token))

    @rule(name=_NAMES, back=st.integers(0, 2), wait=st.sampled_from([None, 0, 5, 40]))
    def release(self, name: str, back: int, wait: int | None) -> None:
        """Release by the last token or an older one: only the last counts."""
        lease = self.model[name]
        token, now = lease.token - back, self.clock.now()
        at = None if wait is None else now + timedelta(seconds=wait)
        released = self.store.write_now(partial(release_site, name=name, token=token, next_request_at=at))
        assert released == (back == 0 and lease.holder is not None)
        if released:
            lease.holder = None
            lease.free_at = lease.free_at if at is None else max(lease.free_at, at)

    @rule(holder=_HOLDERS)
    def renew(self, holder: str) -> None:
        """Renew what a holder has, even where it ran out and nobody took it."""
        now = self.clock.now()
        mine = [lease for lease in self.model.values() if lease.holder == holder]
        assert self.store.write_now(partial(renew_sites, holder=holder, now=now, lasts=_LASTS)) == len(mine)
        for lease in mine:
            lease.until = now + _LASTS

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def only_the_last_token_writes(self) -> None:
        """Of every token ever given, the last of a site that is held is the only one that passes."""
        for name, token in self.given:
            lease = self.model[name]
            assert self._passes(name, token) == (token == lease.token and lease.holder is not None)

    def _passes(self, name: str, token: int) -> bool:
        return bool(self.store.write_now(lambda conn: held_sites(conn, [(name, token)])))


def test_a_site_has_one_holder_at_a_time_whatever_they_do(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.db"
    file.write_bytes(sqlite_template.read_bytes())
    clock = StillClock()
    with Store.open(f"sqlite:///{file}", clock) as store:
        store.write_now(lambda conn: add_feeds(conn, "a", "b", "c"))
        assert store.read_now(lambda conn: conn.execute(select(site.c.name)).scalars().all()) == list(_SITES)
        machine = type("Holders", (_Holders,), {"store": store, "clock": clock})
        limits = hypothesis_settings(max_examples=40, stateful_step_count=25, deadline=None)
        run_state_machine_as_test(machine, settings=limits)
