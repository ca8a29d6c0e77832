"""Model-local functions shown where they are called.

A function's body is drawn like a control-flow body: a group beside the call. See "Model local functions"
in the IR specification (https://onnx.ai/onnx/repo-docs/IR.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onnxviz.model import Graph, Node

MAX_ADDED = 20_000
"""Nodes that expanding may add in all; calls beyond it stay single boxes. Nested calls grow without
bound otherwise: thirty functions that each call the next one twice stand for a billion nodes."""

MAX_NESTING = 8
"""Levels of calls within calls that are expanded."""


def expand(graph: Graph, functions: Sequence[tuple[str, Graph]]) -> Graph:
    """`graph` with the body of the called function as one more subgraph of each call.

    `functions` are (`domain.name`, body). Node ids in a body get the call's id in front. Give the result
    to `arrange` and to `place` alike.
    """
    if not functions:
        return graph
    return _expanded(graph, dict(functions), [MAX_ADDED], MAX_NESTING)


def _expanded(graph: Graph, bodies: dict[str, Graph], left: list[int], depth: int) -> Graph:
    return replace(graph, nodes=tuple(_call(node, bodies, left, depth) for node in graph.nodes))


def _call(node: Node, bodies: dict[str, Graph], left: list[int], depth: int) -> Node:
    inner = tuple((name, _expanded(body, bodies, left, depth)) for name, body in node.subgraphs)
    body = bodies.get(f"{node.domain}.{node.op_type}")
    if body is None or depth == 0 or (size := body.node_count()) > left[0]:
        return replace(node, subgraphs=inner) if node.subgraphs else node
    left[0] -= size
    own = _expanded(_prefixed(body, f"{node.id}/{node.op_type}/"), bodies, left, depth - 1)
    return replace(node, subgraphs=(*inner, (node.op_type, own)))


def _prefixed(graph: Graph, prefix: str) -> Graph:
    def renamed(node: Node) -> Node:
        subgraphs = tuple((name, _prefixed(body, prefix)) for name, body in node.subgraphs)
        return replace(node, id=prefix + node.id, subgraphs=subgraphs)

    return replace(graph, nodes=tuple(renamed(node) for node in graph.nodes))
