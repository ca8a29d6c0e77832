"""Where the time goes: what is read from the runtime's trace, and what a profile says of a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from onnxviz.bench import profiling, tracing
from onnxviz.bench.types import Configuration, Level
from onnxviz.errors import BadUsage, BenchFailed
from tests.bench.test_regions import IMAGES, TOKENS

LOOP = """<ir_version: 8, opset_import: ["": 17]>
g (float[4] x) => (float[4] y, float[4] z) <int64 n = {3}, bool go = {1}>
{
  y = Loop(n, go, x) <body = b (int64 i, bool c, float[4] s) => (bool d, float[4] t)
    { d = Identity(c) u = Exp(s) t = Sqrt(u) }>
  z = Neg(y)
}"""


def events(*runs: list[tuple[str, int, int]]) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for run in runs:
        for name, start, length in run:
            args = {"op_name": name.upper(), "provider": "CPUExecutionProvider"}
            made.append(
                {"cat": "Node", "name": f"{name}_kernel_time", "ts": start, "dur": length, "args": args}
            )
        made.append({"cat": "Session", "name": "model_run", "ts": run[0][1], "dur": 100})
    return made


def test_the_first_run_is_left_out_and_the_median_of_the_others_counts() -> None:
    found = tracing.read(events([("a", 0, 900)], [("a", 1000, 3)], [("a", 2000, 7)], [("a", 3000, 5)]))
    (kernel,) = found.kernels
    assert found.runs == 3
    assert kernel.median_s == pytest.approx(5e-6)
    assert kernel.provider == "cpu"


def test_what_recording_takes_is_taken_off_each_run() -> None:
    (kernel,) = tracing.read(events([("a", 0, 1)], [("a", 0, 9)], [("a", 0, 12)], [("a", 0, 3)])).kernels
    assert kernel.without(5e-6).times_s == pytest.approx((4e-6, 7e-6, 0.0))


def kernels(*times_s: float) -> list[tracing.Kernel]:
    return [tracing.Kernel("k", "K", "cpu", (time_s,)) for time_s in times_s]


def test_what_recording_takes_is_what_kernels_take_more_than_an_inference() -> None:
    assert tracing.recording_s(kernels(*[1.5] * 20), run_s=20.0) == pytest.approx(0.5)
    assert tracing.recording_s(kernels(1.0, 2.0), run_s=9.0) == 0
    assert tracing.recording_s([], run_s=1.0) == 0


def test_no_more_is_taken_off_than_the_fastest_kernels_take() -> None:
    assert tracing.recording_s(kernels(*[0.1] * 10, *[5.0] * 10), run_s=1.0) == pytest.approx(0.1)


def test_a_kernel_inside_another_is_not_counted_twice() -> None:
    run = [("inner", 12, 3), ("inner", 16, 2), ("loop", 10, 10), ("next", 20, 0)]
    found = tracing.read(events(run, run))
    assert {kernel.name: kernel.median_s for kernel in found.kernels} == {
        "loop": pytest.approx(1e-5),
        "next": 0.0,
    }


def test_a_node_that_did_not_run_each_time_has_zeros_for_the_other_runs() -> None:
    found = tracing.read(events([("a", 0, 1)], [("a", 0, 1)], [("b", 0, 4)], [("b", 0, 4)]))
    assert {kernel.name: len(kernel.times_s) for kernel in found.kernels} == {"a": 3, "b": 3}


Save = Callable[[str], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def saved(text: str) -> str:
        path = tmp_path / "m.onnx"
        onnx.save(parser.parse_model(text), path)
        return str(path)

    return saved


@pytest.mark.parametrize("level", ["off", "basic", "extended", "all"])
@pytest.mark.parametrize("text", [IMAGES, TOKENS, LOOP], ids=["images", "tokens", "loop"])
def test_what_ran_adds_up(save: Save, text: str, level: Level) -> None:
    found = profiling.profile(Configuration("m", save(text), "cpu", level), seconds=0.02)
    ids = {node.output[0] for node in parser.parse_model(text).graph.node}
    shown = [one.id for one in found.nodes]
    assert len(shown) == len(set(shown))
    assert set(shown) <= ids
    assert {other for one in found.nodes for other in one.others} <= ids - set(shown)
    assert found.total_s == pytest.approx(sum(one.seconds for one in found.by_op))
    assert {name for name, _ in found.ran_on} | set(found.unknown) == ids
    assert {provider for _, provider in found.ran_on} == {"cpu"}
    assert found.runs >= tracing.MIN_RUNS
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("text", [IMAGES, TOKENS, LOOP], ids=["images", "tokens", "loop"])
def test_without_optimizations_each_node_has_its_own_time(save: Save, text: str) -> None:
    found = profiling.profile(Configuration("m", save(text), "cpu", "off"), seconds=0.02)
    nodes = parser.parse_model(text).graph.node
    assert {(one.id, one.op_type) for one in found.nodes} == {(n.output[0], n.op_type) for n in nodes}
    assert all(one.ran_as == (one.op_type,) and not one.others for one in found.nodes)
    assert found.runtime == ()
    assert found.unknown == ()


def test_fused_nodes_are_named_with_the_node_that_has_the_time(save: Save) -> None:
    found = profiling.profile(Configuration("m", save(TOKENS), "cpu", "all"), seconds=0.02)
    others = {one.id: set(one.others) for one in found.nodes}
    assert others["q"] == {"q0"}
    assert others["s"] >= {"s0"}


def test_changes_of_layout_are_the_runtimes_own(save: Save) -> None:
    found = profiling.profile(Configuration("m", save(IMAGES), "cpu", "all"), seconds=0.02)
    assert {one.op_type for one in found.runtime} <= {"ReorderInput", "ReorderOutput"}
    assert {"b", "e"} <= {one.id for one in found.nodes}


def test_weights_beside_the_model_are_found(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.eye(64, dtype=np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64])],
        [weight],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    found = profiling.profile(Configuration("m", str(tmp_path / "m.onnx"), "cpu"), seconds=0.02)
    assert [one.id for one in found.nodes] == ["y"]


def test_a_weight_that_is_an_input_too_and_is_folded_away_is_not_asked_for(save: Save) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[2, 2] x, int64[2] shape) => (float[4, 1] y) <int64[2] shape = {4, 1}> {
      s = Identity(shape)
      y = Reshape(x, s)
    }"""
    found = profiling.profile(Configuration("m", save(text), "cpu"), seconds=0.02)
    assert "y" in {one.id for one in found.nodes}


