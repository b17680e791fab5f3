"""The query language: ``docs/query-language.md`` is its page for users.

::

    parse(text) → Query(text, tree, warnings)        format(tree) → text, and parse of that gives the tree again
    combine(queries, exclude) → Query
"""

from alerts.query.combining import combine
from alerts.query.formatting import format_tree as format  # noqa: A004 - the natural pair of parse, used qualified
from alerts.query.grammar import parse
from alerts.query.tree import Query

__all__ = ["Query", "combine", "format", "parse"]
