"""Small graphs call by call, and large ones in the shapes that are hard to match."""

from __future__ import annotations

from onnxviz.model import Graph, Node


def graph(*nodes: Node, outputs: tuple[str, ...]) -> Graph:
    """A graph with the input `x`, whose values are of unknown type."""
    return Graph("g", nodes, {}, ("x",), outputs)


def call(op: str, output: str, *inputs: str) -> Node:
    """A node with one output."""
    return Node(output, op, inputs=inputs, outputs=(output,))


def chain(length: int, tag: str, first: str = "Relu", last: str = "Relu") -> Graph:
    """Relus one after the other, the ends perhaps of another op; outputs are `tag` and a number."""
    ops = [first, *["Relu"] * (length - 2), last]
    nodes = (call(op, f"{tag}{i}", f"{tag}{i - 1}" if i else "x") for i, op in enumerate(ops))
    return graph(*nodes, outputs=(f"{tag}{length - 1}",))


def fan(width: int, tag: str) -> Graph:
    """Relus that all read `x`, of which one is given out."""
    return graph(*(call("Relu", f"{tag}{i}", "x") for i in range(width)), outputs=(f"{tag}0",))


def bipartite(width: int, tag: str, op: str = "Sum") -> Graph:
    """Relus `m0`, `m1`, … of `x`, and as many `r0`, `r1`, … that read all of these; `r7` is given out."""
    makers = [f"{tag}m{i}" for i in range(width)]
    readers = (call(op, f"{tag}r{i}", *makers) for i in range(width))
    return graph(*(call("Relu", name, "x") for name in makers), *readers, outputs=(f"{tag}r7",))
