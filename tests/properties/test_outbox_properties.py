"""No interleaving of claims, attempts, crashes, recoveries and records loses a message or doubles it unknowingly.

Two processes share one SQLite store. Each may claim, commit, have its message accepted or refused by the other side,
record, stop in order, or vanish at any of these points, while time passes and targets are paused and resumed. The other
side keeps what it accepts. What must hold all the while:

* a message that counts as sent was accepted, and counts as sent for ever;
* of one target, one delivery at a time is attempted by processes whose leases hold;
* a mail is accepted again only after an acceptance of which no answer was recorded, and after the store has called it
  in doubt; and always with the same bytes and Message-ID;
* in the end, when the other side accepts everything and nobody vanishes, every message was accepted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from outboxes import IN_DOUBT, START, mail
from sqlalchemy import Connection, Engine, StaticPool, create_engine
from stores import StillClock

from alerts.deliver import Rules, book, decide, leave
from alerts.store import deliveries, outbox, targets
from alerts.types import Cause, Claimed, DeliveryState, Outcome, Receipt
from news.errors import StaleLeaseError
from news.store.schema import attempt, delivery, message, metadata, target, trouble

T = TypeVar("T")

LEASE = timedelta(minutes=2)
#: more attempts than a run of the machine has steps, so that nothing fails by exhaustion
RULES = Rules(retry=(timedelta(seconds=30),) * 200, in_doubt=IN_DOUBT)
TARGETS = ("desk", "duty")
PROCESSES = ("one", "two")
#: what the other side does, likelier where it is more interesting
WORDS = st.sampled_from(["250 OK", "accepted, answer lost", "451 later", "lost after the dot", "lost before the dot"])


_TABLES = (message, delivery, attempt, target, trouble)


@cache
def _engine() -> Engine:
    """Return one database in memory: what is tried here is the order of transactions, not their durability."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine, tables=_TABLES)
    return engine


@dataclass(slots=True, eq=False)
class _Attempt:
    """What a process has in hand."""

    process: str
    claimed: Claimed
    committed: bool = False
    receipt: Receipt | None = None


