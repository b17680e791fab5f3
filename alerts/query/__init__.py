"""The query language: ``docs/queries.md`` is its page for users.

::

    parse(text, aliases) → Query(text, tree, warnings)       format(tree) → text, and parse of that gives the tree again
    combine(queries, exclude) → Query                        of_watchlist(watchlist), of_alert(alert) → Query
"""

from alerts.query.aliases import BUILT_IN, Aliases
from alerts.query.combining import combine, of_alert, of_watchlist
from alerts.query.formatting import format_tree as format  # noqa: A004 - the natural pair of parse, used qualified
from alerts.query.grammar import parse
from alerts.query.tree import Query

__all__ = ["BUILT_IN", "Aliases", "Query", "combine", "format", "of_alert", "of_watchlist", "parse"]
