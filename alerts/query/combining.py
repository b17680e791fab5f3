"""Several queries as one: what a watchlist's ``keywords``, ``query`` and ``exclude`` mean together."""

from collections.abc import Sequence

from alerts.query.formatting import format_tree
from alerts.query.tree import And, Node, Not, Or, Query


def combine(queries: Sequence[Query], exclude: Sequence[Query] = ()) -> Query:
    """The query that holds where any of ``queries`` does and none of ``exclude``; its spans are those of ``queries``.

    Raises ValueError without any query: exclusion alone would match nearly everything.
    """
    if not queries:
        raise ValueError("at least one query is needed: exclusions alone would match nearly everything")
    warnings = tuple(dict.fromkeys(warning for query in (*queries, *exclude) for warning in query.warnings))
    wanted: Node = queries[0].tree if len(queries) == 1 else Or(tuple(query.tree for query in queries))
    if not exclude:
        text = queries[0].text if len(queries) == 1 else format_tree(wanted)
        return Query(text, wanted, warnings)
    tree = And((wanted, *(Not(query.tree) for query in exclude)))
    return Query(format_tree(tree), tree, warnings)