def test_kernels_are_laid_onto_nodes_by_name_where_the_graph_cannot_be_saved(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise BenchFailed("m", "it contains compiled nodes", "")

    monkeypatch.setattr(profiling.Profiling, "optimize", refuse)
    found = profiling.profile(Configuration("m", save(TOKENS), "cpu", "all"), seconds=0.02)
    assert profiling.BY_NAME in found.notes
    kinds = {node.output[0]: node.op_type for node in parser.parse_model(TOKENS).graph.node}
    assert all(one.ran_as == (kinds[one.id],) for one in found.nodes)
    assert "FusedMatMul" in {one.op_type for one in found.runtime}
    assert found.total_s == pytest.approx(sum(one.seconds for one in found.by_op))


def test_what_cannot_be_profiled_is_said_in_a_sentence(save: Save, tmp_path: Path) -> None:
    path = save(TOKENS)
    with pytest.raises(BadUsage, match="none of that name"):
        profiling.profile(Configuration("m", path, "cudnn"))
    (tmp_path / "no.onnx").write_bytes(b"\xff\xff")
    with pytest.raises(BenchFailed, match="cannot be read as ONNX"):
        profiling.profile(Configuration("m", str(tmp_path / "no.onnx"), "cpu"))
    odd = save('<ir_version: 8, opset_import: ["": 17]> g (float[4] x) => (float[4] y) { y = Nothing(x) }')
    with pytest.raises(BenchFailed):
        profiling.profile(Configuration("m", odd, "cpu"))
