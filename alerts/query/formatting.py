"""A tree back to text: ``parse(format_tree(tree)).tree == tree``."""

from alerts.query.tree import Alias, And, Exact, Leaf, Near, Node, Not, Or, Phrase, Prefix, Restrict, Slip, Word

#: the quotes that ``"`` opens and closes alike; a phrase that holds one is written in « »
STRAIGHT_LIKE = '"\u201c\u201d\u201e\u201f\uff02'
#: the default distance of NEAR
NEAR_DISTANCE = 4


def format_tree(node: Node) -> str:
    """The query that means this tree, with parentheses around all that holds more than one part.

    Written so, nothing depends on which operator binds tighter; warnings show a query in this form.
    """
    match node:
        case And():
            return " AND ".join(_part(one) for one in node.nodes)
        case Or():
            return " OR ".join(_part(one) for one in node.nodes)
        case Near():
            operator = f"{'O' if node.ordered else ''}NEAR/{node.distance}"
            return f"{_part(node.left)} {operator} {_part(node.right)}"
        case Not():
            return f"NOT {_part(node.node)}"
        case Restrict():
            return f"{node.scope}:{_part(node.node)}"
        case Alias():
            name, colon, code = node.text.partition(":")
            return f"@{name}{colon}{code.upper()}"
        case Word() | Slip() | Exact() | Prefix() | Phrase():
            return _leaf(node)


def _part(node: Node) -> str:
    """A node as a part of another one."""
    text = format_tree(node)
    return f"({text})" if isinstance(node, And | Or | Near) else text


def _leaf(leaf: Leaf) -> str:
    """A term with its operators."""
    match leaf:
        case Word():
            return leaf.text
        case Slip():
            return f"{leaf.text}~"
        case Exact():
            return f"={leaf.text}"
        case Prefix():
            return f"{leaf.text}*"
        case Phrase():
            guillemets = any(quote in leaf.text for quote in STRAIGHT_LIKE)
            quoted = f"«{leaf.text}»" if guillemets else f'"{leaf.text}"'
            return f"{quoted}~{leaf.slop}" if leaf.slop else quoted
