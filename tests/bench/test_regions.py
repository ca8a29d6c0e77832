"""Whose work a node of the runtime's graph does: certain, or not claimed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

from onnxviz.bench import feeds
from onnxviz.bench.profiling import Profiling
from onnxviz.bench.regions import Optimized, Original, Region
from onnxviz.bench.types import Configuration, Level

HEAD = '<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1, "com.microsoft.nchwc": 1]> g '
LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

CHAIN = "(float[4] x) => (float[4] y) { a = Relu(x) b = Exp(a) y = Add(b, x) }"

IMAGES = """<ir_version: 8, opset_import: ["": 17]>
g (float[1, 16, 8, 8] x) => (float[1, 16, 8, 8] y)
<float[16, 16, 3, 3] w = {WEIGHTS}, float[16] c = {BIAS}>
{
  a = Conv<pads = [1, 1, 1, 1]>(x, w, c)
  b = Relu(a)
  d = Conv<pads = [1, 1, 1, 1]>(b, w, c)
  s = Add(d, b)
  e = Relu(s)
  f = Conv<pads = [1, 1, 1, 1]>(e, w, c)
  p = Sigmoid(f)
  y = Add(p, e)
}""".replace("WEIGHTS", ", ".join(["0.01"] * 2304)).replace("BIAS", ", ".join(["0.1"] * 16))

TOKENS = """<ir_version: 8, opset_import: ["": 17]>
g (float[2, 6, 4] x, float[2, 6, 4] k) => (float[2, 6, 4] y)
<float[4, 4] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2}, float[4] c = {1, 2, 3, 4},
 float scale = {2}>
{
  q0 = MatMul(x, w)
  q = Add(q0, c)
  t = Transpose<perm = [0, 2, 1]>(k)
  s0 = MatMul(q, t)
  s = Div(s0, scale)
  p = Softmax<axis = -1>(s)
  z = MatMul(p, k)
  i = Identity(z)
  n = Add(i, x)
  twice = Relu(n)
  again = Relu(n)
  y = Add(twice, again)
}"""


def model(body: str) -> onnx.ModelProto:
    made = parser.parse_model(HEAD + body)
    for at, node in enumerate(made.graph.node):
        node.name = f"n{at}"
    return made


def regions(before: str, after: str, names: Sequence[str] = ()) -> tuple[Region, ...]:
    original = Original(model(before).graph)
    optimized = parser.parse_model(HEAD + after).graph
    for node, name in zip(optimized.node, names, strict=False):
        node.name = name
    return Optimized(optimized, original, {f"n{at}": at for at in range(len(original.nodes))}).regions()


def test_a_fused_node_does_the_work_of_all_between_what_it_reads_and_gives() -> None:
    found = regions(CHAIN, "(float[4] x) => (float[4] y) { y = com.microsoft.Fused(x) }")
    assert found == (Region((0,), (0, 1, 2), 2),)


def test_a_region_that_leads_past_what_the_node_reads_is_not_claimed() -> None:
    found = regions(CHAIN, "(float[4] x, float[4] z) => (float[4] y) { y = com.microsoft.Fused(z) }")
    assert found == (Region((0,)),)


def test_a_region_that_misses_something_the_node_reads_is_not_claimed() -> None:
    before = "(float[4] x, float[4] z) => (float[4] y, float[4] u) { y = Relu(x) u = Exp(z) }"
    after = (
        "(float[4] x, float[4] z) => (float[4] y, float[4] u) { y = com.microsoft.Fused(x, z) u = Exp(z) }"
    )
    assert regions(before, after, ["", "n1"]) == (Region((0,)), Region((1,), (1,), 1))


def test_nodes_that_pass_a_new_tensor_to_each_other_share_their_work() -> None:
    after = "(float[4] x) => (float[4] y) { t = Relu(x) u = Exp(t) y = Add(u, x) }"
    assert regions(CHAIN, after) == (Region((0, 1, 2), (0, 1, 2), 2),)


def test_a_node_that_kept_its_name_call_and_output_is_itself() -> None:
    after = "(float[4] x) => (float[4] y) { a = Relu(x) b = Exp(a) y = Add(x, x) }"
    found = regions(CHAIN, after, ["n0", "n1", "n2"])
    assert [one.nodes for one in found] == [(0,), (1,), (2,)]


def test_a_name_alone_says_nothing_where_the_operator_is_another() -> None:
    after = "(float[4] x, float[4] z) => (float[4] y) { y = com.microsoft.Add(z) }"
    assert regions(CHAIN, after, ["n2"]) == (Region((0,)),)


def test_of_two_equal_nodes_one_may_stand_for_both() -> None:
    before = "(float[4] x) => (float[4] y) { a = Relu(x) b = Relu(x) y = Mul(a, b) }"
    after = "(float[4] x) => (float[4] y) { a = Relu(x) y = com.microsoft.Square(a) }"
    assert regions(before, after, ["n0"]) == (Region((0,), (0,), 0), Region((1,), (2,), 2))


def test_two_random_nodes_are_never_taken_for_one() -> None:
    before = "(float[4] x) => (float[4] y) { a = RandomNormalLike(x) b = RandomNormalLike(x) y = Mul(a, b) }"
    after = "(float[4] x) => (float[4] y) { a = RandomNormalLike(x) y = com.microsoft.Square(a) }"
    assert regions(before, after, ["n0"])[1] == Region((1,))


def test_a_node_of_a_blocked_layout_means_the_tensor_that_it_is_named_after() -> None:
    before = "(float[4] x, float[4] w) => (float[4] y) { a = Conv(x, w) b = Relu(a) y = Exp(b) }"
    after = """(float[4] x, float[4] w) => (float[4] y) {
        t = com.microsoft.nchwc.Conv<activation = "Relu">(x, w)
        b = com.microsoft.nchwc.ReorderOutput(t)
        y = Exp(b) }"""
    found = regions(before, after, ["b_nchwc", "ReorderOutput", "n2"])
    assert found == (Region((0,), (0, 1), 1), Region((1,)), Region((2,), (2,), 2))
    drawn_in_later = regions(before, after, ["a_nchwc_token_7", "ReorderOutput", "n2"])
    assert drawn_in_later == found


def test_where_a_blocked_nodes_activation_does_not_fit_its_name_the_tensors_decide() -> None:
    before = "(float[4] x, float[4] w) => (float[4] y) { a = Conv(x, w) b = Relu(a) y = Exp(b) }"
    after = """(float[4] x, float[4] w) => (float[4] y) {
        t = com.microsoft.nchwc.Conv(x, w)
        b = com.microsoft.nchwc.ReorderOutput(t)
        y = Exp(b) }"""
    assert regions(before, after, ["b_nchwc", "ReorderOutput", "n2"])[0] == Region((0, 1), (0, 1), 1)


def test_a_normalization_and_a_product_that_became_convolutions_are_still_themselves() -> None:
    before = "(float[4] x, float[4] w) => (float[4] y) { a = Abs(x) b = Mul(a, w) y = Exp(b) }"
    after = """(float[4] x, float[4] w) => (float[4] y) {
        t = com.microsoft.nchwc.Conv(x)
        u = com.microsoft.nchwc.Conv(t, w)
        b = com.microsoft.nchwc.ReorderOutput(u)
        y = Exp(b) }"""
    found = regions(before, after, ["a_bn_nchwc", "b_mul_nchwc", "ReorderOutput", "n2"])
    assert [one.nodes for one in found] == [(0,), (1,), (), (2,)]


def saved(
    tmp_path: Path, text: str | onnx.ModelProto, level: Level
) -> tuple[onnx.ModelProto, onnx.ModelProto, tuple[Region, ...]]:
    path = tmp_path / "m.onnx"
    onnx.save(parser.parse_model(text) if isinstance(text, str) else text, path)
    before = onnx.load(path)
    feed = feeds.feeds(before)
    folder = tmp_path / level
    folder.mkdir()
    cell = Configuration("m", str(path), "cpu", level)
    _, after = Profiling(cell, "CPUExecutionProvider", before, feed, folder).optimize()
    places = {f"n{at}": at for at in range(len(before.graph.node))}
    after = onnx.load(folder / "optimized.onnx")
    return before, after, Optimized(after.graph, Original(before.graph), places).regions()


@pytest.mark.parametrize("level", ["off", "basic", "extended", "all"])
@pytest.mark.parametrize("text", [IMAGES, TOKENS], ids=["images", "tokens"])
def test_a_tensor_that_kept_its_name_kept_its_numbers(tmp_path: Path, text: str, level: Level) -> None:
    """What the mapping rests on, checked by running both graphs with these tensors as outputs."""
    before, after, _ = saved(tmp_path, text, level)
    check_kept(before, after)


@pytest.mark.parametrize("name", ["inception_v2", "shufflenet", "squeezenet"])
def test_all_work_of_a_known_network_is_found_in_the_runtimes_graph(tmp_path: Path, name: str) -> None:
    before, after, found = saved(tmp_path, onnx.load(LIGHT / f"light_{name}.onnx"), "all")
    check_kept(before, after)
    own = [after.graph.node[at].op_type for one in found if one.shown is None for at in one.runtime]
    assert set(own) <= {"ReorderInput", "ReorderOutput"}
    original = Original(before.graph)
    made = {node.output[0] for node in before.graph.node} - original.constants
    # The weights of these models are all alike, so branches of equal shape are one.
    there = {before.graph.node[at].output[0] for one in found for at in one.nodes}
    assert set(map(original.alias, there)) >= set(map(original.alias, made))


def check_kept(before: onnx.ModelProto, after: onnx.ModelProto) -> None:
    """Run both with the tensors of one name as outputs."""
    import onnxruntime

    kept = {name for node in before.graph.node for name in node.output}
    kept &= {name for node in after.graph.node for name in node.output}
    inner = sorted(kept - {value.name for value in before.graph.output})
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    feed = feeds.feeds(before)
    values = []
    for model in (before, after):
        graph = onnx.ModelProto()
        graph.CopyFrom(model)
        needed = feed.keys() | {tensor.name for tensor in graph.graph.initializer}
        inputs = [value for value in graph.graph.input if value.name in needed]
        del graph.graph.input[:]
        graph.graph.input.extend(inputs)
        graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        values.append(session.run(sorted(kept), feed))
    assert kept
    for one, other in zip(*values, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(one).max(initial=0)))


@pytest.mark.parametrize("level", ["off", "basic", "extended", "all"])
@pytest.mark.parametrize("text", [IMAGES, TOKENS], ids=["images", "tokens"])
def test_every_product_of_the_runtimes_graph_is_one_of_the_models(
    tmp_path: Path, text: str, level: Level
) -> None:
    """A fused product has exactly one product among the nodes whose work it does."""
    before, after, found = saved(tmp_path, text, level)
    products = ("Conv", "MatMul", "Gemm", "FusedConv", "FusedMatMul", "FusedGemm")
    for region in found:
        here = [after.graph.node[at].op_type for at in region.runtime]
        there = [before.graph.node[at].op_type for at in region.nodes]
        assert sum(op in products for op in here) == sum(op in products for op in there), (here, there)


def test_without_optimizations_every_node_is_itself(tmp_path: Path) -> None:
    for text in (IMAGES, TOKENS):
        folder = tmp_path / str(len(text))
        folder.mkdir()
        before, _, found = saved(folder, text, "off")
        assert sorted(one.nodes for one in found) == [(at,) for at in range(len(before.graph.node))]
