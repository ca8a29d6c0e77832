"""Which nodes give what they get: each rule on a node that does, and on one that nearly does."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.rewrites.explain.origins import origins
from onnxviz.rewrites.explain.stayed.exact import Exact
from onnxviz.rewrites.explain.stayed.looks import Seems, looks
from tests.rewrites.explain.stayed import HEAD, saved, written

CONSTANTS = """<float one = {1}, float nearly = {1.0000001}, float zero = {0}, int64[2] s = {2, 3},
int64[2] other = {3, 2}, int64[2] first = {0, 0}, int64[2] axes = {0, 1}, int64[2] back = {-1, -1},
int64[2] far = {-9, -9}, int64[2] once = {1, 1}, int64[4] none = {0, 0, 0, 0}, int64[4] moved = {1, 0, -1, 0},
float half = {0.5}, bool no = {0}, bool yes = {1}, float[2, 1] column = {1, 1}>"""


def seeming(call: str, folder: Path, opset: int = 18) -> dict[str, Seems]:
    """How each node of a graph with the input `float[2, 3] x` looks, `call` making `k`."""
    head = HEAD.replace("18", str(opset))
    model = written(
        f"g (float[2, 3] x, float[n, 3] v, bool c) => (y) {CONSTANTS} {{ {call} y = Neg(k) }}", folder, head
    )
    found = origins(model.graph, model.functions)
    return {node.id: look.seems for node, look in looks(model, found, Exact(model.path))}


@pytest.mark.parametrize(
    "call",
    [
        "k = Identity(x)",
        "k = Cast <to = 1> (x)",
        "k = CastLike(x, v)",
        "k = Transpose <perm = [0, 1]> (x)",
        "k = Reshape(x, s)",
        "k = Flatten(x)",
        "k = Expand(x, s)",
        "k = Slice(x, first, s)",
        "k = Slice(x, first, s, axes, once)",
        "k = Tile(x, once)",
        "k = Pad(x, none)",
        "k = Concat <axis = 0> (x)",
        "k = Sum(x)",
        "k = Max(x)",
        "k = Split <num_outputs = 1> (x)",
        "k = Dropout(x)",
        "k = Dropout(x, half, no)",
        "k = Clip(x)",
        "k = Add(x, zero)",
        "k = Add(zero, x)",
        "k = Sub(x, zero)",
        "k = Mul(one, x)",
        "k = Div(x, one)",
        "k = Pow(x, one)",
        "k = Mul(x, column)",
        "k = If(yes) <then_branch = t () => (a) { a = Exp(x) }, else_branch = e () => (b) { b = Neg(x) }>",
    ],
)
def test_a_node_that_gives_what_it_gets_is_seen(call: str, tmp_path: Path) -> None:
    assert seeming(call, tmp_path) == {"k": Seems.NO_OP}


@pytest.mark.parametrize(
    "call",
    [
        "k = Cast <to = 11> (x)",
        "k = Transpose <perm = [1, 0]> (x)",
        "k = Transpose(x)",
        "k = Reshape(x, other)",
        "k = Flatten <axis = 2> (x)",
        "k = Slice(x, back, far, axes, back)",
        "k = Tile(x, s)",
        "k = Pad(x, moved)",
        "k = Concat <axis = 0> (x, x)",
        "k = Dropout(x, half, yes)",
        "k = Clip(x, zero)",
        "k = Sub(zero, x)",
        "k = Div(one, x)",
        "k = Pow(one, x)",
        "k = Mul(x, nearly)",
        "k = Add(x, one)",
        "k = If(c) <then_branch = t () => (a) { a = Exp(x) }, else_branch = e () => (b) { b = Neg(x) }>",
        "k = Relu(x)",
    ],
)
def test_a_node_that_nearly_does_is_not(call: str, tmp_path: Path) -> None:
    assert seeming(call, tmp_path).get("k") is not Seems.NO_OP


def test_a_unit_that_widens_what_it_meets_is_no_unit(tmp_path: Path) -> None:
    model = written(
        "g (float[3] x) => (float[2, 3] y) <float[2, 1] ones = {1, 1}> { k = Mul(x, ones) y = Neg(k) }",
        tmp_path,
    )
    found = origins(model.graph)
    assert list(looks(model, found, Exact(model.path))) == []


def test_the_same_open_size_is_the_same_and_two_unnamed_ones_are_not(tmp_path: Path) -> None:
    text = "g (float[n, 3] x, int64[2] t) => (float[n, 3] y) {{ a = Reshape(x, t) y = Neg(a) }}"
    for dims, seen in (("n", {"a"}), ("m", set()), (None, set())):
        proto = parser.parse_model(f"{HEAD} {text.replace('{{', '{').replace('}}', '}')}")
        info = onnx.helper.make_tensor_value_info("a", 1, [dims, 3])
        proto.graph.value_info.append(info)
        if dims is None:
            proto.graph.input[0].type.tensor_type.shape.dim[0].Clear()
        model = saved(proto, tmp_path)
        found = origins(model.graph)
        assert {node.id for node, _ in looks(model, found, Exact(model.path))} == seen


def test_before_opset_7_a_dropout_may_train(tmp_path: Path) -> None:
    text = "g (float[2, 3] x) => (float[2, 3] y) { k = Dropout(x) y = Neg(k) }"
    for opset, seen in ((6, set()), (7, {"k"})):
        model = written(text, tmp_path, f'<ir_version: 3, opset_import: ["": {opset}]>')
        found = origins(model.graph)
        assert {node.id for node, _ in looks(model, found, Exact(model.path))} == seen


@pytest.mark.parametrize(
    ("calls", "twins"),
    [
        ("a = Exp(x) b = Exp(x)", {"b"}),
        ("a = Elu <alpha = 0.5> (x) b = Elu <alpha = 0.5> (x)", {"b"}),
        ("a = Elu <alpha = 0.5> (x) b = Elu <alpha = 0.5000001> (x)", set()),
        ("a = Exp(x) b = Exp(v)", set()),
        ("a = Sub(x, w) b = Sub(w, x)", set()),
        ("a = RandomNormalLike(x) b = RandomNormalLike(x)", set()),
        ("a = Exp(x) b = Sin(x)", set()),
        ("a = Reshape(x, s) b = Reshape(x, t)", {"b"}),
        ("a = Transpose <perm = [1, 0]> (x) b = Transpose <perm = [0, 1]> (w)", set()),
    ],
)
def test_twins_compute_the_same_from_the_same(calls: str, twins: set[str], tmp_path: Path) -> None:
    model = written(
        f"""g (float[2, 3] x, float[2, 3] v, float[2, 3] w) => (y)
        <int64[2] s = {{3, 2}}, int64[2] t = {{3, 2}}>
        {{ {calls} y = Concat <axis = 0> (a, b) }}""",
        tmp_path,
    )
    found = origins(model.graph)
    seen = {
        node.id: look.twin
        for node, look in looks(model, found, Exact(model.path))
        if look.seems is Seems.TWIN
    }
    assert set(seen) == twins
    assert set(seen.values()) <= {"a"}


def test_equal_nodes_of_two_branches_are_no_twins(tmp_path: Path) -> None:
    text = """g (bool c, float[2] x) => (float[2] y) { y = If(c) <
    then_branch = t () => (float[2] a) { p = Exp(x) a = Neg(p) },
    else_branch = e () => (float[2] b) { q = Exp(x) b = Sin(q) }> }"""
    model = written(text, tmp_path)
    assert list(looks(model, origins(model.graph), Exact(model.path))) == []
