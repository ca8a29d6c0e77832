"""The verbs that lessons are made with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxviz.lessons import making
from onnxviz.model import Model
from onnxviz.reading import read_model

PRODUCT = """g (float[N, 4] x) => (float[N, 4] y) <float two = {2.0}, float three = {3.0}>
{
  six = Mul(two, three)
  t = Mul(x, six)
  y = Add(t, three)
}"""

LAYER = "g (float[N, 2] x) => (float[N, 2] y) { y = MatMul(x, w) }"


@pytest.fixture
def product(tmp_path: Path) -> Model:
    return making.write(tmp_path, "before.onnx", PRODUCT)


def test_text_without_a_head_becomes_a_file_of_opset_20_that_the_checker_takes(
    product: Model, tmp_path: Path
) -> None:
    onnx.checker.check_model(str(tmp_path / "before.onnx"), full_check=True)
    assert (product.opsets, product.ir_version) == ((("", 20),), 10)


def test_text_with_a_head_keeps_it(tmp_path: Path) -> None:
    text = f'<ir_version: 8, opset_import: ["": 17]>{PRODUCT}'
    assert making.write(tmp_path, "a.onnx", text).opsets == (("", 17),)


def test_a_model_that_breaks_a_rule_is_refused_when_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(onnx.checker.ValidationError):
        making.write(tmp_path, "a.onnx", LAYER)
    assert not (tmp_path / "a.onnx").exists()


def test_weights_that_are_given_are_in_the_file_and_in_the_result(tmp_path: Path) -> None:
    weight = np.array([[1, 2], [3, 4]], np.float32)
    model = making.write(tmp_path, "a.onnx", LAYER, {"w": weight})
    assert np.array_equal(making.weights(model)["w"], weight)
    fed = np.array([[1, 10]], np.float32)
    assert making.outputs(model, {"x": fed})["y"].tolist() == [[31, 42]]


def test_the_steps_of_a_folding_are_lines_of_arithmetic(product: Model, tmp_path: Path) -> None:
    folded = making.fold(product, tmp_path / "after.onnx")
    assert making.arithmetic(folded.steps) == ("1. Mul(2, 3) = 6",)
    assert making.arithmetic(folded.steps * 3, most=2)[2:] == ("… and 1 more",)


def test_what_each_node_reads_says_why_it_folds(product: Model, tmp_path: Path) -> None:
    folded = making.fold(product, tmp_path / "after.onnx")
    assert making.reading_table(product, folded.steps).rows == (
        ("Mul", "two = 2; three = 3", "yes"),
        ("Mul", "x: given by the caller; six = 6, once the Mul has folded", "no"),
        ("Add", "t: made by a Mul that waits; three = 3", "no"),
    )


def test_a_tensor_that_is_too_long_for_a_cell_is_told_by_its_type(tmp_path: Path) -> None:
    text = "g (float[N, 4] x) => (float[N, 9] y) { y = MatMul(x, w) }"
    model = making.write(tmp_path, "before.onnx", text, {"w": np.ones((4, 9), np.float32)})
    rows = making.reading_table(model, ()).rows
    assert rows == (("MatMul", "x: given by the caller; w: a stored float[4, 9]", "no"),)


def test_numbers_of_weights_are_not_listed_in_a_cell_and_a_list_of_sizes_is(tmp_path: Path) -> None:
    text = """g (float[4] x) => (float[2, 2] y)
    <float[4] w = {0.125, 0.25, 0.375, 0.5}, int64[2] sizes = {2, 2}>
    {
      s = Mul(x, w)
      y = Reshape(s, sizes)
    }"""
    rows = making.reading_table(making.write(tmp_path, "before.onnx", text), ()).rows
    assert [row[1] for row in rows] == [
        "x: given by the caller; w: a stored float[4]",
        "s: made by a Mul that waits; sizes = [2, 2]",
    ]


def test_a_node_that_nothing_reads_any_more_is_not_said_to_fold(tmp_path: Path) -> None:
    text = """g (float[batch, 3] x) => (int64 y) <int64 one = {1}>
    {
      sizes = Shape(x)
      y = Gather(sizes, one)
    }"""
    model = making.write(tmp_path, "before.onnx", text)
    folded = making.fold(model, tmp_path / "after.onnx")
    assert [row[2] for row in making.reading_table(model, folded.steps).rows] == ["dropped", "yes"]


def test_operators_are_counted_side_by_side(product: Model, tmp_path: Path) -> None:
    after = making.fold(product, tmp_path / "after.onnx").after
    table = making.op_table({"before": product, "after": after})
    assert table.columns == ("Operator", "before", "after")
    assert table.rows == (("Mul", 2, 1), ("Add", 1, 1), ("All nodes", 3, 2))


def test_optimizers_leave_their_files_in_the_folder_under_their_names(product: Model, tmp_path: Path) -> None:
    found = making.optimize_all(product, tmp_path, ("fold", "ort-basic"), {"N": 5})
    for name, model in found.items():
        assert Path(model.path) == tmp_path / f"{name}.onnx"
        assert read_model(tmp_path / f"{name}.onnx").graph.values["x"].shape == (5, 4)
        assert model.graph.node_count() == 2


def test_two_models_are_compared_by_what_they_give(product: Model, tmp_path: Path) -> None:
    other = making.write(tmp_path, "other.onnx", PRODUCT.replace("{3.0}", "{4.0}"))
    assert making.compare(product, product).agrees
    assert not making.compare(product, other).agrees


@pytest.mark.parametrize(("number", "text"), [(0, "no nodes"), (1, "1 node"), (2, "2 nodes")])
def test_things_are_counted_in_words(number: int, text: str) -> None:
    assert making.counted(number, "node") == text
