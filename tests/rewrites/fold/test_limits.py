"""Folding makes no small file large: what is stored, what stays computed, and that it says so."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper, parser

from onnxviz.rewrites.fold import FoldOptions
from tests.rewrites.fold.checking import OPSET, folded, ops, reasons

FILLED = """g (float[2048] x) => (float[2048] y) <int64[1] n = {2048}> {
  a = ConstantOfShape <value = float[1] {1}> (n)
  b = Neg(a)
  y = Add(x, b)
}"""
"""8 KiB out of 8 bytes, twice."""


def test_what_grows_within_the_limits_is_stored(tmp_path: Path) -> None:
    found = folded(FILLED, tmp_path)
    assert ops(found) == {"Add": 1}
    assert found.steps[-1].bytes_after - found.steps[0].bytes_before == 8192 - 8


def test_a_tensor_above_the_limit_stays_computed_with_the_bytes_that_it_would_add(tmp_path: Path) -> None:
    found = folded(FILLED, tmp_path, FoldOptions(tensor_bytes=8191))
    assert ops(found) == {"Add": 1, "ConstantOfShape": 1, "Neg": 1}
    assert reasons(found) == {"a": "size limit", "b": "size limit"}
    assert "8,192 bytes" in found.kept[1].sentence
    assert found.steps == ()


def test_all_that_grow_are_stored_or_none(tmp_path: Path) -> None:
    text = """g (float[2048] x) => (float[2048] y) <int64[1] n = {2048}> {
      a = ConstantOfShape <value = float[1] {1}> (n)
      b = ConstantOfShape <value = float[1] {2}> (n)
      c = Add(x, a)
      y = Add(c, b)
    }"""
    assert ops(folded(text, tmp_path, FoldOptions(total_bytes=2 * 8192))) == {"Add": 2}
    tight = folded(text, tmp_path, FoldOptions(total_bytes=2 * 8192 - 1))
    assert ops(tight) == {"Add": 2, "ConstantOfShape": 2}


def test_a_large_value_is_used_on_the_way_to_a_small_one(tmp_path: Path) -> None:
    text = """g (float[1] x) => (float[1] y) <int64[2] n = {1000, 1000}> {
      a = ConstantOfShape <value = float[1] {1}> (n)
      s = ReduceSum <keepdims = 0> (a)
      y = Add(x, s)
    }"""
    found = folded(text, tmp_path)
    assert ops(found) == {"Add": 1}
    assert found.after.nbytes < 200


def weighted(body: str, rows: int = 1024) -> onnx.ModelProto:
    """A model with a weight `w` of `rows` times 1,024 bytes, 256 columns."""
    model = parser.parse_model(OPSET + body)
    data = bytes(rows * 1024)
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [rows, 256], data, raw=True))
    return model


def test_a_weight_that_is_turned_replaces_the_weight_whatever_its_size(tmp_path: Path) -> None:
    model = weighted(
        "g (float[1, 256] x) => (float[1, 2048] y) { t = Transpose(w) y = MatMul(x, t) }", rows=2048
    )
    found = folded(model, tmp_path)
    assert ops(found) == {"MatMul": 1}
    assert found.steps[-1].bytes_after == found.steps[0].bytes_before


def test_a_weight_that_something_else_reads_too_is_not_doubled(tmp_path: Path) -> None:
    # A language model whose embedding is its last layer's weight as well.
    model = weighted(
        """g (int64[1] i) => (float[1, 2048] y) { e = Gather(w, i) t = Transpose(w) y = MatMul(e, t) }""",
        rows=2048,
    )
    found = folded(model, tmp_path)
    assert reasons(found) == {"t": "size limit"}


def test_slices_that_make_up_a_weight_replace_it(tmp_path: Path) -> None:
    model = weighted(
        """g (float[3072, 1] x, float[1, 3072] z) => (float[1, 1] y)
        <int64[1] zero = {0}, int64[1] half = {3072}, int64[1] far = {6144}> {
          a = Slice(w, zero, half, zero)
          b = Slice(w, half, far, zero)
          ta = MatMul(z, a)
          tb = MatMul(z, b)
          m = Add(ta, tb)
          y = ReduceSum(m)
        }""",
        rows=6144,
    )
    found = folded(model, tmp_path)
    assert "Slice" not in ops(found)
    assert found.kept == ()


def test_the_cast_of_a_shared_weight_is_stored_where_its_transpose_is_not(tmp_path: Path) -> None:
    model = weighted(
        """g (float[1, 256] x, float[1, 2048] z) => (float[1, 2048] y, float[1, 256] v) {
          n = Neg(w)
          t = Transpose(n)
          y = MatMul(x, t)
          v = MatMul(z, n)
        }""",
        rows=2048,
    )
    found = folded(model, tmp_path)
    assert ops(found) == {"MatMul": 2, "Transpose": 1}
    assert reasons(found) == {"t": "size limit"}


def test_generated_weights_do_not_make_half_a_gigabyte_unasked(
    light_models: list[Path], tmp_path: Path
) -> None:
    path = next(path for path in light_models if path.stem == "light_vgg19")
    found = folded(path, tmp_path, FoldOptions(freeze_weights=True, checks=0), runs=False)
    assert found.after.nbytes < found.before.nbytes + (18 << 20)
    assert set(reasons(found).values()) == {"size limit"}


def test_what_would_be_huge_is_not_even_computed(tmp_path: Path) -> None:
    text = """g (float[1] x) => (float[1] y) <int64[2] n = {100000, 100000}, int64[1] one = {1}> {
      a = ConstantOfShape <value = float[1] {1}> (n)
      b = Neg(a)
      f = Gather(b, one)
      s = ReduceMax <keepdims = 0> (f)
      y = Add(x, s)
    }"""
    found = folded(text, tmp_path, runs=False, options=FoldOptions(checks=0))
    assert reasons(found)["b"] == "size limit"
    assert "MB are more" in next(each.sentence for each in found.kept if each.node == "b")
