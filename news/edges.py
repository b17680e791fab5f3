"""The named edges at which the service may be killed without losing or doubling anything.

::

    claim ─▶ attempt ─▶ committing ─▶ final dot ─▶ reply ─▶ record          the outbox
          ▲          ▲            ▲                      ▲        ▲
      before_claim after_claim  before_dot           after_dot  after_record

    poll ─▶ commit ─▶ assign ─▶ match ─▶ commit ─▶ compose                  ingest
         ▲         ▲          ▲       ▲         ▲          ▲
      before_poll  after_poll after_  before_   after_   after_compose
      _commit      _commit    assign  match_    match_
                                      commit    commit

The code that crosses an edge says so by ``reach``. That does nothing, unless a test has installed a hook in the
process it is about to kill: no configuration and no environment variable can install one.
"""

from collections.abc import Callable
from enum import StrEnum


class Edge(StrEnum):
    """Where a crash is tested."""

    BEFORE_CLAIM = "before_claim"
    #: the lease is committed, nothing was sent
    AFTER_CLAIM = "after_claim"
    #: "may have been accepted" is committed, the final dot is not out
    BEFORE_DOT = "before_dot"
    #: the other side has answered, nothing of it is recorded
    AFTER_DOT = "after_dot"
    AFTER_RECORD = "after_record"
    BEFORE_POLL_COMMIT = "before_poll_commit"
    AFTER_POLL_COMMIT = "after_poll_commit"
    AFTER_ASSIGN = "after_assign"
    BEFORE_MATCH_COMMIT = "before_match_commit"
    AFTER_MATCH_COMMIT = "after_match_commit"
    AFTER_COMPOSE = "after_compose"


def _pass(_edge: Edge) -> None:
    """Cross an edge; what happens outside tests."""


# A list of one instead of a global statement: the only state, and only tests write it.
_hook: list[Callable[[Edge], None]] = [_pass]


def reach(edge: Edge) -> None:
    """Say that this edge is being crossed."""
    _hook[0](edge)


def install(hook: Callable[[Edge], None] | None) -> None:
    """Call ``hook`` at every edge from now on; None takes it away. For tests only."""
    _hook[0] = hook or _pass
