"""Watching onnxsim: each step is one pass that changed something, and the steps end where onnxsim ends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, RewriteFailed
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites import watch as watching
from onnxviz.rewrites.passes import FOLDING, INFERENCE, optimizer_passes, run_only
from onnxviz.rewrites.simplify import optimizer_passes as passes_for_the_page
from onnxviz.rewrites.snapshots import SHARED_BYTES
from onnxviz.rewrites.watch import WatchOptions, next_change, watch, watch_into_store
from onnxviz.store import Store

TEXT = """<ir_version: 8, opset_import: ["": 17]>
g (float[n, 4] x) => (float[n, 4] y) {
  two = Constant <value = float {2}> ()
  three = Constant <value = float {3}> ()
  six = Mul(two, three)
  a = Identity(x)
  b = Mul(a, six)
  c = Transpose <perm = [1, 0]> (b)
  d = Transpose <perm = [1, 0]> (c)
  y = Relu(d)
}"""


def written(proto: onnx.ModelProto, folder: Path) -> Model:
    path = folder / "model-before.onnx"
    onnx.save(proto, path)
    return read_model(path)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return written(parser.parse_model(TEXT), tmp_path)


def test_each_step_is_a_pass_that_changed_something(model: Model, tmp_path: Path) -> None:
    found = watch(model, tmp_path)
    names = [step.name for step in found.steps]
    assert {"eliminate_identity", FOLDING} <= set(names)
    assert set(names) <= {INFERENCE, FOLDING, *optimizer_passes()}
    gone = next(step for step in found.steps if step.name == "eliminate_identity")
    assert gone.op_changes == (("Identity", 1, 0),)
    assert gone.after.nodes == gone.before.nodes - 1
    assert found.is_complete
    assert found.as_in_one_go
    assert found.after.graph.op_counts() == {"Constant": 1, "Mul": 1, "Relu": 1}


def test_the_steps_hang_together_and_each_has_its_graph(model: Model, tmp_path: Path) -> None:
    found = watch(model, tmp_path)
    assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
    for earlier, later in zip(found.steps, found.steps[1:], strict=False):
        assert earlier.after == later.before
        assert earlier.round <= later.round
    for step in found.steps:
        graph = read_model(found.path(step), digest=step.digest).graph
        assert graph.op_counts() == step.after.ops
        assert graph.node_count() == step.after.nodes
        onnx.checker.check_model(str(found.path(step)))
    assert found.steps[-1].after.ops == found.after.graph.op_counts()
    assert json.dumps(found.to_json())


def test_a_model_with_nothing_to_do_has_no_step_but_inference(tmp_path: Path) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    found = watch(written(parser.parse_model(text), tmp_path), tmp_path)
    assert [step for step in found.steps if step.name != INFERENCE] == []
    assert found.is_complete


def test_fixed_dims_let_more_be_folded(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[n, 4] x) => (int64[2] y) { s = Shape(x) y = Add(s, s) }"""
    before = written(parser.parse_model(text), tmp_path)
    found = watch(before, tmp_path, WatchOptions(set_dims={"n": 3}))
    assert "Shape" not in found.after.graph.op_counts()
    assert "Shape" in watch(before, tmp_path / "dynamic").after.graph.op_counts()
    assert "Fixed for this result: n = 3." in found.notes
    with pytest.raises(BadUsage, match="The dimension 'm'"):
        watch(before, tmp_path, WatchOptions(set_dims={"m": 3}))


def test_when_the_time_is_up_it_says_so(model: Model, tmp_path: Path) -> None:
    found = watch(model, tmp_path, WatchOptions(seconds=0))
    assert not found.is_complete
    assert found.notes[-1] == "Stopped after 0 steps, since the time was up."


def test_large_tensors_are_shared_by_the_steps(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[1] x) => (float[n] y) { a = Identity(x) y = Add(a, w) }"""
    )
    count = SHARED_BYTES
    proto.graph.initializer.append(numpy_helper.from_array(np.ones(count, np.float32), "w"))
    found = watch(written(proto, tmp_path), tmp_path / "steps")
    assert len(found.steps) >= 2
    assert len(list((tmp_path / "steps").glob("*.bin"))) == 1
    assert all(found.path(step).stat().st_size < SHARED_BYTES for step in found.steps)
    assert found.after.parameters == count


def test_a_model_that_is_too_large_is_refused_in_words(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LARGEST_BYTES", 10)
    with pytest.raises(RewriteFailed, match="onnxsim copies the whole model at every step"):
        watch(model, tmp_path)


def test_the_steps_go_into_the_store_as_one_entry(model: Model, tmp_path: Path) -> None:
    store = Store(tmp_path / "store", 10**9)
    found = watch_into_store(model, store.root, store.cap_bytes)
    after = receive(store, found.after)
    assert after.digest in store
    for step in found.steps:
        path = Path(after.path).parent / step.file
        assert read_model(path).graph.op_counts() == step.after.ops


def test_all_passes_that_onnxsim_runs_are_known_from_the_first_time_on() -> None:
    names = optimizer_passes()
    assert len(names) == len(set(names)) > 60
    assert "fuse_layer_norm" in names, "one that onnxsim registers when it first runs"
    assert "eliminate_shape_gather" not in names, "one that it never runs"
    assert passes_for_the_page is optimizer_passes


def test_with_every_pass_left_out_nothing_changes() -> None:
    proto = run_only(parser.parse_model(TEXT), ())
    assert [node.op_type for node in proto.graph.node] == [
        node.op_type for node in parser.parse_model(TEXT).graph.node
    ]
    assert run_only(proto, ()) == proto
    assert next_change(proto, ("fuse_bn_into_conv", "fuse_gelu")) is None


def test_the_first_pass_that_changes_something_is_found() -> None:
    proto = run_only(parser.parse_model(TEXT), ())
    names = ("fuse_bn_into_conv", "eliminate_identity", "fuse_gelu", "fuse_consecutive_transposes")
    found = next_change(proto, names)
    assert found is not None
    assert found[0] == 1
    assert "Identity" not in {node.op_type for node in found[1].graph.node}
