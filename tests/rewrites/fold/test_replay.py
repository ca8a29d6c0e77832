"""The graph after any step, and folding as one of the optimizers and on real models."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites.fold import FoldOptions, fold_into_store, replay
from onnxviz.rewrites.optimizers import OptimizeOptions, find, names, optimize
from onnxviz.store import Store
from tests.conftest import wheel_data
from tests.rewrites.fold.checking import folded, ops, saved

CHAIN = """g (float[batch, 3] x, float[3] z) => (float[batch, 3] y) {
  s = Shape(x)
  one = Constant <value = int64[1] {1}> ()
  n = Gather(s, one)
  r = Reshape(z, n)
  y = Add(x, r)
}"""


def test_each_step_takes_one_node_and_shows_its_value_to_the_readers(tmp_path: Path) -> None:
    found = folded(CHAIN, tmp_path)
    graphs = [replay(found, count) for count in range(len(found.steps) + 1)]
    assert [[node.id for node in graph.nodes] for graph in graphs] == [
        ["s", "one", "n", "r", "y"],
        ["s", "n", "r", "y"],
        ["s", "r", "y"],
        ["r", "y"],
    ]
    assert [graph.initializers for graph in graphs] == [(), ("one",), ("n",), ("n",)]
    assert graphs[2].values["n"].preview == "[3]"
    assert graphs[1].values["n"].preview is None
    assert "s" not in graphs[3].values


def test_a_count_that_is_out_of_range_is_refused(tmp_path: Path) -> None:
    found = folded(CHAIN, tmp_path)
    for count in (-1, len(found.steps) + 1):
        with pytest.raises(BadUsage, match="Give 0 to 3"):
            replay(found, count)


def test_the_rows_for_a_shell_are_json(tmp_path: Path) -> None:
    found = folded(CHAIN, tmp_path)
    rows = json.loads(json.dumps(found.to_json()))
    assert {"before", "after", "waves", "steps", "kept", "verified"} <= rows.keys()
    assert rows["steps"][1] == {
        "step": 2, "wave": 2, "did": "folded", "node": "n", "at": "n", "op_type": "Gather", "rule": 5,
        "ready": 1,
        "inputs": [["s", "[batch, 3]"], ["one", "[1]"]], "output": [["n", "[3]"]], "bytes": [8, 8],
    }  # fmt: skip


def test_it_is_one_of_the_optimizers_with_its_steps_and_reasons(tmp_path: Path) -> None:
    assert "fold" in names()
    assert find("fold").about.endswith(".")
    before = read_model(saved(CHAIN.replace("y = Add", "q = Reshape(x, s) y = Add"), tmp_path))
    rewrite = optimize("fold", before, tmp_path / "out.onnx")
    assert rewrite.agreement is not None
    assert rewrite.agreement.agrees
    assert rewrite.steps == ("Constant() = [1]", "Gather([batch, 3], [1]) = [3]")
    assert rewrite.kept.keys() == {"s"}
    fixed = optimize("fold", before, tmp_path / "fixed.onnx", OptimizeOptions(set_dims={"batch": 2}))
    assert fixed.after.graph.op_counts() == {"Reshape": 2, "Add": 1}
    assert "Fixed for this result: batch = 2." in fixed.notes


def test_a_result_goes_into_the_store_and_progress_only_rises(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", 10**9)
    told: list[float] = []
    with listening(lambda text, fraction: told.append(fraction or 0.0)):
        found = fold_into_store(read_model(saved(CHAIN, tmp_path)), store.root, store.cap_bytes)
    after = receive(store, found.after)
    assert read_model(Path(after.path)).graph == found.after.graph
    working = [fraction for fraction in told if fraction < 0.7]
    assert working[: working.index(max(working)) + 1]


NODES = {"light_densenet121": 957, "light_shufflenet": 242, "light_resnet50": 169}
"""Steps on some of the nine, their weights frozen."""


def test_the_nine_light_models_fold_once_frozen_and_say_why_not_before(
    light_models: list[Path], tmp_path: Path
) -> None:
    for path in light_models:
        plain = folded(path, tmp_path, FoldOptions(checks=0), runs=False)
        assert plain.steps == ()
        assert {str(each.reason) for each in plain.kept} == {"graph input"}
        found = folded(path, tmp_path, FoldOptions(freeze_weights=True, checks=0), runs=False)
        onnx.checker.check_model(found.after.path, full_check=True)
        assert len(found.steps) >= NODES.get(path.stem, 1)
        assert all(str(each.reason) == "size limit" for each in found.kept)


def test_a_light_model_gives_the_same_outputs_bit_for_bit(light_models: list[Path], tmp_path: Path) -> None:
    path = next(path for path in light_models if path.stem == "light_squeezenet")
    found = folded(path, tmp_path, FoldOptions(freeze_weights=True))
    assert found.agreement is not None
    assert found.agreement.relative == 0


def test_every_small_model_of_the_onnx_package_keeps_its_outputs(tmp_path: Path) -> None:
    paths = [path for path in sorted(wheel_data().rglob("*.onnx")) if path.parent.name != "light"]
    compared = 0
    for path in paths:
        found = folded(path, tmp_path, runs=False)
        assert found.agreement is not None
        assert found.agreement.agrees or found.agreement.error, f"{path}: {found.agreement.sentence}"
        compared += found.agreement.agrees
        assert sum(ops(found).values()) <= found.before.graph.node_count()
    assert compared >= 100
