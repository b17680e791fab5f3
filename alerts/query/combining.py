"""Several queries as one: what a watchlist's ``keywords``, ``query`` and ``exclude`` mean together."""

from collections.abc import Sequence

from alerts.query.aliases import Aliases
from alerts.query.formatting import format_tree
from alerts.query.grammar import parse
from alerts.query.messages import NO_WORD
from alerts.query.tree import And, Node, Not, Or, Query
from alerts.types import Alert, Watchlist


def combine(queries: Sequence[Query], exclude: Sequence[Query] = ()) -> Query:
    """The query that holds where any of ``queries`` does and none of ``exclude``; its spans are those of ``queries``.

    Raises ValueError without any query: exclusion alone would match nearly everything.
    """
    if not queries:
        raise ValueError("at least one query is needed: exclusions alone would match nearly everything")
    said = [warning for query in queries for warning in query.warnings]
    # A section or a source may well be excluded as a whole.
    said += [warning for query in exclude for warning in query.warnings if warning != NO_WORD]
    warnings = tuple(dict.fromkeys(said))
    wanted: Node = queries[0].tree if len(queries) == 1 else Or(tuple(query.tree for query in queries))
    if not exclude:
        text = queries[0].text if len(queries) == 1 else format_tree(wanted)
        return Query(text, wanted, warnings)
    tree = And((wanted, *(Not(query.tree) for query in exclude)))
    return Query(format_tree(tree), tree, warnings)


def of_watchlist(watchlist: Watchlist) -> Query:
    """What a watchlist looks for; raises QueryError, which the configuration has ruled out before."""
    aliases = Aliases.of(watchlist.aliases)
    wanted, exclude = ([parse(text, aliases) for text in texts] for texts in (watchlist.queries, watchlist.exclude))
    return combine(wanted, exclude)


def of_alert(alert: Alert) -> Query | None:
    """What is urgent to an alert, or None; raises QueryError, which the configuration has ruled out before."""
    return None if alert.urgent is None else parse(alert.urgent, Aliases.of(alert.aliases))
