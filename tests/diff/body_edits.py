"""Single edits within the body of an `If`, in any model."""

from __future__ import annotations

import random

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper

from tests.diff.edits import Draft, Edit, Fact


def in_body(model: ModelProto, rng: random.Random) -> Edit | None:
    """One of five edits in the then-branch of an `If` that takes the place of some node."""
    draft = Draft(model, rng)
    at = draft.pick()
    if at is None or not draft.nodes[at].input or not draft.nodes[at].input[0]:
        return None
    before = _with_if(draft.model, at, draft.nodes[at])
    after = ModelProto()
    after.CopyFrom(before)
    name = next(filter(None, draft.nodes[at].output))
    body = next(one.g for one in after.graph.node[at].attribute if one.name == "then_branch")
    facts = rng.choice((_attribute, _rewire, _remove, _insert, _value))(body, f"{name}/then_branch:0/")
    return Edit("in a body", after, facts, before)


def _with_if(model: ModelProto, at: int, node: NodeProto) -> ModelProto:
    """The model with an `If` for the node at `at`: itself and three more nodes, or two others."""
    copy = ModelProto()
    copy.CopyFrom(model)
    inner = NodeProto()
    inner.CopyFrom(node)
    inner.output[:] = [name and "t0" for name in node.output]
    two = helper.make_tensor("two", TensorProto.FLOAT, [], [2.0])
    then = [
        inner,
        helper.make_node("Constant", [], ["t1"], value=two),
        helper.make_node("Mul", ["t0", "t1"], ["t2"]),
        helper.make_node("LeakyRelu", ["t2"], ["t3"], alpha=0.1),
        helper.make_node("Neg", ["t3"], ["t4"]),
    ]
    other = [
        helper.make_node("Identity", [node.input[0]], ["e0"]),
        helper.make_node("Neg", ["e0"], ["e1"]),
    ]
    graphs = {"then_branch": _graph("then", then, "t4"), "else_branch": _graph("else", other, "e1")}
    outputs = [next(filter(None, node.output))]
    copy.graph.node[at].CopyFrom(helper.make_node("If", ["if_condition"], outputs, **graphs))
    copy.graph.initializer.append(helper.make_tensor("if_condition", TensorProto.BOOL, [], [True]))
    return copy


def _graph(name: str, nodes: list[NodeProto], output: str) -> GraphProto:
    info = helper.make_empty_tensor_value_info(output)
    return helper.make_graph(nodes, name, [], [info])


def _attribute(body: GraphProto, path: str) -> set[Fact]:
    body.node[3].attribute[0].f = 0.2
    return {("changed", f"{path}t3", "attribute:alpha")}


def _rewire(body: GraphProto, path: str) -> set[Fact]:
    body.node[2].input[0] = body.node[0].input[0]
    return {("changed", f"{path}t2", "input:0")}


def _remove(body: GraphProto, path: str) -> set[Fact]:
    body.node[4].input[0] = "t2"
    del body.node[3]
    return {("removed", f"{path}t3", ""), ("changed", f"{path}t4", "input:0")}


def _insert(body: GraphProto, path: str) -> set[Fact]:
    body.node[2].input[0] = "new"
    nodes = list(body.node)
    del body.node[:]
    body.node.extend([*nodes[:2], helper.make_node("Abs", ["t0"], ["new"]), *nodes[2:]])
    return {("added", f"{path}new", ""), ("changed", f"{path}t2", "input:0")}


def _value(body: GraphProto, path: str) -> set[Fact]:
    body.node[1].attribute[0].t.float_data[0] = 3.0
    return {("changed", f"{path}t1", "value")}
