"""A rewrite that lost its scopes gets those of the nodes that made the same tensors."""

from __future__ import annotations

from onnxviz.model import Graph, Node
from onnxviz.scene.scopes import with_scopes_of

BEFORE = Graph(
    "g",
    (
        Node("a", "Conv", outputs=("a",), scope=("block",), scope_types=("Block",)),
        Node("b", "Relu", inputs=("a",), outputs=("b",), scope=("block",), scope_types=("Block",)),
        Node("c", "Add", inputs=("b",), outputs=("c",)),
    ),
)


def test_scopes_come_over_by_the_name_of_the_output() -> None:
    after = Graph("g", (Node("b", "FusedConv", outputs=("b",)), Node("new", "Mul", outputs=("new",))))
    found = with_scopes_of(after, BEFORE).nodes
    assert [(node.scope, node.scope_types) for node in found] == [(("block",), ("Block",)), ((), ())]
    assert [node.op_type for node in found] == ["FusedConv", "Mul"]


def test_a_graph_with_scopes_of_its_own_is_left_alone() -> None:
    after = Graph("g", (Node("b", "Relu", outputs=("b",), scope=("own",), scope_types=("",)),))
    assert with_scopes_of(after, BEFORE) is after


def test_an_original_without_scopes_changes_nothing() -> None:
    after = Graph("g", (Node("c", "Add", outputs=("c",)),))
    assert with_scopes_of(after, Graph("g", BEFORE.nodes[2:])) is after
