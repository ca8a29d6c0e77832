"""Which nodes a folder folded: seen in its result, whoever it is."""

from __future__ import annotations

from collections.abc import Iterator

from onnxviz.model import Graph, Model, Node
from onnxviz.rewrites.explain.origins import STANDARD, Origins
from onnxviz.rewrites.explain.trying import freed


def computing(graph: Graph) -> Iterator[Node]:
    """Every node but `Constant`s, bodies included."""
    return (node for node in graph.walk() if not node.is_constant)


def folded(before: Model, after: Model, lost: frozenset[str], found: Origins) -> tuple[str, ...]:
    """Ids of the nodes of `before` that went (they are in `lost`) and whose value is known before any run.

    A value is known where `found` (of `before`) says so, which shares no code with our engine, or where the
    result holds it as a constant. An If whose condition is known counts when it became its branch. What stood
    in a body of a node that went counts with that node.
    """
    constants = constants_of(after.graph)
    return tuple(
        node.id
        for node in computing(before.graph)
        if node.id in lost
        and not is_within(node.id, lost, found)
        and (is_settled(node, found) or not constants.isdisjoint(node.outputs))
    )


def gone(before: Model, after: Model) -> frozenset[str]:
    """Ids of the nodes that are not in the result, under another name neither."""
    here = {node.id: node for node in computing(before.graph)}
    there = {node.id: node for node in computing(after.graph)}
    lost = frozenset(here.keys() - there.keys())
    # Without a name that is new, nothing can have been renamed.
    if lost and there.keys() - here.keys():
        lost = freed(before, after, lost)
    # What gave out the value of the branch has the name of the If now.
    inlined = {key for key in here.keys() & there.keys() if _is_if(here[key]) and not _is_if(there[key])}
    return lost | inlined


def is_within(node: str, nodes: frozenset[str] | set[str], found: Origins) -> bool:
    """Whether the node stands in a body of one of `nodes`, at any depth."""
    owner = found.around.get(node, "")
    while owner:
        if owner in nodes:
            return True
        owner = found.around.get(owner, "")
    return False


def is_settled(node: Node, found: Origins) -> bool:
    """Whether its value is known before any run, or it is an If that always takes the same branch."""
    if found.known(node.id):
        return True
    if not _is_if(node):
        return False
    condition = found.reads(node.id)[:1]
    return any(tensor is not None and not tensor.causes for tensor in condition)


def _is_if(node: Node) -> bool:
    return node.op_type == "If" and node.domain in STANDARD


def constants_of(graph: Graph) -> set[str]:
    """Names of all constants, those of bodies included."""
    graphs = [graph, *(body for node in graph.walk() for _, body in node.subgraphs)]
    return {name for each in graphs for name, value in each.values.items() if value.is_constant}
