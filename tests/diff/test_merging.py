"""One graph of two: every node once, each side whole within it, and what counts as a change of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings

from onnxviz.diff import diff
from onnxviz.diff.merging import Merged, merge, with_scopes
from onnxviz.model import Graph, Node
from onnxviz.reading import read_model
from onnxviz.scene.wires import wire
from tests.diff.drawn import edited
from tests.diff.shapes import call, graph
from tests.scene.graphs import parsed

LIGHT = sorted((Path(onnx.__file__).parent / "backend" / "test" / "data" / "light").glob("*.onnx"))

Edges = set[tuple[str, str]]


def merged(before: Graph, after: Graph) -> Merged:
    return merge(before, after, diff(before, after))


def edges(of: Graph, ids: Mapping[str, str] | None = None) -> Edges:
    """(node that writes, node that reads), bodies included; `ids` puts others in place of the graph's own."""
    found = wire(of)
    both = ((w.source, w.target) for w in found.wires if w.source in found.nodes and w.target in found.nodes)
    return {(ids[a], ids[b]) if ids is not None else (a, b) for a, b in both}


def check(before: Graph, after: Graph) -> Merged:
    """The laws of a merged graph; returns it."""
    found = merged(before, after)
    ids = [node.id for node in found.graph.walk()]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(found.status)
    assert {node for node in ids if found.status[node] != "added"} == set(found.before)
    assert {node for node in ids if found.status[node] != "removed"} == set(found.after)
    assert sorted(found.before.values()) == sorted(node.id for node in before.walk())
    assert sorted(found.after.values()) == sorted(node.id for node in after.walk())
    was = edges(before, {its: mine for mine, its in found.before.items()})
    now = edges(after, {its: mine for mine, its in found.after.items()})
    assert edges(found.graph) == was | now
    return found


@given(edited())
@settings(max_examples=200, deadline=None)
def test_both_graphs_are_in_the_merged_one_and_nothing_else_is(pair: tuple[Graph, Graph]) -> None:
    check(*pair)


@given(edited())
@settings(max_examples=60, deadline=None)
def test_what_is_matched_is_written_as_in_the_graph_after(pair: tuple[Graph, Graph]) -> None:
    before, after = pair
    found = merged(before, after)
    theirs = {node.id: node for node in after.walk()}
    for node in found.graph.walk():
        if found.status[node.id] == "removed":
            continue
        its = theirs[found.after[node.id]]
        assert (node.op_type, node.attributes) == (its.op_type, its.attributes)
        assert node.inputs[: len(its.inputs)] == its.inputs
        assert node.outputs[: len(its.outputs)] == its.outputs


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.stem)
def test_a_model_merged_with_itself_is_itself(path: Path) -> None:
    same = read_model(path, digest="-").graph
    found = merged(same, same)
    assert found.graph == same
    assert set(found.status.values()) == {""}


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.stem)
def test_a_model_without_every_tenth_node_is_all_there_merged(path: Path) -> None:
    whole = read_model(path, digest="-").graph
    less = Graph(
        whole.name,
        tuple(node for at, node in enumerate(whole.nodes) if at % 10),
        whole.values,
        whole.inputs,
        whole.outputs,
        whole.initializers,
    )
    assert "removed" in check(whole, less).status.values()
    assert "added" in check(less, whole).status.values()


def test_a_node_whose_input_was_folded_away_has_not_changed_itself() -> None:
    before = parsed("""<ir_version: 8, opset_import: ["": 17]> g (float[2,2] x) => (float[2,2] y)
        <float[2,2] w = {1, 2, 3, 4}> { t = Transpose(w) y = MatMul(x, t) }""")
    after = parsed("""<ir_version: 8, opset_import: ["": 17]> g (float[2,2] x) => (float[2,2] y)
        <float[2,2] t = {1, 3, 2, 4}> { y = MatMul(x, t) }""")
    found = check(before, after)
    assert found.status == {"t": "removed", "y": ""}
    gone = next(node for node in found.graph.nodes if node.op_type == "Transpose")
    reader = next(node for node in found.graph.nodes if node.op_type == "MatMul")
    assert reader.inputs == ("x", "t", gone.outputs[0])
    assert gone.outputs[0] not in ("t", "x")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y = Softmax <axis = 0> (x)", "y = Softmax <axis = 1> (x)"),
        ("y = Relu(x)", "y = Tanh(x)"),
        ("y = Sub(x, z)", "y = Sub(z, x)"),
        ("y = Sum(x, z, x)", "y = Sum(x, z)"),
    ],
)
def test_a_node_that_differs_in_itself_has_changed(before: str, after: str) -> None:
    head = '<ir_version: 8, opset_import: ["": 17]> g (float[2,2] x, float[2,2] z) => (float[2,2] y)'
    found = check(parsed(f"{head} {{ {before} }}"), parsed(f"{head} {{ {after} }}"))
    assert found.status == {"y": "changed"}