class OutboxMachine(RuleBasedStateMachine):
    """Two processes and one other side."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock(START)
        with _engine().begin() as conn:
            for table in reversed(_TABLES):
                conn.execute(table.delete())
        self.hands: list[_Attempt] = []
        #: what the other side has accepted, in order
        self.accepted: list[Claimed] = []
        self.added: set[int] = set()
        self.sent: set[int] = set()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction."""
        with _engine().begin() as conn:
            return work(conn)

    @initialize()
    def some_messages(self) -> None:
        """Begin with something to do."""
        for name in ("desk", "desk", "duty"):
            self.add(name)

    def teardown(self) -> None:
        """Accept everything from now on: then everything arrives."""
        self.hands.clear()
        for _ in range(2 * len(self.added) + 2):
            self.clock.advance(IN_DOUBT + LEASE)
            self.recover()
            self.claim("one", steps=3)
            assert not self.hands
        assert {one.id for one in self.accepted} == self.added, "a message was lost"
        assert {row.state for row in self.run(deliveries.list_deliveries)} <= {DeliveryState.SENT}

    # ── the two processes ──────────

    @rule(name=st.sampled_from(TARGETS))
    def add(self, name: str) -> None:
        """Make a message."""
        made = mail(len(self.added) + 1)
        now = self.clock.now()
        id_ = self.run(lambda conn: outbox.add_message(conn, made, name, "Kazakhstan", now))
        assert id_ is not None
        assert self.run(lambda conn: outbox.add_message(conn, made, name, "Kazakhstan", now)) is None
        self.added.add(id_)

    @rule(process=st.sampled_from(PROCESSES), steps=st.integers(0, 3), words=WORDS)
    def claim(self, process: str, steps: int = 0, words: str = "250 OK") -> None:
        """Claim what is due, and go some steps with each: commit, answer, record."""
        now = self.clock.now()
        doubtful = {row.id for row in self.run(deliveries.list_deliveries) if row.state is DeliveryState.IN_DOUBT}
        for one in self.run(lambda conn: outbox.claim(conn, process, now, LEASE, 8)):
            assert one.id not in self.sent, "what was sent is claimed again"
            if any(earlier.id == one.id for earlier in self.accepted):
                assert one.id in doubtful, "what was accepted is attempted again and was not called in doubt"
            self.hands.append(_Attempt(process, one))
            for _ in range(steps):
                self.go_on(len(self.hands) - 1, words)

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 5), words=WORDS)
    def go_on(self, which: int, words: str) -> None:
        """Go the next step with one attempt: commit, answer, record."""
        if not self.hands:
            return
        one = self.hands[which % len(self.hands)]
        if one.receipt is not None:
            self.record(one, one.receipt)
        elif words == "lost before the dot":
            one.receipt = Receipt(Outcome.RETRY_LATER, words, cause=Cause.TARGET)
        elif one.committed:
            self.answer(one, words)
        else:
            self.commit(one)

    def commit(self, one: _Attempt) -> None:
        """Say that the final dot goes out."""
        try:
            self.run(partial(outbox.committing, id_=one.claimed.id, token=one.claimed.token))
        except StaleLeaseError:
            self.hands.remove(one)
        else:
            one.committed = True

    def answer(self, one: _Attempt, words: str) -> None:
        """Let the final dot go out, and the other side decide."""
        if words in {"250 OK", "accepted, answer lost"}:
            self.accepted.append(one.claimed)
        outcomes = {"250 OK": Outcome.SENT, "451 later": Outcome.RETRY_LATER}
        one.receipt = Receipt(outcomes.get(words, Outcome.IN_DOUBT), words)

    def record(self, one: _Attempt, receipt: Receipt) -> None:
        """Write down what an one came to."""
        self.hands.remove(one)
        claimed, now = one.claimed, self.clock.now()
        verdict = decide(receipt, claimed, RULES, now=now, chance=0.0)
        try:
            self.run(lambda conn: book(conn, claimed, receipt, verdict, now))
        except StaleLeaseError:
            return
        if receipt.outcome is Outcome.SENT:
            self.sent.add(claimed.id)

    @precondition(lambda self: self.hands)
    @rule(process=st.sampled_from(PROCESSES))
    def vanish(self, process: str) -> None:
        """End without a word."""
        self.hands = [one for one in self.hands if one.process != process]

    @precondition(lambda self: self.hands)
    @rule(process=st.sampled_from(PROCESSES))
    def stop(self, process: str) -> None:
        """End in order: leave each attempt as what the store says it is."""
        for held in [held for held in self.hands if held.process == process]:
            self.hands.remove(held)
            one = held.claimed
            try:
                doubtful = self.run(partial(outbox.is_committing, id_=one.id, token=one.token))
                self.leave(one, doubtful=doubtful)
            except StaleLeaseError:
                continue

    @precondition(lambda self: self.hands)
    @rule(process=st.sampled_from(PROCESSES))
    def renew(self, process: str) -> None:
        """Prolong what is in hand; what was lost is still in hand, and must do no harm."""
        claims = [(one.claimed.id, one.claimed.token) for one in self.hands if one.process == process]
        self.run(lambda conn: outbox.renew(conn, claims, self.clock.now(), LEASE))

    @rule()
    def recover(self, *, everyone: bool = False) -> None:
        """Take over what ran out."""
        now = self.clock.now()
        for left in self.run(partial(outbox.abandoned, now=now, everyone=everyone)):
            self.leave(left, doubtful=left.committing)

    @precondition(lambda self: not self.hands)
    @rule()
    def boot(self) -> None:
        """Begin anew where nobody else can live."""
        self.recover(everyone=True)

    # ── the world ──────────

    @rule(wait=st.sampled_from([timedelta(seconds=31), LEASE, IN_DOUBT + LEASE]))
    def wait(self, wait: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(wait)

    @rule(name=st.sampled_from(TARGETS))
    def pause(self, name: str) -> None:
        """Hold a target back for a while."""
        self.run(partial(targets.pause_target, name=name, until=self.clock.now() + LEASE, now=self.clock.now()))

    # ── what must hold ──────────

    @invariant()
    def store_and_other_side_agree(self) -> None:
        """Compare what is stored with what was accepted, and with what is in hand."""
        with _engine().begin() as conn:
            sent = {row.id for row in deliveries.list_deliveries(conn, [DeliveryState.SENT])}
            holding = [one.claimed.target for one in self.hands if self.holds(conn, one.claimed)]
        assert sent == self.sent
        assert sent <= {one.id for one in self.accepted}
        assert len(holding) == len(set(holding)), "two deliveries of a target are in flight"
        first: dict[int, Claimed] = {}
        assert all(first.setdefault(one.id, one).message == one.message for one in self.accepted)

    def leave(self, left: Claimed | outbox.Abandoned, *, doubtful: bool) -> None:
        """Write down that an attempt was broken off."""
        now = self.clock.now()
        self.run(partial(leave, left=left, rules=RULES, doubtful=doubtful, reason="broken off", now=now))

    def holds(self, conn: Connection, one: Claimed) -> bool:
        """Tell whether the store would still take a result."""
        try:
            outbox.is_committing(conn, one.id, one.token)
        except StaleLeaseError:
            return False
        return True


OutboxMachine.TestCase.settings = settings(
    max_examples=80, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
test_no_interleaving_loses_or_doubles = OutboxMachine.TestCase
