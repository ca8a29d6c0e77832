"""The nodes of a graph, a maker before its readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onnxviz.model import Graph, Node


def in_order(graph: Graph) -> Sequence[Node]:
    """As in the file where that is in order, as it must be; else sorted, what waits for itself last."""
    makers = {name: at for at, node in enumerate(graph.nodes) for name in node.outputs if name}
    needs = [
        {makers[name] for name in captured(node) if name in makers and makers[name] != at}
        for at, node in enumerate(graph.nodes)
    ]
    if all(need < at for at, found in enumerate(needs) for need in found):
        return graph.nodes
    readers: list[list[int]] = [[] for _ in needs]
    for at, found in enumerate(needs):
        for need in found:
            readers[need].append(at)
    left = [len(found) for found in needs]
    ready = [at for at, count in enumerate(left) if count == 0]
    order = []
    while ready:
        at = ready.pop()
        order.append(at)
        for reader in readers[at]:
            left[reader] -= 1
            if left[reader] == 0:
                ready.append(reader)
    done = set(order)
    return [graph.nodes[at] for at in (*order, *(at for at in range(len(needs)) if at not in done))]


def captured(node: Node) -> Iterator[str]:
    """Names that a node or something in its bodies reads; names made inside may be among them."""
    yield from (name for name in node.inputs if name)
    for _, body in node.subgraphs:
        for inner in body.walk():
            yield from (name for name in inner.inputs if name)
        yield from body.outputs