def test_another_value_of_a_weight_changes_its_readers() -> None:
    head = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y)'
    body = "{ a = Add(x, w) y = Relu(a) }"
    found = check(
        parsed(f"{head} <float[2] w = {{1, 2}}> {body}"), parsed(f"{head} <float[2] w = {{1, 3}}> {body}")
    )
    assert found.status == {"a": "changed", "y": ""}


def test_a_constant_that_is_computed_now_went_and_another_node_came() -> None:
    before = graph(call("Constant", "c"), call("Add", "a", "x", "c"), outputs=("a",))
    after = graph(call("Exp", "c", "x"), call("Add", "a", "x", "c"), outputs=("a",))
    assert sorted(check(before, after).status.values()) == ["", "added", "removed"]


def test_what_stands_in_between_now_leaves_its_neighbours_as_they_were() -> None:
    before = graph(call("Relu", "a", "x"), call("Tanh", "b", "a"), outputs=("b",))
    after = graph(call("Relu", "a", "x"), call("Neg", "n", "a"), call("Tanh", "b", "n"), outputs=("b",))
    assert check(before, after).status == {"a": "", "n": "added", "b": ""}


def test_names_that_mean_something_else_now_are_told_apart() -> None:
    before = graph(call("Relu", "a", "x"), call("Tanh", "b", "a"), call("Exp", "c", "b"), outputs=("c",))
    after = graph(call("Exp", "b", "x"), outputs=("b",))
    found = check(before, after)
    assert len(found.graph.nodes) == 3
    names = [name for node in found.graph.nodes for name in node.outputs]
    assert len(names) == len(set(names))


def test_a_body_that_only_one_side_has_is_whole_in_the_merged_graph() -> None:
    head = '<ir_version: 8, opset_import: ["": 17]> g (bool c, float[2] x) => (float[2] y)'
    branching = f"""{head} {{ y = If (c) <
        then_branch = t () => (float[2] p) {{ p = Relu(x) }},
        else_branch = e () => (float[2] q) {{ q = Neg(x) }}> }}"""
    found = check(parsed(branching), parsed(f"{head} {{ y = Relu(x) }}"))
    ops = sorted((node.op_type, found.status[node.id]) for node in found.graph.walk())
    assert ops == [("If", "removed"), ("Neg", "removed"), ("Relu", "added"), ("Relu", "removed")]


def within(scope: str, node: Node) -> Node:
    return replace(node, scope=tuple(scope.split("/")), scope_types=("",) * (scope.count("/") + 1))


def test_scopes_come_over_from_the_nodes_that_are_matched_whatever_their_names() -> None:
    before = graph(
        within("enc/a", call("Relu", "a", "x")), within("enc", call("Neg", "y", "a")), outputs=("y",)
    )
    after = graph(call("Relu", "q", "x"), call("Neg", "z", "q"), outputs=("z",))
    found = with_scopes(before, after, diff(before, after))
    assert [node.scope for node in found.nodes] == [("enc", "a"), ("enc",)]
    assert [node.scope for node in merged(before, after).graph.nodes] == [("enc", "a"), ("enc",)]


def test_a_scope_of_its_own_stays_and_a_graph_without_any_lends_none() -> None:
    bare = graph(call("Relu", "y", "x"), outputs=("y",))
    own, other = (graph(within(name, bare.nodes[0]), outputs=("y",)) for name in ("own", "other"))
    assert [node.scope for node in with_scopes(other, own, diff(other, own)).nodes] == [("own",)]
    assert with_scopes(bare, own, diff(bare, own)) is own
