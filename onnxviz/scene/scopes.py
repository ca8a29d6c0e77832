"""Scopes for a rewrite that lost them, from the model that it was made of."""

from __future__ import annotations

from dataclasses import replace

from onnxviz.model import Graph, Node


def with_scopes_of(graph: Graph, original: Graph) -> Graph:
    """`graph`, with the scope of the node of `original` that makes the same tensor, where it has none.

    onnxsim 0.8.1 drops `metadata_props`, in which the dynamo exporter writes scopes, and keeps the names of
    tensors almost always (of a 12-layer BERT's 340 nodes that stay, all). A graph with scopes of its
    own comes back as it is.
    """
    if any(node.scope for node in graph.nodes):
        return graph
    makers: dict[str, Node] = {
        output: node for node in original.nodes for output in node.outputs if output and node.scope
    }
    if not makers:
        return graph

    def scoped(node: Node) -> Node:
        maker = next((makers[output] for output in node.outputs if output in makers), None)
        if maker is None:
            return node
        return replace(node, scope=maker.scope, scope_types=maker.scope_types)

    return replace(graph, nodes=tuple(scoped(node) for node in graph.nodes))
