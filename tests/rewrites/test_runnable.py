"""Models that ONNX Runtime refuses run as a copy that computes the same, and the answer says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites.optimizers import OptimizeOptions, optimize_file
from onnxviz.rewrites.runnable import OLDEST, runnable
from onnxviz.rewrites.running import opened
from onnxviz.rewrites.verify import compare_outputs
from tests.conftest import wheel_data

ADD = """<ir_version: 3, opset_import: ["" : 6]>
g (float[2, 3] x, float[3] w) => (float[2, 3] y) { y = Add <broadcast = 1, axis = 1> (x, w) }"""


def saved(folder: Path, text: str) -> Path:
    path = folder / "m.onnx"
    path.write_bytes(parser.parse_model(text).SerializeToString())
    return path


def old_models() -> list[Path]:
    """Those of the wheel with recorded outputs, that the runtime refuses as they stand."""
    found = []
    for path in sorted(wheel_data().glob("pytorch-*/*/model.onnx")):
        nodes = {node.op_type for node in onnx.load(path).graph.node}
        if nodes & {"AveragePool", "BatchNormalization", "Add", "Mul", "Gemm", "PRelu", "Pow"}:
            found.append(path)
    return found


@pytest.mark.parametrize("path", old_models(), ids=lambda path: path.parent.name)
def test_an_old_model_gives_the_outputs_that_onnx_recorded(path: Path) -> None:
    side = opened("The model", path)
    data = path.parent / "test_data_set_0"

    def arrays(kind: str) -> list[np.ndarray]:
        files = sorted(data.glob(f"{kind}_*.pb"), key=lambda each: int(each.stem.split("_")[1]))
        return [numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]

    names = [each.name for each in side.session.get_inputs()]
    for given, expected in zip(
        side.run(dict(zip(names, arrays("input"), strict=True))), arrays("output"), strict=True
    ):
        np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-6)


def test_the_comparison_says_that_a_copy_ran(tmp_path: Path) -> None:
    path = saved(tmp_path, ADD)
    found = compare_outputs(path, path, 1)
    assert found.agrees
    assert "Its opset 6 is older than what ONNX Runtime runs: a copy converted to 7 ran." in found.sentence
    assert found.to_json()["ran_as"] == list(found.ran_as)


def test_the_runtime_s_own_optimizer_starts_from_the_copy(tmp_path: Path) -> None:
    done = optimize_file("ort-basic", saved(tmp_path, ADD), tmp_path / "out.onnx", OptimizeOptions(checks=1))
    assert any("a copy converted to 7 ran" in note for note in done.notes)
    assert done.agreement is not None
    assert done.agreement.agrees
    assert dict(done.after.opsets).get("", OLDEST) >= OLDEST


def test_another_refusal_has_no_remedy(tmp_path: Path) -> None:
    text = (
        '<ir_version: 8, opset_import: ["" : 17, "own" : 1]> g (float[2] x) => (float[2] y) { y = own.F(x) }'
    )
    path = saved(tmp_path, text)
    with pytest.raises(RewriteFailed, match=r"the runtime has no operator own\.F"):
        opened("The model", path)
    assert runnable(onnx.load(path), "NOT_IMPLEMENTED") is None


def test_a_locale_that_is_not_there_is_replaced_by_c(tmp_path: Path) -> None:
    text = """<ir_version: 5, opset_import: ["" : 10]> g (string[2] x) => (string[2] y) {
      y = StringNormalizer <case_change_action = "LOWER", locale = "xx_XX.none"> (x) }"""
    path = saved(tmp_path, text)
    side = opened("The model", path)
    assert "the locale that StringNormalizer asks for" in side.ran_as
    (words,) = side.run({"x": np.array(["Abc", "D"], dtype=object)})
    assert list(words) == ["abc", "d"]
