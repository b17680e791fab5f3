"""Which atoms a query asks for, and which of them a text cannot do without.

A *group* is a set of atoms of which a text must answer at least one for the query to hold: each word of an AND or of a
phrase is a group, an OR is one group of all its branches.
"""

from collections.abc import Callable, Iterator

from alerts.analysis import Atom
from alerts.query.tree import Alias, And, Near, Node, Not, Or, Restrict, Scope

#: distinct, in the order in which they stand in the query
Group = tuple[Atom, ...]


def atoms_of(node: Node) -> Group:
    """Every atom that evaluating a tree may ask title and text for."""
    return tuple(dict.fromkeys(_atoms(node)))


def _atoms(node: Node) -> Iterator[Atom]:
    """The atoms of a node, one by one."""
    match node:
        case And() | Or():
            for one in node.nodes:
                yield from _atoms(one)
        case Not():
            yield from _atoms(node.node)
        case Near():
            yield from _atoms(node.left)
            yield from _atoms(node.right)
        case Alias():
            for member in node.members:
                yield from member.atoms
        case Restrict():
            if node.scope is Scope.TITLE:
                yield from _atoms(node.node)
        case _:
            yield from node.atoms


def required(node: Node, cost: Callable[[Group], float]) -> list[Group]:
    """The groups of which a text must answer at least one atom each for a node to hold; empty where none is known.

    An OR is the union of the group of each branch that ``cost`` makes the cheapest.
    """
    match node:
        case And():
            return [group for one in node.nodes for group in required(one, cost)]
        case Or():
            return _either([required(one, cost) for one in node.nodes], cost)
        case Alias():
            return _either([required(one, cost) for one in node.members], cost)
        case Not():
            return []
        case Near():
            return required(node.left, cost) + required(node.right, cost)
        case Restrict():
            return required(node.node, cost) if node.scope is Scope.TITLE else []
        case _:
            return [(atom,) for atom in node.atoms]


def _either(branches: list[list[Group]], cost: Callable[[Group], float]) -> list[Group]:
    """The one group of an OR; none where a branch requires nothing."""
    if not branches or not all(branches):
        return []
    cheapest = (groups[0] if len(groups) == 1 else min(groups, key=cost) for groups in branches)
    return [tuple(dict.fromkeys(atom for group in cheapest for atom in group))]
